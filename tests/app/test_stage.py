"""The window before its canvas is there, which needs napari: everything else works already."""

import numpy as np
import pytest
from pyqtgraph import InfiniteLine
from qtpy.QtCore import QPoint, QTimer
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QWidget

from lossexplorer.app.sessions.questions import ask
from lossexplorer.core.numbers import tidy
from tests.app.driver import Closed, shifted, small_labels, tumour, write_nifti


@pytest.fixture
def bare(make_driver, monkeypatch):
    """A window whose canvas waits until a test has it prepared."""
    monkeypatch.setattr(QTimer, "start", _unless_it_prepares(QTimer.start))
    return make_driver(prepare=False)


def _unless_it_prepares(start):
    def started(timer, *args):
        if type(timer.parent()).__name__ != "Stage":
            start(timer, *args)

    return started


def error(driver):
    """The categories of the tumour's error in the slice on screen: right, too much, missing."""
    painted = driver.painted("error")
    return [int((painted == category).sum()) for category in (1, 2, 3)]


def expected_error(driver, labels):
    index = driver.session.state.view.plane.index
    truth, predicted = tumour()[index] == 1, labels[index] == 1
    return [int(each.sum()) for each in (truth & predicted, ~truth & predicted, truth & ~predicted)]


def test_the_canvas_comes_by_itself_once_the_window_is_on_the_screen(make_driver):
    driver = make_driver(prepare=False)
    assert "Preparing the canvas…" in driver.texts(driver.window)
    driver.wait(
        driver.files.opened,
        lambda: driver.files.open(["sample:tumour"]),
    )
    driver.bot.waitUntil(lambda: driver.window.stage.canvas is not None)
    driver.prepare()
    assert driver.texts(driver.window.stage).count("Preparing the canvas…") == 0
    assert driver.canvas.widget.isVisible()
    np.testing.assert_array_equal(driver.canvas.array("truth"), tumour())


@pytest.mark.slow
def test_numbers_come_before_it_and_are_painted_when_it_is_there(bare):
    items = bare.plots.widgets["response"].getPlotItem().items
    lines = [item for item in items if isinstance(item, InfiniteLine)]
    (mark,) = [line for line in lines if hasattr(line, "label")]  # that of a snapshot has none
    assert not mark.isVisible()  # there is nothing to mark yet
    bare.controller.client.start()
    bare.open("sample:tumour")
    bare.answer(lambda: bare.session.set_control("shift_x", 0.78125))
    bare.answer(lambda: bare.session.show(wrt="probability"))
    assert mark.isVisible()
    moved = shifted(tumour(), x=1)
    assert bare.window.stage.canvas is None
    assert bare.card_text("dice") == f"{Closed(moved).value('dice'):.4f}"
    bare.prepare()
    assert error(bare) == expected_error(bare, moved)
    assert bare.window.stage.gradient_limit > 0
    assert bare.window.legend.high.text() == tidy(bare.window.stage.gradient_limit, signed=True)


def test_what_is_asked_of_it_before_is_done_when_it_is_there(bare):
    bare.wait(bare.files.opened, lambda: bare.files.open(["sample:tumour"]))
    bare.action("Overlaid").trigger()
    bare.action("Light").trigger()
    bare.prepare()
    assert not bare.viewer.canvas.grid.enabled
    assert bare.viewer.theme == "light"
    assert bare.canvas.navigation.plane == bare.session.state.view.plane


def test_the_stage_alone_has_a_window_of_its_own_and_the_window_stays_the_same(bare):
    """With X11: Qt then composes nothing but the stage by OpenGL, and questions stay above it."""
    box = ask(bare.window, "Open the session", "Is it?", "", ())
    bare.bot.waitExposed(box)
    before = bare.window.windowHandle()
    bare.prepare()
    assert bare.window.windowHandle() is before
    stage = bare.window.stage
    within = [w for w in bare.window.findChildren(QWidget) if not w.isWindow()]
    assert [w for w in within if w.internalWinId()] == [stage]
    assert stage.canvas.native.nativeParentWidget() is stage
    assert box.windowHandle().transientParent() is bare.window.windowHandle()
    assert box.isVisible()
    box.reject()


def test_what_a_menu_has_covered_is_painted_again(driver):
    """Without a compositor, what is around the stage is on screen only if the window paints it."""
    corner = driver.controls.mapToGlobal(QPoint(0, 0))

    def seen():
        area = (corner.x(), corner.y(), driver.controls.width(), 300)
        return driver.window.screen().grabWindow(0, *area).toImage()

    QGuiApplication.sync()
    before = seen()
    menu = driver.window.menuBar().actions()[0].menu()
    menu.popup(corner)
    driver.bot.waitUntil(lambda: seen() != before)
    menu.close()
    driver.bot.waitUntil(lambda: seen() == before)


@pytest.mark.slow
def test_another_volume_that_is_opened_while_it_is_prepared_is_shown(bare, tmp_path):
    path = write_nifti(tmp_path / "boxes.nii", small_labels())
    bare.wait(bare.files.opened, lambda: bare.files.open(["sample:tumour"]))
    while bare.window.stage.count() < 2:  # it is there below what hides it, and still empty
        next(bare.window.stage._preparing)
    next(bare.window.stage._preparing)  # half of the first volume is shown
    bare.wait(bare.files.opened, lambda: bare.files.open([str(path)]))
    bare.prepare()
    np.testing.assert_array_equal(
        bare.canvas.array("truth"), np.searchsorted([0, 3, 7], small_labels())
    )


@pytest.mark.slow
def test_where_it_cannot_be_made_that_is_said_and_numbers_come_all_the_same(bare, monkeypatch):
    monkeypatch.setattr("lossexplorer.app.stage.stage._IMPORTED", ("no_module_of_this_name",))
    with pytest.raises(ModuleNotFoundError):  # which the window reports as it does any other
        bare.window.stage._go_on()
    assert "The canvas could not be made." in bare.texts(bare.window.stage)
    bare.start()
    bare.answer(lambda: bare.session.set_control("shift_x", 0.78125))
    assert bare.card_text("dice") == f"{Closed(shifted(tumour(), x=1)).value('dice'):.4f}"


@pytest.mark.parametrize("pieces", [0, 3, 10, 13])
def test_closing_while_it_is_prepared_leaves_nothing(bare, pieces):
    bare.wait(bare.files.opened, lambda: bare.files.open(["sample:tumour"]))
    for _ in range(pieces):
        next(bare.window.stage._preparing)
    bare.window.close()
    assert bare.window.stage.canvas is None  # that nothing is left is what the fixture asserts
