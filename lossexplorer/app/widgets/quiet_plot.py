"""What the plots share."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from qtpy.QtGui import (
    QContextMenuEvent,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QResizeEvent,
    QShowEvent,
)
from qtpy.QtWidgets import QGraphicsItem, QMenu, QToolTip

from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.edge_marks import EdgeMarks
from lossexplorer.app.widgets.pointer_words import say_at_pointer
from lossexplorer.app.widgets.reading import NamedCurve, nearest
from lossexplorer.core.numbers import loss_value
from lossexplorer.engine.messages import LossSetting
from lossexplorer.session.words import loss_in_words

pg.setConfigOptions(antialias=True)

_BETWEEN = " · "  # where the text below a plot may go on in another line
_Range = tuple[float, float]


def finite(values: Any) -> np.ndarray[Any, Any]:
    """Return an array in which what cannot be drawn is NaN, which leaves a gap."""
    array = np.array(values, dtype=float)
    array[~np.isfinite(array)] = math.nan
    return array


class QuietPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A quiet plot: horizontal lines, no frame, axes in the theme's colours.

    The wheel zooms about the pointer, a double click gives the range back, and hovering names the
    nearest curve with its value.

    Parameters
    ----------
    **axes : pyqtgraph.AxisItem
        Axes in place of the usual ones, by their side.

    Attributes
    ----------
    marks : EdgeMarks
        Of values that have no place in the plot.
    """

    def __init__(self, **axes: Any) -> None:
        super().__init__(axisItems=axes)
        for widget in (self, self.viewport()):  # no key does anything here
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        item = self.getPlotItem()
        item.setMenuEnabled(False)  # pyqtgraph's has no theme: see contextMenuEvent
        item.hideButtons()
        item.showGrid(x=False, y=True, alpha=0.15)
        item.setContentsMargins(8, 8, 16, 0)
        for name in ("left", "bottom"):
            # Else its texts and lines are drawn anew wherever a curve moves.
            item.getAxis(name).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._ranges: tuple[_Range | None, _Range | None] = (None, None)
        self._is_zoomed = False
        self.getViewBox().sigRangeChangedManually.connect(self._note_zoom)
        self._below = ""
        self.marks = EdgeMarks(self.getViewBox())
        self.addItem(self.marks)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self.setBackground(palette.surface)
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(pg.mkPen(palette.line))
            axis.setTextPen(pg.mkPen(palette.quiet))

    # The range

    def show_range(self, x: _Range | None = None, y: _Range | None = None) -> None:
        """Show a range, and return to it; where it is None, what is drawn says which.

        What is zoomed stays while the bottom axis is the same.
        """
        before, self._ranges = self._ranges, (x, y)
        if (x, y) != before and (x != before[0] or not self._is_zoomed):
            self.give_range_back()

    def _note_zoom(self) -> None:
        self._is_zoomed = True

    def give_range_back(self) -> None:
        """Show the range that the plot has by itself, whatever was zoomed."""
        self._is_zoomed = False
        x, y = self._ranges
        for name, limits, show in (("x", x, self.setXRange), ("y", y, self.setYRange)):
            if limits is None:
                self.enableAutoRange(name)
            else:
                show(*limits, padding=0)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Give the range back."""
        super().mouseDoubleClickEvent(event)
        self.give_range_back()

    def menu(self) -> QMenu:
        """Return the menu of the right mouse button, which has the window's theme."""
        menu = QMenu(self)
        menu.addAction("Whole range (double click)", self.give_range_back)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Open the menu."""
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())
        event.accept()

    # What is said

    def say_below(self, text: str) -> None:
        """Say what the bottom axis is, in as many lines as the words need."""
        if text != self._below:
            self._below = text
            self._write_below()
            if not text:
                self.setLabel("bottom", "")

    def _write_below(self) -> None:
        if self._below:
            metrics = QFontMetricsF(self.font())
            room = self.width() - 2 * metrics.averageCharWidth()
            lines = wrapped(self._below, room, metrics.horizontalAdvance)
            self.setLabel("bottom", "<br>".join(html.escape(line) for line in lines))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Write the words below in the width that there is."""
        super().resizeEvent(event)
        if self.is_made:
            self._write_below()

    @property
    def is_made(self) -> bool:
        """Whether it has all its parts: pyqtgraph resizes while it makes and closes them."""
        return hasattr(self, "_below") and self.plotItem is not None

    def words_under(self, at: QPointF) -> str:
        """Return what is said of a place in the scene; nothing where nothing is near."""
        found = nearest(self.curves_shown(), self.getViewBox(), at)
        return "" if found is None else self.words_of(*found)

    def curves_shown(self) -> Iterable[NamedCurve]:
        """Return what can be pointed at."""
        return ()

    def words_of(self, curve: NamedCurve, index: int) -> str:
        """Return what is said of a point of a curve."""
        return f"{curve.name} {loss_value(float(curve.values[index]))}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Name the curve under the pointer, and say its value there."""
        super().mouseMoveEvent(event)
        if event.buttons() == Qt.MouseButton.NoButton:
            self._say_under(event.position().toPoint(), event.globalPosition().toPoint())

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        """Say it of a pointer that rests, too: Qt would hide it, for the scene has no tips."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._say_under(event.pos(), event.globalPos())
            return True
        return bool(super().viewportEvent(event))

    def _say_under(self, place: QPoint, on_screen: QPoint) -> None:
        say_at_pointer(on_screen, self.words_under(self.mapToScene(place)), self)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        """Say nothing of what is not pointed at any more."""
        super().leaveEvent(event)
        QToolTip.hideText()


def wrapped(text: str, room: float, width: Callable[[str], float]) -> list[str]:
    """Return the lines of a text that is broken between its parts.

    Parameters
    ----------
    text : str
        Parts with `` · `` between them.
    room : float
        The width of a line.
    width : callable
        Returns the width of a text.

    Examples
    --------
    >>> wrapped("steps · lines: Dice · dashes: IoU", 20, len)
    ['steps · lines: Dice', 'dashes: IoU']
    """
    lines: list[str] = []
    for piece in text.split(_BETWEEN):
        longer = f"{lines[-1]}{_BETWEEN}{piece}" if lines else piece
        if lines and width(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines


class WholeNumbersAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis whose ticks are whole numbers."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> Any:  # noqa: N802, N803
        """Return distances of ticks of at least 1."""
        spacing = super().tickSpacing(minVal, maxVal, size)
        return [(max(1.0, round(distance)), offset) for distance, offset in spacing]


class SeenPlot(QuietPlot):
    """A quiet plot that is drawn when it can be seen, and calls losses what the user calls them.

    Before there is something to draw, its axes have no numbers: they would be of nothing.

    Parameters
    ----------
    **axes : pyqtgraph.AxisItem
        As for `QuietPlot`.

    Attributes
    ----------
    drawn : Signal()
        What is known has been put into the items.
    """

    drawn = Signal()

    def __init__(self, **axes: Any) -> None:
        super().__init__(**axes)
        self._losses: tuple[LossSetting, ...] = ()
        self._stale = False
        self.number_axes(False)

    def show_range(self, x: _Range | None = None, y: _Range | None = None) -> None:
        """Show a range, and return to it, with numbers at the axes."""
        self.number_axes(True)
        super().show_range(x, y)

    def number_axes(self, are_numbered: bool, names: tuple[str, ...] = ("left", "bottom")) -> None:
        """Have numbers at axes, or none where there is nothing that they would be of."""
        for name in names:
            axis = self.getPlotItem().getAxis(name)
            if axis.style["showValues"] != are_numbered:
                axis.setStyle(showValues=are_numbered)

    def name_losses(self, losses: tuple[LossSetting, ...]) -> None:
        """Call the losses what the user calls them from now on."""
        self._losses = losses

    def title(self, name: str) -> str:
        """Return what a loss, or the total, is called."""
        return loss_in_words(name, self._losses)

    def redraw(self) -> None:
        """Draw what is known now, or as soon as the plot is shown."""
        self._stale = not self.isVisible()
        if not self._stale:
            self.draw()
            self.drawn.emit()

    def draw(self) -> None:
        """Put what is known into the items."""
        raise NotImplementedError

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Draw what came while the plot was hidden."""
        super().showEvent(event)
        if self._stale:
            self.redraw()


class LossPlot(SeenPlot):
    """A plot with an item for each loss shown.

    Parameters
    ----------
    make : callable
        Makes the item of a loss by the name that it is shown under; it is added here.

    Attributes
    ----------
    items_of : dict
        Each loss's item.
    """

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__()
        self._make = make
        self.items_of: dict[str, Any] = {}

    def follow(self, names: Iterable[str]) -> None:
        """Have items of these losses and of no others."""
        shown = list(names)
        for name in self.items_of.keys() - shown:
            self.removeItem(self.items_of.pop(name))
        for name in shown:
            if name not in self.items_of:
                self.items_of[name] = self._make(name)
                self.addItem(self.items_of[name])


def curve_of(name: str, item: Any, values: Sequence[float] | None = None) -> NamedCurve:
    """Return what a curve of pyqtgraph draws, under a name.

    Parameters
    ----------
    name : str
        What it is called.
    item : pyqtgraph.PlotDataItem
        The curve.
    values : sequence of float, optional
        What is said of its points, if it draws them scaled.
    """
    places, heights = (
        np.asarray(data if data is not None else []) for data in item.getOriginalDataset()
    )
    return NamedCurve(name, places, heights, heights if values is None else np.asarray(values))
