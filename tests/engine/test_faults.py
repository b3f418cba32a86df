"""The engine is killed and stopped whenever it hurts; after each the next numbers are right."""

import contextlib
import os
import queue
import random
import select
import signal
import time

import nibabel as nib
import numpy as np
import pytest

from lossexplorer.engine import worker
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import LossSetting, Request
from lossexplorer.engine.process import EngineProcess
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from lossexplorer.resources import resource
from lossexplorer.volumes import case_of, open_volume

PATIENCE = 120  # seconds, for what takes a few
EDGE = 0.78125  # mm, of a voxel along x
pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs signals to stop")


class Recorded(EngineProcess):
    """Notes what it was asked last, and by which process it is done."""

    def __init__(self):
        super().__init__(beat=0.1, patience=3.0)
        self.asked = None

    def submit(self, function, /, *arguments):
        future = super().submit(function, *arguments)
        self.asked = function
        return future

    @property
    def pid(self):
        return self._context.made[-1].pid


class Engine:
    """A client whose thread is the test's: it runs what other threads put into the queue."""

    def __init__(self, case):
        self.queue, self.case = queue.Queue(), case
        self.executors, self.answers, self.states, self.failures = [], [], [], []
        self.client = EngineClient(self.queue.put, self.make)
        self.client.answered.connect(self.answers.append)
        self.client.status_changed.connect(lambda status: self.states.append(status.state))
        self.client.failed.connect(self.failures.append)

    def make(self):
        self.executors.append(Recorded())
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

    def ask(self, voxels):
        """Ask for the Dice loss of the truth moved along x by whole voxels."""
        losses = (LossSetting("dice", LOSSES["dice"].complete({})),)
        controls = complete_controls({"shift_x": voxels * EDGE})
        self.client.ask(Request(self.case.key, controls, losses))

    def next_dice(self):
        """Return the Dice loss of the next answer and by how many voxels it was moved."""
        self.until(lambda: self.answers)
        answer = self.answers.pop(0)
        return round(answer.request.controls["shift_x"] / EDGE), answer.losses[0].value

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
def engine(tumour):
    made = Engine(tumour)
    made.client.load(tumour)
    yield made
    made.client.close()
    for executor in made.executors:
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
    asked, value = engine.next_dice()
    assert asked == voxels
    assert value == pytest.approx(dice(asked), rel=1e-6)
    assert not engine.failures


@pytest.mark.slow
def test_killed_at_start_while_loading_in_a_step_and_while_idle(engine, dice):
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


@pytest.mark.slow
def test_an_idle_engine_that_stops_to_answer_is_replaced_and_the_volume_loaded(engine, dice):
    """Nothing is asked: it is noticed all the same, and the next drag is fast."""
    engine.client.start()
    engine.until_ready()
    stopped = engine.executor.pid
    engine.kill(signal.SIGSTOP)
    engine.until(lambda: len(engine.executors) == 2)
    engine.until_ready()
    assert_ended(stopped)
    assert engine.executor.asked is worker.load
    engine.ask(4)
    assert_right(engine, dice, 4)


@pytest.mark.timeout(1800)
@pytest.mark.slow
def test_killed_at_random_while_a_slider_moves(engine, dice):
    kills, chance = 50, random.Random(50)
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
