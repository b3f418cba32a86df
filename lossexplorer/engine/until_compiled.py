"""Functions that are compiled, and that answer step by step until they are.

Compiling takes a second or two, in which a hand that moves would see nothing. Within `meanwhile` a
function that is not compiled yet for what it is given is compiled in a thread, and until that is
done its operations are carried out one by one, some ten times as slowly and with other last digits.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from lossexplorer.core import compiling
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.step.ahead import Ahead, Compilation

_SWITCH = 2e-4
"""Seconds after which a thread that waits for Python's lock gets it."""

_PRECEDENCE = 0.5
"""Seconds that the first answer by steps has before the function is compiled.

Tracing it needs Python's lock as well, and the two would take as long as one after the other.
"""


class _ReadyError(Exception):
    """The function is compiled by now, which is faster than the rest of its steps."""


class _OfThread(threading.local):
    """What holds in one thread: where functions are compiled, and which one is waited for.

    Beside it, how often one was carried out by steps.
    """

    ahead: Ahead | None = None
    job: Compilation | None = None
    by_steps: int = 0


_here = _OfThread()


@contextlib.contextmanager
def meanwhile(ahead: Ahead) -> Iterator[None]:
    """Have functions of this thread answer within, before they are compiled by `ahead`.

    A step has hundreds of operations, each of which gives Python's lock away and waits for it while
    the other thread traces a function: at 5 ms each, Python's default, longer than the compiler.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    _here.ahead = ahead
    try:
        yield
    finally:
        _here.ahead = None
        sys.setswitchinterval(before)


def is_by_steps() -> bool:
    """Return whether a function's operations are carried out one by one now."""
    return _here.job is not None


def times_by_steps() -> int:
    """Return how often this thread has carried out a function step by step, to its end."""
    return _here.by_steps


def between_steps() -> None:
    """Go on no further step by step if the function is compiled by now; called in long loops."""
    if _here.job is not None and _here.job.is_over:
        raise _ReadyError


class Compiled:
    """A function that is compiled once for each set of shapes, see `compiled`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._made = backend.compiled(function)
        self._by_steps = backend.by_steps(function)
        self._ready: set[Hashable] = set()

    def is_ready(self, *arguments: Any) -> bool:
        """Return whether a call with such arguments compiles nothing."""
        return not backend.FUSES or _kind(arguments) in self._ready

    def __call__(self, *arguments: Any) -> Any:
        """Return the function's result."""
        if not backend.FUSES:
            return self._made(*arguments)
        kind = _kind(arguments)
        ahead = None if kind in self._ready else _here.ahead
        if ahead is None:
            return self._compiled(kind, arguments)
        answered = threading.Event()

        def compile_it() -> None:
            answered.wait(_PRECEDENCE)
            self._compiled(kind, arguments)

        _here.job = ahead.do((self, kind), compile_it)
        compiling.note()  # in this thread, too: its answer comes later than others
        try:
            between_steps()
            found = self._by_steps(*arguments)
            _here.by_steps += 1
            return found
        except _ReadyError:
            return self._compiled(kind, arguments)
        finally:
            _here.job = None
            answered.set()

    def _compiled(self, kind: Hashable, arguments: tuple[Any, ...]) -> Any:
        found = self._made(*arguments)
        self._ready.add(kind)
        return found


def compiled(function: Callable[..., Any]) -> Compiled:
    """Return the function fused, once for each set of shapes.

    Parameters
    ----------
    function : callable
        As for `lossexplorer.engine.backends.interface.Backend.compiled`.
    """
    return Compiled(function)


def _kind(argument: Any) -> Hashable:
    """Return what decides whether a function is compiled once more: structure, shapes and types."""
    if isinstance(argument, dict):
        return tuple((name, _kind(each)) for name, each in sorted(argument.items()))
    if isinstance(argument, list | tuple):
        return tuple(map(_kind, argument))
    return (tuple(argument.shape), str(argument.dtype)) if hasattr(argument, "shape") else argument
