"""Goes to the next slice that has something: the class, an error, a share of the gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lossexplorer.app.scheduler import Scheduler
from lossexplorer.engine.messages import Plane
from lossexplorer.session import Change, Session
from lossexplorer.session.records.slices import SliceValues
from lossexplorer.session.slices import next_smaller, next_where

Sought = Literal["class", "error", "most errors", "share", "largest share"]
_WORDS: dict[Sought, str] = {
    "class": "with {name}",
    "error": "with an error in {name}",
    "most errors": "with an error in {name}",
    "share": "with a {order} share of ‖g‖² of {loss}",
    "largest share": "where {loss} has a gradient",
}


@dataclass(frozen=True)
class _Search:
    """What is sought, and whether after the slice on screen or before it."""

    what: Sought
    by: int


class SliceSearch:
    """Looks for slices along the axis on screen.

    What is in slices is asked if it is not known, and the slice is gone to once it is, unless
    something is set meanwhile.

    Parameters
    ----------
    session : Session
        What is open and shown.
    scheduler : Scheduler
        Asks what is in each slice.
    say : callable
        Says that there is no such slice.
    """

    def __init__(
        self, session: Session, scheduler: Scheduler, say: Callable[[str], object]
    ) -> None:
        self._session, self._scheduler, self._say = session, scheduler, say
        self._waiting: _Search | None = None
        scheduler.see(lambda: frozenset({"slices"} if self._waiting else ()))
        scheduler.records.follow("slices", lambda _: self._go_on())
        session.changed.connect(self._on_change)

    def go(self, what: Sought, by: int = 1) -> None:
        """Go to the next slice with something, or the one before.

        Parameters
        ----------
        what : {"class", "error", "most errors", "share", "largest share"}
            A voxel of the class in the truth; one that the decision adds or misses; the slice with
            most of these; another share of the chosen loss's squared gradient, or the largest.
        by : {1, -1}
            Whether after the slice on screen or before it; of shares, whether a smaller one.
        """
        self._waiting = _Search(what, by)
        self._go_on()
        if self._waiting:
            self._scheduler.look()

    def _go_on(self) -> None:
        slices: SliceValues = self._scheduler.records["slices"]
        sought, state = self._waiting, self._session.state
        plane, volume = state.view.plane, state.volume
        if sought is None or plane is None or volume is None or not slices.is_of(state):
            return
        self._waiting = None
        found = _found(slices, sought, plane.index, state.view.loss)
        if found is not None:
            self._session.show(plane=Plane(plane.axis, found))
            return
        words = _WORDS[sought.what].format(
            name=volume.classes[state.view.class_index].name,
            loss=state.experiment.title(state.view.loss),
            order="smaller" if sought.by > 0 else "larger",
        )
        where = "" if sought.what.startswith(("most", "largest")) else "other "
        self._say(f"There is no {where}slice {words} along {'zyx'[plane.axis]}.")

    def _on_change(self, change: Change) -> None:
        if change.new.experiment != change.old.experiment:
            self._waiting = None


def _found(slices: SliceValues, sought: _Search, index: int, loss: str) -> int | None:
    """Return the slice; None if there is none."""
    if sought.what == "class":
        return next_where(slices.sums["truth"] > 0, index, sought.by)
    if sought.what == "error":
        return next_where(slices.errors > 0, index, sought.by)
    values = slices.errors if sought.what == "most errors" else slices.shares(loss)
    if sought.what == "share":
        return next_smaller(values, index, sought.by)
    return int(values.argmax()) if values.any() else None
