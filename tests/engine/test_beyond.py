"""Scores beyond a side are measured once for a curve, whose points cross from side to side."""

import numpy as np
import pytest

from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.simulation import beyond
from lossexplorer.engine.simulation.scores import ScorePhase
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import Grid, VolumeSide, _continuation, class_scores, scores_beyond
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
    # Both sides along x, and along y.
    assert len(measured) == len(set(measured)) == (4 if shift_y else 2)
    assert curve == [value(opened(), place) for place in places]


def test_a_column_of_a_landscape_displaces_its_scores_once(measured, monkeypatch):
    """From one place to the next only `shift_y` changes, so what it reads stays."""
    made, of = [], ScorePhase._field

    def noted(phase, *scores):
        made.append(phase)
        return of(phase, *scores)

    def opened():
        return Pipeline(Volume(labels(), ("background", "a", "b"), SPACING))

    def value(pipeline, x, y):
        answer = pipeline.answer(ask([setting("dice")], shift_x=x, shift_y=y))
        return answer.losses[0].value

    whole, along = opened(), [*np.arange(-10.0, 0.0), *np.arange(10.0, 0.0, -1.0)]
    for y in (-9.5, 9.5):
        value(whole, -11.5, y)
    monkeypatch.setattr(ScorePhase, "_field", noted)
    del measured[:]
    column = [value(whole, -12.0, y) for y in along]
    # The scores, and those beyond either side along y.
    assert len(made) == 3
    # Of the other side they were measured for the column before.
    assert measured == [VolumeSide(1, is_first=False)]
    monkeypatch.undo()
    assert column[::7] == [value(opened(), -12.0, y) for y in along[::7]]


@pytest.mark.parametrize("anisotropy", [(1.0, 1.0, 1.0), (3.0, 0.7, 1.3)])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("at_once", [1, 2**15])
def test_planes_beyond_a_side_are_those_of_the_continued_labels(
    side, anisotropy, at_once, monkeypatch
):
    """However many places are measured in one call; also of a class of a single voxel."""
    monkeypatch.setattr(_continuation, "_AT_ONCE", at_once)
    truth, count = np.random.default_rng(0).integers(0, 4, (5, 40, 36), np.uint8), 9
    truth[2, 20, 18] = 4
    planes = [(0, 0)] * 3
    planes[side.axis] = (count, 0) if side.is_first else (0, count)
    whole = class_scores(np.pad(truth, planes, mode="edge"), 5, anisotropy)
    there = [slice(None)] * 4
    there[side.axis + 1] = slice(count) if side.is_first else slice(-count, None)
    found = scores_beyond(truth, 5, anisotropy, side, count)
    np.testing.assert_allclose(found, whole[tuple(there)], rtol=1e-6)


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


@pytest.mark.parametrize("side", SIDES)
def test_scores_beside_a_continued_volume_are_those_beside_the_volume(measured, side):
    """A landscape displaces along another axis either way, and at 0 along none."""
    kept, around = beyond.ScoresBeyond(Grid(SPACING, 3, 1)), [(0, 0), (4, 4), (3, 5)]
    around[side.axis] = (0, 0)
    narrow = [(0, 0), *(min(planes, (1, 1)) for planes in around[1:])]
    for planes in (around, narrow, [(0, 0)] * 3):
        truth = np.pad(labels(), planes, mode="edge")
        found = kept.measured("v", truth, tuple(planes), side, 2)
        expected = scores_beyond(truth, 3, SPACING, side, 2)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert len(measured) == 1
