"""What the client has in flight, and how its large arrays are packed and let go of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossexplorer.engine.messages import Answer, Request
from lossexplorer.engine.shared_array import Parcel, discard, parcels_of, sent
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
    explored : Request or None
        Which request it explores: that may be interrupted.
    """

    future: Future[Any]
    done: Callable[[Any], None]
    repeat: Callable[[], None]
    case: Case | None = None
    parcels: tuple[Parcel, ...] = ()
    explored: Request | None = None


def packed(case: Case) -> tuple[Parcel, ...]:
    """Return a case's labels, shape (sample, z, y, x), and its predictions, ready to travel."""
    return sent([np.stack([sample.labels for sample in case.batch]), *(case.predictions or ())])


def let_go(future: Future[Any]) -> None:
    """Free what the result of a task that was dropped has in shared memory."""
    if not future.cancelled() and future.exception() is None:
        result = future.result()
        if isinstance(result, Answer):
            discard(parcels_of(result))
        elif isinstance(result, tuple):
            discard(result)
