"""Conventions of Keras against the installed Keras, value and gradient."""

import keras
import numpy as np
import pytest
from packaging.version import Version

from lossexplorer import keras as our_keras
from tests.libraries.common import BACKEND, FIELDS, convention, every_field, needs, ours

needs("tensorflow", "Keras's own losses", "tensorflow")

import tensorflow as tf  # noqa: E402 - where the module is not skipped

SPACE = (1, 2, 3)
CASES = {
    "Dice()": lambda: keras.losses.Dice(dtype="float64"),
    "Dice(axis=(1, 2, 3))": lambda: keras.losses.Dice(axis=SPACE, dtype="float64"),
    "Tversky()": lambda: keras.losses.Tversky(dtype="float64"),
    "CategoricalCrossentropy()": lambda: keras.losses.CategoricalCrossentropy(dtype="float64"),
    "CategoricalFocalCrossentropy()": lambda: keras.losses.CategoricalFocalCrossentropy(
        dtype="float64"
    ),
}


def of_logits(loss, g, z):
    """A loss of the softmax of logits, and its gradient in them.

    What a loss adds to the slopes in all probabilities of a voxel alike, as Keras does by dividing
    by their sum, cancels there.
    """
    logits = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(tf.constant(g), tf.nn.softmax(logits))
    return float(value), tape.gradient(value, logits).numpy()


def agree(one, other, fields):
    (value, slopes), (expected, expected_slopes) = (
        of_logits(loss, *fields) for loss in (one, other)
    )
    assert value == pytest.approx(expected, rel=1e-9)
    assert slopes == pytest.approx(expected_slopes, rel=1e-6, abs=1e-12)


@every_field
@pytest.mark.parametrize("name", CASES)
def test_the_same_loss(name, fields):
    agree(ours(convention("Keras", name)), CASES[name](), fields)


@every_field
def test_generalized_cross_entropy(fields):
    """Keras takes class indices here."""
    theirs = keras.losses.CategoricalGeneralizedCrossEntropy(dtype="float64")
    name = "CategoricalGeneralizedCrossEntropy()"
    agree(ours(convention("Keras", name)), lambda g, p: theirs(tf.argmax(g, -1), p), fields)


@every_field
def test_tversky_swaps_alpha_and_beta(fields):
    """As released. Once Keras repairs it, its convention has to move to the new version."""
    theirs = keras.losses.Tversky(alpha=0.3, beta=0.7, axis=SPACE, dtype="float64")
    name = "Tversky(alpha=0.3, beta=0.7, axis=(1, 2, 3))"
    swapped = Version(keras.__version__) < Version("3.16.0.dev0")
    agree(ours(convention("Keras" if swapped else "Keras main", name)), theirs, fields)


def test_the_swapped_tversky_differs_from_the_right_one():
    name = "Tversky(alpha=0.3, beta=0.7, axis=(1, 2, 3))"
    values = [
        of_logits(ours(convention(library, name)), *FIELDS["soft"])[0]
        for library in ("Keras", "Keras main")
    ]
    assert abs(values[0] - values[1]) > 1e-3


def test_what_clipping_does():
    """The note on cross-entropy: finite where it is infinite, without a gradient there."""
    g = np.eye(2)[np.array([0, 1]).reshape(1, 1, 1, 2)]
    wrong = tf.constant(g[..., ::-1].copy())
    with tf.GradientTape() as tape:
        tape.watch(wrong)
        value = keras.losses.CategoricalCrossentropy(dtype="float64")(g, wrong)
    assert float(value) == pytest.approx(-np.log(1e-7))
    assert not np.any(tape.gradient(value, wrong))
    assert np.isinf(float(our_keras.CrossEntropy(dtype="float64")(g, wrong)))


def test_this_runs_with_tensorflow():
    assert BACKEND == "tensorflow"
