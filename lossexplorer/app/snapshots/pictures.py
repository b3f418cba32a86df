"""The small picture of a snapshot, as PNG."""

from __future__ import annotations

from qtpy.QtCore import QBuffer, QIODevice
from qtpy.QtGui import QImage

from lossexplorer.app.context import Context

WIDTH, HEIGHT = 76, 57
"""Of a picture in the strip, in pixels of the window."""
_FINER = 2
"""How many pixels of the picture there are for one of them: screens may have more, too."""


def picture_now(context: Context) -> bytes:
    """Return a PNG of what the canvas shows; empty while there is none.

    It is painted from the maps: what the window system has of the window need not be the canvas,
    and reading that takes its OpenGL context away.
    """
    canvas = context.stage.canvas
    if canvas is None:
        return b""
    context.stage.paint()  # what waits to be painted
    shown = context.session.state.view.class_index
    pixels = canvas.thumbnail(shown, (_FINER * HEIGHT, _FINER * WIDTH))
    if pixels is None:
        return b""
    height, width, _ = pixels.shape
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # which PyQt6 takes, too
    return bytes(buffer.data().data())
