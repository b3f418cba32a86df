"""TensorFlow: compile, differentiate, place, name the device and its memory."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lossexplorer.engine.backends.choice import TITLES, chosen_device
from lossexplorer.engine.backends.interface import (
    Differentiated,
    Tensor,
    gpu_title,
    says,
)
from lossexplorer.engine.messages import EngineInfo

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
    from tensorflow.compiler.tf2xla.ops import gen_xla_ops

    _gpus = tf.config.list_physical_devices("GPU")

import numpy as np  # noqa: E402 - TensorFlow's notes first
from numpy.typing import NDArray  # noqa: E402

__all__ = [
    "FUSES",
    "compiled",
    "devices",
    "eager_slopes",
    "is_gpu",
    "is_out_of_memory",
    "memory",
    "ops",
    "prepare",
    "release",
    "sums",
    "to_device",
    "to_numpy",
    "value_and_slopes",
    "vectorized",
    "window",
]

tf.get_logger().setLevel("ERROR")

_gpu = chosen_device().pick(_gpus, TITLES["tensorflow"])
tf.config.set_visible_devices([] if _gpu is None else [_gpus[_gpu]], "GPU")
if _gpu is not None:
    # As needed, so that the viewer keeps its share.
    tf.config.experimental.set_memory_growth(_gpus[_gpu], True)

FUSES = True


def prepare() -> EngineInfo:
    """Wake the device up and name it."""
    with _quiet():
        # The first operation and the first compilation make more notes.
        compiled(lambda x: x + 1)(tf.constant(0.0))
    device = "CPU" if _gpu is None else _title(_gpu)
    return EngineInfo("tensorflow", tf.__version__, device, os.getpid())


def devices() -> list[str]:
    """Return the names of all devices that TensorFlow sees, the CPU first."""
    return ["CPU", *map(_title, range(len(_gpus)))]


def _title(index: int) -> str:
    details = tf.config.experimental.get_device_details(_gpus[index])
    return gpu_title(index, details.get("device_name", ""))


def is_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return _gpu is not None


def memory() -> int | None:
    """Return the bytes in use on the GPU; None on the CPU."""
    # The one GPU that is visible is the first, whichever it is of the machine's.
    return None if _gpu is None else int(tf.config.experimental.get_memory_info("GPU:0")["current"])


def release() -> None:
    """Let go of what nothing refers to: tensors are freed with their last reference."""
    gc.collect()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory did not suffice."""
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return True
    # What the GPU's libraries say comes as an internal error.
    return isinstance(error, tf.errors.OpError) and says(error, "out of memory", "out_of_memory")


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function fused by XLA, compiled once for each set of shapes."""
    # AutoGraph would rewrite the messages of what is raised.
    made: Callable[..., Any] = tf.function(function, jit_compile=True, autograph=False)
    return made


def value_and_slopes(function: Callable[..., tuple[Tensor, Any]]) -> Differentiated:
    """Return `function` extended by its gradient, as a graph."""

    def differentiated(inputs: list[Tensor], *others: Any) -> tuple[Tensor, Any, list[Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value, extra = function(inputs, *others)
        slopes = tape.gradient(value, inputs, unconnected_gradients="zero")
        return value, extra, slopes

    made: Differentiated = tf.function(differentiated, autograph=False)
    return made


def eager_slopes(
    function: Callable[[list[Tensor]], tuple[Tensor, Any]], inputs: list[Tensor]
) -> tuple[Any, list[Tensor]]:
    """Return the extra that `function` gives and its value's gradient, computed once."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value, extra = function(inputs)
    return extra, tape.gradient(value, inputs, unconnected_gradients="zero")


def vectorized(function: Callable[[Sequence[Tensor]], Any]) -> Callable[..., Any]:
    """Return a function that maps `function` over the first axis of tensors, in one call."""

    def mapped(tensors: Sequence[Tensor]) -> Any:
        return tf.vectorized_map(function, tensors)

    return mapped


def sums(fields: Sequence[Tensor], axis: int) -> list[Tensor]:
    """See `Backend.sums`; a reduction of several inputs is not among TensorFlow's own names."""
    count = len(fields)

    def add(*sides: Tensor) -> list[Tensor]:
        return [sides[k] + sides[count + k] for k in range(count)]

    scalar = tf.TensorSpec((), tf.float32)
    reducer = tf.function(add, autograph=False).get_concrete_function(*[scalar] * (2 * count))
    found: list[Tensor] = gen_xla_ops.xla_variadic_reduce_v2(
        inputs=fields,
        init_values=[tf.constant(0.0)] * count,
        dimensions_to_reduce=[axis],
        reducer=reducer,
    )
    return found


def window(field: Tensor, start: Tensor, length: int) -> Tensor:
    """See `Backend.window`; not among TensorFlow's own names."""
    begin, size = tf.stack([tf.zeros_like(start), start]), tf.constant([field.shape[0], length])
    return gen_xla_ops.xla_dynamic_slice(field, begin, size)


def to_device(array: Any) -> Tensor:
    """Return the array as a tensor on the device."""
    return tf.constant(array)


def to_numpy(tensor: Tensor) -> NDArray[Any]:
    """Return the tensor as a NumPy array."""
    return np.asarray(tensor)
