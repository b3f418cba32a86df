"""Training steps on TensorFlow: one graph a step, without XLA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
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
from lossexplorer.learning.steps.narrow_kernels import side_by_side


class TensorFlowSteps:
    """See `lossexplorer.learning.steps.interface.Steps`."""

    def __init__(self, network: TrainedNetwork) -> None:
        self._network = network
        self._asked: Callable[..., Array]
        # AutoGraph would rewrite the messages of exceptions.
        self._by_loss = tf.function(self._traced_by_loss, autograph=False)
        self._at_once = tf.function(self._traced_at_once, autograph=False)
        self._predict = tf.function(self._traced_predict, autograph=False, reduce_retracing=True)

    def train_by_loss(self, x: Array, targets: Sequence[Array], combine: Combine) -> Gradients:
        """Take one step with the gradient of every loss for every variable."""
        self._asked = combine
        numbers, products, changes = self._by_loss(*_tensors(x, targets))
        return Gradients(_values(numbers), products.numpy(), changes.numpy())

    def train_at_once(self, x: Array, targets: Sequence[Array], weigh: Weigh) -> LossValues:
        """Take one step with the gradient of Σ factor · loss."""
        self._asked = weigh
        return _values(self._at_once(*_tensors(x, targets)))

    def predict(self, x: Array) -> list[Array]:
        """Return every output, with ``training=False``."""
        return [output.numpy() for output in self._predict(tf.constant(x))]

    def slope(self, output: int, prediction: Array, target: Array) -> Array:
        """Return the gradient of an output's loss in its prediction."""
        p = tf.constant(prediction)
        with tf.GradientTape() as tape:
            tape.watch(p)
            loss = self._network.losses[output](tf.constant(target), p)
        found: Array = tape.gradient(loss, p, unconnected_gradients="zero").numpy()
        return found

    # What is traced

    def _traced_by_loss(self, x: Tensor, targets: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        note()
        network = self._network
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            values = _current(network.variables)
            tape.watch(values)
            losses, extra, states = forward(network, values, _current(network.others), x, targets)
        # None, and no tensor of zeros, where a loss does not reach.
        by_loss = [tape.gradient(loss, values) for loss in losses]
        of_extra = tape.gradient(extra, values)
        del tape
        gradients = [side_by_side(each) for each in zip(*by_loss, strict=True)]
        products = tf.stack([_products(each) for each in gradients])
        factors = tf.unstack(self._ask(tf.stack(losses), products, shape=products.shape[:2]))
        directions = []
        for i in network.trained:
            both = zip(tf.unstack(factors[i]), gradients[i], strict=True)
            terms = [factor * gradient for factor, gradient in both if gradient is not None]
            terms += [] if of_extra[i] is None else [of_extra[i]]
            directions.append(tf.add_n(terms) if terms else tf.zeros_like(values[i]))
        self._update(directions, states)
        changes = [tf.zeros((), tf.float64)] * len(values)
        for i in network.trained:
            changes[i] = _square(network.variables[i].value - values[i])
        return tf.stack([*losses, extra]), products, tf.stack(changes)

    def _traced_at_once(self, x: Tensor, targets: list[Tensor]) -> Tensor:
        note()
        network = self._network
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            values = _current(network.variables)
            trained = [values[i] for i in network.trained]
            tape.watch(trained)
            losses, extra, states = forward(network, values, _current(network.others), x, targets)
            factors = self._ask(tf.stack(losses), shape=(len(losses),))
            total = tf.add_n([factors[k] * loss for k, loss in enumerate(losses)] + [extra])
        self._update(tape.gradient(total, trained, unconnected_gradients="zero"), states)
        return tf.stack([*losses, extra])

    def _traced_predict(self, x: Tensor) -> list[Tensor]:
        note()
        outputs: list[Tensor] = tree.flatten(self._network.model(x, training=False))
        return outputs

    def _ask(self, *numbers: Tensor, shape: Sequence[int]) -> Tensor:
        """Return what the caller's function makes of numbers of the present step."""

        def answer(*numbers: Array) -> Array:
            return np.asarray(self._asked(*numbers), np.float32)

        return tf.ensure_shape(tf.numpy_function(answer, numbers, tf.float32), shape)

    def _update(self, directions: list[Tensor], states: list[Tensor]) -> None:
        trained = [self._network.variables[i] for i in self._network.trained]
        self._network.optimizer.apply(directions, trained)
        for variable, value in zip(self._network.others, states, strict=True):
            variable.assign(value)


def _tensors(x: Array, targets: Sequence[Array]) -> tuple[Tensor, list[Tensor]]:
    return tf.constant(x), [tf.constant(target) for target in targets]


def _values(numbers: Tensor) -> LossValues:
    *losses, extra = map(float, numbers.numpy())
    return LossValues(tuple(losses), extra)


def _current(variables: Sequence[Any]) -> list[Tensor]:
    return [tf.convert_to_tensor(variable.value) for variable in variables]


def _square(field: Tensor) -> Tensor:
    return tf.reduce_sum(tf.square(tf.cast(field, tf.float64)))


def _products(gradients: Sequence[Tensor | None]) -> Tensor:
    """Return the dot products of each two gradients of one variable."""
    count = len(gradients)
    reached = [k for k, gradient in enumerate(gradients) if gradient is not None]
    if not reached:
        return tf.zeros((count, count), tf.float64)
    rows = tf.cast(tf.stack([tf.reshape(gradients[k], [-1]) for k in reached]), tf.float64)
    found = tf.matmul(rows, rows, transpose_b=True)
    if len(reached) == count:
        return found
    places = tf.constant([[i, k] for i in reached for k in reached])
    return tf.scatter_nd(places, tf.reshape(found, [-1]), (count, count))
