"""Training steps on TensorFlow: graphs without XLA."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops, tree
from numpy.typing import NDArray

from lossexplorer.learning.steps.forward import forward
from lossexplorer.learning.steps.interface import (
    Array,
    Gradients,
    LossValues,
    StepParts,
    Tensor,
    Weigh,
)


class Steps:
    """See `lossexplorer.learning.steps.interface.Steps`."""

    def __init__(self, parts: StepParts) -> None:
        self._parts = parts
        # AutoGraph would rewrite the messages of exceptions.
        self._differentiate = tf.function(self._differentiated, autograph=False)
        self._update = tf.function(self._updated, autograph=False)
        self._descend = tf.function(self._descended, autograph=False)
        self._predict = tf.function(self._predicted, autograph=False, reduce_retracing=True)

    def gradients(self, x: Array, targets: Sequence[Array]) -> Gradients:
        """Return the gradient of every loss for every variable, frozen or not."""
        numbers, products, tensors = self._differentiate(*_tensors(x, targets))
        return Gradients(_values(numbers), products.numpy(), tensors)

    def apply(self, gradients: Gradients, factors: Array) -> NDArray[np.float64]:
        """Update the variables once."""
        factors = tf.constant(factors, tf.float32)
        squares: NDArray[np.float64] = self._update(gradients.tensors, factors).numpy()
        return squares

    def descend(self, x: Array, targets: Sequence[Array], weigh: Weigh) -> LossValues:
        """Update the variables once with the gradient of Σ weight · loss."""
        self._weigh = weigh
        return _values(self._descend(*_tensors(x, targets)))

    def predict(self, x: Array) -> list[Array]:
        """Return every output, with ``training=False``."""
        return [output.numpy() for output in self._predict(tf.constant(x))]

    def slope(self, output: int, prediction: Array, target: Array) -> Array:
        """Return the gradient of an output's loss in its prediction."""
        given = tf.constant(prediction)
        with tf.GradientTape() as tape:
            tape.watch(given)
            loss = self._parts.losses[output](tf.constant(target), given)
        found: Array = tape.gradient(loss, given, unconnected_gradients="zero").numpy()
        return found

    # What is traced

    def _differentiated(self, x: Tensor, targets: list[Tensor]) -> Any:
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            values = _current(self._parts.variables)
            tape.watch(values)
            losses, extra, states = forward(
                self._parts, values, _current(self._parts.others), x, targets
            )
        # None, and no tensor of zeros, where a loss does not reach.
        by_loss = [tape.gradient(loss, values) for loss in losses]
        of_extra = tape.gradient(extra, values)
        del tape
        products = tf.stack([_products(each) for each in zip(*by_loss, strict=True)])
        return tf.stack([*losses, extra]), products, (by_loss, of_extra, states)

    def _updated(self, tensors: Any, factors: Tensor) -> Tensor:
        by_loss, of_extra, states = tensors
        variables = self._parts.variables
        before = _current(variables)
        directions = []
        for i in self._parts.trained:
            terms = [
                factors[i, k] * each[i] for k, each in enumerate(by_loss) if each[i] is not None
            ]
            terms += [] if of_extra[i] is None else [of_extra[i]]
            directions.append(tf.add_n(terms) if terms else tf.zeros_like(before[i]))
        self._assign(directions, states)
        nothing, trained = tf.zeros((), tf.float64), set(self._parts.trained)
        return tf.stack(
            [
                _dot(after - before[i], after - before[i]) if i in trained else nothing
                for i, after in enumerate(_current(variables))
            ]
        )

    def _descended(self, x: Tensor, targets: list[Tensor]) -> Tensor:
        parts = self._parts
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            values = _current(parts.variables)
            trained = [values[i] for i in parts.trained]
            tape.watch(trained)
            losses, extra, states = forward(parts, values, _current(parts.others), x, targets)
            weights = tf.stop_gradient(
                tf.numpy_function(self._weighed, [tf.stack(losses)], tf.float32)
            )
            total = tf.add_n([weights[k] * loss for k, loss in enumerate(losses)] + [extra])
        self._assign(tape.gradient(total, trained, unconnected_gradients="zero"), states)
        return tf.stack([*losses, extra])

    def _weighed(self, losses: Array) -> Array:
        return np.asarray(self._weigh(losses), np.float32)

    def _predicted(self, x: Tensor) -> list[Tensor]:
        outputs: list[Tensor] = tree.flatten(self._parts.model(x, training=False))
        return outputs

    def _assign(self, directions: list[Tensor], states: list[Tensor]) -> None:
        trained = [self._parts.variables[i] for i in self._parts.trained]
        self._parts.optimizer.apply(directions, trained)
        for variable, value in zip(self._parts.others, states, strict=True):
            variable.assign(value)


def _tensors(x: Array, targets: Sequence[Array]) -> tuple[Tensor, list[Tensor]]:
    return tf.constant(x), [tf.constant(target) for target in targets]


def _values(numbers: Tensor) -> LossValues:
    *losses, extra = map(float, numbers.numpy())
    return LossValues(tuple(losses), extra)


def _current(variables: Sequence[Any]) -> list[Tensor]:
    return [ops.copy(variable.value) for variable in variables]


def _dot(one: Tensor, other: Tensor) -> Tensor:
    return tf.reduce_sum(tf.cast(one, tf.float64) * tf.cast(other, tf.float64))


def _products(gradients: Sequence[Tensor | None]) -> Tensor:
    """Return the dot products of each two gradients of one variable."""
    count = len(gradients)
    nothing = tf.zeros((), tf.float64)
    table = [[nothing] * count for _ in range(count)]
    for i, k in combinations_with_replacement(range(count), 2):
        one, other = gradients[i], gradients[k]
        if one is not None and other is not None:
            table[i][k] = table[k][i] = _dot(one, other)
    return tf.stack(table)
