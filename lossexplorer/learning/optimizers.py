"""Optimizers of Keras, made and adjusted as a training's settings say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.setup import Training

_CLASSES = {
    "sgd": keras.optimizers.SGD,
    "momentum": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "rmsprop": keras.optimizers.RMSprop,
}


def make_optimizer(training: Training, variables: Sequence[Any]) -> Any:
    """Return an optimizer that has a place for every variable, also for those that are frozen.

    Parameters
    ----------
    training : Training
        Optimizer, learning rate, momentum and clipping.
    variables : sequence of keras.Variable
        What it may update.

    Raises
    ------
    ParameterError
        As in `check`.

    Examples
    --------
    >>> optimizer = make_optimizer(Training(optimizer="adam", rate=0.001), [])
    >>> type(optimizer).__name__, optimizer.clipnorm
    ('Adam', None)
    """
    check(training)
    options: dict[str, Any] = {
        "learning_rate": float(training.rate),
        "clipnorm": training.clipnorm,
        "global_clipnorm": training.global_clipnorm,
    }
    if training.optimizer == "momentum":
        options["momentum"] = float(training.momentum)
    optimizer: Any = _CLASSES[training.optimizer](**options)
    optimizer.build(list(variables))
    return optimizer


def adjust_optimizer(optimizer: Any, training: Training) -> None:
    """Set learning rate and clipping of an optimizer, which keeps what it remembers.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        From `make_optimizer`, with a training of the same optimizer and momentum.
    training : Training
        The new settings.

    Raises
    ------
    ParameterError
        As in `check`.
    """
    check(training)
    optimizer.learning_rate.assign(training.rate)
    optimizer.clipnorm = training.clipnorm
    optimizer.global_clipnorm = training.global_clipnorm


def forget(optimizer: Any) -> None:
    """Let an optimizer be as it was before its first step: momenta and averages begin at 0."""
    for variable in optimizer.variables:
        if variable is not optimizer.learning_rate:
            variable.assign(np.zeros(variable.shape, variable.dtype))


def check(training: Training) -> None:
    """Refuse an optimizer, a learning rate, a momentum or a clipping that is not allowed.

    Raises
    ------
    ParameterError
        If the optimizer is unknown, a number is not allowed, or clipping is asked for twice.
    """
    if training.optimizer not in _CLASSES:
        *others, last = _CLASSES
        raise ParameterError(
            f"The optimizer must be {', '.join(others)} or {last}, not {training.optimizer!r}."
        )
    if not (np.isfinite(training.rate) and training.rate > 0):
        raise ParameterError(f"The learning rate must be greater than 0, not {training.rate}.")
    if not 0 <= training.momentum <= 1:
        raise ParameterError(f"The momentum must be from 0 to 1, not {training.momentum}.")
    for name in ("clipnorm", "global_clipnorm"):
        largest = getattr(training, name)
        if largest is not None and not largest > 0:
            raise ParameterError(f"{name} must be greater than 0, not {largest}.")
    if training.clipnorm is not None and training.global_clipnorm is not None:
        raise ParameterError(
            "Keras clips by clipnorm or by global_clipnorm, not by both: choose one of them."
        )
