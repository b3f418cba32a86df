"""A plot of the desk as it is shown in a talk: the same widget with larger texts and lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyqtgraph as pg
from qtpy.QtGui import QBrush, QColor, QFont, QFontMetrics, QPen
from qtpy.QtWidgets import QVBoxLayout, QWidget

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.plots import PLOTS, Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.theme.contrast import readable_on
from lossexplorer.app.widgets.edge_marks import EdgeMarks
from lossexplorer.app.widgets.pens import screen_scale
from lossexplorer.app.widgets.quiet_plot import QuietPlot, SeenPlot
from lossexplorer.session import Response, State
from lossexplorer.session.records import Records
from lossexplorer.session.records.curves import Curves

_LINE, _SPOT, _TEXT = 2.0, 7.0, 11.0  # on the desk, in pixels
_GRAPHIC = 3.0  # the contrast that WCAG 2.2 asks of a line (success criterion 1.4.11)


class LargePlot(QWidget):
    """Shows one plot of the registry, which follows the records that it names.

    Attributes
    ----------
    widget : QWidget or None
        The plot.
    """

    def __init__(self) -> None:
        super().__init__()
        self.widget: QWidget | None = None
        self._plot: Plot[Any] | None = None
        self._palette: Palette | None = None
        self._factor = 1.0
        self._losses: tuple[str, ...] = ()
        self._narrowed: tuple[Response | None, Response | None] = (None, None)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_plot(self, name: str, losses: tuple[str, ...], state: State, known: Records) -> None:
        """Show a plot of the registry with what is known now.

        Parameters
        ----------
        name : str
            The plot's id; empty for none.
        losses : tuple of str
            The losses whose response curves are shown; all if there are none.
        state : State
            Says what the losses are called.
        known : Records
            What is known.
        """
        self._losses = losses
        if self.widget is not None:
            self._column.removeWidget(self.widget)
            self.widget.hide()
            self.widget.deleteLater()
        self._plot = PLOTS[name] if name else None
        self.widget = None if self._plot is None else self._plot.make()
        if self._plot is None or self.widget is None:
            return
        self._column.addWidget(self.widget)
        if isinstance(self.widget, SeenPlot):  # also when it draws as it comes to be seen
            self.widget.drawn.connect(self._enlarge)
        if self._plot.losses is not None:
            self._plot.losses(self.widget, state.experiment.losses)
        if self._palette is not None:
            self.use(self._palette)
        for each in self._plot.records:
            self.show_value(each, known[each])

    def show_value(self, name: str, value: object) -> None:
        """Show a record that is another one, if it is what the plot shows."""
        if self._plot is not None and name in self._plot.records:
            shown = self._narrow(value) if isinstance(value, Curves) else value
            self._plot.records[name](self.widget, shown)
            self._enlarge()

    def show_run(self, shown: Shown) -> None:
        """Show a training run, if the plot is one of Learn."""
        if self._plot is not None and self._plot.run is not None:
            self._plot.run(self.widget, shown)
            self._enlarge()

    def _narrow(self, curves: Curves) -> Curves:
        """Return curves of the page's losses alone, with the same response for the same one."""
        response = curves.response
        shown = tuple(name for name in self._losses if response and name in response.shown)
        if response is None or not shown:
            return curves
        if self._narrowed[0] is not response:
            self._narrowed = response, replace(response, shown=shown)
        hand = curves.hand
        if hand is not None:
            losses = tuple(result for result in hand.losses if result.name in shown)
            hand = replace(hand, losses=losses)
        return replace(curves, response=self._narrowed[1], hand=hand)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._palette = palette
        if self._plot is not None and self._plot.palette is not None:
            self._plot.palette(self.widget, palette)
        self._enlarge()

    def use_factor(self, factor: float) -> None:
        """Draw texts and lines so many times larger than on the desk."""
        self._factor = factor
        self._enlarge()

    def _enlarge(self) -> None:
        if isinstance(self.widget, QuietPlot) and self._palette is not None:
            enlarge(self.widget, self._factor, self._palette)


def enlarge(plot: QuietPlot, factor: float, palette: Palette) -> None:
    """Draw the texts and lines of a plot larger, and its curves dark or light enough.

    Parameters
    ----------
    plot : QuietPlot
        The plot; what it draws later is as large as on the desk until this is called again.
    factor : float
        How many times larger than on the desk.
    palette : Palette
        The theme's colours.
    """
    font = QFont(plot.font())
    font.setPixelSize(round(_TEXT * factor))
    plot.setFont(font)
    item = plot.getPlotItem()
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        if axis.style["tickFont"] != font:
            axis.setStyle(tickFont=font, tickTextOffset=round(2 * factor))
        style = {"font-size": f"{font.pixelSize()}px", "color": palette.quiet}
        if axis.labelStyle != style:
            # With arguments pyqtgraph forgets the style of before, with none it keeps it.
            axis.setLabel(axis.labelText, **style)
            axis.showLabel(bool(axis.labelText))
        if side == "bottom":
            # What pyqtgraph leaves between both is a fifth of the label less than they need.
            room = round(1.3 * QFontMetrics(font).height())
            if axis.style["tickTextHeight"] != room:
                axis.setStyle(autoExpandTextSpace=False, tickTextHeight=room)
            # Without a label letters would be cut off below the line.
            height = None if axis.labelText else round(1.7 * font.pixelSize())
            if axis.fixedHeight != height:
                axis.setHeight(height)
    for each in item.items:
        _enlarge_item(each, factor, font, palette)


def _enlarge_item(each: Any, factor: float, font: QFont, palette: Palette) -> None:
    width = factor * screen_scale()
    if isinstance(each, EdgeMarks):
        each.enlarge(factor, font, palette.surface)
    elif isinstance(each, pg.PlotDataItem):
        pen = pg.mkPen(each.opts["pen"])
        if not pen.color().alpha():  # what is not to be seen
            return
        color = readable_on(palette.surface, pen.color().name(), _GRAPHIC)
        if (pen.widthF(), pen.color().name()) != (_LINE * width, color):
            pen.setWidthF(_LINE * width)
            pen.setColor(QColor(color))
            each.setPen(pen)
    elif isinstance(each, pg.BarGraphItem):
        brush = QBrush(each.opts["brush"])
        color = readable_on(palette.surface, brush.color().name(), _GRAPHIC)
        if brush.color().name() != color:
            brush.setColor(QColor(color))
            each.setOpts(brush=brush, pen=each.opts["pen"] and pg.mkPen(color, width=0.8 * width))
    elif isinstance(each, pg.InfiniteLine):
        pen = QPen(each.pen)
        pen.setWidthF(0.8 * width)
        each.setPen(pen)
        if hasattr(each, "label"):
            each.label.setFont(font)
    elif isinstance(each, pg.ScatterPlotItem):
        each.setSize(_SPOT * factor)
