"""The window's side of the engine: answers the newest request first and restarts a dead engine."""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import replace
from functools import partial
from typing import Any

from psygnal import Signal

from lossexplorer.engine import worker
from lossexplorer.engine.asked import Asked
from lossexplorer.engine.backends.gpus import Tried, advice, remember_unusable
from lossexplorer.engine.errors import Interrupted, OutOfMemoryError
from lossexplorer.engine.in_flight import (
    Task,
    answered_together,
    case_parcels,
    do_nothing,
    received_answers,
)
from lossexplorer.engine.learning_lane import LearningLane
from lossexplorer.engine.messages import (
    Answer,
    Compiling,
    EngineInfo,
    EngineState,
    EngineStatus,
    Progress,
    Request,
    TurnReport,
)
from lossexplorer.engine.task_runner import TaskRunner
from lossexplorer.engine.transport.process import EngineProcess, Report
from lossexplorer.engine.transport.shared_array import (
    Parcel,
    discard,
    parcels_of,
    remove_left_over,
)
from lossexplorer.engine.volume import ignored_of, members_of
from lossexplorer.volumes import Case

_MAX_CRASHES = 3


class EngineClient:
    """Keeps one engine running and one request in flight.

    All methods and signals belong to one thread, in which `deliver` runs what it gets.

    Parameters
    ----------
    deliver : callable
        Runs a function later in the client's thread; called from other threads.
    make_executor : callable, optional
        Makes the executor that the engine's functions are submitted to: a spawned process by
        default, or any other `concurrent.futures.Executor`. If it has a future `ended`, the client
        notices the executor's end when the future is done, else at the next question. If it has
        `submit_interruptible` and `interrupt`, as `EngineProcess` has, explored requests are
        interrupted by a question and report their progress; else the question waits for them.
    copier : Executor, optional
        Copies large arrays into and out of shared memory; by default a thread.

    Attributes
    ----------
    answered : Signal(Answer)
        A new answer, never older than the previous one.
    measured : Signal(Answer)
        The numbers of an answer whose maps are still to come.
    explored : Signal(tuple)
        The answers to explored requests that were computed together.
    progressed : Signal(Progress)
        The progress of the request that is being explored.
    compiling : Signal(Compiling)
        Functions are being compiled for what is in flight; None once that has ended.
    status_changed : Signal(EngineStatus)
        The new status of the engine.
    status : EngineStatus
        The current status of the engine.
    lane : LearningLane
        Has networks trained by the same engine: questions come first, then training and what is
        explored take turns.
    abandoned : Signal(tuple)
        Requests to be explored that the engine could not answer.
    fetched : Signal(Answer)
        The answer to what `fetch` asked for.
    unfetched : Signal(str)
        Why that could not be answered.
    failed : Signal(str)
        Why a request could not be answered or a volume not be loaded; the engine goes on running.
    noted : Signal(str)
        Why the engine computes on the CPU although there is a GPU, and what to do.
    """

    answered = Signal(Answer)
    measured = Signal(Answer)
    explored = Signal(tuple)
    abandoned = Signal(tuple)
    fetched = Signal(Answer)
    unfetched = Signal(str)
    progressed = Signal(Progress)
    compiling = Signal(object)
    status_changed = Signal(EngineStatus)
    failed = Signal(str)
    noted = Signal(str)

    def __init__(
        self,
        deliver: Callable[[Callable[[], None]], None],
        make_executor: Callable[[], Executor] = EngineProcess,
        copier: Executor | None = None,
    ) -> None:
        self._runner = TaskRunner(deliver, make_executor, copier)
        self._info: EngineInfo | None = None
        self._case: Case | None = None
        self._loaded: str | None = None
        self._asked = Asked()
        self._idle: deque[Request] = deque()
        self._errand: Request | None = None
        self._generations = itertools.count(1)
        self._oldest_wanted = 0
        self._crashes = 0
        self._has_answered = False  # the engine that runs now
        self._device: str | None = None  # the environment's
        self._compiles = False
        self._lead = 0.0  # by how many seconds turns took longer than what was explored meanwhile
        self._lane_was_last = False
        self.lane = LearningLane(self._advance, self._interrupt_for_lane, self._replace)
        self.lane.turned.connect(self._on_turned)
        self.status = EngineStatus("starting", "the engine is not started yet", None)

    def start(self) -> None:
        """Start the engine, also after it failed; `status_changed` reports when it is ready."""
        self._runner.end()
        self._crashes, self._device = 0, None
        self._launch("starting", "starting the engine…")

    @property
    def is_asked(self) -> bool:
        """Whether numbers are about to come, for a hand that may be moving."""
        task = self._runner.task
        requests = () if task is None else task.requests
        return self._asked.is_waiting or not all(each.effort.painted for each in requests)

    def load(self, case: Case) -> None:
        """Load a case; requests for the previous case are dropped.

        A case with the same key as the previous one is not loaded again.
        """
        self._case = case
        self._asked.clear()
        self.explore([])
        self._oldest_wanted = next(self._generations)
        self._advance()

    def ask(self, request: Request) -> None:
        """Ask for an answer; this request replaces one that still waits.

        Of a hand that moves, it is asked for twice: for the numbers, which come first, and then for
        the maps; see `lossexplorer.engine.asked.Asked`.

        A request that is being explored is interrupted and starts again later.
        """
        effort = replace(request.effort, generation=next(self._generations))
        self._asked.put(Request(request.question, effort))
        self._runner.interrupt()
        self._advance()

    def explore(self, requests: Iterable[Request]) -> None:
        """Answer requests in order, whenever no question waits; they replace the previous ones.

        An explored request in flight goes on only if it is the first of the new ones, and was not
        interrupted for good before.
        """
        self._idle = deque(requests)
        task = self._runner.task
        if task is not None and task.explored:
            first = tuple(itertools.islice(self._idle, len(task.explored)))
            if first == task.explored and task.repeat is not do_nothing:
                self._forget(task.explored)
            else:
                task.repeat = do_nothing
                self._runner.interrupt()
        self._advance()

    def fetch(self, request: Request | None) -> None:
        """Answer a request for a file, exactly and once: behind questions, before what is explored.

        Parameters
        ----------
        request : Request or None
            It replaces one that waits; None drops that. One about a case that is not open is
            dropped, too.
        """
        self._errand = request
        self._advance()

    def close(self) -> None:
        """End the engine at once, also during a computation."""
        self._runner.close()
        self.lane.close()
        remove_left_over()  # what the engine had half made

    def _launch(self, state: EngineState, message: str) -> None:
        remove_left_over()
        self._end_compiling()
        self._info, self._loaded, self._has_answered = None, None, False
        self.lane.engine_begins()
        self._set_status(state, message)
        self._runner.begin(self._on_end)
        self._submit(Task(worker.start, (self._device,), self._started, self._not_started))

    def _advance(self) -> None:
        """Submit the next task, if none is in flight."""
        if not self._runner.is_free or self._info is None or self._case is None:
            return
        if self._case.key != self._loaded:
            self._load(self._case)
        elif (request := self._asked.take()) is not None:
            self._question((request,), self._received, self._ask_again)
        elif self._errand is not None and self._about_case(self._errand):
            request, self._errand = self._errand, None
            self._question((request,), self._received_errand, self._fetch_again, is_errand=True)
        elif self.lane.has_work(self._loaded) and (not self._idle or self._is_the_lanes_turn()):
            self._submit(self.lane.take(self._loaded))
        elif self._idle:
            run = answered_together(self._idle)
            self._forget(run)
            self._question(run, self._explored, self._explore_again, explored=run)

    def _is_the_lanes_turn(self) -> bool:
        """Whether the lane comes next where something is explored, too: both get as much time."""
        return self._lead < 0 or (self._lead == 0 and not self._lane_was_last)

    def _forget(self, run: tuple[Request, ...]) -> None:
        """Remove the first requests from the list of those to be explored."""
        for _ in run:
            self._idle.popleft()

    def _interrupt_for_lane(self, its_own: bool) -> None:
        """Interrupt what is explored, and a task of the lane if that is no longer needed."""
        self._lead, self._lane_was_last = 0.0, False
        if self._runner.task is not None and (its_own or self._runner.task.explored):
            self._runner.interrupt()

    def _load(self, case: Case) -> None:
        self._set_status("loading", f"preparing {case.batch[0].name}…")
        submit = partial(self._submit_case, case)
        self._submit(Task(case_parcels, (case,), submit, partial(self._refuse, case), copies=True))

    def _submit_case(self, case: Case, parcels: tuple[Parcel, ...]) -> None:
        """Give the worker a case's arrays, unless another case was loaded meanwhile."""
        if case is not self._case:
            discard(parcels)
            return
        self._loaded = None  # the worker frees the previous case
        of = case.batch
        facts = (of.names, of.spacing, members_of(of), ignored_of(of) is not None)
        arguments = (case.key, parcels, *facts)
        done = partial(self._case_loaded, case.key)
        refuse = partial(self._refuse, case)
        self._submit(Task(worker.load, arguments, done, refuse, parcels=parcels))

    def _question(
        self,
        requests: tuple[Request, ...],
        done: Callable[[tuple[Answer, ...]], None],
        again: Callable[[tuple[Request, ...]], None],
        explored: tuple[Request, ...] = (),
        *,
        is_errand: bool = False,
    ) -> None:
        repeat = partial(again, requests)
        refuse = self._refuse_errand if is_errand else partial(self._give_up, explored)

        def arrived(answers: tuple[Answer, ...]) -> None:
            self._proved()
            if any(map(parcels_of, answers)):
                self._submit(Task(received_answers, (answers,), done, refuse, repeat, copies=True))
            else:
                done(answers)

        task = Task(worker.answers, (requests,), arrived, refuse, repeat, requests=requests)
        self._submit(replace(task, explored=explored, is_interruptible=bool(explored) or is_errand))

    def _about_case(self, request: Request) -> bool:
        return self._case is not None and request.question.volume == self._case.key

    def _ask_again(self, requests: tuple[Request, ...]) -> None:
        if self._about_case(requests[0]):
            self._asked.put_back(requests[0])

    def _explore_again(self, requests: tuple[Request, ...]) -> None:
        if self._about_case(requests[0]):
            self._idle.extendleft(reversed(requests))

    def _fetch_again(self, requests: tuple[Request, ...]) -> None:
        self._errand = self._errand or requests[0]

    def _received_errand(self, answers: tuple[Answer, ...]) -> None:
        self.fetched.emit(answers[0])

    def _refuse_errand(self, error: Exception) -> None:
        self.unfetched.emit(str(error))

    def _submit(self, task: Task) -> None:
        self._runner.submit(task, self._finished, self._reported)

    def _reported(self, task: Task, said: Report) -> None:
        if isinstance(said, Progress):
            self.progressed.emit(said)
        elif self.status.state == "ready":  # else that is said in the status
            self._compiles = True
            self.compiling.emit(Compiling(task.requests))

    def _end_compiling(self) -> None:
        if self._compiles:
            self._compiles = False
            self.compiling.emit(None)

    def _finished(self, task: Task, future: Future[Any]) -> None:
        self._end_compiling()
        try:
            result = future.result()
        except CancelledError:
            return
        except Interrupted:
            task.repeat()
        except BrokenExecutor:
            self._restart(task)
            return
        except OutOfMemoryError as error:
            self._do_without_gpu(error, task)
        except Exception as error:  # noqa: BLE001 - the engine may raise anything; say it
            task.refuse(error)
        else:
            task.done(result)
        self._advance()

    def _on_end(self) -> None:
        """Restart the engine after it ended by itself."""
        self._restart(self._runner.task)

    def _started(self, info: EngineInfo) -> None:
        if info.note:
            self.noted.emit(info.note)
        if info.on_gpu:
            # Not ready yet: it may end here, and why is known only if its device is.
            self._info = info
            done = partial(self._ready, info)
            self._submit(Task(worker.try_gpu, (), done, self._gpu_failed))
        else:
            self._ready(info)

    def _ready(self, info: EngineInfo, _: None = None) -> None:
        self._info = info
        self._set_status("ready", info.device)

    def _not_started(self, error: Exception) -> None:
        self._runner.end()
        self._set_status("failed", f"The engine did not start: {error}")

    def _case_loaded(self, key: str, _: None) -> None:
        self._loaded = key
        assert self._info is not None
        self._set_status("ready", self._info.device)

    def _received(self, answers: tuple[Answer, ...]) -> None:
        (answer,) = answers
        generation = answer.request.effort.generation
        if generation >= self._oldest_wanted:
            self._oldest_wanted = generation
            is_whole = answer.request.effort.painted
            if not is_whole:
                self._asked.know(answer)
            if self._asked.is_waiting:
                self._advance()  # the engine goes on while this is shown
            if is_whole:
                self.answered.emit(self._asked.whole(answer))
            else:
                self.measured.emit(answer)

    def _explored(self, answers: tuple[Answer, ...]) -> None:
        seconds = sum(answer.seconds for answer in answers)
        self._lane_was_last = False
        self._lead = self._lead - seconds if self.lane.has_work(self._loaded) else 0.0
        for answer in answers:
            with contextlib.suppress(ValueError):
                self._idle.remove(answer.request)  # the interrupt came too late
        if self._about_case(answers[0].request):
            self.explored.emit(answers)

    def _give_up(self, explored: tuple[Request, ...], error: Exception) -> None:
        """Say why requests could not be answered, and do not repeat them."""
        self.failed.emit(str(error))
        if explored:
            self.abandoned.emit(explored)

    def _refuse(self, case: Case, error: Exception) -> None:
        """Say why a case could not be loaded."""
        if self._case is case:
            self._case = None
        self.failed.emit(str(error))
        assert self._info is not None
        self._set_status("ready", self._info.device)

    def _proved(self) -> None:
        """Note that the engine that runs now works."""
        self._crashes, self._has_answered = 0, True

    def _on_turned(self, report: TurnReport) -> None:
        self._proved()
        self._lane_was_last = True
        self._lead = self._lead + report.seconds if self._idle else 0.0

    def _do_without_gpu(self, error: OutOfMemoryError, task: Task) -> None:
        """Repeat on the CPU a task that the GPU had too little memory for."""
        if not error.of_gpu:
            task.refuse(error)
            return
        task.repeat()
        self._go_on_on_cpu(f"{error} The engine goes on on the CPU.")

    def _gpu_failed(self, _: Exception) -> None:
        self._do_without_broken_gpu(remember=True)

    def _do_without_broken_gpu(self, *, remember: bool) -> None:
        """Go on without a GPU on which the engine ended before its first answer."""
        assert self._info is not None
        tried = Tried(self._info.backend, self._info.version, self._info.device)
        if remember:
            remember_unusable(tried)
        self._go_on_on_cpu(advice(tried))

    def _go_on_on_cpu(self, why: str) -> None:
        self._runner.end()
        self._device = "cpu"
        self.noted.emit(why)
        self._launch("restarting", "The engine goes on on the CPU…")

    def _replace(self) -> None:
        """Start a new engine in place of one whose task takes too long; that is forgotten."""
        self._runner.end()
        self._launch("restarting", "The engine is started again, to end what took too long…")

    def _restart(self, task: Task | None) -> None:
        """Start a new engine in place of one that died, at a task if it was at one."""
        self._end_compiling()
        killed = self._runner.was_killed()
        self._runner.end()
        if task is not None:
            task.repeat()
        if self._info is not None and self._info.on_gpu and not self._has_answered:
            self._do_without_broken_gpu(remember=not killed)
            return
        self._crashes += 1
        if task is not None:
            task.crashed()
        if self._crashes > _MAX_CRASHES:
            self._set_status(
                "failed",
                f"The engine stopped {self._crashes} times in a row and is not started again. "
                "What you have set is kept; run lossexplorer doctor to see what it lacks.",
            )
            return
        self._launch("restarting", "The engine stopped unexpectedly; starting it again…")

    def _set_status(self, state: EngineState, message: str) -> None:
        self.status = EngineStatus(state, message, self._info)
        self.status_changed.emit(self.status)
