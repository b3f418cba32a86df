"""Every class's term of every loss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt, Signal

from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.losses import Loss
from lossexplorer.session.records.class_terms import ClassTerms

if TYPE_CHECKING:
    from lossexplorer.app.context import Context


class ClassPlot(LossPlot):
    """Every class's term of every loss, as groups of bars.

    Attributes
    ----------
    chosen : Signal(int)
        The class that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(_class_bars)
        self.scene().sigMouseClicked.connect(self._on_click)
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

    def _on_click(self, event: Any) -> None:
        box = self.getPlotItem().getViewBox()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if box.sceneBoundingRect().contains(event.scenePos()):
            index = self.class_at(box.mapSceneToView(event.scenePos()).x())
            if index is not None:
                self.chosen.emit(index)

    def class_at(self, place: float) -> int | None:
        """Return the class whose bars are at a place along the axis of classes, if there is one."""
        index = round(place)
        return index if self._shown.first <= index < len(self._shown.classes) else None

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


def _connect(plot: ClassPlot, context: Context) -> None:
    plot.chosen.connect(lambda index: context.session.show(class_index=index))


PLOT = Plot(
    id="classes",
    title="Classes",
    order=30,
    make=ClassPlot,
    palette=ClassPlot.use,
    connect=_connect,
    records={"class_terms": ClassPlot.show_terms},
)
