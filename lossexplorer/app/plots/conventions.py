"""The values of all conventions, as a table; a click takes one's parameters over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QHeaderView, QVBoxLayout, QWidget
from superqt import QElidingLabel

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.number_table import NumberTable, TableCell
from lossexplorer.conventions import CONVENTIONS, ConventionValue
from lossexplorer.core.numbers import loss_value
from lossexplorer.engine.messages import LossSetting
from lossexplorer.exports.tables import table_csv
from lossexplorer.session.convention_words import convention_in_words, parameters_in_words
from lossexplorer.session.records.conventions import ConventionValues

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_HEADERS = ("convention", "value", "as parameters here", "note")
_VALUE = 1
"""The column of numbers."""
_SHARED = {0: 0.32, 2: 0.33}  # of the width; the last has the rest
_LEAST = 72
"""Pixels that the numbers have at least: their title, and the arrow where it is sorted by them."""


class _ConventionTable(NumberTable):
    """A table whose words share what numbers leave, also when it is sorted and searched."""

    def _fit_names(self) -> None:
        """Do nothing: each column of words has its share of the width."""

    def _fit_numbers(self) -> None:
        header, width = self.horizontalHeader(), self.viewport().width()
        widths = {nth: round(share * width) for nth, share in _SHARED.items()}
        widths[_VALUE] = max(self._needed(_VALUE), _LEAST)
        for nth, needed in widths.items():
            header.setSectionResizeMode(nth, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(nth, needed)
        header.setStretchLastSection(True)


class ConventionsPlot(QWidget):
    """One prediction, in the numbers of every library.

    Those that a loss shown equals are bold.

    Attributes
    ----------
    table : NumberTable
        A row for each convention.
    taken : Signal(int)
        The index in `CONVENTIONS` of the row whose parameters are wanted.
    """

    taken = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bottom")
        self._values = ConventionValues()
        self._losses: tuple[LossSetting, ...] = ()
        self._accent = ""
        self.table = _ConventionTable("values of conventions")
        self.table.setSelectionBehavior(NumberTable.SelectionBehavior.SelectRows)
        self.table.clicked.connect(lambda index: self._take(index.row()))
        self.table.entered.connect(self._take)
        hint = QElidingLabel(
            "click a line to take its parameters over, a header to sort; type to find"
        )
        hint.setObjectName("quiet")
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT, UNIT // 2, UNIT, 0)
        column.setSpacing(2)
        column.addWidget(hint)
        column.addWidget(self.table, 1)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._accent = palette.accent
        self._draw()

    def show_values(self, values: ConventionValues) -> None:
        """Show other values; while none is known, those before stay."""
        if values.values:
            self._values = values
            self._draw()

    def show_losses(self, losses: tuple[LossSetting, ...]) -> None:
        """Mark the conventions that the losses shown equal."""
        self._losses = losses
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Draw what came while it was hidden."""
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        if not self.isVisible():
            return
        shown = [(each.loss, dict(each.parameters)) for each in self._losses]
        rows = []
        for index, convention in enumerate(CONVENTIONS):
            found = self._values.values.get(index)
            text = "…" if found is None else _number(found)
            is_equal = (convention.loss, convention.values) in shown
            color = self._accent if is_equal else ""
            said = "; ".join(filter(None, [found.reason if found else "", convention.note]))
            source = f"{convention.library.name} {convention.library.version}".strip()
            tip = (
                f"{source}, {convention.library.source}\n{parameters_in_words(convention)}\n{said}"
            )
            cells = (convention_in_words(convention), text, parameters_in_words(convention), said)
            rows.append(
                [
                    TableCell(cell, color, tip.strip(), is_equal, nth != _VALUE)
                    for nth, cell in enumerate(cells)
                ]
            )
        headers = [TableCell(text, is_words=nth != _VALUE) for nth, text in enumerate(_HEADERS)]
        self.table.show_cells(headers, rows)

    def _take(self, place: int) -> None:
        self.taken.emit(self.table.shown_row(place))


def _number(found: ConventionValue) -> str:
    return "–" if found.value is None else loss_value(found.value)


def _connect(plot: ConventionsPlot, context: Context) -> None:
    session = context.session
    plot.show_losses(session.state.experiment.losses)

    def take(index: int) -> None:
        convention = CONVENTIONS[index]
        loss = session.take_over(
            convention.loss, convention.values, f"As {convention_in_words(convention)}"
        )
        session.show(loss=loss)

    plot.taken.connect(take)


def _table(context: Context) -> str:
    values: ConventionValues = context.controller.records["conventions"]
    rows = []
    for index, each in enumerate(CONVENTIONS):
        found = values.values.get(index)
        value = "" if found is None or found.value is None else found.value
        reason = "" if found is None else found.reason
        library = each.library
        rows.append(
            [library.name, library.version, each.name, value, parameters_in_words(each), reason]
        )
    columns = ["library", "version", "name", "value", "loss", "reason"]
    return table_csv(context.session.state.experiment, command_or_nothing(context), columns, rows)


PLOT = Plot(
    id="conventions",
    title="Conventions",
    order=50,
    make=ConventionsPlot,
    palette=ConventionsPlot.use,
    losses=ConventionsPlot.show_losses,
    connect=_connect,
    records={"conventions": ConventionsPlot.show_values},
    table=_table,
)
