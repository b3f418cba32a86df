"""How fast something that takes long goes on, and how long its rest will take."""

from __future__ import annotations

from collections import deque

_WINDOW = 20.0
"""Seconds that count: what is done first may take longer or less than the rest."""


class Pace:
    """Estimates the time left from what the last seconds have brought.

    Examples
    --------
    >>> pace = Pace()
    >>> for second, done in ((0.0, 0), (2.0, 10), (4.0, 20)):
    ...     pace.note(done, second)
    >>> pace.left(100, 4.0)
    16.0
    """

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def begin(self) -> None:
        """Forget what was noted: something else begins, or the same goes on after a pause."""
        self._marks.clear()

    def note(self, done: int, now: float) -> None:
        """Note how much is done.

        Parameters
        ----------
        done : int
            How much.
        now : float
            The time in seconds, of any clock that goes on evenly.
        """
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[1][0] > _WINDOW:
            self._marks.popleft()

    def left(self, total: int, now: float) -> float | None:
        """Return how many seconds the rest will take; None before anything was seen to be done.

        Parameters
        ----------
        total : int
            How much there is to be done in all.
        now : float
            The time in seconds, as for `note`.
        """
        if not self._marks:
            return None
        (begun, before), (_, done) = self._marks[0], self._marks[-1]
        if done <= before or now <= begun:
            return None
        return (total - done) * (now - begun) / (done - before)
