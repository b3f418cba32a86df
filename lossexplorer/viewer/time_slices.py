"""Work that is done in slices of a few milliseconds, so that the event loop keeps running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget

_SLICE = 4e-3  # seconds; handling events in between may take longer
_PERIOD = 0.07  # seconds from drawing to drawing that something to come first may prolong


class TimeSlices(QObject):
    """Does work for one name after the other, in 4 ms slices between which Qt handles events.

    Names are processed in groups, and the screen is drawn after each group. Names that are added
    while a group is being processed wait for the next group, so the screen is drawn at any rate of
    new names. A waiting name is not added twice. While the screen is hidden in its window, names
    wait.

    Parameters
    ----------
    act : callable
        Takes a name and does the work, yielding where a time slice may end.
    screen : QWidget
        The OpenGL widget that shows the result. It is drawn once for a whole group and until then
        keeps its former picture.

    Attributes
    ----------
    is_preceded : callable
        Returns whether something is about to come that is to be on the screen before this: drawing
        it takes several times as long as a number, which would wait for it. Then `draw` is called,
        or the screen is drawn 70 ms after it was drawn before, to follow a hand 12 times a second.
    """

    def __init__(self, act: Callable[[str], Iterator[None]], screen: QWidget) -> None:
        super().__init__()
        self._act, self._screen = act, screen
        self.is_preceded: Callable[[], bool] = lambda: False
        self._holds = self._is_due = False
        self._drawn = 0.0
        self._waiting: dict[str, None] = {}  # a set in the order of arrival
        self._group: dict[str, None] = {}  # names still to be done before the screen is drawn
        self._work: Iterator[None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._go_on)
        # In a turn of its own: asked for an update, Qt would draw the screen with the next number,
        # which would be there only after it.
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self._draw_now)
        # Disabling the screen's updates would have the same effect until a widget around it is
        # painted, which paints over the screen; Qt never shows the OpenGL contents again then.
        screen.installEventFilter(self)
        # What is asked for meanwhile would have Qt put the same picture on the screen again, which
        # without a graphics card takes as long as a third of drawing it.
        screen.update = self._update  # type: ignore[assignment]

    def add(self, names: Iterable[str]) -> None:
        """Schedule the work for some names."""
        self._waiting |= dict.fromkeys(name for name in names if name not in self._group)
        self._begin()

    def draw(self) -> None:
        """Draw the screen at once if it was to wait: what was to come first is there."""
        if self._late.isActive():
            self._go_on()

    def let_through(self) -> None:
        """Have the screen drawn once whatever waits: what lies above it is elsewhere at once."""
        self._is_due = True
        self._screen.update()

    def finish(self) -> None:
        """Do all waiting work at once, also of a screen that is hidden."""
        while self._waiting or self._work or self._timer.isActive() or self._late.isActive():
            if self._late.isActive():
                self._go_on()
            if self._due.isActive():
                self._draw_now()
            self._next()

    def forget(self) -> None:
        """Drop all waiting work."""
        self._waiting, self._group, self._work = {}, {}, None
        for timer in (self._timer, self._late, self._due):
            timer.stop()
        self._holds = False
        self._update()  # later: the screen may be about to go

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep the screen from being drawn, unless a change of its size has lost its contents."""
        del watched
        if event.type() == QEvent.Type.Resize:
            self._holds = False
        elif event.type() == QEvent.Type.Show:
            self._begin()
        elif event.type() == QEvent.Type.Paint:
            is_held, self._is_due = self._holds and not self._is_due, False
            return is_held
        return False

    def _begin(self) -> None:
        """Begin with what waits, unless that is under way or could not be seen in the window."""
        is_under_way = self._timer.isActive() or self._late.isActive()
        if self._waiting and not is_under_way and self._screen.isVisibleTo(self._screen.window()):
            self._holds = True
            self._timer.start(0)

    def _next(self) -> None:
        if self._due.isActive():
            return
        if self._work is None:  # the screen has been drawn since the last group
            if not self._waiting:
                self._timer.stop()
                return
            self._holds = True
            self._group, self._waiting = self._waiting, {}
            self._work = self._work_of_group()
        end = time.perf_counter() + _SLICE
        for _ in self._work:
            if time.perf_counter() > end:
                return
        self._work = None
        room = self._drawn + _PERIOD - time.perf_counter()
        if room > 0 and self.is_preceded():
            self._timer.stop()
            self._late.start(round(1e3 * room))
        else:
            self._draw()

    def _go_on(self) -> None:
        """Draw the screen that waited, and go on with what has come meanwhile."""
        self._late.stop()
        self._draw_now()
        self._timer.start(0)

    def _work_of_group(self) -> Iterator[None]:
        while self._group:
            name = next(iter(self._group))
            del self._group[name]
            yield from self._act(name)
            yield

    def _draw(self) -> None:
        self._due.start(0)

    def _draw_now(self) -> None:
        self._due.stop()
        self._holds = False
        self._drawn = time.perf_counter()
        self._screen.repaint()

    def _update(self) -> None:
        if not self._holds:
            QWidget.update(self._screen)
