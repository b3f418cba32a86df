"""The gradient field against the tape over the whole field, differences, and closed forms."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow.experimental.numpy as tnp

from lossexplorer import keras as our_keras
from lossexplorer.engine import values
from lossexplorer.engine.messages import LossSetting
from lossexplorer.losses import LOSSES, Sums, class_sums, gradient_field, loss_named
from tests import references

every_setting = pytest.mark.parametrize(
    ("name", "given"), references.SETTINGS, ids=references.SETTING_IDS
)
fields = pytest.mark.parametrize(
    ("classes", "absent"),
    [(2, False), (3, False), (4, True)],
    ids=["2 classes", "3 classes", "4 classes, 1 absent"],
)

# Generalized Dice's weight of 1/ε of an absent class leaves logit gradients of 1e-11 of terms of
# 1e-2: what float64 loses there, and nowhere else.
ROUNDING = 1e-16


def class_first(field):
    return np.moveaxis(field[0], -1, 0)


def evaluate(name, given, g, p):
    """A loss of one sample, and its slopes, as the engine computes them."""
    sums = class_sums(g.astype("f8"), p.astype("f8")).map(np.asarray)
    names = [f"class {index}" for index in range(g.shape[-1])]
    return values.evaluate(LossSetting(name, loss_named(name).complete(given)), sums, names)


def field_of(name, given, g, p, wrt):
    """The gradient field of every class, class last, with a batch axis."""
    slopes = evaluate(name, given, g, p).slopes.map(lambda table: table[0])
    truth, prediction = class_first(g), class_first(p)
    classes = range(g.shape[-1])
    planes = [np.asarray(gradient_field(slopes, truth, prediction, c, wrt)) for c in classes]
    return np.stack(planes, axis=-1)[None]


def tape(name, given, g, variable, wrt):
    """The value and its gradient by differentiating the reference over the whole field."""
    parameters = loss_named(name).complete(given)
    x = tf.constant(variable)
    with tf.GradientTape() as recorded:
        recorded.watch(x)
        p = tf.nn.softmax(x) if wrt == "logit" else x
        value = references.loss(name, parameters, tf.constant(g), p, tnp)
    return float(value), recorded.gradient(value, x).numpy()


def test_every_loss_has_settings():
    assert {name for name, _ in references.SETTINGS} == set(LOSSES)


@every_setting
@fields
@pytest.mark.parametrize("wrt", ["probability", "logit"])
def test_the_field_is_the_tape_of_the_whole_field(name, given, classes, absent, wrt):
    g, z = references.random_fields(11, classes, absent=absent)
    p = references.softmax(z)
    value, expected = tape(name, given, g, z if wrt == "logit" else p, wrt)
    assert evaluate(name, given, g, p).result.value == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(field_of(name, given, g, p, wrt), expected, rtol=1e-9, atol=ROUNDING)
    single = field_of(name, given, g.astype("f4"), p.astype("f4"), wrt)
    np.testing.assert_allclose(single, expected, rtol=0, atol=1e-5 * abs(expected).max())


@every_setting
@fields
def test_the_field_of_a_hard_prediction_is_the_tape(name, given, classes, absent):
    g, p = references.confused_fields(12, classes, absent=absent)
    assert (g[p == 0] == 1).any(), "the prediction misses nothing: 0/0 would not show"
    _, expected = tape(name, given, g, p, "probability")
    np.testing.assert_allclose(field_of(name, given, g, p, "probability"), expected, rtol=1e-9)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("wrt", ["probability", "logit"])
def test_the_field_is_the_central_difference(name, wrt):
    g, z = references.random_fields(13, 3, shape=(2, 3, 2))
    start = z if wrt == "logit" else references.softmax(z)
    given = loss_named(name).complete({})
    step = 1e-6

    def value(x):
        return references.loss(name, given, g, references.softmax(x) if wrt == "logit" else x)

    expected = np.empty_like(start)
    for place in np.ndindex(start.shape):
        up, down = start.copy(), start.copy()
        up[place] += step
        down[place] -= step
        expected[place] = (value(up) - value(down)) / (2 * step)
    mine = field_of(name, {}, g, references.softmax(z), wrt)
    np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-8 * abs(expected).max() + 1e-10)


@every_setting
@pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])
def test_the_keras_class_differentiates_to_the_same(name, given, hard):
    make = references.confused_fields if hard else references.random_fields
    g, p = make(14, 3, batch=2)
    p = p if hard else references.softmax(p)
    value, expected = tape(name, given, g, p, "probability")
    x = tf.constant(p, tf.float32)
    with tf.GradientTape() as recorded:
        recorded.watch(x)
        result = getattr(our_keras, loss_named(name).class_name)(**given)(g.astype("f4"), x)
    mine = recorded.gradient(result, x).numpy()
    assert float(result) == pytest.approx(value, rel=1e-5)
    finite = np.isfinite(expected)
    assert finite.all() or name == "cross_entropy"
    np.testing.assert_array_equal(mine[~finite], expected[~finite])
    np.testing.assert_allclose(
        mine[finite], expected[finite], rtol=1e-5, atol=1e-6 * abs(expected[finite]).max()
    )


@every_setting
def test_the_keras_class_differentiates_to_the_same_through_a_softmax(name, given):
    g, z = references.random_fields(15, 4, batch=3, absent=True)
    value, expected = tape(name, given, g, z, "logit")
    x = tf.constant(z)
    with tf.GradientTape() as recorded:
        recorded.watch(x)
        made = getattr(our_keras, loss_named(name).class_name)(dtype="float64", **given)
        result = made(g, keras.ops.softmax(x))
    assert float(result) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(
        recorded.gradient(result, x).numpy(), expected, rtol=1e-9, atol=ROUNDING
    )


# Closed forms, of one foreground class: `binary` gives a prediction q of it in a row of voxels.


def binary(foreground_truth, foreground_prediction):
    g, q = (
        np.asarray(field, float).reshape(1, 1, 1, -1)
        for field in (foreground_truth, foreground_prediction)
    )
    return np.stack([1 - g, g], axis=-1), np.stack([1 - q, q], axis=-1)


def foreground_gradient(name, given, truth, prediction):
    """∂L/∂q of the foreground class, with the background left out of the loss."""
    g, p = binary(truth, prediction)
    without = {**given, "include_background": False}
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
    """G = 10 of 100 voxels, probability ½ everywhere (numbers of facts/field.md, 2.3)."""
    g, q = np.repeat([1, 0], [10, 90]), np.full(100, 0.5)
    given = {"denominator": denominator}
    result = evaluate("dice", {**given, "include_background": False}, *binary(g, q)).result
    assert result.value == pytest.approx(value, abs=5e-7)
    found = foreground_gradient("dice", given, g, q)
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


@pytest.mark.parametrize("name", [n for n in LOSSES if n != "cross_entropy"])
def test_region_losses_do_not_move_the_logits_of_a_one_hot_prediction(name):
    g, p = references.confused_fields(18, 4)
    assert not field_of(name, {}, g, p, "logit").any()


def test_the_form_of_dice_does_not_change_its_gradient():
    g, z = references.random_fields(19, 3)
    p = references.softmax(z)
    one, other = (evaluate("dice", {"form": form}, g, p) for form in ("1-D", "-D"))
    assert one.result.value == pytest.approx(other.result.value + 1, rel=1e-14)
    for wrt in ("probability", "logit"):
        np.testing.assert_array_equal(
            field_of("dice", {"form": "1-D"}, g, p, wrt),
            field_of("dice", {"form": "-D"}, g, p, wrt),
        )


def test_the_field_keeps_the_precision_of_the_prediction():
    zero = np.zeros(2)
    slopes = Sums(zero, np.ones(2), zero, zero, zero, zero)
    field = np.full((2, 3), 0.5, "f4")
    assert np.asarray(gradient_field(slopes, field, field, 0, "probability")).dtype == np.float32
