"""The child's side of the engine: the functions that the client submits to the executor.

The functions import the backend, because the window's process imports this module to refer to
them. Their exceptions are pickled as plain text, see `lossexplorer.engine.errors`.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.backends.environment import (
    DEVICE_VARIABLE,
    TITLES,
    BackendError,
    chosen_backend,
)
from lossexplorer.engine.errors import EngineError, Interrupted, OutOfMemoryError
from lossexplorer.engine.freed import give_back
from lossexplorer.engine.limits import TooLargeError
from lossexplorer.engine.messages import Answer, EngineInfo, Request
from lossexplorer.engine.questions import Maps
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.transport import task
from lossexplorer.engine.transport.shared_array import Parcel, receive, to_shared_memory
from lossexplorer.volumes import LabelClass, LabelVolume
from lossexplorer.volumes.model.labels import Overlap, class_voxels

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline
    from lossexplorer.engine.volume import Volume

_P = ParamSpec("_P")
_T = TypeVar("_T")

_NICE = 3  # half of the share of the window's threads, which compute little

# Exceptions with a message for the user, which can be pickled.
_USER_ERRORS = (EngineError, BackendError, ParameterError, TooLargeError)


@dataclass
class _Loaded:
    """A loaded batch, and its pipeline unless that was dropped to free memory."""

    volume: Volume
    predictions: list[NDArray[np.generic]] | None
    pipeline: Pipeline | None = None

    def ready(self) -> Pipeline:
        from lossexplorer.engine.pipeline import Pipeline

        if self.pipeline is None:
            self.pipeline = Pipeline(self.volume, self.predictions, task.report)
        return self.pipeline


# The batch that was loaded last, by its key, which requests refer to.
_batches: dict[str, _Loaded] = {}
_ahead = Ahead()


def with_plain_errors(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Return a function of the worker with all other exceptions turned into `EngineError`."""

    @functools.wraps(function)
    def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except _USER_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - a backend may raise anything
            raise EngineError(f"{error} ({type(error).__name__})") from None

    return wrapped


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Import without garbage collection, which takes a fifth of the time.

    What exists at the end is also left out of later collections.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@with_plain_errors
def start(device: str | None = None) -> EngineInfo:
    """Import the backend and name the device; on the CPU, it is ready then, else after `try_gpu`.

    Parameters
    ----------
    device : str, optional
        The device, as in `lossexplorer.engine.backends.environment`, instead of the one that the
        environment names.

    Raises
    ------
    BackendError
        If the backend is not installed, or has no such device.
    EngineError
        If the backend cannot be imported.
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
    _lower_priority()
    return backend.info() if backend.is_gpu() else backend.prepare()


@with_plain_errors
def try_gpu() -> None:
    """Compile and compute something on the GPU, at which a backend without code for it may abort.

    It is a call of its own, so that whoever started the engine knows the device by then.

    Raises
    ------
    OutOfMemoryError
        If the GPU has no memory left.
    EngineError
        If the backend does not work on it.
    """
    from lossexplorer.engine.backends.active import backend

    try:
        backend.prepare()
    except Exception as error:
        if not backend.is_out_of_memory(error):
            raise
        raise OutOfMemoryError("Other programs hold the GPU's memory.", True) from None


def _lower_priority() -> None:
    """Lower the priority of threads made from now on, so that they do not delay the window's.

    It is lowered after the import, which the window waits for.
    """
    if multiprocessing.parent_process() is not None and hasattr(os, "nice"):
        os.nice(_NICE)


@with_plain_errors
def load(
    key: str,
    arrays: tuple[Parcel, ...],
    names: tuple[str, ...],
    spacing: tuple[float, float, float],
    members: NDArray[np.bool_] | None = None,
    has_ignored: bool = False,
) -> None:
    """Load a batch and compute its scores; the previous batch is freed.

    Parameters
    ----------
    key : str
        The key by which requests will refer to the batch.
    arrays : tuple of SharedArray or array
        Labels, shape (sample, z, y, x), the ignored voxels of that shape, if any, and the given
        prediction of each sample, if any.
    names, spacing, members
        As in `lossexplorer.engine.volume.Volume`.
    has_ignored : bool
        Whether the second array is that of the ignored voxels.

    Raises
    ------
    OutOfMemoryError
        If there is too little memory.
    """
    from lossexplorer.engine.volume import Volume

    labels, *rest = map(receive, arrays)
    ignored = rest.pop(0) if has_ignored else None
    _ahead.stop()  # it refers to the previous batch
    _batches.clear()
    volume = Volume(labels, names, spacing, ignored, members)
    batch = _batches[key] = _Loaded(volume, rest or None)
    _within_memory(batch, lambda _: None)
    give_back()


@with_plain_errors
def answers(requests: tuple[Request, ...]) -> tuple[Answer, ...]:
    """Answer requests about the loaded batch; large arrays are returned in shared memory.

    Raises
    ------
    Interrupted
        If the requests were submitted as interruptible and interrupted.
    OutOfMemoryError
        If there is too little memory.
    """
    from lossexplorer.engine.until_compiled import meanwhile

    batch, was_busy = _batches[requests[0].question.volume], _ahead.is_busy
    is_of_hand = isinstance(requests[-1].question, Maps) and not requests[-1].effort.exact
    found = None
    with (
        meanwhile(_ahead) if is_of_hand else contextlib.nullcontext(),
        contextlib.suppress(Interrupted),
    ):
        found = task.interruptibly(
            lambda: _within_memory(batch, lambda pipeline: pipeline.answers(requests))
        )
    if any(each.effort.whole_field and each.question.has_field_loss for each in requests):
        give_back()  # also of an interrupted task, which refers to its fields no more by now
    if found is None:
        raise Interrupted
    if was_busy:  # or have waited for it
        found = [replace(answer, compiled=True) for answer in found]
    if not requests[-1].effort.exact:
        batch.ready().compile_ahead(requests[-1], _ahead)
    # Not within what may be interrupted, because an interrupt would leak the shared memory.
    return tuple(map(to_shared_memory, found))


def sample_of(key: str, sample: int, image: NDArray[Any] | None) -> LabelVolume:
    """Return a sample of the loaded batch as a volume; its class ids are the class indices.

    Parameters
    ----------
    key : str
        The key by which the batch was loaded.
    sample : int
        The sample's index.
    image : array or None
        Its anatomy, shape (z, y, x).

    Raises
    ------
    KeyError
        If the batch is loaded no longer.
    """
    batch = _batches[key].volume
    labels, ignored = batch.samples[sample], batch.ignored_in(sample)
    overlap = None
    if batch.members is not None:
        overlap = Overlap(batch.members, tuple(range(batch.members.shape[1])))
    counts = class_voxels(labels, len(batch.names), overlap, ignored)
    classes = tuple(map(LabelClass, range(len(batch.names)), batch.names, counts))
    name = "the volume"  # in sentences about what was asked
    return LabelVolume(
        labels,
        classes,
        batch.spacing,
        True,
        name,
        name,
        image=image,
        overlap=overlap,
        ignored=ignored,
    )


def _within_memory(batch: _Loaded, work: Callable[[Pipeline], _T]) -> _T:
    """Call `work` with a batch's pipeline; if memory runs out, free everything and try again."""
    from lossexplorer.engine.backends.active import backend

    for _ in range(2):
        try:
            return work(batch.ready())
        except Exception as error:
            if not backend.is_out_of_memory(error):
                raise
            of_gpu = backend.is_gpu() and not isinstance(error, MemoryError)
        # Not within the handler, whose exception refers to what is to be freed.
        batch.pipeline = None
        _ahead.stop()  # it refers to the same tensors
        backend.release()
    volume = batch.volume
    voxels, classes = volume.labels.size, len(volume.names)
    raise OutOfMemoryError(
        f"The {'GPU' if of_gpu else 'computer'}'s memory does not suffice for {classes:,} classes "
        f"of {voxels:,} voxels (one number for each is {4 * voxels * classes / 2**30:,.2f} GiB). "
        "Choose fewer classes, a patch or a coarser level.",
        of_gpu,
    )
