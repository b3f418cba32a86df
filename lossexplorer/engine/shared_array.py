"""Large arrays between processes of one machine, through shared memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Answer

_LARGE = 2**20


@dataclass(frozen=True)
class SharedArray:
    """Where an array lies: the receiver's half of `share` and `receive`."""

    block: str
    shape: tuple[int, ...]
    dtype: str


def share(array: NDArray[Any]) -> SharedArray:
    """Copy the array into a new block of shared memory, for one receiver.

    Raises
    ------
    OSError
        If there is too little shared memory.
    """
    block = SharedMemory(create=True, size=max(array.nbytes, 1))
    try:
        _reserve(block)
    except OSError:
        block.close()
        block.unlink()
        raise
    np.ndarray(array.shape, array.dtype, buffer=block.buf)[...] = array
    described = SharedArray(block.name, array.shape, array.dtype.str)
    block.close()
    return described


def share_all(arrays: Sequence[NDArray[Any]]) -> tuple[SharedArray, ...]:
    """Copy arrays into shared memory: all of them, or none if there is too little.

    Raises
    ------
    OSError
        If there is too little shared memory.
    """
    shared: list[SharedArray] = []
    try:
        for array in arrays:
            shared.append(share(array))
    except OSError:
        for block in shared:
            discard(block)
        raise
    return tuple(shared)


def _reserve(block: SharedMemory) -> None:
    """Take the block's memory now: without, writing to it kills the process if there is none."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(block._fd, 0, block.size)  # type: ignore[attr-defined]


def receive(shared: SharedArray) -> NDArray[Any]:
    """Return a copy of a shared array and free its block."""
    block = SharedMemory(name=shared.block)
    array = np.ndarray(shared.shape, np.dtype(shared.dtype), buffer=block.buf).copy()
    block.close()
    block.unlink()
    return array


def discard(shared: SharedArray) -> None:
    """Free the block of an array that nobody will receive."""
    try:
        block = SharedMemory(name=shared.block)
    except FileNotFoundError:
        return
    block.close()
    block.unlink()


def departing(answer: Answer) -> Answer:
    """Return an answer whose large arrays lie in shared memory, for one receiver."""
    if answer.fields is None:
        return answer
    large: dict[str, Any] = {
        name: share(value)
        for name, value in vars(answer.fields).items()
        if isinstance(value, np.ndarray) and value.nbytes > _LARGE
    }
    return replace(answer, fields=replace(answer.fields, **large))


def landed(answer: Answer) -> Answer:
    """Return an answer with its arrays out of shared memory again, which is freed."""
    if answer.fields is None:
        return answer
    arrays: dict[str, Any] = {
        name: receive(value)
        for name, value in vars(answer.fields).items()
        if isinstance(value, SharedArray)
    }
    return replace(answer, fields=replace(answer.fields, **arrays))
