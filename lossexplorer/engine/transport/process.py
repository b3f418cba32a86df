"""The engine's child process, as an executor."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar

from lossexplorer.engine.messages import Compiling, Progress
from lossexplorer.engine.transport import pulse, task

Report = Progress | Compiling

_P = ParamSpec("_P")
_T = TypeVar("_T")


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes that a terminal's Ctrl+C does not reach: who started them ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with _signals_deferred():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _signals_deferred() -> Iterator[None]:
    """Have what ends the program wait: a process of which half is started fails with a traceback.

    A mask is not enough, because the system may give a signal to another thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    known = {number: each for number, each in handlers.items() if each is not None}
    waiting: list[int] = []
    for number in known:
        signal.signal(number, lambda sent, _: waiting.append(sent))
    try:
        yield
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)
        for sent in waiting:
            signal.raise_signal(sent)


class _RecordingContext(SpawnContext):
    """A spawn context that keeps the processes it made, so that they can be killed."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[BaseProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # noqa: N802
        process = super().Process(*args, **kwargs)
        self.made.append(process)
        return process


class EngineProcess(ProcessPoolExecutor):
    """One spawned process; shutting down without waiting kills it.

    It is spawned, not forked, because the window's process has Qt's threads and a GPU driver's
    state does not survive a fork.

    Parameters
    ----------
    beat : float
        Seconds between two heartbeats of the process.
    patience : float
        Seconds after which a process without heartbeat and without use of processor time is
        killed. Its tasks then fail with `concurrent.futures.BrokenExecutor`.

    Attributes
    ----------
    ended : Future
        Done once the process has ended, for any reason; completed in another thread.
    """

    def __init__(self, beat: float = 0.5, patience: float = 10.0) -> None:
        self.ended: Future[None] = Future()
        self._context = _RecordingContext()
        self._beat, self._patience = beat, patience
        self._beats, listener = self._context.Pipe(duplex=False)
        orders, self._orders = self._context.Pipe(duplex=False)
        self._watch: threading.Thread | None = None
        self._numbers = itertools.count(1)
        self._numbered: dict[Future[Any], int] = {}
        self._reports: dict[int, Callable[[Report], None]] = {}
        super().__init__(1, self._context, initializer=_begin, initargs=(listener, beat, orders))

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Submit a call to the process; the first call starts it."""
        with _without_interrupts():
            future = super().submit(fn, *args, **kwargs)
        if self._watch is None:
            # The process has its own writing end by now. While another end is open, a result that
            # is half written when the process is killed is waited for without end, also at the exit
            # of Python. `tests/engine/test_assumptions.py` tests that the pool has this attribute.
            self._result_queue._writer.close()  # type: ignore[attr-defined]
            self._watch = threading.Thread(
                target=pulse.watch,
                args=(self._context.made[0], self._beats, self.ended, self._forward),
                kwargs={"seconds": self._beat, "patience": self._patience},
                daemon=True,
                name="engine-watch",
            )
            self._watch.start()
        return future

    def submit_interruptible(
        self,
        report: Callable[[Report], None],
        fn: Callable[_P, _T],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> Future[_T]:
        """Submit a call that `interrupt` can end and that reports its progress.

        Parameters
        ----------
        report : callable
            Takes the call's `Progress` and `Compiling`, in another thread.
        fn, *args, **kwargs
            The function and its arguments.
        """
        number = next(self._numbers)
        self._reports[number] = report
        future = self.submit(task.run, number, fn, *args, **kwargs)
        self._numbered[future] = number
        future.add_done_callback(self._forget)
        return future

    def interrupt(self, future: Future[Any]) -> None:
        """End an interruptible call soon, with `Interrupted`.

        A call that has ended, or has passed what may be interrupted, is not affected.
        """
        number = self._numbered.get(future)
        if number is not None:
            with contextlib.suppress(OSError):  # the process may just have ended
                self._orders.send(number)

    @property
    def was_killed(self) -> bool:
        """Whether the process has ended by a signal that a fault of its own does not send."""
        sent = {-signal.SIGTERM, *({-signal.SIGKILL} if hasattr(signal, "SIGKILL") else ())}
        return any(process.exitcode in sent for process in self._context.made)

    def _forget(self, future: Future[Any]) -> None:
        self._reports.pop(self._numbered.pop(future))

    def _forward(self, message: tuple[int, Report]) -> None:
        number, said = message
        report = self._reports.get(number)
        if report is not None:  # else it has ended meanwhile
            report(said)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut down; without `wait`, kill the process at once, which has ended on return."""
        if not wait:
            if self._executor_manager_thread is not None:
                # Python ends the pool's thread by writing to a pipe, which that thread closes when
                # the process ends: in Python 3.11 the write may come later, and fails with a
                # traceback. So the thread ends first. `tests/engine/test_assumptions.py` tests that
                # Python and the pool have these names.
                threading._register_atexit(self._executor_manager_thread.join)  # type: ignore[attr-defined]
            for process in self._context.made:
                if process.is_alive():
                    process.kill()
                    wait_for([process.sentinel], self._patience)
        super().shutdown(wait=wait, cancel_futures=cancel_futures)


def _begin(listener: Connection, seconds: float, orders: Connection) -> None:
    """Start the heartbeat, accept interrupts, and exit when the parent ends, which has Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    task.serve(orders, pulse.beat(listener, seconds))
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for([parent.sentinel])
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
