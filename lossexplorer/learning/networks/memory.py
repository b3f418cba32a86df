"""How much memory a training step needs, before it is taken."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from lossexplorer.learning.networks.calls import Shape, inner_model, shapes
from lossexplorer.learning.setup import OptimizerName

_FLOAT = 4

# How often what all layers give has to fit into memory: once until the backward pass has used it,
# and its gradients on the way back of several losses at once. Measured by
# tests/learning/networks/test_memory.py: 1.3 to 2.7.
_COPIES = 3

# Numbers that an optimizer keeps for each weight.
_KEPT = {"sgd": 0, "momentum": 1, "adam": 2, "rmsprop": 1}


def bytes_of_step(model: keras.Model, shape: Shape, optimizer: OptimizerName) -> int:
    """Return how many bytes a training step needs, above what the process occupies without it.

    These are what the layers give and its gradients, the weights, a gradient of each loss for
    every weight, the update, and what the optimizer keeps.

    Parameters
    ----------
    model : keras.Model
        A functional model.
    shape : tuple of int
        The shape of what goes in, (batch, z, y, x, channel).
    optimizer : str
        As in `lossexplorer.learning.setup.Training`.
    """
    of_weights = 2 + len(model.outputs) + _KEPT[optimizer]
    numbers = _COPIES * _numbers_in(model, [shape]) + of_weights * int(model.count_params())
    return _FLOAT * numbers


def _numbers_in(model: keras.Model, shape: Sequence[Shape]) -> int:
    """Count the numbers that all layers give, with those of nested models."""
    total = 0
    for call in shapes(model, shape):
        nested = inner_model(call.layer)
        if nested is not None:
            total += _numbers_in(nested, call.takes)
        else:
            total += sum(math.prod(size or 1 for size in gives) for gives in call.gives)
    return total
