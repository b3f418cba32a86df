"""The gradient field against the tape over the whole field, differences, and closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow.experimental.numpy as tnp

from lossexplorer import keras as our_keras
from lossexplorer.core.parameters import Choice, Flag, NumberArray
from lossexplorer.engine import values
from lossexplorer.engine.gradients import LossTensors, all_partials
from lossexplorer.engine.messages import LossSetting
from lossexplorer.losses import (
    LOSSES,
    SUM_NAMES,
    Partials,
    Sums,
    class_sums,
    gradient_field,
    loss_named,
    standard_maps,
    sum_partials,
)
from tests import references

OF_SUMS = [name for name, loss in LOSSES.items() if loss.kind != "field"]
LOGARITHMIC = {"cross_entropy", "focal", "unified_focal"}

every_setting = pytest.mark.parametrize(
    ("name", "changed"), references.LOSS_SETTINGS, ids=references.SETTING_IDS
)
one_of_each = pytest.mark.parametrize(
    ("name", "changed"), references.others_slow(references.LOSS_SETTINGS, references.SETTING_IDS)
)
fields = pytest.mark.parametrize(
    ("classes", "absent"),
    [pytest.param(2, False, marks=pytest.mark.slow), (5, True)],
    ids=["2 classes", "5 classes, 1 absent"],
)

# Generalized Dice's weight of 1/ε of an absent class leaves logit gradients of 1e-11 of terms of
# 1e-2: what float64 loses there, and nowhere else.
ROUNDING = 1e-16


def logarithm(p):
    with np.errstate(divide="ignore"):
        return np.log(p)


def parameters(name, changed, classes):
    """Every parameter's value; those of maps as the engine's float32 fields see them."""
    loss = loss_named(name)
    found = loss.complete(references.fitted(changed, classes))
    narrow = {k: float(np.float32(v)) for k, v in found.items() if isinstance(v, float)}
    return {**found, **{k: v for k, v in narrow.items() if k in loss.voxel_parameters}}


def evaluate(name, changed, g, p):
    """A loss of one sample, and its slopes, as the engine computes them."""
    loss, complete = loss_named(name), parameters(name, changed, g.shape[-1])
    truth, prediction = (np.moveaxis(f.astype("f8"), -1, 1) for f in (g, p))
    own = loss.voxel_maps(truth, prediction, logarithm(prediction), complete)
    maps = {**standard_maps(truth, prediction), **own}
    summed = {key: np.asarray(field).sum(axis=(2, 3, 4)) for key, field in maps.items()}
    sums = Sums(**{key: summed.pop(key) for key in SUM_NAMES}).with_own(summed)
    return values.evaluate([LossSetting(name, complete)], [sums], g.shape[-1])[0]


def painted(found, g, p, wrt):
    """The gradient field of every class of an evaluated loss, class last, with a batch axis."""
    truth, prediction = (np.moveaxis(field[0], -1, 0) for field in (g, p))
    inputs = [tf.constant(f) for f in (truth, prediction, logarithm(prediction))]
    changed = LossTensors.each([found], 0)
    (partials,) = all_partials(changed.terms, changed.tensors, inputs)
    planes = [np.asarray(gradient_field(partials, inputs[1], c, wrt)) for c in range(g.shape[-1])]
    return np.stack(planes, axis=-1)[None]


def field_of(name, changed, g, p, wrt):
    return painted(evaluate(name, changed, g, p), g, p, wrt)


def tape(name, complete, g, variable, wrt):
    """The value and its gradient by differentiating the reference over the whole field."""
    x = tf.constant(variable)
    with tf.GradientTape() as recorded:
        recorded.watch(x)
        p = tf.nn.softmax(x) if wrt == "logit" else x
        value = references.loss(name, complete, tf.constant(g), p, tnp)
    return float(value), recorded.gradient(value, x).numpy()


def test_every_loss_and_every_parameter_has_settings():
    """Each parameter away from its default; each option and each rule at least once."""
    assert set(references.LOSSES) == set(OF_SUMS)
    for name in OF_SUMS:
        used = [changed for other, changed in references.LOSS_SETTINGS if other == name]
        assert {} in used
        for parameter in LOSSES[name].parameters:
            seen = [changed[parameter.name] for changed in used if parameter.name in changed]
            assert any(value != parameter.default for value in seen), (name, parameter.name)
            if isinstance(parameter, Choice | NumberArray) and parameter.name != "pooling":
                allowed = parameter.options if isinstance(parameter, Choice) else parameter.rules
                assert set(allowed) <= {*map(str, seen), parameter.default}, (name, parameter.name)
            if isinstance(parameter, NumberArray):
                ranks = {0 if not isinstance(v, tuple) else np.ndim(v) for v in seen if v != str(v)}
                assert set(parameter.dimensions) == ranks, (name, parameter.name)
            if isinstance(parameter, Flag):
                assert (not parameter.default) in seen
    # Sums are pooled before a loss sees them, so not every loss needs every way.
    pooled = {changed["pooling"] for _, changed in references.LOSS_SETTINGS if "pooling" in changed}
    assert pooled == {"sample", "batch", "all"}


@every_setting
@fields
def test_the_field_is_the_tape_of_the_whole_field(name, changed, classes, absent):
    g, z = references.random_fields(11, classes, absent=absent)
    p = references.softmax(z)
    complete = parameters(name, changed, classes)
    found = evaluate(name, changed, g, p)
    for wrt, variable in (("probability", p), ("logit", z)):
        value, expected = tape(name, complete, g, variable, wrt)
        assert found.value == pytest.approx(value, rel=1e-12)
        mine = painted(found, g, p, wrt)
        np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=ROUNDING)
    narrow = p.astype("f4")
    _, expected = tape(name, complete, g, narrow.astype("f8"), "probability")
    single = painted(found, g.astype("f4"), narrow, "probability")
    np.testing.assert_allclose(single, expected, rtol=0, atol=1e-5 * abs(expected).max())


@one_of_each
@pytest.mark.parametrize("absent", [False, True], ids=["all present", "1 absent"])
def test_the_field_of_a_hard_prediction_is_the_tape(name, changed, absent):
    g, p = references.confused_fields(12, 4, absent=absent)
    assert (g[p == 0] == 1).any(), "the prediction misses nothing: 0/0 would not show"
    _, expected = tape(name, parameters(name, changed, 4), g, p, "probability")
    mine = field_of(name, changed, g, p, "probability")
    assert not np.isnan(expected).any()
    np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=ROUNDING)


@pytest.mark.parametrize("name", OF_SUMS)
@pytest.mark.parametrize("wrt", ["probability", "logit"])
def test_the_field_is_the_central_difference(name, wrt):
    g, z = references.random_fields(13, 3, shape=(2, 3, 2))
    start = z if wrt == "logit" else references.softmax(z)
    complete = parameters(name, {}, 3)
    step = 1e-6

    def value(x):
        return references.loss(name, complete, g, references.softmax(x) if wrt == "logit" else x)

    expected = np.empty_like(start)
    for place in np.ndindex(start.shape):
        up, down = start.copy(), start.copy()
        up[place] += step
        down[place] -= step
        expected[place] = (value(up) - value(down)) / (2 * step)
    mine = field_of(name, {}, g, references.softmax(z), wrt)
    np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-8 * abs(expected).max() + 1e-10)


def keras_gradient(name, changed, g, p):
    x = tf.constant(p)
    with tf.GradientTape() as recorded:
        recorded.watch(x)
        made = getattr(our_keras, loss_named(name).class_name)(dtype=x.dtype.name, **changed)
        result = made(g.astype(p.dtype), x)
    return float(result), recorded.gradient(result, x).numpy()


@one_of_each
def test_the_keras_class_differentiates_a_hard_prediction_to_the_same(name, changed):
    g, p = references.confused_fields(14, 3, batch=2)
    value, expected = tape(name, loss_named(name).complete(changed), g, p, "probability")
    found, mine = keras_gradient(name, changed, g, p)
    assert found == pytest.approx(value, rel=1e-12)
    if name == "generalized_cross_entropy" or changed.get("weight") == 0:
        # A class of Keras makes the logarithm of the probability, whose slope at 0 is infinite.
        # These two do not use it there, and 0 · ∞ is not a number.
        missed = (g == 1) & (p == 0)
        mine, expected = mine[~missed], expected[~missed]
    np.testing.assert_allclose(mine, expected, rtol=1e-9, atol=ROUNDING)


@pytest.mark.slow
@every_setting
def test_the_keras_class_differentiates_to_the_same_through_a_softmax(name, changed):
    g, z = references.random_fields(15, 4, batch=3, absent=True)
    fitted = references.fitted(changed, 4)
    value, expected = tape(name, loss_named(name).complete(fitted), g, z, "logit")
    x = tf.constant(z)
    with tf.GradientTape() as recorded:
        recorded.watch(x)
        made = getattr(our_keras, loss_named(name).class_name)(dtype="float64", **fitted)
        result = made(g, keras.ops.softmax(x))
    assert float(result) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(
        recorded.gradient(result, x).numpy(), expected, rtol=1e-9, atol=ROUNDING
    )


# Through the sums alone: `class_sums` of a batch, and `sum_partials` of each of its samples.


@pytest.mark.parametrize("pooling", ["sample", "batch"])
@pytest.mark.parametrize("name", [n for n in OF_SUMS if LOSSES[n].kind == "sums"])
def test_a_batch_differentiates_through_its_sums(name, pooling):
    g, z = references.random_fields(20, 3, batch=3)
    p = references.softmax(z)
    complete = loss_named(name).complete({"pooling": pooling})
    sums = class_sums(g, p)
    tensors = list(vars(sums).values())[:5]
    with tf.GradientTape() as recorded:
        recorded.watch(tensors)
        loss = loss_named(name)
        result = loss.value(loss.class_terms(Sums(*tensors), complete))
    slopes = Sums(*recorded.gradient(result, tensors, unconnected_gradients="zero"))
    _, expected = tape(name, complete, g, p, "probability")
    for sample in range(3):
        own = slopes.map(lambda table, sample=sample: table[sample])
        truth, prediction = (np.moveaxis(field[sample], -1, 0) for field in (g, p))
        found = sum_partials(own, truth, prediction)
        np.testing.assert_allclose(np.moveaxis(found.p, 0, -1), expected[sample], rtol=1e-9)
        assert not np.any(found.log_p)


# What tapes stumble over.


@pytest.mark.slow
@every_setting
def test_no_slope_in_the_truth_is_broken_alone(name, changed):
    """The engine says that a gradient is not finite if any slope is: none may be without cause."""
    for absent in (False, True):
        g, z = references.random_fields(21, 4, absent=absent)
        slopes = evaluate(name, changed, g, references.softmax(z)).slopes
        assert not values.broken_slopes(slopes)


@pytest.mark.parametrize("form", ["symmetric", "asymmetric"])
def test_unified_focal_of_a_perfect_background(form):
    """(1 − T)^(1 − γ) has an infinite slope at T = 1 only where it is focused."""
    labels = np.array([0, 0, 0, 1, 1, 2, 2]).reshape(1, 1, 1, -1)
    said = np.array([0, 0, 0, 1, 2, 2, 1]).reshape(1, 1, 1, -1)
    g, p = references.one_hot(labels, 3), references.one_hot(said, 3)
    slopes = evaluate("unified_focal", {"form": form, "weight": 0.0}, g, p).slopes
    assert np.isfinite(slopes.prediction[0, 0]) == (form == "asymmetric")
    assert np.isfinite(slopes.prediction[0, 1:]).all()


@pytest.mark.parametrize(("weight", "hard"), [(0.0, True), (1.0, False)])
def test_a_part_of_unified_focal_that_weighs_nothing_breaks_nothing(weight, hard):
    """λ = 0 leaves out what is log 0, λ = 1 what is infinitely steep."""
    g, p = references.confused_fields(22, 3)
    found = evaluate("unified_focal", {"weight": weight}, g, p if hard else g)
    assert np.isfinite(found.value)
    assert not values.broken_slopes(found.slopes)


@pytest.mark.parametrize("q", [0.7, 1.0])
@pytest.mark.parametrize("log_p", [-np.inf, -200.0], ids=["impossible", "underflowed"])
def test_generalized_cross_entropy_where_the_true_class_has_nothing(q, log_p):
    """Its value is (1 − p^q) / q and its slope −p^(q − 1), also at p = 0."""
    loss = loss_named("generalized_cross_entropy")
    g, p, logarithms = (tf.constant([[[x]]], tf.float64) for x in (1.0, 0.0, log_p))
    with tf.GradientTape() as recorded:
        recorded.watch([p, logarithms])
        found = loss.voxel_maps(g, p, logarithms, {"q": q})["loss"]
    assert float(found[0, 0, 0]) == pytest.approx((1 - np.exp(q * log_p)) / q, rel=1e-15)
    slopes = recorded.gradient(found, [p, logarithms])
    with np.errstate(divide="ignore"):
        expected = -(np.float64(0) ** (q - 1)) if log_p == -np.inf else 0
    assert slopes[0].numpy().item() == expected
    assert slopes[1].numpy().item() == pytest.approx(-np.exp(q * log_p), rel=1e-12)


@pytest.mark.parametrize("form", ["1-D", "-D"])
def test_an_absent_class_that_counts_zero_has_no_slope(form):
    g, p = references.confused_fields(23, 4, absent=True)
    changed = {"absent": "zero", "form": form, "smooth_dr": 3.0}
    assert evaluate("dice", changed, g, p).per_class[3] == 0
    assert not field_of("dice", changed, g, p, "probability")[..., 3].any()


# Closed forms, of one foreground class: `binary` gives a prediction q of it in a row of voxels.


def binary(foreground_truth, foreground_prediction):
    g, q = (
        np.asarray(field, float).reshape(1, 1, 1, -1)
        for field in (foreground_truth, foreground_prediction)
    )
    return np.stack([1 - g, g], axis=-1), np.stack([1 - q, q], axis=-1)


def foreground_gradient(name, changed, truth, prediction):
    """∂L/∂q of the foreground class, with the background left out of the loss."""
    g, p = binary(truth, prediction)
    without = {**changed, "include_background": False}
    return field_of(name, without, g, p, "probability")[0, 0, 0, :, 1]


@pytest.fixture(params=range(3))
def row(request):
    rng = np.random.default_rng(request.param)
    g = rng.integers(0, 2, 40)
    g[:2] = 0, 1
    return g, rng.random(40)


def test_dice_has_two_gradients_whose_ratio_is_1_over_iou(row):
    g, q = row
    overlap, size, mass = (g * q).sum(), g.sum(), q.sum()
    union = size + mass - overlap
    found = foreground_gradient("dice", {}, g, q)
    np.testing.assert_allclose(found[g == 1], -2 * union / (size + mass) ** 2, rtol=1e-12)
    np.testing.assert_allclose(found[g == 0], 2 * overlap / (size + mass) ** 2, rtol=1e-12)
    assert -found[g == 1][0] / found[g == 0][0] == pytest.approx(union / overlap, rel=1e-12)


def test_iou_pulls_like_dice_times_2_over_2_minus_d_squared(row):
    g, q = row
    coefficient = 2 * (g * q).sum() / (g.sum() + q.sum())
    union = g.sum() + q.sum() - (g * q).sum()
    found = foreground_gradient("iou", {"eps": 0.0}, g, q)
    np.testing.assert_allclose(found[g == 1], -1 / union, rtol=1e-12)
    np.testing.assert_allclose(
        found, foreground_gradient("dice", {}, g, q) * 2 / (2 - coefficient) ** 2, rtol=1e-12
    )


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.7), (0.7, 0.3), (1.2, 0.1)])
def test_tversky_gradient(row, alpha, beta):
    g, q = row
    overlap = (g * q).sum()
    false_positives, false_negatives = q.sum() - overlap, g.sum() - overlap
    denominator = overlap + alpha * false_positives + beta * false_negatives
    found = foreground_gradient("tversky", {"alpha": alpha, "beta": beta}, g, q)
    np.testing.assert_allclose(
        found[g == 1], -(alpha * false_positives + beta * g.sum()) / denominator**2, rtol=1e-12
    )
    np.testing.assert_allclose(found[g == 0], alpha * overlap / denominator**2, rtol=1e-12)


@pytest.mark.parametrize("exponent", [0.5, 0.75, 2.0])
def test_focal_tversky_is_a_factor_of_tversky(row, exponent):
    """κ (1 − T)^(κ − 1): with κ = ¾ 1.33 at T = .9, 2.4 at .99."""
    changed = {"alpha": 0.3, "beta": 0.7}
    plain = foreground_gradient("tversky", changed, *row)
    loss = evaluate("tversky", {**changed, "include_background": False}, *binary(*row)).value
    found = foreground_gradient("focal_tversky", {"exponent": exponent, "smooth": 0.0}, *row)
    np.testing.assert_allclose(found, exponent * loss ** (exponent - 1) * plain, rtol=1e-12)


def test_logarithms_of_dice_are_factors_of_it(row):
    """1/D of −log D, and tanh (1 − D) of log cosh (1 − D)."""
    g, q = row
    coefficient = 2 * (g * q).sum() / (g.sum() + q.sum())
    plain = foreground_gradient("dice", {}, g, q)
    for name, factor in (
        ("log_dice", 1 / coefficient),
        ("log_cosh_dice", np.tanh(1 - coefficient)),
    ):
        found = foreground_gradient(name, {"smooth": 0.0}, g, q)
        np.testing.assert_allclose(found, factor * plain, rtol=1e-12)


def test_mcc_gradient(row):
    """−[(N g − G) / R − MCC (N − 2P) / (2 P (N − P))], R = √(P (N − P) G (N − G))."""
    g, q = row
    count, size, mass = len(g), g.sum(), q.sum()
    root = np.sqrt(mass * (count - mass) * size * (count - size))
    correlation = (count * (g * q).sum() - mass * size) / root
    slope = correlation * (count - 2 * mass) / (2 * mass * (count - mass))
    found = foreground_gradient("mcc", {"eps": 0.0}, g, q)
    np.testing.assert_allclose(found, slope - (count * g - size) / root, rtol=1e-10)


def test_sensitivity_specificity_gradient(row):
    g, q = row
    changed = {"sensitivity": 0.05, "smooth": 0.0}
    found = foreground_gradient("sensitivity_specificity", changed, g, q)
    inside, outside = 2 * 0.05 * (q - 1) / g.sum(), 2 * 0.95 * q / (1 - g).sum()
    np.testing.assert_allclose(found, np.where(g == 1, inside, outside), rtol=1e-12)


@pytest.mark.parametrize("k", [1.25, 1.5, 2.0])
def test_noise_robust_dice_gradient(row, k):
    """[k |p − g|^(k − 1) sign (p − g) − 2 p L] / (Σp² + G + ε)."""
    g, q = row
    below = (q * q).sum() + g.sum() + 1e-5
    loss = (abs(q - g) ** k).sum() / below
    found = foreground_gradient("noise_robust_dice", {"exponent": k}, g, q)
    expected = (k * abs(q - g) ** (k - 1) * np.sign(q - g) - 2 * q * loss) / below
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize(("p", "ratio"), [(0.1, 1.22), (0.5, 0.60), (0.9, 0.029), (0.99, 3.0e-4)])
def test_focal_over_cross_entropy(p, ratio):
    """The published ratio of the gradients at γ = 2, to its printed digits."""
    found = [foreground_gradient(name, {}, [1], [p])[0] for name in ("focal", "cross_entropy")]
    assert found[0] / found[1] == pytest.approx(ratio, rel=0.02)
    exact = (1 - p) ** 2 - 2 * p * (1 - p) * np.log(p)
    assert found[0] / found[1] == pytest.approx(exact, rel=1e-12)


def test_wasserstein_dice_pulls_by_the_distance_to_the_truth():
    """(2 E a + 2 A) / (2 A + E)² M[l, g], where a is 1 on objects."""
    g, z = references.random_fields(24, 3)
    p = references.softmax(z)
    table = np.array(references.TABLE)
    transport = (p * (g @ table.T)).sum(axis=-1)
    on_object = 1 - g[..., 0]
    overlap, error = (on_object * (1 - transport)).sum(), transport.sum()
    factor = (2 * error * on_object + 2 * overlap) / (2 * overlap + error) ** 2
    found = field_of("wasserstein_dice", {"distances": references.TABLE}, g, p, "probability")
    np.testing.assert_allclose(found, factor[..., None] * (g @ table.T), rtol=1e-12)


def test_tversky_weights_are_the_gradients_at_the_optimum():
    g = np.repeat([1, 0], [10, 30])
    found = foreground_gradient("tversky", {"alpha": 0.3, "beta": 0.7}, g, g)
    np.testing.assert_allclose(found, np.where(g, -0.7 / 10, 0.3 / 10), rtol=1e-12)


@pytest.mark.parametrize("size", [10, 1000])
def test_dice_at_the_optimum_is_the_inverse_of_the_size(size):
    g = np.repeat([1, 0], [size, 3 * size])
    found = foreground_gradient("dice", {}, g, g)
    np.testing.assert_allclose(found, np.where(g, -1, 1) / (2 * size), rtol=1e-12)
    assert found[g == 1].sum() == pytest.approx(-0.5, rel=1e-12)


@pytest.mark.parametrize(
    ("denominator", "value", "inside", "outside"),
    [("squared", 0.714286, -0.048980, 0.008163), ("linear", 0.833333, -0.030556, 0.002778)],
)
def test_squared_and_linear_dice_of_half_probabilities(denominator, value, inside, outside):
    """G = 10 of 100 voxels, probability ½ everywhere: published numbers."""
    g, q = np.repeat([1, 0], [10, 90]), np.full(100, 0.5)
    changed = {"denominator": denominator}
    result = evaluate("dice", {**changed, "include_background": False}, *binary(g, q))
    assert result.value == pytest.approx(value, abs=5e-7)
    found = foreground_gradient("dice", changed, g, q)
    np.testing.assert_allclose(found[g == 1], inside, atol=5e-7)
    np.testing.assert_allclose(found[g == 0], outside, atol=5e-7)


def test_generalized_dice_pulls_by_the_inverse_square_of_the_size():
    """Classes of 10 and 10⁴ voxels: a factor of 10⁶ between their gradients."""
    labels = np.repeat([1, 2], [10, 10_000]).reshape(1, 1, 1, -1)
    g = references.one_hot(labels, 3)
    p = np.full_like(g, 1 / 3)
    found = field_of("generalized_dice", {"include_background": False}, g, p, "probability")[
        0, 0, 0
    ]
    overlaps, masses = g.sum((0, 1, 2, 3)) / 3, g.sum((0, 1, 2, 3)) + 10_010 / 3
    w = np.array([0, 1 / (10**2 + 1e-5), 1 / (10_000**2 + 1e-5)])
    score = 2 * (w * overlaps).sum() / (w * masses).sum()
    expected = -w * (2 * g[0, 0, 0] - score) / (w * masses).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert found[0, 1] / found[10, 2] == pytest.approx(1e6, rel=1e-6)


def test_cross_entropy_of_logits_is_p_minus_g_over_n():
    soft = references.random_fields(16, 3)
    hard = references.confused_fields(16, 3)
    for g, p in ((soft[0], references.softmax(soft[1])), hard):
        count = np.prod(g.shape[1:4])
        np.testing.assert_allclose(
            field_of("cross_entropy", {}, g, p, "logit"), (p - g) / count, rtol=1e-12, atol=1e-18
        )


def test_cross_entropy_of_probabilities_is_infinite_where_the_true_class_has_none():
    g, p = references.confused_fields(17, 3)
    found = field_of("cross_entropy", {}, g, p, "probability")
    missed = (g == 1) & (p == 0)
    assert missed.any()
    assert (found[missed] == -np.inf).all()
    np.testing.assert_allclose(found[~missed], -(g * p)[~missed] / np.prod(g.shape[1:4]))


@pytest.mark.parametrize("name", [n for n in OF_SUMS if n not in LOGARITHMIC])
def test_losses_without_a_logarithm_do_not_move_the_logits_of_a_one_hot_prediction(name):
    g, p = references.confused_fields(18, 4)
    assert not field_of(name, {}, g, p, "logit").any()


def test_the_form_of_dice_does_not_change_its_gradient():
    g, z = references.random_fields(19, 3)
    p = references.softmax(z)
    one, other = (evaluate("dice", {"form": form}, g, p) for form in ("1-D", "-D"))
    assert one.value == pytest.approx(other.value + 1, rel=1e-14)
    for wrt in ("probability", "logit"):
        np.testing.assert_array_equal(
            field_of("dice", {"form": "1-D"}, g, p, wrt),
            field_of("dice", {"form": "-D"}, g, p, wrt),
        )


def test_the_field_keeps_the_precision_of_the_prediction():
    zero = np.zeros(2)
    slopes = Sums(zero, np.ones(2), zero, zero, zero)
    field = np.full((2, 3), 0.5, "f4")
    partials = sum_partials(slopes, field, field)
    assert np.asarray(gradient_field(partials, field, 0, "probability")).dtype == np.float32


def test_partials_add_up_and_scale():
    one, other = (Partials(np.full(2, a), np.full(2, b)) for a, b in ((1.0, 2.0), (10.0, 20.0)))
    both = one + other * 0.5
    assert (both.p == 6).all()
    assert (both.log_p == 12).all()
