"""The window's side of the engine: answers the newest request first and restarts a dead engine."""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
)
from dataclasses import replace
from functools import partial
from typing import Any

from psygnal import Signal

from lossexplorer.engine import worker
from lossexplorer.engine.errors import Interrupted, OutOfMemoryError
from lossexplorer.engine.in_flight import (
    InFlight,
    answered_together,
    case_parcels,
    free_result,
    received_answers,
)
from lossexplorer.engine.learning_lane import Job, LearningLane
from lossexplorer.engine.messages import (
    Answer,
    EngineInfo,
    EngineState,
    EngineStatus,
    Progress,
    Request,
)
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.engine.transport.shared_array import (
    Parcel,
    discard,
    parcels_of,
    remove_left_over,
)
from lossexplorer.volumes import Case

_MAX_CRASHES = 3


class EngineClient:
    """Keeps one engine running and one request in flight.

    All methods and signals belong to one thread, in which `deliver` runs the functions it is given.

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
    explored : Signal(tuple)
        The answers to explored requests that were computed together.
    progressed : Signal(Progress)
        The progress of the request that is being explored.
    status_changed : Signal(EngineStatus)
        The new status of the engine.
    status : EngineStatus
        The current status of the engine.
    lane : LearningLane
        Has networks trained by the same engine: questions come first, then training and what is
        explored take turns.
    given_up : Signal(tuple)
        Requests to be explored that the engine could not answer.
    failed : Signal(str)
        Why a request could not be answered or a volume not be loaded; the engine goes on running.
    """

    answered = Signal(Answer)
    explored = Signal(tuple)
    given_up = Signal(tuple)
    progressed = Signal(Progress)
    status_changed = Signal(EngineStatus)
    failed = Signal(str)

    def __init__(
        self,
        deliver: Callable[[Callable[[], None]], None],
        make_executor: Callable[[], Executor] = EngineProcess,
        copier: Executor | None = None,
    ) -> None:
        self._deliver = deliver
        self._copier = copier or ThreadPoolExecutor(1, "copier")
        self._make_executor = make_executor
        self._executor: Executor | None = None
        self._info: EngineInfo | None = None
        self._case: Case | None = None
        self._loaded: str | None = None
        self._task: InFlight | None = None
        self._waiting: Request | None = None
        self._idle: deque[Request] = deque()
        self.lane = LearningLane(self._advance, self._interrupt_for_lane, self._replace)
        self._lane_was_last = False
        self._generations = itertools.count(1)
        self._oldest_wanted = 0
        self._crashes = 0
        self._device: str | None = None  # the environment's
        self.status = EngineStatus("starting", "the engine is not started yet", None)

    def start(self) -> None:
        """Start the engine, also after it failed; `status_changed` reports when it is ready."""
        self._end()
        self._crashes, self._device = 0, None
        self._launch("starting", "starting the engine…")

    def load(self, case: Case) -> None:
        """Load a case; requests for the previous case are dropped.

        A case with the same key as the previous one is not loaded again.
        """
        self._case = case
        self._waiting = None
        self.explore([])
        self._oldest_wanted = next(self._generations)
        self._advance()

    def ask(self, request: Request) -> None:
        """Ask for an answer; this request replaces one that still waits.

        A request that is being explored is interrupted and starts again later.
        """
        effort = replace(request.effort, generation=next(self._generations))
        self._waiting = Request(request.question, effort)
        self._interrupt()
        self._advance()

    def explore(self, requests: Iterable[Request]) -> None:
        """Answer requests in order, whenever no question waits; they replace the previous ones.

        An explored request in flight goes on only if it is the first of the new ones, and was not
        interrupted for good before.
        """
        self._idle = deque(requests)
        task = self._task
        if task is not None and task.explored:
            first = tuple(itertools.islice(self._idle, len(task.explored)))
            if first == task.explored and task.repeat is not _do_nothing:
                self._forget(task.explored)
            else:
                task.repeat = _do_nothing
                self._interrupt()
        self._advance()

    def close(self) -> None:
        """End the engine at once, also during a computation."""
        self._end()
        self._copier.shutdown(wait=False)

    def _launch(self, state: EngineState, message: str) -> None:
        remove_left_over()
        self._info, self._loaded = None, None
        self.lane.engine_begins()
        self._set_status(state, message)
        executor = self._executor = self._make_executor()
        self._submit(self._started, _do_nothing, worker.start, self._device)
        ended = getattr(executor, "ended", None)
        if ended is not None:
            ended.add_done_callback(lambda _: self._deliver(lambda: self._on_end(executor)))

    def _end(self) -> None:
        executor, self._executor = self._executor, None
        self._drop_task()
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)

    def _advance(self) -> None:
        """Submit the next task, if none is in flight."""
        if self._executor is None or self._task is not None or self._info is None:
            return
        if self._case is None:
            return
        if self._case.key != self._loaded:
            self._load(self._case)
        elif self._waiting is not None:
            request, self._waiting = self._waiting, None
            self._question((request,), self._received, self._ask_again)
        elif self.lane.has_work(self._loaded) and not (self._idle and self._lane_was_last):
            self._lane_was_last = True
            self._learn()
        elif self._idle:
            self._lane_was_last = False
            run = answered_together(self._idle)
            self._forget(run)
            self._question(run, self._explored, self._explore_again, explored=run)

    def _learn(self) -> None:
        """Do the lane's next job."""
        job = self.lane.take(self._loaded)

        def done(result: Any) -> None:
            if job.is_turn:
                self._crashes = 0
            job.done(result)

        if job.copies:
            self._submit_copying(done, self.lane.repeat, job.function, *job.arguments, job=job)
        else:
            how = {"parcels": job.parcels, "job": job}
            self._submit(done, self.lane.repeat, job.function, *job.arguments, **how)

    def _forget(self, run: tuple[Request, ...]) -> None:
        """Remove the first requests from the list of those to be explored."""
        for _ in run:
            self._idle.popleft()

    def _interrupt(self) -> None:
        """Interrupt the task in flight if that is possible; it is repeated."""
        interrupt = getattr(self._executor, "interrupt", None)
        if interrupt is not None and self._task is not None and self._task.is_interruptible:
            interrupt(self._task.future)

    def _interrupt_for_lane(self, its_own: bool) -> None:
        """Interrupt what is explored, or else a job of the lane if that is to go, too."""
        self._lane_was_last = False
        if self._task is not None and (its_own or self._task.explored):
            self._interrupt()

    def _load(self, case: Case) -> None:
        self._set_status("loading", f"preparing {case.batch[0].name}…")
        self._submit_copying(
            lambda parcels: self._submit_case(case, parcels),
            _do_nothing,
            case_parcels,
            case,
            case=case,
        )

    def _submit_case(self, case: Case, parcels: tuple[Parcel, ...]) -> None:
        """Give the worker a case's arrays, unless another case was loaded meanwhile."""
        if case is not self._case:
            discard(parcels)
            return
        self._loaded = None  # the worker frees the previous case
        self._submit(
            lambda _: self._case_loaded(case.key),
            _do_nothing,
            worker.load,
            *(case.key, parcels, case.batch.names, case.batch.spacing),
            case=case,
            parcels=parcels,
        )

    def _question(
        self,
        requests: tuple[Request, ...],
        done: Callable[[tuple[Answer, ...]], None],
        again: Callable[[tuple[Request, ...]], None],
        explored: tuple[Request, ...] = (),
    ) -> None:
        def repeat() -> None:
            again(requests)

        def arrived(answers: tuple[Answer, ...]) -> None:
            self._crashes = 0
            if any(map(parcels_of, answers)):
                self._submit_copying(done, repeat, received_answers, answers)
            else:
                done(answers)

        self._submit(arrived, repeat, worker.answers, requests, explored=explored)

    def _about_case(self, request: Request) -> bool:
        return self._case is not None and request.question.volume == self._case.key

    def _ask_again(self, requests: tuple[Request, ...]) -> None:
        if self._about_case(requests[0]):
            self._waiting = self._waiting or requests[0]

    def _explore_again(self, requests: tuple[Request, ...]) -> None:
        if self._about_case(requests[0]):
            self._idle.extendleft(reversed(requests))

    def _submit(
        self,
        done: Callable[[Any], None],
        repeat: Callable[[], None],
        function: Callable[..., Any],
        *arguments: Any,
        case: Case | None = None,
        parcels: tuple[Parcel, ...] = (),
        explored: tuple[Request, ...] = (),
        job: Job | None = None,
    ) -> None:
        """Submit a function to the engine."""
        executor = self._executor
        assert executor is not None
        submit = executor.submit
        is_interruptible = bool(explored) or (job is not None and job.is_interruptible)
        if is_interruptible and hasattr(executor, "submit_interruptible"):
            submit = partial(
                executor.submit_interruptible, partial(self._report_progress, explored)
            )
        try:
            future = submit(function, *arguments)
        except (BrokenExecutor, OSError) as error:  # dead, or no process can be made
            future = Future()
            future.set_exception(error)
        self._expect(InFlight(future, done, repeat, case, parcels, explored, is_interruptible, job))

    def _report_progress(self, explored: tuple[Request, ...], progress: Progress) -> None:
        """Report the progress of requests if they are still in flight; called in another thread."""

        def told() -> None:
            if self._task is not None and self._task.explored is explored:
                self.progressed.emit(progress)

        self._deliver(told)

    def _submit_copying(
        self,
        done: Callable[[Any], None],
        repeat: Callable[[], None],
        function: Callable[..., Any],
        *arguments: Any,
        case: Case | None = None,
        job: Job | None = None,
    ) -> None:
        """Submit a function to the copier, while the engine is idle."""
        future = self._copier.submit(function, *arguments)
        self._expect(InFlight(future, done, repeat, case, job=job))

    def _expect(self, task: InFlight) -> None:
        self._task = task
        task.future.add_done_callback(lambda _: self._deliver(lambda: self._finished(task)))

    def _finished(self, task: InFlight) -> None:
        if task is not self._task:
            return  # it was dropped
        self._task = None
        discard(task.parcels)
        try:
            result = task.future.result()
        except CancelledError:
            return
        except Interrupted:
            task.repeat()
        except BrokenExecutor:
            task.repeat()
            self._restart(task)
            return
        except OutOfMemoryError as error:
            self._do_without_gpu(error, task)
        except Exception as error:  # noqa: BLE001 - the engine may raise anything; say it
            self._reject(error, task)
        else:
            task.done(result)
        self._advance()

    def _drop_task(self) -> None:
        """Forget the task in flight; its shared memory is freed once its result arrives."""
        task, self._task = self._task, None
        if task is not None:
            discard(task.parcels)
            task.future.add_done_callback(free_result)

    def _on_end(self, executor: Executor) -> None:
        """Restart the engine after its executor ended."""
        if executor is not self._executor:
            return
        if self._task is not None:
            self._task.repeat()
        self._restart(self._task)

    def _started(self, info: EngineInfo) -> None:
        self._info = info
        self._set_status("ready", info.device)

    def _case_loaded(self, key: str) -> None:
        self._loaded = key
        assert self._info is not None
        self._set_status("ready", self._info.device)

    def _received(self, answers: tuple[Answer, ...]) -> None:
        (answer,) = answers
        generation = answer.request.effort.generation
        if generation >= self._oldest_wanted:
            self._oldest_wanted = generation
            self.answered.emit(answer)

    def _explored(self, answers: tuple[Answer, ...]) -> None:
        for answer in answers:
            with contextlib.suppress(ValueError):
                self._idle.remove(answer.request)  # the interrupt came too late
        if self._about_case(answers[0].request):
            self.explored.emit(answers)

    def _reject(self, error: Exception, task: InFlight) -> None:
        """Report that a task failed, and do not repeat it."""
        if self._info is None:
            self._end()
            self._set_status("failed", f"The engine did not start: {error}")
        elif task.job is not None:
            task.job.refuse(error)
        elif task.case is not None:
            self._refuse(task.case, str(error))
        else:
            self.failed.emit(str(error))
            if task.explored:
                self.given_up.emit(task.explored)

    def _refuse(self, case: Case, why: str) -> None:
        if self._case is case:
            self._case = None
        self.failed.emit(why)
        assert self._info is not None
        self._set_status("ready", self._info.device)

    def _do_without_gpu(self, error: OutOfMemoryError, task: InFlight) -> None:
        """Repeat on the CPU a task that the GPU had too little memory for."""
        if not error.of_gpu:
            self._reject(error, task)
            return
        task.repeat()
        self._end()
        self._device = "cpu"
        self._launch("restarting", f"{error} The engine goes on on the CPU…")

    def _replace(self) -> None:
        """Start a new engine in place of one that takes too long."""
        self._end()
        self._launch("restarting", "The engine is started again, to end what it was at…")

    def _restart(self, task: InFlight | None) -> None:
        """Start a new engine in place of one that died at a task; what is open waits for it."""
        self._crashes += 1
        self._end()
        if task is not None and task.job is not None:
            self.lane.crashed()
        if self._crashes > _MAX_CRASHES:
            self._set_status(
                "failed",
                f"The engine stopped {self._crashes} times in a row and is not started again. "
                "Your settings are kept; run lossexplorer doctor to see what it lacks.",
            )
            return
        self._launch("restarting", "The engine stopped unexpectedly; starting it again…")

    def _set_status(self, state: EngineState, message: str) -> None:
        self.status = EngineStatus(state, message, self._info)
        self.status_changed.emit(self.status)


def _do_nothing() -> None:
    """Repeat nothing: the task is started again anyway, or is no longer needed."""
