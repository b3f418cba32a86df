"""NumPy functions within a loss, on every backend of Keras."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.losses._sums import Tensor


def on_host(function: Callable[..., NDArray[Any]], *tensors: Tensor, like: Tensor) -> Tensor:
    """Return the results of a NumPy function on each volume, as a constant for the gradient.

    This works eagerly and in traced functions: with TensorFlow in a ``tf.function`` (unless XLA
    compiles it, because compiled code cannot leave the device), with JAX in a ``jax.jit``.

    Parameters
    ----------
    function : callable
        Takes as many arrays of shape (z, y, x) as there are tensors, and returns one array.
    *tensors : tensor, shape (sample, class, z, y, x)
        The arguments. The function is applied volume by volume, which keeps intermediate results
        small.
    like : tensor
        A tensor with the shape and type of the result.
    """
    import keras
    from keras import ops

    dtype = keras.backend.standardize_dtype(like.dtype)

    def called(*arrays: Any) -> NDArray[Any]:
        fields = [np.asarray(array) for array in arrays]
        result = np.empty(fields[0].shape, dtype)
        for place in np.ndindex(result.shape[:2]):
            result[place] = function(*(field[place] for field in fields))
        return result

    constants = [ops.stop_gradient(tensor) for tensor in tensors]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        result = tf.numpy_function(called, constants, dtype)
        result.set_shape(like.shape)
        return result
    if keras.backend.backend() == "jax":
        # Not a dependency of this package: it is installed if Keras computes with it.
        jax = importlib.import_module("jax")
        return jax.pure_callback(called, jax.ShapeDtypeStruct(like.shape, dtype), *constants)
    # PyTorch
    return like.new_tensor(called(*(constant.cpu().numpy() for constant in constants)))
