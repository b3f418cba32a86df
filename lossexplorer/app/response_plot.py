"""Every loss against what was moved last, with a mark where the hand is."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.numbers import tidy
from lossexplorer.app.quiet_plot import QuietPlot, finite
from lossexplorer.app.theme import Palette
from lossexplorer.engine.messages import Answer
from lossexplorer.losses import LOSSES
from lossexplorer.session import Response


class ResponsePlot(QuietPlot):
    """Response curves, refined point by point as the engine finds time.

    A loss without an upper bound is drawn dashed, scaled so that its highest point is 1: its
    shape is what compares with the others.
    """

    def __init__(self) -> None:
        super().__init__()
        self._response: Response | None = None
        self._points: dict[str, dict[float, float]] = {name: {} for name in LOSSES}
        dashed = pg.QtCore.Qt.PenStyle.DashLine
        self._curves = {
            name: self.plot(
                pen=pg.mkPen(loss.color, width=2, style=dashed if _unbounded(name) else None),
                connect="finite",
            )
            for name, loss in LOSSES.items()
        }
        self._line = pg.InfiniteLine(
            angle=90, label="", labelOpts={"position": 0.92, "movable": False}
        )
        self._line.setZValue(5)
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
        for points in self._points.values():
            points.clear()
        number = response.number
        title = (
            number.title if not response.loss else f"{LOSSES[response.loss].title} {number.title}"
        )
        unit = f", {number.unit}" if number.unit else ""
        scaled = [loss.title for name, loss in LOSSES.items() if _unbounded(name)]
        note = f" · dashed: {', '.join(scaled)}, scaled to 1" if scaled else ""
        self.setLabel("bottom", f"loss against {title}{unit}{note}")
        ends = response.scale.ends
        self.setXRange(*ends, padding=0.02)
        self.getPlotItem().getAxis("bottom").setTicks(_ticks(response))
        self._draw()

    def add(self, answer: Answer) -> None:
        """Take a point of the curves."""
        if self._response is None:
            return
        position = self._response.scale.position(self._response.value(answer.request))
        for result in answer.losses:
            self._points[result.name][position] = result.value
        self._draw()

    def mark(self, answer: Answer) -> None:
        """Put the mark where the hand is."""
        self._marked = answer
        self._draw_mark()

    def curve(self, name: str) -> dict[float, float]:
        """Return a loss's value at each slider position found so far."""
        return dict(self._points[name])

    def _factor(self, name: str) -> float:
        if not _unbounded(name):
            return 1.0
        values = [v for v in self._points[name].values() if math.isfinite(v)]
        return 1 / max(values) if values and max(values) > 0 else 1.0

    def _draw(self) -> None:
        for name, curve in self._curves.items():
            places = sorted(self._points[name])
            values = finite([self._points[name][place] for place in places])
            curve.setData(np.array(places), values * self._factor(name))
        self._draw_mark()

    def _draw_mark(self) -> None:
        response, answer = self._response, self._marked
        if response is None or answer is None:
            return
        value = response.value(answer.request)
        place = response.scale.position(value)
        shown = 1 - value if response.number.scale == "log-complement" else value
        self._line.setValue(place)
        self._line.label.setText(
            f"{tidy(shown, signed=response.number.low < 0)} {response.number.unit}".strip()
        )
        spots = [
            {
                "pos": (place, result.value * self._factor(result.name)),
                "brush": LOSSES[result.name].color,
            }
            for result in answer.losses
            if math.isfinite(result.value)
        ]
        self._here.setData(spots)


def _unbounded(name: str) -> bool:
    return math.isinf(LOSSES[name].bounds[1])


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
