"""JAX: compile, differentiate, place, name the device and its memory."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from typing import Any

from lossexplorer.engine.backends.kept_functions import folder_of

# On a GPU, JAX would allocate three quarters of the memory at once, which the window also needs.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
# Without a folder JAX keeps nothing. Reading a function takes some 10 ms, and most take less to
# compile than the second that is JAX's default.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder_of("jax")))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

import jax
import jax.numpy as jnp
import numpy as np
from keras import ops
from numpy.typing import NDArray

from lossexplorer.core.compiling import noted
from lossexplorer.engine.backends.gpus import pick_gpu
from lossexplorer.engine.backends.interface import (
    Differentiated,
    Tensor,
    gpu_title,
    mentions,
)
from lossexplorer.engine.messages import EngineInfo

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

# Sums need float64. Float32 arrays stay float32: JAX does not promote them for Python numbers.
jax.config.update("jax_enable_x64", True)


def _seen() -> list[Any]:
    """Return the GPUs that JAX sees."""
    try:
        return list(jax.devices("gpu"))
    except RuntimeError:  # JAX has no GPU platform here
        return []


_gpus = _seen()
_titles = [gpu_title(index, gpu.device_kind) for index, gpu in enumerate(_gpus)]
_gpu, _note = pick_gpu("jax", jax.__version__, _titles)
_device = jax.devices("cpu")[0] if _gpu is None else _gpus[_gpu]
jax.config.update("jax_default_device", _device)

FUSES = True


def prepare() -> EngineInfo:
    """Initialise the device and return its name and JAX's version."""
    compiled(lambda x: x + 1)(to_device(np.float32(0)))
    return info()


def info() -> EngineInfo:
    """Return the name of the device and JAX's version."""
    device = "CPU" if _gpu is None else _titles[_gpu]
    return EngineInfo("jax", jax.__version__, device, os.getpid(), _note)


def devices() -> list[str]:
    """Return the names of all devices that JAX sees, the CPU first."""
    return ["CPU", *_titles]


def is_gpu() -> bool:
    """Whether JAX computes on a GPU."""
    return _gpu is not None


def memory() -> int | None:
    """Return the bytes in use on the GPU; None on the CPU."""
    return None if _gpu is None else int(_device.memory_stats()["bytes_in_use"])


def release() -> None:
    """Free compiled functions, which are compiled again at their next call."""
    gc.collect()
    jax.clear_caches()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, jax.errors.JaxRuntimeError) and mentions(
        error, "resource_exhausted", "out of memory", "out_of_memory"
    )


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function fused by XLA, compiled once for each set of shapes."""
    made: Callable[..., Any] = jax.jit(noted(function))
    return made


def by_steps(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with loops that are Python's: JAX would compile its own."""

    def stepping(*arguments: Any) -> Any:
        with jax.disable_jit():
            return function(*arguments)

    return stepping


def value_and_slopes(function: Callable[..., tuple[Tensor, Any]]) -> Differentiated:
    """Return a compiled function that also computes the gradient."""
    differentiate = jax.value_and_grad(function, has_aux=True)

    def differentiated(inputs: list[Tensor], *others: Any) -> tuple[Tensor, Any, list[Tensor]]:
        (value, extra), slopes = differentiate(inputs, *others)
        return value, extra, slopes

    made: Differentiated = jax.jit(noted(differentiated))
    return made


def eager_slopes(
    function: Callable[[list[Tensor]], tuple[Tensor, Any]], inputs: list[Tensor]
) -> tuple[Any, list[Tensor]]:
    """Return the extra of `function` and the gradient of its value, computed once."""
    (_, extra), slopes = jax.value_and_grad(function, has_aux=True)(inputs)
    return extra, slopes


def vectorized(function: Callable[[Sequence[Tensor]], Any]) -> Callable[..., Any]:
    """Return a function that maps `function` over the first axis of tensors, in one call."""
    made: Callable[..., Any] = jax.vmap(function)
    return made


def sums(fields: Sequence[Tensor], axis: int) -> list[Tensor]:
    """See `Backend.sums`."""

    def add(left: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(a + b for a, b in zip(left, right, strict=True))

    zeros = (np.float32(0),) * len(fields)
    return list(jax.lax.reduce(tuple(fields), zeros, add, (axis,)))


def stretch(field: Tensor, start: Tensor, length: int) -> Tensor:
    """See `Backend.stretch`."""
    return jax.lax.dynamic_slice_in_dim(field, start, length, axis=1)


def to_device(array: Any) -> Tensor:
    """Return a copy of the array as a tensor on the device."""
    return jnp.array(array)


def taken_over(array: NDArray[Any]) -> Tensor:
    """Return the array as a tensor on the device."""
    return jnp.asarray(array)


def to_numpy(tensor: Tensor) -> NDArray[Any]:
    """Return the tensor as a NumPy array."""
    return np.asarray(tensor)
