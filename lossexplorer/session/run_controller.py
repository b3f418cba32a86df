"""The controller of a training run: has the engine train what the session sets up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from psygnal import Signal, SignalInstance

from lossexplorer.engine.messages import Prepared, TrainingOrder, Turn, TurnRefusal, TurnReport
from lossexplorer.learning.descriptions import SEED
from lossexplorer.learning.reports import StepReport
from lossexplorer.session import course as courses
from lossexplorer.session.course import Course
from lossexplorer.session.run import Run, RunStatus
from lossexplorer.session.session import Session
from lossexplorer.session.state import Change, State
from lossexplorer.volumes import LabelVolume

_PATIENCE = 1.0
"""Seconds that a turn may go on after it was cancelled, before the engine is killed."""


class LearningEngine(Protocol):
    """What the controller needs: `lossexplorer.engine.learning_lane.LearningLane` is one.

    Attributes
    ----------
    prepared : Signal(Prepared)
        There is a network for an order.
    turned : Signal(TurnReport)
        A turn is done.
    refused : Signal(TurnRefusal)
        There is no network, or a turn was not done.
    """

    prepared: SignalInstance
    turned: SignalInstance
    refused: SignalInstance

    def learn(self, order: TrainingOrder | None, volume: LabelVolume | None) -> None:
        """Have a network prepared for an order; None frees it."""

    def turn(self, turn: Turn, *, at_once: bool = False) -> int:
        """Do something with the network; returns the turn's number."""

    def end(self, number: int) -> bool:
        """End a turn that is still being done, and return whether there was something to end."""


class RunController:
    """Trains the network that the session sets up, while its view is Learn.

    Nothing is prepared before Learn is shown for the first time. A change of the setup that begins
    as before goes on with the variables as they are, any other begins a new run, which pauses at
    its first step. In Explore a run pauses and is kept.

    Parameters
    ----------
    session : Session
        What is open and set.
    engine : LearningEngine
        Trains.
    later : callable
        Calls a function after a number of seconds.
    clock : callable, optional
        Returns the time in seconds.

    Attributes
    ----------
    changed : Signal(Run)
        The run is another one.
    """

    changed = Signal(Run)

    def __init__(
        self,
        session: Session,
        engine: LearningEngine,
        later: Callable[[float, Callable[[], None]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._engine = engine
        self._later = later
        self._clock = clock
        self._run = Run()
        self._course = Course()
        self._volume: LabelVolume | None = None
        self._in_flight: tuple[int, Turn] | None = None  # with its number
        self._limit: float | None = None
        self._next_step = float("-inf")  # the time before which no step begins
        self._waits = False  # for that time
        self._wants_table = False
        session.changed.connect(self._on_change)
        engine.prepared.connect(self._on_prepared)
        engine.turned.connect(self._on_turned)
        engine.refused.connect(self._on_refused)

    @property
    def run(self) -> Run:
        """What there is to show."""
        return self._run

    @property
    def limit(self) -> float | None:
        """The most steps in a second, as for a talk; None if there is no limit.

        Raises
        ------
        ValueError
            If it is set to a number that is not positive.
        """
        return self._limit

    @limit.setter
    def limit(self, limit: float | None) -> None:
        if limit is not None and not limit > 0:
            raise ValueError(f"the limit must be positive, not {limit}")
        self._limit = limit
        self._next_step = float("-inf")
        self._proceed()

    @property
    def wants_table(self) -> bool:
        """Whether a table is shown, so that each step has one; steps without are quicker."""
        return self._wants_table

    @wants_table.setter
    def wants_table(self, wants_table: bool) -> None:
        self._wants_table = wants_table
        self._proceed(at_once=True)

    def train(self) -> None:
        """Train until there is a pause or a loss is not finite."""
        self._go(replace(self._course, is_training=True, single_steps=0))

    def step(self) -> None:
        """Train one step, or one more than is already wanted; a training pauses after it."""
        steps = self._course.single_steps + 1
        self._go(replace(self._course, is_training=False, single_steps=steps))

    def come_to(self, step: int) -> None:
        """Have the run where it is after so many steps, which are the same ones each time.

        Parameters
        ----------
        step : int
            Steps done, 0 for none.
        """
        if step != self._run.step or self._course.is_training:
            self.rewind()
            if step:
                self._go(replace(self._course, single_steps=step))

    def pause(self) -> None:
        """Train no further; the step that is being computed still counts if it ends soon."""
        course = self._course
        if not (course.is_training or course.single_steps):
            return
        self._course = replace(course, is_training=False, single_steps=0)
        self._show(status=self._status)
        self._cancel_turn()
        self._proceed()

    def rewind(self) -> None:
        """Begin the run anew with the same variables and the same patches, and pause."""
        if self._course.order is None or self._is_at_start:
            return
        self._course = replace(self._course, rewinds=True, is_training=False, single_steps=0)
        status = "ready" if self._run.status in ("training", "stopped") else self._run.status
        self._show(status=status, message="", reports=())
        self._cancel_turn()
        self._proceed(at_once=True)

    @property
    def _is_at_start(self) -> bool:
        """Whether no step is done, being done or wanted, and nothing is said of the run."""
        is_training = self._run.status == "training"
        trains = self._in_flight is not None and self._in_flight[1].steps
        return not (self._run.step or self._run.message or is_training or trains)

    def new_seed(self) -> None:
        """Begin a run with other variables and patches; that is an edit.

        The seed is the next one; after the largest comes the smallest.
        """
        setup = self._session.state.experiment.setup
        seed = setup.training.seed
        new = int(SEED.low) if seed >= SEED.high else seed + 1
        training = replace(setup.training, seed=new)
        self._session.set_up(replace(setup, training=training), f"Seed {seed} → {new}")

    def _go(self, course: Course) -> None:
        """Train as a course says, unless there is nothing to train."""
        if course.order is None or self._run.status == "stopped":
            return
        self._end_painting()
        self._course = course
        self._next_step = float("-inf")
        if self._run.status == "failed":
            self._engine.learn(course.order, self._volume)  # it may be possible by now
            self._show(status="preparing", message="")
        else:
            self._show(status=self._status, message="")
        self._proceed(at_once=True)

    @property
    def _status(self) -> RunStatus:
        """The status of a run that nothing is wrong with."""
        course = self._course
        if course.order is None:
            return "empty"
        if not course.is_prepared:
            return "preparing"
        return "training" if course.is_training or course.single_steps else "ready"

    def _on_change(self, change: Change) -> None:
        state = change.new
        if state.view.workspace != "learn":
            self.pause()
            self._end_painting()
            if state.experiment.case is not change.old.experiment.case:
                self._begin(None, state)  # a network for volumes that are gone is of no use
            return
        order, course = courses.order_of(state), self._course
        if order is None or course.order is None or state.volume is not self._volume:
            self._begin(order, state)
        elif order != course.order:
            if order.continues(course.order):
                self._adjust(order)
            else:
                self._begin(order, state)
        if courses.maps_of(state) != courses.maps_of(change.old):
            self._end_painting()
            self._show_others(change)
        self._proceed(at_once=True)

    def _begin(self, order: TrainingOrder | None, state: State) -> None:
        """Begin a run, or free what there is of it."""
        if order is None and self._course.order is None:
            return
        self._cancel_turn()
        self._in_flight = None
        self._course = courses.after_order(self._course, order, anew=True)
        self._volume = None if order is None else state.volume
        self._engine.learn(order, self._volume)
        self._replace(Run(status=self._status))

    def _adjust(self, order: TrainingOrder) -> None:
        """Go on with another setup."""
        self._end_painting()
        self._course = courses.after_order(self._course, order, anew=False)
        self._engine.learn(order, self._volume)
        if self._run.status == "failed":
            self._show(status="preparing", message="")

    def _show_others(self, change: Change) -> None:
        """Show no maps of another output or class until there are new ones."""
        old, new = courses.maps_of(change.old), courses.maps_of(change.new)
        if (old.output, old.class_index) != (new.output, new.class_index):
            self._show(maps=None)

    def _cancel_turn(self) -> None:
        """See to it that the turn in flight ends soon."""
        self._end_painting()
        if self._in_flight is not None:
            self._later(_PATIENCE, partial(self._insist, self._in_flight[0]))

    def _end_painting(self) -> None:
        """End the turn in flight if it only paints: something else comes first.

        One that is done already is still reported, and the next turn follows it.
        """
        in_flight = self._in_flight
        if in_flight and in_flight[1].only_paints and self._engine.end(in_flight[0]):
            self._in_flight = None

    def _insist(self, number: int) -> None:
        """End a turn that was cancelled and is still being done."""
        is_in_flight = self._in_flight is not None and self._in_flight[0] == number
        if is_in_flight and self._course.is_training:
            return  # it is wanted again
        if self._engine.end(number) and is_in_flight:
            self._in_flight = None
            self._proceed()

    def _proceed(self, *, at_once: bool = False) -> None:
        """Have the next turn done, if none is in flight, and say whether it paints a volume."""
        self._do_next(at_once=at_once)
        if self._awaits_volume != self._run.awaits_volume:
            self._show(awaits_volume=self._awaits_volume)

    @property
    def _awaits_volume(self) -> bool:
        """Whether a volume is painted; while steps follow one another, only the first of them."""
        painted = self._in_flight[1].painted if self._in_flight is not None else None
        if painted is None or painted.plane is not None:
            return False
        maps = self._run.maps
        return not self._course.is_training or maps is None or maps.request.plane is not None

    def _do_next(self, *, at_once: bool) -> None:
        if self._in_flight is not None or self._session.state.view.workspace != "learn":
            return
        now = self._clock()
        turn = courses.next_turn(
            self._course,
            courses.maps_of(self._session.state),
            now,
            with_table=self._wants_table,
            one_by_one=self._limit is not None,
        )
        if turn is None:
            return
        if turn.steps and self._course.is_training and self._limit is not None:
            if now < self._next_step:
                self._wait(self._next_step - now)
                return
            self._next_step = now + 1 / self._limit
        self._in_flight = (self._engine.turn(turn, at_once=at_once), turn)

    def _wait(self, seconds: float) -> None:
        if not self._waits:
            self._waits = True
            self._later(seconds, self._waited)

    def _waited(self) -> None:
        self._waits = False
        self._proceed()

    def _on_prepared(self, prepared: Prepared) -> None:
        self._course = replace(self._course, is_prepared=True)
        status = self._run.status if self._run.status == "stopped" else self._status
        self._show(status=status, graph=prepared.graph, memory=prepared.memory)
        self._proceed(at_once=True)

    def _on_turned(self, report: TurnReport) -> None:
        self._in_flight = None
        is_overtaken = self._course.rewinds and not report.turn.rewinds
        self._course = courses.after_turn(self._course, report, self._clock())
        if not is_overtaken:
            self._take(report)
        self._proceed()

    def _take(self, report: TurnReport) -> None:
        """Show what came of a turn."""
        run = self._run
        if report.turn.rewinds:
            run = replace(run, reports=(), table=None, methods=())
        if report.steps:
            last = report.steps[-1]
            run = replace(run, reports=_joined(run.reports, report.steps))
            run = replace(run, table=last.table or run.table, methods=last.methods or run.methods)
        if report.table is not None:
            run = replace(run, table=report.table, methods=report.methods)
        if report.turn.painted == courses.maps_of(self._session.state):
            run = replace(run, maps=report.maps, painted_step=report.step)
        is_stopped = report.problem or (run.status == "stopped" and not report.turn.rewinds)
        status: RunStatus = "stopped" if is_stopped else self._status
        self._replace(replace(run, status=status, message=report.problem or run.message))

    def _on_refused(self, refusal: TurnRefusal) -> None:
        self._in_flight = None
        has_network = refusal.has_network
        maps = courses.maps_of(self._session.state)
        self._course = courses.after_refusal(self._course, maps, has_network=has_network)
        status = self._status if has_network else "failed"
        self._show(status=status, message=refusal.text, awaits_volume=False)

    def _show(self, **what: object) -> None:
        """Show a run with other values of some attributes."""
        self._replace(replace(self._run, **what))  # type: ignore[arg-type]

    def _replace(self, run: Run) -> None:
        if run is not self._run:
            self._run = run
            self.changed.emit(run)


def _joined(before: tuple[StepReport, ...], new: tuple[StepReport, ...]) -> tuple[StepReport, ...]:
    """Return the steps of a run, of which only the last keeps its table."""
    *others, last = (*before[-1:], *new)
    return (*before[:-1], *(replace(each, table=None, methods=()) for each in others), last)
