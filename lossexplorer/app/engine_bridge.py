"""Brings what the engine's threads deliver into Qt's main thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from qtpy.QtCore import QObject, Qt, Signal

from lossexplorer.engine.client import EngineClient


class MainThread(QObject):
    """Runs functions later in the thread that made it.

    psygnal's own queue polls; a queued Qt signal arrives at once.
    """

    _arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._arrived.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def run(self, function: Callable[[], object]) -> None:
        """Run `function` in the main thread, soon; may be called from any thread."""
        # Qt's side of this is gone once the program ends, while a thread may still read a file.
        with contextlib.suppress(RuntimeError):
            self._arrived.emit(function)

    def _call(self, function: Callable[[], object]) -> None:
        function()


def engine_client() -> EngineClient:
    """Return a client that belongs to the thread that made it, while that runs Qt's event loop."""
    return EngineClient(MainThread().run)
