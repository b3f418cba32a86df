"""What is asked while a hand moves: numbers at once, maps as often as a screen shows them."""

from __future__ import annotations

import time
from dataclasses import replace

from lossexplorer.engine.messages import Answer, Request

_PERIOD = 0.06
"""Seconds from maps to maps while newer numbers are wanted: a hand is followed 16 times a second.

Painting takes a third as long as the numbers, which would be as much older than the hand.
"""


class Asked:
    """The newest question, in two requests: for its numbers, and for its maps once these are known.

    Numbers of a newer question come before maps of an older one, unless maps came long ago.
    """

    def __init__(self) -> None:
        self._waiting: Request | None = None
        self._numbers: Answer | None = None  # what was known last
        self._is_unpainted = False  # whether its maps are still to be asked for
        self._painted = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether a question waits to be asked."""
        return self._waiting is not None

    def put(self, request: Request) -> None:
        """Ask this next, in place of one that waits."""
        self._waiting = request

    def put_back(self, request: Request) -> None:
        """Ask once more what was taken and not answered, unless there is a newer one."""
        if self._waiting is None:
            self._waiting = _with_maps(request, painted=True)

    def clear(self) -> None:
        """Ask nothing any more."""
        self._waiting, self._numbers, self._is_unpainted = None, None, False

    def take(self) -> Request | None:
        """Return what to ask now, if anything."""
        now = time.monotonic()
        if self._is_unpainted and (not self.is_waiting or now - self._painted >= _PERIOD):
            assert self._numbers is not None
            self._is_unpainted, self._painted = False, now
            return _with_maps(self._numbers.request, painted=True)
        request, self._waiting = self._waiting, None
        if request is None or request.effort.exact or request.question.numbers_alone:
            return request
        known = self._numbers
        are_known = known is not None and known.question.subject == request.question.subject
        return _with_maps(request, painted=are_known)

    def know(self, numbers: Answer) -> None:
        """Note numbers whose maps are to be asked for."""
        self._numbers, self._is_unpainted = numbers, True

    def whole(self, answer: Answer) -> Answer:
        """Return an answer with maps, which has taken as long as its numbers and these."""
        known = self._numbers
        if known is None or known.request.effort.generation != answer.request.effort.generation:
            return answer
        seconds, compiled = known.seconds + answer.seconds, known.compiled or answer.compiled
        return replace(answer, seconds=seconds, compiled=compiled)


def _with_maps(request: Request, *, painted: bool) -> Request:
    return replace(request, effort=replace(request.effort, painted=painted))
