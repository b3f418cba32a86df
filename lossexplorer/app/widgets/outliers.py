"""Values so large that beside them the others would have no height: they are cut off and marked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lossexplorer.app.widgets.edge_marks import Mark
from lossexplorer.app.widgets.quiet_plot import finite
from lossexplorer.core.numbers import loss_value

_OUTLIER = 8.0
"""Of the 90th percentile of the others' size: a larger value would leave them no height."""
_FEW = 8

Range = tuple[float, float]
Values = Sequence[float] | NDArray[np.float64]


def usual_range(values: Values, least: float = 0.0) -> Range | None:
    """Return the range that leaves the other values their height beside outliers.

    Parameters
    ----------
    values : sequence of float
        What is drawn.
    least : float
        What is no larger is no outlier.

    Returns
    -------
    tuple of float or None
        From 0 or below it to 0 or above it; None if there are no outliers, or too few values to
        say so.

    Examples
    --------
    >>> usual_range([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    >>> usual_range([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1000])
    (0.0, 10.5)
    >>> usual_range([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1000], least=1000)
    """
    known = finite(values)
    known = known[np.isfinite(known) & (known != 0)]
    if known.size < _FEW:
        return None
    most = max(_OUTLIER * np.percentile(np.abs(known), 90), least)
    is_usual = np.abs(known) <= most
    if is_usual.all():
        return None
    usual = known[is_usual]
    return 1.05 * min(float(usual.min()), 0.0), 1.05 * max(float(usual.max()), 0.0)


def usual_range_of_curves(curves: Iterable[Values]) -> Range | None:
    """Return the range in which no curve loses its height to outliers, its own or another's.

    A value is an outlier beside the others of its curve, so that a curve that lies far above the
    others is drawn whole; one up to 1, as far as most losses go, never is.

    Parameters
    ----------
    curves : iterable of sequence of float
        The values of each curve.

    Returns
    -------
    tuple of float or None
        As of `usual_range`; None if everything that is finite has its place.

    Examples
    --------
    >>> falling = [900.0, *(2.0 for _ in range(20))]
    >>> usual_range_of_curves([falling, [0.5] * 21])
    (0.0, 2.1)
    >>> usual_range_of_curves([falling, [1000.0] * 21])
    """
    found: list[Range] = []
    highest = lowest = 0.0
    for values in curves:
        known = finite(values)
        known = known[np.isfinite(known)]
        low, high = min(known.min(initial=0.0), 0.0), max(known.max(initial=0.0), 0.0)
        lowest, highest = min(lowest, float(low)), max(highest, float(high))
        found.append(usual_range(values, least=1.0) or (1.05 * float(low), 1.05 * float(high)))
    low = min((each[0] for each in found), default=0.0)
    high = max((each[1] for each in found), default=0.0)
    return None if low <= lowest and highest <= high else (low, high)


def has_place(value: float, limits: Range | None) -> bool:
    """Return whether a value can be drawn whole."""
    return math.isfinite(value) and (limits is None or limits[0] <= value <= limits[1])


def marks_of_outliers(
    places: Sequence[float],
    values: Sequence[float],
    limits: Range | None,
    color: str,
    row: int = 0,
    factor: float = 1.0,
) -> list[Mark]:
    """Return a mark for each stretch of a curve that is cut off, at its largest value.

    Parameters
    ----------
    places, values : sequence of float
        The points of the curve, in the order of their places.
    limits : tuple of float or None
        What is seen, as `usual_range` returns it.
    color : str
        The loss's.
    row : int
        As in `lossexplorer.app.widgets.edge_marks.Mark`.
    factor : float
        By which the values are drawn.

    Examples
    --------
    >>> found = marks_of_outliers([1, 2, 3, 4, 5], [1, 50, 90, 2, -70], (-3, 3), "#ffffff")
    >>> [(mark.place, mark.word) for mark in found]
    [(3.0, '90.0000'), (5.0, '−70.0000')]
    """
    if limits is None:
        return []

    def side(point: tuple[float, float]) -> int:
        height = point[1] * factor
        cut = math.isfinite(height) and not has_place(height, limits)
        return int(math.copysign(1, height)) if cut else 0

    points = zip(places, values, strict=True)
    marks = []
    for edge, stretch in groupby(points, side):
        if edge:
            place, value = max(stretch, key=lambda point: abs(point[1]))
            marks.append(Mark(float(place), loss_value(value), color, row))
    return marks
