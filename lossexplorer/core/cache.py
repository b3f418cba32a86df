"""A cache that drops the least recently used values first."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, ParamSpec, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")
_P = ParamSpec("_P")

_MISSING: Any = object()


class Cache(Generic[_K, _V]):
    """Keeps a number of values by their keys; the least recently used value is dropped first.

    A cache may be used from several threads. If two threads miss the same key, both make the value
    and neither waits for the other.

    Parameters
    ----------
    most : int
        The largest number of values, at least 1.

    Examples
    --------
    >>> squares = Cache(2)
    >>> [squares.get(n, lambda: n * n) for n in (1, 2, 1, 3)]
    [1, 4, 1, 9]
    >>> squares.find(2) is None  # used least recently when 3 needed a place
    True
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"a cache of {most} values keeps nothing")
        self._most = most
        self._kept: dict[_K, _V] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self._kept)

    def find(self, key: _K) -> _V | None:
        """Return the value of a key, which counts as a use of it; None if it is not kept."""
        found = self._look(key)
        return None if found is _MISSING else found

    def put(self, key: _K, value: _V) -> None:
        """Keep a value, in place of the key's previous value."""
        with self._lock:
            self._kept.pop(key, None)
            self._make_room()
            self._kept[key] = value

    def get(self, key: _K, make: Callable[[], _V]) -> _V:
        """Return the value of a key, made if it is not kept.

        Parameters
        ----------
        key : hashable
            Everything that the value depends on.
        make : callable
            Makes the value. The least recently used value is dropped before the call, because both
            may not fit into the memory; it is not restored if `make` raises an exception.
        """
        found = self._look(key)
        if found is not _MISSING:
            return found
        with self._lock:
            self._make_room()
        value = make()
        self.put(key, value)
        return value

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._kept.clear()

    def _look(self, key: _K) -> _V:
        with self._lock:
            value: _V = self._kept.pop(key, _MISSING)
            if value is not _MISSING:
                self._kept[key] = value  # at the end: the most recently used value
            return value

    def _make_room(self) -> None:
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]


class Cached(Generic[_P, _V]):
    """A function whose results are kept by its arguments, which are hashable: see `cached`.

    Attributes
    ----------
    cache : Cache
        The results.
    """

    def __init__(self, function: Callable[_P, _V], most: int) -> None:
        self.__wrapped__ = function
        self.cache: Cache[Hashable, _V] = Cache(most)
        functools.update_wrapper(self, function)

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _V:
        """Return the function's result."""
        key = (args, *kwargs.items())
        return self.cache.get(key, lambda: self.__wrapped__(*args, **kwargs))


def cached(most: int) -> Callable[[Callable[_P, _V]], Cached[_P, _V]]:
    """Return a decorator that keeps a function's results.

    Parameters
    ----------
    most : int
        The largest number of results that are kept.

    Examples
    --------
    >>> @cached(most=8)
    ... def square(number):
    ...     print("computes")
    ...     return number * number
    >>> square(3), square(3)
    computes
    (9, 9)
    """

    def decorate(function: Callable[_P, _V]) -> Cached[_P, _V]:
        return Cached(function, most)

    return decorate
