"""Every loss against what was moved last, with a mark where the hand is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.app.widgets.words import control_in_words, within_sentence
from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import Answer
from lossexplorer.losses import LOSSES, Loss
from lossexplorer.session import Response

_NAMED = 3


class ResponsePlot(LossPlot):
    """Response curves, refined point by point as the engine finds time.

    A loss whose values do not compare with 1 is drawn dashed, scaled so that its largest is 1:
    its shape is what compares with the others.
    """

    def __init__(self) -> None:
        super().__init__(_curve)
        self._response: Response | None = None
        self._points: dict[str, dict[float, float]] = {}
        self._line = pg.InfiniteLine(
            angle=90, label="", labelOpts={"position": 0.92, "movable": False}
        )
        self._line.setZValue(5)
        self._line.hide()  # until there is something to mark
        self._here = pg.ScatterPlotItem(size=9)
        self._here.setZValue(10)
        self.addItem(self._line)
        self.addItem(self._here)
        self._marked: Answer | None = None

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self._line.setPen(pg.mkPen(palette.text, width=1))
        self._line.label.setColor(palette.surface)
        self._line.label.fill = pg.mkBrush(palette.text)
        self._here.setPen(pg.mkPen(palette.surface, width=1))

    def begin(self, response: Response) -> None:
        """Draw curves against something else, or anew."""
        self._response = response
        self.follow(response.shown)
        self._points = {name: {} for name in response.shown}
        number = response.number
        title = (
            f"{LOSSES[response.loss].title} {within_sentence(number.title)}"
            if response.loss
            else control_in_words(number.name)
        )
        unit = f", {number.unit}" if number.unit else ""
        scaled = [LOSSES[name].title for name in response.shown if not LOSSES[name].compares_with_1]
        which = ", ".join(scaled) if len(scaled) <= _NAMED else f"{len(scaled)} losses"
        note = f" · dashed: {which}, scaled to 1" if scaled else ""
        self.setLabel("bottom", f"loss against {title}{unit}{note}")
        ends = response.scale.ends
        self.setXRange(*ends, padding=0.02)
        self.getPlotItem().getAxis("bottom").setTicks(_ticks(response))
        self.redraw()

    def add(self, answers: Sequence[Answer]) -> None:
        """Take points of the curves."""
        if self._response is None:
            return
        for answer in answers:
            position = self._response.scale.position(self._response.value(answer.request))
            for result in answer.losses:
                if not result.pending:
                    self._points[result.name][position] = result.value
        self.redraw()

    def mark(self, answer: Answer) -> None:
        """Put the mark where the hand is."""
        self._marked = answer
        if self.isVisible():
            self._draw_mark()
        else:
            self.redraw()

    def curve(self, name: str) -> dict[float, float]:
        """Return a loss's value at each slider position found so far."""
        return dict(self._points[name])

    def _factor(self, name: str) -> float:
        if LOSSES[name].compares_with_1:
            return 1.0
        sizes = (abs(value) for value in self._points[name].values() if math.isfinite(value))
        return 1 / (max(sizes, default=0.0) or 1.0)

    def draw(self) -> None:
        """Draw every curve, and the mark."""
        for name, curve in self.items_of.items():
            places = sorted(self._points[name])
            values = finite([self._points[name][place] for place in places])
            curve.setData(np.array(places), values * self._factor(name))
        self._draw_mark()

    def _draw_mark(self) -> None:
        response, answer = self._response, self._marked
        if response is None or answer is None or not response.concerns(answer.request):
            return
        value = response.value(answer.request)
        place = response.scale.position(value)
        shown = 1 - value if response.number.scale == "log-complement" else value
        self._line.show()
        self._line.setValue(place)
        self._line.label.setText(
            f"{tidy(shown, signed=response.number.low < 0)} {response.number.unit}".strip()
        )
        spots = [
            {
                "pos": (place, result.value * self._factor(result.name)),
                "brush": _brush(LOSSES[result.name].color),
            }
            for result in answer.losses
            if result.name in self._points and math.isfinite(result.value)
        ]
        self._here.setData(spots)


@lru_cache(maxsize=len(LOSSES))  # a loss has one colour
def _brush(color: str) -> Any:
    """Return one and the same brush for a colour: pyqtgraph draws the symbol of each anew."""
    return pg.mkBrush(color)


def _curve(loss: Loss) -> Any:
    style = None if loss.compares_with_1 else pg.QtCore.Qt.PenStyle.DashLine
    return pg.PlotDataItem(pen=pg.mkPen(loss.color, width=2, style=style), connect="finite")


def _ticks(response: Response) -> list[list[tuple[float, str]]] | None:
    """Return decades for a log scale, pyqtgraph's own ticks for a linear one."""
    number = response.number
    if number.scale == "linear":
        return None
    low, high = response.scale.ends
    decades = range(0, math.floor(high + 1e-9) + 1)
    step = 1 + len(decades) // 12
    ticks = [(float(d), tidy(number.smallest * 10**d)) for d in decades][::step]
    return [[(low, "0"), *ticks[1:]]]


PLOT = Plot(
    id="response",
    title="Response",
    order=10,
    make=ResponsePlot,
    palette=ResponsePlot.use,
    answer=ResponsePlot.mark,
    response=ResponsePlot.begin,
    points=ResponsePlot.add,
)
