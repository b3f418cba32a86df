"""Training steps on PyTorch, one operation after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from keras import ops, tree

from lossexplorer.learning.steps.forward import forward
from lossexplorer.learning.steps.interface import (
    Array,
    Combine,
    Gradients,
    LossValues,
    Tensor,
    TrainedNetwork,
    Weigh,
)


class TorchSteps:
    """See `lossexplorer.learning.steps.interface.Steps`."""

    def __init__(self, network: TrainedNetwork) -> None:
        self._network = network

    def train_by_loss(self, x: Array, targets: Sequence[Array], combine: Combine) -> Gradients:
        """Take one step with the gradient of every loss for every variable."""
        values, losses, extra, states = self._forward(
            x, targets, range(len(self._network.variables))
        )
        by_loss = [_slopes(loss, values) for loss in losses]
        of_extra = _slopes(extra, values)
        numbers = _values(losses, extra)
        products = np.stack([_products(each) for each in zip(*by_loss, strict=True)])
        factors = combine(np.array(numbers.losses), products).tolist()
        directions = []
        for i in self._network.trained:
            direction = torch.zeros_like(values[i])
            for factor, gradient in zip(
                (*factors[i], 1.0), (*(each[i] for each in by_loss), of_extra[i]), strict=True
            ):
                if gradient is not None:
                    direction += factor * gradient
            directions.append(direction)
        self._update(directions, states)
        changes = np.zeros(len(values))
        for i in self._network.trained:
            change = self._network.variables[i].value.detach() - values[i].detach()
            changes[i] = _dot(change, change)
        return Gradients(numbers, products, changes)

    def train_at_once(self, x: Array, targets: Sequence[Array], weigh: Weigh) -> LossValues:
        """Take one step with the gradient of Σ factor · loss."""
        values, losses, extra, states = self._forward(x, targets, self._network.trained)
        numbers = _values(losses, extra)
        factors = weigh(np.array(numbers.losses)).tolist()
        total = sum((f * loss for f, loss in zip(factors, losses, strict=True)), start=extra)
        trained = [values[i] for i in self._network.trained]
        slopes = zip(_slopes(total, trained), trained, strict=True)
        self._update([torch.zeros_like(v) if s is None else s for s, v in slopes], states)
        return numbers

    def predict(self, x: Array) -> list[Array]:
        """Return every output, with ``training=False``."""
        with torch.no_grad():
            outputs = tree.flatten(self._network.model(ops.convert_to_tensor(x), training=False))
        return [ops.convert_to_numpy(output) for output in outputs]

    def slope(self, output: int, prediction: Array, target: Array) -> Array:
        """Return the gradient of an output's loss in its prediction."""
        p = ops.convert_to_tensor(prediction).detach().clone().requires_grad_()
        loss = self._network.losses[output](ops.convert_to_tensor(target), p)
        (found,) = _slopes(loss, [p])
        return np.zeros_like(prediction) if found is None else ops.convert_to_numpy(found)

    def _forward(
        self, x: Array, targets: Sequence[Array], places: Sequence[int]
    ) -> tuple[list[Tensor], list[Tensor], Tensor, list[Tensor]]:
        """Return copies of the variables, of which some are followed, and what `forward` gives."""
        values = [variable.value.detach().clone() for variable in self._network.variables]
        for place in places:
            values[place].requires_grad_()
        others = [variable.value.detach().clone() for variable in self._network.others]
        tensors = [ops.convert_to_tensor(target) for target in targets]
        # A dropout without a seed of its own draws from PyTorch's, which no checkpoint holds.
        with torch.random.fork_rng():
            torch.manual_seed(int(self._network.optimizer.iterations))
            found = forward(self._network, values, others, ops.convert_to_tensor(x), tensors)
        return values, *found

    def _update(self, directions: list[Tensor], states: list[Tensor]) -> None:
        trained = [self._network.variables[i] for i in self._network.trained]
        with torch.no_grad():
            self._network.optimizer.apply(directions, trained)
            for variable, value in zip(self._network.others, states, strict=True):
                variable.assign(value)


def _slopes(value: Tensor, variables: Sequence[Tensor]) -> Sequence[Tensor | None]:
    """Return gradients, None where the value does not depend on a variable."""
    if not value.requires_grad:
        return [None] * len(variables)
    found: Sequence[Tensor | None] = torch.autograd.grad(
        value, variables, retain_graph=True, allow_unused=True
    )
    return found


def _values(losses: Sequence[Any], extra: Tensor) -> LossValues:
    return LossValues(tuple(loss.item() for loss in losses), extra.item())


def _dot(one: Tensor, other: Tensor) -> float:
    return float(torch.sum(one.double() * other.double()))


def _products(gradients: Sequence[Tensor | None]) -> Array:
    """Return the dot products of each two gradients of one variable."""
    return np.array(
        [[0.0 if a is None or b is None else _dot(a, b) for b in gradients] for a in gradients]
    )
