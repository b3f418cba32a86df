"""The pixels of a canvas, at any scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtGui import QImage


def drawn_anew(canvas: Any, scale: float) -> QImage:
    """Return what is on a canvas of napari, with `scale` pixels for each of the screen.

    It is drawn into a buffer of its own, and what is on the screen stays. vispy takes its pixels
    from the size of the widget in physical pixels, which is another one meanwhile.

    Parameters
    ----------
    canvas : VispyCanvas
        Whose widget is shown.
    scale : float
        Above 0.
    """
    native, scene = canvas.native, canvas._scene_canvas
    former = native._vispy_get_physical_size()
    size = round(native.width() * scale), round(native.height() * scale)
    native._vispy_set_physical_size(*size)
    try:
        pixels = np.ascontiguousarray(scene.render(size=size))
    finally:
        native._vispy_set_physical_size(*former)
        native.update()
    height, width, values = pixels.shape
    image = QImage(pixels.data, width, height, values * width, QImage.Format.Format_RGBA8888)
    return image.copy()  # which owns its pixels
