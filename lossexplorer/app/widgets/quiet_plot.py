"""What the plots share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QGraphicsItem

from lossexplorer.app.theme import Palette
from lossexplorer.losses import LOSSES, Loss

pg.setConfigOptions(antialias=True)


def finite(values: Any) -> np.ndarray[Any, Any]:
    """Return an array in which what cannot be drawn is NaN, which leaves a gap."""
    array = np.array(values, dtype=float)
    array[~np.isfinite(array)] = math.nan
    return array


class QuietPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A quiet plot: horizontal lines, no frame, axes in the theme's colours.

    Parameters
    ----------
    **axes : pyqtgraph.AxisItem
        Axes in place of the usual ones, by their side.
    """

    def __init__(self, **axes: Any) -> None:
        super().__init__(axisItems=axes)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # no key does anything here
        item = self.getPlotItem()
        item.setMenuEnabled(True)
        item.hideButtons()
        item.showGrid(x=False, y=True, alpha=0.15)
        item.setContentsMargins(8, 8, 16, 0)
        for name in ("left", "bottom"):
            # Else its texts and lines are drawn anew wherever a curve moves.
            item.getAxis(name).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self.setBackground(palette.surface)
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(pg.mkPen(palette.line))
            axis.setTextPen(pg.mkPen(palette.quiet))


class WholeNumbersAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis whose ticks are whole numbers."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> Any:  # noqa: N802, N803
        """Return distances of ticks of at least 1."""
        spacing = super().tickSpacing(minVal, maxVal, size)
        return [(max(1.0, round(distance)), offset) for distance, offset in spacing]


class LossPlot(QuietPlot):
    """A quiet plot with an item for each loss shown, drawn when it can be seen.

    Parameters
    ----------
    make : callable
        Makes the item of a loss; it is added here.
    """

    def __init__(self, make: Callable[[Loss], Any]) -> None:
        super().__init__()
        self._make = make
        self._stale = False
        self.items_of: dict[str, Any] = {}

    def redraw(self) -> None:
        """Draw what is known now, or as soon as the plot is shown."""
        self._stale = not self.isVisible()
        if not self._stale:
            self.draw()

    def draw(self) -> None:
        """Put what is known into the items."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Draw what came while the plot was hidden."""
        super().showEvent(event)
        if self._stale:
            self.redraw()

    def follow(self, names: Iterable[str]) -> None:
        """Have items of these losses and of no others."""
        shown = list(names)
        for name in self.items_of.keys() - shown:
            self.removeItem(self.items_of.pop(name))
        for name in shown:
            if name not in self.items_of:
                self.items_of[name] = self._make(LOSSES[name])
                self.addItem(self.items_of[name])
