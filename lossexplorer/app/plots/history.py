"""Every loss and the total, step by step."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.engine.messages import TOTAL, Answer
from lossexplorer.losses import LOSSES, Loss

_KEPT = 300


class HistoryPlot(LossPlot):
    """Every loss and the total, step by step as settings change."""

    def __init__(self) -> None:
        super().__init__(_history_curve)
        self._values: dict[str, deque[float]] = {TOTAL: deque(maxlen=_KEPT)}
        self._first = 1
        self._total = _unclamped()
        self.addItem(self._total)
        self.setLabel("bottom", "steps, as settings change")
        self.setLimits(minXRange=10)
        self.getPlotItem().getAxis("bottom").setTickSpacing(10, 1)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        dashed = pg.QtCore.Qt.PenStyle.DashLine
        self._total.setPen(pg.mkPen(palette.text, width=2, style=dashed))

    def clear_values(self) -> None:
        """Begin anew."""
        self._first = 1
        for values in self._values.values():
            values.clear()

    def add(self, answer: Answer) -> None:
        """Add a step, with gaps for what is pending."""
        before = len(self._values[TOTAL])
        if before == _KEPT:
            self._first += 1
        lacking = any(result.pending and result.weight for result in answer.losses)
        step = {result.name: result.value for result in answer.losses}
        step[TOTAL] = math.nan if lacking else answer.total
        self.follow(result.name for result in answer.losses)
        # A loss that was not shown before has a gap there.
        missing = [math.nan] * before
        self._values = {name: self._values.get(name, deque(missing, maxlen=_KEPT)) for name in step}
        for name, value in step.items():
            self._values[name].append(value)
        self.redraw()

    def draw(self) -> None:
        """Draw every curve."""
        for name, curve in self.items_of.items():
            self._draw_curve(curve, self._values[name], LOSSES[name].color)
        self._draw_curve(self._total, self._values[TOTAL], None)

    def complete(self, answer: Answer) -> None:
        """Fill the last step's gaps with what was pending."""
        for values in self._values.values():
            values.pop()
        self.add(answer)

    def series(self, name: str) -> list[float]:
        """Return the values plotted for a loss or the total."""
        return list(self._values[name])

    def _draw_curve(self, curve: Any, series: deque[float], color: str | None) -> None:
        values = finite(series)
        curve.setData(
            np.arange(self._first, self._first + len(values)),
            values,
            symbol="o" if np.isfinite(values).sum() == 1 else None,
            symbolBrush=color,
            symbolPen=None,
            symbolSize=7,
        )


def _history_curve(loss: Loss) -> Any:
    return _unclamped(pen=pg.mkPen(loss.color, width=2))


def _unclamped(**how: Any) -> Any:
    """Return a curve that draws values of a loss that explodes where they are."""
    curve = pg.PlotDataItem(connect="finite", symbol=None, **how)
    curve.setDynamicRangeLimit(None)
    return curve


PLOT = Plot(
    id="history",
    title="History",
    order=20,
    make=HistoryPlot,
    palette=HistoryPlot.use,
    volume=lambda plot, _: plot.clear_values(),
    answer=HistoryPlot.add,
    completed=HistoryPlot.complete,
)
