"""The room of a message above the canvas, which the panels below it give."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from lossexplorer.app.panels import Panels
from lossexplorer.app.widgets.message_bar import MessageBar

_CANVAS = 260
"""The height in pixels, with the slider of slices, below which a message leaves the canvas all."""
_PANEL = 120
"""The height in pixels that a panel keeps."""


class MessageRoom(QObject):
    """Has the panels below the canvas give a message its room while it is said.

    Else a small window would cut off a message of several lines, or leave little of the canvas.

    Parameters
    ----------
    window : QMainWindow
        Has the panels.
    middle : QWidget
        What is between them, with the message and the canvas.
    messages : MessageBar
        What is said.
    stage : QWidget
        The canvas.
    panels : Panels
        The panels.
    """

    def __init__(
        self,
        window: QMainWindow,
        middle: QWidget,
        messages: MessageBar,
        stage: QWidget,
        panels: Panels,
    ) -> None:
        super().__init__(window)
        self._window, self._middle, self._panels = window, middle, panels
        self._messages, self._stage = messages, stage
        self._before: dict[QDockWidget, int] = {}  # the panels' heights without the message
        self._after: dict[QDockWidget, int] = {}  # and with it, once they are laid out
        self._timer = QTimer(self)  # once the message is laid out
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._settle)
        for changed in (messages.said, messages.gone):
            changed.connect(lambda: self._timer.start(0))

    def _settle(self) -> None:
        for laid_out in (self._middle, self._window):  # else it undoes the resizing
            inside = laid_out.layout()
            assert inside is not None
            inside.activate()
        if self._messages.isVisible():
            self._make()
        else:
            self._give_back()

    def _make(self) -> None:
        """Take from the panels what canvas and message lack, from the highest one first."""
        now = self._heights()
        before = self._before if self._are_as_left() else now  # without a previous message
        both = self._both() - (sum(before.values()) - sum(now.values()))
        needed = self._messages.heightForWidth(self._middle.width())
        lacking = min(both, _CANVAS) + needed - both
        heights = before
        for dock in sorted(before, key=before.__getitem__, reverse=True):
            taken = max(min(lacking, before[dock] - _PANEL), 0)
            heights = {**heights, dock: before[dock] - taken}
            lacking -= taken
        if heights != now:
            self._before, self._after = before, {}
            self._resize(heights)
            QTimer.singleShot(0, self, self._note)

    def _both(self) -> int:
        """Return the height of canvas and message, which may not be laid out yet."""
        of_middle = self._middle.findChildren(
            QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly
        )
        others = [w for w in of_middle if w not in (self._stage, self._messages) and w.isVisible()]
        return self._middle.height() - sum(widget.height() for widget in others)

    def _note(self) -> None:
        self._after = self._heights()

    def _give_back(self) -> None:
        """Give the panels back what they gave, unless somebody has moved them since."""
        if self._are_as_left():
            self._resize(self._before)
            # Qt forgets the first one where the message is not laid out away yet.
            QTimer.singleShot(0, self, partial(self._resize, self._before))
        self._before, self._after = {}, {}

    def _are_as_left(self) -> bool:
        """Whether the panels gave something, and nobody has moved them since."""
        return bool(self._before) and self._after in ({}, self._heights())

    def _heights(self) -> dict[QDockWidget, int]:
        docks = [self._panels.dock(p.id) for p in self._panels.here if p.area in ("top", "bottom")]
        return {dock: dock.height() for dock in docks if dock.isVisible() and not dock.isFloating()}

    def _resize(self, heights: dict[QDockWidget, int]) -> None:
        vertical = Qt.Orientation.Vertical
        self._window.resizeDocks(list(heights), list(heights.values()), vertical)
