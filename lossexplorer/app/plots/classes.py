"""Every class's term of every loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.losses import Loss
from lossexplorer.session.records.class_terms import ClassTerms


class ClassPlot(LossPlot):
    """Every class's term of every loss, as groups of bars."""

    def __init__(self) -> None:
        super().__init__(_class_bars)
        self._shown = ClassTerms()

    def show_terms(self, terms: ClassTerms) -> None:
        """Show every class of every loss."""
        before, now = (replace(each, terms={}) for each in (self._shown, terms))
        if now != before:
            self._name_classes(terms)
        self._shown = terms
        self.follow(terms.terms)
        self.redraw()

    def _name_classes(self, terms: ClassTerms) -> None:
        """Write the classes' names below the groups, and which are absent."""
        names, first = terms.classes, terms.first
        words = [f"{name} (absent)" if name in terms.absent else name for name in names]
        ticks = list(enumerate(words))[first:]
        # Names of many classes would overlap: every nth is written, the rest show on zoom.
        each_nth = 1 + len(names) // 14
        self.getPlotItem().getAxis("bottom").setTicks([ticks[::each_nth], ticks])
        self.setXRange(first - 0.5, len(names) - 0.5, padding=0.01)

    def draw(self) -> None:
        """Draw every bar."""
        shown = self._shown.terms
        width = 0.8 / max(len(shown), 1)
        for place, (name, terms) in enumerate(shown.items()):
            heights = np.nan_to_num(finite(terms))
            offset = (place - (len(shown) - 1) / 2) * width
            places = np.arange(len(heights)) + offset
            self.items_of[name].setOpts(x=places, height=heights, width=width)

    def terms(self, name: str) -> list[float]:
        """Return the classes' terms drawn for a loss."""
        return list(self._shown.terms[name])


def _class_bars(loss: Loss) -> Any:
    return pg.BarGraphItem(x=[], height=[], width=0.1, brush=loss.color, pen=None)


PLOT = Plot(
    id="classes",
    title="Classes",
    order=30,
    make=ClassPlot,
    palette=ClassPlot.use,
    records={"class_terms": ClassPlot.show_terms},
)
