"""What a record says of itself: what it is made of, and what it needs asked at rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lossexplorer.engine.messages import Answer, Effort, Request
from lossexplorer.session.state import State
from lossexplorer.volumes import Batch

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Record(Generic[T]):
    """A record that is kept of answers; a module of this package has one as ``RECORD``.

    Its value is frozen. Each function takes the value before and returns the next one.

    Attributes
    ----------
    name : str
        By which plots and panels follow it.
    empty : object
        Its first value.
    opened : callable, optional
        Takes the `Batch` that was opened, or of which another sample is shown from now on.
    step : callable, optional
        Takes the `Answer` for an experiment that differs from the one before.
    completed : callable, optional
        Takes the `Answer` with what the last step left out; as `step` by default.
    looked : callable, optional
        Takes an `Answer` that is no step: it shows another slice, class or loss of the last one.
    requests : callable, optional
        Returns what is to be asked about a `State` at rest, most wanted first, with the `Effort`
        that exact answers may take.
    begun : callable, optional
        Takes the `State` whose requests replace the former ones.
    answered : callable, optional
        Takes answers to these requests, as they come.
    of_plot : bool
        Whether its requests are asked only while a plot is seen that shows it, behind all else.
    """

    name: str
    empty: T
    opened: Callable[[T, Batch], T] | None = None
    step: Callable[[T, Answer], T] | None = None
    completed: Callable[[T, Answer], T] | None = None
    looked: Callable[[T, Answer], T] | None = None
    requests: Callable[[State, Effort], tuple[Request, ...]] | None = None
    begun: Callable[[T, State], T] | None = None
    answered: Callable[[T, Sequence[Answer]], T] | None = None
    of_plot: bool = False
