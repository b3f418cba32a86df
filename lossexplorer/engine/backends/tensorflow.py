"""TensorFlow: compile, differentiate, place, name the device and its memory."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lossexplorer.core.compiling import noted
from lossexplorer.engine.backends.gpus import pick_gpu
from lossexplorer.engine.backends.interface import (
    ALIGNMENT,
    Differentiated,
    Tensor,
    gpu_title,
    mentions,
)
from lossexplorer.engine.messages import EngineInfo

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# oneDNN's allocator keeps for ever what was needed once; see `lossexplorer.engine.freed`.
os.environ.setdefault("TF_ONEDNN_USE_SYSTEM_ALLOCATOR", "1")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress TensorFlow's messages at start-up, which no setting turns off."""
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

import numpy as np  # noqa: E402 - TensorFlow is imported first
from numpy.typing import NDArray  # noqa: E402

__all__ = [
    "FUSES",
    "by_steps",
    "compiled",
    "devices",
    "eager_slopes",
    "info",
    "is_gpu",
    "is_out_of_memory",
    "memory",
    "ops",
    "prepare",
    "release",
    "stretch",
    "sums",
    "taken_over",
    "to_device",
    "to_numpy",
    "value_and_slopes",
    "vectorized",
]

tf.get_logger().setLevel("ERROR")


def _title(index: int) -> str:
    details = tf.config.experimental.get_device_details(_gpus[index])
    return gpu_title(index, details.get("device_name", ""))


_gpu, _note = pick_gpu("tensorflow", tf.__version__, [*map(_title, range(len(_gpus)))])
tf.config.set_visible_devices([] if _gpu is None else [_gpus[_gpu]], "GPU")
if _gpu is not None:
    # Allocate as needed, because the window also needs the GPU's memory.
    tf.config.experimental.set_memory_growth(_gpus[_gpu], True)

FUSES = True


def prepare() -> EngineInfo:
    """Initialise the device and return its name and TensorFlow's version."""
    with _quiet():
        # The first operation and the first compilation print more messages.
        compiled(lambda x: x + 1)(tf.constant(0.0))
    return info()


def info() -> EngineInfo:
    """Return the name of the device and TensorFlow's version."""
    device = "CPU" if _gpu is None else _title(_gpu)
    return EngineInfo("tensorflow", tf.__version__, device, os.getpid(), _note)


def devices() -> list[str]:
    """Return the names of all devices that TensorFlow sees, the CPU first."""
    return ["CPU", *map(_title, range(len(_gpus)))]


def is_gpu() -> bool:
    """Whether TensorFlow computes on a GPU."""
    return _gpu is not None


def memory() -> int | None:
    """Return the bytes in use on the GPU; None on the CPU."""
    # The one visible GPU is TensorFlow's first, whatever its number in the machine.
    return None if _gpu is None else int(tf.config.experimental.get_memory_info("GPU:0")["current"])


def release() -> None:
    """Free unreferenced objects: tensors are freed with their last reference."""
    gc.collect()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out."""
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return True
    # Errors of the GPU's libraries are raised as internal errors.
    return isinstance(error, tf.errors.OpError) and mentions(
        error, "out of memory", "out_of_memory"
    )


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function fused by XLA, compiled once for each set of shapes."""
    # AutoGraph would rewrite the messages of exceptions.
    made: Callable[..., Any] = tf.function(noted(function), jit_compile=True, autograph=False)
    return made


def by_steps(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as it is: TensorFlow carries out what it is not told to compile."""
    return function


def value_and_slopes(function: Callable[..., tuple[Tensor, Any]]) -> Differentiated:
    """Return a function, as a graph, that also computes the gradient."""

    def differentiated(inputs: list[Tensor], *others: Any) -> tuple[Tensor, Any, list[Tensor]]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value, extra = function(inputs, *others)
        slopes = tape.gradient(value, inputs, unconnected_gradients="zero")
        return value, extra, slopes

    made: Differentiated = tf.function(noted(differentiated), autograph=False)
    return made


def eager_slopes(
    function: Callable[[list[Tensor]], tuple[Tensor, Any]], inputs: list[Tensor]
) -> tuple[Any, list[Tensor]]:
    """Return the extra of `function` and the gradient of its value, computed once."""
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
    """See `Backend.sums`; TensorFlow's public API has no reduction of several inputs."""
    if tf.executing_eagerly():  # XLA's operations are for compiled functions alone
        return [tf.reduce_sum(field, axis) for field in fields]
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


def stretch(field: Tensor, start: Tensor, length: int) -> Tensor:
    """See `Backend.stretch`; TensorFlow's public API has no such operation."""
    if tf.executing_eagerly():
        return field[:, int(start) : int(start) + length]
    begin, size = tf.stack([tf.zeros_like(start), start]), tf.constant([field.shape[0], length])
    return gen_xla_ops.xla_dynamic_slice(field, begin, size)


def to_device(array: Any) -> Tensor:
    """Return the array as a tensor on the device."""
    return tf.constant(array)


def taken_over(array: NDArray[Any]) -> Tensor:
    """Return the array as a tensor on the device; a constant would copy it, into new memory."""
    if is_gpu() or array.ctypes.data % ALIGNMENT:
        return to_device(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def to_numpy(tensor: Tensor) -> NDArray[Any]:
    """Return the tensor as a NumPy array."""
    return np.asarray(tensor)
