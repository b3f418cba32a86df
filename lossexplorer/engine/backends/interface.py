"""The interface of the backends, which are modules with these functions."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from lossexplorer.engine.messages import EngineInfo

Tensor = Any
"""An array of the backend."""

Differentiated = Callable[..., tuple[Tensor, Any, list[Tensor]]]


class Backend(Protocol):
    """A Keras backend.

    Once its module is imported, everything is computed on the device that
    `lossexplorer.engine.backends.environment.chosen_device` returns.
    Fields are float32 and sums float64 on every backend.

    Attributes
    ----------
    ops : module
        `keras.ops`, on this backend.
    """

    ops: Any

    FUSES: bool
    """Whether the backend fuses the operations of compiled functions."""

    def prepare(self) -> EngineInfo:
        """Initialise the device and return its name and the backend's version."""

    def info(self) -> EngineInfo:
        """Return the name of the device and the backend's version, without computing anything."""

    def devices(self) -> list[str]:
        """Return the names of all devices that the backend sees, the CPU first."""

    def is_gpu(self) -> bool:
        """Whether it computes on a GPU."""

    def memory(self) -> int | None:
        """Return the bytes in use on the GPU, as counted by the backend's allocator.

        On the CPU it is None: there the memory is the process's, which the operating system counts.
        """

    def release(self) -> None:
        """Free caches and unreferenced objects."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether an exception means that the host or the device ran out of memory."""

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function fused, once for each set of shapes.

        Whenever it is compiled, `lossexplorer.core.compiling` notes it.

        Parameters
        ----------
        function : callable
            Takes and returns tensors, or lists, tuples and dicts (with str keys) of tensors. It
            must have no side effects, because it may be called again to be traced.
        """

    def by_steps(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its operations carried out one by one, and loops by Python.

        It returns what the compiled function returns, up to the rounding of float32.

        Parameters
        ----------
        function : callable
            As for `compiled`.
        """

    def value_and_slopes(self, function: Callable[..., tuple[Tensor, Any]], /) -> Differentiated:
        """Return a function that also computes the gradient, by automatic differentiation.

        Parameters
        ----------
        function : callable
            ``function(inputs, *others) -> (value, extra)`` with a list of tensors as inputs; the
            value is a scalar, the extra a tensor or a tuple of tensors.

        Returns
        -------
        callable
            Returns the value, the extra, and a list of the value's gradients with respect to the
            inputs: zeros for an input that the value does not depend on.
        """

    def eager_slopes(
        self, function: Callable[[list[Tensor]], tuple[Tensor, Any]], inputs: list[Tensor]
    ) -> tuple[Any, list[Tensor]]:
        """Return the extra of `function` and the gradient of its value, computed once.

        Parameters
        ----------
        function : callable
            ``function(inputs) -> (value, extra)``, which may use NumPy in between, as the distances
            in `lossexplorer.losses` do; the extra may be None.
        inputs : list of tensor
            The inputs with respect to which the value is differentiated.
        """

    def vectorized(self, function: Callable[[Sequence[Tensor]], Any]) -> Callable[..., Any]:
        """Return a function that maps `function` over the first axis of tensors, in one call.

        Not fused by itself: ``compiled(vectorized(function))`` is.

        Parameters
        ----------
        function : callable
            Takes a list or tuple of tensors and returns a tensor or a tuple of tensors.

        Returns
        -------
        callable
            Takes a list or tuple of tensors with an additional first axis, of the same length in
            all tensors, and returns the results of `function` with this axis in front.
        """

    def sums(self, fields: Sequence[Tensor], axis: int) -> list[Tensor]:
        """Return the sums over an axis of float32 fields of one shape, read in one pass.

        For use within a compiled function. XLA makes no vector instructions for more than three
        fields, or if one field is expensive to compute, which takes three times as long.
        """

    def stretch(self, field: Tensor, start: Tensor, length: int) -> Tensor:
        """Return a stretch of the last axis of a field (k, n), from a tensor's value on.

        For use within a compiled function. With `ops.slice`, TensorFlow makes constants of start
        indices where it can, and compiles again for each start.
        """

    def to_device(self, array: Any) -> Tensor:
        """Return a copy of an array as a tensor on the device.

        Parameters
        ----------
        array : array
            Floats or integers. For PyTorch, which cannot sort unsigned integers of more than
            8 bits, these become wider signed integers.
        """

    def taken_over(self, array: NDArray[Any]) -> Tensor:
        """Return an array as a tensor on the device, which may share its memory.

        Nobody may write to the array afterwards. A large one that begins at a multiple of
        `ALIGNMENT` is not copied on a CPU.

        Parameters
        ----------
        array : array
            As in `to_device`.
        """

    def to_numpy(self, tensor: Tensor) -> NDArray[Any]:
        """Return the tensor as a NumPy array, which may share its memory: do not write to it."""


ALIGNMENT = 64
"""Where an array must begin, in bytes, for a tensor to share its memory."""


def gpu_title(index: int, name: str) -> str:
    """Return the name of a GPU for the status line.

    Examples
    --------
    >>> gpu_title(0, "NVIDIA H100")
    'GPU 0 NVIDIA H100'
    """
    return f"GPU {index} {name}".strip()


def usable_processors() -> int:
    """Return the number of processors that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # only Linux has it
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def mentions(error: BaseException, *words: str) -> bool:
    """Return whether an exception's message contains one of some words, in any case."""
    text = str(error).lower()
    return any(word in text for word in words)


__all__ = [
    "ALIGNMENT",
    "Backend",
    "Differentiated",
    "Tensor",
    "gpu_title",
    "mentions",
    "usable_processors",
]
