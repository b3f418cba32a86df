"""Plot of the losses along a descent, and along another one from the same start."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg

from lossexplorer.app.loss_pens import pen_of
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.edge_marks import Mark, marks_of
from lossexplorer.app.widgets.outliers import marks_of_outliers, usual_range_of_curves
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import LossPlot, curve_of, finite
from lossexplorer.app.widgets.reading import NamedCurve
from lossexplorer.engine.messages import TOTAL, LossSetting
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.descent import DescentCurves, DescentSteps

_LINE, _DASHES = pg.QtCore.Qt.PenStyle.SolidLine, pg.QtCore.Qt.PenStyle.DashLine


class DescentPlot(LossPlot):
    """Every loss along a descent: lines, and dashes along the other descent.

    The total is drawn where it is what is descended. What would leave the others no height is cut
    off, with its value at the edge.
    """

    def __init__(self) -> None:
        super().__init__(_loss_curve)
        self._curves = DescentCurves()
        self._second: dict[str, Any] = {}
        self._totals = _curve(plot_pen("w", width=2)), _curve(plot_pen("w", width=2))
        for curve in self._totals:
            self.addItem(curve)
        self.setLimits(xMin=0, minXRange=10)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        for curve, style in zip(self._totals, (_LINE, _DASHES), strict=True):
            curve.setPen(plot_pen(palette.text, width=2, style=style))

    def show_descent(self, curves: DescentCurves) -> None:
        """Show the steps of one or two descents."""
        self._curves = curves
        self.follow(curves.shown)
        self.redraw()

    def draw(self) -> None:
        """Draw every curve."""
        curves = self._curves
        self._follow_second(curves.shown if curves.second else ())
        for name, curve in self.items_of.items():
            _draw(curve, curves, name, curves.first)
        for name, curve in self._second.items():
            _draw(curve, curves, name, curves.second)
        descended = (curves.follows, curves.first), (curves.beside, curves.second)
        for curve, (name, steps) in zip(self._totals, descended, strict=True):
            _draw(curve, curves, TOTAL, steps if name == TOTAL else ())
        self.say_below(self._words(curves))
        drawn = [
            (row, name, [step.number for step in steps], curves.series(name, steps))
            for row, name in enumerate(self.items_of)
            for steps in (curves.first, curves.second)
        ]
        totals = [curves.series(TOTAL, steps) for name, steps in descended if name == TOTAL]
        limits = usual_range_of_curves([*(values for *_, values in drawn), *totals])
        marks: list[Mark] = []
        for row, name, numbers, values in drawn:
            marks += marks_of(numbers, values, color_of(name), row)
            marks += marks_of_outliers(numbers, values, limits, color_of(name), row)
        self.marks.show_marks(marks)
        self.show_range(y=limits)

    def curves_shown(self) -> list[NamedCurve]:
        """Return every loss and the total, along one descent and the other."""
        curves = self._curves
        first, second = (
            self.title(curves.follows or TOTAL),
            self.title(curves.beside or TOTAL),
        )
        lines = [(self.title(name), item, first) for name, item in self.items_of.items()]
        dashes = [(self.title(name), item, second) for name, item in self._second.items()]
        totals = [("Total", self._totals[0], first), ("Total", self._totals[1], second)]
        return [
            curve_of(f"{name}, along {of},", item) for name, item, of in lines + dashes + totals
        ]

    def name_losses(self, losses: tuple[LossSetting, ...]) -> None:
        """Call the losses what the user calls them, below the plot as well."""
        super().name_losses(losses)
        self.say_below(self._words(self._curves))

    def _words(self, curves: DescentCurves) -> str:
        if not curves.first:
            return "steps along the gradient"
        lines = f"lines: {self.title(curves.follows)}"
        dashes = f", dashes: {self.title(curves.beside)}" if curves.beside else ""
        return f"steps along the gradient · {lines}{dashes}"

    def _follow_second(self, names: tuple[str, ...]) -> None:
        """Have dashed curves of these losses and of no others."""
        for name in self._second.keys() - set(names):
            self.removeItem(self._second.pop(name))
        for name in names:
            if name not in self._second:
                self._second[name] = _loss_curve(name, dashed=True)
                self.addItem(self._second[name])


def _draw(curve: Any, curves: DescentCurves, name: str, steps: DescentSteps) -> None:
    curve.setData([step.number for step in steps], finite(curves.series(name, steps)))


def _loss_curve(name: str, *, dashed: bool = False) -> Any:
    return _curve(pen_of(name, dashed=dashed))


def _curve(pen: Any) -> Any:
    curve = pg.PlotDataItem(connect="finite", symbol=None, pen=pen)
    curve.setDynamicRangeLimit(None)  # values of a loss that explodes are where they are
    return curve


PLOT = Plot(
    id="descent",
    title="Descent",
    order=40,
    make=DescentPlot,
    palette=DescentPlot.use,
    losses=DescentPlot.name_losses,
    records={"descent": DescentPlot.show_descent},
)
