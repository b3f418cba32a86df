"""Marks at the edge of a plot for values that have no place in it: NaN, ∞, and what is cut off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QRectF
from qtpy.QtGui import QFont

from lossexplorer.app.theme.contrast import readable_on
from lossexplorer.core.numbers import loss_value

_ROW = 13  # pixels between the marks of two losses
_SIZE = 9
_WORD = 4.5  # the contrast that WCAG 2.2 asks of text (success criterion 1.4.3)
_APART = 1.5  # steps: values further apart are not of one run


@dataclass(frozen=True)
class Mark:
    """One value at an edge.

    Attributes
    ----------
    place : float
        Where along the bottom axis.
    word : str
        What it is: NaN, ∞ or −∞, or the number that is cut off.
    color : str
        The loss's.
    row : int
        Marks of several losses are below each other, in the order of this number.
    """

    place: float
    word: str
    color: str
    row: int = 0

    @property
    def is_low(self) -> bool:
        """Whether it is at the lower edge."""
        return self.word.startswith("−")


def marks_of(
    places: Sequence[float], values: Sequence[float], color: str, row: int = 0
) -> list[Mark]:
    """Return the marks of the values that are not finite.

    Examples
    --------
    >>> [mark.word for mark in marks_of([1, 2, 3], [0.5, math.inf, math.nan], "#ffffff")]
    ['∞', 'NaN']
    """
    return [
        Mark(float(place), loss_value(float(value)), color, row)
        for place, value in zip(places, values, strict=True)
        if not math.isfinite(value)
    ]


class EdgeMarks(pg.ScatterPlotItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws marks at the upper and lower edge of what is seen, whatever is zoomed.

    Of marks that follow each other the first has the word.

    Attributes
    ----------
    marks : tuple of Mark
        What is drawn.
    """

    def __init__(self, box: Any) -> None:
        super().__init__(size=_SIZE, pen=None, pxMode=True)
        self.setZValue(20)
        self.marks: tuple[Mark, ...] = ()
        self._box = box
        self._words: list[Any] = []
        self._factor, self._font, self._ground = 1.0, QFont(), ""
        box.sigRangeChanged.connect(self._place)
        box.sigResized.connect(self._place)

    def enlarge(self, factor: float, font: QFont, ground: str) -> None:
        """Be drawn larger, in colours that can be read.

        Parameters
        ----------
        factor : float
            How many times larger than on the desk.
        font : QFont
            Of the words.
        ground : str
            The colour that they are read on, as ``#rrggbb``.
        """
        if (factor, font, ground) == (self._factor, self._font, self._ground):
            return
        self._factor, self._font, self._ground = factor, QFont(font), ground
        self.setSize(_SIZE * factor)
        marks, self.marks = self.marks, ()
        self.show_marks(marks)

    def _color(self, mark: Mark) -> str:
        return readable_on(self._ground, mark.color, _WORD) if self._ground else mark.color

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Draw these marks and no others."""
        if tuple(marks) == self.marks:
            return
        self.marks = tuple(marks)
        for word in self._words:
            self._box.removeItem(word)
        self._words = []
        for mark in _named(self.marks):
            word = pg.TextItem(mark.word, color=self._color(mark))
            word.setFont(self._font)
            beside = (_SIZE * self._factor / 2 - _SIZE / 2) / word.boundingRect().width()
            word.setAnchor((-beside, 1.0 if mark.is_low else 0.0))
            word.setZValue(20)
            word.mark = mark
            self._box.addItem(word, ignoreBounds=True)
            self._words.append(word)
        self._place()

    def _place(self, *_: Any) -> None:
        """Put the marks at the edges of what is seen."""
        if not self.marks and not len(self.data):
            return
        _, (low, high) = self._box.viewRange()
        pixel = (high - low) / max(self._box.height(), 1.0)
        rows = _rows(self.marks)
        room = self._box.height() / self._factor - 2 * _ROW
        apart = min(_ROW, room / max((1, *rows.values())))

        def height(mark: Mark, inset: float) -> float:
            inset = (inset + apart * rows[mark.is_low, mark.row]) * self._factor * pixel
            return float(low + inset if mark.is_low else high - inset)

        self.setData([
            {
                "pos": (mark.place, height(mark, 7)),
                "symbol": "t" if mark.is_low else "t1",
                "brush": pg.mkBrush(self._color(mark)),
            }
            for mark in self.marks
        ])  # fmt: skip
        for word in self._words:
            word.setPos(word.mark.place, height(word.mark, 0))

    def dataBounds(self, ax: int, *how: Any, **more: Any) -> Any:  # noqa: N802
        """Return where the marks lie along the bottom; their height follows what is seen."""
        return (None, None) if ax == 1 else super().dataBounds(ax, *how, **more)

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return all that is seen: a mark may be anywhere at its edge."""
        return QRectF(self.viewRect())


def _rows(marks: Sequence[Mark]) -> dict[tuple[bool, int], int]:
    """Return how many rows of marks are between a row, by its edge and number, and that edge.

    Examples
    --------
    >>> _rows(marks_of([1, 1], [math.nan, -math.inf], "#ffffff", row=4))
    {(False, 4): 0, (True, 4): 0}
    """
    seen = sorted({(mark.is_low, mark.row) for mark in marks})
    return {each: sum(each[0] == other[0] for other in seen[:n]) for n, each in enumerate(seen)}


def _named(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks that get a word: the first of each run of a colour and word."""
    named = list(marks[:1])
    for before, mark in pairwise(marks):
        is_run = (mark.color, mark.word) == (before.color, before.word)
        if not is_run or mark.place - before.place > _APART:
            named.append(mark)
    return named
