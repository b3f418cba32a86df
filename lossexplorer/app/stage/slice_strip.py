"""The strip below the slider of the slices: what is in each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QShowEvent
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.pointer_words import say_at_pointer
from lossexplorer.app.widgets.slice_words import slice_words
from lossexplorer.engine.messages import Plane
from lossexplorer.session import State
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.slices import SliceValues
from lossexplorer.viewer.colors import (
    ERROR_COLORS,
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    FIRST_CLASS,
    class_color,
)

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_ROWS = {"class": (1, 12), "error": (15, 8), "gradient": (25, 15)}
"""The bands of the strip: from where, and how high, in pixels."""
_HEIGHT = 40
_MARGIN = 6 * UNIT  # where the slider says nothing of its place
_TEXT = 10  # the height of the words, in pixels
_OUTDATED = 0.4  # the opacity of numbers that are not those of what is set
_LEAST = 0.12  # the opacity of the smallest share that is drawn
_CLASS = 0.85
_SEEN = 0.25  # the height of what is predicted in a slice, in pixels, from which on it is drawn

Span = tuple[float, float]
"""From the left of the first slice to the right of the last one, in pixels."""


class SliceStrip(QWidget):
    """Shows of each slice how much of the class it has, its errors, and the losses' shares of ‖g‖².

    At the top the truth of the class is filled, with a line for the prediction; below are false
    positives and, above them, false negatives; at the bottom each loss has a row, which is the more
    opaque the larger its share is. A click, or a drag, goes to the slice.

    Parameters
    ----------
    span : callable
        Returns where the slices are, as the slider above has them; None where that is not known.

    Attributes
    ----------
    chosen : Signal(int)
        The slice that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, span: Callable[[], Span | None]) -> None:
        super().__init__()
        self.setObjectName("bottom")
        self.setAccessibleName("slices")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Maximum)
        self._span = span
        self._slices, self._state = SliceValues(), State()
        self._palette: Palette | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return its height."""
        return QSize(0, _HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return nothing: it is cut where there is no room, and the window stays small."""
        return QSize(0, 0)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._palette = palette
        self.update()

    def show_slices(self, slices: SliceValues) -> None:
        """Show other slices; while nothing is known of them, those before stay."""
        if slices.sums or not slices.of:
            self._slices = slices
        self.update()

    def show_state(self, state: State) -> None:
        """Mark the slice that is on screen, and pale what is not of what is set now.

        A hand that moves a control changes nothing here once the strip is pale.
        """
        before, self._state = self._drawn_of, state
        if self._drawn_of != before:
            self.update()

    @property
    def _drawn_of(self) -> tuple[object, ...]:
        """What is drawn of the state."""
        view = self._state.view
        return view.plane, view.class_index, self._slices.is_of(self._state)

    @property
    def count(self) -> int:
        """How many slices are drawn: 0 while nothing is known along the axis shown."""
        plane = self._state.view.plane
        if plane is None or plane.axis != self._slices.axis:
            return 0
        return len(self._slices.sums.get("truth", ()))

    def place_of(self, index: int) -> QRectF:
        """Return where a slice is drawn."""
        return self._place(self._ends(), index)

    def _place(self, ends: Span, index: int) -> QRectF:
        left, right = ends
        width = (right - left) / max(self.count, 1)
        return QRectF(left + index * width, 0, width, self.height())

    def slice_at(self, x: float) -> int | None:
        """Return the slice at a place; None beside them."""
        left, right = self._ends()
        index = int((x - left) // ((right - left) / max(self.count, 1)))
        return index if 0 <= index < self.count else None

    def words_at(self, x: float) -> str:
        """Return what is said of the slice at a place."""
        index = self.slice_at(x)
        title = self._state.experiment.title
        return "" if index is None else slice_words(self._slices, index, title)

    def _ends(self) -> Span:
        found = self._span()
        return (_MARGIN, self.width() - _MARGIN) if found is None else found

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw every slice."""
        del event
        palette = self._palette
        if palette is None or not self.count:
            return
        painter, ends = QPainter(self), self._ends()
        self._write_names(painter, palette, ends)
        if not self._slices.is_of(self._state):
            painter.setOpacity(_OUTDATED)
        self._draw_class(painter, palette, ends)
        self._draw_errors(painter, palette, ends)
        self._draw_shares(painter, ends)
        plane = self._state.view.plane
        if plane is not None:
            painter.setOpacity(1.0)
            painter.setPen(QColor(palette.accent))
            here = self._place(ends, plane.index)
            painter.drawRect(here.toAlignedRect().adjusted(0, 0, -1, -1))

    def _write_names(self, painter: QPainter, palette: Palette, ends: Span) -> None:
        font = self.font()
        font.setPixelSize(_TEXT)
        painter.setFont(font)
        painter.setPen(QColor(palette.quiet))
        right = ends[0] - UNIT
        for name, (top, height) in _ROWS.items():
            place = QRectF(0, top - 2, right, height + 4)
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name
            )

    def _draw_class(self, painter: QPainter, palette: Palette, ends: Span) -> None:
        top, height = _ROWS["class"]
        truth, prediction = self._slices.sums["truth"], self._slices.sums["prediction"]
        largest = max(float(truth.max()), float(prediction.max())) or 1.0
        # The background has no colour of its own.
        color = class_color(self._state.view.class_index)
        color = color if color[3] else FIRST_CLASS
        ground = top + height
        _draw_ground(painter, palette, ends, ground)
        for index, each in enumerate(truth):
            bar = self._bar(ends, index, ground, height * each / largest)
            painter.fillRect(bar, QColor.fromRgbF(*color[:3], _CLASS))
        painter.setPen(QColor(palette.text))
        for index, each in enumerate(prediction):
            if height * each / largest >= _SEEN:
                place = self._place(ends, index)
                y = round(ground - height * each / largest)
                painter.drawLine(round(place.left()), y, round(place.right()) - 1, y)

    def _draw_errors(self, painter: QPainter, palette: Palette, ends: Span) -> None:
        top, height = _ROWS["error"]
        largest = float(self._slices.errors.max()) or 1.0
        ground = top + height
        _draw_ground(painter, palette, ends, ground)
        kinds = {"false positive": FALSE_POSITIVE, "false negative": FALSE_NEGATIVE}
        for index in range(self.count):
            below = 0.0
            for name, kind in kinds.items():
                size = height * float(self._slices.sums[name][index]) / largest
                bar = self._bar(ends, index, ground - below, size)
                painter.fillRect(bar, QColor.fromRgbF(*ERROR_COLORS[kind][:3]))
                below += bar.height()

    def _draw_shares(self, painter: QPainter, ends: Span) -> None:
        top, height = _ROWS["gradient"]
        losses = self._slices.losses
        shares = [self._slices.shares(name) for name in losses]
        largest = max((float(each.max()) for each in shares), default=0.0) or 1.0
        each_height = max(height // max(len(losses), 1), 1)
        for row, (name, of_loss) in enumerate(zip(losses, shares, strict=True)):
            color = QColor(color_of(name))
            ground = top + (row + 1) * each_height
            for index, opacity in enumerate(_opacities(of_loss / largest)):
                color.setAlphaF(float(opacity))
                painter.fillRect(self._bar(ends, index, ground, each_height), color)

    def _bar(self, ends: Span, index: int, ground: float, size: float) -> QRectF:
        """Return a bar; what is not 0 has a pixel at least."""
        place, height = self._place(ends, index), max(size, 1.0) if size > 0 else 0.0
        gap = 1.0 if place.width() >= 6 else 0.0
        return QRectF(place.left(), ground - height, max(place.width() - gap, 1.0), height)

    # The hand

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go to the slice that is clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Say what is in the slice below the pointer; a drag goes along."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)
        else:
            words = self.words_at(event.position().x())
            say_at_pointer(event.globalPosition().toPoint(), words, self)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say nothing of what is not pointed at any more."""
        super().leaveEvent(event)
        QToolTip.hideText()

    def _choose(self, event: QMouseEvent) -> None:
        index, plane = self.slice_at(event.position().x()), self._state.view.plane
        if index is not None and plane is not None and index != plane.index:
            self.chosen.emit(index)

    shown = Signal()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Say that it can be seen."""
        super().showEvent(event)
        self.shown.emit()


def _draw_ground(painter: QPainter, palette: Palette, ends: Span, y: float) -> None:
    left, right = ends
    painter.fillRect(QRectF(left, y, right - left, 1), QColor(palette.groove))


def _opacities(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the opacities of shares from 0 to 1; what is a thousandth at least is seen."""
    return np.where(shares >= 1e-3, _LEAST + (1 - _LEAST) * shares, 0.0)


def make_strip(context: Context) -> SliceStrip:
    """Return the strip of a window, which is asked for only while it can be seen."""
    session, controller = context.session, context.controller
    strip = SliceStrip(lambda: context.stage.slider_span(strip))

    def go(index: int) -> None:
        plane = session.state.view.plane
        if plane is not None:
            session.show(plane=Plane(plane.axis, index))

    strip.chosen.connect(go)
    strip.shown.connect(controller.look)
    controller.records.follow("slices", strip.show_slices)
    controller.see(lambda: frozenset({"slices"} if strip.isVisible() else ()))
    session.changed.connect(lambda change: strip.show_state(change.new))
    context.themes.changed.connect(strip.use)
    strip.use(context.themes.palette)
    return strip


def is_useful(state: State) -> bool:
    """Return whether there are slices to choose from: not in 3D, nor in Learn."""
    volume, plane = state.volume, state.view.plane
    if volume is None or plane is None or state.view.workspace != "explore":
        return False
    return volume.shape[plane.axis] > 1
