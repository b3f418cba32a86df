"""Clipping by the global norm couples branches that share nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lossexplorer.learning.scenarios._runs import (
    first_step,
    global_norm,
    norm,
    small,
    trainer,
    with_training,
    with_weights,
)
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import Setup, Training

if TYPE_CHECKING:
    from lossexplorer.learning.training import Trainer

_SETUP = Setup(training=Training(global_clipnorm=0.1))

_NORMS = {"trunk": 3.0, "x2": 4.0, "x3": 12.0}


def _measure() -> Mapping[str, float]:
    together, alone = Training(rate=1.0, global_clipnorm=1.0), Training(rate=1.0, clipnorm=1.0)
    each = _steps(alone, _NORMS)
    return {
        "with_x3": _steps(together, _NORMS)["x2"],
        "without_x3": _steps(together, {"trunk": 3.0, "x2": 4.0})["x2"],
        "each_x2": each["x2"],
        "each_x3": each["x3"],
        **_trained(),
    }


def _steps(training: Training, norms: Mapping[str, float]) -> Mapping[str, float]:
    """Return the step of variables whose gradients have these norms, by the training's optimizer.

    Each variable has two numbers, and a gradient in the ratio 3 : 4.
    """
    import keras

    from lossexplorer.learning.optimizers import make_optimizer

    variables = [keras.Variable(np.zeros(2, np.float32)) for _ in norms]
    gradients = [keras.ops.array([0.6 * n, 0.8 * n], "float32") for n in norms.values()]
    optimizer = make_optimizer(training, variables)
    optimizer.apply(gradients, variables)
    return {
        name: float(np.linalg.norm(np.asarray(variable)))
        for name, variable in zip(norms, variables, strict=True)
    }


def _trained() -> Mapping[str, float]:
    """Return by how much λ2 × 10 changes the step of branch x2, which loss 2 does not reach."""
    run = trainer(small(_SETUP))
    together = _by_tenfold(run, clipnorm=None, global_clipnorm=1e-3)
    alone = _by_tenfold(run, clipnorm=1e-3, global_clipnorm=None)
    return {
        # Each step is the gradient by the global norm, so with that it is as long again.
        "trained_global": together["step"] * together["global_norm"],
        "trained_each": alone["step"],
    }


def _by_tenfold(run: Trainer, **clipping: float | None) -> Mapping[str, float]:
    """Return by how much the step of x2 and y1, and the global norm, are multiplied."""
    setup = with_training(small(_SETUP, rate=1000.0), **clipping)
    report, change = first_step(run, setup)
    tenfold, other = first_step(run, with_weights(setup, 0.5, 3.0))
    return {
        "step": norm(other["x2_conv"], other["y1"]) / norm(change["x2_conv"], change["y1"]),
        "global_norm": global_norm(tenfold) / global_norm(report),
    }


SCENARIO = Scenario(
    id="L12",
    title="Global clipping couples strangers",
    text="Gradients are clipped by their global norm. Make λ2 larger: the update of branch x2, "
    "which loss 2 does not reach, becomes smaller.",
    claim="With global_clipnorm = 1 and gradients of norm 3 in the trunk, 4 in x2 and 12 in x3, "
    "the step of x2 is 4/13, and 4/5 without x3; with clipnorm it is 1 either way.",
    source="keras.src.optimizers.base_optimizer (clipnorm, global_clipnorm)",
    start=Start("learn", "tumour", _SETUP, plot="layers"),
    expected=(
        Expectation("with_x3", "step of x2, clipped with trunk and x3", 4 / 13),
        Expectation("without_x3", "step of x2, clipped with the trunk", 0.8),
        Expectation("each_x2", "step of x2, each clipped alone", 1.0),
        Expectation("each_x3", "step of x3, each clipped alone", 1.0),
        Expectation("trained_global", "trained step of x2 × global norm, λ2 × 10", 1.0, 1e-5, "×"),
        Expectation("trained_each", "trained step of x2, each clipped, λ2 × 10", 1.0, 1e-6, "×"),
    ),
    measure=_measure,
)
