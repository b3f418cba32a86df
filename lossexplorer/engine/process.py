"""The engine's child process, as an executor."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any


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
    """

    def __init__(self) -> None:
        self._context = _RecordingContext()
        super().__init__(max_workers=1, mp_context=self._context, initializer=_die_with_parent)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut down; without `wait`, end the process at once, whatever it is doing."""
        if not wait:
            for process in self._context.made:
                if process.is_alive():
                    process.kill()
        super().shutdown(wait=wait, cancel_futures=cancel_futures)


def _die_with_parent() -> None:
    """End this process when the one that spawned it has ended, so that no orphan stays."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
