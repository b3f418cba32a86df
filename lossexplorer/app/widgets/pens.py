"""Pens of plots, as wide on a screen of many pixels as on any other."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication, QPen


def screen_scale() -> float:
    """Return how many pixels of the screen a pixel of the window has along an edge.

    Of several screens it is that with the most, as a pen does not know its screen.
    """
    application = QGuiApplication.instance()
    return application.devicePixelRatio() if isinstance(application, QGuiApplication) else 1.0


def plot_pen(color: Any, *, width: float = 1, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """Return the pen of a line in a plot.

    The lines of pyqtgraph are as wide whatever the ranges of the plot are, which Qt counts in
    pixels of the screen: where its scale is 2 they were half as wide.

    Parameters
    ----------
    color : str or QColor
        As pyqtgraph takes it.
    width : float
        In pixels of the window.
    style : Qt.PenStyle
        Drawn through, or dashed.
    """
    pen: QPen = pg.mkPen(color, width=width * screen_scale(), style=style)
    return pen
