"""Training steps on JAX: one compiled function a step, of all variables as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras import tree

from lossexplorer.core.compiling import note
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

_State = dict[str, list[Tensor]]
"""The values of what is trained, of other variables of the network, and of the optimizer."""


class JaxSteps:
    """See `lossexplorer.learning.steps.interface.Steps`."""

    def __init__(self, network: TrainedNetwork) -> None:
        self._network = network
        self._asked: Callable[..., Array]
        self._by_loss = jax.jit(self._traced_by_loss)
        self._at_once = jax.jit(self._traced_at_once)
        self._predict = jax.jit(self._traced_predict)

    def train_by_loss(self, x: Array, targets: Sequence[Array], combine: Combine) -> Gradients:
        """Take one step with the gradient of every loss for every variable."""
        self._asked = combine
        numbers, products, changes, state = self._by_loss(self._state(), x, list(targets))
        self._assign(state)
        return Gradients(_values(numbers), _wide(products), _wide(changes))

    def train_at_once(self, x: Array, targets: Sequence[Array], weigh: Weigh) -> LossValues:
        """Take one step with the gradient of Σ factor · loss."""
        self._asked = weigh
        numbers, state = self._at_once(self._state(), x, list(targets))
        self._assign(state)
        return _values(numbers)

    def predict(self, x: Array) -> list[Array]:
        """Return every output, with ``training=False``."""
        return [np.asarray(output) for output in self._predict(self._state(), x)]

    def slope(self, output: int, prediction: Array, target: Array) -> Array:
        """Return the gradient of an output's loss in its prediction."""
        loss = self._network.losses[output]
        return np.asarray(jax.grad(lambda p: loss(target, p))(jnp.asarray(prediction)))

    # What is traced

    def _traced_by_loss(
        self, state: _State, x: Tensor, targets: list[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, _State]:
        note()
        network = self._network

        def run(values: list[Tensor], which: int) -> tuple[Tensor, Any]:
            losses, extra, states = forward(network, values, state["others"], x, targets)
            return [*losses, extra][which], ([*losses, extra], states)

        # A function for each loss, because cotangents of 0 would make NaN of what is not finite.
        # The compiler finds that they have one forward pass.
        slopes = jax.grad(run, has_aux=True)
        found = [slopes(state["values"], which) for which in range(len(network.losses) + 1)]
        numbers, states = found[0][1]
        *by_loss, of_extra = [gradients for gradients, _ in found]
        products = jnp.stack([_products(each) for each in zip(*by_loss, strict=True)])
        factors = self._ask(jnp.stack(numbers[:-1]), products, shape=products.shape[:2])
        directions = [
            sum((factors[i, k] * each[i] for k, each in enumerate(by_loss)), start=of_extra[i])
            for i in network.trained
        ]
        new = self._updated(state, directions, states)
        both = zip(new["values"], state["values"], strict=True)
        changes = jnp.stack([_dot(after - before, after - before) for after, before in both])
        return jnp.stack(numbers), products, changes, new

    def _traced_at_once(
        self, state: _State, x: Tensor, targets: list[Tensor]
    ) -> tuple[Tensor, _State]:
        note()
        network = self._network

        def run(trained: list[Tensor]) -> tuple[Tensor, Any]:
            values = list(state["values"])
            for place, value in zip(network.trained, trained, strict=True):
                values[place] = value
            losses, extra, states = forward(network, values, state["others"], x, targets)
            stopped = jax.lax.stop_gradient(jnp.stack(losses))
            factors = self._ask(stopped, shape=(len(losses),))
            total = sum((factors[k] * loss for k, loss in enumerate(losses)), start=extra)
            return total, (jnp.stack([*losses, extra]), states)

        trained = [state["values"][i] for i in network.trained]
        directions, (numbers, states) = jax.grad(run, has_aux=True)(trained)
        return numbers, self._updated(state, directions, states)

    def _traced_predict(self, state: _State, x: Tensor) -> list[Tensor]:
        note()
        network = self._network
        variables = [*network.variables, *network.others]
        values = [*state["values"], *state["others"]]
        with keras.StatelessScope(zip(variables, values, strict=True)):
            outputs: list[Tensor] = tree.flatten(network.model(x, training=False))
        return outputs

    def _ask(self, *numbers: Tensor, shape: Sequence[int]) -> Tensor:
        """Return what the caller's function makes of numbers of the present step."""

        def answer(*numbers: Array) -> Array:
            return np.asarray(self._asked(*map(_wide, numbers)), np.float32)

        return jax.pure_callback(answer, jax.ShapeDtypeStruct(shape, np.float32), *numbers)

    def _updated(self, state: _State, directions: list[Tensor], states: list[Tensor]) -> _State:
        """Return the state after an update by the optimizer of Keras."""
        network = self._network
        variables = network.optimizer.variables
        mapping = [
            *zip(network.variables, state["values"], strict=True),
            *zip(variables, state["optimizer"], strict=True),
        ]
        with keras.StatelessScope(mapping) as scope:
            network.optimizer.apply(directions, [network.variables[i] for i in network.trained])
        return {
            "values": [scope.get_current_value(variable) for variable in network.variables],
            "others": states,
            "optimizer": [scope.get_current_value(variable) for variable in variables],
        }

    # What is kept in Keras's variables between steps

    def _kept(self) -> dict[str, Sequence[Any]]:
        network = self._network
        return {
            "values": network.variables,
            "others": network.others,
            "optimizer": network.optimizer.variables,
        }

    def _state(self) -> _State:
        return {
            name: [variable.value for variable in variables]
            for name, variables in self._kept().items()
        }

    def _assign(self, state: _State) -> None:
        for name, variables in self._kept().items():
            for variable, value in zip(variables, state[name], strict=True):
                variable.assign(value)


def _values(numbers: Tensor) -> LossValues:
    *losses, extra = np.asarray(numbers).tolist()
    return LossValues(tuple(losses), extra)


def _wide(numbers: Tensor) -> Array:
    return np.asarray(numbers, np.float64)


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return jnp.vdot(one, other, precision=jax.lax.Precision.HIGHEST)


def _products(gradients: Sequence[Tensor]) -> Tensor:
    """Return the dot products of each two gradients of one variable."""
    return jnp.stack([jnp.stack([_dot(one, other) for other in gradients]) for one in gradients])
