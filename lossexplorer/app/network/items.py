"""Boxes and losses of the picture."""

from __future__ import annotations

import math

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen
from qtpy.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneMouseEvent,
    QStyleOptionGraphicsItem,
    QWidget,
)

from lossexplorer.app.network import words
from lossexplorer.app.network.folding import Box
from lossexplorer.app.network.glyphs import lock
from lossexplorer.app.network.layout import COLUMN_GAP
from lossexplorer.app.network.longest_path import Point
from lossexplorer.app.network.look import (
    DETAIL,
    FAR,
    LEGIBLE,
    PLAIN,
    TITLE,
    VERY_FAR,
    Look,
    font,
    zoom_of,
)
from lossexplorer.app.network.switches import Switches

_LABEL = 20.0
_LINE = 16.0
_BOX, _WIDEST_BOX = 84.0, 168.0
_SMALL_PICTURE = 0.5
"""The zoom of the usual network in a window of 1280 × 720."""


class Stop(QGraphicsItem):
    """Something that the Tab key comes to: a layer, or a loss.

    Parameters
    ----------
    look : Look
        Colours and marks.
    switches : Switches
        Tells what is asked for.
    size : (float, float)
        Width and height.

    Attributes
    ----------
    is_current : bool
        Whether the keyboard acts on it.
    spoken : str
        What a screen reader says.
    """

    def __init__(self, look: Look, switches: Switches, size: Point) -> None:
        super().__init__()
        self.look = look
        self.switches = switches
        self.frame = QRectF(-size[0] / 2, -size[1] / 2, *size)
        self.is_current = False
        self.spoken = ""
        self.setAcceptHoverEvents(True)
        # The numbers of a step change links and seldom boxes, which would cost most to draw anew.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def say(self, text: str) -> None:
        """Set what is said on hovering and by a screen reader."""
        self.spoken = text
        self.setToolTip(text)

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return what it may paint in."""
        return self.frame.adjusted(-6, -6, 6, 6)

    def shape(self) -> QPainterPath:
        """Return what the mouse finds."""
        path = QPainterPath()
        path.addRect(self.frame)
        return path

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802
        """Take a press of the left button, so that the picture is not dragged."""
        event.setAccepted(event.button() == Qt.MouseButton.LeftButton)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802
        """Do what is clicked."""
        if self.shape().contains(event.pos()):
            self.clicked_at(event.pos())

    def clicked_at(self, _at: QPointF) -> None:
        """Do what a click at a place does."""
        self.activate()

    def activate(self) -> None:
        """Do what the Enter key does."""
        raise NotImplementedError

    def _paint_focus(self, painter: QPainter) -> None:
        if self.is_current and self.look.has_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self.look.palette.accent), 2))
            painter.drawRoundedRect(self.frame.adjusted(-4, -4, 4, 4), 8, 8)


class BoxItem(Stop):
    """A layer, or several.

    Attributes
    ----------
    box : Box
        What it stands for.
    is_chosen : bool
        Whether it is framed.
    is_open : bool
        Whether the layers of a nested model are listed.
    label : str
        What is written beside it.
    is_still : bool
        Whether its weights stay exactly what they are.
    is_label_below : bool
        On which side the label is.
    """

    def __init__(self, look: Look, switches: Switches, box: Box, *, is_open: bool) -> None:
        super().__init__(look, switches, box_size(box, look, is_open=is_open))
        self.box = box
        self.is_open = is_open
        self.is_chosen = False
        self.is_label_below = False
        self.is_still = False
        self.label = ""
        self._label_color: QColor | None = None

    def set_label(self, text: str, color: QColor | None) -> None:
        """Write something beside it, in a colour or quietly."""
        if (text, color) != (self.label, self._label_color):
            self.prepareGeometryChange()
            self.label, self._label_color = text, color
            self.update()

    def set_still(self, is_still: bool) -> None:
        """Say that its weights stay exactly what they are, or not."""
        if is_still != self.is_still:
            self.is_still = is_still
            self.update()

    @property
    def can_freeze(self) -> bool:
        """Whether it is one layer with weights."""
        return bool(self.box.weights) and not self.box.is_folded

    @property
    def can_open(self) -> bool:
        """Whether there are layers to show."""
        return self.box.is_folded or bool(self.box.layers[0].inside)

    def clicked_at(self, at: QPointF) -> None:
        """Freeze the layer where the lock is, else choose it."""
        if self.can_freeze and self.lock_area.contains(at):
            self.toggle_frozen()
        else:
            self.activate()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:  # noqa: N802
        """Show its layers."""
        self.open()
        event.accept()

    def activate(self) -> None:
        """Have it chosen."""
        self.switches.chosen.emit(self.box.name)

    def toggle_frozen(self) -> None:
        """Have its layer frozen, or not any more."""
        if self.can_freeze:
            self.switches.frozen_toggled.emit(self.box.name)

    def open(self) -> None:
        """Have its layers shown, or not any more."""
        if self.can_open:
            self.switches.opened.emit(self.box.name)

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return what it may paint in: also the label, which begins at the left border."""
        if self.look.is_plain:
            return self.frame.adjusted(-8, -8, 8, 8)
        label = _text_width(self.label, DETAIL + 4)
        width = max(self.frame.width(), 2 * label - self.frame.width())
        return QRectF(-width / 2, self.frame.top(), width, self.frame.height()).adjusted(
            -8, -_LABEL - 6, 8, _LABEL + 6
        )

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draw it."""
        zoom = zoom_of(painter)
        self._paint_frame(painter)
        self._paint_texts(painter, zoom)
        if self.can_freeze and zoom >= FAR:
            self._paint_lock(painter)
        self._paint_focus(painter)

    def _paint_frame(self, painter: QPainter) -> None:
        palette = self.look.palette
        if self.can_open:
            painter.setPen(QPen(QColor(palette.line), 1))
            painter.setBrush(self.look.box.darker(108))
            painter.drawRoundedRect(self.frame.translated(4, -4), 6, 6)
        frozen = self.box.is_frozen
        edge = palette.text if self.is_chosen else palette.quiet if frozen else palette.line
        painter.setPen(QPen(QColor(edge), 1.4 if self.is_chosen or frozen else 1))
        painter.setBrush(self.look.box)
        painter.drawRoundedRect(self.frame, 6, 6)
        if frozen:
            whole = QPainterPath()
            whole.addRoundedRect(self.frame, 6, 6)
            inside = QPainterPath()
            inside.addRoundedRect(self.frame.adjusted(6, 6, -6, -6), 3, 3)
            hatching = QBrush(QColor(palette.quiet), Qt.BrushStyle.BDiagPattern)
            painter.fillPath(whole.subtracted(inside), hatching)

    @property
    def _inner(self) -> QRectF:
        return self.frame.adjusted(5, 0, -5, 0)

    def title_at(self, zoom: float) -> tuple[str, float]:
        """Return the title and its size in pixels at zoom 1, if the picture is shown at a zoom."""
        if self.look.is_plain:
            return _plain_title(self.box), PLAIN
        title = _title(self.box)
        return title, _enlarged(title, DETAIL if _is_minor(self.box) else TITLE, zoom, self._inner)

    def _paint_texts(self, painter: QPainter, zoom: float) -> None:
        if zoom < VERY_FAR:
            return
        detail = words.box_detail(self.box)
        if self.box.is_frozen:
            detail = "update 0" if self.is_still else "frozen"
        is_minor, is_plain = _is_minor(self.box), self.look.is_plain
        palette = self.look.palette
        inner = self._inner
        title, size = self.title_at(zoom)
        lines = words.inside_lines(self.box.layers[0]) if self.is_open and not is_plain else ()
        has_detail = bool(detail) and zoom >= FAR and not (is_minor or is_plain)
        top = self.frame.top() + 7 if has_detail or lines else self.frame.top()
        high = 1.35 * size if has_detail or lines else self.frame.height()
        painter.setPen(QColor(palette.quiet if is_minor else palette.text))
        _write(painter, QRectF(inner.left(), top, inner.width(), high), title, size)
        painter.setPen(QColor(palette.quiet))
        if has_detail:
            where = QRectF(inner.left(), top + high + 1, inner.width(), 1.4 * DETAIL)
            _write(painter, where, detail, DETAIL)
        if zoom >= FAR:
            for place, line in enumerate(lines):
                where = QRectF(inner.left(), top + 42 + _LINE * place, inner.width(), _LINE)
                _write(painter, where, line, DETAIL)
            self._paint_label(painter, zoom)

    def _paint_label(self, painter: QPainter, zoom: float) -> None:
        if self.label:
            room = QRectF(0, 0, self.frame.width() + COLUMN_GAP - 8, _LABEL)
            size = _enlarged(self.label, DETAIL, zoom, room)
            painter.setFont(font(size))
            painter.setPen(self._label_color or QColor(self.look.palette.quiet))
            below, above = self.frame.bottom() + 1.1 * size + 3, self.frame.top() - 7
            y = below if self.is_label_below else above - (4 if self.can_open else 0)
            painter.drawText(QPointF(self.frame.left(), y), self.label)

    def shape(self) -> QPainterPath:
        """Return what the mouse finds: the box and its lock."""
        path = super().shape()
        path.setFillRule(Qt.FillRule.WindingFill)
        if self.can_freeze:
            path.addRect(self.lock_area)
        return path

    @property
    def lock_area(self) -> QRectF:
        """Where its lock is, away from the label."""
        side = self.frame.top() if self.is_label_below else self.frame.bottom() - 4
        return QRectF(self.frame.right() - 13, side - 9, 20, 20)

    def _paint_lock(self, painter: QPainter) -> None:
        frozen = self.box.is_frozen
        if not frozen and not self.look.offers_switches:
            return
        palette = self.look.palette
        area = self.lock_area
        painter.setPen(QPen(QColor(palette.quiet if frozen else palette.line), 1))
        painter.setBrush(self.look.background)
        painter.drawEllipse(area)
        painter.setPen(QPen(QColor(palette.text if frozen else palette.quiet), 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(lock(area.center(), is_closed=frozen))


class LossItem(Stop):
    """The loss of an output, at the end of its head.

    Attributes
    ----------
    place : int
        The output's place.
    output : str
        Its name.
    weight : float or None
        λ, if it is known.
    loss : str
        The loss's title; may be empty.
    """

    def __init__(self, look: Look, switches: Switches, place: int, output: str) -> None:
        super().__init__(look, switches, loss_size(look))
        self.place = place
        self.output = output
        self.weight: float | None = None
        self.loss = ""

    def show_weight(self, weight: float | None, loss: str) -> None:
        """Show another λ, or the title of another loss."""
        if (weight, loss) != (self.weight, self.loss):
            self.weight, self.loss = weight, loss
            self.update()

    @property
    def is_off(self) -> bool:
        """Whether λ is 0."""
        return self.weight == 0

    def activate(self) -> None:
        """Have λ set to 0, or back."""
        self.switches.weight_toggled.emit(self.output)

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Draw it."""
        zoom = zoom_of(painter)
        if zoom >= VERY_FAR:
            quiet = QColor(self.look.palette.quiet)
            painter.setPen(quiet if self.is_off else self.look.color(self.place))
            frame = self.frame.adjusted(10, 0, 0, 0)
            second = "λ = 0" if self.is_off else self.loss
            if self.look.is_plain:
                text = second if self.is_off else words.loss_symbol(self.place)
                _write(painter, frame, text, PLAIN, Qt.AlignmentFlag.AlignLeft)
            elif second and zoom >= FAR:
                half = self.frame.height() / 2
                upper = frame.adjusted(0, 0, 0, -half)
                symbol = words.loss_symbol(self.place)
                _write(painter, upper, symbol, TITLE + 1, Qt.AlignmentFlag.AlignLeft)
                painter.setPen(quiet)
                lower = frame.adjusted(0, half, 0, 0)
                _write(painter, lower, second, DETAIL, Qt.AlignmentFlag.AlignLeft)
            else:
                symbol = words.loss_symbol(self.place)
                size = _enlarged(symbol, TITLE + 1, zoom, self.frame)
                _write(painter, frame, symbol, size, Qt.AlignmentFlag.AlignLeft)
        self._paint_focus(painter)


def loss_size(look: Look) -> Point:
    """Return the width and height of a loss: the title of a common one is written whole."""
    return (62.0, 30.0) if look.is_plain else (124.0, 40.0)


def box_size(box: Box, look: Look, *, is_open: bool = False) -> Point:
    """Return the width and height that a box needs, in pixels at zoom 1."""
    if look.is_plain:
        width = max(36.0, _text_width(_plain_title(box), PLAIN) + 10)
        return (min(width, _WIDEST_BOX), 30.0)
    lines = words.inside_lines(box.layers[0]) if is_open else ()
    if _is_minor(box):
        title = _title(box)
        width = max(44.0, _text_width(title, DETAIL) + 18, _legible(title))
        return (min(width, _WIDEST_BOX), 30.0)
    if box.is_folded:
        return (120.0, 50.0)
    texts = [(words.box_title(box), TITLE), (words.box_detail(box), DETAIL)]
    texts += [(line, DETAIL) for line in lines]
    width = max(_text_width(text, size) for text, size in texts) + 34
    width = max(width, _legible(words.box_title(box)))
    height = 50.0 + (_LINE * len(lines) + 8 if lines else 0.0)
    return (min(max(_BOX, width), _WIDEST_BOX), height)


def _legible(title: str) -> float:
    """Return the width in which a title is legible where the whole picture is small."""
    return _text_width(title, LEGIBLE / _SMALL_PICTURE) + 12


def _title(box: Box) -> str:
    """Return what a box is called: a small one without the part of the network that it is in."""
    return words.short_title(box.name) if _is_minor(box) else words.box_title(box)


def _plain_title(box: Box) -> str:
    """Return what a box is called where there is room for little."""
    return _title(box).replace(" · ", " ")


def _is_minor(box: Box) -> bool:
    """Return whether a box is small: a layer without weights between others."""
    layer = box.layers[0]
    return not (box.is_folded or box.weights or layer.inside or layer.kind == "InputLayer")


def _text_width(text: str, size: float) -> float:
    return float(QFontMetricsF(font(size)).horizontalAdvance(text)) if text else 0.0


def _write(
    painter: QPainter,
    where: QRectF,
    text: str,
    size: float,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter,
) -> None:
    """Write a text of one line, shortened in the middle if it is too long."""
    chosen = font(size)
    painter.setFont(chosen)
    elide = Qt.TextElideMode.ElideMiddle
    shown = QFontMetricsF(chosen).elidedText(text, elide, where.width() + 1)
    painter.drawText(where, align | Qt.AlignmentFlag.AlignVCenter, shown)


def _enlarged(text: str, size: float, zoom: float, room: QRectF) -> float:
    """Return the size of a text that is legible at a zoom, as far as there is room for it."""
    width = max(1.0, _text_width(text, size))
    most = min(LEGIBLE / zoom, size * room.width() / width, 0.75 * room.height())
    return max(size, math.floor(most))
