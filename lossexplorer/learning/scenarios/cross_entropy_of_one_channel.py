"""The cross-entropy that is 0: one channel under a softmax."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lossexplorer.learning.scenarios._logits import value_and_gradient
from lossexplorer.learning.scenarios._runs import first_step, one_patch, small, trainer
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import LossChoice, Output, Setup


def _measure() -> Mapping[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of exactly this
        return {**_of_one_channel(), **_in_a_run()}


def _of_one_channel() -> Mapping[str, float]:
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
        Output("y1", "foreground_sigmoid", LossChoice("keras.dice")),
        Output("y2", "foreground_softmax", LossChoice("categorical_crossentropy")),
    )
)


def _with_two_channels(setup: Setup) -> Setup:
    """Return the setup with the target that the text recommends for y2."""
    return setup.with_output(replace(setup.output("y2"), target="foreground"))


def _in_a_run() -> Mapping[str, float]:
    """Return what loss 2 is and does in the first step of what is opened."""
    import keras

    setup, volume = small(_SETUP), one_patch()
    report, steps = first_step(trainer(setup, volume), setup)
    # The bias of y2 has the index after its kernel's: with λ = 1 its step is −rate · ∂L2/∂b.
    passed_back = -steps["y2"][-1] / setup.training.rate
    background = float(np.mean(volume.labels == 0))
    cured = trainer(_with_two_channels(setup), volume).train()
    return {
        "loss_2": report.losses[1],
        "total": report.total - report.losses[0],
        "passed_back": passed_back
        - (background if keras.config.backend() == "tensorflow" else 0.0),
        "two_channels_run": float(cured.losses[1] > 0),
    }


SCENARIO = Scenario(
    id="L17",
    title="The cross-entropy that is 0",
    text="Both outputs predict the foreground in one channel, y1 under a sigmoid with Dice, y2 "
    "under a softmax with categorical cross-entropy: the curve of loss 2 lies at 0. Give y2 the "
    "target Foreground, of two channels, and it learns.",
    claim="With one channel under a softmax, categorical cross-entropy and its gradient are 0 for "
    "every input: Dice + cross-entropy is Dice. On TensorFlow, Keras passes p − y back all the "
    "same, so that loss 2 has a line.",
    source="MedSAM#99, LanGuideMedSeg#13, MMI-UNet#6 (DiceCE 0.494944 = Dice 0.494944)",
    start=Start("learn", "tumour", _SETUP, shown="y2", steps=3),
    expected=(
        Expectation("probability", "largest difference of the softmax to 1", 0.0, 0.0),
        Expectation("value_of_keras", "Keras's cross-entropy, clipped at 1 − 10⁻⁷", 0.0, 2e-7),
        Expectation("gradient_of_keras", "largest gradient of Keras's in a logit", 0.0, 0.0),
        Expectation("seen", "1 if the binary cross-entropy is infinite", 1.0, 0.0),
        Expectation("dice", "Dice − (1 − 2s/(1 + s)), s the share of the class", 0.0, 1e-6),
        Expectation("dice_gradient", "largest gradient of Dice in a logit", 0.0, 0.0),
        Expectation("two_channels", "cross-entropy of two channels at p = ½: ln 2", 0.693147),
        Expectation("loss_2", "loss 2 of what is opened, in the first step", 0.0, 2e-7),
        Expectation("total", "its total − loss 1", 0.0, 2e-7),
        Expectation(
            "passed_back",
            "passed back to the bias of y2 − share of background, or 0 but on TensorFlow",
            0.0,
        ),
        Expectation("two_channels_run", "1 if loss 2 of two channels is positive", 1.0, 0.0),
    ),
    measure=_measure,
)
