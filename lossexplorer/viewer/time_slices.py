"""Work that is done in slices of a few milliseconds, so that the event loop keeps running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget

_SLICE = 4e-3  # seconds; handling events in between may take longer


class TimeSlices(QObject):
    """Does work for one name after the other, in 4 ms slices between which Qt handles events.

    Names are worked off in batches, and the screen is drawn after each batch. Names that are added
    while a batch is being worked off wait for the next one, so the screen is drawn however fast
    they come. A name that waits already is not added twice.

    Parameters
    ----------
    act : callable
        Takes a name and does its work in parts: a slice may end where it yields.
    screen : QWidget
        The OpenGL widget that shows the result. It is drawn once for a whole batch and until then
        keeps its former picture.
    """

    def __init__(self, act: Callable[[str], Iterator[None]], screen: QWidget) -> None:
        super().__init__()
        self._act, self._screen = act, screen
        self._holds = False
        self._waiting: dict[str, None] = {}  # a set in the order of arrival
        self._batch: dict[str, None] = {}  # names still to be done before the screen is drawn
        self._parts: Iterator[None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)
        # Disabling its updates would do the same, until a widget around it is painted: that one
        # then paints over its place, where Qt never again lets what OpenGL draws be seen.
        screen.installEventFilter(self)

    def add(self, names: Iterable[str]) -> None:
        """Have the work for these names done soon."""
        self._waiting |= dict.fromkeys(name for name in names if name not in self._batch)
        if not self._timer.isActive():
            self._holds = True
            self._timer.start(0)

    def finish(self) -> None:
        """Do at once all that waits."""
        while self._timer.isActive():
            self._next()

    def forget(self) -> None:
        """Do nothing of what waits."""
        self._waiting, self._batch, self._parts = {}, {}, None
        self._timer.stop()
        self._draw()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep the screen from being drawn, unless its size changes and all of it is lost."""
        del watched
        if event.type() == QEvent.Type.Resize:
            self._holds = False
        return self._holds and event.type() == QEvent.Type.Paint

    def _next(self) -> None:
        if self._parts is None:  # the screen has been drawn since the last batch
            if not self._waiting:
                self._timer.stop()
                return
            self._holds = True
            self._batch, self._waiting = self._waiting, {}
            self._parts = self._all_parts()
        end = time.perf_counter() + _SLICE
        for _ in self._parts:
            if time.perf_counter() > end:
                return
        self._parts = None
        self._draw()

    def _all_parts(self) -> Iterator[None]:
        while self._batch:
            name = next(iter(self._batch))
            del self._batch[name]
            yield from self._act(name)
            yield

    def _draw(self) -> None:
        self._holds = False
        self._screen.update()
