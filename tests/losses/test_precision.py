"""Narrow inputs, and sums over many voxels."""

import numpy as np
import pytest
import tensorflow as tf

from lossexplorer import keras as our_keras
from lossexplorer.losses import LOSSES, class_sums, voxel_sum
from tests import references

OF_SUMS = [name for name, loss in LOSSES.items() if loss.kind != "field"]
MANY = 41**3
"""Voxels: more than float16 holds, and than bfloat16 counts."""


@pytest.fixture(scope="module")
def many():
    """Truth and prediction in which no total of a class fits into float16."""
    rng = np.random.default_rng(41)
    g = references.one_hot(rng.integers(0, 2, (1, 41, 41, 41)), 2)
    return g, references.softmax(rng.normal(0, 2, g.shape) + g)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", OF_SUMS)
def test_narrow_predictions_give_values_as_accurate_as_float32(name, dtype, many):
    g, p = (field.astype(dtype) for field in many)
    made = getattr(our_keras, LOSSES[name].class_name)()
    expected = references.loss(name, made.parameters, g.astype("f8"), p.astype("f8"))
    assert float(made(g, p)) == pytest.approx(float(expected), rel=3e-6)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", OF_SUMS)
def test_narrow_predictions_have_gradients_as_accurate_as_float32(name, dtype):
    g, z = references.random_fields(42, 3)
    p = tf.constant(references.softmax(z), dtype)
    wide = tf.cast(p, "float64")
    made = getattr(our_keras, LOSSES[name].class_name)
    with tf.GradientTape() as recorded:
        recorded.watch(wide)
        value = made(dtype="float64")(g, wide)
    expected = recorded.gradient(value, wide).numpy()
    with tf.GradientTape() as recorded:
        recorded.watch(p)
        value = made()(tf.cast(g, dtype), p)
    found = recorded.gradient(value, p).numpy().astype("f8")
    # The gradient is in the prediction's type: it is rounded to that, and no further.
    rounding = 1e-3 if dtype == "float16" else 1e-5
    np.testing.assert_allclose(found, expected, rtol=rounding, atol=rounding * 1e-2)


@pytest.mark.parametrize("error", [1e-2, 1e-4, 1e-6])
def test_log_cosh_keeps_its_digits_near_the_optimum(error):
    """log cosh x = x²/2 − x⁴/12 + …, of which log (1 + …) in float32 would leave nothing."""
    g = np.ones((1, 1, 1, 1, 1), "f4")
    p = np.float32(1 - error) * g
    x = 1 - 2 * p.astype("f8") / (1 + p.astype("f8"))
    found = float(our_keras.LogCoshDice(smooth=0.0)(g, p))
    # 1 − D itself has an error of 6e-8 of 1.
    assert found == pytest.approx(float(x[0, 0, 0, 0, 0] ** 2 / 2), rel=1e-4 + 2 * 1.2e-7 / error)


@pytest.mark.parametrize("smooth_dr", [0.0, 1e-6])
def test_log_cosh_is_finite_far_from_the_optimum(smooth_dr):
    """D = 2000: cosh overflows in float32, log cosh x = x − log 2 does not."""
    g, p = (np.full((1, 1, 1, 1, 1), x, "f4") for x in (0.0, 0.001))
    d = 2 / (0.001 + smooth_dr)
    found = float(our_keras.LogCoshDice(smooth=2.0, smooth_dr=smooth_dr)(g, p))
    assert found == pytest.approx(d - 1 - np.log(2), rel=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_floats_are_summed_in_float32(dtype):
    ones = tf.ones((1, 41, 41, 41, 1), dtype)
    assert float(tf.cast(tf.reduce_sum(ones), "float64")) != MANY
    assert float(class_sums(ones, ones).intersection[0, 0]) == MANY


def relative_errors(found, expected):
    return abs(np.asarray(found, "f8") / expected - 1)


UNDECIDED = np.array([0.3, 0.7], "f4")
"""Probabilities that every voxel has: a rounded total drifts, for its errors have one sign."""


def running_totals(count):
    """What one float32 total per class is, to which a voxel after the other is added.

    A library keeps one, or one in each of its threads: then less is lost, but the result depends on
    the machine.
    """
    return [np.cumsum(np.full(count, value), dtype="f4")[-1] for value in UNDECIDED]


def test_a_sum_over_the_voxels_of_a_brain():
    shape = (1, 155, 240, 240, 2)
    p = tf.constant(np.broadcast_to(UNDECIDED, shape))
    expected = 155 * 240 * 240 * UNDECIDED.astype("f8")
    assert (relative_errors(running_totals(155 * 240 * 240), expected) > 1e-3).all()
    assert (relative_errors(class_sums(p, p).prediction[0], expected) < 1e-6).all()


@pytest.mark.parametrize("edge", [64, 81, 128])
def test_a_sum_that_xla_fuses(edge):
    """As in `model.fit`, which compiles: XLA joins sums of sums to one running total."""
    p = tf.constant(np.broadcast_to(UNDECIDED, (1, edge, edge, edge, 2)))
    found = tf.function(lambda field: class_sums(field, field).prediction, jit_compile=True)(p)
    assert (relative_errors(found[0], edge**3 * UNDECIDED.astype("f8")) < 1e-6).all()


@pytest.mark.slow
def test_sums_of_a_volume_of_52_million_voxels():
    """512 × 512 × 200 voxels: every class sum, and the losses that are made of them."""
    count = 200 * 512 * 512
    shape = (1, 200, 512, 512, 2)
    p = tf.broadcast_to(UNDECIDED, shape)
    g = tf.broadcast_to(np.array([1, 0], "f4"), shape)
    wide = UNDECIDED.astype("f8")
    assert (relative_errors(running_totals(count), count * wide) > 1e-2).all()

    sums = class_sums(g, p)
    expected = {
        "intersection": wide * [1, 0],
        "prediction": wide,
        "truth": [1, 0],
        "squared_prediction": wide**2,
        "voxels": [1, 1],
    }
    for name, each in expected.items():
        found = getattr(sums, name)[0]
        np.testing.assert_allclose(found, count * np.array(each), rtol=1e-6)
    values = [
        (our_keras.Dice(smooth=1.0), 1 - wide[0] / (1 + wide[0])),
        (our_keras.SensitivitySpecificity(include_background=False), 0.95 * wide[1] ** 2),
    ]
    for made, value in values:
        assert float(made(g, p)) == pytest.approx(value, rel=1e-6)


def test_a_sum_of_any_length_leaves_no_voxel_out():
    for count in (1, 7, 8, 9, 63, 64, 65, 4097):
        field = np.arange(count, dtype="f8").reshape(1, 1, count)
        assert float(voxel_sum(field)[0, 0]) == count * (count - 1) / 2
