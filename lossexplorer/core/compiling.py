"""Notices that functions are compiled: the library then runs their Python code, to trace it."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


class _Here(threading.local):
    """What is noticed in one thread.

    Attributes
    ----------
    traced : int
        How many functions have been traced.
    tell : callable
        Called at each of them.
    """

    traced = 0
    tell: Callable[[], object] = staticmethod(lambda: None)


_here = _Here()


def note() -> None:
    """Note that a function is traced; called in its Python code."""
    _here.traced += 1
    _here.tell()


def noted(function: _F) -> _F:
    """Return a function that notes when it is traced.

    Examples
    --------
    >>> before = traced()
    >>> noted(abs)(-2), traced() - before
    (2, 1)
    """

    @functools.wraps(function)
    def called(*arguments: Any, **keywords: Any) -> Any:
        note()
        return function(*arguments, **keywords)

    return called  # type: ignore[return-value]


def traced() -> int:
    """Return how many functions have been traced in this thread."""
    return _here.traced


@contextlib.contextmanager
def told(tell: Callable[[], object]) -> Iterator[None]:
    """Have something called at the first function that is traced within, in this thread.

    Parameters
    ----------
    tell : callable
        Called while the function is traced, which is before it is compiled.

    Examples
    --------
    >>> with told(lambda: print("compiling")):
    ...     noted(abs)(-2), noted(abs)(-3)
    compiling
    (2, 3)
    """

    def once() -> None:
        _here.tell = before
        tell()

    before, _here.tell = _here.tell, once
    try:
        yield
    finally:
        _here.tell = before
