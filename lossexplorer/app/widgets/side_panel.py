"""What the panels left and right of the stage share: a column that scrolls."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from lossexplorer.app.theme import UNIT

_CANVAS = 290
"""The width that the canvas with napari's slider needs beside two panels, in pixels."""


_WIDER = 1.15
"""Of the width at first, that texts may need."""


class SidePanel(QScrollArea):
    """A column.

    Parameters
    ----------
    width : int
        That it starts with, in pixels.
    left, right : int
        The margins, in pixels.

    Attributes
    ----------
    column : QVBoxLayout
        What it shows, from top to bottom.
    """

    def __init__(self, width: int, left: int, right: int) -> None:
        super().__init__()
        self._width = width
        self._told = 0  # the window, as the width that the texts need
        widget = QWidget()
        widget.setObjectName("column")
        self.column = QVBoxLayout(widget)
        self.column.setContentsMargins(left, UNIT, right, UNIT)
        self.column.setSpacing(UNIT)
        self.setWidget(widget)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its controls have it
        # Seen only where the screen has no room for the texts.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Tell the window when the texts need another width: a scroll area by itself does not.

        Else the window would lay out and draw all of itself whenever a text in here changes.
        """
        done = super().eventFilter(watched, event)
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            needed = self.minimumSizeHint().width()
            if needed != self._told:
                self._told = needed
                self.updateGeometry()
        return done

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the width that it starts with."""
        return QSize(self._width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the width below which texts would be cut off, though not much more than at first.

        Two of them must leave the canvas its room on the screen: on a small one they scroll.
        """
        needed = self.column.minimumSize().width() + self.verticalScrollBar().sizeHint().width()
        most = (self.screen().availableSize().width() - _CANVAS) // 2
        most = min(most, round(_WIDER * self._width))
        return QSize(min(needed, most), super().minimumSizeHint().height())
