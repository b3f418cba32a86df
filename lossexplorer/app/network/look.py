"""How the items of the picture are drawn: colours, fonts and what is marked."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtGui import QColor, QFont, QPainter
from qtpy.QtWidgets import QApplication, QStyleOptionGraphicsItem

from lossexplorer.app.network.output_colors import output_color
from lossexplorer.app.theme import DARK, Palette

TITLE, DETAIL = 13, 11
"""Sizes of text in pixels at zoom 1."""

LEGIBLE = 10.0
"""Titles are not smaller on the screen while they can be written at all."""

PLAIN = 20
"""Of the texts in a plain picture, whose boxes are made for them."""

FAR, VERY_FAR = 0.55, 0.22
"""Below the first zoom there are titles only, below the second no texts."""


@dataclass
class Look:
    """What all items share.

    Attributes
    ----------
    palette : Palette
        The theme.
    offers_switches : bool
        Whether switches that are off can be seen, too.
    has_focus : bool
        Whether the keyboard acts on the picture.
    is_plain : bool
        Whether names and symbols alone are written, all in one large size, as a talk needs it.
    """

    palette: Palette = DARK
    offers_switches: bool = False
    has_focus: bool = False
    is_plain: bool = False

    @property
    def background(self) -> QColor:
        """What the picture lies on."""
        palette = self.palette
        return QColor(palette.surface).darker(122) if palette is DARK else QColor(palette.raised)

    @property
    def box(self) -> QColor:
        """The inside of a box."""
        palette = self.palette
        return QColor(palette.raised if palette is DARK else palette.surface)

    def color(self, place: int) -> QColor:
        """Return the colour of the loss of an output, by its place."""
        return QColor(output_color(place, self.palette))


def font(size: float, *, is_bold: bool = False) -> QFont:
    """Return the program's font in a size in pixels."""
    made = QFont(QApplication.font())
    made.setPixelSize(max(1, round(size)))
    made.setBold(is_bold)
    return made


def zoom_of(painter: QPainter) -> float:
    """Return how many pixels of the screen a pixel at zoom 1 has."""
    return QStyleOptionGraphicsItem.levelOfDetailFromTransform(painter.worldTransform())
