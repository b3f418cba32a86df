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
    """An array of the numbers of a tensor or variable."""
    if isinstance(tensor, keras.Variable):
        tensor = tensor.value
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

        # A frozen variable itself requires no gradient.
        values = [variable.value.detach().clone().requires_grad_() for variable in variables]
        loss = torch.sum(_outputs(model, x, variables, values, training)[k] ** 2)
        found = torch.autograd.grad(loss, values, allow_unused=True, materialize_grads=True)
    else:
        import jax

        def loss_of(values):
            return jax.numpy.sum(_outputs(model, x, variables, values, training)[k] ** 2)

        found = jax.grad(loss_of)([variable.value for variable in variables])
    return [numbers(each) for each in found]


def _outputs(model, x, variables, values, training):
    with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
        return model(x, training=training)
