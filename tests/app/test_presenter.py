"""A talk at the real window: its pages, sliders, guess first, the spotlight, and the way back."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel

from lossexplorer.app.presenter.page import Page, StatedNumber
from lossexplorer.app.presenter.playlist import Playlist, PlaylistEntry
from lossexplorer.core.resources import resource
from lossexplorer.documents.scenario_list import built_in_scenarios
from lossexplorer.engine.messages import Plane, Reference
from lossexplorer.viewer import colors
from tests.app.driver import EDGES, Closed, shifted, tumour
from tests.patience import PATIENCE

DESK_TEXT, DESK_SMALL = 13, 11  # pixels, of resources/style/window.qss
LEAST = 2.5
ONE_VOXEL = EDGES[2]


class Talk:
    """A talk of the shared window in a test's hands."""

    def __init__(self, driver):
        self.driver, self.presenter = driver, driver.window.context.presenter

    def start(self, playlist=None):
        """Begin it, by F5 if it is about the session alone, and wait for its numbers."""
        if playlist is None:
            self.driver.answer(lambda: self.driver.shortcut("F5"))
        else:
            self.driver.answer(lambda: self.presenter.start(playlist))
        self.window = self.presenter.talk
        self.activate()
        return self

    def activate(self):
        self.window.activateWindow()
        self.driver.bot.waitUntil(self.window.isActiveWindow)

    def press(self, keys):
        """Press a key while the talk is active, in whatever has the focus."""
        self.activate()
        QTest.keySequence(QApplication.focusWidget(), QKeySequence(keys))

    def number(self, what):
        return self.window.numbers.values[what].text()


@pytest.fixture
def talk(driver):
    """Makes talks of the shared window; the last one has ended after the test."""
    made = Talk(driver)
    yield made
    made.presenter.end()
    assert made.presenter.talk is None


def settle_in(talk, act):
    """Do something and wait until the curves are known, too."""
    talk.driver.settle(act)


def setting(controls, page):
    """An entry of a playlist that sets controls of what is open."""

    def begin(context, then):
        context.session.reset_controls()
        for name, value in controls.items():
            context.session.set_control(name, value)
        then()

    return PlaylistEntry(page, begin)


def three_pages():
    shift = (Reference("shift_x"),)
    return Playlist((
        setting({}, Page(title="No error", numbers=("dice",), controls=shift)),
        setting(
            {"shift_x": ONE_VOXEL},
            Page(title="One voxel", numbers=("dice", "iou"), controls=shift, notes="Ask first."),
        ),
        setting(
            {"shift_x": 2 * ONE_VOXEL},
            Page(title="Two voxels", maps=("gradient",), plot="", numbers=("dice.class.1",)),
        ),
    ))  # fmt: skip


# What is shown


def test_f5_fills_the_screen_with_text_that_is_read_from_the_last_row(talk):
    window = talk.start().window
    assert window.geometry() == window.screen().geometry()
    window.resize(1920, 1080)
    labels = [label for label in window.findChildren(QLabel) if label.isVisible()]
    sizes = {label.objectName() or label.text(): label.font().pixelSize() for label in labels}
    assert min(sizes.values()) >= LEAST * DESK_SMALL
    body = [sizes[name] for name in ("name", "Shift x", "number")]
    assert min(body) >= LEAST * DESK_TEXT
    assert sizes["headline"] > max(sizes["keys"], sizes["name"])
    assert window.counter.text() == ""  # of one page
    assert window.headline.text() == "tumour"


def test_a_key_on_a_slider_changes_numbers_maps_and_desk(talk):
    talk.start()
    row = talk.window.rows.rows[Reference("shift_x")]
    talk.driver.answer(lambda: talk.press("Up"))
    assert row.slider.value() == pytest.approx(ONE_VOXEL)
    closed = Closed(shifted(tumour(), x=1))
    for loss in ("dice", "iou", "tversky"):
        assert talk.number(loss) == f"{closed.value(loss):.4f}"
    plane = talk.driver.session.state.view.plane
    truth, predicted = (labels[plane.index] == 1 for labels in (tumour(), shifted(tumour(), x=1)))
    shown = talk.window.maps.views["error"].picture.colors
    of = {
        category: np.round(np.array(color) * 255) for category, color in colors.ERROR_COLORS.items()
    }
    assert (shown[truth & predicted] == of[colors.TRUE_POSITIVE]).all()
    assert (shown[predicted & ~truth] == of[colors.FALSE_POSITIVE]).all()
    assert (shown[truth & ~predicted] == of[colors.FALSE_NEGATIVE]).all()
    assert (shown[~truth & ~predicted][:, 3] == 0).all()
    assert (predicted & ~truth).any()
    assert (talk.window.maps.views["error"].picture.outlined == truth).all()


def test_what_the_source_states_is_ticked_where_it_is_met_and_only_there(talk):
    dice = Closed(shifted(tumour(), x=1)).value("dice")
    controls = {"shift_x": ONE_VOXEL}
    page = Page(
        title="Stated",
        numbers=("dice", "iou"),
        controls=(Reference("shift_x"),),
        stated=(
            StatedNumber("dice", dice, 1e-6, controls),
            StatedNumber("iou", dice + 0.25, 1e-6, controls),
        ),
    )
    talk.start(Playlist((setting({}, page),)))
    stated = talk.window.numbers.stated
    assert not stated["dice"].isVisible()
    talk.driver.answer(lambda: talk.driver.session.set_control("shift_x", ONE_VOXEL))
    assert stated["dice"].text() == f"expected {dice:.4f} ✓"
    assert stated["iou"].text() == f"expected {dice + 0.25:.4f} ✗"
    talk.driver.answer(lambda: talk.driver.session.set_control("shift_x", 0.25))
    assert not stated["dice"].isVisible()


# Pages


def test_left_and_right_turn_the_pages_and_stop_at_both_ends(talk):
    talk.start(three_pages())
    seen = [(talk.window.headline.text(), talk.window.counter.text(), talk.number("dice"))]
    talk.press("Left")
    assert talk.window.counter.text() == "1 / 3"
    talk.driver.answer(lambda: talk.press("Right"))
    seen.append((talk.window.headline.text(), talk.window.counter.text(), talk.number("dice")))
    one = Closed(shifted(tumour(), x=1))
    assert seen == [
        ("No error", "1 / 3", "0.0000"),
        ("One voxel", "2 / 3", f"{one.value('dice'):.4f}"),
    ]
    talk.driver.answer(lambda: talk.press("PgDown"))
    assert list(talk.window.maps.views) == ["gradient"]
    assert not talk.window.plot.isVisible()
    two = Closed(shifted(tumour(), x=2))
    assert talk.number("dice.class.1") == f"{two.terms('dice')[1]:.4f}"
    talk.press("Right")
    assert talk.window.headline.text() == "Two voxels"
    talk.driver.answer(lambda: talk.press("Left"))
    assert talk.window.headline.text() == "One voxel"


def test_left_and_right_turn_pages_even_where_a_slider_has_the_focus(talk):
    talk.start(three_pages())
    slider = talk.window.rows.rows[Reference("shift_x")].slider
    slider.setFocus()
    talk.driver.answer(lambda: QTest.keyClick(slider, Qt.Key.Key_Right))
    assert talk.window.headline.text() == "One voxel"


def test_r_goes_back_to_how_the_page_began(talk):
    talk.start(three_pages())
    talk.driver.answer(lambda: talk.press("Right"))
    before = talk.driver.session.state
    for _ in range(2):
        talk.driver.answer(lambda: talk.press("Up"))
    assert talk.driver.session.state != before
    talk.driver.answer(lambda: talk.press("R"))
    assert talk.driver.session.state == before


def test_f5_begins_with_the_scenario_that_is_open_and_goes_on_to_the_next(talk):
    """Numbers are those that the file states: of a plate 4, 3, 2 and 1 thick, one voxel off."""
    driver = talk.driver
    scenarios = [each.document for each in built_in_scenarios() if each.origin == "shipped"]
    names = [document.name for document in scenarios]
    place = names.index("thin-plate")
    sessions = driver.window.context.sessions
    driver.wait(sessions.opened, lambda: sessions.open_document(scenarios[place]))
    desk = driver.session.state
    talk.start()
    driver.bot.waitUntil(lambda: talk.number("dice") != "–")
    assert talk.window.headline.text() == "One voxel on a thin plate"
    assert talk.window.counter.text().startswith(f"{place + 1} / ")
    assert (talk.number("dice"), talk.number("iou")) == ("0.4000", f"{8 / 14:.4f}")
    assert talk.window.numbers.stated["dice"].text() == "expected 0.4000 ✓"
    talk.press("Right")
    assert talk.window.headline.text() == scenarios[place + 1].title
    driver.bot.waitUntil(lambda: "–" not in {v.text() for v in talk.window.numbers.values.values()})
    talk.press("Esc")
    assert driver.session.state == desk


def test_curves_that_are_being_computed_go_on_in_a_talk(talk):
    """Asking once more, as a talk does, ends what is explored; without the rest of it a curve
    stays a piece and nothing is ever complete."""
    driver = talk.driver
    driver.answer(lambda: driver.session.set_control("grow", 1.2))
    records = driver.controller.records
    driver.bot.waitUntil(lambda: records["curves"].response.reference.name == "grow")
    settle_in(talk, lambda: driver.shortcut("F5"))
    curves = records["curves"]
    assert curves.response.reference.name == "grow"
    assert set(curves.response.positions) <= curves.points["dice"].keys()


def test_f5_shows_a_scenario_that_is_a_file_elsewhere(talk, tmp_path):
    driver = talk.driver
    content = json.loads(resource("scenarios", "thin-plate.lossx").read_text("utf-8"))
    file = tmp_path / "sent.lossx"  # under the name that one of the program's has
    file.write_text(json.dumps({**content, "title": "Sent by mail"}), "utf-8")
    sessions = driver.window.context.sessions
    driver.wait(sessions.opened, lambda: sessions.open(str(file)))
    talk.start()
    assert talk.window.headline.text() == "Sent by mail"
    assert talk.window.counter.text() == ""


# Guess first


@pytest.mark.parametrize(("key", "is_right"), [("Up", True), ("Down", False)])
def test_curve_and_numbers_stay_hidden_until_the_audience_has_guessed(talk, key, is_right):
    """One voxel along x: Dice rises with the shift, to that of two or three voxels 2 mm along."""
    near, far = (Closed(shifted(tumour(), x=x)).value("dice") for x in (1, 3))
    assert far > near
    settle_in(talk, lambda: talk.driver.session.set_control("shift_x", ONE_VOXEL))
    talk.start()
    talk.press("G")
    assert talk.window.guess.asked.isVisible()
    assert not talk.window.plot.isVisible()
    assert {label.text() for label in talk.window.numbers.values.values()} == {"?"}
    assert "Does Dice go up or down?" in talk.window.guess.asked.text()
    talk.press(key)
    assert talk.window.plot.isVisible()
    assert talk.number("dice") == f"{near:.4f}"
    said = talk.window.verdict.text()
    assert said.startswith("✓ Right" if is_right else "✗ No")
    assert f"Dice goes up, {near:.4f} → {far:.4f} at +2 mm" in said


def test_a_guess_is_taken_by_a_button_and_g_gives_up_asking(talk):
    settle_in(talk, lambda: talk.driver.session.set_control("shift_x", ONE_VOXEL))
    talk.start()
    talk.press("G")
    talk.press("G")
    assert talk.window.plot.isVisible()
    assert not talk.window.verdict.isVisible()
    talk.press("G")
    talk.driver.click(talk.window.guess.up)
    assert talk.window.verdict.text().startswith("✓ Right")


def test_a_parameter_is_asked_about_with_its_own_loss(talk):
    """With α the denominator of Tversky grows and so does its value; no other loss has an α."""
    driver = talk.driver
    driver.session.add_loss("tversky")
    settle_in(talk, lambda: driver.session.set_control("shift_x", ONE_VOXEL))
    settle_in(talk, lambda: driver.session.set_parameter("tversky_2", "alpha", 0.5))
    talk.start()
    talk.press("G")
    assert "Does Tversky 2 go up or down?" in talk.window.guess.asked.text()
    talk.press("Up")
    assert "✓ Right: Tversky 2 goes up" in talk.window.verdict.text()


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000), (1920, 1080)], ids=str)
def test_the_question_leaves_the_page_as_wide_as_the_screen(talk, size):
    settle_in(talk, lambda: talk.driver.session.set_control("shift_x", ONE_VOXEL))
    window = talk.start().window
    window.resize(*size)
    factor = window.factor
    talk.press("G")
    assert (window.width(), window.height(), window.factor) == (*size, factor)
    keys = window.keys
    assert keys.fontMetrics().horizontalAdvance(keys.text()) <= keys.width()
    assert window.minimumSizeHint().width() <= window.width()
    talk.press("G")


def test_curves_that_were_known_before_are_drawn_as_thick_as_later_ones(talk):
    settle_in(talk, lambda: talk.driver.session.set_control("shift_x", ONE_VOXEL))
    window = talk.start().window
    curves = window.plot.widget.items_of.values()
    talk.driver.bot.waitUntil(lambda: all(curve.getData()[0] is not None for curve in curves))
    desk = talk.driver.plots.widgets["response"].items_of.values()
    (before,) = {curve.opts["pen"].widthF() for curve in desk}
    (width,) = {curve.opts["pen"].widthF() for curve in curves}
    assert width == pytest.approx(before * window.factor)


# Spotlight and size


def test_space_dims_all_but_a_disc_that_follows_the_pointer(talk):
    talk.start()
    window = talk.window
    place, other = QPoint(window.width() // 4, window.height() // 2), QPoint(30, 30)

    def brightness(image, at):
        return image.pixelColor(at).lightness()

    bright = window.grab().toImage()
    talk.press("Space")
    for here, away in ((place, other), (other, place)):
        QTest.mouseMove(window.windowHandle(), here)
        talk.driver.bot.waitUntil(lambda here=here: window.spotlight.centre == here)
        dimmed = window.grab().toImage()
        assert brightness(dimmed, here) == brightness(bright, here)
        assert brightness(dimmed, away) < 0.5 * brightness(bright, away)
    talk.press("Space")
    again = window.grab().toImage()
    assert [brightness(again, at) for at in (place, other)] == [
        brightness(bright, at) for at in (place, other)
    ]


def test_ctrl_plus_and_minus_change_the_size_of_all_text(talk):
    talk.start()
    talk.window.resize(1920, 1080)

    def size(name):
        return getattr(talk.window, name).font().pixelSize()

    names = ("headline", "keys", "counter")
    usual = {name: size(name) for name in names}
    talk.press("Ctrl+-")
    assert all(size(name) < usual[name] for name in names)
    talk.press("Ctrl+0")
    assert {name: size(name) for name in names} == usual
    talk.press("Ctrl+-")
    smaller = {name: size(name) for name in names}
    talk.press("Ctrl++")
    assert all(size(name) > smaller[name] for name in names)


# The way back


def arrangement(driver):
    """Places and sizes of the desk: window, panels, and the tab and scroll positions in them."""
    return (
        driver.window.geometry(),
        bytes(driver.window.saveState().data()),
        driver.plots.currentIndex(),
        driver.canvas.navigation.camera,
        driver.canvas.navigation.plane,
        driver.window.updatesEnabled(),
    )


def edits(store):
    """What can be undone and done again."""
    return list(store._done), list(store._undone)


@pytest.mark.parametrize("key", ["Esc", "F5"])
def test_the_desk_is_exactly_as_before(talk, key):
    driver = talk.driver
    driver.settle(lambda: driver.session.set_control("grow", 1.2))
    driver.settle(lambda: driver.canvas.navigation.show_plane(Plane(0, 9)))
    driver.plots.setCurrentIndex(1)
    store = driver.session.store
    history = driver.controller.records["history"]
    before = driver.session.state, arrangement(driver), edits(store)
    talk.start(three_pages())
    driver.answer(lambda: talk.press("Right"))
    driver.answer(lambda: talk.press("Up"))
    assert driver.session.state != before[0]
    assert store.lasting == before[0]  # which is what is kept, should the program die now
    driver.settle(lambda: talk.press(key))
    assert talk.presenter.talk is None
    assert (driver.session.state, arrangement(driver), edits(store)) == before
    assert driver.controller.records["history"] == history
    curves = driver.controller.records["curves"]  # which the talk had against shift x
    assert (curves.response.reference, curves.place[1]) == (Reference("grow"), 1.2)
    assert driver.window.isVisible()
    driver.shortcut("Ctrl+Z")
    assert driver.session.state.experiment.controls["grow"] == 0


def test_a_page_with_another_volume_gives_the_former_one_back(talk):
    driver = talk.driver
    before = driver.session.state

    def begin(context, then):
        context.files.opened.connect(lambda _case: then(), Qt.ConnectionType.SingleShotConnection)
        context.files.open(["sample:shells"])

    page = Page(title="Shells", numbers=("dice",), controls=(Reference("grow"),))
    talk.start(Playlist((PlaylistEntry(page, begin),)))
    assert driver.session.volume.name == "shells"
    assert talk.window.maps.views["error"].picture is not None
    driver.answer(lambda: talk.press("Esc"))
    assert driver.session.state == before
    assert driver.canvas.array("truth").shape == tumour().shape
    assert (driver.canvas.array("truth") == tumour()).all()


def test_esc_in_a_line_gives_up_what_is_typed_and_not_the_talk(talk):
    talk.start()
    line = talk.window.rows.rows[Reference("shift_x")].line
    line.setFocus()
    QTest.keyClicks(line, "7")
    QTest.keyClick(line, Qt.Key.Key_Escape)
    assert talk.presenter.talk is talk.window
    assert line.text() == "0"


def test_the_talk_has_the_theme_of_the_desk(talk):
    talk.start()
    dark = talk.window.grab().toImage().pixelColor(4, 4).lightness()
    talk.driver.action("Light").trigger()
    light = talk.window.grab().toImage().pixelColor(4, 4).lightness()
    assert light > 200
    assert dark < 60


def test_without_a_volume_there_is_nothing_to_present(make_driver):
    driver = make_driver(prepare=False)
    assert not driver.action("Present").isEnabled()


# Two screens

TWO_SCREENS = """
import json
from dataclasses import replace
from lossexplorer.app.main import make_application
app = make_application()
from lossexplorer.app.engine_bridge import engine_client
from lossexplorer.app.presenter.page import Page
from lossexplorer.app.presenter.playlist import Playlist, PlaylistEntry
from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.window import MainWindow
window = MainWindow("dark", engine_client(), SettingsStore())
window.stage._prepare().close()
window.resize(800, 600)
open_at_once = lambda context, then: then()
entries = [
    PlaylistEntry(Page(title="First", notes="Say hello.", plot="", maps=()), open_at_once),
    PlaylistEntry(Page(title="Second", plot="", maps=()), open_at_once),
]
presenter = window.context.presenter
presenter.start(Playlist(entries))
talk, notes = presenter.talk, presenter.notes
of = lambda widget: widget.geometry().getRect()
screens = [screen.geometry().getRect() for screen in app.screens()]
found = {"talk": of(talk), "notes": of(notes), "screens": screens}
found["texts"] = [notes.text.text(), notes.following.text(), talk.counter.text()]
presenter.turn(1)
found["last"] = [notes.headline.text(), notes.following.text()]
presenter.end()
found["left"] = [w.windowTitle() for w in app.topLevelWidgets() if w.isVisible()]
print(json.dumps(found))
"""


def test_on_two_screens_the_talk_is_on_the_second_and_the_notes_on_the_first(tmp_path):
    """In a process of its own, on Qt's offscreen platform, which can have two screens."""
    one, two = (0, 0, 1280, 720), (1280, 0, 1920, 1080)
    names = ("x", "y", "width", "height")
    usual = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    screens = [
        {"name": f"screen{n}", **dict(zip(names, place, strict=True)), **usual}
        for n, place in enumerate((one, two))
    ]
    config = tmp_path / "screens.json"
    config.write_text(json.dumps({"synchronousWindowSystemEvents": True, "screens": screens}))
    done = subprocess.run(
        [sys.executable, "-c", TWO_SCREENS],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={config}"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["screens"] == [list(one), list(two)]
    assert found["talk"] == list(two)
    assert found["notes"] == list(one)
    assert found["texts"] == ["Say hello.", "Next: Second", "1 / 2"]
    assert found["last"] == ["Second", "This is the last page."]
    assert found["left"] == []


def test_focus_of_the_application_is_back_on_the_desk(talk):
    talk.start()
    talk.press("Esc")
    talk.driver.bot.waitUntil(talk.driver.window.isActiveWindow)
    assert QApplication.activeWindow() is talk.driver.window


def test_a_page_has_room_for_two_maps():
    page = Page(title="Maps")
    with pytest.raises(ValueError, match="'Maps' names 3 maps; a page has room for 2"):
        replace(page, maps=("truth", "error", "gradient"))


@pytest.mark.parametrize("fails", ["playlist", "window"])
def test_a_talk_that_cannot_begin_leaves_the_desk_and_what_is_set_later_is_kept(
    talk, monkeypatch, fails
):
    def refuse(*_, **__):
        raise OSError("the folder of scenarios is gone")

    driver, name = talk.driver, {"playlist": "session_alone", "window": "fill"}[fails]
    monkeypatch.setattr(f"lossexplorer.app.presenter.presenter.{name}", refuse)
    with pytest.raises(OSError, match="the folder of scenarios is gone"):
        talk.presenter.start()
    assert talk.presenter.talk is None
    assert driver.window.updatesEnabled()
    driver.answer(lambda: driver.session.set_control("shift_x", ONE_VOXEL))
    assert driver.session.store.lasting.experiment.controls["shift_x"] == ONE_VOXEL
    monkeypatch.undo()
    talk.start()  # and the next one can
