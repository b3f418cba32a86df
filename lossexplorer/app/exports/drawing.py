"""Draws the window, the canvas or a plot as PNG, SVG or PDF, in which text stays text.

The canvas is OpenGL's: its pixels are drawn anew at the scale that is asked for, everything else
by Qt itself, child by child, so that a picture of the window has no OpenGL to grab.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import pyqtgraph as pg
from qtpy.QtCore import QBuffer, QIODevice, QMarginsF, QPoint, QPointF, QRect, QRectF, QSize, QSizeF
from qtpy.QtGui import QColor, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen, QRegion
from qtpy.QtWidgets import QGraphicsItem, QGraphicsView, QWidget

from lossexplorer.app.stage.stage import Stage
from lossexplorer.app.svg import svg_of
from lossexplorer.app.widgets.pens import screen_scale

Picture = Literal["png", "svg", "pdf"]
"""The kinds of pictures."""
Draw = Callable[[QPainter], object]

_CSS_DPI = 96
_POINTS = 72


def picture_of(
    widget: QWidget, stage: Stage, kind: Picture, scale: float = 1.0, *, zoom: float = 1.0
) -> bytes:
    """Return a picture of a widget with all that is in it.

    Parameters
    ----------
    widget : QWidget
        The window, the canvas or a plot.
    stage : Stage
        Has the canvas.
    kind : {"png", "svg", "pdf"}
        Of the file.
    scale : float
        Pixels of the picture for each of the screen; of an SVG or a PDF, of the canvas in it.
    zoom : float
        How many times larger than on the screen an SVG or a PDF is.
    """
    size = widget.size()
    if kind == "png":
        return _png(image_of(widget, stage, scale))
    spots = zoom if kind == "pdf" else 1.0  # pyqtgraph draws them without the painter's scale
    draw = partial(_paint, widget, stage, scale=scale, wider=zoom, spots=spots)
    if kind == "svg":
        return svg_of(draw, QRectF(QPointF(0, 0), QSizeF(size)), size * zoom, "Loss Explorer")
    return _pdf(size, draw, zoom)


def image_of(widget: QWidget, stage: Stage, scale: float = 1.0) -> QImage:
    """Return a widget as an image, with `scale` pixels for each of the screen."""
    image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(widget.palette().window().color()))
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    _paint(widget, stage, painter, scale=scale, wider=scale)
    painter.end()
    return image


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want the format in bytes
    return bytes(buffer.data().data())


def _pdf(size: QSize, draw: Draw, zoom: float) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_CSS_DPI)
    page = QSizeF(size) * (zoom * _POINTS / _CSS_DPI)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(page, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch),
            QPageLayout.Orientation.Portrait,
            QMarginsF(),
        )
    )
    writer.setTitle("Loss Explorer")
    painter = QPainter(writer)
    painter.scale(zoom, zoom)
    draw(painter)
    painter.end()
    return bytes(buffer.data().data())


def _paint(
    widget: QWidget,
    stage: Stage,
    painter: QPainter,
    *,
    scale: float,
    wider: float,
    spots: float = 1.0,
) -> None:
    """Draw a widget and those in it, from the lowest to the topmost.

    Parameters
    ----------
    widget, stage, painter
        What is drawn, what has the canvas, and with what.
    scale : float
        Pixels of the canvas for each of the screen.
    wider : float
        How many times wider than on the screen lines of plots are, which Qt draws in pixels of the
        picture.
    spots : float
        The same of symbols.
    """
    plots = [widget, *widget.findChildren(QWidget)]
    with contextlib.ExitStack() as stack:
        for plot in plots:
            if isinstance(plot, QGraphicsView) and plot.isVisible():
                stack.enter_context(_without_pixmaps(plot, spots))
                stack.enter_context(_with_pens(plot, wider / screen_scale()))
        _paint_each(widget, stage, painter, scale)


@contextlib.contextmanager
def _without_pixmaps(view: QGraphicsView, spots: float) -> Iterator[None]:
    """Have lines, texts and symbols drawn as such, and not as pixmaps that were kept of them."""
    items = _items_of(view)
    kept = {item: item.cacheMode() for item in items}
    drawing = [item for item in items if hasattr(item, "setExportMode")]  # pyqtgraph's own
    background = view.cacheMode()
    view.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
    for item in items:
        item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
    for item in drawing:
        item.setExportMode(True, {"antialias": True, "resolutionScale": spots})
    try:
        yield
    finally:
        for item in drawing:
            item.setExportMode(False)
        for item, mode in kept.items():
            item.setCacheMode(mode)
        view.setCacheMode(background)


@contextlib.contextmanager
def _with_pens(view: QGraphicsView, wider: float) -> Iterator[None]:
    """Have curves and straight lines drawn so many times wider."""
    curves = [each for each in _items_of(view) if isinstance(each, pg.PlotCurveItem)]
    lines = [each for each in _items_of(view) if isinstance(each, pg.InfiniteLine)]
    pens = {each: each.opts["pen"] for each in curves} | {each: each.currentPen for each in lines}

    def set_pen(item: pg.GraphicsObject, pen: QPen | None) -> None:
        # Not by `setPen`, which would tell the plot that something is another.
        if isinstance(item, pg.InfiniteLine):
            item.currentPen = pen
        else:
            item.opts["pen"] = pen

    for item, pen in pens.items():
        if pen is not None:
            wide = pg.mkPen(pen)
            wide.setWidthF(pen.widthF() * wider)
            set_pen(item, wide)
    try:
        yield
    finally:
        for item, pen in pens.items():
            set_pen(item, pen)


def _items_of(view: QGraphicsView) -> list[QGraphicsItem]:
    return view.scene().items() if view.scene() is not None else []


def _paint_each(widget: QWidget, stage: Stage, painter: QPainter, scale: float) -> None:
    canvas = stage.canvas
    native = None if canvas is None else canvas.native
    waiting = [(widget, QPoint(0, 0))]
    while waiting:
        each, place = waiting.pop()
        painter.save()
        painter.setClipRect(_clip_of(each, widget, place))
        if each is native:
            assert canvas is not None
            painter.drawImage(QRect(place, each.size()), canvas.image(scale))
        else:
            # Of a view of graphics, that of its base: its own draws the scene alone.
            flags = QWidget.RenderFlag.DrawWindowBackground
            QWidget.render(
                each, painter, place, QRegion(), flags if each is widget else QWidget.RenderFlag(0)
            )
        painter.restore()
        below = [child for child in each.children() if isinstance(child, QWidget)]
        seen = [child for child in below if child.isVisible() and not child.isWindow()]
        waiting += [(child, place + child.pos()) for child in reversed(seen)]


def _clip_of(widget: QWidget, root: QWidget, place: QPoint) -> QRect:
    """Return what of a widget its parents show, in the coordinates of the root."""
    found = QRect(place, widget.size())
    parent = widget.parentWidget()
    while widget is not root and parent is not None:
        found &= QRect(parent.mapTo(root, QPoint(0, 0)), parent.size())
        if parent is root:
            break
        parent = parent.parentWidget()
    return found
