"""What a hand does with the window: undo and redo, a drag, and a key that is held."""

from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QStyle, QStyleOptionSlider

from lossexplorer.app.actions import plain
from tests.app.driver import NO_MODIFIER

LEFT, RIGHT, DOWN = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Down
BUTTON = Qt.MouseButton.LeftButton
VOXEL = 0.78125
"""The edge of a voxel of the tumour along x and y, in mm."""


def entries(driver):
    """The entries for undo and redo, which the Edit menu begins with and which nobody opens."""
    menu = next(a.menu() for a in driver.window.menuBar().actions() if plain(a.text()) == "Edit")
    return menu.actions()[:2]


def offered(driver):
    """What can be undone and redone, as the menu says it; nothing of what is disabled."""
    undo, redo = (
        plain(entry.text()).partition(" ")[2] if entry.isEnabled() else ""
        for entry in entries(driver)
    )
    return undo, redo


def undo(driver, times=1):
    for _ in range(times):
        driver.shortcut("Ctrl+Z")


def redo(driver, times=1):
    for _ in range(times):
        driver.shortcut("Ctrl+Shift+Z")


def steps_back(driver, before):
    """How many undos lead back to an experiment; where none does, it fails."""
    for count in range(1, 30):
        undo(driver)
        if driver.session.state.experiment == before:
            return count
    raise AssertionError("no undo leads back")


def handle(slider):
    """The middle of a slider's handle."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style, handle = slider.style(), QStyle.SubControl.SC_SliderHandle
    rect = style.subControlRect(QStyle.ComplexControl.CC_Slider, option, handle, slider)
    return rect.center()


def end(slider, side):
    """A place beyond one of a slider's ends."""
    return QPoint(-40 if side < 0 else slider.width() + 40, slider.rect().center().y())


def pull(slider, start, stop, moves=12):
    """Move the mouse, whose button is down, in moves."""
    for step in range(1, moves + 1):
        QTest.mouseMove(slider, start + (stop - start) * step / moves)
        QApplication.processEvents()


def drag(slider, stop, start=None):
    """Press, move over many places, and release."""
    start = start or handle(slider)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, stop)
    QTest.mouseRelease(slider, BUTTON, pos=stop)


def hold(widget, key, repeats):
    """Hold a key until it has repeated some times."""
    press, release = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    events = [(press, False)]
    for _ in range(repeats):
        events += [(release, True), (press, True)]
    for kind, repeated in (*events, (release, False)):
        QApplication.sendEvent(widget, QKeyEvent(kind, key, NO_MODIFIER, "", repeated))
