"""A profile along a line: truth, probability and every loss's gradient, in mm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QComboBox

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.loss_pens import pen_of
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import LossPlot, curve_of
from lossexplorer.app.widgets.reading import NamedCurve
from lossexplorer.core.numbers import tidy
from lossexplorer.exports.tables import table_csv
from lossexplorer.session.records.profile import Profile, axis_of_row, usual_axis
from lossexplorer.session.slices import row_of_class

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_AXES = ("z", "y", "x")
LINES = ("drawn line", *(f"row along {axis}" for axis in reversed(_AXES)))
_ABOVE = 34  # pixels of the chooser above the plot


class ProfilePlot(LossPlot):
    """Truth and probability from 0 to 1, and the gradients, all scaled by the largest to −1 … 1.

    Attributes
    ----------
    line : QComboBox
        Whether the line is one that was drawn, or a row along an axis.
    truth, probability : pyqtgraph.PlotDataItem
        Curves.
    """

    def __init__(self) -> None:
        super().__init__(lambda name: pg.PlotDataItem(pen=pen_of(name), connect="finite"))
        self._profile = Profile()
        self.truth = pg.PlotDataItem(connect="finite")
        self.probability = pg.PlotDataItem(connect="finite")
        for item in (self.truth, self.probability):
            item.setZValue(-5)
            self.addItem(item)
        self.getPlotItem().setContentsMargins(8, _ABOVE, 16, 0)
        self.line = QComboBox(self)
        self.line.setObjectName("small")
        self.line.setFocusPolicy(pg.QtCore.Qt.FocusPolicy.TabFocus)
        self.line.addItems(LINES)
        self.line.setAccessibleName("the line of the profile")

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self.truth.setPen(plot_pen(palette.quiet, width=1))
        self.truth.setFillLevel(0)
        self.truth.setBrush(pg.mkBrush(palette.groove))
        dashed = pg.QtCore.Qt.PenStyle.DashLine
        self.probability.setPen(plot_pen(palette.text, width=2, style=dashed))

    def show_profile(self, profile: Profile) -> None:
        """Show another profile; while its values are not known, those before stay."""
        if profile.values or profile.line is None:
            self._profile = profile
            self.follow([n for n in profile.values if n not in ("truth", "probability")])
            self.redraw()

    @property
    def largest(self) -> float:
        """The largest absolute gradient of all losses, which is drawn at 1."""
        gradients = [np.abs(self._profile.values[name]) for name in self.items_of]
        every = np.concatenate(gradients) if gradients else np.zeros(0)
        known = every[np.isfinite(every)]
        return float(known.max(initial=0.0)) or 1.0

    def draw(self) -> None:
        """Draw every curve."""
        profile = self._profile
        if not profile.values:
            for item in (self.truth, self.probability):
                item.setData([], [])
            return
        places, largest = profile.places, self.largest
        self.truth.setData(places, profile.values["truth"])
        self.probability.setData(places, profile.values["probability"])
        for name, item in self.items_of.items():
            gradient = profile.values[name]
            item.setData(places, np.where(np.isfinite(gradient), gradient, np.nan) / largest)
        end = float(places[-1]) or 1.0
        self.show_range((0.0, end), (-1.05, 1.05))
        assert profile.line is not None
        ends = [
            " ".join(f"{axis} {at}" for axis, at in zip(_AXES, end, strict=True))
            for end in profile.line
        ]
        words = [
            f"mm from {ends[0]} to {ends[1]}",
            f"filled: truth of {profile.of}",
            "dashes: probability",
            f"lines: ∂ loss / ∂ {profile.wrt}, 1 is {tidy(largest)}",
        ]
        self.say_below(" · ".join(words))

    def curves_shown(self) -> list[NamedCurve]:
        """Return every loss with its gradient before it is scaled, truth and probability."""
        values = self._profile.values
        if not values:
            return []
        losses = [
            curve_of(f"∂ {self.title(name)}", item, values[name].tolist())
            for name, item in self.items_of.items()
        ]
        both = [curve_of("truth", self.truth), curve_of("probability", self.probability)]
        return [*losses, *both]

    def words_of(self, curve: NamedCurve, index: int) -> str:
        """Return the value, where it is in mm, and its voxel."""
        z, y, x = self._profile.voxels[index]
        value = tidy(float(curve.values[index]))
        return f"{curve.name} {value}\n{tidy(float(curve.places[index]))} mm · z {z} y {y} x {x}"

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the chooser above the plot."""
        super().resizeEvent(event)
        if self.is_made and hasattr(self, "line"):
            self.line.setGeometry(UNIT, 4, self.line.sizeHint().width(), 26)


def _connect(plot: ProfilePlot, context: Context) -> None:
    session = context.session

    def choose(index: int) -> None:
        volume, view = session.volume, session.state.view
        if index == 0 or volume is None:
            context.messages.say(
                "To draw a line, point at a voxel of the canvas and press L for its first end, "
                "then at another one and press Shift+L for its last."
            )
            follow()
            return
        along = len(_AXES) - index
        session.show(line=row_of_class(volume, view.class_index, view.plane, along))

    def follow() -> None:
        volume, view = session.volume, session.state.view
        if volume is not None:
            line = view.line
            axis = usual_axis(view.plane) if line is None else axis_of_row(line, volume.shape)
            plot.line.setCurrentIndex(0 if axis is None else len(_AXES) - axis)

    follow()
    plot.line.activated.connect(choose)
    session.changed.connect(follow, max_args=0)


def _table(context: Context) -> str:
    profile: Profile = context.controller.records["profile"]
    rows: list[list[Any]] = [
        [*map(int, voxel), float(place), *(float(each[n]) for each in profile.values.values())]
        for n, (voxel, place) in enumerate(zip(profile.voxels, profile.places, strict=True))
        if profile.values
    ]
    columns = [*_AXES, "mm", *profile.values]
    return table_csv(context.session.state.experiment, command_or_nothing(context), columns, rows)


PLOT = Plot(
    id="profile",
    title="Profile",
    order=33,
    make=ProfilePlot,
    palette=ProfilePlot.use,
    losses=ProfilePlot.name_losses,
    connect=_connect,
    records={"profile": ProfilePlot.show_profile},
    table=_table,
)
