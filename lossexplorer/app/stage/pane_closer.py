"""A button in the corner of the pane under the pointer, which removes the pane."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, QPoint, Qt
from qtpy.QtGui import QHoverEvent, QMouseEvent
from qtpy.QtWidgets import QToolButton, QWidget

from lossexplorer.session.panes import Pane

_SIDE, _MARGIN = 22, 4  # pixels


class PaneCloser(QObject):
    """Has one button, which goes to the pane that the pointer is over, and hides with it.

    Parameters
    ----------
    native : QWidget
        The widget of the canvas itself.
    shape : callable
        Returns rows and columns of the panes.
    removed : callable
        Takes the pane whose button was clicked.

    Attributes
    ----------
    button : QToolButton
        In the upper right corner of a pane.
    """

    def __init__(
        self,
        native: QWidget,
        shape: Callable[[], tuple[int, int]],
        removed: Callable[[Pane], object],
    ) -> None:
        super().__init__(native)
        self._native, self._shape, self._removed = native, shape, removed
        self._panes: tuple[Pane, ...] = ()
        self._over: Pane | None = None
        self.button = QToolButton(native)
        self.button.setObjectName("paneCloser")
        self.button.setText("×")
        self.button.setFixedSize(_SIDE, _SIDE)
        self.button.setCursor(Qt.CursorShape.ArrowCursor)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.hide()
        self.button.clicked.connect(self._on_click)
        native.installEventFilter(self)

    def show_panes(self, panes: tuple[Pane, ...]) -> None:
        """Have other panes; a single one has no button."""
        self._panes = panes if len(panes) > 1 else ()
        self._go(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the pointer, and take no event."""
        if event.type() in (QEvent.Type.MouseMove, QEvent.Type.HoverMove):
            assert isinstance(event, QMouseEvent | QHoverEvent)
            self._go(event.position().toPoint())
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.Resize):
            self._go(None)
        return super().eventFilter(watched, event)

    def _go(self, place: QPoint | None) -> None:
        """Show the button in the pane at a place."""
        rows, columns = self._shape()
        width, height = self._native.width() / columns, self._native.height() / rows
        index = -1
        if place is not None and self._native.rect().contains(place):
            index = int(place.y() // height) * columns + int(place.x() // width)
        self._over = self._panes[index] if 0 <= index < len(self._panes) else None
        self.button.setVisible(self._over is not None)
        if self._over is not None:
            row, column = divmod(index, columns)
            right, top = round((column + 1) * width), round(row * height)
            self.button.move(right - _SIDE - _MARGIN, top + _MARGIN)
            self.button.setToolTip("Remove this pane")
            self.button.setAccessibleName(f"remove pane {self._over.name}")

    def _on_click(self) -> None:
        if self._over is not None:
            self._removed(self._over)
