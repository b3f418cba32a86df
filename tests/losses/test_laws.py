"""Laws that losses obey whatever the fields are."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from lossexplorer.losses import LOSSES, SUM_NAMES, Sums, class_sums, loss_named, standard_maps
from tests import references

OF_SUMS = [name for name, loss in LOSSES.items() if loss.kind != "field"]
# Class 0 is the background of these whatever their parameters are.
BACKGROUND_APART = {"wasserstein_dice", "unified_focal"}
OF_OVERLAPS = [
    "dice",
    "log_dice",
    "log_cosh_dice",
    "noise_robust_dice",
    "generalized_dice",
    "tversky",
    "focal_tversky",
    "f_beta",
    "iou",
]
MEANS_OVER_VOXELS = [name for name in OF_SUMS if LOSSES[name].factors]

bounded = settings(max_examples=10)
few = settings(max_examples=3)  # where every setting has its turn
seeds = st.integers(0, 2**32 - 1)
classes = st.integers(2, 5)
every_setting = pytest.mark.parametrize(
    ("name", "values"), references.LOSS_SETTINGS, ids=references.SETTING_IDS
)


def value(name, g, p, **changed):
    """The loss in float64."""
    loss = loss_named(name)
    complete = loss.complete(changed)
    truth, prediction = (np.moveaxis(field, -1, 1) for field in (g, p))
    with np.errstate(divide="ignore"):
        own = loss.voxel_maps(truth, prediction, np.log(prediction), complete)
    maps = {**standard_maps(truth, prediction), **own}
    summed = {key: np.asarray(field).sum(axis=(2, 3, 4)) for key, field in maps.items()}
    sums = Sums(**{key: summed.pop(key) for key in SUM_NAMES}).with_own(summed)
    return float(loss.value(loss.class_terms(sums, complete)))


def fields(seed, classes, batch=1, absent=False):
    g, z = references.random_fields(seed, classes, batch=batch, absent=absent)
    return g, references.softmax(z)


@every_setting
@given(seed=seeds, count=st.integers(3, 5), absent=st.booleans())
@few
def test_values_are_the_float64_references(name, values, seed, count, absent):
    g, p = fields(seed, count, batch=3, absent=absent)
    changed = references.fitted(values, count)
    expected = references.loss(name, loss_named(name).complete(changed), g, p)
    assert value(name, g, p, **changed) == pytest.approx(float(expected), rel=1e-10)


@pytest.mark.parametrize("name", ["dice", "tversky", "cross_entropy", "focal", "wasserstein_dice"])
@given(seed=seeds)
@few
def test_a_class_that_is_in_some_samples_only(name, seed):
    """What is counted per sample and what in the batch differ then."""
    g, p = fields(seed, 3, batch=2, absent=True)
    g[1], _ = (field[0] for field in fields(seed, 3))
    for other, values in references.LOSS_SETTINGS:
        if other == name:
            expected = references.loss(name, loss_named(name).complete(values), g, p)
            assert value(name, g, p, **values) == pytest.approx(float(expected), rel=1e-10)


@pytest.mark.parametrize("name", OF_SUMS)
@given(seed=seeds, count=classes, shuffle=st.randoms(use_true_random=False))
@bounded
def test_the_order_of_the_classes_does_not_matter(name, seed, count, shuffle):
    g, p = fields(seed, count, batch=2)
    first = int(name in BACKGROUND_APART)
    order = [*range(first), *shuffle.sample(range(first, count), count - first)]
    assert value(name, g[..., order], p[..., order]) == pytest.approx(value(name, g, p), rel=1e-12)


@pytest.mark.parametrize("name", OF_SUMS)
@given(seed=seeds, count=classes, shuffle=st.randoms(use_true_random=False))
@bounded
def test_the_order_of_the_voxels_does_not_matter(name, seed, count, shuffle):
    g, p = fields(seed, count)
    order = np.array(shuffle.sample(range(60), 60))
    moved = (field.reshape(1, 60, 1, 1, count)[:, order] for field in (g, p))
    assert value(name, *moved) == pytest.approx(value(name, g, p), rel=1e-12)


def padded(field, margin):
    """A field with certain background around it."""
    around = ((0, 0), (margin, 0), (0, margin), (margin, margin), (0, 0))
    wider = np.pad(field, around)
    wider[..., 0] += 1 - wider.sum(axis=-1)
    return wider


@pytest.mark.parametrize("name", [*OF_OVERLAPS, "wasserstein_dice"])
@given(seed=seeds, count=classes, margin=st.integers(1, 3))
@bounded
def test_certain_background_around_changes_no_foreground_loss(name, seed, count, margin):
    pair = fields(seed, count)
    # Wasserstein Dice counts no background that is right.
    changed = {} if name == "wasserstein_dice" else {"include_background": False}
    after = value(name, *(padded(field, margin) for field in pair), **changed)
    assert after == pytest.approx(value(name, *pair, **changed), rel=1e-12)


@pytest.mark.parametrize("name", MEANS_OVER_VOXELS)
@given(seed=seeds, count=classes, margin=st.integers(1, 3))
@bounded
def test_certain_background_around_dilutes_a_mean_over_voxels(name, seed, count, margin):
    g, p = fields(seed, count)
    wider = [padded(field, margin) for field in (g, p)]
    share = g.size / wider[0].size
    assert value(name, *wider) == pytest.approx(share * value(name, g, p), rel=1e-12)


@every_setting
@given(seed=seeds, count=classes, copies=st.integers(2, 3))
@few
def test_a_batch_of_copies_is_one_sample(name, values, seed, count, copies):
    g, p = fields(seed, count)
    values = references.fitted(values, count)
    complete = loss_named(name).complete(values)
    # Sums over the batch are n times as large, so what is added to them must be, too. With a
    # weight of 1/(G^k + ε), Σ w (G + P) grows as n^(1 − k).
    k = {"square": 2, "simple": 1, "uniform": 0}.get(complete.get("weights"), 1)
    common = complete.get("ratio", "per-class") == "common"
    growth = {"eps": k, "smooth": 1 - k if common else 1, "smooth_dr": 1, "floor": 1}
    if complete.get("pooling", "sample") == "sample":
        # But for the weights of a ratio per class, which are always of the batch.
        growth = {"eps": k} if complete.get("ratio") == "per-class" else {}
    scaled = {
        key: complete[key] * float(copies) ** power
        for key, power in growth.items()
        if isinstance(complete.get(key), float)
    }
    repeated = (np.repeat(field, copies, axis=0) for field in (g, p))
    found = value(name, *repeated, **{**values, **scaled})
    assert found == pytest.approx(value(name, g, p, **values), rel=1e-10)


# One loss is another.


@given(seed=seeds, count=classes)
@bounded
def test_dice_is_2j_over_1_plus_j(seed, count):
    g, p = fields(seed, count)
    for index in range(1, count):
        truth, prediction = (np.stack([1 - f[..., index], f[..., index]], axis=-1) for f in (g, p))
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


@given(seed=seeds, count=classes, beta=st.floats(0, 5), smooth=st.floats(0, 10))
@bounded
def test_f_beta_is_tversky(seed, count, beta, smooth):
    g, p = fields(seed, count)
    alpha, other = 1 / (1 + beta**2), beta**2 / (1 + beta**2)
    expected = value("tversky", g, p, alpha=alpha, beta=other, smooth=smooth)
    assert value("f_beta", g, p, beta=beta, smooth=smooth) == pytest.approx(expected, rel=1e-12)


@given(seed=seeds, count=classes, alpha=st.floats(0, 2), beta=st.floats(0, 2))
@bounded
def test_focal_tversky_with_an_exponent_of_1_is_tversky(seed, count, alpha, beta):
    g, p = fields(seed, count)
    same = {"alpha": alpha, "beta": beta, "smooth": 0.0}
    expected = value("tversky", g, p, **same)
    assert value("focal_tversky", g, p, exponent=1.0, **same) == pytest.approx(
        expected, rel=1e-12, abs=1e-15
    )


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


@given(seed=seeds, count=classes, eps=st.floats(0, 10))
@bounded
def test_noise_robust_dice_with_k_2_is_squared_dice_of_a_hard_truth(seed, count, eps):
    """Σ (p − g)² = Σp² + G − 2I."""
    g, p = fields(seed, count)
    squared = value("dice", g, p, denominator="squared", smooth=eps)
    found = value("noise_robust_dice", g, p, exponent=2.0, eps=eps)
    assert found == pytest.approx(squared, rel=1e-12)


@given(seed=seeds, smooth=st.floats(0, 10))
@bounded
def test_uniform_wasserstein_dice_of_two_classes_is_dice_of_the_foreground(seed, smooth):
    """A = I and E = FP + FN."""
    g, p = fields(seed, 2, batch=2)
    dice = value("dice", g, p, smooth=smooth, include_background=False)
    assert value("wasserstein_dice", g, p, smooth=smooth) == pytest.approx(dice, rel=1e-12)


@given(seed=seeds, count=classes, over=st.sampled_from(["sum", "mean"]))
@bounded
def test_focal_with_gamma_0_is_cross_entropy(seed, count, over):
    g, p = fields(seed, count)
    expected = value("cross_entropy", g, p, over_classes=over)
    assert value("focal", g, p, gamma=0.0, over_classes=over) == pytest.approx(expected, rel=1e-12)


@given(seed=seeds, count=classes, q=st.floats(0.001, 1))
@bounded
def test_generalized_cross_entropy_approaches_cross_entropy(seed, count, q):
    """0 ≤ −log p − (1 − p^q) / q ≤ q (log p)² / 2."""
    g, p = fields(seed, count)
    surprise = -np.log((g * p).sum(axis=-1))
    short = value("cross_entropy", g, p) - value("generalized_cross_entropy", g, p, q=q)
    assert 0 <= short <= q * (surprise**2).mean() / 2


@given(seed=seeds, count=classes)
@bounded
def test_generalized_cross_entropy_with_q_1_is_the_mean_absolute_error(seed, count):
    """1 − p of the true class: half of Σ |p − g| over the classes."""
    g, p = fields(seed, count)
    error = abs(p - g).sum(axis=-1).mean() / 2
    assert value("generalized_cross_entropy", g, p, q=1.0) == pytest.approx(error, rel=1e-12)


@given(seed=seeds, count=classes, factor=st.floats(0.1, 10))
@bounded
def test_weights_that_are_divided_by_their_sum_have_no_size(seed, count, factor):
    g, p = fields(seed, count)
    weights = np.random.default_rng(seed).random(count) + 0.1
    one, other = (
        value("cross_entropy", g, p, class_weights=tuple(w), normalization="weights")
        for w in (weights, weights * factor)
    )
    assert one == pytest.approx(other, rel=1e-12)


@given(seed=seeds, count=st.integers(3, 5), absent=st.booleans())
@bounded
def test_inverse_frequencies_make_a_mean_over_the_present_classes(seed, count, absent):
    g, p = fields(seed, count, absent=absent)
    surprise = -np.log((g * p).sum(axis=-1))
    labels = g.argmax(axis=-1)
    each = [surprise[labels == c].mean() for c in np.unique(labels)]
    changed = {"class_weights": "inverse-frequency", "normalization": "weights"}
    assert value("cross_entropy", g, p, **changed) == pytest.approx(np.mean(each), rel=1e-12)
    total = value("cross_entropy", g, p, class_weights="inverse-frequency")
    assert total == pytest.approx(np.sum(each), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("cross_entropy", {"class_weights": (0.0, 1.0, 0.0)}),
        ("focal", {"alpha": (0.0, 1.0, 0.0), "gamma": 0.0}),
    ],
)
def test_a_class_that_weighs_nothing_is_left_out_even_where_it_is_impossible(name, changed):
    g, p = references.confused_fields(6, 3)
    p = np.where(g[..., 1:2] == 1, g * 0.5 + 0.5 / 3, p)  # log 0 of the classes 0 and 2 alone
    expected = -np.log(0.5 + 0.5 / 3) * g[..., 1].mean()
    assert np.isinf(value(name, g, p))
    assert value(name, g, p, **changed) == pytest.approx(expected, rel=1e-12)


@given(seed=seeds, count=classes)
@bounded
def test_minus_d_is_one_less(seed, count):
    g, p = fields(seed, count, batch=2)
    assert value("dice", g, p, form="-D") == pytest.approx(value("dice", g, p) - 1, rel=1e-12)
    assert -1 <= value("dice", g, p, form="-D") <= 0


@given(seed=seeds, count=classes, absent=st.booleans())
@bounded
def test_the_shares_of_generalized_dice_add_up_to_it(seed, count, absent):
    g, p = fields(seed, count, absent=absent and count > 2)
    loss = loss_named("generalized_dice")
    shares = np.asarray(loss.class_terms(class_sums(g, p), loss.complete({})))
    assert shares.shape == (1, count)
    assert (shares >= 0).all()
    overlap, truth, mass = (f.sum(axis=(0, 1, 2, 3)) for f in (g * p, g, p))
    w = 1 / (truth**2 + 1e-5)
    expected = 1 - 2 * (w * overlap).sum() / (w * (truth + mass)).sum()
    assert shares.sum() == pytest.approx(expected, rel=1e-10)


# Soft truth: an object of `core` voxels, and a rim of `rim` that belong to it with probability p.


def rim_loss(name, core, rim, p, q, **changed):
    """The loss of a prediction that gives the rim the probability q."""
    g, prediction = (np.repeat([1.0, x, 0.0], [core, rim, 20]) for x in (p, q))
    two = (np.stack([1 - f, f], axis=-1)[None, None, None] for f in (g, prediction))
    return value(name, *two, **changed)


@pytest.mark.parametrize(
    ("core", "rim", "threshold"),
    [(100, 1, 0.498756), (10, 10, 0.414214), (10, 30, 0.333333), (5, 40, 0.25), (2, 30, 0.2)],
)
@pytest.mark.parametrize("name", ["dice", "iou"])
def test_the_volume_bias(name, core, rim, threshold):
    """The best q of an uncertain rim is 0 or 1, and changes at p* = 1 / (1 + √(1 + b/a))."""
    assert threshold == pytest.approx(1 / (1 + np.sqrt(1 + rim / core)), abs=5e-7)
    changed = {"include_background": False, **({"eps": 0.0} if name == "iou" else {})}
    grid = np.linspace(0, 1, 21)
    for p, best in ((threshold - 1e-3, 0), (threshold + 1e-3, 1)):
        losses = [rim_loss(name, core, rim, p, q, **changed) for q in grid]
        assert grid[np.argmin(losses)] == best


@pytest.mark.parametrize(
    ("alpha", "beta", "threshold"),
    [(0.5, 0.5, 0.414214), (0.3, 0.7, 0.254619), (0.7, 0.3, 0.594110), (0.1, 0.9, 0.092328)],
)
def test_the_volume_bias_of_tversky(alpha, beta, threshold):
    """The published thresholds of a rim as large as the core."""
    changed = {"alpha": alpha, "beta": beta, "include_background": False}
    grid = np.linspace(0, 1, 21)
    for p, best in ((threshold - 1e-3, 0), (threshold + 1e-3, 1)):
        losses = [rim_loss("tversky", 10, 10, p, q, **changed) for q in grid]
        assert grid[np.argmin(losses)] == best


def test_cross_entropy_has_no_volume_bias():
    grid = np.linspace(0.05, 0.95, 19)
    for p in (0.25, 0.4, 0.7):
        # Within the core and outside, log 0 has the truth 0.
        losses = [rim_loss("cross_entropy", 10, 30, p, q) for q in grid]
        assert grid[np.argmin(losses)] == pytest.approx(p)


# Sums.


@given(seed=seeds, count=classes, batch=st.integers(1, 3), voxels=st.integers(1, 700))
@bounded
def test_class_sums(seed, count, batch, voxels):
    rng = np.random.default_rng(seed)
    g = references.one_hot(rng.integers(0, count, (batch, voxels, 1, 1)), count)
    p = references.softmax(rng.normal(size=g.shape))
    expected = [g * p, p, g, p * p, np.ones_like(g)]
    for dtype, tolerance in (("float64", 1e-13), ("float32", 1e-6)):
        sums = class_sums(g.astype(dtype), p.astype(dtype))
        for name, field in zip(SUM_NAMES, expected, strict=True):
            found = getattr(sums, name)
            assert found.dtype == dtype
            np.testing.assert_allclose(
                np.asarray(found), field.sum(axis=(1, 2, 3)), rtol=tolerance, atol=0
            )


def test_sums_are_pooled_and_lose_their_background():
    g, p = fields(5, 3, batch=2)
    sums = class_sums(g, p).with_own({"mine": g.sum(axis=(1, 2, 3))})
    for pooling, axes in (("batch", 0), ("all", (0, 1))):
        pooled = sums.pooled(pooling)
        assert float(pooled.prediction[0, 0]) == pytest.approx(
            np.asarray(sums.prediction).sum(axis=axes).ravel()[0]
        )
        assert pooled.own["mine"].shape == pooled.truth.shape
    np.testing.assert_array_equal(sums.without_background().own["mine"], sums.own["mine"][:, 1:])


def test_zero_times_log_zero_is_zero_and_so_is_its_slope():
    values = {"channels": "exclusive"}
    g = np.array([[1.0, 0.0], [0.0, 1.0]]).reshape(1, 2, 2)
    p = tf.constant(g)
    with tf.GradientTape() as tape:
        tape.watch(p)
        log_p = tf.math.log(tf.where(g > 0, p, 1.0))
        maps = loss_named("cross_entropy").voxel_maps(tf.constant(g), p, log_p, values)
        total = tf.reduce_sum(maps["positive"])
    assert float(total) == 0
    np.testing.assert_array_equal(tape.gradient(total, p), -g)
    impossible = loss_named("cross_entropy").voxel_maps(g, p, np.full_like(g, -np.inf), values)
    np.testing.assert_array_equal(impossible["positive"], np.where(g > 0, np.inf, 0))
