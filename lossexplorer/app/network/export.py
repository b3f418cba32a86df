"""The picture as SVG and PNG."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QBuffer, QIODevice, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter

from lossexplorer.app.network.look import DETAIL, font
from lossexplorer.app.network.scene import NetworkScene
from lossexplorer.app.svg import svg_of

_HEADER = 28.0


def svg(scene: NetworkScene, header: str) -> bytes:
    """Return the picture as an SVG document at zoom 1, in the colours of the theme.

    Parameters
    ----------
    scene : NetworkScene
        The picture.
    header : str
        What is written above it.
    """
    size = _size(scene)
    return svg_of(
        partial(_paint, scene, header),
        QRectF(0, 0, size.width(), size.height()),
        size,
        "Network: which loss reaches which layer",
        header,
    )


def png(scene: NetworkScene, header: str, scale: float) -> bytes:
    """Return the picture as PNG, with `scale` pixels for each at zoom 1."""
    size = _size(scene)
    made = QImage(size * scale, QImage.Format.Format_RGB32)
    made.fill(QColor(scene.look.background))  # its last row and column may be covered in part
    painter = QPainter(made)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.scale(scale, scale)
    _paint(scene, header, painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want the format in bytes
    return bytes(buffer.data().data())


def _size(scene: NetworkScene) -> QSize:
    drawn = scene.drawn
    return QSize(round(drawn.width()), round(drawn.height() + _HEADER))


def _paint(scene: NetworkScene, header: str, painter: QPainter) -> None:
    look, drawn = scene.look, scene.drawn
    whole = QRectF(0, 0, drawn.width(), drawn.height() + _HEADER)
    painter.fillRect(whole, look.background)
    painter.setFont(font(DETAIL))
    painter.setPen(QColor(look.palette.quiet))
    painter.drawText(QPointF(16, 20), header)
    below = whole.adjusted(0, _HEADER, 0, 0)
    with scene.bare():
        scene.render(painter, below, drawn, Qt.AspectRatioMode.KeepAspectRatio)
