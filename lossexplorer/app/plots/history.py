"""Every loss and the total, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.engine.messages import TOTAL
from lossexplorer.losses import LOSSES, Loss
from lossexplorer.session.records.history import History


class HistoryPlot(LossPlot):
    """Every loss and the total, step by step as the experiment changes."""

    def __init__(self) -> None:
        super().__init__(_history_curve)
        self._history = History()
        self._total = _unclamped()
        self.addItem(self._total)
        self.setLabel("bottom", "steps, as the experiment changes")
        self.setLimits(minXRange=10)
        self.getPlotItem().getAxis("bottom").setTickSpacing(10, 1)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        dashed = pg.QtCore.Qt.PenStyle.DashLine
        self._total.setPen(pg.mkPen(palette.text, width=2, style=dashed))

    def show_history(self, history: History) -> None:
        """Show the steps of a history."""
        self._history = history
        self.follow(history.shown)
        self.redraw()

    def draw(self) -> None:
        """Draw every curve."""
        for name, curve in self.items_of.items():
            self._draw_curve(curve, self._history.series(name), LOSSES[name].color)
        self._draw_curve(self._total, self._history.series(TOTAL), None)

    def series(self, name: str) -> list[float]:
        """Return the values plotted for a loss or the total."""
        return self._history.series(name)

    def _draw_curve(self, curve: Any, series: list[float], color: str | None) -> None:
        values = finite(series)
        curve.setData(
            self._history.first + np.arange(len(values)),
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
    records={"history": HistoryPlot.show_history},
)
