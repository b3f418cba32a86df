"""Activations of outputs, and gradients in their logits against finite differences."""

import keras
import numpy as np
import pytest
from keras import layers
from scipy import special

from lossexplorer.learning.activations import activation_of, in_logits

IMAGE = keras.Input((4, 4, 4, 3))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Conv3D(2, 1, activation="softmax"), "softmax"),
        (layers.Conv3D(2, 1, activation="sigmoid"), "sigmoid"),
        (layers.Conv3D(2, 1, activation="relu"), "linear"),
        (layers.Conv3D(2, 1), "linear"),
        (layers.Softmax(), "softmax"),
        (layers.Softmax(axis=1), "linear"),  # not over the channels
        (layers.Activation("sigmoid"), "sigmoid"),
        (layers.Activation(keras.ops.softmax), "softmax"),
        (layers.UpSampling3D(2), "linear"),
    ],
)
def test_what_an_output_ends_in(layer, expected):
    assert activation_of(layer(IMAGE)) == expected


def test_what_ends_a_nested_model_ends_the_output():
    inner = keras.Input((4, 4, 4, 3))
    first, second = layers.Conv3D(2, 1)(inner), layers.Conv3D(2, 1, activation="softmax")(inner)
    outputs = keras.Model(inner, [first, second])(IMAGE)
    assert [activation_of(output) for output in outputs] == ["linear", "softmax"]
    renamed = layers.Identity(name="y1")(outputs[1])
    assert activation_of(renamed) == "softmax"


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("softmax", lambda z: special.softmax(z, axis=-1)),
        ("sigmoid", special.expit),
        ("linear", lambda z: z),
    ],
)
def test_gradients_in_logits_are_those_of_central_differences(activation, function):
    rng = np.random.default_rng(4)
    z, factors = rng.normal(size=(2, 5, 3)), rng.normal(size=(5, 3))

    def value(logits):
        return (factors * function(logits) ** 2).sum()

    p = function(z[0])
    found = in_logits(2 * factors * p, p, activation)
    for place in np.ndindex(5, 3):
        step = np.zeros((5, 3))
        step[place] = 1e-6
        slope = (value(z[0] + step) - value(z[0] - step)) / 2e-6
        assert found[place] == pytest.approx(slope, abs=1e-8)
