"""The optimizers of a descent: from a gradient to the next logits, element by element.

The formulas are those of Keras 3, so that a rate means here what it means in training.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Tensor = Any
Memory = Sequence[Tensor]
Updated = tuple[Tensor, list[Tensor]]

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-7  # the defaults of Kingma and Ba 2015, ε of Keras


@dataclass(frozen=True)
class Optimizer:
    """A rule that makes of a gradient the next logits.

    Attributes
    ----------
    memories : int
        How many fields it keeps from step to step, each as large as the logits.
    update : callable
        ``update(logits, gradient, memory, numbers) -> (logits, memory)``, with rate, momentum and
        number of the step, which counts from 1, as scalar tensors of float64.
    """

    memories: int
    update: Callable[[Tensor, Tensor, Memory, Sequence[Tensor]], Updated]


def _sgd(z: Tensor, gradient: Tensor, memory: Memory, numbers: Sequence[Tensor]) -> Updated:
    """Take a step of z ← z − η ∂L/∂z."""
    del memory
    rate, _, _ = _cast(numbers, z)
    return z - rate * gradient, []


def _momentum(z: Tensor, gradient: Tensor, memory: Memory, numbers: Sequence[Tensor]) -> Updated:
    """Take a step of v ← μ v − η ∂L/∂z, z ← z + v (Polyak 1964; Keras: SGD with momentum)."""
    rate, momentum, _ = _cast(numbers, z)
    velocity = momentum * memory[0] - rate * gradient
    return z + velocity, [velocity]


def _adam(z: Tensor, gradient: Tensor, memory: Memory, numbers: Sequence[Tensor]) -> Updated:
    """Take a step of Adam (Kingma and Ba 2015, the efficient form of section 2, as in Keras)."""
    from keras import ops

    rate, _, number = numbers
    mean = memory[0] + (gradient - memory[0]) * (1 - _BETA_1)
    square = memory[1] + (gradient * gradient - memory[1]) * (1 - _BETA_2)
    # In float64, for 1 − 0.999 keeps five digits in float32.
    corrected = rate * ops.sqrt(1 - _BETA_2**number) / (1 - _BETA_1**number)
    (factor,) = _cast([corrected], z)
    return z - factor * mean / (ops.sqrt(square) + _EPSILON), [mean, square]


def _cast(numbers: Sequence[Tensor], z: Tensor) -> list[Tensor]:
    from keras import ops

    return [ops.cast(number, z.dtype) for number in numbers]


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "sgd": Optimizer(0, _sgd),
        "momentum": Optimizer(1, _momentum),
        "adam": Optimizer(2, _adam),
    }
)
"""By the names of `lossexplorer.engine.messages.descent.OPTIMIZER`."""
