"""Every loss against what was moved last, with a mark where the hand is."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QMenu

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.loss_pens import brush_of, pen_of
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.plots._slider_axes import axis_in_words, ticks_of
from lossexplorer.app.snapshots.second_curves import SecondCurves, width_of
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.edge_marks import Mark, marks_of
from lossexplorer.app.widgets.outliers import has_place, marks_of_outliers, usual_range
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import LossPlot, curve_of, finite
from lossexplorer.app.widgets.reading import NamedCurve
from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import LossSetting, loss_of
from lossexplorer.exports.tables import curves_csv
from lossexplorer.session import Response
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.snapshots import Snapshot

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_NAMED = 3
_DOT = 9
"""The width of a mark in pixels."""


class ResponsePlot(LossPlot):
    """Response curves, refined point by point as the engine finds time.

    A loss whose values do not compare with 1 is drawn dashed, scaled so that its largest is 1:
    its shape is what compares with the others. While a snapshot is compared, its curves are the
    dashed ones, and those that are scaled, both by the same, are thin. What would leave the others
    no height is cut off, with its value at the edge.
    """

    def __init__(self) -> None:
        super().__init__(_curve)
        self._curves = self._whole = Curves()
        self._class: tuple[int, str] = (0, "")
        self.is_of_class = False
        self._snapshots: tuple[Snapshot, Snapshot] | None = None
        self._along: tuple[float, float] | None = None  # what is seen of the bottom axis
        self._line = pg.InfiniteLine(
            angle=90, label="", labelOpts={"position": 0.92, "movable": False}
        )
        self._line.setZValue(5)
        self._line.hide()  # until there is something to mark
        self._here = pg.ScatterPlotItem(size=_DOT)
        self._here.setZValue(10)
        self.addItem(self._line)
        self.addItem(self._here)
        self._first = ""  # the name of what is set now, while it is compared
        self.second = SecondCurves(self)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self._line.setPen(plot_pen(palette.text, width=1))
        self._line.label.setColor(palette.surface)
        self._line.label.fill = pg.mkBrush(palette.text)
        self._here.setPen(pg.mkPen(palette.surface, width=1))
        self.second.use(palette)

    def show_curves(self, curves: Curves) -> None:
        """Show curves, refined or against something else, and where the hand is."""
        before, known = self._curves, self._whole
        self._whole, self._curves = curves, self._of_class(curves)
        if curves.points is known.points and self.is_of_class:  # only the hand has moved
            self._curves = replace(self._curves, points=before.points)
        curves = self._curves
        response = curves.response
        if response is None:
            self._forget()
        elif response is not before.response:
            self.follow(response.shown)
            self._name_axis(response)
        if curves.points is before.points and self.isVisible():
            self._draw_mark()
        else:
            self.redraw()

    def name_losses(self, losses: tuple[LossSetting, ...]) -> None:
        """Call the losses what the user calls them, below the plot as well."""
        super().name_losses(losses)
        if self._curves.response is not None:
            self._say_below(self._curves.response)

    def show_class(self, index: int, name: str) -> None:
        """Know the chosen class, whose terms can be drawn instead of the losses' values."""
        if (index, name) != self._class:
            self._class = index, name
            if self.is_of_class:
                self.draw_of_class(True)

    def draw_of_class(self, is_of_class: bool) -> None:
        """Draw the terms of the chosen class, or the losses' values."""
        self.is_of_class = is_of_class
        self._curves = self._of_class(self._whole)
        self.compare(self._snapshots)
        self.redraw()

    def _of_class(self, curves: Curves) -> Curves:
        return curves.of_class(self._class[0]) if self.is_of_class else curves

    def menu(self) -> QMenu:
        """Return the menu, which also says whether the curves are of a class."""
        menu = super().menu()
        title = f"Terms of {self._class[1] or 'the chosen class'} alone"
        action = menu.addAction(title, lambda: self.draw_of_class(not self.is_of_class))
        action.setCheckable(True)
        action.setChecked(self.is_of_class)
        return menu

    def compare(self, compared: tuple[Snapshot, Snapshot] | None) -> None:
        """Draw the curves of a snapshot over those of what is set now; None to draw these alone."""
        self._snapshots = compared
        first, second = compared or (None, None)
        if second is not None and second.curves is not None and self.is_of_class:
            second = replace(second, curves=self._of_class(second.curves))
        before = self._compared, self.second.snapshot
        self._first, self.second.snapshot = "" if first is None else first.name, second
        if (self._compared, second) != before:
            self.redraw()

    @property
    def _compared(self) -> tuple[str, str]:
        """The names of what is set now and of the snapshot; empty without a comparison."""
        second = self.second.snapshot
        return self._first, "" if second is None else second.name

    def _forget(self) -> None:
        """Draw nothing: what there was is about another volume."""
        self.follow([])
        self._line.hide()
        self._here.setData([])
        self.say_below("")

    def curve(self, name: str) -> dict[float, float]:
        """Return a loss's value at each slider position found so far."""
        return dict(self._curves.points[name])

    def _say_below(self, response: Response) -> None:
        of = f"term of {self._class[1]}" if self.is_of_class else "loss"
        words = [f"{of} against {axis_in_words(response, self._losses)}"]
        first, second = self._compared
        if second and self.second.are_against(response):
            words += [f"lines: {first}", f"dashes: {second}"]
        elif second:
            words.append(f"{second} has no such curves")
        scaled = [self.title(name) for name in response.shown if not loss_of(name).compares_with_1]
        which = ", ".join(scaled) if len(scaled) <= _NAMED else f"{len(scaled)} losses"
        if scaled:
            words.append(f"{'thin' if second else 'dashed'}: {which}, scaled to 1")
        if self._curves.previews:
            words.append("preview")
        self.say_below(" · ".join(words))

    def _name_axis(self, response: Response) -> None:
        self._say_below(response)
        low, high = response.scale.ends
        room = 0.02 * (high - low)
        self._along = (low - room, high + room)
        self.show_range(x=self._along)
        self.give_range_back()  # of what was zoomed against something else
        self.getPlotItem().getAxis("bottom").setTicks(ticks_of(response))

    def _factor(self, name: str) -> float:
        if loss_of(name).compares_with_1:
            return 1.0
        response = self._curves.response
        beside = {} if response is None else self.second.points(response)
        both = (self._curves.points.get(name, {}), beside.get(name, {}))
        values = [value for known in both for value in known.values()]
        limits = usual_range(values)
        sizes = (abs(value) for value in values if has_place(value, limits))
        return 1 / (max(sizes, default=0.0) or 1.0)

    def draw(self) -> None:
        """Draw every curve, and the mark."""
        drawn = {name: sorted(self._curves.points[name].items()) for name in self.items_of}
        factors = {name: self._factor(name) for name in drawn}
        heights = [factors[name] * value for name in drawn for _, value in drawn[name]]
        limits = usual_range(heights, least=1.0)  # as far as most losses go
        marks: list[Mark] = []
        if self._curves.response is not None:
            self._say_below(self._curves.response)
            self.second.draw(self._curves.response, self._factor)
        for row, (name, points) in enumerate(drawn.items()):
            curve = self.items_of[name]
            curve.setPen(_pen(name, compares=self.second.snapshot is not None))
            places, values = [place for place, _ in points], [value for _, value in points]
            curve.setData(np.array(places), finite(values) * factors[name])
            color = color_of(name)
            marks += marks_of(places, values, color, row)
            marks += marks_of_outliers(places, values, limits, color, row, factors[name])
        self.marks.show_marks(marks)
        self.show_range(x=self._along, y=limits)
        self.number_axes(bool(heights), ("left",))
        self._draw_mark()

    def curves_shown(self) -> list[NamedCurve]:
        """Return every loss, with its values before they are scaled."""
        shown = [
            curve_of(self.title(name), item, [points[place] for place in sorted(points)])
            for name, item in self.items_of.items()
            if (points := self._curves.points.get(name))
        ]
        response = self._curves.response
        return shown if response is None else [*shown, *self.second.named(response)]

    def words_of(self, curve: NamedCurve, index: int) -> str:
        """Return the value at a place of the slider, and the slope there."""
        response = self._curves.response
        words = super().words_of(curve, index)
        if response is None:
            return words
        value = response.scale.value(float(curve.places[index]))
        slope = slope_at(curve, index)
        per = "decade" if response.number.scale != "linear" else response.number.shown_unit or "1"
        if float(curve.places[index]) in self._curves.previews:
            words += " (preview)"
        return f"{words} at {response.words_of(value)}\nslope {tidy(slope, signed=True)} per {per}"

    def _draw_mark(self) -> None:
        curves = self._curves
        place = curves.place
        if place is None or curves.response is None or curves.hand is None:
            return
        position, value = place
        text = curves.response.words_of(value)
        self._line.show()
        self._line.setValue(position)
        self._say_place(text)
        spots = [
            {
                "pos": (position, result.value * self._factor(result.name)),
                "brush": brush_of(result.name),
            }
            for result in curves.hand.losses
            if result.name in curves.points and math.isfinite(result.value)
        ]
        self._here.setData(spots)
        if spots:
            self.number_axes(True, ("left",))

    def _say_place(self, text: str) -> None:
        """Write where the hand is beside the line, and beside the marks on it."""
        label: Any = self._line.label
        label.setText(text)
        gap = _DOT / max(label.boundingRect().width(), 1.0)
        label.anchors = [(-gap, 0.5), (1 + gap, 0.5)]
        label.updatePosition()


def slope_at(curve: NamedCurve, index: int) -> float:
    """Return the slope of a curve at a point, by the quadratic through it and its neighbours.

    At an end, or beside a value that is not finite, it is that of the line to the neighbour.

    Examples
    --------
    >>> places = np.array([0.0, 1.0, 3.0])
    >>> slope_at(NamedCurve("", places, places**2, places**2), 1)
    2.0
    """
    places, values = curve.places, np.asarray(curve.values, float)
    sides = [
        ((values[other] - values[index]) / (places[other] - places[index]), other)
        for other in (index - 1, index + 1)
        if 0 <= other < len(places) and np.isfinite(values[other])
    ]
    if not sides or not np.isfinite(values[index]):
        return math.nan
    if len(sides) == 1:
        return float(sides[0][0])
    (before, left), (after, right) = sides
    back, ahead = places[index] - places[left], places[right] - places[index]
    return float((before * ahead + after * back) / (back + ahead))


def _curve(name: str) -> Any:
    return pg.PlotDataItem(pen=_pen(name, compares=False), connect="finite")


def _pen(name: str, *, compares: bool) -> Any:
    """Return a loss's pen: dashed if it is scaled, or thin where dashes are a snapshot's."""
    if compares:
        return pen_of(name, width=width_of(name))
    return pen_of(name, dashed=not loss_of(name).compares_with_1)


def _connect(plot: ResponsePlot, context: Context) -> None:
    snapshots = context.snapshots

    def show() -> None:
        plot.compare(snapshots.compared)

    def follow() -> None:
        volume, index = context.session.volume, context.session.state.view.class_index
        plot.show_class(index, volume.classes[index].name if volume is not None else "")

    snapshots.changed.connect(show)
    snapshots.learned.connect(show)
    context.session.changed.connect(follow, max_args=0)


def _table(context: Context) -> str:
    experiment, curves = context.session.state.experiment, context.controller.records["curves"]
    return curves_csv(curves, experiment, command_or_nothing(context))


PLOT = Plot(
    id="response",
    title="Response",
    order=10,
    make=ResponsePlot,
    palette=ResponsePlot.use,
    losses=ResponsePlot.name_losses,
    connect=_connect,
    records={"curves": ResponsePlot.show_curves},
    table=_table,
)
