"""What is set now beside a snapshot: values with differences, and what is set otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent, QShowEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.number_table import NumberTable, TableCell
from lossexplorer.core.numbers import loss_value
from lossexplorer.engine.messages import TOTAL
from lossexplorer.session.comparison import (
    ComparedText,
    ComparedValue,
    settings_compared,
    values_compared,
)
from lossexplorer.session.snapshots import Snapshot

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_ROOM_FOR_BOTH = 760
"""The width in pixels from which there are two tables."""
_OTHERWISE = "set otherwise"
_NOTHING = "–"
_INSET = "   "  # of a class below its loss


class ComparePlot(QWidget):
    """Two tables: the losses, their classes' terms and the total; and all that is set otherwise.

    Where there is no room for both, the second is the end of the first.

    Attributes
    ----------
    values, differences : NumberTable
        The tables.
    same : QLabel
        Says that nothing is set otherwise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bottom")
        self._compared: tuple[Snapshot, Snapshot] | None = None
        self.values = NumberTable("values compared")
        self.differences = NumberTable("what is set otherwise")
        self.same = QLabel("Nothing is set otherwise.")
        self.same.setObjectName("quiet")
        self.same.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout(self)
        row.setContentsMargins(UNIT, UNIT, UNIT, 0)
        row.setSpacing(2 * UNIT)
        row.addWidget(self.values, 1)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self.differences)
        right.addWidget(self.same)
        row.addWidget(self._right, 1)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return a room in which the tables scroll: hidden, they must not widen the plots."""
        return self.values.minimumSizeHint()

    def show_compared(self, compared: tuple[Snapshot, Snapshot] | None) -> None:
        """Show two snapshots, or nothing; drawn when it can be seen."""
        self._compared = compared
        if self.isVisible():
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Draw what came while the plot was hidden."""
        super().showEvent(event)
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Have one table or two."""
        super().resizeEvent(event)
        if self._has_room is self._right.isHidden():
            self._right.setVisible(self._has_room)
            self._draw()

    @property
    def _has_room(self) -> bool:
        return self.width() >= _ROOM_FOR_BOTH

    def _draw(self) -> None:
        if self._compared is None:
            return
        first, second = self._compared
        names = first.name, second.name
        headers = [TableCell(text) for text in ("loss", *names, "difference")]
        rows = [_row(each) for each in values_compared(first, second)]
        others = settings_compared(first, second)
        if others and not self._has_room:
            rows += [_bold(_OTHERWISE), *([*_words(each), TableCell("")] for each in others)]
        self.values.show_cells(headers, rows)
        self.differences.setVisible(bool(others))
        self.same.setVisible(not others)
        self.differences.show_cells(
            [TableCell(text) for text in (_OTHERWISE, *names)], [_words(x) for x in others]
        )


def _row(value: ComparedValue) -> Sequence[TableCell]:
    is_total = value.name == TOTAL
    title = value.title if value.class_index is None else f"{_INSET}{value.title}"
    numbers = (value.first, value.second)
    texts = [_NOTHING if number is None else loss_value(number) for number in numbers]
    return [TableCell(text, is_bold=is_total) for text in (title, *texts, _signed(value))]


def _bold(title: str) -> Sequence[TableCell]:
    """Return a row that has a title alone."""
    return [TableCell(title, is_bold=True), *[TableCell("")] * 3]


def _signed(value: ComparedValue) -> str:
    """Return a difference with its sign."""
    number = value.difference
    if number is None:
        return _NOTHING
    text = "0" if number == 0 else loss_value(number)
    return f"+{text}" if number > 0 else text


def _words(text: ComparedText) -> Sequence[TableCell]:
    return [TableCell(each) for each in (text.title, text.first, text.second)]


def _connect(plot: ComparePlot, context: Context) -> None:
    snapshots = context.snapshots

    def show() -> None:
        plot.show_compared(snapshots.compared)

    snapshots.changed.connect(show)
    snapshots.learned.connect(show)
    context.session.changed.connect(show, max_args=0)


PLOT = Plot(
    id="compare",
    title="Compare",
    order=60,
    make=ComparePlot,
    connect=_connect,
    is_needed=lambda context: context.snapshots.compared is not None,
)
