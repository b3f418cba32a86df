"""Widths and curves of lines."""

import math
from itertools import pairwise

import pytest
from qtpy.QtCore import QPointF

from lossexplorer.app.network import strokes

S = [(0.0, 0.0), (27.0, 0.0), (27.0, 80.0), (54.0, 80.0)]


def test_a_line_is_as_wide_as_its_norm():
    assert strokes.line_width(0.05, 0.2) / strokes.line_width(0.1, 0.2) == 0.5
    assert strokes.line_width(0.2, 0.2) == strokes.WIDEST
    assert strokes.line_width(0.0, 0.2) == 0.0


@pytest.mark.parametrize("norm", [1e-7, 0.99, 1.0, 1.01, 4.9, 5.1, 9.99e8])
def test_the_full_norm_is_a_round_number_at_most_two_and_a_half_times_the_largest(norm):
    full = strokes.full_norm([norm, 0.0, math.nan, math.inf])
    assert norm <= full < 2.5 * norm * (1 + 1e-12)
    digits = full / 10 ** math.floor(math.log10(full))
    assert min(abs(digits - round_) for round_ in (1, 2, 5, 10)) < 1e-9


def test_parallel_lines_do_not_touch_and_lie_around_the_middle():
    widths = [2.0, 0.0, 6.0, 4.0]
    places = strokes.offsets(widths)
    drawn = [(place, width) for place, width in zip(places, widths, strict=True) if width]
    for (a, wa), (b, wb) in pairwise(drawn):
        assert (b - wb / 2) - (a + wa / 2) == pytest.approx(strokes.PARALLEL_GAP)
    assert drawn[0][0] - drawn[0][1] / 2 == pytest.approx(-(drawn[-1][0] + drawn[-1][1] / 2))


def test_a_curve_leaves_and_arrives_horizontally():
    curve = strokes.smooth(S)
    (x0, y0), (x1, y1) = curve[0], curve[1]
    assert abs(y1 - y0) < 0.2 * (x1 - x0)
    (x0, y0), (x1, y1) = curve[-2], curve[-1]
    assert abs(y1 - y0) < 0.2 * (x1 - x0)
    assert (curve[0], curve[-1]) == (S[0], S[-1])


@pytest.mark.parametrize("offset", [-6.0, 3.0])
def test_a_parallel_curve_keeps_its_distance(offset):
    curve = strokes.smooth(S)
    path = strokes.parallel(curve, strokes.normals(curve), offset)
    fine = strokes.parallel(curve, strokes.normals(curve), 0.0)
    middle = [fine.pointAtPercent(step / 2000) for step in range(2001)]
    for step in range(5, 96):
        point = path.pointAtPercent(step / 100)
        nearest = min(math.hypot(point.x() - m.x(), point.y() - m.y()) for m in middle)
        assert nearest == pytest.approx(abs(offset), abs=0.25)


def test_the_halves_of_a_curve_are_equally_long_and_join():
    begin, end = strokes.halves([(0.0, 0.0), (10.0, 0.0), (10.0, 4.0), (18.0, 4.0)])
    assert begin == [(0.0, 0.0), (10.0, 0.0), (10.0, 1.0)]
    assert end == [(10.0, 1.0), (10.0, 4.0), (18.0, 4.0)]


def test_a_long_route_keeps_to_its_corners():
    points = [(0.0, 0.0), (27.0, 0.0), (27.0, 56.0), (200.0, 56.0), (200.0, 0.0), (227.0, 0.0)]
    curve = strokes.smooth(points)
    path = strokes.parallel(curve, strokes.normals(curve), 0.0)
    for corner in points[1:-1]:
        distances = [
            math.dist(corner, (p.x(), p.y()))
            for p in (path.pointAtPercent(step / 1000) for step in range(1001))
        ]
        assert 1.0 < min(distances) < 12.0
    assert path.currentPosition() == QPointF(227.0, 0.0)
