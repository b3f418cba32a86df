"""What every backend's module offers; each is a module and not a class, and has these functions."""

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

    Importing its module places everything that is computed on the device that
    `lossexplorer.engine.backends.choice.chosen_device` names.
    Fields are float32 and sums float64 on every backend.

    Attributes
    ----------
    ops : module
        `keras.ops`, on this backend.
    """

    ops: Any

    FUSES: bool
    """Whether what is compiled is fused, so that it is no longer done as it is written."""

    def prepare(self) -> EngineInfo:
        """Wake the device up and name it."""

    def devices(self) -> list[str]:
        """Return the names of all devices that the backend sees, the CPU first."""

    def is_gpu(self) -> bool:
        """Whether it computes on a GPU."""

    def memory(self) -> int | None:
        """Return the bytes in use on the GPU, as its allocator counts them.

        None on the CPU, where the memory is the process's, which the operating system counts.
        """

    def release(self) -> None:
        """Let go of what is kept only to be fast, and of what nothing refers to any more."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether an exception says that memory, the host's or the device's, did not suffice."""

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function fused, once for each set of shapes.

        Parameters
        ----------
        function : callable
            Of tensors and of lists, tuples and dicts (with str for keys) of them, as is its result.
            It may be called again in order to be traced; what it does must be its result alone.
        """

    def value_and_slopes(self, function: Callable[..., tuple[Tensor, Any]], /) -> Differentiated:
        """Return `function` extended by its gradient, by automatic differentiation.

        Parameters
        ----------
        function : callable
            ``function(inputs, *others) -> (value, extra)`` with a list of tensors first; the value
            is a scalar, the extra a tensor or a tuple of them.

        Returns
        -------
        callable
            Gives the value, the extra, and a list of the value's gradients in the inputs: zeros in
            one that it does not depend on.
        """

    def eager_slopes(
        self, function: Callable[[list[Tensor]], tuple[Tensor, Any]], inputs: list[Tensor]
    ) -> tuple[Any, list[Tensor]]:
        """Return the extra that `function` gives and its value's gradient, computed once.

        Parameters
        ----------
        function : callable
            ``function(inputs) -> (value, extra)``, which may leave the backend on its way (see
            `lossexplorer.losses`'s distances, made by NumPy); the extra may be None.
        inputs : list of tensor
            What to differentiate in.
        """

    def vectorized(self, function: Callable[[Sequence[Tensor]], Any]) -> Callable[..., Any]:
        """Return a function that maps `function` over the first axis of tensors, in one call.

        Not fused by itself: ``compiled(vectorized(function))`` is.

        Parameters
        ----------
        function : callable
            Takes a list or tuple of tensors and returns a tensor or a tuple of them.

        Returns
        -------
        callable
            Takes the list or tuple with one more axis in front, the same length in all, and
            returns what `function` does with that axis in front.
        """

    def sums(self, fields: Sequence[Tensor], axis: int) -> list[Tensor]:
        """Return the sums over an axis of float32 fields of one shape, read in one pass.

        Of more than three fields, or of one that is dear to compute beside others, XLA makes no
        vector instructions, which takes thrice as long.

        To be used within a compiled function.
        """

    def window(self, field: Tensor, start: Tensor, length: int) -> Tensor:
        """Return so much of the last axis of a field (k, n), from a start that differs by call.

        To be used within a compiled function. Of what `ops.slice` begins with, TensorFlow makes
        constants where it can, and compiles anew for each.
        """

    def to_device(self, array: Any) -> Tensor:
        """Return a copy of an array as a tensor on the device.

        Parameters
        ----------
        array : array
            Of floats or integers. PyTorch, which cannot order unsigned integers of more than
            8 bits, gets wider signed ones.
        """

    def to_numpy(self, tensor: Tensor) -> NDArray[Any]:
        """Return the tensor as a NumPy array, which may share its memory: do not write to it."""


def gpu_title(index: int, name: str) -> str:
    """Return how a GPU is named in the status line.

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


def says(error: BaseException, *words: str) -> bool:
    """Whether an exception's message has one of some words in it, however they are written."""
    text = str(error).lower()
    return any(word in text for word in words)


__all__ = [
    "Backend",
    "Differentiated",
    "Tensor",
    "gpu_title",
    "says",
    "usable_processors",
]
