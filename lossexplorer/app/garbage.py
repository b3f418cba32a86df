"""Garbage is looked for in the main thread alone, the only one in which Qt's objects may end.

Python looks for cycles in whichever thread makes an object too many. A widget that only Python
keeps, such as a menu that pyqtgraph makes for each plot, would be ended there while the main thread
sends it events or draws with its style, and the program would die.
"""

from __future__ import annotations

import gc

from qtpy.QtCore import QObject, QTimer

_EVERY = 500  # milliseconds


class GarbageCollector(QObject):
    """Looks for garbage now and then, as often as Python's thresholds say, in the thread it is of.

    Examples
    --------
    >>> import gc
    >>> from lossexplorer.app.garbage import GarbageCollector
    >>> collector = GarbageCollector()
    >>> collector.begin()
    >>> gc.isenabled()  # by itself Python would use any thread
    False
    >>> collector.end()
    >>> gc.isenabled()
    True
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self._look)

    def begin(self) -> None:
        """Look from now on, but never in what there is already: all that has been imported."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def end(self) -> None:
        """Have Python look by itself again."""
        self._timer.stop()
        gc.enable()

    def _look(self) -> None:
        """Look among the young, and among older ones where the younger were looked at often."""
        oldest = -1
        for generation, (count, most) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        ):
            if count <= most:
                break
            oldest = generation
        if oldest >= 0:
            gc.collect(oldest)
