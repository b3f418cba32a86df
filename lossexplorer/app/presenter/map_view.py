"""A map of a page: its picture, the outline of the truth, its title and its colours."""

from __future__ import annotations

import math

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTransform,
)
from qtpy.QtWidgets import QSizePolicy, QWidget

from lossexplorer.app.presenter.painting import MapPicture, edges
from lossexplorer.app.theme import UNIT
from lossexplorer.viewer import colors

_FILLED = 0.55  # of height and width at most, by the labelled voxels
_GROUND, _PLATE = QColor(0, 0, 0), QColor(0, 0, 0, 170)
_TEXT = QColor(255, 255, 255)
_ERRORS = (
    (colors.FALSE_POSITIVE, "false positive"),
    (colors.FALSE_NEGATIVE, "false negative"),
)
_STRIPS = {"prediction": colors.PROBABILITY, "gradient": colors.DIVERGING}


class MapView(QWidget):
    """Draws one map as large as there is room, around the labelled voxels.

    Parameters
    ----------
    name : {"truth", "prediction", "error", "gradient"}
        Which map.

    Attributes
    ----------
    picture : MapPicture or None
        What is drawn; None before anything is answered.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.picture: MapPicture | None = None
        self._title, self._ends = "", ("", "")
        self._images: list[tuple[QImage, bool]] = []
        self._outline = QPainterPath()
        self.factor = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"map: {name}")

    def show_picture(self, picture: MapPicture, title: str, ends: tuple[str, str]) -> None:
        """Draw another picture.

        Parameters
        ----------
        picture : MapPicture
            The map.
        title : str
            Written above it.
        ends : tuple of str
            The numbers at both ends of its colours, where they are a scale.
        """
        before, self.picture = self.picture, picture
        self._title, self._ends = title, ends
        self._images = []
        if picture.anatomy is not None:
            self._images.append((_image(picture.anatomy), True))
        self._images.append((_image(picture.colors), False))
        if before is None or not np.array_equal(before.outlined, picture.outlined):
            self._outline = QPainterPath()
            for x, y, to_x, to_y in edges(picture.outlined):
                self._outline.moveTo(x, y)
                self._outline.lineTo(to_x, to_y)
        self.update()

    def clear(self) -> None:
        """Draw nothing: what was drawn belongs to something else."""
        self.picture, self._images, self._outline = None, [], QPainterPath()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw it."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.fillRect(self.rect(), _GROUND)
        if self.picture is not None:
            self._draw_map(painter, self.picture)
            painter.resetTransform()
            self._draw_words(painter)
        painter.end()

    def _draw_map(self, painter: QPainter, picture: MapPicture) -> None:
        height, width = picture.spacing
        painter.setTransform(self.placed(picture))
        for image, is_smooth in self._images:
            # What is painted keeps its voxels; between those of the anatomy it is interpolated.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
            painter.drawImage(QRectF(0, 0, image.width() * width, image.height() * height), image)
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        placed = QTransform.fromScale(width, height) * self.placed(picture)
        outline = placed.map(self._outline)
        for color, thickness in ((QColor(0, 0, 0, 150), 1.8), (QColor(255, 255, 255), 0.8)):
            # In pixels of the page: those of a picture of it may be smaller.
            pen = QPen(color, thickness * self.factor)
            pen.setCapStyle(Qt.PenCapStyle.SquareCap)
            painter.setPen(pen)
            painter.drawPath(outline)

    def placed(self, picture: MapPicture) -> QTransform:
        """Return where a millimetre of a picture is drawn."""
        height, width = picture.spacing
        top, left, rows, columns = picture.box
        whole = picture.outlined.shape
        zoom = _FILLED * min(self.width() / (columns * width), self.height() / (rows * height))
        # No further away than where the whole slice is seen.
        far = min(self.width() / (whole[1] * width), self.height() / (whole[0] * height))
        zoom = max(zoom, far)
        y, x = (top + rows / 2) * height, (left + columns / 2) * width
        moved = QTransform.fromTranslate(self.width() / 2, self.height() / 2)
        return QTransform.fromTranslate(-x, -y) * QTransform.fromScale(zoom, zoom) * moved

    def _draw_words(self, painter: QPainter) -> None:
        """Write the title above, and below what the colours are."""
        font = self.font()
        font.setPixelSize(round(11 * self.factor))
        painter.setFont(font)
        metrics, gap = QFontMetricsF(font), 0.5 * UNIT * self.factor
        line = metrics.height() + gap
        painter.fillRect(QRectF(0, 0, self.width(), line), _PLATE)
        painter.setPen(_TEXT)
        room = self.width() - 2 * gap
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(gap, gap / 2 + metrics.ascent()), title)
        base = self.height() - gap / 2 - metrics.descent()
        plate = QRectF(0, self.height() - line, self.width(), line)
        if self.name in _STRIPS:
            painter.fillRect(plate, _PLATE)
            self._draw_strip(painter, metrics, base, gap)
        elif self.name == "error":
            painter.fillRect(plate, _PLATE)
            self._draw_categories(painter, metrics, base, gap)

    def _draw_strip(
        self, painter: QPainter, metrics: QFontMetricsF, base: float, gap: float
    ) -> None:
        low, high = self._ends
        painter.drawText(QPointF(gap, base), low)
        right = self.width() - gap - metrics.horizontalAdvance(high)
        painter.drawText(QPointF(right, base), high)
        left = 2 * gap + metrics.horizontalAdvance(low)
        strip = QRectF(left, base - metrics.capHeight(), right - gap - left, metrics.capHeight())
        gradient = QLinearGradient(strip.topLeft(), strip.topRight())
        for place, color in _STRIPS[self.name]:
            gradient.setColorAt(place, QColor.fromRgbF(*color))
        painter.fillRect(strip, gradient)

    def _draw_categories(
        self, painter: QPainter, metrics: QFontMetricsF, base: float, gap: float
    ) -> None:
        x, side = gap, metrics.capHeight()
        for category, words in _ERRORS:
            painter.fillRect(
                QRectF(x, base - side, side, side),
                QColor.fromRgbF(*colors.ERROR_COLORS[category][:3]),
            )
            x += side + gap
            painter.drawText(QPointF(x, base), words)
            x += metrics.horizontalAdvance(words) + 2 * gap


def _image(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> QImage:
    """Return an image of grey or of coloured voxels that owns its bytes."""
    array = np.ascontiguousarray(array)
    rows, columns = array.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if array.ndim == 2 else QImage.Format.Format_RGBA8888
    stride = math.prod(array.shape[1:])
    return QImage(array.data, columns, rows, stride, kind).copy()
