"""Laws that losses obey whatever the fields are."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from lossexplorer.losses import LOSSES, class_sums, loss_named
from tests import references

REGION = [name for name in LOSSES if name != "cross_entropy"]
bounded = settings(deadline=None, max_examples=12)
few = settings(deadline=None, max_examples=5)  # where every setting has its turn
seeds = st.integers(0, 2**32 - 1)
classes = st.integers(2, 4)


def value(name, g, p, **given):
    """The loss in float64."""
    loss = loss_named(name)
    sums = class_sums(g, p)
    return float(loss.value(loss.class_terms(sums, loss.complete(given))))


def fields(seed, classes, batch=1):
    g, z = references.random_fields(seed, classes, batch=batch)
    return g, references.softmax(z)


@pytest.mark.parametrize("name", LOSSES)
@given(seed=seeds, count=classes, shuffle=st.randoms(use_true_random=False))
@bounded
def test_the_order_of_the_classes_does_not_matter(name, seed, count, shuffle):
    g, p = fields(seed, count, batch=2)
    order = shuffle.sample(range(count), count)
    assert value(name, g[..., order], p[..., order]) == pytest.approx(value(name, g, p), rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@given(seed=seeds, count=classes, shuffle=st.randoms(use_true_random=False))
@bounded
def test_the_order_of_the_voxels_does_not_matter(name, seed, count, shuffle):
    g, p = fields(seed, count)
    order = np.array(shuffle.sample(range(60), 60))
    moved = (field.reshape(1, 60, 1, 1, count)[:, order] for field in (g, p))
    assert value(name, *moved) == pytest.approx(value(name, g, p), rel=1e-12)


@pytest.mark.parametrize("name", ["dice", "iou", "tversky"])
@given(seed=seeds, count=classes, margin=st.integers(1, 3))
@bounded
def test_certain_background_around_changes_no_foreground_loss(name, seed, count, margin):
    g, p = fields(seed, count)
    around = ((0, 0), (margin, 0), (0, margin), (margin, margin), (0, 0))
    wider = []
    for field in (g, p):
        padded = np.pad(field, around)
        padded[..., 0] += 1 - padded.sum(axis=-1)
        wider.append(padded)
    before, after = (value(name, *pair, include_background=False) for pair in ((g, p), wider))
    assert after == pytest.approx(before, rel=1e-12)


@given(seed=seeds, count=classes)
@bounded
def test_dice_is_2j_over_1_plus_j(seed, count):
    g, p = fields(seed, count)
    for index in range(1, count):
        two = (np.stack([1 - f[..., index], f[..., index]], axis=-1) for f in (g, p))
        truth, prediction = two
        j = 1 - value("iou", truth, prediction, eps=0.0, include_background=False)
        d = 1 - value("dice", truth, prediction, include_background=False)
        assert d == pytest.approx(2 * j / (1 + j), rel=1e-12)


@given(seed=seeds, count=classes, pooling=st.sampled_from(["sample", "batch", "all"]))
@bounded
def test_tversky_is_dice_and_iou(seed, count, pooling):
    g, p = fields(seed, count, batch=2)
    half = value("tversky", g, p, alpha=0.5, beta=0.5, pooling=pooling)
    assert half == pytest.approx(value("dice", g, p, pooling=pooling), rel=1e-12)
    whole = value("tversky", g, p, alpha=1.0, beta=1.0, pooling=pooling)
    assert whole == pytest.approx(value("iou", g, p, eps=0.0, pooling=pooling), rel=1e-12)


@given(seed=seeds, alpha=st.floats(0, 1))
@bounded
def test_tversky_is_constant_where_both_errors_are_equal(seed, alpha):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1, 1, 0], [20, 6, 4, 4]))
    both = np.where(labels == 1)[0]
    moved = labels.copy()
    swap = rng.integers(1, 6)
    moved[both[:swap]] = 0
    moved[np.where(labels == 0)[0][:swap]] = 1
    g, p = (references.one_hot(x.reshape(1, 1, 1, -1), 2) for x in (labels, moved))
    found = value("tversky", g, p, alpha=alpha, beta=1 - alpha, include_background=False)
    assert found == pytest.approx(value("dice", g, p, include_background=False), rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@given(seed=seeds, count=classes, hard=st.booleans())
@bounded
def test_bounds(name, seed, count, hard):
    g, p = references.confused_fields(seed, count) if hard else fields(seed, count)
    assert value(name, g, p) >= 0
    if name in REGION:
        assert value(name, g, p) <= 1 + 1e-12
    assert value(name, g, g) == pytest.approx(0, abs=1e-12)


@given(seed=seeds, count=classes)
@bounded
def test_minus_d_is_one_less(seed, count):
    g, p = fields(seed, count, batch=2)
    assert value("dice", g, p, form="-D") == pytest.approx(value("dice", g, p) - 1, rel=1e-12)
    assert -1 <= value("dice", g, p, form="-D") <= 0


@pytest.mark.parametrize(("name", "values"), references.SETTINGS, ids=references.SETTING_IDS)
@given(seed=seeds, count=classes, copies=st.integers(2, 3))
@few
def test_a_batch_of_copies_is_one_sample(name, values, seed, count, copies):
    g, p = fields(seed, count)
    complete = loss_named(name).complete(values)
    scaled = {}
    if complete.get("pooling", "sample") != "sample":
        # Sums over the batch are n times as large, so what is added to them must be, too. With a
        # weight of 1/(G^k + ε), Σ w (G + P) grows as n^(1 − k).
        k = {"square": 2, "simple": 1, "uniform": 0}.get(complete.get("weights"), 1)
        growth = {"eps": k, "smooth": 1 - k if name == "generalized_dice" else 1}
        scaled = {n: complete[n] * float(copies) ** e for n, e in growth.items() if n in complete}
    repeated = (np.repeat(field, copies, axis=0) for field in (g, p))
    found = value(name, *repeated, **{**values, **scaled})
    assert found == pytest.approx(value(name, g, p, **values), rel=1e-10)


@given(seed=seeds, count=classes, absent=st.booleans())
@bounded
def test_the_shares_of_generalized_dice_add_up_to_it(seed, count, absent):
    g, z = references.random_fields(seed, count, absent=absent and count > 2)
    p = references.softmax(z)
    loss = loss_named("generalized_dice")
    shares = np.asarray(loss.class_terms(class_sums(g, p), loss.complete({})))
    assert shares.shape == (1, count)
    assert (shares >= 0).all()
    overlap, truth, mass = ((f).sum(axis=(0, 1, 2, 3)) for f in (g * p, g, p))
    w = 1 / (truth**2 + 1e-5)
    expected = 1 - 2 * (w * overlap).sum() / (w * (truth + mass)).sum()
    assert shares.sum() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("name", "values"), references.SETTINGS, ids=references.SETTING_IDS)
@pytest.mark.parametrize("absent", [False, True], ids=["all present", "one absent"])
@given(seed=seeds, count=st.integers(3, 4))
@few
def test_values_are_the_float64_references(name, values, absent, seed, count):
    g, z = references.random_fields(seed, count, batch=3, absent=absent)
    p = references.softmax(z)
    expected = references.loss(name, loss_named(name).complete(values), g, p)
    assert value(name, g, p, **values) == pytest.approx(float(expected), rel=1e-10)


@given(seed=seeds, count=classes, batch=st.integers(1, 3), voxels=st.integers(1, 700))
@bounded
def test_class_sums(seed, count, batch, voxels):
    rng = np.random.default_rng(seed)
    g = references.one_hot(rng.integers(0, count, (batch, voxels, 1, 1)), count)
    p = references.softmax(rng.normal(size=g.shape))
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(g > 0, -np.log(p), 0)
    expected = [g * p, p, g, p * p, surprise, np.ones_like(g)]
    for dtype, tolerance in (("float64", 1e-13), ("float32", 1e-6)):
        sums = class_sums(g.astype(dtype), p.astype(dtype))
        for found, field in zip(vars(sums).values(), expected, strict=True):
            assert found.dtype == dtype
            np.testing.assert_allclose(
                np.asarray(found), field.sum(axis=(1, 2, 3)), rtol=tolerance, atol=0
            )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_floats_are_summed_in_float32(dtype):
    """41³ ones: more than float16 can hold, and than bfloat16 can count."""
    ones = tf.ones((1, 41, 41, 41, 1), dtype)
    assert float(tf.cast(tf.reduce_sum(ones), "float64")) != 41**3
    assert float(class_sums(ones, ones).intersection[0, 0]) == 41**3


def test_zero_times_log_zero_is_zero_and_so_is_its_slope():
    g = np.array([[1.0, 0.0], [0.0, 1.0]]).reshape(1, 2, 1, 1, 2)
    p = tf.constant(g)
    with tf.GradientTape() as tape:
        tape.watch(p)
        total = tf.reduce_sum(class_sums(g, p).negative_log)
    assert float(total) == 0
    np.testing.assert_array_equal(tape.gradient(total, p), -g)
