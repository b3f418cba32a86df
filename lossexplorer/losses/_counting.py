"""The type of numbers in which voxels are counted."""

from __future__ import annotations

from lossexplorer.losses._sums import Tensor


def counting_type(counted: Tensor) -> str:
    """Return the type in which voxels are counted one by one.

    A running float32 sum stops at 2²⁴. JAX, in which float64 is off by default, adds in a tree.

    Parameters
    ----------
    counted : tensor
        What is counted: its type is kept on JAX.
    """
    import keras

    on_jax = keras.backend.backend() == "jax"
    return keras.backend.standardize_dtype(counted.dtype) if on_jax else "float64"
