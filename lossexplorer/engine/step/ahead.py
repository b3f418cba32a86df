"""Compile ahead in a thread, so that answers do not wait for the compiler while the hand moves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable

from lossexplorer.core.cache import Cache
from lossexplorer.engine.compiled import MOST_COMPILED

_log = logging.getLogger(__name__)


class Ahead:
    """Runs one job at a time in a thread, and each job once."""

    def __init__(self) -> None:
        self._done: Cache[Hashable, bool] = Cache(MOST_COMPILED)
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a job is running, which delays answers."""
        return self._thread is not None and self._thread.is_alive()

    def do(self, key: Hashable, act: Callable[[], object]) -> None:
        """Start a job, unless it was done before or another job is running.

        Parameters
        ----------
        key : hashable
            Identifies the job.
        act : callable
            Runs the job. An exception is only logged, because the later use of the compiled
            function raises it again.
        """
        if self.is_busy or self._done.find(key):
            return
        self._done.put(key, True)

        def quietly() -> None:
            try:
                act()
            except Exception:  # noqa: BLE001 - a backend may raise anything
                _log.exception("could not be compiled ahead")

        self._thread = threading.Thread(target=quietly, daemon=True, name="compiles ahead")
        self._thread.start()

    def wait(self) -> None:
        """Wait until no job is running, so that no job holds memory any more."""
        if self._thread is not None:
            self._thread.join()
