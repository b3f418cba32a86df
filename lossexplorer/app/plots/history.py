"""Every loss and the total, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.loss_pens import pen_of
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.edge_marks import Mark, marks_of
from lossexplorer.app.widgets.outliers import Range, marks_of_outliers, usual_range_of_curves
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import LossPlot, curve_of, finite
from lossexplorer.app.widgets.reading import NamedCurve
from lossexplorer.engine.messages import TOTAL
from lossexplorer.exports.tables import history_csv
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.history import History

if TYPE_CHECKING:
    from lossexplorer.app.context import Context


class HistoryPlot(LossPlot):
    """Every loss and the total, step by step as the experiment changes.

    What would leave the others no height is cut off, with its value at the edge.
    """

    def __init__(self) -> None:
        super().__init__(_history_curve)
        self._history = History()
        self._color = "#808080"  # of the total, until there is a theme
        self._total = _unclamped()
        self.addItem(self._total)
        self.say_below("steps, as the experiment changes")
        self.setLimits(xMin=0, minXRange=10)
        self.getPlotItem().getAxis("bottom").setTickSpacing(10, 1)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        dashed = pg.QtCore.Qt.PenStyle.DashLine
        self._total.setPen(plot_pen(palette.text, width=2, style=dashed))
        self._color = palette.text

    def show_history(self, history: History) -> None:
        """Show the steps of a history."""
        self._history = history
        self.follow(history.shown)
        self.redraw()

    def draw(self) -> None:
        """Draw every curve."""
        for name, curve in self.items_of.items():
            self._draw_curve(curve, self._history.series(name), color_of(name))
        self._draw_curve(self._total, self._history.series(TOTAL), self._color)
        colors = {name: color_of(name) for name in self.items_of} | {TOTAL: self._color}
        limits = usual_range_of_curves(self._history.series(name) for name in colors)
        marks = [
            mark
            for row, (name, color) in enumerate(colors.items())
            for mark in self._marks_of(name, color, row, limits)
        ]
        self.marks.show_marks(marks)
        self.show_range(y=limits)

    def _marks_of(self, name: str, color: str, row: int, limits: Range | None) -> list[Mark]:
        history = self._history
        computed = [
            (history.first + place, value)
            for place, (value, known) in enumerate(
                zip(history.series(name), history.is_known(name), strict=True)
            )
            if known
        ]
        places, values = zip(*computed, strict=True) if computed else ((), ())
        cut_off = marks_of_outliers(places, values, limits, color, row)
        return marks_of(places, values, color, row) + cut_off

    def curves_shown(self) -> list[NamedCurve]:
        """Return every loss and the total."""
        losses = [curve_of(self.title(name), item) for name, item in self.items_of.items()]
        return [*losses, curve_of("Total", self._total)]

    def words_of(self, curve: NamedCurve, index: int) -> str:
        """Return the value of a step."""
        return f"{super().words_of(curve, index)} in step {curve.places[index]:.0f}"

    def series(self, name: str) -> list[float]:
        """Return the values plotted for a loss or the total."""
        return self._history.series(name)

    def _draw_curve(self, curve: Any, series: list[float], color: str) -> None:
        values = finite(series)
        curve.setData(
            self._history.first + np.arange(len(values)),
            values,
            symbol="o" if np.isfinite(values).sum() == 1 else None,
            symbolBrush=color,
            symbolPen=None,
            symbolSize=7,
        )


def _history_curve(name: str) -> Any:
    return _unclamped(pen=pen_of(name))


def _unclamped(**how: Any) -> Any:
    """Return a curve that draws values of a loss that explodes where they are."""
    curve = pg.PlotDataItem(connect="finite", symbol=None, **how)
    curve.setDynamicRangeLimit(None)
    return curve


def _table(context: Context) -> str:
    experiment, history = context.session.state.experiment, context.controller.records["history"]
    return history_csv(history, experiment, command_or_nothing(context))


PLOT = Plot(
    id="history",
    title="History",
    order=20,
    make=HistoryPlot,
    palette=HistoryPlot.use,
    losses=HistoryPlot.name_losses,
    records={"history": HistoryPlot.show_history},
    table=_table,
)
