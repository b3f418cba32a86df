"""Scores beyond a side are measured once for a curve, whose points cross from side to side."""

import numpy as np
import pytest

from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.simulation import beyond
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import Grid, VolumeSide, scores_beyond
from tests.engine.small import ask, setting

SPACING = (1.0, 1.0, 1.0)
SIDES = [VolumeSide(axis, is_first) for axis in (1, 2) for is_first in (True, False)]


def labels():
    """Boxes that touch all sides along y and x."""
    found = np.zeros((6, 16, 32), np.uint8)
    found[1:5, 5:12] = 1
    found[2:4, :, 9:20] = 2
    return found


@pytest.fixture
def measured(monkeypatch):
    """The sides beyond which scores were measured."""
    sides = []

    def noted(labels, classes, spacing, side, planes):
        sides.append(side)
        return scores_beyond(labels, classes, spacing, side, planes)

    monkeypatch.setattr(beyond, "scores_beyond", noted)
    return sides


@pytest.mark.parametrize("shift_y", [0.0, 1.0])
def test_a_curve_against_a_shift_measures_every_side_once(measured, shift_y):
    def value(pipeline, place):
        answer = pipeline.answer(ask([setting("dice")], shift_x=place, shift_y=shift_y))
        return answer.losses[0].value

    def opened():
        return Pipeline(Volume(labels(), ("background", "a", "b"), SPACING))

    whole, places = opened(), [-4.0, 4.0, -1.5, 2.0, -3.0, 0.5, -0.5, 3.0, 1.0, -2.0]
    curve = [value(whole, place) for place in places]
    # Along y, and both sides along x.
    assert len(measured) == len(set(measured)) == (3 if shift_y else 2)
    assert curve == [value(opened(), place) for place in places]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("counts", [(2, 1, 2), (1, 2, 1)])
def test_planes_of_a_longer_displacement_are_those_of_a_shorter_one(side, counts):
    kept = beyond.ScoresBeyond(Grid(SPACING, 3, 1))
    for count in counts:
        found = kept.measured("v", labels(), ((0, 0), (0, 0), (0, 0)), side, count)
        expected = scores_beyond(labels(), 3, SPACING, side, count)
        np.testing.assert_array_equal(found, expected, strict=True)


def test_scores_of_other_labels_are_measured_anew(measured):
    kept, around = beyond.ScoresBeyond(Grid(SPACING, 3, 1)), ((0, 0), (0, 0), (0, 0))
    for key in ("v", "v", "w"):
        kept.measured(key, labels(), around, SIDES[0], 1)
    kept.measured("w", labels(), ((1, 0), (0, 0), (0, 0)), SIDES[0], 1)
    assert len(measured) == 3
