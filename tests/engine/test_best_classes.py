"""A few classes of each row instead of all: what they leave out, and that no more is."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.step import best_classes, summing
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests.engine.small import ask, asking, setting
from tests.engine.uncompiled import uncompiled

SHAPE = (15, 40, 45)
CLASSES = 40
LOSSES = [
    setting(name) for name in ("dice", "generalized_dice", "cross_entropy", "focal", "tversky")
]
SUMS = ("intersection", "prediction", "truth", "squared_prediction", "voxels")


@pytest.fixture(scope="module")
def volume():
    """Regions around points, as in an atlas; what is far from the middle is background."""
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid([4, 11], [8, 16, 24, 32], np.linspace(8, 36, 5), indexing="ij"), -1)
    points = grid.reshape(-1, 3)[1:] + rng.uniform(-2, 2, (CLASSES - 1, 3))
    voxels = np.stack(np.indices(SHAPE), axis=-1).reshape(-1, 1, 3)
    nearest = np.argmin(((voxels - points) ** 2).sum(axis=-1), axis=1) + 1
    middle = np.linalg.norm((voxels[:, 0] - np.array(SHAPE) / 2) / np.array(SHAPE), axis=1)
    labels = np.where(middle < 0.45, nearest, 0).reshape(SHAPE).astype(np.uint8)
    return Volume(labels, tuple(map(str, range(CLASSES))), (1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def many(volume):
    return Pipeline(volume)


@pytest.fixture(scope="module")
def dense(volume):
    return Pipeline(volume, dense=True)


def quickly(losses=LOSSES, **controls):
    return asking(ask(losses, **controls), exact=False)


def both(many, dense, **controls):
    """Return the sums of a few classes and of all, by loss, and which share was left out."""
    assert many.answer(quickly(**controls)).preview
    totals = many._totals
    few = {each.name: totals.sums(each) for each in LOSSES}
    every = {each.name: dense.sums(complete_controls(controls), [each]) for each in LOSSES}
    return few, every, totals.plans[0].left_out


def standard(sums):
    """Return the sums that are the same for all losses."""
    return sums["dice"]


states = st.fixed_dictionaries(
    {
        "softness": st.floats(0, 0.8),
        "grow": st.floats(-3, 3),
        "confidence": st.sampled_from([1.0, 0.999, 0.7]),
    }
)


@settings(max_examples=4)
@given(controls=states)
def test_sums_of_some_states_differ_by_no_more_than_what_is_left_out(many, dense, controls):
    assert_they_differ_by_no_more_than_what_is_left_out(many, dense, controls)


@pytest.mark.slow
@settings(max_examples=15)
@given(controls=states)
def test_sums_differ_by_no_more_than_what_is_left_out(many, dense, controls):
    assert_they_differ_by_no_more_than_what_is_left_out(many, dense, controls)


def assert_they_differ_by_no_more_than_what_is_left_out(many, dense, controls):
    """What the others do not get, the few get: each sum is wrong by twice as much at most.

    The logarithm of what gets more is never too large, nor is what weighs it with 1 − p.
    """
    with uncompiled():
        assume(many.answer(quickly(**controls)).preview)
        few, every, left_out = both(many, dense, **controls)
    missing = left_out * standard(every).prediction[0, 1:].sum()

    def assert_near(found, expected):
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(found[~finite], expected[~finite])
        slack = 3 * missing + 1e-5 * np.abs(expected[finite]).sum()
        assert np.abs(found[finite] - expected[finite]).sum() <= slack

    for name in SUMS:
        assert_near(getattr(standard(few), name), getattr(standard(every), name))
    for loss, sums in few.items():
        assert sums.own.keys() == every[loss].own.keys()
        for name, table in sums.own.items():
            expected = every[loss].own[name]
            assert (table <= expected * (1 + 1e-5) + 1e-5).all()


@pytest.mark.usefixtures("compilation")
def test_what_is_left_out_is_what_is_missing(many, dense):
    """Every row is among those in which it is measured, for the volume has fewer than that."""
    few, every, left_out = both(many, dense, softness=0.5)
    few, every = standard(few), standard(every)
    objects = every.prediction[0, 1:].sum()
    missing = np.abs(few.prediction - every.prediction)[0, 1:].sum() / objects
    assert 1e-4 < left_out < 0.01
    assert missing < 3 * left_out
    np.testing.assert_array_equal(few.truth, every.truth)


@pytest.mark.slow
def test_a_hard_prediction_is_the_same_to_the_last_voxel(many, dense):
    """Of two classes that are equally far, the first one gets a voxel."""
    few, every, left_out = both(many, dense, grow=1.0)
    assert left_out == 0
    for name in SUMS:
        found, expected = (getattr(standard(sums), name) for sums in (few, every))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.usefixtures("compilation")
def test_what_a_class_of_no_score_gets_is_its_share_of_the_missing_confidence(many):
    """0.39 / 39 in each voxel; of two classes that never meet, each gets but that of the other."""
    many.answer(quickly(softness=0.05, confidence=0.61))
    found = many._totals.sums().prediction[0]
    truth = many.volume.labels
    counts = np.bincount(truth.ravel(), minlength=CLASSES)
    expected = 0.61 * counts + 0.01 * (truth.size - counts)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.usefixtures("compilation")
def test_dense_sums_have_every_class_while_the_hand_moves(many, dense):
    assert many.answer(quickly(softness=0.5)).preview
    assert dense.answer(quickly(softness=0.5)).preview == ""


@pytest.mark.usefixtures("compilation")
def test_the_exact_answer_follows_and_stays(many):
    controls = {"softness": 0.3}
    preview = many.answer(quickly(**controls))
    assert "of the 40 classes, at most 16" in preview.preview
    exact = many.answer(ask(LOSSES, **controls))
    assert exact.preview == ""
    for rough, true in zip(preview.losses, exact.losses, strict=True):
        assert rough.value == pytest.approx(true.value, rel=0.01, abs=1e-5)
        assert rough.value != true.value
    again = many.answer(quickly(**controls))
    assert again.preview == ""
    assert [result.value for result in again.losses] == [result.value for result in exact.losses]


@pytest.mark.usefixtures("compilation")
@pytest.mark.parametrize(
    "controls",
    [
        {"softness": 20.0},
        {"softness": 0.5, "temperature": 2.0},
        {"softness": 0.5, "noise": 0.5},
        {"softness": 0.5, "shift_x": 1.5},
        {"softness": 0.5, "rim": 1.0},
        {"softness": 0.5, "margin": -2.0},
        {"blur": 1.0},
    ],
    ids=lambda controls: list(controls)[-1],
)
def test_where_few_would_not_do_all_are_computed(many, controls):
    few, every = many.answer(quickly(**controls)), many.answer(ask(LOSSES, **controls))
    assert few.preview == ""
    assert [result.value for result in few.losses] == [result.value for result in every.losses]


def test_scores_that_are_read_from_elsewhere_have_all_classes():
    """Where most rows are certain, a shift moves no scores but the places that are looked at."""
    slabs = np.repeat(np.arange(CLASSES, dtype=np.uint8), 8)[:, None, None]
    labels = slabs * np.ones((1, 4, ROW), np.uint8)
    made = Pipeline(Volume(labels, tuple(map(str, range(CLASSES))), (1.0, 1.0, 1.0)))
    controls = {"softness": 0.01, "shift_z": 1.0}
    preview = made.answer(quickly(**controls))
    assert len(made._totals.plans[0].counted.rows) < 0.6 * len(labels) * 4
    assert preview.preview == ""
    # Of eight planes of each class one is wrong; the last class leaves the volume with one.
    dice = preview.losses[0].per_class
    assert dice[1:] == pytest.approx([1 / 8] * (CLASSES - 2) + [1 / 15], abs=1e-6)


def test_a_loss_that_needs_all_classes_of_a_voxel_gets_them(many):
    losses = [*LOSSES, setting("wasserstein_dice")]
    assert many.answer(quickly(losses, softness=0.5)).preview == ""


@pytest.mark.parametrize("k", ["0", "20"])
def test_how_many_classes_is_a_setting(many, k, monkeypatch):
    monkeypatch.setenv(best_classes.ENVIRONMENT_VARIABLE, k)
    assert many.answer(quickly(softness=0.61)).preview == ""


def test_a_row_of_more_classes_than_are_looked_at_has_all():
    labels = np.arange(4000, dtype=np.uint8).reshape(10, 20, 20) % CLASSES
    made = Pipeline(Volume(labels, tuple(map(str, range(CLASSES))), (1.0, 1.0, 1.0)))
    assert made.answer(quickly(softness=0.5)).preview == ""


@pytest.mark.slow
def test_a_hand_that_moves_compiles_nothing_anew(many, monkeypatch):
    """However many rows have so many classes in question."""
    many.answer(quickly(softness=0.7))  # what was asked before may be known exactly
    traced = []
    original = summing.maps_of
    monkeypatch.setattr(summing, "maps_of", lambda *a: traced.append(1) or original(*a))
    summing._row_sums.cache.clear()
    for softness in (0.5, 0.1, 0.2, 0.3, 0.4):
        assert many.answer(quickly(softness=softness)).preview
        first, traced = traced, []
        assert bool(first) == (softness == 0.5)
    summing._row_sums.cache.clear()


def test_a_volume_of_few_classes_is_always_exact(present):
    request = quickly(softness=1.0)
    assert present.answer(request).preview == ""
    assert complete_controls(request.question.controls) == request.question.controls
