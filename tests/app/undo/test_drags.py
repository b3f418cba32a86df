"""Drags: one gesture is one edit."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from tests.app.driver import Closed, shifted, tumour
from tests.app.undo.hand import (
    BUTTON,
    RIGHT,
    VOXEL,
    drag,
    end,
    entries,
    handle,
    offered,
    pull,
    redo,
    steps_back,
    undo,
)
from tests.app.undo.shown import assert_same, settled


def test_a_drag_is_one_edit_and_all_that_is_shown_comes_back(driver):
    row = driver.row("", "shift_x")
    before, rows = settled(driver, lambda: driver.type(row.line, "2vox"))
    set_before = driver.session.state.experiment
    closed = Closed(shifted(tumour(), x=2))
    for name in ("dice", "generalized_dice", "tversky", "iou"):
        assert before["cards"][name] == pytest.approx(closed.value(name), rel=1e-6)
    count = len(driver.answers)

    after, moved = settled(driver, lambda: drag(row.slider, end(row.slider, 1)))
    assert len(driver.answers) > count
    assert offered(driver) == ("Shift x +1.56 → +20 mm", "")
    assert moved["shift_x"] == ("+20", 20.0)

    again, back = settled(driver, lambda: undo(driver))
    assert driver.session.state.experiment == set_before
    assert back == rows
    assert back["shift_x"] == ("+1.56", 1.5625)
    assert_same(again, before)
    assert driver.card_text("dice") == f"{closed.value('dice'):.4f}"
    assert offered(driver) == ("Shift x 0 → +1.56 mm", "Shift x +1.56 → +20 mm")

    again, back = settled(driver, lambda: redo(driver))
    assert back == moved
    assert_same(again, after)


def test_two_drags_are_two_edits(driver):
    slider = driver.row("", "grow").slider
    drag(slider, end(slider, 1))
    drag(slider, end(slider, -1))
    low, high = slider.minimum(), slider.maximum()
    assert offered(driver)[0] == f"Grow +{high:g} → −{-low:g} mm"
    undo(driver)
    assert driver.value("", "grow") == high
    assert offered(driver)[0] == f"Grow 0 → +{high:g} mm"
    undo(driver)
    assert driver.value("", "grow") == 0


@pytest.mark.parametrize("beside", [-5, 5])
def test_a_drag_that_begins_beside_the_middle_of_the_handle_is_one_edit(driver, beside):
    """The press alone moves the handle's middle to the pointer."""
    slider, before = driver.row("", "softness").slider, driver.session.state.experiment
    driver.press(slider, RIGHT, 40)
    before = driver.session.state.experiment
    drag(slider, end(slider, 1), handle(slider) + QPoint(beside, 0))
    assert driver.value("", "softness") != before.controls["softness"]
    assert steps_back(driver, before) == 1


def test_a_drag_of_a_weight_is_one_edit(driver):
    card = driver.expand("dice")
    driver.losses.ensureWidgetVisible(card.weight)
    slider = card.weight.slider
    driver.answer(lambda: drag(slider, end(slider, 1)))
    assert offered(driver)[0] == "Dice λ 1 → 2"
    undo(driver)
    assert driver.session.state.experiment.setting("dice").weight == 1
    assert card.weight.line.text() == "1"
    assert card.weight.slider.value() == 1


def test_a_drag_that_ends_where_it_began_is_no_edit(driver):
    driver.press(driver.row("", "grow").slider, RIGHT)
    former = offered(driver)[0]
    slider = driver.row("", "shift_y").slider
    start = handle(slider)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, start + QPoint(40, 0))
    assert driver.value("", "shift_y") > 0
    pull(slider, start + QPoint(40, 0), end(slider, -1))
    QTest.mouseRelease(slider, BUTTON, pos=end(slider, -1))
    assert offered(driver)[0] == "Shift y 0 → −20 mm"
    undo(driver)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, start + QPoint(40, 0))
    pull(slider, start + QPoint(40, 0), start)
    QTest.mouseRelease(slider, BUTTON, pos=start)
    assert driver.value("", "shift_y") == 0
    assert offered(driver)[0] == former


@pytest.mark.parametrize("by_keys", [True, False])
def test_an_undo_during_a_drag_and_the_rest_of_the_drag_are_what_is_shown(driver, by_keys):
    """The drag goes on after the undo, as an edit from where the undo led to."""
    row = driver.row("", "shift_x")
    driver.answer(lambda: driver.press(row.slider, RIGHT, 2))
    before, slider = driver.session.state.experiment, row.slider
    start = handle(slider)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, start + QPoint(30, 0))
    assert driver.value("", "shift_x") > 2 * VOXEL
    if by_keys:  # they go to the slider, which has the focus while it is dragged
        driver.window.activateWindow()
        QTest.keyClick(slider, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    else:
        entries(driver)[0].trigger()
    assert driver.session.state.experiment == before
    assert row.line.text() == "+1.56"
    pull(slider, start + QPoint(30, 0), end(slider, 1))
    QTest.mouseRelease(slider, BUTTON, pos=end(slider, 1))
    assert offered(driver) == ("Shift x +1.56 → +20 mm", "")
    driver.answer(lambda: undo(driver))
    assert driver.session.state.experiment == before
    assert driver.card_text("dice") == f"{Closed(shifted(tumour(), x=2)).value('dice'):.4f}"
