"""The engine is killed and stopped whenever it hurts; after each the next numbers are right."""

import contextlib
import itertools
import os
import queue
import random
import select
import signal
import time

import nibabel as nib
import numpy as np
import pytest

from lossexplorer.core.resources import resource
from lossexplorer.engine import worker
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import LossSetting, Request
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.losses import LOSSES
from lossexplorer.volumes import case_of, open_volume
from tests.engine import stub_worker
from tests.engine.small import question_of
from tests.patience import PATIENCE
from tests.stand_in import gate_hausdorff

EDGE = 0.78125  # mm, of a voxel along x
pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs signals to stop")


class Recorded(EngineProcess):
    """Notes what it was asked last, and by which process it is done."""

    def __init__(self, beat=0.1, patience=float(PATIENCE)):
        super().__init__(beat, patience)
        self.asked = None

    def submit_interruptible(self, report, function, /, *arguments):
        future = super().submit_interruptible(report, function, *arguments)
        self.asked = function
        return future

    @property
    def pid(self):
        return self._context.made[-1].pid


class Stub(Recorded):
    """An engine without TensorFlow; what it is asked after it has come past some places kills it.

    Parameters
    ----------
    death : (callable, int, int), optional
        Of which of the worker's functions, at which call of it, and past how many places.
    """

    def __init__(self, death=None, **options):
        super().__init__(**options)
        self._death, self._calls = death, itertools.count()

    def submit_interruptible(self, report, function, /, *arguments):
        stub = getattr(stub_worker, function.__name__)
        if self._death is not None and self._death[0] is function:
            _, call, places = self._death
            if next(self._calls) == call:
                arguments, stub = (places, stub, *arguments), stub_worker.dying
        future = super().submit_interruptible(report, stub, *arguments)
        self.asked = function
        return future


class Engine:
    """A client whose thread is the test's: it runs what other threads put into the queue."""

    def __init__(self, case, make_executor):
        self.queue, self.case = queue.Queue(), case
        self.executors, self.answers, self.explored = [], [], []
        self.states, self.progress, self.failures = [], [], []
        self._make_executor = make_executor
        self.client = EngineClient(self.queue.put, self.make)
        self.client.answered.connect(self.answers.append)
        self.client.explored.connect(self.explored.extend)
        self.client.progressed.connect(self.progress.append)
        self.client.status_changed.connect(lambda status: self.states.append(status.state))
        self.client.failed.connect(self.failures.append)

    def make(self):
        self.executors.append(self._make_executor())
        return self.executors[-1]

    @property
    def executor(self):
        return self.executors[-1]

    def until(self, happened):
        """Run what is delivered until `happened()`."""
        end = time.monotonic() + PATIENCE
        while not happened():
            self.queue.get(timeout=max(0.0, end - time.monotonic()))()

    def until_ready(self):
        """Until the engine holds the volume and has nothing to do."""
        self.until(lambda: self.states[-2:] == ["loading", "ready"])

    def request(self, voxels, *names):
        """Of losses of the truth moved along x by whole voxels."""
        losses = tuple(LossSetting(name, LOSSES[name].complete({})) for name in names)
        return Request(question_of(self.case.key, {"shift_x": voxels * EDGE}, losses))

    def ask(self, voxels):
        self.client.ask(self.request(voxels, "dice"))

    def next_dice(self, answers):
        """Return by how many voxels the truth of the next answer was moved, and its Dice loss."""
        self.until(lambda: answers)
        answer = answers.pop(0)
        return round(answer.question.controls["shift_x"] / EDGE), answer.losses[0].value

    def kill(self, with_signal=signal.SIGKILL):
        os.kill(self.executor.pid, with_signal)


@pytest.fixture(scope="module")
def dice():
    """The Dice loss of the tumour moved along x, in float64 NumPy."""
    truth = np.asarray(nib.load(resource("samples", "tumour_brain1_label.nii.gz")).dataobj).T != 0

    def moved_by(voxels):
        moved = np.zeros_like(truth)
        moved[:, :, voxels:] = truth[:, :, : truth.shape[2] - voxels]
        terms = [
            2.0 * (g & p).sum() / (g.sum() + p.sum()) for g, p in ((truth, moved), (~truth, ~moved))
        ]
        return 1 - np.mean(terms)

    assert moved_by(1) == pytest.approx(0.025324, abs=5e-7)  # published
    return moved_by


@pytest.fixture(scope="module")
def tumour():
    return case_of(open_volume("sample:tumour"))


@pytest.fixture
def make_engine(tumour):
    """Make an engine of such executors, which is to hold the tumour."""
    made = []

    def make(make_executor):
        made.append(Engine(tumour, make_executor))
        made[-1].client.load(tumour)
        return made[-1]

    yield make
    for engine in made:
        engine.client.close()
        for executor in engine.executors:
            assert_ended(executor.pid)


def assert_ended(pid):
    """Return once a process has ended; `Process.join` would race with the executor's own."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            assert select.select([handle], [], [], PATIENCE)[0], f"process {pid} goes on"
        finally:
            os.close(handle)


def assert_right(engine, dice, voxels):
    asked, value = engine.next_dice(engine.answers)
    assert asked == voxels
    assert value == pytest.approx(dice(asked), rel=1e-6)
    assert not engine.failures


def test_killed_while_it_computes_what_it_was_asked_is_right(
    make_engine, dice, monkeypatch, tmp_path
):
    """The real engine, in the middle of a loss that waits for the test, and says so."""
    gate = gate_hausdorff(monkeypatch, tmp_path)
    engine = make_engine(Recorded)
    engine.client.start()
    engine.client.explore([engine.request(2, "dice", "hausdorff")])
    engine.until(lambda: engine.progress)
    engine.kill()
    engine.until(lambda: len(engine.executors) == 2)
    gate.touch()
    voxels, value = engine.next_dice(engine.explored)
    assert value == pytest.approx(dice(voxels), rel=1e-6)
    engine.ask(3)
    assert_right(engine, dice, 3)
    assert len(engine.executors) == 2


PLACES = {worker.start: 2, worker.load: 3, worker.answers: 26}
"""Those where a function of the stub may be killed: the last is before it returns."""


def deaths(count, chance):
    """Where engines die: every third one after it has answered, so that none is given up."""
    functions = itertools.cycle((worker.answers, worker.start, worker.load))
    for number, function in zip(range(count), functions, strict=False):
        call = chance.randint(1, 3) if number % 3 == 0 else 0
        yield function, call, chance.randrange(PLACES[function])


@pytest.mark.parametrize("kills", [12, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_any_place_the_next_answers_are_right(make_engine, dice, kills):
    chance = random.Random(kills)
    planned = deaths(kills, chance)
    engine = make_engine(lambda: Stub(next(planned, None)))
    engine.client.start()
    after_all = iter(range(3))
    while len(engine.executors) <= kills or next(after_all, None) is not None:
        voxels = chance.randint(1, 9)
        engine.ask(voxels)
        assert_right(engine, dice, voxels)
    assert len(engine.executors) == kills + 1
    assert "failed" not in engine.states


def test_killed_while_idle_the_volume_is_loaded_again(make_engine, dice):
    engine = make_engine(Stub)
    engine.client.start()
    for voxels in (1, 2, 3):
        engine.until_ready()
        engine.states.clear()
        engine.kill()
        engine.until(lambda voxels=voxels: len(engine.executors) == voxels + 1)
        engine.ask(voxels)
        assert_right(engine, dice, voxels)


@pytest.mark.parametrize("executor", [Stub, pytest.param(Recorded, marks=pytest.mark.slow)])
def test_an_idle_engine_that_stops_to_answer_is_replaced_and_the_volume_loaded(
    make_engine, dice, meter, executor
):
    """Nothing is asked: it is noticed all the same, and the next drag is fast."""
    engine = make_engine(lambda: executor(beat=0.02, patience=0.2))
    engine.client.start()
    engine.until_ready()
    stopped = engine.executor.pid
    meter.stop(stopped)
    engine.until(lambda: len(engine.executors) == 2)
    meter.measures.clear()
    engine.until_ready()
    assert_ended(stopped)
    assert engine.executor.asked is worker.load
    engine.ask(4)
    assert_right(engine, dice, 4)


@pytest.mark.slow
def test_killed_at_start_while_loading_in_a_step_and_while_idle(make_engine, dice):
    engine = make_engine(Recorded)
    engine.client.start()
    engine.ask(2)
    engine.kill()  # at start-up

    def stop_when_loading(status):
        if status.state == "loading" and len(engine.executors) == 2:
            engine.kill(signal.SIGSTOP)  # so that it surely is in the middle of it

    engine.client.status_changed.connect(stop_when_loading)
    engine.until(lambda: engine.executor.asked is worker.load)
    assert len(engine.executors) == 2
    engine.kill()  # while it loads
    assert_right(engine, dice, 2)
    assert len(engine.executors) == 3

    engine.kill(signal.SIGSTOP)
    engine.ask(3)
    assert engine.executor.asked is worker.answers
    engine.kill()  # in the middle of a step
    assert_right(engine, dice, 3)
    assert len(engine.executors) == 4


@pytest.mark.timeout(1800)
@pytest.mark.slow
@pytest.mark.parametrize(("executor", "kills"), [(Stub, 50), (Recorded, 3)])
def test_killed_at_random_while_a_slider_moves(make_engine, dice, executor, kills):
    engine, chance = make_engine(executor), random.Random(50)
    engine.client.start()
    for kill in range(kills):
        # Every third dies before its first answer; after more in a row it would be given up.
        for _ in range(chance.randint(1, 5) if kill % 3 else 0):
            voxels = chance.randint(1, 9)
            engine.ask(voxels)
            assert_right(engine, dice, voxels)
        voxels = chance.randint(1, 9)
        engine.ask(voxels)
        for _ in range(chance.randint(0, 3)):
            with contextlib.suppress(queue.Empty):
                engine.queue.get(timeout=chance.random() / 10)()
        engine.kill()
        engine.until(lambda kill=kill: len(engine.executors) == kill + 2)
        while engine.answers:  # one may have been faster than the signal
            assert_right(engine, dice, voxels)
    engine.ask(9)
    assert_right(engine, dice, 9)
    engine.kill(signal.SIGSTOP)
    engine.ask(10)
    engine.kill()  # what it was asked is answered all the same
    assert_right(engine, dice, 10)
    assert "failed" not in engine.states
