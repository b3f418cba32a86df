"""The engine's child process, as an executor."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, ParamSpec, TypeVar

from lossexplorer.engine import pulse

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _RecordingContext(SpawnContext):
    """A spawn context that remembers the processes it made, so that they can be killed."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[BaseProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # noqa: N802
        process = super().Process(*args, **kwargs)
        self.made.append(process)
        return process


class EngineProcess(ProcessPoolExecutor):
    """One spawned process; shutting down without waiting kills it.

    Spawned, not forked: the window's process has Qt's threads, and a GPU driver's state does not
    survive a fork.

    Parameters
    ----------
    beat : float
        Seconds between two of its signs of life.
    patience : float
        Seconds after which a process that gives none, and does not compute either, is ended: what
        was submitted to it then fails with `concurrent.futures.BrokenExecutor`.

    Attributes
    ----------
    ended : Future
        Done once the process has ended, whatever the reason; completed in another thread.
    """

    def __init__(self, beat: float = 0.5, patience: float = 10.0) -> None:
        self.ended: Future[None] = Future()
        self._context = _RecordingContext()
        self._beat, self._patience = beat, patience
        self._beats, listener = self._context.Pipe(duplex=False)
        self._watch: threading.Thread | None = None
        super().__init__(1, self._context, initializer=_begin, initargs=(listener, beat))

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Submit a call to the process, which the first one starts."""
        future = super().submit(fn, *args, **kwargs)
        if self._watch is None:
            self._watch = threading.Thread(
                target=pulse.watch,
                args=(self._context.made[0], self._beats, self.ended),
                kwargs={"seconds": self._beat, "patience": self._patience},
                daemon=True,
                name="engine-watch",
            )
            self._watch.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut down; without `wait`, end the process at once, whatever it is doing."""
        if not wait:
            for process in self._context.made:
                if process.is_alive():
                    process.kill()
        super().shutdown(wait=wait, cancel_futures=cancel_futures)


def _begin(listener: Connection, seconds: float) -> None:
    """Make the process beat, and end with the one that spawned it, so that no orphan stays."""
    pulse.beat(listener, seconds)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
