"""What the panels left and right of the canvas share: a column that scrolls."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from lossexplorer.app.theme import UNIT


class SidePanel(QScrollArea):
    """A column of fixed width.

    Parameters
    ----------
    width, margin : int
        In pixels.

    Attributes
    ----------
    column : QVBoxLayout
        What it shows, from top to bottom.
    """

    def __init__(self, width: int, margin: int) -> None:
        super().__init__()
        widget = QWidget()
        widget.setObjectName("column")
        self.column = QVBoxLayout(widget)
        self.column.setContentsMargins(margin, UNIT, margin, UNIT)
        self.column.setSpacing(UNIT)
        self.setWidget(widget)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(width)
