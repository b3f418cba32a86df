"""Words beside the pointer, about what is below it."""

from __future__ import annotations

from qtpy.QtCore import QPoint, QRect
from qtpy.QtWidgets import QToolTip, QWidget

_AN_HOUR = 3_600_000  # ms; by itself, Qt takes words away after ten seconds


def say_at_pointer(place: QPoint, words: str, widget: QWidget) -> None:
    """Show words for as long as the pointer rests.

    Parameters
    ----------
    place : QPoint
        Where the pointer is on the screen.
    words : str
        Empty to show none any more.
    widget : QWidget
        What they are about a place of.
    """
    QToolTip.showText(place, words, widget, QRect(), _AN_HOUR)
