"""What the client has in flight and what comes next; how large arrays are packed and let go of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np

from lossexplorer.engine.messages import Answer, Request
from lossexplorer.engine.transport.shared_array import Parcel, discard, landed, parcels_of, sent
from lossexplorer.volumes import Case


@dataclass
class InFlight:
    """What is in flight, and how to go on when it is done or the engine died of it.

    Attributes
    ----------
    future : Future
        Its result.
    done : callable
        Takes the result.
    repeat : callable
        Has it done again.
    case : Case or None
        Which case it loads.
    parcels : tuple of Parcel
        What travels with it.
    explored : tuple of Request
        Which requests it explores: that may be interrupted.
    """

    future: Future[Any]
    done: Callable[[Any], None]
    repeat: Callable[[], None]
    case: Case | None = None
    parcels: tuple[Parcel, ...] = ()
    explored: tuple[Request, ...] = ()


def packed(case: Case) -> tuple[Parcel, ...]:
    """Return a case's labels, shape (sample, z, y, x), and its predictions, ready to travel."""
    return sent([np.stack([sample.labels for sample in case.batch]), *(case.predictions or ())])


def let_go(future: Future[Any]) -> None:
    """Free what the result of a task that was dropped has in shared memory."""
    if not future.cancelled() and future.exception() is None:
        result = future.result()
        for each in result if isinstance(result, tuple) else ():
            discard(parcels_of(each) if isinstance(each, Answer) else (each,))


def first_run(requests: Iterable[Request]) -> tuple[Request, ...]:
    """Return the first of some requests, with those that follow and cost little beside it.

    They have the same controls and ask for numbers alone: points of a curve against a parameter.
    """
    first, *others = requests

    def alike(request: Request) -> bool:
        plain = request.question.numbers_alone and not request.takes_long
        same_controls = request.question.controls == first.question.controls
        return plain and same_controls and request.effort.exact == first.effort.exact

    return (first, *takewhile(alike, others)) if alike(first) else (first,)


def all_landed(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Take out of shared memory what answers have there."""
    return tuple(map(landed, answers))
