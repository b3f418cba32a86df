"""Writes what changes to the disk, in a thread, so that a slow disk holds nothing up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

# Seconds between two writes: what is lost at most is what was set in that time.
_PAUSE = 0.3
# Seconds until what could not be written is tried again.
_RETRY = 3.0
# Seconds that the end of the window waits for a disk that does not answer.
_PATIENCE = 5.0

_log = logging.getLogger("lossexplorer")


class Autosave:
    """Calls the newest of the functions that it is given, each of which writes something.

    The first is called at once, in a thread; while it works or shortly after, newer ones replace
    each other. What failed is tried again, unless something newer has come.

    Parameters
    ----------
    failed : callable
        Takes the error of a write, the first time that it fails and not again before one has
        succeeded. It is called in the thread.
    pause, retry : float
        Seconds from the end of a write to the next one, and from a failure.

    Examples
    --------
    >>> autosave = Autosave(print)
    >>> written = []
    >>> autosave.put(lambda: written.append("first"))
    >>> autosave.finish(lambda: written.append("last"))
    True
    >>> written[-1]
    'last'
    """

    def __init__(
        self,
        failed: Callable[[Exception], None],
        pause: float = _PAUSE,
        retry: float = _RETRY,
    ) -> None:
        self._failed, self._pause, self._retry = failed, pause, retry
        self._condition = threading.Condition()
        self._waiting: Callable[[], object] | None = None
        self._works = self._hurries = self._ends = self._failing = False
        self._thread: threading.Thread | None = None

    def put(self, write: Callable[[], object]) -> None:
        """Have a function called soon, in place of one that waits; return at once."""
        with self._condition:
            self._waiting = write
            if self._thread is None:
                # The program need not wait for it at its end: a disk may never answer.
                self._thread = threading.Thread(target=self._run, daemon=True, name="autosave")
                self._thread.start()
            self._condition.notify_all()

    def flush(self, patience: float = _PATIENCE) -> bool:
        """Wait until all is written, and return whether it is.

        Parameters
        ----------
        patience : float
            Seconds to wait at most.
        """
        with self._condition:
            self._hurries = True
            self._condition.notify_all()
            done = self._condition.wait_for(self._is_idle, patience)
            self._hurries = False
            return done and not self._failing

    def finish(self, write: Callable[[], object], patience: float = _PATIENCE) -> bool:
        """Call a last function, as `put` and `flush` do, and end the thread."""
        self.put(write)
        done = self.flush(patience)
        with self._condition:
            self._ends = True
            self._condition.notify_all()
        return done

    def _is_idle(self) -> bool:
        return self._waiting is None and not self._works

    def _run(self) -> None:
        while (write := self._next()) is not None:
            pause = self._pause
            try:
                write()
                self._failing = False
            except Exception as error:  # noqa: BLE001 - said in the window
                pause = self._retry
                self._on_failure(write, error)
            with self._condition:
                self._works = False
                self._condition.notify_all()
                self._condition.wait_for(lambda: self._hurries or self._ends, pause)

    def _next(self) -> Callable[[], object] | None:
        """Wait for a function and return it, or None at the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting is not None or self._ends)
            write, self._waiting = self._waiting, None
            self._works = write is not None
            return write

    def _on_failure(self, write: Callable[[], object], error: Exception) -> None:
        is_first, self._failing = not self._failing, True
        if is_first:
            _log.error("the session could not be kept", exc_info=error)
            self._failed(error)
        with self._condition:
            if self._waiting is None and not self._hurries:
                self._waiting = write
