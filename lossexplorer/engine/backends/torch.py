"""PyTorch: differentiate, place, name the device and its memory."""

from __future__ import annotations

import functools
import gc
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

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

# Apple's GPUs are left out, because they have no float64, which sums need.
_titles = [
    gpu_title(index, torch.cuda.get_device_name(index))
    for index in range(torch.cuda.device_count())
]
_gpu, _note = pick_gpu("torch", str(torch.__version__), _titles)
_device = torch.device("cpu" if _gpu is None else f"cuda:{_gpu}")
# The device on which Keras makes its tensors, read when Keras is imported.
os.environ["KERAS_TORCH_DEVICE"] = str(_device)

from keras import ops  # noqa: E402 - it reads the device

_WIDER = {np.dtype(np.uint16): np.int32, np.dtype(np.uint32): np.int64}

FUSES = False


def prepare() -> EngineInfo:
    """Initialise the device and return its name and PyTorch's version."""
    compiled(lambda x: x + 1)(to_device(np.float32(0)))
    return info()


def info() -> EngineInfo:
    """Return the name of the device and PyTorch's version."""
    device = "CPU" if _gpu is None else _titles[_gpu]
    return EngineInfo("torch", str(torch.__version__), device, os.getpid(), _note)


def devices() -> list[str]:
    """Return the names of all devices that PyTorch sees, the CPU first."""
    return ["CPU", *_titles]


def is_gpu() -> bool:
    """Whether PyTorch computes on a GPU."""
    return _gpu is not None


def memory() -> int | None:
    """Return the bytes in use on the GPU; None on the CPU."""
    return None if _gpu is None else torch.cuda.memory_allocated(_device)


def release() -> None:
    """Return memory that the allocator keeps for later tensors to the GPU."""
    gc.collect()
    torch.cuda.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # The allocator of the host has no exception of its own.
    return isinstance(error, RuntimeError) and mentions(
        error, "can't allocate memory", "out of memory"
    )


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function without compiling it and without a tape for its gradient.

    ``torch.compile`` would need a C++ compiler on the user's machine and some 20 s for a step of
    sums, which is then three to four times as fast on two CPU cores.
    """

    @functools.wraps(function)
    def called(*arguments: Any) -> Any:
        with torch.no_grad():
            return function(*arguments)

    return called


def by_steps(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what `compiled` returns, since it compiles nothing."""
    return compiled(function)


def value_and_slopes(function: Callable[..., tuple[Tensor, Any]]) -> Differentiated:
    """Return a function that also computes the gradient."""
    differentiate = torch.func.grad_and_value(function, has_aux=True)

    def differentiated(inputs: list[Tensor], *others: Any) -> tuple[Tensor, Any, list[Tensor]]:
        slopes, (value, extra) = differentiate(inputs, *others)
        return value, extra, slopes

    return differentiated


def eager_slopes(
    function: Callable[[list[Tensor]], tuple[Tensor, Any]], inputs: list[Tensor]
) -> tuple[Any, list[Tensor]]:
    """Return the extra of `function` and the gradient of its value, computed once."""
    # Without torch.func, whose tensors NumPy functions cannot read.
    leaves = [tensor.detach().requires_grad_() for tensor in inputs]
    with torch.enable_grad():  # also within a compiled function
        value, extra = function(leaves)
    if value.requires_grad:
        slopes = torch.autograd.grad(value, leaves, materialize_grads=True)
    else:
        slopes = tuple(map(torch.zeros_like, inputs))
    return None if extra is None else extra.detach(), list(slopes)


def vectorized(function: Callable[[Sequence[Tensor]], Any]) -> Callable[..., Any]:
    """Return a function that maps `function` over the first axis of tensors, in one call."""
    made: Callable[..., Any] = torch.func.vmap(function)
    return made


def sums(fields: Sequence[Tensor], axis: int) -> list[Tensor]:
    """See `Backend.sums`; every field takes a pass of its own."""
    return [field.sum(dim=axis) for field in fields]


def stretch(field: Tensor, start: Tensor, length: int) -> Tensor:
    """See `Backend.stretch`."""
    return field.narrow(1, int(start), length)


def to_device(array: Any) -> Tensor:
    """Return a copy of the array as a tensor on the device."""
    array = np.asarray(array)
    return torch.tensor(array.astype(_WIDER.get(array.dtype, array.dtype)), device=_device)


def taken_over(array: NDArray[Any]) -> Tensor:
    """Return the array as a tensor on the device."""
    return torch.as_tensor(array.astype(_WIDER.get(array.dtype, array.dtype), copy=False)).to(
        _device
    )


def to_numpy(tensor: Tensor) -> NDArray[Any]:
    """Return the tensor as a NumPy array; a NumPy array is returned unchanged."""
    return np.asarray(tensor.detach().cpu() if isinstance(tensor, torch.Tensor) else tensor)
