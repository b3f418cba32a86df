"""What a hand does with a picture, and what an eye sees of it."""

import numpy as np
from qtpy.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtTest import QTest

LEFT = Qt.MouseButton.LeftButton
SCALE = 2
"""Pixels of `seen` for each at zoom 1."""


def on_screen(view, point):
    """A place of the picture, in the view's pixels."""
    return view.mapFromScene(point)


def click(view, point):
    QTest.mouseClick(view.viewport(), LEFT, pos=on_screen(view, point))


def double_click(view, point):
    """As Qt sends it: two presses, the second of which is the double click."""
    click(view, point)
    QTest.mouseDClick(view.viewport(), LEFT, pos=on_screen(view, point))


def lock_of(item):
    """The place of the lock of a box."""
    return item.mapToScene(item.lock_area.center())


def keys(view, *pressed):
    for key in pressed:
        QTest.keyClick(view, key)


def go_to(view, item):
    """Press Tab until the keyboard acts on an item."""
    for _ in view.stops:
        if view.current is item:
            return
        keys(view, Qt.Key.Key_Tab)
    assert view.current is item


def pixels(image):
    """RGB of a QImage, shape (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.array(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def seen(view, scale=SCALE):
    """What the picture looks like without focus and mouse, shape (height, width, 3)."""
    from lossexplorer.app.network.export import png

    image = QImage.fromData(png(view.picture, "", scale))
    return pixels(image)


def place_in_export(view, point, scale=SCALE):
    """Row and column of a place of the picture in `seen`."""
    drawn = view.picture.drawn
    offset = QPointF(point.x() - drawn.left(), point.y() - drawn.top() + 28)
    return round(offset.y() * scale), round(offset.x() * scale)


def thickness(view, point, color):
    """How many pixels at zoom 1 a column through a place of the picture has in a colour."""
    scale = 20
    image = QImage(2 * scale, 40 * scale, QImage.Format.Format_RGB32)
    image.fill(view.backgroundBrush().color())
    painter = QPainter(image)
    area = QRectF(point.x() - 1, point.y() - 20, 2, 40)
    view.picture.render(painter, QRectF(image.rect()), area)
    painter.end()
    return count(pixels(image)[:, scale : scale + 1], color) / scale


def count(area, color):
    """How many pixels have a colour."""
    wanted = np.array(QColor(color).getRgb()[:3])
    return int((np.abs(area - wanted).max(axis=2) < 8).sum())


def free_place(view):
    """A pixel of the view where there is nothing."""
    area = view.viewport().rect()
    places = (QPoint(x, y) for x in range(130, area.width() - 130, 9) for y in range(9, 200, 9))
    return next(place for place in places if not view.items(QRect(place, QSize(8, 8))))
