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
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

_LARGE = 2**20
_BLOCKS = Path("/dev/shm")
_PROCESSES = Path("/proc")
_FAMILY = "lossexplorer"

_Message = TypeVar("_Message")
_Place = tuple[str, str, int | None]


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
        _unlink(block)
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
        _unlink(block)


def discard(parcels: Iterable[Any]) -> None:
    """Free the shared memory of parcels that will not be received."""
    for parcel in parcels:
        if isinstance(parcel, SharedArray):
            _free(parcel.block)


def to_shared_memory(message: _Message) -> _Message:
    """Return an answer or a report with its large arrays moved to shared memory, for one receiver.

    They are what a member of a member has, such as its maps: an array, or a tuple of arrays as in a
    checkpoint.
    """
    large = {
        place: value
        for place, value in _held(message).items()
        if isinstance(value, np.ndarray) and value.nbytes > _LARGE
    }
    return _with(message, dict(zip(large, sent(list(large.values())), strict=True)))


def from_shared_memory(message: _Message) -> _Message:
    """Return a message with its arrays copied out of shared memory, which is freed."""
    parcels = _held(message)
    shared = {place: each for place, each in parcels.items() if isinstance(each, SharedArray)}
    return _with(message, {place: receive(each) for place, each in shared.items()})


def parcels_of(message: object) -> tuple[SharedArray, ...]:
    """Return the arrays of a message that are in shared memory."""
    return tuple(value for value in _held(message).values() if isinstance(value, SharedArray))


def _held(message: object) -> dict[_Place, Any]:
    """Return what the members of a message's members are, by both names and place in a tuple."""
    found: dict[_Place, Any] = {}
    for member, held in vars(message).items():
        for name, value in vars(held).items() if is_dataclass(held) else ():
            found[member, name, None] = value
            if isinstance(value, tuple):
                found |= {(member, name, index): each for index, each in enumerate(value)}
    return found


def _with(message: _Message, values: Mapping[_Place, Any]) -> _Message:
    """Return a message with some of what its members' members hold replaced."""
    members: dict[str, Any] = {}
    for (member, name, index), value in values.items():
        held = members.get(member, getattr(message, member))
        if index is not None:
            before = getattr(held, name)
            value = (*before[:index], value, *before[index + 1 :])  # noqa: PLW2901
        members[member] = replace(held, **{name: value})
    return replace(message, **members)  # type: ignore[type-var]


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
        _forget(block)
        return
    except ValueError:  # its maker died before it had a size
        (_BLOCKS / block).unlink(missing_ok=True)
        return
    found.close()
    _unlink(found)


def _unlink(block: SharedMemory) -> None:
    """Free a block that the other process may have freed in the meantime."""
    try:
        block.unlink()
    except FileNotFoundError:
        _forget(block.name)


def _forget(block: str) -> None:
    """Have Python's tracker, which warns of blocks at the exit, know that a block is gone.

    A process that is killed between the two tells it nothing. The tracker is told of the block
    first, because it prints a traceback where it is to forget what it does not know.
    """
    if os.name == "posix":  # elsewhere nothing is tracked
        resource_tracker.register(f"/{block}", "shared_memory")
        resource_tracker.unregister(f"/{block}", "shared_memory")
