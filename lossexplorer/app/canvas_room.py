"""The room of the canvas: what gives way where the window is low or a message is said."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from lossexplorer.app.panels import Panels
from lossexplorer.app.widgets.message_bar import MessageBar

WITH_STRIP = 380
"""The height in pixels below which the canvas has the room of the strip of the slices."""
WITH_LEGEND = 300
"""The height in pixels of canvas, bar and legend below which the canvas has the legend's room."""

_MIDDLE = 260
"""The height in pixels of canvas, bar and legend that the panels leave, beside a message."""
_SHARE = 0.27
"""Of the window's height: what panels that were not there before leave at least, up to that."""
_PANEL = 120
"""The height in pixels that a panel keeps."""
_TRIES = 2  # Qt forgets a height where something else is not laid out yet


class CanvasRoom(QObject):
    """Has the panels above and below the canvas give way to it, and to a message.

    Qt takes all from the canvas where a window becomes lower. The panels have their heights back
    where there is room again, unless somebody has moved them since. Where they were moved so that
    they leave the canvas less, that is its room.

    Parameters
    ----------
    window : QMainWindow
        Has the panels.
    middle : QWidget
        What is between them, with the message and the canvas.
    messages : MessageBar
        What is said.
    panels : Panels
        The panels.
    """

    def __init__(
        self,
        window: QMainWindow,
        middle: QWidget,
        messages: MessageBar,
        panels: Panels,
    ) -> None:
        super().__init__(window)
        self._window, self._middle, self._panels = window, middle, panels
        self._messages = messages
        self._wanted: dict[QDockWidget, int] = {}  # the panels' heights where there is room
        self._leave = _MIDDLE  # what they leave
        self._asked: dict[QDockWidget, int] = {}  # their heights as Qt was asked for them
        self._tries = 0  # how often
        self._left: dict[QDockWidget, int] = {}  # and as it laid them out
        self._height = 0  # of the window then
        self._timer = QTimer(self)  # once all is laid out
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._settle)
        middle.installEventFilter(self)
        panels.changed.connect(self._forget)
        for changed in (messages.said, messages.gone):
            changed.connect(lambda: self._timer.start(0))

    def eventFilter(self, middle: QObject, event: QEvent) -> bool:  # noqa: N802
        """Look at the room where it is another one."""
        if event.type() == QEvent.Type.Resize:
            self._timer.start(0)
        return super().eventFilter(middle, event)

    def _forget(self) -> None:
        """Take the panels as they are now: others are shown, or they were put back."""
        self._wanted = {}
        self._timer.start(0)

    def _settle(self) -> None:
        if not self._window.isVisible():
            return
        for laid_out in (self._middle, self._window):  # else it undoes the resizing
            inside = laid_out.layout()
            assert inside is not None
            inside.activate()
        now, room = self._heights(), self._middle.height() - self._needed
        is_same = self._window.height() == self._height
        if now.keys() != self._wanted.keys():
            least = round(_SHARE * self._window.height())
            self._wanted, self._leave = now, min(max(room, least), _MIDDLE)
        elif is_same and self._left not in ({}, now):  # moved by hand
            self._wanted, self._leave = now, min(room, _MIDDLE)
        self._height, self._left = self._window.height(), now
        heights = self._less(self._leave - room - sum(now.values()))
        self._tries = self._tries + 1 if heights == self._asked != now else 0
        if heights != now and self._tries < _TRIES:
            self._asked, self._left = heights, {}
            vertical = Qt.Orientation.Vertical
            self._window.resizeDocks(list(heights), list(heights.values()), vertical)
            self._timer.start(0)

    def _less(self, lacking: int) -> dict[QDockWidget, int]:
        """Return the panels' heights, less what is lacking beside them, the highest first."""
        heights = dict(self._wanted)
        lacking += sum(heights.values())
        for dock in sorted(heights, key=heights.__getitem__, reverse=True):
            taken = max(min(lacking, heights[dock] - _PANEL), 0)
            heights[dock] -= taken
            lacking -= taken
        return heights

    @property
    def _needed(self) -> int:
        """The height of the message."""
        is_said = self._messages.isVisible()
        return self._messages.heightForWidth(self._middle.width()) if is_said else 0

    def _heights(self) -> dict[QDockWidget, int]:
        docks = [self._panels.dock(p.id) for p in self._panels.here if p.area in ("top", "bottom")]
        return {dock: dock.height() for dock in docks if dock.isVisible() and not dock.isFloating()}
