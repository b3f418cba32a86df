"""Plots below the canvas: every loss as the sliders move, and every class of every loss."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QTabWidget

from lossexplorer.app.quiet_plot import QuietPlot, finite
from lossexplorer.app.response_plot import ResponsePlot
from lossexplorer.app.theme import Palette
from lossexplorer.engine.messages import TOTAL, Answer
from lossexplorer.losses import LOSSES
from lossexplorer.volumes import LabelVolume

_KEPT = 300


class HistoryPlot(QuietPlot):
    """Every loss and the total, step by step as settings change."""

    def __init__(self) -> None:
        super().__init__()
        self._values = {name: deque[float](maxlen=_KEPT) for name in (*LOSSES, TOTAL)}
        self._first = 1
        self._curves = {
            name: self.plot(
                pen=pg.mkPen(loss.color, width=2), connect="finite", symbol=None, name=loss.title
            )
            for name, loss in LOSSES.items()
        }
        self._curves[TOTAL] = self.plot(connect="finite")
        # Values of a loss that explodes are to be drawn where they are, not clamped.
        for curve in self._curves.values():
            curve.setDynamicRangeLimit(None)
        self.setLabel("bottom", "steps, as settings change")
        self.setLimits(minXRange=10)
        self.getPlotItem().getAxis("bottom").setTickSpacing(10, 1)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        dashed = pg.QtCore.Qt.PenStyle.DashLine
        self._curves[TOTAL].setPen(pg.mkPen(palette.text, width=2, style=dashed))

    def clear_values(self) -> None:
        """Begin anew."""
        self._first = 1
        for values in self._values.values():
            values.clear()

    def add(self, answer: Answer) -> None:
        """Add a step."""
        if len(self._values[TOTAL]) == _KEPT:
            self._first += 1
        for result in answer.losses:
            self._values[result.name].append(result.value)
        self._values[TOTAL].append(answer.total)
        for name, curve in self._curves.items():
            values = finite(self._values[name])
            steps = np.arange(self._first, self._first + len(values))
            alone = len(values) == 1
            color = LOSSES[name].color if name in LOSSES else None
            curve.setData(
                steps,
                values,
                symbol="o" if alone else None,
                symbolBrush=color,
                symbolPen=None,
                symbolSize=7,
            )

    def series(self, name: str) -> list[float]:
        """Return the values plotted for a loss or the total."""
        return list(self._values[name])


class ClassPlot(QuietPlot):
    """Every class's term of every loss, as groups of bars."""

    def __init__(self) -> None:
        super().__init__()
        width = 0.8 / len(LOSSES)
        self._width = width
        self._bars = {
            name: pg.BarGraphItem(x=[], height=[], width=width, brush=loss.color, pen=None)
            for name, loss in LOSSES.items()
        }
        for bars in self._bars.values():
            self.addItem(bars)
        self._terms: dict[str, list[float]] = {}

    def set_classes(self, volume: LabelVolume) -> None:
        """Write the classes' names below the groups."""
        names = [c.name for c in volume.classes]
        ticks = list(enumerate(names))
        # Names of many classes would overlap: every nth is written, the rest show on zoom.
        step = 1 + len(names) // 14
        self.getPlotItem().getAxis("bottom").setTicks([ticks[::step], ticks])
        self.setXRange(-0.5, len(names) - 0.5, padding=0.01)

    def show_answer(self, answer: Answer) -> None:
        """Draw every class."""
        for place, result in enumerate(answer.losses):
            terms = [math.nan if t is None else t for t in result.per_class]
            heights = np.nan_to_num(finite(terms))
            offset = (place - (len(answer.losses) - 1) / 2) * self._width
            self._bars[result.name].setOpts(x=np.arange(len(heights)) + offset, height=heights)
            self._terms[result.name] = terms

    def terms(self, name: str) -> list[float]:
        """Return the classes' terms drawn for a loss."""
        return self._terms[name]


class Plots(QTabWidget):
    """The plots, as tabs."""

    def __init__(self) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.response = ResponsePlot()
        self.history = HistoryPlot()
        self.classes = ClassPlot()
        self.addTab(self.response, "Response")
        self.addTab(self.history, "History")
        self.addTab(self.classes, "Classes")
        self._last: tuple[Any, ...] | None = None

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        for plot in (self.response, self.history, self.classes):
            plot.use(palette)

    def open(self, volume: LabelVolume) -> None:
        """Begin anew with another volume."""
        self._last = None
        self.history.clear_values()
        self.classes.set_classes(volume)

    def show_answer(self, answer: Answer) -> None:
        """Draw an answer; one that only shows another slice is no new step."""
        asked = (answer.request.controls, answer.request.losses)
        if asked != self._last:
            self._last = asked
            self.history.add(answer)
            self.classes.show_answer(answer)
            self.response.mark(answer)
