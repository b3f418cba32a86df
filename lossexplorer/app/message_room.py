"""The room of a message above the canvas, which the panels below it give."""

from __future__ import annotations

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
        Has the panels, and canvas and message in its middle.
    messages : MessageBar
        What is said.
    stage : QWidget
        The canvas.
    panels : Panels
        The panels.
    """

    def __init__(
        self, window: QMainWindow, messages: MessageBar, stage: QWidget, panels: Panels
    ) -> None:
        super().__init__(window)
        self._window, self._messages, self._stage, self._panels = window, messages, stage, panels
        self._before: dict[QDockWidget, int] = {}  # the panels' heights without the message
        self._after: dict[QDockWidget, int] = {}  # and with it, once they are laid out
        self._timer = QTimer(self)  # once the message is laid out
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._settle)
        messages.said.connect(self._on_said)
        messages.gone.connect(lambda: self._timer.start(0))

    def _on_said(self) -> None:
        self._give_back()  # what another message had
        self._timer.start(0)

    def _settle(self) -> None:
        if self._messages.isVisible():
            self._make()
        else:
            self._give_back()

    def _make(self) -> None:
        """Take from the panels what canvas and message lack, from the highest one first."""
        both = self._stage.height() + self._messages.height()
        needed = self._messages.heightForWidth(self._messages.width())
        lacking = min(both, _CANVAS) + needed - both
        heights = before = {dock: dock.height() for dock in self._below()}
        for dock in sorted(before, key=QDockWidget.height, reverse=True):
            taken = max(min(lacking, before[dock] - _PANEL), 0)
            heights = {**heights, dock: before[dock] - taken}
            lacking -= taken
        if heights != before:
            self._before = before
            self._resize(heights)
            QTimer.singleShot(0, self, self._note)

    def _note(self) -> None:
        self._after = {dock: dock.height() for dock in self._before}

    def _give_back(self) -> None:
        """Give the panels back what they gave, unless somebody has moved them since."""
        now = {dock: dock.height() for dock in self._below()}
        if self._before and now == (self._after or now):
            self._resize(self._before)
        self._before, self._after = {}, {}

    def _below(self) -> list[QDockWidget]:
        docks = [self._panels.dock(p.id) for p in self._panels.here if p.area in ("top", "bottom")]
        return [dock for dock in docks if dock.isVisible() and not dock.isFloating()]

    def _resize(self, heights: dict[QDockWidget, int]) -> None:
        vertical = Qt.Orientation.Vertical
        self._window.resizeDocks(list(heights), list(heights.values()), vertical)
