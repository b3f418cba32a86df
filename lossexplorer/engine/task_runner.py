"""Runs the client's tasks, one at a time, and notices when the engine ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from lossexplorer.engine.in_flight import Task, free_result
from lossexplorer.engine.transport.process import Report
from lossexplorer.engine.transport.shared_array import discard


class TaskRunner:
    """Has one task in flight: in the engine, or with the copier while the engine is idle.

    Parameters
    ----------
    deliver : callable
        Runs a function later in the runner's thread; called from other threads.
    make_executor : callable
        Makes an engine, as for `lossexplorer.engine.client.EngineClient`.
    copier : Executor or None
        Copies large arrays; None for a thread.

    Attributes
    ----------
    task : Task or None
        What is in flight.
    """

    def __init__(
        self,
        deliver: Callable[[Callable[[], None]], None],
        make_executor: Callable[[], Executor],
        copier: Executor | None,
    ) -> None:
        self.task: Task | None = None
        self._future: Future[Any] | None = None
        self._deliver = deliver
        self._make_executor = make_executor
        self._copier = copier or ThreadPoolExecutor(1, "copier")
        self._executor: Executor | None = None

    @property
    def is_free(self) -> bool:
        """Whether there is an engine and no task in flight."""
        return self._executor is not None and self.task is None

    def begin(self, ended: Callable[[], None]) -> None:
        """Make an engine; `ended` is called once it has ended by itself, if it says so."""
        executor = self._executor = self._make_executor()

        def told() -> None:
            if executor is self._executor:
                ended()

        future = getattr(executor, "ended", None)
        if future is not None:
            future.add_done_callback(lambda _: self._deliver(told))

    def end(self) -> None:
        """End the engine at once, and forget the task in flight.

        The shared memory of the task's result is freed once that arrives.
        """
        executor, self._executor = self._executor, None
        task, self.task = self.task, None
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)
        if task is not None:
            assert self._future is not None
            discard(task.parcels)  # which nothing receives any more
            self._future.add_done_callback(free_result)

    def was_killed(self) -> bool:
        """Whether the engine has ended because something outside of it ended it, if known."""
        return bool(getattr(self._executor, "was_killed", False))

    def close(self) -> None:
        """End the engine and the copier."""
        self.end()
        self._copier.shutdown(wait=False)

    def submit(
        self,
        task: Task,
        finished: Callable[[Task, Future[Any]], None],
        reported: Callable[[Task, Report], None],
    ) -> None:
        """Put a task in flight; the runner must be free.

        Parameters
        ----------
        task : Task
            What to do.
        finished : callable
            Called with the task and its result, unless it was forgotten.
        reported : callable
            Called with what the task says while it is in flight, such as its `Progress`.
        """
        assert self.task is None
        self.task = task
        future = self._future = self._started(task, reported)

        def told() -> None:
            if task is self.task:
                self.task = None
                discard(task.parcels)
                finished(task, future)

        future.add_done_callback(lambda _: self._deliver(told))

    def interrupt(self) -> None:
        """Interrupt the task in flight, if that is possible."""
        interrupt = getattr(self._executor, "interrupt", None)
        if interrupt is not None and self.task is not None and self.task.is_interruptible:
            interrupt(self._future)

    def _started(self, task: Task, reported: Callable[[Task, Report], None]) -> Future[Any]:
        if task.copies:
            return self._copier.submit(task.function, *task.arguments)
        assert self._executor is not None
        submit = self._executor.submit
        if hasattr(self._executor, "submit_interruptible"):

            def report(said: Report) -> None:
                self._deliver(partial(self._tell, task, reported, said))

            submit = partial(self._executor.submit_interruptible, report)
        try:
            return submit(task.function, *task.arguments)
        except (BrokenExecutor, OSError) as error:  # dead, or no process can be made
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    def _tell(self, task: Task, reported: Callable[[Task, Report], None], said: Report) -> None:
        """Hand on what a task reports if it is still in flight."""
        if task is self.task:
            reported(task, said)
