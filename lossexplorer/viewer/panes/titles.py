"""The titles above the maps, at a size at which they fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from qtpy.QtGui import QFont, QFontMetricsF, QGuiApplication

from lossexplorer.viewer.maps import elided
from lossexplorer.viewer.panes.cells import TITLE_SIZE, Cell, set_if_other

_UNSEEN = "\u200b"  # without width
_SMALLEST = 7  # points
_BESIDE = 14  # pixels
_APART = 8  # pixels, from the title of the next cell
_SMALL = 8  # points: in a pane that is not wide, but low
_SHARE = 1 / 18  # of a pane's height, in points for a pixel
_CANVAS_PIXELS = 96 / 72
"""Of the canvas for one of Qt's: vispy takes a point as a pixel, and Qt 72 of them as 96 pixels."""


@lru_cache(maxsize=512)
def title_width(text: str, points: int) -> float:
    """Return the width of a title on the canvas, in pixels.

    Parameters
    ----------
    text : str
        The title.
    points : int
        Its size.
    """
    font = QFont(QGuiApplication.font().family(), points)
    return QFontMetricsF(font).horizontalAdvance(text) * _CANVAS_PIXELS


def largest_size(height: float) -> int:
    """Return how large titles are in panes of a height in pixels, if they are wide enough.

    Examples
    --------
    >>> [largest_size(height) for height in (110, 180, 400)]
    [8, 10, 11]
    """
    return min(max(round(height * _SHARE), _SMALL), TITLE_SIZE)


def _cut(title: str, room: float) -> str:
    """Return a title that fits at the smallest size."""
    letters = len(title)
    while letters > 1 and title_width(elided(title, letters), _SMALLEST) > room:
        letters -= 1
    return elided(title, letters)


class Titles:
    """What is written above the maps.

    Attributes
    ----------
    ends : dict of str to float
        How far each title of a map on screen reaches from the left of its cell, in pixels.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self.ends: dict[str, float] = {}

    def change(self, texts: Mapping[str, str]) -> None:
        """Have other texts for some panes, by their names."""
        self._texts |= texts

    def forget(self, name: str) -> None:
        """Have no text for a pane, which is gone."""
        self._texts.pop(name, None)

    def fit(
        self, cells: Mapping[str, Cell], shown: Collection[str], width: float, height: float
    ) -> None:
        """Write the titles at the size at which the longest fits into its cell, or cut it.

        Parameters
        ----------
        cells : mapping of str to Cell
            The cells, by the names of their maps.
        shown : collection of str
            The maps on screen, whose titles have to fit.
        width, height : float
            Of a cell, in pixels.
        """
        room = max(width - _BESIDE - _APART, 0)
        texts = [text for name, text in self._texts.items() if name in shown]
        # In whole points, for which napari measures the box behind the text.
        fitting = (
            points
            for points in range(largest_size(height), _SMALLEST, -1)
            if all(title_width(text, points) <= room for text in texts)
        )
        size = next(fitting, _SMALLEST)
        wanted: dict[str, str] = {}
        written: list[str] = []
        self.ends = {}
        for name in (*shown, *(name for name in cells if name not in shown)):
            if name not in self._texts or name not in cells:
                continue
            # napari would number layers of one name; a hidden layer has no title to be read.
            title = self._texts[name]
            if name in shown:
                title = _cut(title, room)
                self.ends[name] = title_width(title, size) + _BESIDE
            else:
                title = f"{title}, hidden"
            wanted[name] = title + _UNSEEN * written.count(title)
            written.append(title)
        # Twice: of a layer whose name another one gives up only now, napari numbers it.
        for name, text in (*wanted.items(), *wanted.items()):
            layer = cells[name].map
            set_if_other(layer, "name", text)
            set_if_other(layer.name_overlay, "font_size", size)
