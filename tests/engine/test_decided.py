"""A decided prediction of many classes is counted by kinds of voxels; each has the same sums."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.engine.messages import Reference, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import LandscapePoints, Numbers
from lossexplorer.engine.simulation.sample import MANY_CLASSES
from lossexplorer.engine.step import rows
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests.engine.small import ask, asking, setting

SHAPE = (9, 14, 12)
CLASSES = MANY_CLASSES + 2  # of which the last has no voxel
NAMES = tuple(f"class {index}" for index in range(CLASSES))
SPACINGS = [(1.0, 1.0, 1.0), (2.0, 0.7, 1.3)]
MIXED = tuple(map(tuple, 0.9 * np.eye(CLASSES) + 0.1 / CLASSES))
LOSSES = (setting("dice"), setting("cross_entropy", 0.5))


def cells():
    """Classes of random places, each as far as no other is nearer, some of them at the border."""
    places = np.random.default_rng(4).uniform(size=(CLASSES - 2, 3)) * SHAPE
    voxels = np.stack(np.indices(SHAPE), axis=-1)[..., None, :]
    away = np.linalg.norm(voxels - places, axis=-1)
    return np.where(away.min(axis=-1) < 4, away.argmin(axis=-1) + 1, 0).astype(np.uint8)


def made(spacing=SPACINGS[0], ignored=None, **others):
    return Pipeline(Volume(cells(), NAMES, spacing, ignored=ignored), **others)


def decided_by_distances(labels, spacing, lengths):
    """The class of the best blended score, from SciPy's distances in the continued volume."""
    wide = [(math.ceil(abs(n) / e) + 1,) * 2 for n, e in zip(lengths, spacing, strict=True)]
    around = np.pad(labels, wide, mode="edge")
    scores = np.full((CLASSES, *around.shape), -np.inf)
    for index in np.unique(labels):
        member = around == index
        inward, outward = (
            ndimage.distance_transform_edt(each, sampling=spacing) for each in (member, ~member)
        )
        scores[index] = np.where(member, inward, -outward) / 2
    moves = [n / e for n, e in zip(lengths, spacing, strict=True)]
    total = np.zeros((CLASSES, *labels.shape))
    for steps in product((0, 1), repeat=3):
        weight, places = 1.0, []
        for move, step, (more, _), length in zip(moves, steps, wide, labels.shape, strict=True):
            start = more - math.floor(move) - step
            share = move - math.floor(move)
            weight *= share if step else 1 - share
            places.append(slice(start, start + length))
        if weight:
            total += weight * scores[(slice(None), *places)]
    return total.argmax(axis=0)


@pytest.mark.parametrize("spacing", SPACINGS, ids=str)
@pytest.mark.parametrize(
    "lengths", [(0.0, 0.0, 0.0), (2.0, 0.0, -3.9), (0.37, -0.81, 1.13), (0.0, 5.31, -40.0)], ids=str
)
def test_the_voxels_are_those_of_the_best_blended_scores(spacing, lengths):
    """Fractions of a voxel at which no two classes are equally good."""
    shift = dict(zip(("shift_z", "shift_y", "shift_x"), lengths, strict=True))
    (sample,) = made(spacing).samples
    expected = decided_by_distances(cells(), spacing, lengths)
    table = np.zeros((CLASSES, CLASSES))
    np.add.at(table, (cells(), expected), 1)
    np.testing.assert_array_equal(sample.decided(complete_controls(shift)).counts, table)


@pytest.mark.parametrize(
    "controls",
    [
        {},
        {"shift_x": 2.5, "shift_y": -1.5, "confidence": 0.9},
        {"shift_y": 0.3, "confusion": MIXED, "temperature": 1.5, "confidence": 0.8},
        {"missing": 0.3, "shift_x": -4.0, "shift_z": 1.1, "confidence": 0.95},
    ],
    ids=["as the truth", "moved", "confused", "fewer"],
)
@pytest.mark.parametrize("is_ignored", [False, True], ids=["all count", "some are ignored"])
def test_its_losses_are_those_of_every_voxel(controls, is_ignored):
    ignored = np.indices(SHAPE).sum(axis=0) % 5 == 0 if is_ignored else None
    asked = ask(LOSSES, **controls)
    pipeline = made(ignored=ignored)
    found = pipeline.answer(asked)
    assert pipeline._totals.has_sums_alone
    expected = made(ignored=ignored, dense=True).answer(asked)
    for one, other in zip(found.losses, expected.losses, strict=True):
        np.testing.assert_allclose(one.value, other.value, rtol=1e-5)
        assert one.problems == other.problems
        for mine, dense in zip(one.per_class, other.per_class, strict=True):
            assert mine == pytest.approx(dense, rel=1e-5, abs=1e-6, nan_ok=True)


def test_its_losses_are_the_closed_forms():
    """Where all voxels are right: a few last digits of float32, as probabilities are rounded."""
    found = made().answer(ask(LOSSES, confidence=0.9))
    size = np.bincount(cells().ravel(), minlength=CLASSES).astype(float)
    other = (1 - 0.9) / (CLASSES - 1)
    mass = 0.9 * size + other * (size.sum() - size)
    dice = 1 - 2 * 0.9 * size / (size + mass)
    near = 5e-7
    assert found.losses[0].per_class == pytest.approx(dice, rel=near)
    assert found.losses[0].value == pytest.approx(dice.mean(), rel=near)
    assert found.losses[1].value == pytest.approx(-np.log(0.9), rel=near)


def test_a_volume_longer_than_a_block_of_kinds(monkeypatch):
    monkeypatch.setattr("lossexplorer.engine.step.decided._BLOCK", 16)
    asked = ask(LOSSES, shift_x=2.0, confidence=0.9)
    found, expected = made().answer(asked), made(dense=True).answer(asked)
    assert found.total == pytest.approx(expected.total, rel=1e-5)


@pytest.mark.parametrize(
    "controls",
    [
        *({"softness": 0.5}, {"grow": 1.0}, {"roughness": 1.0}, {"noise": 0.5}),
        *({"rotate_z": 5.0}, {"blur": 1.0}, {"rim": 1.0}, {"margin": 1.0}),
    ],
    ids=str,
)
def test_what_is_no_matter_of_two_classes_is_computed_in_every_voxel(controls):
    (sample,) = made().samples
    assert sample.decided(complete_controls(controls)) is None


def test_all_else_that_was_asked_later_has_its_plans():
    """Norms and maps need more than sums, also with the same controls."""
    pipeline = made()
    alone = pipeline.answer(ask(LOSSES, shift_x=1.5, confidence=0.9))
    assert pipeline._totals.has_sums_alone
    found = pipeline.results(LOSSES[:1], alone.question.controls)
    expected = made(dense=True).results(LOSSES[:1], alone.question.controls)
    for one, other in zip(found, expected, strict=True):
        assert one.gradient_norm == pytest.approx(other.gradient_norm, rel=1e-4)


def test_a_landscape_of_shifts_makes_no_field(monkeypatch):
    """One of a whole volume would be all that takes time."""
    pipeline, fields = made(), []
    of = rows.Field.__init__
    monkeypatch.setattr(rows.Field, "__init__", lambda *a: fields.append(1) or of(*a))
    points = tuple(((x, y), (x * 2.5, y * -1.25)) for x in range(3) for y in range(3))
    axes = Reference("shift_x"), Reference("shift_y")
    controls = complete_controls({"confidence": 0.9})
    found = pipeline.answer(Request(LandscapePoints("v", controls, LOSSES, axes, points))).found
    assert not fields
    monkeypatch.undo()
    for place, (x, y) in points[::3]:
        expected = made(dense=True).answer(ask(LOSSES, shift_x=x, shift_y=y, confidence=0.9))
        for each in expected.losses:
            assert found[place][each.name] == pytest.approx(each.value, rel=1e-5)


def test_numbers_of_few_classes_are_those_of_rows():
    few = np.minimum(cells(), MANY_CLASSES - 2)
    pipeline = Pipeline(Volume(few, NAMES[: MANY_CLASSES - 1], SPACINGS[0]))
    pipeline.answer(asking(ask(LOSSES, shift_x=1.0), losses=LOSSES[:1]))
    assert not pipeline._totals.has_sums_alone
    assert Numbers.sums_alone
