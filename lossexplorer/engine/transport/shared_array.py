"""Pass large arrays between processes of one machine through shared memory.

A block's name contains the number of the process that made it, so that the blocks of a dead process
can be found and freed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Answer

_LARGE = 2**20
_BLOCKS = Path("/dev/shm")
_PROCESSES = Path("/proc")
_FAMILY = "lossexplorer"

_Place = tuple[str, str]


@dataclass(frozen=True)
class SharedArray:
    """The block, shape and type of an array in shared memory: made by `share`, for `receive`."""

    block: str
    shape: tuple[int, ...]
    dtype: str


Parcel: TypeAlias = SharedArray | NDArray[Any]
"""An array as it is passed: in shared memory, or itself if there was too little shared memory."""


def share(array: NDArray[Any]) -> SharedArray:
    """Copy the array into a new block of shared memory, for one receiver.

    Raises
    ------
    OSError
        If there is too little shared memory.
    """
    name = f"{_prefix()}{os.getpid()}-{secrets.token_hex(4)}"
    block = SharedMemory(name, create=True, size=max(array.nbytes, 1))
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


def sent(arrays: Sequence[NDArray[Any]]) -> tuple[Parcel, ...]:
    """Copy arrays into shared memory, or return them unchanged if there is too little of it.

    Unchanged arrays are passed through the pipe between the processes, more slowly.
    """
    shared: list[SharedArray] = []
    try:
        for array in arrays:
            shared.append(share(array))
    except OSError:
        discard(shared)
        return tuple(arrays)
    return tuple(shared)


def _reserve(block: SharedMemory) -> None:
    """Allocate the block's memory now, because a write that finds none would kill the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(block._fd, 0, block.size)  # type: ignore[attr-defined]


def receive(parcel: Parcel) -> NDArray[Any]:
    """Return the array of a parcel; one in shared memory is copied, and its block freed."""
    if not isinstance(parcel, SharedArray):
        return parcel
    block = SharedMemory(name=parcel.block)
    try:
        return np.ndarray(parcel.shape, np.dtype(parcel.dtype), buffer=block.buf).copy()
    finally:
        block.close()
        block.unlink()


def discard(parcels: Iterable[Any]) -> None:
    """Free the shared memory of parcels that will not be received."""
    for parcel in parcels:
        if isinstance(parcel, SharedArray):
            _free(parcel.block)


def to_shared_memory(answer: Answer) -> Answer:
    """Return an answer with its large arrays moved to shared memory, for one receiver."""
    large = {
        place: value
        for place, value in _held(answer).items()
        if isinstance(value, np.ndarray) and value.nbytes > _LARGE
    }
    return _with(answer, dict(zip(large, sent(list(large.values())), strict=True)))


def from_shared_memory(answer: Answer) -> Answer:
    """Return an answer with its arrays copied out of shared memory, which is freed."""
    parcels = _held(answer)
    shared = {place: each for place, each in parcels.items() if isinstance(each, SharedArray)}
    return _with(answer, {place: receive(each) for place, each in shared.items()})


def parcels_of(answer: Answer) -> tuple[SharedArray, ...]:
    """Return the arrays of an answer that are in shared memory."""
    return tuple(value for value in _held(answer).values() if isinstance(value, SharedArray))


def _held(answer: Answer) -> dict[_Place, Any]:
    """Return the members of an answer's members, such as those of its maps, by both names."""
    return {
        (member, name): value
        for member, held in vars(answer).items()
        if is_dataclass(held)
        for name, value in vars(held).items()
    }


def _with(answer: Answer, values: Mapping[_Place, Any]) -> Answer:
    """Return an answer with some members of its members replaced."""
    members = {
        member: replace(
            getattr(answer, member), **{name: v for (at, name), v in values.items() if at == member}
        )
        for member, _ in values
    }
    return replace(answer, **members)


def remove_left_over() -> None:
    """Free the blocks of processes of this program that have ended.

    Only Linux lists blocks; on other systems this does nothing.
    """
    prefix = _prefix()
    for block in _BLOCKS.glob(f"{prefix}*"):
        maker = block.name.removeprefix(prefix).partition("-")[0]
        if maker.isdecimal() and not _is_running(int(maker)):
            with contextlib.suppress(PermissionError):  # another user's
                _free(block.name)


def _prefix() -> str:
    """Return the start of the names of the program's blocks, before the number of the process.

    It contains the process's name space, because a process number that is free in one container
    may be in use in another container with the same shared memory.
    """
    with contextlib.suppress(OSError):
        return f"{_FAMILY}-{(_PROCESSES / 'self/ns/pid').stat().st_ino:x}-"
    return f"{_FAMILY}-"


def _is_running(process: int) -> bool:
    """Return whether a process of this number exists and is no zombie (Linux)."""
    try:
        state = (_PROCESSES / str(process) / "stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] not in ("Z", "X")


def _free(block: str) -> None:
    try:
        found = SharedMemory(name=block)
    except FileNotFoundError:
        return
    except ValueError:  # its maker died before it had a size
        (_BLOCKS / block).unlink(missing_ok=True)
        return
    found.close()
    found.unlink()
