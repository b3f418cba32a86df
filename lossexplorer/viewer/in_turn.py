"""Work that is done in small parts, so that the hand is never kept waiting for all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget


class InTurn(QObject):
    """Does something for one name after the other, and lets Qt take events in between.

    A name that is added again before its turn has come has one turn.

    Parameters
    ----------
    act : callable
        Takes a name.
    screen : QWidget
        What shows it, an OpenGL widget: it is drawn once all have had their turn, and not for
        each. Until then it shows what it showed.
    """

    def __init__(self, act: Callable[[str], None], screen: QWidget) -> None:
        super().__init__()
        self._act, self._screen = act, screen
        self._holds = False
        self._waiting: dict[str, None] = {}  # a set in the order of arrival
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)
        # Disabling its updates would do the same, until a widget around it is painted: that one
        # then paints over its place, where Qt never again lets what OpenGL draws be seen.
        screen.installEventFilter(self)

    def add(self, names: Iterable[str]) -> None:
        """Give these names a turn, soon."""
        self._waiting |= dict.fromkeys(names)
        self._holds = True
        self._timer.start(0)

    def finish(self) -> None:
        """Do at once all that waits."""
        while self._waiting:
            self._next()

    def forget(self) -> None:
        """Do nothing of what waits."""
        self._waiting.clear()
        self._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep the screen from being drawn, unless its size changes and all of it is lost."""
        del watched
        if event.type() == QEvent.Type.Resize:
            self._holds = False
        return self._holds and event.type() == QEvent.Type.Paint

    def _next(self) -> None:
        if self._waiting:
            name = next(iter(self._waiting))
            del self._waiting[name]
            self._act(name)
        if not self._waiting:
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        self._holds = False
        self._screen.update()
