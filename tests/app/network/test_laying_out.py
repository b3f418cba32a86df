"""When a network is laid out, in which thread, and what arrives."""

import threading

import pytest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.network import NetworkView, layout_thread
from tests.app.network.networks import WEIGHTS, cut, deep, frozen, table, u_net
from tests.patience import PATIENCE


@pytest.fixture
def calls(monkeypatch):
    """The threads that laid something out."""
    threads, place = [], layout_thread.place

    def watched(*args):
        threads.append(threading.current_thread())
        return place(*args)

    monkeypatch.setattr(layout_thread, "place", watched)
    return threads


@pytest.fixture
def gate(monkeypatch):
    """A layout that waits until the gate is opened."""
    opened, place = threading.Event(), layout_thread.place

    def waiting(*args):
        assert opened.wait(PATIENCE)
        return place(*args)

    monkeypatch.setattr(layout_thread, "place", waiting)
    yield opened
    opened.set()


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "layout"]


def test_a_network_of_200_layers_is_laid_out_beside_the_windows_thread(qtbot, calls):
    view = NetworkView()
    qtbot.addWidget(view)
    graph = deep()
    assert len(graph.nodes) >= 200
    with qtbot.waitSignal(view.laid_out):
        view.show_network(graph)
    assert len(calls) == 1
    assert calls[0] is not threading.main_thread()


def test_the_window_goes_on_while_a_network_is_laid_out(qtbot, gate):
    view = NetworkView()
    qtbot.addWidget(view)
    view.show_network(deep())
    view.resize(500, 200)
    view.show_table(None, {})
    assert not view.picture.boxes
    with qtbot.waitSignal(view.laid_out):
        gate.set()
    assert view.picture.boxes


def test_what_was_asked_for_last_is_what_arrives(qtbot, gate):
    view = NetworkView()
    qtbot.addWidget(view)
    arrived = []
    view.laid_out.connect(lambda: arrived.append(set(view.picture.boxes)))
    for blocks in (2, 3, 4):
        view.show_network(deep(blocks=blocks, head=1))
    with qtbot.waitSignal(view.laid_out):
        view.show_network(u_net())
        gate.set()
    qtbot.waitUntil(lambda: not workers())
    QApplication.processEvents()
    assert arrived == [{node.name for node in u_net().nodes}]


def test_a_table_and_the_switches_lay_nothing_out_anew(qtbot, calls):
    view = NetworkView()
    qtbot.addWidget(view)
    with qtbot.waitSignal(view.laid_out):
        view.show_network(u_net())
    items = dict(view.picture.boxes)
    places = {name: item.pos() for name, item in items.items()}
    for step in range(20):
        norms = {n.name: (0.1 / (step + 1), 0.2) for n in u_net().nodes if n.weights}
        view.show_table(table(u_net(), norms), WEIGHTS)
    view.show_network(u_net())
    view.show_network(cut(u_net(), "y2"))
    view.show_network(frozen(u_net(), "x1_conv1"))
    QApplication.processEvents()
    assert len(calls) == 1
    assert view.picture.boxes == items
    assert {name: item.pos() for name, item in view.picture.boxes.items()} == places
    assert view.picture.boxes["x1_conv1"].box.is_frozen


def test_a_switch_that_is_set_while_a_network_is_laid_out_is_shown(qtbot, gate):
    view = NetworkView()
    qtbot.addWidget(view)
    view.show_network(u_net())
    with qtbot.waitSignal(view.laid_out):
        view.show_network(frozen(u_net(), "x1_conv1"))
        gate.set()
    assert view.picture.boxes["x1_conv1"].box.is_frozen


def test_a_view_can_go_while_its_network_is_laid_out(qtbot, gate):
    view = NetworkView()
    gone = []
    view.destroyed.connect(lambda: gone.append(True))
    view.show_network(u_net())
    (worker,) = workers()
    view.deleteLater()
    del view
    qtbot.waitUntil(lambda: bool(gone))
    gate.set()
    worker.join(PATIENCE)
    assert not worker.is_alive()
    QApplication.processEvents()
