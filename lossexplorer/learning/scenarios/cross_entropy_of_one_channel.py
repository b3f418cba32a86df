"""The cross-entropy that is 0: one channel under a softmax."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.scenarios._logits import value_and_gradient
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import LossChoice, Output, Setup


def _measure() -> Mapping[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of exactly this
        return _measured()


def _measured() -> Mapping[str, float]:
    import keras

    random = np.random.default_rng(0)
    truth = (random.uniform(size=(2, 4, 8, 8, 1)) < 0.3).astype(np.float32)
    logits = random.normal(scale=5.0, size=truth.shape).astype(np.float32)
    one = np.array(keras.activations.softmax(keras.ops.array(logits)))
    ours, _ = value_and_gradient(LossChoice("cross_entropy"), truth, one)
    of_keras, gradient = value_and_gradient(LossChoice("categorical_crossentropy"), truth, one)
    dice, of_dice = value_and_gradient(LossChoice("keras.dice"), truth, one)
    share = float(truth.mean())
    two = np.concatenate([1 - truth, truth], axis=-1)
    even = np.full_like(two, 0.5)
    return {
        "probability": float(np.abs(one - 1).max()),
        "value_of_keras": of_keras,
        "gradient_of_keras": float(np.abs(gradient).max()),
        "seen": float(np.isinf(ours)),
        "dice": dice - (1 - 2 * share / (1 + share)),
        "dice_gradient": float(np.abs(of_dice).max()),
        "two_channels": value_and_gradient(LossChoice("cross_entropy"), two, even)[0],
    }


_SETUP = Setup(
    outputs=(
        Output("y1", "foreground", LossChoice("dice")),
        Output("y2", "foreground", LossChoice("cross_entropy")),
    )
)

SCENARIO = Scenario(
    id="L17",
    title="The cross-entropy that is 0",
    text="Both outputs predict the foreground with two channels, because one channel under a "
    "softmax is 1 for every input. With such a model of your own the curve of Keras's categorical "
    "cross-entropy lies at 0 and no line of it reaches a layer, and the program's own is infinite: "
    "the foreground is predicted everywhere.",
    claim="With one channel under a softmax, categorical cross-entropy and its gradient are 0 for "
    "every input, so Dice + cross-entropy is Dice; the Dice loss is that of a constant 1. Binary "
    "cross-entropy of the same prediction is infinite.",
    source="MedSAM#99, LanGuideMedSeg#13, MMI-UNet#6 (DiceCE 0.494944 = Dice 0.494944)",
    start=Start("learn", "tumour", _SETUP, shown="y2", plot="layers"),
    expected=(
        Expectation("probability", "largest difference of the softmax to 1", 0.0, 0.0),
        Expectation("value_of_keras", "Keras's cross-entropy, clipped at 1 − 10⁻⁷", 0.0, 2e-7),
        Expectation("gradient_of_keras", "largest gradient of Keras's in a logit", 0.0, 0.0),
        Expectation("seen", "1 if the binary cross-entropy is infinite", 1.0, 0.0),
        Expectation("dice", "Dice − (1 − 2s/(1 + s)), s the share of the class", 0.0, 1e-6),
        Expectation("dice_gradient", "largest gradient of Dice in a logit", 0.0, 0.0),
        Expectation("two_channels", "cross-entropy of two channels at p = ½: ln 2", 0.693147),
    ),
    measure=_measure,
)
