"""Boxes of the picture."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen
from qtpy.QtWidgets import QGraphicsSceneMouseEvent, QStyleOptionGraphicsItem, QWidget

from lossexplorer.app.network import words
from lossexplorer.app.network.folding import Box
from lossexplorer.app.network.glyphs import lock
from lossexplorer.app.network.layout import COLUMN_GAP
from lossexplorer.app.network.lettering import enlarged, text_width, write
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
from lossexplorer.app.network.stop import Stop
from lossexplorer.app.network.switches import Switches

_LABEL, _LINE = 20.0, 16.0
_BOX, _WIDEST_BOX = 84.0, 168.0
_SMALL_PICTURE = 0.5
"""The zoom of the usual network in a window of 1280 × 720."""


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
        label = text_width(self.label, DETAIL + 4)
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
        return title, enlarged(title, DETAIL if _is_minor(self.box) else TITLE, zoom, self._inner)

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
        write(painter, QRectF(inner.left(), top, inner.width(), high), title, size)
        painter.setPen(QColor(palette.quiet))
        if has_detail:
            where = QRectF(inner.left(), top + high + 1, inner.width(), 1.4 * DETAIL)
            write(painter, where, detail, DETAIL)
        if zoom >= FAR:
            for place, line in enumerate(lines):
                where = QRectF(inner.left(), top + 42 + _LINE * place, inner.width(), _LINE)
                write(painter, where, line, DETAIL)
            self._paint_label(painter, zoom)

    def _paint_label(self, painter: QPainter, zoom: float) -> None:
        if self.label:
            room = QRectF(0, 0, self.frame.width() + COLUMN_GAP - 8, _LABEL)
            size = enlarged(self.label, DETAIL, zoom, room)
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


def box_size(box: Box, look: Look, *, is_open: bool = False) -> Point:
    """Return the width and height that a box needs, in pixels at zoom 1."""
    if look.is_plain:
        width = max(36.0, text_width(_plain_title(box), PLAIN) + 10)
        return (min(width, _WIDEST_BOX), 30.0)
    lines = words.inside_lines(box.layers[0]) if is_open else ()
    if _is_minor(box):
        title = _title(box)
        width = max(44.0, text_width(title, DETAIL) + 18, _legible(title))
        return (min(width, _WIDEST_BOX), 30.0)
    if box.is_folded:
        return (120.0, 50.0)
    texts = [(words.box_title(box), TITLE), (words.box_detail(box), DETAIL)]
    texts += [(line, DETAIL) for line in lines]
    width = max(text_width(text, size) for text, size in texts) + 34
    width = max(width, _legible(words.box_title(box)))
    height = 50.0 + (_LINE * len(lines) + 8 if lines else 0.0)
    return (min(max(_BOX, width), _WIDEST_BOX), height)


def _legible(title: str) -> float:
    """Return the width in which a title is legible where the whole picture is small."""
    return text_width(title, LEGIBLE / _SMALL_PICTURE) + 12


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
