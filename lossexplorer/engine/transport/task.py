"""The child's side of a task that can be interrupted and that tells how far it is.

An interrupt is an exception that a signal handler raises in the main thread, because what takes
long would not ask: sorting, distance transforms and compiled functions are calls of libraries. It
is raised only in the program's own code, whose caches hold at every line. Where a library is at
work, that is the next line after it: TensorFlow, stopped in the middle, would leave tapes and
graphs open for ever, and makes an error of its own of what is raised in a function that it calls.

`tests/engine/test_assumptions.py` tests what this assumes about signals and traces in Python.
"""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from lossexplorer.engine.errors import Interrupted
from lossexplorer.engine.messages import Progress

_P = ParamSpec("_P")
_T = TypeVar("_T")
_PROGRAM = __name__.partition(".")[0]


@dataclass
class _Task:
    """What the main thread does; all but `named` is its own.

    Attributes
    ----------
    number : int or None
        Of the task, if it can be interrupted.
    stoppable : bool
        Whether it can at this moment.
    named : int or None
        The task that is to be interrupted; set by the listening thread.
    lines : dict
        Where the frames are that wait for a library to return.
    say : callable
        Sends something to the window's process.
    """

    number: int | None = None
    stoppable: bool = False
    named: int | None = None
    lines: dict[FrameType, int] = field(default_factory=dict)
    say: Callable[[Any], None] = lambda _: None


_task = _Task()


def serve(orders: Connection, say: Callable[[Any], None]) -> None:
    """Obey interrupts from now on; called in the main thread.

    Parameters
    ----------
    orders : Connection
        On which numbers of tasks come that are to be interrupted.
    say : callable
        Sends a task's number and its `Progress` to the window's process.
    """
    # The one signal that can be simulated on every system. A real one, typed in the terminal, is
    # the window's to obey, and the child ends with it.
    signal.signal(signal.SIGINT, _on_signal)
    _task.say = say

    def obey() -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                _task.named = orders.recv()
                _thread.interrupt_main(signal.SIGINT)

    threading.Thread(target=obey, daemon=True, name="interrupts").start()


def run(
    number: int, function: Callable[_P, _T], /, *arguments: _P.args, **keywords: _P.kwargs
) -> _T:
    """Call a function as the task of that number."""
    _task.number = number
    try:
        return function(*arguments, **keywords)
    finally:
        _task.number = None


def interruptibly(work: Callable[[], _T]) -> _T:
    """Do that part of a task which can be interrupted; it leaves nothing behind but caches.

    Raises
    ------
    Interrupted
        If the task was named meanwhile.
    """
    _task.stoppable = True
    try:
        return work()
    finally:
        _settle()


def tell(progress: Progress) -> None:
    """Tell the window how far the task is, if it wants to know."""
    if _task.number is not None:
        _task.say((_task.number, progress))


def _on_signal(_number: int, frame: FrameType | None) -> None:
    """Raise `Interrupted` if the task that runs is the one that was named, now or soon."""
    if not _wanted():
        return
    stack = list(_inside(frame))
    own = list(takewhile(_is_own, reversed(stack)))
    if len(own) == len(stack):
        _stop()
    for each in own:
        _task.lines[each] = each.f_lineno
        each.f_trace = _on_line
    sys.settrace(_on_call)


def _on_call(_frame: FrameType, _event: str, _argument: Any) -> None:
    """Look into no function that is called meanwhile."""


def _on_line(frame: FrameType, event: str, _argument: Any) -> Any:
    # Backwards goes what ends a `with`, and an exception there would leave it open.
    if event == "line" and frame in _task.lines:
        if frame.f_lineno > _task.lines[frame] and _wanted():
            _stop()
        _task.lines[frame] = frame.f_lineno
    return _on_line


def _wanted() -> bool:
    return _task.stoppable and _task.number is not None and _task.number == _task.named


def _stop() -> None:
    _settle()
    raise Interrupted


def _settle() -> None:
    """Let nothing be raised any more."""
    _task.stoppable = False
    if _task.lines:
        sys.settrace(None)
        _task.lines.clear()


def _inside(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames within `interruptibly`, the innermost first."""
    while frame is not None and frame.f_code is not interruptibly.__code__:
        yield frame
        frame = frame.f_back


def _is_own(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == _PROGRAM
