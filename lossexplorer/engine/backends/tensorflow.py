"""TensorFlow: compile, differentiate, name the device."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

# Read by Keras when it is first imported; the engine's functions below are TensorFlow's.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep TensorFlow's notes on start-up, which obey no setting, from the user's terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


with _quiet():
    import tensorflow as tf
    from keras import ops

import numpy as np  # noqa: E402 - Keras reads its backend when it is imported

from lossexplorer.engine.messages import EngineInfo  # noqa: E402

__all__ = [
    "compiled",
    "eager_slopes",
    "ops",
    "prepare",
    "to_device",
    "to_numpy",
    "value_and_slopes",
]

tf.get_logger().setLevel("ERROR")

Tensor = Any


def prepare() -> EngineInfo:
    """Let GPU memory grow as needed, so that the viewer keeps its share, and name the device."""
    with _quiet():
        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        # The first operation and the first compilation wake the device up, with more notes.
        compiled(lambda x: x + 1)(tf.constant(0.0))
    device = "CPU"
    if gpus:
        name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "")
        device = f"GPU 0 {name}".strip()
    return EngineInfo("tensorflow", tf.__version__, device, os.getpid())


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function fused by XLA, compiled once for each set of shapes."""
    # AutoGraph would rewrite the messages of what is raised.
    made: Callable[..., Any] = tf.function(function, jit_compile=True, autograph=False)
    return made


def value_and_slopes(
    function: Callable[..., tuple[Tensor, Tensor]],
) -> Callable[..., tuple[Tensor, Tensor, list[Tensor]]]:
    """Return `function` extended by its gradient, by automatic differentiation.

    Parameters
    ----------
    function : callable
        ``function(inputs, *others) -> (value, extra)`` with a list of tensors first.

    Returns
    -------
    callable
        Gives the value, the extra, and the value's gradient in each of the inputs.
    """

    def differentiated(inputs: list[Tensor], *others: Any) -> tuple[Tensor, Tensor, list[Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value, extra = function(inputs, *others)
        slopes = tape.gradient(value, inputs, unconnected_gradients="zero")
        return value, extra, slopes

    made: Callable[..., tuple[Tensor, Tensor, list[Tensor]]] = tf.function(
        differentiated, autograph=False
    )
    return made


def eager_slopes(
    function: Callable[[list[Tensor]], tuple[Tensor, Tensor]], inputs: list[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Return the extra that `function` gives and its value's gradient, computed once.

    Parameters
    ----------
    function : callable
        ``function(inputs) -> (value, extra)``, which may leave TensorFlow on its way.
    inputs : list of tensor
        What to differentiate in.
    """
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value, extra = function(inputs)
    return extra, tape.gradient(value, inputs, unconnected_gradients="zero")


def to_device(array: Any) -> Tensor:
    """Return the array as a tensor on the device."""
    return tf.constant(array)


def to_numpy(tensor: Tensor) -> np.ndarray[Any, Any]:
    """Return the tensor as a NumPy array."""
    return np.asarray(tensor)
