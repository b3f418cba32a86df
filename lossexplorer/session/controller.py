"""The controller: asks the engine what the agenda says, and keeps what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import Protocol

from psygnal import Signal, SignalInstance

from lossexplorer.engine.messages import Answer, Compiling, Effort, Progress, Request, Voxel
from lossexplorer.engine.questions import Descended, Warm
from lossexplorer.session import agenda
from lossexplorer.session.agenda import Knowledge, ToCome
from lossexplorer.session.records import Records
from lossexplorer.session.session import Session
from lossexplorer.session.state import Change
from lossexplorer.session.warming import compiled_with, warm_planes, warm_requests
from lossexplorer.session.words import compiled_for
from lossexplorer.volumes import Case


class Engine(Protocol):
    """What the controller needs of an engine; `lossexplorer.engine.client.EngineClient` is one."""

    answered: SignalInstance
    measured: SignalInstance
    explored: SignalInstance
    abandoned: SignalInstance
    progressed: SignalInstance
    compiling: SignalInstance

    def load(self, case: Case) -> None:
        """Make a case the one that requests are about."""

    def ask(self, request: Request) -> None:
        """Ask for an answer; the newest question replaces one that waits."""

    def explore(self, requests: Iterable[Request]) -> None:
        """Answer these, in order, whenever nothing else is asked."""


class Controller:
    """Has the engine answer what the session is about.

    Parameters
    ----------
    session : Session
        What is open and set.
    engine : Engine
        Answers.
    at_rest : callable
        Has `explore` called once nothing has moved for a while.

    Attributes
    ----------
    knowledge : Knowledge
        What is known about the present state.
    beside : callable
        Returns requests about another state of what is open, to be explored behind all others.
    seen : callable
        Returns the names of the records that a plot shows which is seen.
    records : Records
        What the plots show.
    answered : Signal(Answer)
        An answer about what is open.
    measured : Signal(Answer)
        The numbers of such an answer, where its maps are still to come.
    progressed : Signal(Progress)
        How far a loss is that needs the whole field.
    waited : Signal(int, int)
        Such losses are to come: how many points of curves before them are known, of how many.
    compiling : Signal(str)
        Functions are being compiled for what is to be shown, in a sentence; empty once that ends.
    abandoned : Signal()
        Steps of a descent could not be taken; why is said elsewhere.
    looked_at : Signal(Answer)
        The maps with the values of the voxel that is looked at, see `look_at`.
    explored : Signal(tuple)
        Answers to what was explored, about this state or another one.
    withheld : Signal()
        Such losses are not computed for what is set now, since the user has cancelled it.
    of_plots_changed : Signal()
        What is to come for plots may be something else, see `to_come`.
    settled : Signal()
        Everything about the present state is answered, curves and norms included.
    """

    answered = Signal(Answer)
    measured = Signal(Answer)
    progressed = Signal(Progress)
    waited = Signal(int, int)
    compiling = Signal(str)
    abandoned = Signal()
    looked_at = Signal(Answer)
    explored = Signal(tuple)
    withheld = Signal()
    of_plots_changed = Signal()
    settled = Signal()

    def __init__(
        self,
        session: Session,
        engine: Engine,
        at_rest: Callable[[], object],
    ) -> None:
        self.session = session
        self.knowledge = Knowledge()
        self.records = Records()
        self.beside: Callable[[], Iterable[Request]] = tuple
        self.seen: Callable[[], frozenset[str]] = frozenset
        self._engine = engine
        self._at_rest = at_rest
        self._expected: tuple[str, ...] = ()
        self._warm: set[Hashable] = set()
        self._voxel: Voxel | None = None
        for signal, slot in self._heard:
            signal.connect(slot)

    @property
    def _heard(self) -> Iterable[tuple[SignalInstance, Callable[..., object]]]:
        """The signals that are listened to, and what hears them."""
        return (
            (self.session.changed, self._on_change),
            (self._engine.answered, self._on_answer),
            (self._engine.measured, self._on_measured),
            (self._engine.explored, self._on_explored),
            (self._engine.abandoned, self._on_abandoned),
            (self._engine.progressed, self.progressed.emit),
            (self._engine.compiling, self._on_compiling),
        )

    def ask(self) -> None:
        """Ask about the present state; what is explored waits until the hand rests.

        It is asked about at every change: the engine answers the newest question once it is free,
        and one that a clock lets through would be older than the hand. In Learn nothing is asked:
        its answers could not be seen.
        """
        if self._learns:
            return
        request = agenda.now(self.session.state)
        if request is None:
            return
        if isinstance(request.question, Descended) and request == self.knowledge.answered:
            # It was left for a next step, and is shown by an answer of its own again.
            self.knowledge = replace(self.knowledge, answered=None)
        self._engine.explore(agenda.takes_its_time(self.session.state, self.knowledge))
        if not isinstance(request.question, Descended):
            self._engine.ask(request)

    def ask_again(self) -> None:
        """Ask about the present state once more, and settle once more when it is answered.

        It ends what is explored, which goes on once nothing has moved for a while.
        """
        self.knowledge = replace(self.knowledge, answered=None)
        self.ask()
        self._at_rest()

    def explore(self) -> None:
        """Ask for norms, response curves and exact values, unless those there still hold."""
        if self.session.case is None or self._learns:
            return
        self.knowledge, begun = agenda.at_rest(self.session.state, self.knowledge, self.seen())
        for name in begun:
            self.records.begin(name, self.session.state)
        self._explore_wanted()
        self._say_waited()
        self.of_plots_changed.emit()
        self._settle()

    def _explore_wanted(self) -> None:
        known = self.knowledge
        steps = agenda.takes_its_time(self.session.state, known)
        first = self._voxel_requests()
        behind = (*self.beside(), *self._warm_requests(), *known.of_plots)
        last = (*known.exact_points, *warm_planes(self.session.state, self._warm))
        self._engine.explore((*steps, *first, *known.wanted, *behind, *last))

    def look_at(self, voxel: Voxel | None) -> None:
        """Ask for the values of a voxel (z, y, x) before all that can wait, until the next call.

        Losses of the whole field are pending unless they are known.
        """
        self._voxel = voxel
        if voxel is not None and self.session.case is not None and not self._learns:
            self._explore_wanted()

    def _voxel_requests(self) -> tuple[Request, ...]:
        maps = None if self._voxel is None else self.session.state.at(self._voxel).maps()
        return () if maps is None else (Request(maps, Effort(whole_field=False)),)

    def stop(self, record: str) -> None:
        """Ask no more for the record of a plot, until what it needs is something else."""
        self.knowledge = replace(self.knowledge, stopped=self.knowledge.stopped | {record})
        self.explore()

    def go_on(self, record: str) -> None:
        """Ask for the record of a plot again, after `stop`."""
        self.knowledge = replace(self.knowledge, stopped=self.knowledge.stopped - {record})
        self.explore()

    def to_come(self, record: str) -> ToCome | None:
        """Return how much of the record of a plot is known; None if nothing is to come."""
        return agenda.to_come(self.knowledge, record)

    def expect(self, controls: Iterable[str]) -> None:
        """Have functions compiled, behind all else, for controls that the hand may move next.

        Parameters
        ----------
        controls : iterable of str
            Their names, which come before those that were expected earlier.
        """
        self._expected = tuple(dict.fromkeys((*controls, *self._expected)))
        if self._warm_requests():
            self._at_rest()

    def cancel(self) -> None:
        """Do without the losses that need the whole field, until what they depend on changes."""
        self.knowledge = replace(self.knowledge, is_withheld=True)
        self.withheld.emit()
        self.explore()

    def compute(self) -> None:
        """Compute the losses of the whole field after all."""
        self.knowledge = replace(self.knowledge, is_withheld=False)
        self.explore()

    def close(self) -> None:
        """Hear no more of the session and the engine: what showed it is about to go."""
        for signal, slot in self._heard:
            signal.disconnect(slot, missing_ok=True)

    def _on_change(self, change: Change) -> None:
        self.knowledge = agenda.after_change(self.knowledge, change)
        case, volume = change.new.experiment.case, change.new.volume
        if change.shows_another_volume and case is not None and volume is not None:
            self._expected = ()
            before = change.old.experiment.case
            is_other = before is None or before.key != case.key
            self.records.open(case.batch, of_other_case=is_other)
            self._engine.load(case)
        elif self._learns or (
            agenda.subject(change.new) == agenda.subject(change.old)
            and change.new.view.workspace == change.old.view.workspace
        ):
            return
        self.ask()
        self._at_rest()

    @property
    def _learns(self) -> bool:
        return self.session.state.view.workspace == "learn"

    def _on_measured(self, answer: Answer) -> None:
        """Show numbers, then curves; what is known is noted once the maps are there, too."""
        self.measured.emit(answer)
        self.records.add(answer)

    def _on_answer(self, answer: Answer) -> None:
        self.knowledge = agenda.after_answer(self.knowledge, answer)
        self.records.add(answer)
        self.answered.emit(answer)
        if self.knowledge.is_withheld and answer.is_pending:
            self.withheld.emit()
        if answer.preview:
            self._at_rest()
        self._settle()

    def _on_explored(self, answers: tuple[Answer, ...]) -> None:
        self.explored.emit(answers)
        before = self.knowledge
        self.knowledge, by_record, refined = agenda.after_explored(before, answers)
        if agenda.is_overdue(self.session.state, before, self.knowledge):
            self._explore_wanted()  # in another order
        elif agenda.has_previews(self.session.state, self.knowledge, answers):
            self._explore_wanted()  # and exact points
        self.records.answer(by_record)
        maps = self.session.state.maps()
        looked = [request.question for request in self._voxel_requests()]
        for answer in answers:
            if answer.question in looked:
                self._voxel = None
                self.looked_at.emit(answer)
            if isinstance(answer.question, Warm):
                self._warm.add(compiled_with(answer.question, self.session.state.experiment.size))
            if isinstance(answer.question, Descended) and answer.question == maps:
                self._on_answer(answer)
        self._say_waited()
        self.of_plots_changed.emit()
        if refined is not None and refined.question == self.session.state.maps():
            self._on_answer(refined)
        else:
            self._settle()

    def _warm_requests(self) -> Iterable[Request]:
        """Return what is to be compiled for the controls that are expected; forget the others."""
        found = warm_requests(self.session.state, self._expected, self._warm)
        self._expected = tuple(found)
        return found.values()

    def _say_waited(self) -> None:
        waited = agenda.waited_for(self.knowledge)
        if waited is not None:
            self.waited.emit(*waited)

    def _on_compiling(self, found: Compiling | None) -> None:
        """Say so where an answer is waited for; a plot's points come when they come."""
        if found is None or not agenda.is_awaited(self.knowledge, found.requests):
            self.compiling.emit("")
            return
        answered = self.knowledge.answered
        before = {} if answered is None else answered.question.controls
        self.compiling.emit(compiled_for(before, found.requests[0].question.controls))

    def _on_abandoned(self, requests: tuple[Request, ...]) -> None:
        self.knowledge = agenda.after_abandoned(self.knowledge, requests)
        if any(isinstance(request.question, Descended) for request in requests):
            self.abandoned.emit()
        self.of_plots_changed.emit()
        self._settle()

    def _settle(self) -> None:
        if agenda.is_settled(self.session.state, self.knowledge):
            self.settled.emit()
