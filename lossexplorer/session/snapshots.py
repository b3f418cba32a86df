"""Snapshots: states that were kept, with what was known of them, to go back to and to compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from psygnal import Signal

from lossexplorer.engine.messages import Answer, Request
from lossexplorer.engine.questions import CurvePoint, Descended, Numbers
from lossexplorer.session.controller import Controller
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.state import State
from lossexplorer.session.words import within_sentence


@dataclass(frozen=True)
class Snapshot:
    """A state that was kept.

    It refers to the case and copies nothing of it: volumes that are open no longer stay in memory
    as long as a snapshot is of them.

    Attributes
    ----------
    number : int
        Its own among all snapshots of a session, from 1; 0 is what is set now.
    name : str
        What it is called.
    state : State
        What was set, and what was looked at.
    kept_at : datetime
        When, with its time zone.
    picture : bytes
        A small PNG of what the canvas showed; empty without one.
    answer : Answer or None
        The values of the losses, without maps; None while they are not known.
    curves : Curves or None
        The response curves, against what it was compared against last; None while they are not
        known.
    """

    number: int
    name: str
    state: State
    kept_at: datetime
    picture: bytes = b""
    answer: Answer | None = None
    curves: Curves | None = None

    @property
    def label(self) -> str:
        """What going back to it is called in the Edit menu.

        Examples
        --------
        >>> Snapshot(2, "Snapshot 2", State(), datetime.now(UTC)).label
        'Back to snapshot 2'
        >>> Snapshot(2, "Tversky", State(), datetime.now(UTC)).label
        'Back to Tversky'
        """
        is_named = self.name != default_name(self.number)
        return f"Back to {self.name if is_named else within_sentence(self.name)}"

    def with_answer(self, answer: Answer) -> Snapshot:
        """Return the snapshot with values, if they are its own and better than what is known."""
        before = self.answer
        if before is not None and not (before.preview or before.is_pending):
            return self
        maps = self.state.maps()
        if maps is None or answer.question.subject != maps.subject:
            return self
        return replace(self, answer=replace(answer, maps=None, maps_beside=None))

    def with_curves(self, curves: Curves) -> Snapshot:
        """Return the snapshot with curves, if they are its own and know more."""
        before = self.curves
        if not curves.are_of(self.state):
            return self
        known = before is not None and before.are_of(self.state)
        if before is not None and known and not curves.know_more_than(before):
            return self
        return replace(self, curves=replace(curves, hand=None))  # which moves on


def default_name(number: int) -> str:
    """Return what a snapshot is called until the user names it."""
    return f"Snapshot {number}"


class Snapshots:
    """The snapshots of a session, and the one that the present state is compared with.

    What is not known of a snapshot when it is kept is added as soon as it is: the answers come
    while its state is still the present one, or whenever it is again. Of the one that is compared
    it is asked, at rest, as are its curves against what the present ones are drawn against; of
    other volumes than those that are open it cannot be.

    Parameters
    ----------
    controller : Controller
        Has the session, and says what the engine answers.

    Attributes
    ----------
    kept : tuple of Snapshot
        All snapshots, in the order of the strip.
    second : int
        The number of the one that is compared; 0 for none.
    changed : Signal()
        There are others, or in another order, or with other names, or another one is compared.
    learned : Signal()
        More is known of what is compared.
    """

    changed = Signal()
    learned = Signal()

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._session = controller.session
        self._last = 0  # the highest number so far
        self.kept: tuple[Snapshot, ...] = ()
        self.second = 0
        self._wanted: tuple[Request, ...] = ()
        controller.answered.connect(self._on_answer)
        controller.explored.connect(self._on_explored)
        controller.records.follow("curves", self._on_curves)
        controller.beside = self._requests

    def __getitem__(self, number: int) -> Snapshot:
        """Return the snapshot of a number.

        Raises
        ------
        KeyError
            If there is none.
        """
        for snapshot in self.kept:
            if snapshot.number == number:
                return snapshot
        raise KeyError(number)

    # What there is

    @property
    def now(self) -> Snapshot:
        """The present state with what is known of it, as if it were a snapshot."""
        records, state = self._controller.records, self._session.state
        curves: Curves = records["curves"]
        now = Snapshot(0, "Now", state, datetime.now(UTC)).with_curves(curves)
        return now if curves.hand is None else now.with_answer(curves.hand)

    @property
    def here(self) -> Snapshot | None:
        """The snapshot whose experiment is the present one; None if there is none."""
        experiment = self._session.store.lasting.experiment
        found = (each for each in self.kept if each.state.experiment == experiment)
        return next(found, None)

    @property
    def compared(self) -> tuple[Snapshot, Snapshot] | None:
        """What is compared: what is set now under the name of its snapshot, and the second.

        Until the present state is answered, its values are the newest ones, as on the cards.
        """
        if not self.second:
            return None
        here, now = self.here, self.now
        name = now.name if here is None or here.number == self.second else here.name
        answer = now.answer or self._controller.records["curves"].hand
        return replace(now, name=name, answer=answer), self[self.second]

    @property
    def other(self) -> Snapshot | None:
        """What a flip shows: the one that is compared, or the newest that is not shown now."""
        if self.second:
            return self[self.second]
        here = self.here
        is_open = [each for each in self.kept if each.state.experiment.case is not None]
        others = [each for each in is_open if each is not here]
        return max(others, key=lambda each: each.number, default=None)

    # What can be done

    def keep(self, picture: bytes = b"", name: str = "") -> Snapshot:
        """Keep the present state.

        Parameters
        ----------
        picture : bytes
            A small PNG of what the canvas shows.
        name : str
            What to call it; its number by default.
        """
        self._last += 1
        number = self._last
        kept = replace(self.now, number=number, name=name or default_name(number), picture=picture)
        self._become((*self.kept, kept))
        return kept

    def restore(self, snapshots: Sequence[Snapshot]) -> tuple[Snapshot, ...]:
        """Have these snapshots and no others; return them with their numbers, which are new."""
        self.second = 0
        kept = [replace(each, number=n) for n, each in enumerate(snapshots, 1)]
        self._last = len(kept)
        self._become(tuple(kept))
        return self.kept

    def complete(self, number: int, state: State) -> None:
        """Give a snapshot its state, now that its volumes are open."""
        self._replace(number, lambda each: replace(each, state=state))

    def go_back(self, number: int) -> None:
        """Set what was set in a snapshot, and show what it showed; one edit, which can be undone.

        If it is the one that is compared, what was set before is compared from then on, if that is
        a snapshot.
        """
        snapshot, before = self[number], self.here
        if number == self.second:
            self.second = 0 if before is None or before.number == number else before.number
        self._session.restore(snapshot.state, snapshot.label)
        self.changed.emit()

    def choose(self, number: int) -> None:
        """Compare a snapshot with what is set now, or, if it is compared, no longer.

        If another one is compared, both were chosen: the former is gone back to, and this one
        compared with it.
        """
        if number == self.second:
            self.second = 0
        else:
            former, self.second = self.second, number
            if former:
                self._session.restore(self[former].state, self[former].label)
        self.changed.emit()
        self._controller.explore()

    def compare_none(self) -> None:
        """End the comparison."""
        self.second = 0
        self.changed.emit()

    def flip(self) -> None:
        """Show the other one until `flip_back`, in this workspace; that is no edit."""
        other = self.other
        if other is not None:
            workspace = self._session.state.view.workspace
            view = replace(other.state.view, workspace=workspace)
            self._session.flip_to(replace(other.state, view=view), other.label)

    def flip_back(self) -> None:
        """Show again what is set."""
        self._session.flip_back()

    def rename(self, number: int, name: str) -> None:
        """Call a snapshot something else; by its number if nothing is left of the name."""
        name = " ".join(name.split()) or default_name(number)
        self._replace(number, lambda each: replace(each, name=name))

    def remove(self, number: int) -> None:
        """Keep a snapshot no longer."""
        if number == self.second:
            self.second = 0
        self._become(tuple(each for each in self.kept if each.number != number))

    def put_back(self, snapshot: Snapshot, place: int) -> None:
        """Keep a snapshot again that was removed from a place of the strip."""
        kept = list(self.kept)
        kept.insert(place, snapshot)
        self._become(tuple(kept))

    def move(self, number: int, place: int) -> None:
        """Put a snapshot at another place of the strip, from 0; at an end if that is beyond it."""
        others = [each for each in self.kept if each.number != number]
        others.insert(max(place, 0), self[number])
        self._become(tuple(others))

    # What becomes known

    def _requests(self) -> tuple[Request, ...]:
        """Return what is to be asked of the one that is compared."""
        state = self._second_beside_now()
        if state is None:
            return ()
        second = self[self.second]
        if second.curves is None or not second.curves.are_of(state):
            second = replace(second, curves=Curves().begun(state))
            self._replace_quietly(second)
        assert second.curves is not None
        self._wanted = (*_numbers_of(second), *second.curves.lacking(state))
        if self._controller.knowledge.is_withheld:
            self._wanted = tuple(each for each in self._wanted if not each.takes_long)
        return self._wanted

    def _second_beside_now(self) -> State | None:
        """Return the state that is compared, with curves against the same as now, if it has such.

        None if none is compared, or it is of other samples than those that the engine has.
        """
        case, now = self._session.case, self._session.state
        if not self.second or case is None:
            return None
        state = self[self.second].state
        compared, against = state.experiment, now.view.against
        if compared.case is None or compared.case.key != case.key:
            return None
        if compared.against(against) != against:
            against = state.view.against
        return replace(state, view=replace(state.view, against=against))

    def _on_explored(self, answers: tuple[Answer, ...]) -> None:
        """Take answers about the one that is compared."""
        found = [answer for answer in answers if answer.request in self._wanted]
        if not self.second or not found:
            return
        second = self[self.second]
        points = [answer for answer in found if isinstance(answer.question, CurvePoint)]
        for answer in found:
            if isinstance(answer.question, Numbers):
                second = second.with_answer(answer)
        if second.curves is not None:
            second = replace(second, curves=second.curves.with_points(points))
        self._replace_quietly(second)
        self.learned.emit()

    def _replace_quietly(self, snapshot: Snapshot) -> None:
        self.kept = tuple(
            snapshot if each.number == snapshot.number else each for each in self.kept
        )

    def _on_answer(self, answer: Answer) -> None:
        self._learn(lambda each: each.with_answer(answer))

    def _on_curves(self, curves: Curves) -> None:
        self._learn(lambda each: each.with_curves(curves))

    def _learn(self, know: Callable[[Snapshot], Snapshot]) -> None:
        self.kept = tuple(map(know, self.kept))
        if self.second:
            self.learned.emit()

    def _replace(self, number: int, change: Callable[[Snapshot], Snapshot]) -> None:
        self._become(tuple(change(each) if each.number == number else each for each in self.kept))

    def _become(self, kept: tuple[Snapshot, ...]) -> None:
        self.kept = kept
        self.changed.emit()


def _numbers_of(snapshot: Snapshot) -> tuple[Request, ...]:
    """Return what is asked for the values of a snapshot, if they are not known."""
    maps, known = snapshot.state.maps(), snapshot.answer
    is_known = known is not None and not (known.preview or known.is_pending)
    if is_known or maps is None or isinstance(maps, Descended):
        return ()  # a descent would take its steps again
    return (Request(Numbers(maps.volume, maps.controls, maps.losses)),)
