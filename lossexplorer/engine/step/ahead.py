"""Compile in a thread, so that answers do not wait for the compiler while the hand moves."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable

from lossexplorer.core.cache import Cache
from lossexplorer.engine.compiled import MOST_COMPILED

_log = logging.getLogger(__name__)


class Compilation:
    """Something that a thread does once.

    Parameters
    ----------
    act : callable
        Does it. An exception is only logged, because the later use of the compiled function raises
        it again.

    Attributes
    ----------
    is_dropped : bool
        Whether it is never going to be done.
    """

    def __init__(self, act: Callable[[], object]) -> None:
        self.is_dropped = False
        self._act: Callable[[], object] | None = act
        self._over = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether it was done, or has failed."""
        return self._over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until it is over, and return whether it is."""
        return self._over.wait(seconds)

    def do(self) -> None:
        """Do it, and hold nothing of it any more."""
        act, self._act = self._act, None
        assert act is not None
        try:
            act()
        except Exception:  # noqa: BLE001 - a backend may raise anything
            _log.exception("could not be compiled ahead")
        finally:
            self._over.set()


class Ahead:
    """Runs one job at a time in a thread, in order, and each job once."""

    def __init__(self) -> None:
        self._jobs: Cache[Hashable, Compilation] = Cache(MOST_COMPILED)
        self._waiting: deque[Compilation] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a job is running, which delays answers."""
        return self._thread is not None

    def do(self, key: Hashable, act: Callable[[], object]) -> Compilation:
        """Return the job of a key, which is begun soon unless there was one before.

        Parameters
        ----------
        key : hashable
            Identifies the job.
        act : callable
            Runs the job.
        """
        job = self._jobs.find(key)
        if job is not None and not job.is_dropped:
            return job
        job = Compilation(act)
        self._jobs.put(key, job)
        with self._lock:
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="compiles")
                self._thread.start()
        return job

    def stop(self) -> None:
        """Drop the jobs that wait, and wait for the one that runs: none holds memory any more."""
        with self._lock:
            for job in self._waiting:
                job.is_dropped = True
            self._waiting.clear()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                job = self._waiting.popleft()
            job.do()
            del job
