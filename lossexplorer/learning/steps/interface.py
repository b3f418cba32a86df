"""The interface of the training steps on each backend, one module a backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Tensor = Any
"""An array of the backend."""

Array = NDArray[Any]

Weigh = Callable[[Array], Array]
Combine = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with its losses and its optimizer: what a training step is made of.

    Attributes
    ----------
    model : keras.Model
        A functional model.
    variables : tuple of keras.Variable
        Every variable that is trained or would be if its layer were not frozen.
    losses : tuple of keras.losses.Loss
        One for each output, in the model's order.
    optimizer : keras.optimizers.Optimizer
        Built for `variables`.
    """

    model: Any
    variables: tuple[Any, ...]
    losses: tuple[Any, ...]
    optimizer: Any

    @cached_property
    def trained(self) -> tuple[int, ...]:
        """The places in `variables` of those that are not frozen."""
        return tuple(i for i, variable in enumerate(self.variables) if variable.trainable)

    @cached_property
    def others(self) -> tuple[Any, ...]:
        """The variables that are not trained by gradients, such as statistics and random states."""
        own = {id(variable) for variable in self.variables}
        return tuple(v for v in self.model.variables if id(v) not in own)


@dataclass(frozen=True)
class LossValues:
    """The numbers of a forward pass.

    Attributes
    ----------
    losses : tuple of float
        Each output's loss, without λ.
    regularisation : float
        What the layers add to the total.
    """

    losses: tuple[float, ...]
    regularisation: float


@dataclass(frozen=True)
class Gradients:
    """What the gradients of every loss tell of one step, before its update.

    Attributes
    ----------
    values : LossValues
        The losses.
    products : array, shape (variable, loss, loss), float64
        The dot products of the gradients of each two losses in each variable, without λ; exactly 0
        where one of them does not reach.
    changes : array, shape (variable,), float64
        The sum of squares of each variable's change by the update; exactly 0 if it is frozen.
    """

    values: LossValues
    products: NDArray[np.float64]
    changes: NDArray[np.float64]


class Steps(Protocol):
    """Training steps on one backend.

    What is compiled is compiled for the layers that are frozen at that time and for the optimizer's
    clipping; factors of losses and the learning rate are inputs. The functions that give the
    factors may be called again with the same numbers. The network is never compiled by XLA on the
    CPU, where its 3D convolutions become many times slower, except on JAX, which has nothing else.
    """

    def __init__(self, network: TrainedNetwork) -> None:
        """Take the network; compile on the first call."""

    def train_by_loss(self, x: Array, targets: Sequence[Array], combine: Combine) -> Gradients:
        """Take one step with the gradient of every loss for every variable, frozen or not.

        The direction of each variable is Σ factor · gradient and the gradient of the
        regularisation. A factor of 0 leaves NaN where the gradient is NaN. What moves with a
        training step without a gradient, such as statistics, moves.

        Parameters
        ----------
        x : array, shape (batch, z, y, x, channel), float32
            The input of the network, which is called with ``training=True``.
        targets : sequence of array
            What each output is to predict.
        combine : callable
            From the losses, shape (loss,), and the dot products, shape (variable, loss, loss), to
            the factor of each loss in each variable, shape (variable, loss).
        """

    def train_at_once(self, x: Array, targets: Sequence[Array], weigh: Weigh) -> LossValues:
        """Take one step with the gradient of Σ factor · loss, computed in one pass.

        Parameters
        ----------
        x, targets
            As in `train_by_loss`.
        weigh : callable
            From the losses, shape (loss,), to their factors, which are taken to be constant.
        """

    def predict(self, x: Array) -> list[Array]:
        """Return every output, with ``training=False``.

        Parameters
        ----------
        x : array, shape (batch, z, y, x, channel), float32
            The input, of any size that the network takes.
        """

    def slope(self, output: int, prediction: Array, target: Array) -> Array:
        """Return the gradient of an output's loss in its prediction.

        Parameters
        ----------
        output : int
            The output's place.
        prediction, target : array, shape (batch, z, y, x, channel)
            Of that output.
        """
