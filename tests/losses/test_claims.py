"""What the descriptions say about each loss, computed."""

import re

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import Choice, Flag, Number
from lossexplorer.losses import LOSSES
from tests import references

every_loss = pytest.mark.parametrize("loss", [pytest.param(v, id=k) for k, v in LOSSES.items()])
every_loss_of_sums = pytest.mark.parametrize(
    "loss", [pytest.param(v, id=k) for k, v in LOSSES.items() if v.kind != "field"]
)

SIX_DECIMALS = 5e-7


def value(loss, g, p, **changed):
    made = getattr(our_keras, loss.class_name)(dtype="float64", **changed)
    return float(made(g, p))


def gradient(loss, g, p):
    """∂L/∂p with default parameters."""
    x = tf.constant(p)
    with tf.GradientTape() as recorded:
        recorded.watch(x)
        result = getattr(our_keras, loss.class_name)(dtype="float64")(g, x)
    return recorded.gradient(result, x).numpy()


def cube(classes=2):
    labels = np.zeros((1, 9, 9, 9), int)
    labels[:, 3:6, 3:6, 3:6] = 1
    return references.one_hot(labels, classes)


# Values.


@every_loss
def test_perfect_and_all_background(loss):
    g = cube()
    background = references.one_hot(np.zeros((1, 9, 9, 9), int), 2)
    for claim, p in ((loss.perfect, g), (loss.all_background, background)):
        # MCC's ε keeps it 4e-7 from 0.
        assert value(loss, g, p) == pytest.approx(claim, rel=0, abs=SIX_DECIMALS)


@every_loss_of_sums
def test_perfect_and_all_background_are_those_of_the_reference(loss):
    g = cube()
    background = references.one_hot(np.zeros((1, 9, 9, 9), int), 2)
    for claim, p in ((loss.perfect, g), (loss.all_background, background)):
        with np.errstate(divide="ignore"):
            expected = float(references.loss(loss.name, loss.complete({}), g, p))
        assert claim == pytest.approx(expected, rel=0, abs=SIX_DECIMALS)


@every_loss
def test_finite_when_absent(loss):
    g = cube(classes=3)
    assert np.isfinite(value(loss, g, g)) == loss.finite_when_absent


def example():
    foreground = np.array([0.0, 0.5, 0.5, 1.0]).reshape(1, 1, 2, 2)
    truth = references.one_hot(np.array([0, 0, 1, 1]).reshape(1, 1, 2, 2), 2)
    return truth, np.stack([1 - foreground, foreground], axis=-1)


@every_loss
def test_the_value_of_the_example(loss):
    assert round(value(loss, *example()), 4) == loss.example_value


@every_loss_of_sums
def test_the_value_of_the_example_is_that_of_the_reference(loss):
    expected = float(references.loss(loss.name, loss.complete({}), *example()))
    assert loss.example_value == pytest.approx(expected, rel=0, abs=0.5e-4)


# Bounds.

seeds = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=8)


def values_of(parameter):
    """A strategy for what a parameter allows, the ends of its range among it."""
    if isinstance(parameter, Flag):
        return st.booleans()
    if isinstance(parameter, Choice):
        return st.sampled_from(parameter.options)
    if isinstance(parameter, Number):
        ends = st.sampled_from([parameter.low, *parameter.span, parameter.default])
        return st.floats(*parameter.span) | ends
    rules = [st.sampled_from(parameter.rules)]
    # A weight of 0, or 1 − α of it, is a case of its own: it meets infinities.
    number = st.floats(max(parameter.low, 0.1), min(0.9 * parameter.high, 2.0))
    shapes = {0: number, 1: st.tuples(number, number, number), 2: st.just(references.TABLE)}
    return st.one_of(*rules, *(shapes[rank] for rank in parameter.dimensions))


def chosen(data, loss):
    changed = {p.name: data.draw(values_of(p), label=p.name) for p in loss.parameters}
    pooled = changed.get("pooling") == "all"
    kept = 1 if pooled else 3 - (not changed.get("include_background", True))
    for name in ("class_weights", "alpha"):
        if isinstance(changed.get(name), tuple):
            changed[name] = changed[name][:kept]
    return changed


def pair(seed, hard):
    make = references.confused_fields if hard else references.random_fields
    g, p = make(seed, 3)
    return g, p if hard else references.softmax(p)


@pytest.mark.slow
@every_loss
@given(data=st.data(), seed=seeds, hard=st.booleans())
@FEW
def test_a_number_whatever_the_parameters(loss, data, seed, hard):
    assert not np.isnan(value(loss, *pair(seed, hard), **chosen(data, loss)))


RANGES = {
    "dice": (0, 1),
    "log_dice": (0, np.inf),
    "log_cosh_dice": (0, 0.433781),
    "generalized_dice": (0, 1),
    "tversky": (0, 1),
    "focal_tversky": (0, 1),
    "f_beta": (0, 1),
    "iou": (0, 1),
    "mcc": (0, 2),
    "sensitivity_specificity": (0, 1),
    "noise_robust_dice": (0, np.inf),
    "wasserstein_dice": (0, 1),
    "cross_entropy": (0, np.inf),
    "focal": (0, np.inf),
    "generalized_cross_entropy": (0, 1 / 0.7),
    "unified_focal": (0, np.inf),
}
"""Of the literature, with default parameters; log cosh 1 = 0.433781."""


@pytest.mark.parametrize("name", RANGES)
def test_the_range_is_that_of_the_literature(name):
    assert LOSSES[name].bounds == pytest.approx(RANGES[name], abs=1e-6)


@pytest.mark.slow
@every_loss
@given(seed=seeds, hard=st.booleans(), wrong=st.booleans())
@FEW
def test_values_are_in_the_range(loss, seed, hard, wrong):
    g, p = pair(seed, hard)
    low, high = loss.bounds
    if wrong:
        p = np.roll(g, 1, axis=-1)  # no voxel of any class is right
    found = value(loss, g, p)
    assert low - 1e-9 <= found <= high + 1e-6


# The gradient's character.


def spread(values):
    return np.ptp(values) > 1e-9 * abs(values).max() if values.size else False


def is_two_valued(loss):
    """One value per sample and class on the object, and one beside it."""
    g, z = references.random_fields(31, 3, batch=2)
    found = gradient(loss, g, references.softmax(z))
    labels = g.argmax(axis=-1)
    groups = []
    for sample, c in np.ndindex(2, 3):
        true = labels[sample]
        # What a distance between labels tells apart is each true class.
        marks = true if loss.name == "wasserstein_dice" else true == c
        groups += [found[sample, ..., c][marks == mark] for mark in np.unique(marks)]
    return not any(map(spread, groups))


def voxels_from(errors):
    """Truth and prediction of a cube whose voxels have these errors, 1 − p of the true class."""
    g = cube()
    error = errors.reshape(g.shape[:-1])[..., None]
    return g, np.where(g == 1, 1 - error, error)


ERRORS = np.random.default_rng(32).permutation(np.linspace(0.02, 0.98, 729))
KEPT = np.arange(729) % 2 == 0


def depends_on_others(loss, changed):
    """Whether the gradient of the voxels kept changes when the errors of the others do."""
    before, after = (
        gradient(loss, *voxels_from(errors)).reshape(729, 2)[KEPT]
        for errors in (ERRORS, np.where(KEPT, ERRORS, changed))
    )
    return not np.allclose(before, after, rtol=1e-9, atol=1e-15)


def depends_on_place(loss):
    """Whether shuffling truth and prediction together does more than shuffle the gradient."""
    order = np.random.default_rng(33).permutation(729)
    g, p = voxels_from(ERRORS)
    shuffled = [field.reshape(729, 2)[order].reshape(field.shape) for field in (g, p)]
    expected = gradient(loss, g, p).reshape(729, 2)[order]
    return not np.allclose(
        gradient(loss, *shuffled).reshape(729, 2), expected, rtol=1e-9, atol=1e-15
    )


def character(loss):
    anything = np.random.default_rng(34).permutation(ERRORS)
    same_side = np.where(ERRORS < 0.5, 0.5 * ERRORS, 0.5 + 0.5 * ERRORS)  # no argmax changes
    step = (0.98 - 0.02) / 728
    same_rank = ERRORS + 0.4 * step
    if is_two_valued(loss):
        return "two-valued"
    if depends_on_place(loss):
        return "shape" if depends_on_others(loss, same_side) else "distance"
    if not depends_on_others(loss, anything):
        return "local"
    return "mixed" if depends_on_others(loss, same_rank) else "rank"


@every_loss
def test_character(loss):
    assert character(loss) == loss.character


# Words.


@every_loss
def test_the_citation_has_a_year_and_a_venue(loss):
    assert re.search(r"\w.* (19|20)\d\d \([^)]{3,}\)", loss.citation)


@every_loss
def test_sentences_end_and_the_formula_is_none(loss):
    for text in (loss.summary, loss.false_positives, loss.false_negatives, loss.edge_cases):
        assert text.endswith(".")
    assert loss.formula
    assert not loss.formula.endswith(".")


@every_loss
def test_what_a_loss_says_belongs_together(loss):
    low, high = loss.bounds
    assert low <= loss.perfect <= high
    assert low <= loss.all_background <= high
    assert set(loss.cures) <= {parameter.name for parameter in loss.parameters}
