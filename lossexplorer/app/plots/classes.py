"""Every class's term of every loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.engine.messages import Answer
from lossexplorer.losses import Loss
from lossexplorer.volumes import LabelVolume


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


PLOT = Plot(
    id="classes",
    title="Classes",
    order=30,
    make=ClassPlot,
    palette=ClassPlot.use,
    volume=ClassPlot.set_classes,
    answer=ClassPlot.show_answer,
)
