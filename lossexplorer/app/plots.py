"""Plots below the canvas: every loss as the sliders move, and every class of every loss."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QTabWidget

from lossexplorer.app.quiet_plot import LossPlot, finite
from lossexplorer.app.response_plot import ResponsePlot
from lossexplorer.app.theme import Palette
from lossexplorer.engine.messages import TOTAL, Answer
from lossexplorer.losses import LOSSES, Loss
from lossexplorer.volumes import LabelVolume

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


class ClassPlot(LossPlot):
    """Every class's term of every loss, as groups of bars."""

    def __init__(self) -> None:
        super().__init__(_class_bars)
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
        """Show every class."""
        self.follow(result.name for result in answer.losses)
        self._terms = {
            result.name: [math.nan if term is None else term for term in result.per_class]
            for result in answer.losses
        }
        self.redraw()

    def draw(self) -> None:
        """Draw every bar."""
        width = 0.8 / max(len(self._terms), 1)
        for place, (name, terms) in enumerate(self._terms.items()):
            heights = np.nan_to_num(finite(terms))
            offset = (place - (len(self._terms) - 1) / 2) * width
            places = np.arange(len(heights)) + offset
            self.items_of[name].setOpts(x=places, height=heights, width=width)

    def terms(self, name: str) -> list[float]:
        """Return the classes' terms drawn for a loss."""
        return self._terms[name]


def _class_bars(loss: Loss) -> Any:
    return pg.BarGraphItem(x=[], height=[], width=0.1, brush=loss.color, pen=None)


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
        self._pending = False

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
        asked = (answer.question.controls, answer.question.losses)
        pending = any(result.pending for result in answer.losses)
        if asked != self._last:
            self.history.add(answer)
        elif self._pending and not pending:
            self.history.complete(answer)
        else:
            return
        self._last, self._pending = asked, pending
        self.classes.show_answer(answer)
        self.response.mark(answer)
