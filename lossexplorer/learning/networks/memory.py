"""How much memory a training step needs, before it is taken."""

from __future__ import annotations

import math

import keras

from lossexplorer.learning.networks.calls import Shape, inner_model, shapes
from lossexplorer.learning.setup import OptimizerName

_FLOAT = 4


def estimate(model: keras.Model, shape: Shape, optimizer: OptimizerName) -> int:
    """Return how many bytes a training step needs, above what the process occupies without it.

    Parameters
    ----------
    model : keras.Model
        A functional model.
    shape : tuple of int
        The shape of what goes in, (batch, z, y, x, channel).
    optimizer : str
        As in `lossexplorer.learning.setup.Training`.
    """
    numbers = _numbers(model, [shape])
    slots = {"sgd": 0, "momentum": 1, "adam": 2, "rmsprop": 1}[optimizer]
    weights = model.count_params()
    losses = len(model.outputs)
    return _FLOAT * int(3 * numbers + (2 + slots + losses) * weights)


def _numbers(model: keras.Model, given: list[Shape]) -> int:
    """Count the numbers that the layers of a model give, with those of nested models."""
    total = 0
    for call in shapes(model, given):
        nested = inner_model(call.layer)
        if nested is not None:
            total += _numbers(nested, list(call.takes))
        else:
            total += sum(math.prod(size or 1 for size in shape) for shape in call.gives)
    return total
