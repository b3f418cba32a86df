"""What the client has done: tasks, the choice of the next one, and arrays in shared memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, is_dataclass
from itertools import takewhile
from typing import Any

from lossexplorer.engine.messages import Answer, Request
from lossexplorer.engine.transport.shared_array import (
    Parcel,
    discard,
    from_shared_memory,
    parcels_of,
    sent,
)
from lossexplorer.engine.volume import volume_of
from lossexplorer.volumes import Case


def do_nothing() -> None:
    """Repeat nothing: the task is started again anyway, or is no longer needed."""


@dataclass(eq=False)
class Task:
    """A call of one of the worker's functions, or of one that copies arrays for the window.

    Attributes
    ----------
    function : callable
        What to call.
    arguments : tuple
        Its arguments.
    done : callable
        Takes the result.
    refuse : callable
        Takes the exception if it failed.
    repeat : callable
        Schedules the task again, after it was interrupted or the engine ended.
    crashed : callable
        Called if the engine ended at this task, after `repeat`.
    copies : bool
        Whether it copies arrays, while the engine is idle.
    parcels : tuple of Parcel
        The arrays that are passed with it.
    explored : tuple of Request
        The requests that it explores.
    requests : tuple of Request
        The requests that it answers.
    is_interruptible : bool
        Whether it may be interrupted.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    done: Callable[[Any], None]
    refuse: Callable[[Exception], None]
    repeat: Callable[[], None] = do_nothing
    crashed: Callable[[], None] = do_nothing
    copies: bool = False
    parcels: tuple[Parcel, ...] = ()
    explored: tuple[Request, ...] = ()
    requests: tuple[Request, ...] = ()
    is_interruptible: bool = False


def case_parcels(case: Case) -> tuple[Parcel, ...]:
    """Copy a case's arrays into shared memory, as `lossexplorer.engine.worker.load` takes them."""
    volume = volume_of(case.batch)
    ignored = [] if volume.ignored is None else [volume.ignored]
    return sent([volume.labels, *ignored, *(case.predictions or ())])


def free_result(future: Future[Any]) -> None:
    """Free the shared memory that the result of a dropped task holds."""
    if not future.cancelled() and future.exception() is None:
        result = future.result()
        for each in result if isinstance(result, tuple) else (result,):
            discard(parcels_of(each) if is_dataclass(each) else ())
            discard((each,))


def answered_together(requests: Iterable[Request]) -> tuple[Request, ...]:
    """Return the first request with the following ones that share its step and so cost little.

    Such requests have the same controls and the same exactness and ask for numbers alone, for
    example the points of a response curve against a loss's parameter.
    """
    first, *others = requests

    def alike(request: Request) -> bool:
        plain = request.question.numbers_alone and not request.takes_long
        same_controls = request.question.controls == first.question.controls
        return plain and same_controls and request.effort.exact == first.effort.exact

    return (first, *takewhile(alike, others)) if alike(first) else (first,)


def received_answers(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Return answers with their arrays copied out of shared memory, which is freed."""
    return tuple(map(from_shared_memory, answers))
