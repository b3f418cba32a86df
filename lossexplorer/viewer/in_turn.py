"""Work that is done in small parts, so that the hand is never kept waiting for all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget

_TURN = 4e-3  # seconds after which events are taken, which may take longer than what is done


class InTurn(QObject):
    """Does something for one name after the other, and lets Qt take events every few ms.

    Names that are added while others have their turns wait until the screen has been drawn with
    those: however fast they come, it is drawn. A name that waits already has one turn.

    Parameters
    ----------
    act : callable
        Takes a name and does it in parts: where it yields, events may be taken.
    screen : QWidget
        What shows it, an OpenGL widget: it is drawn once all have had their turn, and not for
        each. Until then it shows what it showed.
    """

    def __init__(self, act: Callable[[str], Iterator[None]], screen: QWidget) -> None:
        super().__init__()
        self._act, self._screen = act, screen
        self._holds = False
        self._waiting: dict[str, None] = {}  # a set in the order of arrival
        self._batch: dict[str, None] = {}  # what still has its turn before the screen is drawn
        self._parts: Iterator[None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)
        # Disabling its updates would do the same, until a widget around it is painted: that one
        # then paints over its place, where Qt never again lets what OpenGL draws be seen.
        screen.installEventFilter(self)

    def add(self, names: Iterable[str]) -> None:
        """Give these names a turn, soon."""
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
        end = time.perf_counter() + _TURN
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
