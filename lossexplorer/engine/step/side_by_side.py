"""The same of several things at once, each in a thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from lossexplorer.engine.backends.interface import usable_processors

_T = TypeVar("_T")
_V = TypeVar("_V")

_threads = ThreadPoolExecutor(usable_processors(), "beside")


def side_by_side(function: Callable[[_T], _V], things: Sequence[_T]) -> list[_V]:
    """Return what a function makes of each thing, in order: of the first in this thread.

    Parameters
    ----------
    function : callable
        Takes a thing, and releases Python's lock while it computes.
    things : sequence
        At least one.
    """
    first, *others = things
    begun = [_threads.submit(function, each) for each in others]
    found = function(first)
    return [found, *(each.result() for each in begun)]
