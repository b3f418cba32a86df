"""Keys: a press is an edit, and so is a key that is held."""

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication

from tests.app.driver import NO_MODIFIER
from tests.app.undo.hand import LEFT, RIGHT, VOXEL, hold, offered, redo, steps_back, undo


def test_each_press_of_a_key_is_an_edit(driver):
    slider = driver.row("", "shift_x").slider
    driver.press(slider, RIGHT, 3)
    assert offered(driver)[0] == "Shift x +1.56 → +2.34 mm"
    for left in (2, 1, 0):
        undo(driver)
        assert driver.value("", "shift_x") == left * VOXEL
    redo(driver, 3)
    assert driver.value("", "shift_x") == 3 * VOXEL


def test_a_held_key_is_one_edit_and_the_next_press_another(driver):
    row = driver.row("", "shift_x")
    driver.press(row.slider, RIGHT)
    hold(row.slider, RIGHT, repeats=6)
    assert driver.value("", "shift_x") == 8 * VOXEL
    assert offered(driver)[0] == "Shift x +0.781 → +6.25 mm"
    driver.press(row.slider, LEFT)
    assert offered(driver)[0] == "Shift x +6.25 → +5.47 mm"
    undo(driver, 2)
    assert driver.value("", "shift_x") == VOXEL


def test_of_two_keys_each_one_s_repeats_are_one_edit(driver):
    """The second is pressed and released while the first is held, and the first repeats on."""
    slider, before = driver.row("", "shift_x").slider, driver.session.state.experiment
    press, release = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    slider.setFocus()  # else the keys turn slices
    for kind, key, repeated in (
        (press, RIGHT, False), (press, RIGHT, True), (press, LEFT, False), (release, LEFT, False),
        (press, RIGHT, True), (press, RIGHT, True), (press, RIGHT, True), (release, RIGHT, False),
    ):  # fmt: skip
        QApplication.sendEvent(slider, QKeyEvent(kind, key, NO_MODIFIER, "", repeated))
    assert driver.value("", "shift_x") == 4 * VOXEL
    assert steps_back(driver, before) == 3


def test_a_key_that_is_released_elsewhere_is_held_no_longer(driver):
    """As when the window is left by keys."""
    row, other = driver.row("", "shift_x"), driver.row("", "shift_y")
    driver.press(row.slider, Qt.Key.Key_Shift)
    QApplication.sendEvent(row.slider, QKeyEvent(QEvent.Type.KeyPress, RIGHT, NO_MODIFIER))
    driver.press(other.slider, Qt.Key.Key_Shift)
    driver.type(row.line, "3")
    assert offered(driver)[0] == "Shift x +0.781 → +3 mm"
    driver.type(row.line, "4")
    assert offered(driver)[0] == "Shift x +3 → +4 mm"
