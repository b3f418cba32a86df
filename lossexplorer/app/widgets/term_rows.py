"""A loss's terms of some classes, as rows of which each chooses its class."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from superqt import QElidingLabel

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.bars import ShareBar
from lossexplorer.app.widgets.row import set_mark
from lossexplorer.core.numbers import loss_value
from lossexplorer.volumes import LabelClass

MOST = 4
"""Rows of a card."""
_NAME, _NOTE = 108, 28  # pixels of a name, and so many more with a note behind it


def rows_of(
    voxels: Sequence[int], terms: Sequence[float | None], chosen: int, first: int
) -> list[int]:
    """Return the classes that have a row: all of few; of many the chosen, the worst, the largest.

    Parameters
    ----------
    voxels : sequence of int
        Of every class, background first.
    terms : sequence of float or None
        Of every class; none before there is a value. The worst class has the largest; one that is
        not a number is worse than any.
    chosen : int
        The class that is shown on the canvas.
    first : int
        The first class with a term.

    Examples
    --------
    >>> rows_of([90, 5, 4, 3, 2, 1], [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], chosen=3, first=0)
    [3, 5, 1, 4]
    """
    every = list(range(first, len(voxels)))
    if len(every) <= MOST:
        return every
    by_term = _by_term(every, terms)
    largest = max(every[1 - first :], key=lambda index: voxels[index])
    wanted = [chosen, *by_term[:1], largest, *by_term[1:], *every]
    return [index for index in dict.fromkeys(wanted) if first <= index < len(voxels)][:MOST]


def _by_term(every: Sequence[int], terms: Sequence[float | None]) -> list[int]:
    """Return the classes that have a term, the worst first."""

    def badness(index: int) -> float:
        term = terms[index]
        return math.inf if term is None or math.isnan(term) else term

    known = [i for i in every if i < len(terms) and terms[i] is not None]
    return sorted(known, key=badness, reverse=True)


class TermRow(QFrame):
    """One class: its name, its share of the loss, its term.

    Attributes
    ----------
    index : int
        Which class it is of.
    name : QElidingLabel
        The class's name.
    number : QLabel
        Its term.
    bar : ShareBar
        Its share.
    chosen : Signal(int)
        The user wants this class shown.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.index = 0
        self.setObjectName("class")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.name, self._note = QElidingLabel(), QLabel()
        self.bar, self.number = ShareBar(6), QLabel("–")
        self.name.setObjectName("quiet")
        self._note.setObjectName("note")
        self.number.setObjectName("number")
        self.number.setMinimumWidth(48)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.name.setElideMode(Qt.TextElideMode.ElideMiddle)  # names often differ at their end
        self._named = QWidget()
        inside = QHBoxLayout(self._named)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(UNIT // 2)
        inside.addWidget(self.name, 1)
        inside.addWidget(self._note)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 0, 3, 0)
        row.setSpacing(UNIT)
        row.addWidget(self._named)
        row.addWidget(self.bar, 1)
        row.addWidget(self.number)

    def leave_room(self, *, for_note: bool) -> None:
        """Have the bar begin where that of every row does, behind the name and perhaps a note."""
        self._named.setFixedWidth(_NAME + (_NOTE if for_note else 0))

    def show_class(self, index: int, each: LabelClass, note: str) -> None:
        """Show another class, and what is to be known of it."""
        self.index = index
        self.name.setText(each.name)
        self.setAccessibleName(each.name)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        absent = "" if each.voxels else ": no voxel is of this class"
        self.setToolTip(f"{each.name}{absent}. A click shows this class on the canvas.")

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose this class, and leave the card as it is."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.index)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Choose this class by Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.index)
        else:
            super().keyPressEvent(event)


class TermRows(QWidget):
    """The rows of a card.

    Parameters
    ----------
    color : str
        Of the loss.

    Attributes
    ----------
    rows : list of TermRow
        From top to bottom.
    chosen : Signal(int)
        The user wants this class shown.
    """

    chosen = Signal(int)

    def __init__(self, color: str) -> None:
        super().__init__()
        self._color = color
        self._classes: Sequence[LabelClass] = ()
        self._terms: Sequence[float | None] = ()
        self._whole, self._first, self._class = 1.0, 0, 1
        self.rows: list[TermRow] = []
        self._more = QLabel()
        self._more.setObjectName("quiet")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._more)

    def set_classes(self, classes: Sequence[LabelClass], first: int) -> None:
        """Show other classes, background first, of which there is no term yet."""
        self._classes, self._first, self._terms = classes, first, ()
        count = min(len(classes) - first, MOST)
        while len(self.rows) > count:
            row = self.rows.pop()
            row.hide()
            row.deleteLater()
        while len(self.rows) < count:
            self.rows.append(TermRow())
            self.rows[-1].chosen.connect(self.chosen.emit)
            self._column.insertWidget(len(self.rows) - 1, self.rows[-1])
        more = len(classes) - first - count
        self._more.setText(f"and {more} more below, under Classes")
        self._more.setVisible(more > 0)
        for row in self.rows:
            row.leave_room(for_note=more > 0)
        self._draw()

    def choose(self, class_index: int) -> None:
        """Mark the class that is shown on the canvas."""
        if class_index != self._class:
            self._class = class_index
            self._draw()

    def show_terms(self, terms: Sequence[float | None], whole: float) -> None:
        """Show every class's term, background first, as shares of a whole."""
        self._terms, self._whole = terms, whole
        self._draw()

    def mark_pending(self, pending: bool) -> None:
        """Show the terms faint, because they are those of before."""
        for row in self.rows:
            row.bar.setEnabled(not pending)
            set_mark(row.number, "pending", pending)

    def _draw(self) -> None:
        voxels = [each.voxels for each in self._classes]
        indices = rows_of(voxels, self._terms, self._class, self._first)
        notes = self._notes(voxels)
        for row, index in zip(self.rows, indices, strict=True):
            row.show_class(index, self._classes[index], notes.get(index, ""))
            for widget in (row, row.name):
                set_mark(widget, "selected", index == self._class)
            term = self._terms[index] if index < len(self._terms) else None
            row.number.setText("–" if term is None else loss_value(term))
            row.bar.set_shares([] if term is None else [(self._color, abs(term) / self._whole)])

    def _notes(self, voxels: Sequence[int]) -> dict[int, str]:
        """Return why a class has a row, and which are absent."""
        notes: dict[int, str] = {}
        if len(voxels) - self._first > MOST:
            foreground = range(1, len(voxels))
            notes[max(foreground, key=lambda index: voxels[index])] = "largest"
            worst = _by_term(range(self._first, len(voxels)), self._terms)[:1]
            notes |= dict.fromkeys(worst, "worst")
        return notes | {index: "absent" for index, count in enumerate(voxels) if not count}
