"""What is compiled before it is needed, in a thread of its own: a hand that moves must not wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable

_log = logging.getLogger(__name__)


class Ahead:
    """Does one thing at a time beside the main thread, and each thing once."""

    def __init__(self) -> None:
        self._done: set[Hashable] = set()
        self._thread: threading.Thread | None = None

    def do(self, key: Hashable, act: Callable[[], object]) -> None:
        """Begin with something, unless it was done or something else is being done.

        Parameters
        ----------
        key : hashable
            What the thing is known by.
        act : callable
            Does it. What it raises is logged: whoever needs the thing will raise it again.
        """
        busy = self._thread is not None and self._thread.is_alive()
        if key in self._done or busy:
            return
        self._done.add(key)

        def quietly() -> None:
            try:
                act()
            except Exception:  # noqa: BLE001 - a backend may raise anything
                _log.exception("could not be compiled ahead")

        self._thread = threading.Thread(target=quietly, daemon=True, name="compiles ahead")
        self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is being done, so that nothing is held any more."""
        if self._thread is not None:
            self._thread.join()
