"""Gradients of several outputs by each backend's own automatic differentiation."""

import keras
import numpy as np

BACKEND = keras.backend.backend()


def gradients(model, x, variables, training=False):
    """∂ Σ yₖ² / ∂ variable for each output and variable, arrays of float32.

    A variable that an output does not depend on has zeros, as the backend gives them.
    """
    return [_gradient(model, x, variables, k, training) for k in range(len(model.outputs))]


def forward(model, x, training=False):
    return [numbers(y) for y in model(x, training=training)]


def numbers(tensor):
    if BACKEND == "torch":
        tensor = tensor.detach().cpu()
    return np.array(tensor.numpy() if BACKEND != "jax" else tensor)


def _gradient(model, x, variables, k, training):
    if BACKEND == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x, training=training)[k] ** 2)
        values = [variable.value for variable in variables]
        found = tape.gradient(loss, values, unconnected_gradients="zero")
    elif BACKEND == "torch":
        import torch

        loss = torch.sum(model(x, training=training)[k] ** 2)
        values = [variable.value for variable in variables]
        found = torch.autograd.grad(loss, values, allow_unused=True, materialize_grads=True)
    else:
        import jax

        places = [i for i, v in enumerate(model.variables) if any(v is each for each in variables)]
        state = [variable.value for variable in model.variables]

        def loss_of(values):
            with keras.StatelessScope(state_mapping=zip(model.variables, state, strict=True)) as s:
                for place, value in zip(places, values, strict=True):
                    s.add_update((model.variables[place], value))
                return jax.numpy.sum(model(x, training=training)[k] ** 2)

        by_place = dict(
            zip(places, jax.grad(loss_of)([state[place] for place in places]), strict=True)
        )
        order = [next(i for i, v in enumerate(model.variables) if v is each) for each in variables]
        found = [by_place[place] for place in order]
    return [numbers(each) for each in found]
