"""Where the painted gradient is: by its value, by distance from the boundary, by class."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QFontMetricsF, QResizeEvent
from qtpy.QtWidgets import QComboBox, QLabel

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.plots._class_names import short_name, ticks_in
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import SeenPlot
from lossexplorer.core.numbers import percent, tidy
from lossexplorer.engine.messages import REGIONS, GradientParts
from lossexplorer.engine.shares import distribution
from lossexplorer.exports.tables import table_csv
from lossexplorer.session.records.gradient_parts import GradientPlaces
from lossexplorer.session.words import initials

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

BY_VALUE, BY_DISTANCE, BY_CLASS = KINDS = ("by value", "by distance", "by class")
_COLORS = ("#6fbf62", "#e0554d", "#4c86e8", "#8d949e")  # as the error has them; none for TN
_ABOVE = 34  # pixels of the chooser above the plot
_AXIS = 60


class GradientPlot(SeenPlot):
    """The gradient of the chosen loss: voxels by value and region, means by distance, shares.

    Attributes
    ----------
    kind : QComboBox
        Which of the three is shown.
    legend : QLabel
        The colours of the regions.
    """

    def __init__(self) -> None:
        super().__init__()
        self._places = GradientPlaces()
        self._text = "#808080"
        self._drawn: list[Any] = []
        self.kind = QComboBox(self)
        self.kind.setObjectName("small")
        self.kind.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.kind.addItems(KINDS)
        self.kind.setAccessibleName("what the gradient is shown by")
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.getPlotItem().setContentsMargins(8, _ABOVE, 16, 0)
        self.legend = QLabel(_chips(REGIONS), self)
        self.legend.setObjectName("quiet")
        self.legend.setToolTip(", ".join(REGIONS))

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self._text = palette.text
        self.redraw()

    def show_places(self, places: GradientPlaces) -> None:
        """Show other where; while they are not known, those before stay."""
        if places.where is not None or places.classes != self._places.classes:
            self._places = places
            self.redraw()

    def _on_kind(self) -> None:
        self.redraw()
        self.give_range_back()

    def draw(self) -> None:
        """Draw what is chosen."""
        for item in self._drawn:
            self.removeItem(item)
        self._drawn = []
        self.legend.setVisible(self.kind.currentText() != BY_DISTANCE)
        places = self._places
        if places.where is None:
            return
        kind = self.kind.currentText()
        if kind == BY_VALUE:
            self._draw_values(places.where)
        elif kind == BY_DISTANCE:
            self._draw_distances(places.where)
        else:
            self._draw_classes()

    @property
    def _words(self) -> str:
        """What the gradient is of."""
        return f"∂ {self.title(self._places.loss)} of {self._places.of}"

    def _add(self, item: Any) -> None:
        self.addItem(item)
        self._drawn.append(item)

    def _draw_values(self, where: GradientParts) -> None:
        bins = len(where.edges) - 1
        decades = math.log10(where.edges[-1] / where.edges[0])
        edges = np.linspace(0, decades, bins + 1)
        for number, color in enumerate(_COLORS):
            for sign, side in ((0, -1), (1, 1)):
                heights = np.log10(1.0 + where.counts[sign, number])
                places = (side * edges)[::side]
                pen = plot_pen(color, width=2)
                curve = pg.PlotDataItem(places, heights[::side], stepMode="center", pen=pen)
                self._add(curve)
        largest = where.edges[-1]
        every = [(float(side * at), side * largest * 10.0 ** (at - decades))
                 for at in range(2, round(decades) + 1, 2) for side in (-1, 1)]  # fmt: skip
        ticks = [(at, tidy(value)) for at, value in every]
        item = self.getPlotItem()
        item.getAxis("bottom").setTicks([[(0.0, "0"), *ticks]])
        highest = max(1, math.ceil(np.log10(1.0 + where.counts.max())))
        powers = [tidy(10.0**power) for power in range(highest + 1)]
        room = self.getViewBox().height()
        item.getAxis("left").setTicks(ticks_in(powers, QFontMetricsF(self.font()).height(), room))
        metrics = QFontMetricsF(self.font())
        widest = max((metrics.horizontalAdvance(word) for _, word in ticks), default=0.0) + 2
        seen = decades / (1 - widest / max(self.getViewBox().width(), 4 * widest, 1))
        self.show_range((-seen, seen), (0.0, highest * 1.02))  # the words at the ends have room
        smaller = int(where.others.sum())
        below = f"{smaller:,} voxels are nearer to 0 than {tidy(float(where.edges[0]))}"
        self.say_below(f"voxels by {self._words} · {below}")

    def _draw_distances(self, where: GradientParts) -> None:
        middles = (where.distances[:-1] + where.distances[1:]) / 2
        pen = plot_pen(self._text, width=2)
        spots = {"symbol": "o", "symbolSize": 4, "symbolBrush": self._text, "symbolPen": None}
        self._add(pg.PlotDataItem(middles, where.means, pen=pen, connect="finite", **spots))
        item = self.getPlotItem()
        item.getAxis("bottom").setTicks(None)
        item.getAxis("left").setTicks(None)
        known = where.means[np.isfinite(where.means)]
        low, high = where.distances[0], where.distances[-1]
        self.show_range((float(low), float(high)), (0.0, 1.05 * float(known.max(initial=1e-12))))
        self.say_below(f"mean |{self._words}| · mm from the boundary, below 0 inside the truth")

    @property
    def shares(self) -> np.ndarray[Any, Any]:
        """The share of ‖g‖² that each region of each class has, (region, class); may be empty."""
        places = self._places
        squares = places.squares.get(places.loss)
        if squares is None or not squares.any():
            return np.zeros((len(REGIONS), 0))
        return distribution(squares)[:, places.first :]

    def _draw_classes(self) -> None:
        shares, places = self.shares, self._places
        bottom = np.zeros(shares.shape[1])
        for color, heights in zip(_COLORS, shares, strict=True):
            bars = pg.BarGraphItem(
                x=np.arange(shares.shape[1]), y0=bottom, height=heights, width=0.7, pen=None,
                brush=color,
            )  # fmt: skip
            self._add(bars)
            bottom = bottom + heights
        names = [short_name(name) for name in places.classes[places.first :]]
        metrics = QFontMetricsF(self.font())
        widest = max(metrics.horizontalAdvance(name) for name in names) + UNIT
        chosen = places.chosen - places.first
        item = self.getPlotItem()
        room = self.width() - _AXIS
        item.getAxis("bottom").setTicks(ticks_in(names, widest, room, chosen))
        item.getAxis("left").setTicks(None)
        self.show_range((-0.6, len(names) - 0.4), (0.0, 1.05 * float(bottom.max(initial=1e-9))))
        title = self.title(places.loss)
        if shares.shape[1]:
            self.say_below(f"share of ‖g‖² of {title} in each class's logit · over the batch")
        else:
            self.say_below(f"{title} has no share by class: it needs one loss of class sums")

    def words_under(self, at: QPointF) -> str:
        """Return what is said of a bin, a distance or a class."""
        place = self.getViewBox().mapSceneToView(at).x()
        where, kind = self._places.where, self.kind.currentText()
        if where is None:
            return ""
        if kind == BY_VALUE:
            return self._words_of_value(where, place)
        if kind == BY_DISTANCE:
            nth = int(np.searchsorted(where.distances, place)) - 1
            if not 0 <= nth < len(where.means) or not np.isfinite(where.means[nth]):
                return ""
            low, high = (tidy(float(each)) for each in where.distances[nth : nth + 2])
            return f"mean |g| {tidy(float(where.means[nth]))}\n{low} to {high} mm"
        shares, index = self.shares, round(place)
        if not 0 <= index < shares.shape[1]:
            return ""
        name = self._places.classes[index + self._places.first]
        listed = [
            f"{region} {percent(float(share))}"
            for region, share in zip(REGIONS, shares[:, index], strict=True)
        ]
        return "\n".join([f"{name} {percent(float(shares[:, index].sum()))}", *listed])

    def _words_of_value(self, where: GradientParts, place: float) -> str:
        bins = len(where.edges) - 1
        decades = math.log10(where.edges[-1] / where.edges[0])
        nth = int(abs(place) / decades * bins)
        if not 0 <= nth < bins:
            return ""
        sign = int(place > 0)
        ends = [float(each) * (1 if sign else -1) for each in where.edges[nth : nth + 2]]
        counts = where.counts[sign, :, nth]
        listed = [
            f"{region} {count:,}" for region, count in zip(REGIONS, counts, strict=True) if count
        ]
        return "\n".join([f"{tidy(ends[0])} to {tidy(ends[1])}", *(listed or ["no voxel"])])

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the chooser above the plot."""
        super().resizeEvent(event)
        if self.is_made and hasattr(self, "kind"):
            self.kind.setGeometry(UNIT, 4, self.kind.sizeHint().width(), 26)
            self._place_legend()
            if self._places.where is not None:
                self.redraw()  # as many names as there is room for

    def _place_legend(self) -> None:
        """Put the legend beside the chooser, with initials where words are too long, or below."""
        beside, below = self.width() - self.kind.width() - 4 * UNIT, 0
        self.legend.setText(_chips(REGIONS))
        if self.legend.sizeHint().width() > beside:
            self.legend.setText(_chips(map(initials, REGIONS)))
        width = self.legend.sizeHint().width()
        if width > beside:
            below = self.kind.height()
        self.legend.setGeometry(self.width() - width - 2 * UNIT, 4 + below, width, 26)
        self.getPlotItem().setContentsMargins(8, _ABOVE + below, 16, 0)


def _chips(names: Iterable[str]) -> str:
    """Return the colours of the regions with their names, as rich text."""
    chips = zip(names, _COLORS, strict=True)
    return "&nbsp; ".join(f'<span style="color:{color}">■</span> {name}' for name, color in chips)


def _table(context: Context) -> str:
    """Return the histogram, the means by distance, and each loss's squares, one below the other."""
    places: GradientPlaces = context.controller.records["gradient_parts"]
    rows: list[list[Any]] = []
    if places.where is not None:
        where = places.where
        for sign, name in enumerate(("negative", "positive")):
            for region, counts in zip(REGIONS, where.counts[sign], strict=True):
                ends = zip(where.edges[:-1], where.edges[1:], counts, strict=True)
                rows += [["voxels", name, region, *map(float, each)] for each in ends]
        ends = zip(where.distances[:-1], where.distances[1:], where.means, strict=True)
        rows += [["mean |g|", "mm", "", *map(float, each)] for each in ends if np.isfinite(each[2])]
    for loss, squares in places.squares.items():
        for region, of_classes in zip(REGIONS, squares, strict=True):
            for name, value in list(zip(places.classes, of_classes, strict=True))[places.first :]:
                rows.append([f"squares of {loss}", name, region, "", "", float(value)])
    columns = ["what", "of", "region", "from", "to", "value"]
    return table_csv(context.session.state.experiment, command_or_nothing(context), columns, rows)


PLOT = Plot(
    id="gradient",
    title="Gradient",
    order=32,
    make=GradientPlot,
    palette=GradientPlot.use,
    losses=GradientPlot.name_losses,
    records={"gradient_parts": GradientPlot.show_places},
    table=_table,
)
