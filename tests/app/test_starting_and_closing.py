"""The window before its engine is ready, and how both end. Each test has a window of its own."""

import multiprocessing
import re
import threading

import pytest
from qtpy.QtWidgets import QApplication

from lossexplorer.app import opener
from lossexplorer.engine.messages import Plane
from lossexplorer.volumes import open_case
from tests.app.driver import Closed, is_running, shifted, tumour
from tests.patience import PATIENCE


def corner_text(driver):
    """What the corner of the menu bar says of the engine, without its colours."""
    return re.sub("<[^>]*>|&nbsp;|●", "", driver.window.menuBar().cornerWidget().text())


@pytest.mark.slow
def test_while_tensorflow_loads_the_window_says_so_and_shows_the_truth(make_driver):
    driver = make_driver()
    driver.controller.client.start()
    assert corner_text(driver) == "starting the engine…"
    driver.wait(
        driver.files.opened,
        lambda: driver.files.open(["sample:tumour"]),
    )
    assert (driver.canvas.array("truth") == tumour()).all()
    most = int((tumour() != 0).sum(axis=(1, 2)).argmax())
    assert driver.session.state.view.plane == driver.canvas.navigation.plane == Plane(0, most)
    assert [s.state for s in driver.statuses] == ["starting"]  # nothing waited for the engine
    driver.session.set_control("shift_x", 0.78125)
    driver.answer(lambda: None)
    states = [s.state for s in driver.statuses]
    assert states == ["starting", "ready", "loading", "ready"]
    device = driver.statuses[-1].info.device
    assert corner_text(driver).startswith(device)
    assert re.match(r"CPU|GPU|NVIDIA", device)
    expected = Closed(shifted(tumour(), x=1)).value("dice")
    assert driver.card_text("dice") == f"{expected:.4f}"


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["starting", "loading", "computing"])
def test_closing_the_window_ends_the_engine_whatever_it_does(make_driver, moment):
    others = set(multiprocessing.active_children())
    driver = make_driver()
    driver.controller.client.start()
    if moment != "starting":
        driver.wait(
            driver.controller.engine_changed,
            lambda: driver.files.open(["sample:tumour"]),
            check=lambda status: status.state == "loading",
        )
    if moment == "computing":
        driver.answer(lambda: None)
        driver.session.set_control("softness", 2.0)
    (engine,) = set(multiprocessing.active_children()) - others
    driver.window.close()
    # The executor's own thread reaps it, too: a single look at it may come in between.
    driver.bot.waitUntil(lambda: not engine.is_alive())
    assert not is_running(engine.pid)


def test_closing_the_window_while_a_file_is_read_opens_nothing(make_driver, monkeypatch):
    closed, readers = threading.Event(), []

    def read_until_closed(*sources, **how):
        readers.append(threading.current_thread())
        assert closed.wait(PATIENCE)
        return open_case(*sources, **how)

    monkeypatch.setattr(opener, "open_case", read_until_closed)
    driver = make_driver()
    driver.controller.client.start()
    driver.files.open(["sample:tumour"])
    driver.bot.waitUntil(lambda: bool(readers))
    driver.window.close()
    closed.set()
    (reading,) = readers
    reading.join(PATIENCE)
    assert not reading.is_alive()
    QApplication.processEvents()
    assert driver.session.volume is None
