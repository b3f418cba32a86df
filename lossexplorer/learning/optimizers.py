"""Optimizers of Keras, made and adjusted as a training's settings say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.setup import Training


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
        If a number is not allowed, or both ways of clipping are asked for.

    Examples
    --------
    >>> optimizer = make_optimizer(Training(optimizer="adam", rate=0.001), [])
    >>> type(optimizer).__name__, optimizer.clipnorm
    ('Adam', None)
    """
    _check(training)
    settings = {
        "learning_rate": float(training.rate),
        "clipnorm": training.clipnorm,
        "global_clipnorm": training.global_clipnorm,
    }
    optimizer: Any
    match training.optimizer:
        case "sgd":
            optimizer = keras.optimizers.SGD(**settings)
        case "momentum":
            optimizer = keras.optimizers.SGD(momentum=float(training.momentum), **settings)
        case "adam":
            optimizer = keras.optimizers.Adam(**settings)
        case "rmsprop":
            optimizer = keras.optimizers.RMSprop(**settings)
        case other:
            raise ParameterError(
                f"The optimizer must be sgd, momentum, adam or rmsprop, not {other!r}."
            )
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
        As in `make_optimizer`.
    """
    _check(training)
    optimizer.learning_rate.assign(training.rate)
    optimizer.clipnorm = training.clipnorm
    optimizer.global_clipnorm = training.global_clipnorm


def forget(optimizer: Any) -> None:
    """Let an optimizer be as it was before its first step: momenta and averages begin at 0."""
    for variable in optimizer.variables:
        if variable is not optimizer.learning_rate:
            variable.assign(np.zeros(variable.shape, variable.dtype))


def _check(training: Training) -> None:
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
