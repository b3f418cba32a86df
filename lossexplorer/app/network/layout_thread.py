"""Lays networks out in a thread of its own; what was asked for last is what arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from qtpy.QtCore import QObject, Signal

from lossexplorer.app.engine_bridge import MainThread
from lossexplorer.app.network.layout import Gaps, Placement, place
from lossexplorer.app.network.longest_path import Ends, Point


class LayoutThread(QObject):
    """Lays out one network at a time, and after it the newest that was asked for meanwhile.

    A thread that still works when the window is gone delivers to nobody.

    Attributes
    ----------
    is_busy : bool
        Whether something is being laid out.
    placed : Signal(Placement)
        The network that was asked for last is laid out.
    """

    placed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._main_thread = MainThread()
        self._main_thread.setParent(self)
        self.is_busy = False
        self._next: Callable[[], Placement] | None = None

    def ask(
        self, sizes: dict[str, Point], links: Sequence[Ends], thickness: float, gaps: Gaps
    ) -> None:
        """Lay out a network: see `lossexplorer.app.network.layout.place`."""
        self._next = lambda: place(sizes, links, thickness, gaps)
        if not self.is_busy:
            self._begin()

    def _begin(self) -> None:
        work, self._next = self._next, None
        if work is not None:
            self.is_busy = True
            threading.Thread(target=self._run, args=(work,), name="layout", daemon=True).start()

    def _run(self, work: Callable[[], Placement]) -> None:
        placement = work()
        self._main_thread.run(lambda: self._take(placement))

    def _take(self, placement: Placement) -> None:
        self.is_busy = False
        if self._next is None:
            self.placed.emit(placement)
        else:
            self._begin()
