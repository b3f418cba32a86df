"""Curves of links: smooth, in parallel, and as wide as a norm says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from qtpy.QtCore import QPointF
from qtpy.QtGui import QPainterPath

from lossexplorer.app.network.longest_path import Point

WIDEST = 12.0
"""The width of a line at the full norm, in pixels at zoom 1."""

NARROWEST = 1.2
"""No line that is not 0 is narrower, on the screen."""

PARALLEL_GAP = 2.0
"""Between two lines of a link."""

_CORNER = 16.0
_SAMPLES = 20


def full_norm(norms: Sequence[float]) -> float:
    """Return the norm that is drawn with `WIDEST`: 1, 2 or 5 times a power of ten.

    It changes only when the largest norm passes such a number, so that widths can be compared from
    step to step.

    Examples
    --------
    >>> [full_norm(norms) for norms in ([0.139, 0.0321], [0.5], [0.0])]
    [0.2, 0.5, 1.0]
    """
    largest = max((norm for norm in norms if math.isfinite(norm)), default=0.0)
    if largest <= 0:
        return 1.0
    exponent = math.floor(math.log10(largest))
    for candidate in (1, 2, 5, 10):
        full = float(f"{candidate}e{exponent}")
        if largest <= full:
            return full
    return 10.0 ** (exponent + 1)


def line_width(norm: float, full: float) -> float:
    """Return the width of a line in pixels at zoom 1, linear in the norm."""
    return WIDEST * min(norm / full, 1.0) if math.isfinite(norm) else WIDEST / 3


def smooth(points: Sequence[Point]) -> list[Point]:
    """Return the points of a curve that leaves and arrives horizontally.

    A route of two columns becomes an S; the corners of a longer one are rounded.
    """
    (x0, y0), (x1, y1) = points[0], points[-1]
    if abs(y1 - y0) < 0.5 and len(points) == 2:
        return [points[0], points[-1]]
    if len(points) <= 4 and x1 > x0:
        half = (x1 - x0) / 2
        return _sampled(points[0], (x0 + half, y0), (x1 - half, y1), points[-1])
    rounded = [points[0]]
    for (before, corner), (_, behind) in pairwise(pairwise(points)):
        begin, end = _towards(corner, before), _towards(corner, behind)
        rounded += _sampled(begin, corner, corner, end)
    return [*rounded, points[-1]]


def _towards(corner: Point, other: Point) -> Point:
    """Return the point at which the rounding of a corner begins or ends."""
    length = math.dist(corner, other)
    share = min(0.5, _CORNER / length) if length else 0.0
    return (corner[0] + share * (other[0] - corner[0]), corner[1] + share * (other[1] - corner[1]))


def _sampled(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    """Return points of a cubic Bézier curve."""
    curve = []
    for place in range(_SAMPLES + 1):
        t = place / _SAMPLES
        factors = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        x, y = (
            sum(f * p[axis] for f, p in zip(factors, (a, b, c, d), strict=True)) for axis in (0, 1)
        )
        curve.append((x, y))
    return curve


def normals(points: Sequence[Point]) -> list[Point]:
    """Return the unit normal of a curve in each point, to the right of its direction."""
    found = []
    for place in range(len(points)):
        (x0, y0), (x1, y1) = points[max(0, place - 1)], points[min(len(points) - 1, place + 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        found.append((-(y1 - y0) / length, (x1 - x0) / length))
    return found


def parallel(points: Sequence[Point], across: Sequence[Point], offset: float) -> QPainterPath:
    """Return the curve at a distance from another; `across` are the other's normals."""
    path = QPainterPath()
    for place, ((x, y), (nx, ny)) in enumerate(zip(points, across, strict=True)):
        point = QPointF(x + offset * nx, y + offset * ny)
        path.lineTo(point) if place else path.moveTo(point)
    return path


def offsets(widths: Sequence[float]) -> list[float]:
    """Return where the middle of each of several lines lies, so that all are centred.

    A line of width 0 takes no room.

    Examples
    --------
    >>> offsets([2.0, 0.0, 6.0])
    [-4.0, 0.0, 2.0]
    """
    drawn = [width for width in widths if width]
    at = -(sum(drawn) + PARALLEL_GAP * max(0, len(drawn) - 1)) / 2
    found = []
    for width in widths:
        found.append(at + width / 2 if width else 0.0)
        at += width + PARALLEL_GAP if width else 0.0
    return found


def halves(points: Sequence[Point]) -> tuple[list[Point], list[Point]]:
    """Return a curve up to the middle of its length, and from there on."""
    lengths = [math.dist(a, b) for a, b in pairwise(points)]
    rest = sum(lengths) / 2
    for place, length in enumerate(lengths):
        if rest <= length:
            (x0, y0), (x1, y1) = points[place], points[place + 1]
            share = rest / length if length else 0.0
            middle = (x0 + share * (x1 - x0), y0 + share * (y1 - y0))
            return [*points[: place + 1], middle], [middle, *points[place + 1 :]]
        rest -= length
    return list(points), [points[-1]]
