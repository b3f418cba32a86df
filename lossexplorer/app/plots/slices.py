"""What is in each slice: how much of a class, where its errors are, and each loss's share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QPointF, Qt, Signal

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.loss_pens import pen_of
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import LossPlot
from lossexplorer.app.widgets.slice_words import slice_words
from lossexplorer.core.numbers import percent, tidy
from lossexplorer.engine.messages import Plane
from lossexplorer.exports.tables import table_csv
from lossexplorer.session.records.slices import OF_CLASS, SliceValues

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_COLORS = {"false positive": "#e0554d", "false negative": "#4c86e8"}


class SlicesPlot(LossPlot):
    """Truth, prediction and errors in voxels, scaled by the largest; each loss's share of ‖g‖².

    A click goes to the slice.

    Attributes
    ----------
    chosen : Signal(int)
        The slice that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(lambda name: pg.PlotDataItem(pen=pen_of(name)))
        self._slices = SliceValues()
        self.of_class = {name: pg.PlotDataItem() for name in OF_CLASS}
        self.here = pg.InfiniteLine(angle=90)
        for item in (*self.of_class.values(), self.here):
            item.setZValue(-5)
            self.addItem(item)
        for name, color in _COLORS.items():
            self.of_class[name].setPen(plot_pen(color, width=1))
        self.scene().sigMouseClicked.connect(self._on_click)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self.of_class["truth"].setPen(plot_pen(palette.quiet, width=1))
        self.of_class["truth"].setFillLevel(0)
        self.of_class["truth"].setBrush(pg.mkBrush(palette.groove))
        dashed = Qt.PenStyle.DashLine
        self.of_class["prediction"].setPen(plot_pen(palette.text, width=1, style=dashed))
        self.here.setPen(plot_pen(palette.accent, width=1))

    def show_slices(self, slices: SliceValues) -> None:
        """Show other slices; while nothing is known of them, those before stay."""
        if slices.sums or not slices.of:
            self._slices = slices
            self.follow(list(slices.losses))
            self.redraw()

    def show_plane(self, plane: Plane | None) -> None:
        """Mark the slice that is on screen."""
        is_here = plane is not None and plane.axis == self._slices.axis
        self.here.setVisible(is_here)
        if plane is not None and is_here:
            self.here.setValue(plane.index)

    def draw(self) -> None:
        """Draw every curve."""
        sums = self._slices.sums
        if not sums:
            return
        largest = max(float(sums[name].max()) for name in OF_CLASS) or 1.0
        places = np.arange(len(sums["truth"]))
        for name, item in self.of_class.items():
            item.setData(places, sums[name] / largest)
        shares = {name: self._slices.shares(name) for name in self.items_of}
        highest = max((float(each.max()) for each in shares.values()), default=0.0) or 1.0
        for name, item in self.items_of.items():
            item.setData(places, shares[name] / highest)
        self.show_range((-0.5, len(places) - 0.5), (0.0, 1.05))
        words = [
            f"slices along {'zyx'[self._slices.axis]}",
            f"filled: truth of {self._slices.of}, 1 is {tidy(largest)} voxels",
            "dashes: prediction",
            f"lines: share of ‖g‖², 1 is {percent(highest)}",
            "a click goes there",
        ]
        self.say_below(" · ".join(words))

    def words_under(self, at: QPointF) -> str:
        """Return the slice below the pointer with its numbers."""
        nearest = self._slice_at(self.getViewBox().mapSceneToView(at).x())
        if nearest is None:
            return ""
        return slice_words(self._slices, nearest, self.title)

    def _slice_at(self, place: float) -> int | None:
        nearest = round(place)
        count = len(self._slices.sums.get("truth", ()))
        return nearest if 0 <= nearest < count else None

    def _on_click(self, event: Any) -> None:
        box = self.getPlotItem().getViewBox()
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and box.sceneBoundingRect().contains(event.scenePos()):
            nearest = self._slice_at(box.mapSceneToView(event.scenePos()).x())
            if nearest is not None:
                self.chosen.emit(nearest)


def _connect(plot: SlicesPlot, context: Context) -> None:
    session, records = context.session, context.controller.records

    def go(index: int) -> None:
        session.show(plane=Plane(records["slices"].axis, index))

    def follow() -> None:
        plot.show_plane(session.state.view.plane)

    plot.chosen.connect(go)
    plot.drawn.connect(follow)
    session.changed.connect(follow, max_args=0)


def _table(context: Context) -> str:
    sums = context.controller.records["slices"].sums
    rows = [[n, *map(float, each)] for n, each in enumerate(zip(*sums.values(), strict=True))]
    names = [name if name in OF_CLASS else f"squares of {name}" for name in sums]
    experiment = context.session.state.experiment
    return table_csv(experiment, command_or_nothing(context), ["slice", *names], rows)


PLOT = Plot(
    id="slices",
    title="Slices",
    order=37,
    make=SlicesPlot,
    palette=SlicesPlot.use,
    losses=SlicesPlot.name_losses,
    connect=_connect,
    records={"slices": SlicesPlot.show_slices},
    table=_table,
)
