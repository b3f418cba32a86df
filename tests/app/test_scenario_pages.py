"""The pages of all scenarios: what they take of the documents, and that each fits a projector."""

import json

import pytest
from qtpy.QtWidgets import QLabel

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.plots import PLOTS
from lossexplorer.app.presenter.big_numbers import titles_of
from lossexplorer.app.presenter.keys import KEYS
from lossexplorer.app.presenter.numbers_panel import ShownNumber
from lossexplorer.app.presenter.page import StatedNumber
from lossexplorer.app.presenter.run_page import run_titles
from lossexplorer.app.presenter.scenario_pages import (
    page_of_scenario,
    reference_of,
    scenario_playlist,
)
from lossexplorer.app.presenter.talk import TalkWindow
from lossexplorer.app.theme import PALETTES
from lossexplorer.core.resources import resource
from lossexplorer.documents import restored
from lossexplorer.documents.scenario_list import built_in_scenarios
from lossexplorer.session import Session
from lossexplorer.session.records import Records
from lossexplorer.session.run import Run
from tests.app.network.networks import deep_u_net, small_u_net

SHOWN = [each for each in built_in_scenarios() if each.document.view.workspace == "explore"]
LEARNT = [each for each in built_in_scenarios() if each.document.view.workspace == "learn"]
NAMES = [each.name for each in SHOWN]
LEAST = 2.5
DESK_TEXT, DESK_SMALL = 13, 11  # pixels, of resources/style/window.qss


def stored(name):
    """What the file of a shipped scenario holds, read without the program."""
    return json.loads(resource("scenarios", f"{name}.lossx").read_text("utf-8"))


@pytest.mark.parametrize("name", [e.name for e in SHOWN if e.origin == "shipped"])
def test_a_page_says_what_the_file_says(name):
    file = stored(name)
    page = page_of_scenario(next(e.document for e in SHOWN if e.name == name))
    assert (page.title, page.claim, page.text) == (file["title"], file["claim"], file["text"])
    assert (page.source, page.notes) == (file["source"], file.get("notes", ""))
    assert list(page.maps) == file["shows"]["maps"]
    assert list(page.numbers) == file["shows"]["numbers"]
    assert page.plot == file["shows"]["plot"]
    assert page.plot in ("", *(p.id for p in PLOTS.values() if "explore" in p.workspaces))
    assert len(page.stated) == len(file["expected"])


def test_a_control_and_a_parameter_are_told_apart():
    assert reference_of("shift_x").loss is None
    named = reference_of("generalized_dice_2.eps")
    assert (named.loss, named.name) == ("generalized_dice_2", "eps")


def test_the_playlist_has_all_scenarios_and_begins_with_the_one_that_is_named():
    playlist = scenario_playlist("thin-plate")
    titles = [entry.page.title for entry in playlist.entries]
    every = [each.document.title for each in built_in_scenarios()]
    assert titles[: len(every)] == every
    assert playlist.entry.page.title == stored("thin-plate")["title"]
    assert scenario_playlist("no such name").place == 0


def talk(session, page):
    """A page in the window of a projector, 1920 × 1080."""
    keys = dict.fromkeys((key.id for key in KEYS), lambda: None)
    window = TalkWindow(session, PALETTES["dark"], keys)
    window.resize(1920, 1080)
    window.show_page(page, "18 / 27")
    return window


def check_texts(window):
    """All of a page is in the window, in text that is read from the last row."""
    labels = [label for label in window.findChildren(QLabel) if label.isVisible()]
    sizes = {label.objectName(): label.font().pixelSize() for label in labels}
    assert min(sizes.values()) >= LEAST * DESK_SMALL
    assert sizes["claim"] >= LEAST * DESK_TEXT
    assert window.size().toTuple() == (1920, 1080)  # nothing has made it larger
    names = [label for label in labels if label.objectName() == "name"]
    assert len({label.mapTo(window, label.rect().topLeft()).x() for label in names}) == 1
    for label in labels:
        assert window.rect().contains(label.mapTo(window, label.rect().center()))
        if label.objectName() == "number":
            assert label.sizeHint().height() <= label.height()
            assert label.sizeHint().width() <= label.width()
        if label.objectName() == "name":  # else two could look alike
            words = label.fontMetrics().horizontalAdvance(label.text())
            assert words <= label.width(), label.text()
        if label.wordWrap():
            assert label.heightForWidth(label.width()) <= label.height()


@pytest.mark.parametrize("name", NAMES)
def test_every_page_fits_a_projector_in_text_that_is_read_from_the_last_row(qapp, name):
    """With the longest number that a loss can have beside each name."""
    document = next(each.document for each in SHOWN if each.name == name)
    page, session = page_of_scenario(document), Session()
    session.restore(restored(document, None), name)
    window = talk(session, page)
    window.numbers.show_titles(titles_of(page.numbers, session.state), PALETTES["dark"])
    longest = ShownNumber(-1.2345e-5, StatedNumber("", -0.5678))
    window.numbers.show_numbers(dict.fromkeys(page.numbers, longest))
    window.rows.show_references(page.controls)
    if page.plot:
        window.plot.show_plot(page.plot, page.numbers, session.state, Records())
    window.fit()
    window.show()
    qapp.processEvents()
    try:
        check_texts(window)
        assert window.maps.views
        assert window.plot.widget is not None
        for view in window.maps.views.values():
            assert view.height() >= 0.2 * window.height()
    finally:
        window.close()
        window.deleteLater()


@pytest.mark.parametrize("name", [each.name for each in LEARNT])
def test_names_in_a_network_are_read_from_the_last_row_too(qtbot, name):
    document = next(each.document for each in LEARNT if each.name == name)
    page, session = page_of_scenario(document), Session()
    session.restore(restored(document, None), name)
    graph = small_u_net() if len(document.setup.outputs) == 2 else deep_u_net()
    assert set(page.numbers) - {"total"} <= set(graph.outputs)
    window = talk(session, page)
    qtbot.addWidget(window)
    shown = Shown(Run("ready", graph=graph), session.state, PALETTES["dark"])
    window.numbers.show_titles(run_titles(page.numbers, shown), PALETTES["dark"], most_large=3)
    window.plot.show_plot(page.plot, (), session.state, Records())
    window.show()
    with qtbot.waitSignal(window.network.picture.laid_out):
        window.network.show_run(shown)
    qtbot.wait(0)
    check_texts(window)
    picture = window.network.picture
    for item in picture.picture.boxes.values():
        title, size = item.title_at(picture.zoom)
        assert size * picture.zoom >= LEAST * DESK_TEXT, title
        seen = picture.mapFromScene(item.mapRectToScene(item.frame)).boundingRect()
        assert picture.viewport().rect().contains(seen), title
    assert window.plot.height() >= 0.15 * window.height()
