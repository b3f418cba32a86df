"""Learn: every loss, weighted and not, and the total, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.edge_marks import Mark, marks_of
from lossexplorer.app.widgets.outliers import marks_of_outliers, usual_range_of_curves
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import QuietPlot, WholeNumbersAxis, curve_of, finite
from lossexplorer.app.widgets.reading import NamedCurve
from lossexplorer.learning.reports import StepReport

TOTAL = "total"
_DASHED = pg.QtCore.Qt.PenStyle.DashLine
_DOTTED = pg.QtCore.Qt.PenStyle.DotLine


class RunSeries:
    """The numbers of a run's steps, read once each however often they are drawn.

    Attributes
    ----------
    steps : list of int
        The number of each step.
    losses, weighted : list of tuple of float
        Each output's loss, and the same times λ.
    totals : list of float
        The total of each step.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every step."""
        self.steps: list[int] = []
        self.losses: list[tuple[float, ...]] = []
        self.weighted: list[tuple[float, ...]] = []
        self.totals: list[float] = []

    def read(self, reports: tuple[StepReport, ...]) -> None:
        """Read the steps that are new; those of another run replace what there is."""
        known = len(self.steps)
        goes_on = known <= len(reports) and (
            not known or (reports[known - 1].total, reports[0].step) == self._ends
        )
        if not goes_on:
            self.clear()
        for report in reports[len(self.steps) :]:
            self.steps.append(report.step)
            self.losses.append(report.losses)
            products = zip(report.weights, report.losses, strict=True)
            self.weighted.append(tuple(weight * loss for weight, loss in products))
            self.totals.append(report.total)

    @property
    def _ends(self) -> tuple[float, int]:
        return self.totals[-1], self.steps[0]


class RunLossesPlot(QuietPlot):
    """Each loss as Keras prints it, dotted the same times its weight, dashed the total.

    What would leave the others no height is cut off, with its value at the edge.
    """

    def __init__(self) -> None:
        super().__init__(bottom=WholeNumbersAxis("bottom"))
        self.say_below("step · dotted: times its weight · dashed: total")
        self.setAccessibleName("losses, step by step")
        self.setLimits(xMin=0, minXRange=10)
        self._shown: Shown | None = None
        self._series = RunSeries()
        self._curves: dict[tuple[str, bool], Any] = {}
        self._zero = _curve()  # unseen: so 0 is in sight
        self._zero.setPen(pg.mkPen(0, 0, 0, 0))
        self.addItem(self._zero)
        self._total = _curve()
        self._total.setZValue(5)
        self.addItem(self._total)

    def show_run(self, shown: Shown) -> None:
        """Draw the steps of a run."""
        self._shown = shown
        self._draw(shown)

    def series(self, output: str) -> list[float]:
        """Return the values drawn for an output, or for the total."""
        if output == TOTAL:
            return list(self._series.totals)
        assert self._shown is not None
        place = self._shown.outputs.index(output)
        return [losses[place] for losses in self._series.losses]

    def _draw(self, shown: Shown) -> None:
        reports = shown.run.reports
        if reports and len(reports[-1].losses) != len(shown.outputs):
            reports = ()
        self._series.read(reports)
        self._follow(shown)
        steps = np.array(self._series.steps, dtype=float)
        count = len(shown.outputs)
        losses = finite(np.array(self._series.losses).reshape(-1, count))
        weighted = finite(np.array(self._series.weighted).reshape(-1, count))
        for place, output in enumerate(shown.outputs):
            _set(self._curves[output, False], steps, losses[:, place], shown.colors[output], 2)
            color = shown.colors[output]
            _set(self._curves[output, True], steps, weighted[:, place], color, 1, _DOTTED)
        self._zero.setData(steps[:1].repeat(2), np.zeros(2 * len(steps[:1])))
        totals = finite(self._series.totals)
        _set(self._total, steps, totals, shown.palette.text, 2, _DASHED)
        limits = usual_range_of_curves([*losses.T, *weighted.T, totals])
        marks: list[Mark] = []
        named = zip(shown.outputs, zip(*self._series.losses, strict=True), strict=False)
        drawn = [(shown.colors[output], values) for output, values in named]
        for row, (color, values) in enumerate([*drawn, (shown.palette.text, self._series.totals)]):
            marks += marks_of(self._series.steps, values, color, row)
            marks += marks_of_outliers(self._series.steps, values, limits, color, row)
        self.marks.show_marks(marks)
        self.show_range(y=limits)

    def curves_shown(self) -> list[NamedCurve]:
        """Return every loss, weighted and not, and the total."""
        curves = [
            curve_of(f"λ {output}" if weighted else output, item)
            for (output, weighted), item in self._curves.items()
        ]
        return [*curves, curve_of("total", self._total)]

    def words_of(self, curve: NamedCurve, index: int) -> str:
        """Return the value of a step."""
        return f"{super().words_of(curve, index)} in step {curve.places[index]:.0f}"

    def _follow(self, shown: Shown) -> None:
        wanted = [(output, weighted) for output in shown.outputs for weighted in (False, True)]
        for key in self._curves.keys() - wanted:
            self.removeItem(self._curves.pop(key))
        for key in wanted:
            if key not in self._curves:
                self._curves[key] = _curve()
                self.addItem(self._curves[key])


def _curve() -> Any:
    curve = pg.PlotDataItem(connect="finite", symbol=None)
    curve.setDynamicRangeLimit(None)
    curve.setDownsampling(auto=True, method="peak")
    return curve


def _set(
    curve: Any,
    steps: NDArray[np.float64],
    values: NDArray[np.float64],
    color: str,
    width: int,
    style: Any = pg.QtCore.Qt.PenStyle.SolidLine,
) -> None:
    curve.setPen(plot_pen(color, width=width, style=style))
    is_alone = len(steps) == 1
    curve.setData(
        steps, values, symbol="o" if is_alone else None, symbolBrush=color, symbolPen=None,
        symbolSize=3 + 2 * width,
    )  # fmt: skip


def _use(plot: RunLossesPlot, palette: Palette) -> None:
    plot.use(palette)


PLOT = Plot(
    id="run_losses",
    title="Losses",
    order=10,
    make=RunLossesPlot,
    palette=_use,
    run=RunLossesPlot.show_run,
    beside=("layers", "methods"),
    workspaces=("learn",),
)
