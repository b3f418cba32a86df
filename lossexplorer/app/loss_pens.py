"""With which pens and brushes the losses that are shown are drawn.

The first of a loss has a line, or dashes where dashes say something; every other one has dots in
it, one more each, and its bars are stripes, so that it is told from the first without its colour.
"""

from __future__ import annotations

from functools import cache

from qtpy.QtCore import Qt
from qtpy.QtGui import QBrush, QColor, QPen

from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.engine.messages import number_of
from lossexplorer.session.loss_colours import color_of

_WIDTH = 2
_DASH = (4.0, 2.0)  # in widths of the line: drawn, left out
_DOT = (1.0, 2.0)
_AFTER = 5.0  # left out where the dots begin again
_STYLES = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.DiagCrossPattern,
)
"""Of the first one of a loss, the second, the third, and every later one."""


def pen_of(name: str, *, dashed: bool = False, width: float = _WIDTH) -> QPen:
    """Return the pen of a loss's curve.

    Parameters
    ----------
    name : str
        The name that the loss is shown under.
    dashed : bool
        Whether the curve is one of those that the plot draws dashed.
    width : float
        In pixels.
    """
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    pen = plot_pen(color_of(name), width=width, style=style)
    if number_of(name) > 1:
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(dash_pattern(number_of(name), dashed=dashed))
    return pen


def dash_pattern(number: int, *, dashed: bool) -> list[float]:
    """Return what the line of the second or a later one of a loss is made of.

    Parameters
    ----------
    number : int
        Which one of the loss, from 2.
    dashed : bool
        Whether it has a dash before the dots.

    Returns
    -------
    list of float
        Lengths in widths of the line, in turn drawn and left out.

    Examples
    --------
    >>> dash_pattern(2, dashed=False), dash_pattern(2, dashed=True)
    ([1.0, 2.0], [4.0, 2.0, 1.0, 2.0])
    >>> dash_pattern(3, dashed=False)
    [1.0, 2.0, 1.0, 5.0]
    """
    pattern = [*(_DASH if dashed else ()), *_DOT * (number - 1)]
    if number > 2 and not dashed:
        pattern[-1] = _AFTER
    return pattern


@cache
def brush_of(name: str) -> QBrush:
    """Return the brush of a loss's bars and marks: of the second one and on it is stripes.

    It is one and the same object for a name, because pyqtgraph draws a symbol anew for each.
    """
    style = _STYLES[min(number_of(name), len(_STYLES)) - 1]
    return QBrush(QColor(color_of(name)), style)


@cache
def outline_of(name: str) -> QPen | None:
    """Return the outline of a loss's bars; None where they are filled."""
    return None if number_of(name) == 1 else plot_pen(color_of(name), width=1)
