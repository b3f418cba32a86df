"""Where the keys go: menu, command palette, and what has the focus."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.actions import plain
from lossexplorer.app.widgets.command_palette import CommandPalette
from tests.app.driver import small_labels, write_nifti
from tests.app.undo.hand import RIGHT, VOXEL, entries, offered


def test_the_entries_follow_without_the_menu_being_opened(driver, tmp_path):
    driver.open(write_nifti(tmp_path / "boxes.nii.gz", small_labels()))
    entry, other = entries(driver)
    assert [plain(e.text()) for e in (entry, other)] == ["Undo", "Redo"]
    assert not entry.isEnabled()
    assert not other.isEnabled()
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    assert plain(entry.text()) == "Undo Shift x 0 → +0.5 mm"
    assert entry.isEnabled()
    assert not other.isEnabled()
    entry.trigger()
    assert [plain(e.text()) for e in (entry, other)] == ["Undo", "Redo Shift x 0 → +0.5 mm"]
    assert [e.isEnabled() for e in (entry, other)] == [False, True]
    other.trigger()
    assert driver.value("", "shift_x") == 0.5


def test_the_palette_finds_undo(driver):
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    driver.shortcut("Ctrl+Shift+P")
    (palette,) = [p for p in driver.window.findChildren(CommandPalette) if p.isVisible()]
    QTest.keyClicks(palette.line, "undo")
    assert palette.list.item(0).text() == "Undo Shift x 0 → +0.781 mm"
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert driver.value("", "shift_x") == 0


def focused(driver):
    """Widgets of all kinds that take the focus and no text."""
    return {
        "slider": driver.row("", "grow").slider,
        "list": driver.controls.wrt,
        "card": driver.losses.cards["iou"],
        "switch": driver.expand("dice").rows["include_background"].switch,
        "canvas": driver.canvas.widget.canvas.native,
        "plots": driver.plots,
    }


@pytest.mark.parametrize("name", ["slider", "list", "card", "switch", "canvas", "plots"])
def test_the_keys_undo_wherever_the_focus_is(driver, name):
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    widget = focused(driver)[name]
    driver.press(widget, Qt.Key.Key_Z, modifier=control)
    assert driver.value("", "shift_x") == 0
    driver.press(widget, Qt.Key.Key_Z, modifier=control | shift)
    assert driver.value("", "shift_x") == VOXEL


def test_the_keys_undo_in_a_panel_that_floats(driver):
    driver.action("Float Controls").trigger()
    slider = driver.row("", "shift_x").slider
    dock = driver.panels.dock("controls")
    dock.activateWindow()
    driver.bot.waitUntil(lambda: QApplication.activeWindow() is dock)
    slider.setFocus()
    QTest.keyClick(slider, RIGHT)
    assert driver.value("", "shift_x") == VOXEL
    QTest.keyClick(slider, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert driver.value("", "shift_x") == 0


def test_in_a_text_line_the_keys_undo_what_is_typed_and_then_what_is_set(driver):
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    driver.press(driver.row("", "grow").slider, RIGHT)
    edit = driver.row("", "shift_x").line
    driver.type(edit, "3")
    driver.bot.waitUntil(driver.window.isActiveWindow)
    before, label = driver.session.state.experiment, offered(driver)[0]
    assert label == "Shift x 0 → +3 mm"
    driver.press(edit, Qt.Key.Key_End)
    QTest.keyClicks(edit, "55")
    assert edit.text() == "+355"
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert edit.text() == "+3"
    assert driver.session.state.experiment == before
    QTest.keyClick(edit, Qt.Key.Key_Z, control | shift)
    assert edit.text() == "+355"
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert (driver.session.state.experiment, offered(driver)[0]) == (before, label)
    # Nothing is typed any more: the keys are the window's.
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert driver.value("", "shift_x") == 0
    assert edit.text() == "0"
    QTest.keyClick(edit, Qt.Key.Key_Z, control | shift)
    assert driver.value("", "shift_x") == 3
    assert edit.text() == "+3"
