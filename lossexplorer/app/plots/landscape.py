"""A loss over two controls or parameters, as a map with contours, and the way of the hand."""

from __future__ import annotations

import itertools
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QMouseEvent, QPainterPath, QResizeEvent, QShowEvent
from qtpy.QtWidgets import QComboBox, QGraphicsPathItem, QLabel, QPushButton

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.plots._slider_axes import axis_in_words, reference_in_words, ticks_of
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import SeenPlot, finite
from lossexplorer.core.numbers import loss_value, time_left
from lossexplorer.core.pace import Pace
from lossexplorer.engine.messages import Reference
from lossexplorer.exports.tables import table_csv
from lossexplorer.session import Response
from lossexplorer.session.records.landscape import Landscape
from lossexplorer.session.state import State
from lossexplorer.session.steepest import steepest_descent
from lossexplorer.session.sweep import references

if TYPE_CHECKING:
    from lossexplorer.app.context import Context
    from lossexplorer.session.state import Change

_CONTOURS = 9
_ABOVE = 34  # pixels of the choosers above the map
_ROW = 26  # pixels that each is high
_BEYOND = 12  # pixels that a number may reach beyond the end of an axis
_WORTH = 5.0  # seconds left that are worth saying
_gestures = itertools.count(1)


class LandscapePlot(SeenPlot):
    """A loss over two numbers, coarse to fine; a click or a drag sets both.

    The line is the way of the hand, the dashes the way of steepest descent from where it is. Where
    the loss is not finite, the map is empty, and contours and dashes end.

    Attributes
    ----------
    loss : QLabel
        Says of which loss the map is.
    first, second : QComboBox
        What is along the bottom, and along the left.
    stop : QPushButton
        Says how much is known; stops what is to come, or goes on with it.
    moved : Signal(float, float, object)
        Places of both sliders that were clicked or dragged to, and the gesture.
    chosen : Signal(object)
        The two references that were chosen.
    stopped : Signal(bool)
        Whether what is to come was stopped; else it goes on.
    """

    moved = Signal(float, float, object)
    chosen = Signal(object)
    stopped = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._landscape = Landscape()
        self._loss, self._gesture, self._drawn_stride = "", 0, 0
        self._is_stopped, self._pace = False, Pace()
        self._offered: tuple[Reference, ...] = ()
        self._state = State()
        self.image = pg.ImageItem(axisOrder="row-major")
        self.bar = pg.ColorBarItem(
            values=(0, 1), width=10, colorMap=pg.colormap.get("viridis"), interactive=False
        )
        self.bar.setImageItem(self.image, insert_in=self.getPlotItem())
        self.bar.hide()  # its numbers would be of nothing
        self.contours = QGraphicsPathItem()
        self.way = pg.PlotDataItem(pen=plot_pen("#ffffff", width=2))
        self.down = pg.PlotDataItem(pen=plot_pen("#ffffff", width=2, style=Qt.PenStyle.DashLine))
        self.here = pg.ScatterPlotItem(size=11, brush="#ffffff", pen=pg.mkPen("#10202c", width=2))
        for item in (self.image, self.contours, self.way, self.down, self.here):
            self.addItem(item)
        contour = plot_pen("#00000090", width=1)
        contour.setCosmetic(True)
        self.contours.setPen(contour)
        for side in ("left", "bottom"):
            self.getPlotItem().getAxis(side).setStyle(hideOverlappingLabels=_BEYOND)
        self.getPlotItem().showGrid(x=False, y=False)
        self.getPlotItem().setContentsMargins(8, _ABOVE, 8, 0)
        self.loss = QLabel(self)
        self.loss.setObjectName("quiet")
        self.first, self.second, self.stop = QComboBox(self), QComboBox(self), QPushButton(self)
        for box, side in ((self.first, "bottom"), (self.second, "left")):
            box.setObjectName("small")
            box.setAccessibleName(f"what is along the {side} of the landscape")
            box.activated.connect(lambda _index: self._choose())
            box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop.setObjectName("small")
        # Clicked it has no focus, which it would leave to a list, and that takes letters.
        self.stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop.clicked.connect(self._toggle)
        self.stop.hide()

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self.bar.axis.setPen(pg.mkPen(palette.line))
        self.bar.axis.setTextPen(pg.mkPen(palette.quiet))

    # What is shown

    def show_state(self, state: State) -> None:
        """Show the chosen loss, and offer what a landscape can be over as soon as that is seen."""
        self._state = state
        if state.view.loss != self._loss:
            self._loss, self._drawn_stride = state.view.loss, 0
            self.redraw()
        if self.isVisible():  # else the hand would wait for it
            self._offer(state)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Offer what was set while the plot was hidden."""
        self._offer(self._state)
        super().showEvent(event)

    def _offer(self, state: State) -> None:
        """Offer what a landscape can be over."""
        offered = references(state.experiment)
        losses = state.experiment.losses
        words = [reference_in_words(each, losses) for each in offered]
        for box, axis in zip((self.first, self.second), state.view.axes, strict=True):
            if [box.itemText(i) for i in range(box.count())] != words:
                box.clear()
                box.addItems(words)
            if axis in offered:
                box.setCurrentIndex(offered.index(axis))
        self._offered = offered
        self._place_choosers()

    def show_landscape(self, landscape: Landscape) -> None:
        """Show what is known of a landscape."""
        before, self._landscape = self._landscape, landscape
        if landscape.axes != before.axes or landscape.experiment is not before.experiment:
            self._drawn_stride, self._is_stopped = 0, False
            self._pace.begin()
            if landscape.axes:
                self._name_axes(*landscape.axes)
        if not self._is_stopped:
            self._pace.note(int(landscape.known.sum()), time.monotonic())
        if landscape.known is before.known and self.isVisible():
            self._draw_hand()
        else:
            self.redraw()

    def draw(self) -> None:
        """Draw map, contours and the ways."""
        landscape = self._landscape
        known, total = int(landscape.known.sum()), landscape.known.size
        self.stop.setVisible(known < total)
        values = self._values()
        self._say_what_is_seen()
        is_known = values is not None and bool(np.isfinite(values).any())
        self.bar.setVisible(is_known)
        if values is None or not is_known:
            self.image.clear()
            self._drawn_stride = 0
            self.contours.setPath(QPainterPath())
        else:
            low, high = float(np.nanmin(values)), float(np.nanmax(values))
            self.bar.setLevels((low, high if high > low else low + 1e-12))
            self.image.setImage(values, autoLevels=False, levels=self.bar.levels())
            self.image.setRect(self._rect())
            if landscape.stride != self._drawn_stride:
                self._drawn_stride = landscape.stride
                self.contours.setPath(self._contour_path(values, landscape.stride))
        self._draw_hand()
        self._place_choosers()

    def _values(self) -> NDArray[np.float64] | None:
        """Return what is drawn; NaN where it is not known or not finite."""
        landscape = self._landscape
        return finite(landscape.filled(self._loss)) if self._loss in landscape.values else None

    def _rect(self) -> Any:
        """Return where the map is: each place is the middle of its cell."""
        (low_x, high_x), (low_y, high_y) = (axis.scale.ends for axis in self._landscape.axes)
        rows, columns = self._landscape.known.shape
        width, height = (high_x - low_x) / (columns - 1), (high_y - low_y) / (rows - 1)
        return pg.QtCore.QRectF(
            low_x - width / 2, low_y - height / 2, width * columns, height * rows
        )

    def _contour_path(self, values: NDArray[np.float64], stride: int) -> QPainterPath:
        """Return the contours of the places that are so many from each other."""
        path = QPainterPath()
        if not stride:
            return path
        values = values[::stride, ::stride]
        known = values[np.isfinite(values)]
        if not known.size:
            return path
        for level in np.linspace(known.min(), known.max(), _CONTOURS + 2)[1:-1]:
            for line in pg.functions.isocurve(values.T, float(level), connected=True):
                is_drawn = False
                for at, up in line:
                    # pyqtgraph has the middle of the first place at one half.
                    point = self._at((at - 0.5) * stride, (up - 0.5) * stride)
                    goes_on, is_drawn = is_drawn, math.isfinite(at + up)  # else beside NaN
                    if is_drawn:
                        (path.lineTo if goes_on else path.moveTo)(point)
        return path

    def _at(self, column: float, row: float) -> QPointF:
        """Return a place of the map in the sliders' positions."""
        (low_x, high_x), (low_y, high_y) = (axis.scale.ends for axis in self._landscape.axes)
        rows, columns = self._landscape.known.shape
        return QPointF(
            low_x + (high_x - low_x) * column / (columns - 1),
            low_y + (high_y - low_y) * row / (rows - 1),
        )

    def _cell(self, x: float, y: float) -> tuple[float, float]:
        """Return the column and the row of positions of the sliders."""
        (low_x, high_x), (low_y, high_y) = (axis.scale.ends for axis in self._landscape.axes)
        rows, columns = self._landscape.known.shape
        return (
            (x - low_x) / (high_x - low_x) * (columns - 1),
            (y - low_y) / (high_y - low_y) * (rows - 1),
        )

    def _draw_hand(self) -> None:
        path = self._landscape.path if self._landscape.axes else []
        places = np.array(path).reshape(-1, 2)
        self.way.setData(places[:, 0], places[:, 1])
        self.here.setData([{"pos": path[-1]}] if path else [])
        values, down = self._values(), []
        if path and values is not None and self._landscape.stride:
            way = steepest_descent(values, self._cell(*path[-1]))
            down = [self._at(*place) for place in way]
        self.down.setData([each.x() for each in down], [each.y() for each in down])

    def _name_axes(self, first: Response, second: Response) -> None:
        item = self.getPlotItem()
        for side, axis in (("bottom", first), ("left", second)):
            item.getAxis(side).setTicks(ticks_of(axis))
        item.setLabel("left", axis_in_words(second, self._losses))
        rect = self._rect()
        self.show_range((rect.left(), rect.right()), (rect.top(), rect.bottom()))
        self.give_range_back()

    def _say_what_is_seen(self) -> None:
        """Say what is along the bottom, what the dashes are, and why some of the map is empty."""
        landscape = self._landscape
        if not landscape.axes:
            return
        words = [axis_in_words(landscape.axes[0], self._losses), "click or drag to set both"]
        words.append("dashes: steepest descent")
        values = landscape.values.get(self._loss, landscape.known)
        if not np.isfinite(values[landscape.known]).all():
            words.append("empty: no finite value")
        self.say_below(" · ".join(words))

    def words_under(self, at: QPointF) -> str:
        """Return both values below the pointer, and the loss's value there."""
        place = self.getViewBox().mapSceneToView(at)
        if not self._landscape.axes or not self._rect().contains(place):
            return ""
        column, row = (round(index) for index in self._cell(place.x(), place.y()))
        if not self._landscape.known[row, column] or self._loss not in self._landscape.values:
            return "not known yet"
        value = loss_value(float(self._landscape.values[self._loss][row, column]))
        said = [f"{self.title(self._loss)} {value}"]
        for axis, index in zip(self._landscape.axes, (column, row), strict=True):
            moved = axis.words_of(axis.scale.value(axis.positions[index]))
            said.append(f"{reference_in_words(axis.reference, self._losses)} {moved}")
        return "\n".join(said)

    # What is done

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin to set both sliders."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_on_map(event):
            self._gesture = next(_gestures)
            self._move(event)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Set both sliders, or say what is below the pointer."""
        if self._gesture:
            self._move(event)
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """End the gesture."""
        if self._gesture:
            self._gesture = 0
        else:
            super().mouseReleaseEvent(event)

    def _place_of(self, event: QMouseEvent) -> QPointF:
        at = self.mapToScene(event.position().toPoint())
        place: QPointF = self.getViewBox().mapSceneToView(at)
        return place

    def _is_on_map(self, event: QMouseEvent) -> bool:
        return bool(self._landscape.axes) and self._rect().contains(self._place_of(event))

    def _move(self, event: QMouseEvent) -> None:
        place = self._place_of(event)
        x, y = (
            min(max(at, axis.scale.ends[0]), axis.scale.ends[1])
            for at, axis in zip((place.x(), place.y()), self._landscape.axes, strict=True)
        )
        self.moved.emit(x, y, ("landscape", self._gesture))

    def _choose(self) -> None:
        first, second = (self._offered[box.currentIndex()] for box in (self.first, self.second))
        self.chosen.emit((first, second))

    def _toggle(self) -> None:
        self._is_stopped = not self._is_stopped
        self._pace.begin()
        self.stopped.emit(self._is_stopped)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the choosers above the map."""
        super().resizeEvent(event)
        if self.is_made and hasattr(self, "stop"):
            self._place_choosers()

    def _place_choosers(self) -> None:
        """Put loss, choosers and button in a row; in a narrow plot the loss is not named."""
        self.loss.setText(f"{self.title(self._loss)} over" if self._loss else "")
        named = self.loss.sizeHint().width() + UNIT if self._loss else 0
        choosers = [min(box.sizeHint().width(), 190) for box in (self.first, self.second)]
        room = self.width() - 3 * UNIT
        button = self._width_of_button(in_words=True)
        if named + sum(choosers) + button > room:
            named = 0
        if sum(choosers) + button > room:
            button = self._width_of_button(in_words=False)
        self.loss.setVisible(bool(named))
        self.loss.setGeometry(UNIT, 4, named, _ROW)
        left = UNIT + named
        for box, width in zip((self.first, self.second), choosers, strict=True):
            box.setGeometry(left, 4, min(width, (room - named - button) // 2), _ROW)
            left += box.width() + UNIT
        self.stop.setGeometry(self.width() - button, 4, max(button - UNIT, 0), _ROW)

    def _width_of_button(self, *, in_words: bool) -> int:
        """Write on the button how much is known, and return the room that it takes."""
        if self.stop.isHidden():
            return 0
        known, total = int(self._landscape.known.sum()), self._landscape.known.size
        share = f"{100 * known / max(total, 1):.0f} %"
        said = f"{known:,} of {total:,} places" if in_words else share
        left = None if self._is_stopped else self._pace.left(total, time.monotonic())
        if left is not None and left >= _WORTH:
            said += f", {time_left(left)} left"
        self.stop.setText(f"{said} · {'Go on' if self._is_stopped else 'Stop'}")
        return self.stop.sizeHint().width() + UNIT


def _connect(plot: LandscapePlot, context: Context) -> None:
    session = context.session

    def show(change: Change) -> None:
        plot.show_state(change.new)

    def move(x: float, y: float, gesture: object) -> None:
        axes: tuple[Response, ...] = context.controller.records["landscape"].axes
        values = {
            axis.reference: axis.scale.value(at) for axis, at in zip(axes, (x, y), strict=True)
        }
        session.set_values(values, merge=gesture)

    def choose(axes: tuple[Reference, Reference]) -> None:
        before = session.state.view.axes
        if axes[0] == axes[1]:  # the other one gives way
            axes = before[1], before[0]
        session.show(axes=axes)

    def stop(is_stopped: bool) -> None:
        change = context.controller.stop if is_stopped else context.controller.go_on
        change("landscape")

    plot.show_state(session.state)
    session.changed.connect(show)
    plot.moved.connect(move)
    plot.chosen.connect(choose)
    plot.stopped.connect(stop)


def _table(context: Context) -> str:
    landscape: Landscape = context.controller.records["landscape"]
    experiment = context.session.state.experiment
    if not landscape.axes:
        return table_csv(experiment, command_or_nothing(context), [], [])
    axes = landscape.axes
    titles = [
        f"{axis.reference.loss + ':' if axis.reference.loss else ''}{axis.reference.name}"
        + (f" [{axis.number.unit}]" if axis.number.unit else "")
        for axis in axes
    ]
    rows = [
        [
            *(axis.scale.value(axis.positions[i]) for axis, i in zip(axes, place, strict=True)),
            *(float(table[place[1], place[0]]) for table in landscape.values.values()),
        ]
        for place in itertools.product(*(range(len(axis.positions)) for axis in axes))
        if landscape.known[place[1], place[0]]
    ]
    moved = " and ".join(axis.reference.name for axis in axes)
    return table_csv(
        experiment, command_or_nothing(context), [*titles, *landscape.values], rows, moved=moved
    )


PLOT = Plot(
    id="landscape",
    title="Landscape",
    order=34,
    make=LandscapePlot,
    palette=LandscapePlot.use,
    losses=LandscapePlot.name_losses,
    connect=_connect,
    records={"landscape": LandscapePlot.show_landscape},
    says_progress=True,
    table=_table,
)
