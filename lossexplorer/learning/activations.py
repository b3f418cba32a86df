"""The activation of an output, and gradients in what goes into it."""

from __future__ import annotations

from typing import Any

import keras
from numpy.typing import NDArray

from lossexplorer.learning.networks.head import Activation

Array = NDArray[Any]


def activation_of(output: Any) -> Activation:
    """Return the activation that an output of a model ends in.

    Parameters
    ----------
    output : keras.KerasTensor
        An output of a functional model.

    Returns
    -------
    {"softmax", "sigmoid", "linear"}
        ``"linear"`` for every other: what is painted is then the gradient in the output itself.

    Examples
    --------
    >>> inputs = keras.Input((4, 4, 4, 1))
    >>> activation_of(keras.layers.Conv3D(2, 1, activation="softmax")(inputs))
    'softmax'
    >>> activation_of(keras.layers.Conv3D(2, 1)(inputs))
    'linear'
    """
    layer = last_layer(output)
    if type(layer).__name__ == "Softmax":  # the layer, or the operation
        return "softmax" if layer.axis in (-1, len(output.shape) - 1) else "linear"
    function = getattr(layer, "activation", None)
    if function in (keras.activations.softmax, keras.ops.softmax):
        return "softmax"
    is_sigmoid = function in (keras.activations.sigmoid, keras.ops.sigmoid)
    return "sigmoid" if is_sigmoid else "linear"


def last_layer(output: Any) -> Any:
    """Return the layer that an output of a model ends in, through nested models and identities.

    Parameters
    ----------
    output : keras.KerasTensor
        An output of a functional model.

    Examples
    --------
    >>> y = keras.layers.Conv3D(2, 1)(keras.Input((4, 4, 4, 1)))
    >>> type(last_layer(keras.layers.Identity(name="y1")(y))).__name__
    'Conv3D'
    """
    layer, call, place = output._keras_history
    if isinstance(layer, keras.Model):
        return last_layer(layer.outputs[place])
    if isinstance(layer, keras.layers.Identity):
        return last_layer(layer._inbound_nodes[call].input_tensors[0])
    return layer


def in_logits(slope: Array, prediction: Array, activation: Activation) -> Array:
    """Return the gradient in an output's logits, from that in the output.

    By the chain rule: a softmax p has ∂L/∂z = p (∂L/∂p − Σ p ∂L/∂p), summed over the channels; a
    sigmoid p has p (1 − p) ∂L/∂p.

    Parameters
    ----------
    slope, prediction : array, shape (…, channel)
        ∂L/∂p and p.
    activation : {"softmax", "sigmoid", "linear"}
        What makes p of z.

    Examples
    --------
    >>> import numpy as np
    >>> cross_entropy = -np.array([1.0, 0.0]) / np.array([0.25, 0.75])
    >>> in_logits(cross_entropy, np.array([0.25, 0.75]), "softmax")
    array([-0.75,  0.75])
    """
    found: Array = slope
    if activation == "softmax":
        found = prediction * (slope - (prediction * slope).sum(axis=-1, keepdims=True))
    elif activation == "sigmoid":
        found = prediction * (1 - prediction) * slope
    return found
