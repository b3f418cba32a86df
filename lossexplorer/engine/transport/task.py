"""The child's side of a task that can be interrupted and that reports its progress.

An interrupt is an exception that a signal handler raises in the main thread, because the long
computations, such as sorting, distance transforms and compiled functions, are library calls that
cannot poll for it. It is raised only in the program's own code, whose caches are valid at every
line. During a library call it is raised at the next line after the call: TensorFlow, interrupted
within a call, would leave tapes and graphs open, and replaces exceptions in functions that it calls
by its own.

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

from lossexplorer.core import compiling
from lossexplorer.engine.errors import Interrupted
from lossexplorer.engine.messages import Compiling, Progress

_P = ParamSpec("_P")
_T = TypeVar("_T")
_PROGRAM = __name__.partition(".")[0]


@dataclass
class _Task:
    """The state of the main thread, which alone sets it, except for `named`.

    Attributes
    ----------
    number : int or None
        The number of the running task; None if it cannot be interrupted.
    stoppable : bool
        Whether the task can be interrupted at this moment.
    named : int or None
        The number of the task to interrupt; set by the listening thread.
    lines : dict
        The line numbers of the program's frames that wait for a library call to return.
    say : callable
        Sends a message to the window's process.
    """

    number: int | None = None
    stoppable: bool = False
    named: int | None = None
    lines: dict[FrameType, int] = field(default_factory=dict)
    say: Callable[[Any], None] = lambda _: None


_task = _Task()


def serve(orders: Connection, say: Callable[[Any], None]) -> None:
    """Accept interrupts from now on; called in the main thread.

    Parameters
    ----------
    orders : Connection
        The connection on which the numbers of tasks to interrupt arrive.
    say : callable
        Sends a task's number and its `Progress` or `Compiling` to the window's process.
    """
    # The one signal that can be simulated on every system. A real one, typed in the terminal, is
    # handled by the window's process, and the child exits with it.
    signal.signal(signal.SIGINT, _on_signal)
    _task.say = say

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                _task.named = orders.recv()
                _thread.interrupt_main(signal.SIGINT)

    threading.Thread(target=listen, daemon=True, name="interrupts").start()


def run(
    number: int, function: Callable[_P, _T], /, *arguments: _P.args, **keywords: _P.kwargs
) -> _T:
    """Call a function as the task with a number, and say once if something is compiled for it."""
    _task.number = number
    try:
        with compiling.told(lambda: _task.say((number, Compiling()))):
            return function(*arguments, **keywords)
    finally:
        _task.number = None


def interruptibly(work: Callable[[], _T]) -> _T:
    """Call what may be interrupted of a task, whose only side effect may be filled caches.

    Raises
    ------
    Interrupted
        If the task was interrupted.
    """
    _task.stoppable = True
    try:
        return work()
    finally:
        _disable_interrupts()


def report(said: Progress) -> None:
    """Send the progress of the task to the window."""
    if _task.number is not None:
        _task.say((_task.number, said))


def _on_signal(_number: int, frame: FrameType | None) -> None:
    """Raise `Interrupted` now or soon, if the running task is the one to interrupt."""
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
    """Trace no function that is called meanwhile."""


def _on_line(frame: FrameType, event: str, _argument: Any) -> Any:
    # The end of a `with` jumps back to its first line, where an exception would leave it open.
    if event == "line" and frame in _task.lines:
        if frame.f_lineno > _task.lines[frame] and _wanted():
            _stop()
        _task.lines[frame] = frame.f_lineno
    return _on_line


def _wanted() -> bool:
    return _task.stoppable and _task.number is not None and _task.number == _task.named


def _stop() -> None:
    _disable_interrupts()
    raise Interrupted


def _disable_interrupts() -> None:
    """Stop tracing, so that the task is not interrupted any more."""
    _task.stoppable = False
    if _task.lines:
        sys.settrace(None)
        _task.lines.clear()


def _inside(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames inside `interruptibly`, the innermost first."""
    while frame is not None and frame.f_code is not interruptibly.__code__:
        yield frame
        frame = frame.f_back


def _is_own(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == _PROGRAM
