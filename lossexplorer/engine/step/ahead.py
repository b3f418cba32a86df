"""Compiling ahead, in a thread of its own, so that a hand that moves does not wait for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable

from lossexplorer.core.cache import Cache
from lossexplorer.engine.compiled import MOST_COMPILED

_log = logging.getLogger(__name__)


class Ahead:
    """Does one job at a time beside the main thread, and each job once."""

    def __init__(self) -> None:
        self._done: Cache[Hashable, bool] = Cache(MOST_COMPILED)
        self._thread: threading.Thread | None = None

    def do(self, key: Hashable, act: Callable[[], object]) -> None:
        """Begin a job, unless it was done or another one is under way.

        Parameters
        ----------
        key : hashable
            Identifies the job.
        act : callable
            Does it. An exception is logged: whoever needs the result will raise it again.
        """
        busy = self._thread is not None and self._thread.is_alive()
        if busy or self._done.find(key):
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
        """Wait until no job is under way, so that none holds memory any more."""
        if self._thread is not None:
            self._thread.join()
