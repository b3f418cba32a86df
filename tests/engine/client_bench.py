"""A client over an executor whose futures the test completes."""

from concurrent.futures import BrokenExecutor, Executor, Future

import numpy as np

from lossexplorer.engine import worker
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import Answer, EngineInfo, Request
from lossexplorer.engine.questions import Numbers
from lossexplorer.volumes import LabelClass, LabelVolume

INFO = EngineInfo("tensorflow", "2", "CPU", 1)


def volume(name, seed=0):
    labels = np.random.default_rng(seed).integers(0, 2, (3, 4, 5)).astype(np.uint8)
    classes = (LabelClass(0, "background", 0), LabelClass(7, "seven", 0))
    return LabelVolume(labels, classes, (3.0, 2.0, 1.0), True, name, name)


A, B = volume("a", 1), volume("b", 2)


def request(of=A, grow=0.0):
    return Request(Numbers(of.key, {"grow": grow}, ()))


class FakeExecutor(Executor):
    def __init__(self):
        self.calls = []
        self.broken = self.was_killed = False
        self.ended = Future()
        self.shut_down = False

    def submit(self, function, /, *arguments):
        if self.broken:
            raise BrokenExecutor("dead before")
        future = Future()
        self.calls.append((function, arguments, future))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False):
        assert not wait
        assert cancel_futures
        self.shut_down = True


class InterruptibleExecutor(FakeExecutor):
    def __init__(self):
        super().__init__()
        self.reports, self.interrupted = [], []

    def submit_interruptible(self, report, function, /, *arguments):
        self.reports.append(report)
        return self.submit(function, *arguments)

    def interrupt(self, future):
        self.interrupted.append(future)


class Inline(Executor):
    """Does at once what it is given."""

    def submit(self, function, /, *arguments):
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 - as executors do
            future.set_exception(error)
        return future


class Bench:
    """A client, the executors that it made, and everything that it said."""

    def __init__(self, copier=None, executor=FakeExecutor):
        self.executors = []
        self.made_of = executor
        self.copier = copier or Inline()
        self.answers, self.explored, self.failures, self.statuses = [], [], [], []
        self.notes, self.info = [], INFO
        self.client = EngineClient(lambda function: function(), self.make, self.copier)
        self.client.answered.connect(self.answers.append)
        self.client.explored.connect(self.explored.extend)
        self.client.failed.connect(self.failures.append)
        self.client.noted.connect(self.notes.append)
        self.client.status_changed.connect(self.statuses.append)

    def make(self):
        self.executors.append(self.made_of())
        return self.executors[-1]

    @property
    def executor(self):
        return self.executors[-1]

    @property
    def in_flight(self):
        """Function and arguments of what was submitted last, and not completed."""
        function, arguments, future = self.executor.calls[-1]
        assert not future.done()
        return function, arguments

    @property
    def idle(self):
        return all(future.done() for *_, future in self.executor.calls)

    @property
    def asked(self):
        """The control of the request that is in flight."""
        function, ((asked,),) = self.in_flight
        assert function is worker.answers
        return asked.question.volume, asked.question.controls["grow"]

    def succeed(self, result=None):
        function, arguments, future = self.executor.calls[-1]
        if function is worker.start:
            result = self.info
        elif function is worker.answers:
            result = tuple(
                Answer(r, (), r.question.controls["grow"], None, 0.0) for r in arguments[0]
            )
        future.set_result(result)

    def fail(self, error):
        self.executor.calls[-1][2].set_exception(error)

    def crash(self):
        executor = self.executor
        executor.broken = True
        executor.calls[-1][2].set_exception(BrokenExecutor("died"))

    @property
    def totals(self):
        return [answer.total for answer in self.answers]
