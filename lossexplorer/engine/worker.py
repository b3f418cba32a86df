"""The child's side: what the client submits to the executor.

The backend is imported by the functions, not by the module, which the window's process imports too
in order to name them. What they raise is plain text: see `lossexplorer.engine.errors`.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.backends.choice import (
    DEVICE_VARIABLE,
    TITLES,
    BackendError,
    chosen_backend,
)
from lossexplorer.engine.errors import EngineError, OutOfMemoryError
from lossexplorer.engine.limits import TooLargeError
from lossexplorer.engine.messages import Answer, EngineInfo, Request
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.transport import task
from lossexplorer.engine.transport.shared_array import Parcel, departing, receive

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline, Volume

_P = ParamSpec("_P")
_T = TypeVar("_T")

_NICE = 3  # half of the weight of the window's threads, which compute little

# Their texts are for the user, and they can be pickled.
_SAID = (EngineError, BackendError, ParameterError, TooLargeError)


@dataclass
class _Loaded:
    """A batch, and its pipeline while there is one."""

    volume: Volume
    predictions: list[NDArray[np.generic]] | None
    pipeline: Pipeline | None = None

    def ready(self) -> Pipeline:
        from lossexplorer.engine.pipeline import Pipeline

        if self.pipeline is None:
            self.pipeline = Pipeline(self.volume, self.predictions, task.tell)
        return self.pipeline


# The worker holds the batch it was given last under its key; requests name it.
_batches: dict[str, _Loaded] = {}
_ahead = Ahead()


def _plainly(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Return the function with its exceptions put in words."""

    @functools.wraps(function)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except _SAID:
            raise
        except Exception as error:  # noqa: BLE001 - a backend may raise anything
            raise EngineError(f"{error} ({type(error).__name__})") from None

    return wrapped


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Import without looking for garbage, which takes a fifth of the time; nor later in what is."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@_plainly
def start(device: str | None = None) -> EngineInfo:
    """Import the backend and name the device.

    Parameters
    ----------
    device : str, optional
        Where to compute, as in `lossexplorer.engine.backends.choice`, instead of where the
        environment says.

    Raises
    ------
    BackendError
        If the backend is not installed, or has no such device.
    EngineError
        If it cannot be imported.
    """
    if device is not None:
        os.environ[DEVICE_VARIABLE] = device
    try:
        with _without_collection():
            from lossexplorer.engine.backends.active import backend
    except BackendError:
        raise
    except Exception as error:  # noqa: BLE001 - broken installations fail in any way
        name = chosen_backend()
        raise EngineError(
            f"{TITLES[name]} could not be imported: {error} ({type(error).__name__}). "
            f"Install it again with: pip install --force-reinstall {name} – then start the engine."
        ) from None
    _give_way()
    return backend.prepare()


def _give_way() -> None:
    """Have threads that are made from now on give way to the window's, which must not wait.

    Not from the beginning: the window waits for the import.
    """
    if multiprocessing.parent_process() is not None and hasattr(os, "nice"):
        os.nice(_NICE)


@_plainly
def load(
    key: str,
    arrays: tuple[Parcel, ...],
    names: tuple[str, ...],
    spacing: tuple[float, float, float],
) -> None:
    """Take a batch and compute its scores; the one before is let go.

    Parameters
    ----------
    key : str
        By which requests will name it.
    arrays : tuple of SharedArray or array
        Class indices, shape (sample, z, y, x); and, if there are predictions, one of each sample.
    names, spacing
        As in `lossexplorer.engine.pipeline.Volume`.

    Raises
    ------
    OutOfMemoryError
        If memory does not suffice.
    """
    from lossexplorer.engine.pipeline import Volume

    labels, *predictions = map(receive, arrays)
    _ahead.wait()  # it holds the batch before
    _batches.clear()
    batch = _batches[key] = _Loaded(Volume(labels, names, spacing), predictions or None)
    _within_memory(batch, lambda _: None)


@_plainly
def answers(requests: tuple[Request, ...]) -> tuple[Answer, ...]:
    """Answer requests about the volume that was loaded; large arrays travel shared.

    Raises
    ------
    Interrupted
        If they were submitted as interruptible, and interrupted.
    OutOfMemoryError
        If memory does not suffice.
    """
    batch = _batches[requests[0].question.volume]
    found = task.interruptibly(
        lambda: _within_memory(batch, lambda pipeline: pipeline.answers(requests))
    )
    if not requests[-1].effort.exact:
        batch.ready().compile_ahead(requests[-1], _ahead)
    # Not within: what is in shared memory would stay there.
    return tuple(map(departing, found))


def _within_memory(batch: _Loaded, work: Callable[[Pipeline], _T]) -> _T:
    """Do something with a batch; if memory does not suffice, once more with everything let go."""
    from lossexplorer.engine.backends.active import backend

    for _ in range(2):
        try:
            return work(batch.ready())
        except Exception as error:
            if not backend.is_out_of_memory(error):
                raise
            of_gpu = backend.is_gpu() and not isinstance(error, MemoryError)
        # Not within the handler: what it handles refers to what is to be freed.
        batch.pipeline = None
        _ahead.wait()  # it holds the same
        backend.release()
    volume = batch.volume
    voxels, classes = volume.labels.size, len(volume.names)
    raise OutOfMemoryError(
        f"The {'GPU' if of_gpu else 'computer'}'s memory does not suffice for {classes:,} classes "
        f"of {voxels:,} voxels (one number for each is {4 * voxels * classes / 2**30:,.2f} GiB). "
        "Choose fewer classes, a patch or a coarser level.",
        of_gpu,
    )
