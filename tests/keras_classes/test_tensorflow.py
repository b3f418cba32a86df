"""The Keras classes inside TensorFlow's functions, and compiled by XLA."""

import numpy as np
import pytest

from lossexplorer import keras as our_keras
from lossexplorer.losses import class_sums
from tests.keras_classes.common import (
    DISTANCES,
    NAMES,
    every_class,
    fields,
    only_on,
    reference,
    value_and_gradient,
)

only_on("tensorflow", "these are about TensorFlow")

import tensorflow as tf  # noqa: E402 - where the module is not skipped


def in_function(made, **options):
    """Value and gradient as a training step computes them."""

    @tf.function(**options)
    def step(g, p):
        with tf.GradientTape() as tape:
            tape.watch(p)
            value = made(g, p)
        return value, tape.gradient(value, p)

    return step


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "changed"), [*((name, {}) for name in NAMES), ("LovaszSoftmax", {"pooling": "sample"})]
)
def test_shapes_that_are_known_only_later(name, changed):
    """As in a model over volumes of any size, fed from a generator that tells nothing."""
    g, p = fields()
    made = getattr(our_keras, name)(**changed)
    specs = [tf.TensorSpec((None,) * 5), tf.TensorSpec((None,) * 4 + (3,))]
    compiled = tf.function(made, input_signature=specs)
    value = compiled(g.astype("f4"), p.astype("f4"))
    assert float(value) == pytest.approx(reference(made, g, p), rel=1e-5)


@every_class
def test_the_number_of_classes_is_known(name):
    specs = [tf.TensorSpec((None,) * 5)] * 2
    with pytest.raises(ValueError, match=f"{name} needs a prediction whose number of classes"):
        in_function(getattr(our_keras, name)(), input_signature=specs).get_concrete_function()


def test_a_truth_of_other_classes_is_refused_when_it_comes():
    specs = [tf.TensorSpec((None,) * 5), tf.TensorSpec((None,) * 4 + (3,))]
    step = in_function(our_keras.Dice(), input_signature=specs)
    g, p = (tf.constant(field, "float32") for field in fields())
    with pytest.raises(tf.errors.InvalidArgumentError):
        step(g[..., :1], p)


# One of each kind; tests/keras_classes/test_training.py compiles the others.
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["Dice", "CrossEntropy", "UnifiedFocal", "LovaszSoftmax", "CenterlineDice"]
)
def test_gradients_compiled_by_xla(name):
    g, p = (tf.constant(field, "float32") for field in fields())
    made = getattr(our_keras, name)()
    expected = value_and_gradient(made, g, p)
    value, gradient = in_function(made, jit_compile=True)(g, p)
    assert float(value) == pytest.approx(expected[0], rel=1e-5)
    scale = abs(expected[1]).max()
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-5, atol=1e-6 * scale)


@pytest.mark.parametrize(
    "edge",
    [pytest.param(64, marks=pytest.mark.slow), 81, pytest.param(128, marks=pytest.mark.slow)],
)
def test_sums_that_xla_cannot_join_to_one(edge):
    """`model.fit` compiles by itself; XLA makes one running total of sums of sums if it can."""
    values = np.array([0.3, 0.7], "f4")
    p = tf.broadcast_to(values, (1, edge, edge, edge, 2))
    g = tf.broadcast_to(np.array([1, 0], "f4"), p.shape)
    running = np.cumsum(np.full(edge**3, values[0]), dtype="f4")[-1]
    assert abs(running / (edge**3 * np.float64(values[0])) - 1) > 1e-5
    step = in_function(our_keras.Dice(include_background=False), jit_compile=True)
    value, gradient = step(g[..., ::-1], p[..., ::-1])
    hit, size = np.float64(values[0]) * edge**3, (1 + np.float64(values[0])) * edge**3
    assert float(value) == pytest.approx(1 - 2 * hit / size, rel=1e-6)
    expected = -(2 - 2 * hit / size) / size
    assert float(gradient[0, 0, 0, 0, 1]) == pytest.approx(expected, rel=2e-6)


@pytest.mark.slow
def test_sums_of_a_volume_of_52_million_voxels():
    """Probabilities of 0.3 and 0.7 in 512 × 512 × 200 voxels: a running total is % off."""
    shape = (1, 200, 512, 512, 2)
    count = 200 * 512 * 512
    values = np.array([0.3, 0.7], "f4")
    p = tf.broadcast_to(values, shape)
    running = np.array([np.cumsum(np.full(count, v), dtype="f4")[-1] for v in values])
    values = values.astype("f8")
    assert (abs(running / (count * values) - 1) > 0.01).all()

    g = tf.broadcast_to(np.array([1, 0], "f4"), shape)
    sums = class_sums(g, p)
    expected = {
        "intersection": values * [1, 0],
        "prediction": values,
        "truth": [1, 0],
        "squared_prediction": values**2,
        "voxels": [1, 1],
    }
    for name, each in expected.items():
        np.testing.assert_allclose(getattr(sums, name)[0], count * np.array(each), rtol=1e-6)
    dice = our_keras.Dice(include_background=False, smooth=1.0)
    assert float(dice(g[..., ::-1], p[..., ::-1])) == pytest.approx(
        1 - 2 * values[0] / (1 + values[0]), rel=1e-6
    )
    # A mean over voxels is Keras's own.
    assert float(our_keras.CrossEntropy()(g, p)) == pytest.approx(-np.log(values[0]), rel=5e-6)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_distance_map_says_how_to_compile(name):
    made = getattr(our_keras, name)()
    assert "compile(jit_compile=False)" in made.__doc__
    g, p = (tf.constant(field, "float32") for field in fields())
    with pytest.raises(tf.errors.InvalidArgumentError, match="PyFunc"):
        in_function(made, jit_compile=True)(g, p)
