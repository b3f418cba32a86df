"""What the engine's process explores is interrupted, early, late and at random moments."""

import contextlib
import itertools
import os
import queue
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.errors import Interrupted
from lossexplorer.engine.messages import LossSetting, MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Norms
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.volumes import LabelClass, LabelVolume, case_of
from tests.engine.small import NAMES, SPACING, asking, of_kind, question_of
from tests.patience import PATIENCE
from tests.stand_in import gate_hausdorff

FIELD = [name for name, loss in LOSSES.items() if loss.kind == "field"]


class Engine:
    """A client whose thread is the test's: it runs what other threads put into the queue."""

    def __init__(self, volume):
        self.queue, self.volume = queue.Queue(), volume
        self.executors, self.progress, self.failures, self.states = [], [], [], []
        self.answered, self.explored = [], []
        self.client = EngineClient(self.queue.put, self.make)
        self.client.answered.connect(self.answered.append)
        self.client.explored.connect(self.explored.extend)
        self.client.progressed.connect(self.progress.append)
        self.client.failed.connect(self.failures.append)
        self.client.status_changed.connect(lambda status: self.states.append(status.state))
        self.client.start()
        self.client.load(case_of(volume))

    def make(self):
        self.executors.append(EngineProcess())
        return self.executors[-1]

    def until(self, happened):
        """Run what is delivered until `happened()`."""
        end = time.monotonic() + PATIENCE
        while not happened():
            self.queue.get(timeout=max(0.0, end - time.monotonic()))()
        assert not self.failures

    def next(self, answers):
        self.until(lambda: answers)
        return answers.pop(0)

    def during(self, seconds):
        """Run what is delivered in that time."""
        end = time.monotonic() + seconds
        with contextlib.suppress(queue.Empty):
            while True:
                self.queue.get(timeout=max(0.0, end - time.monotonic()))()

    def request(self, names, loss, **controls):
        losses = tuple(LossSetting(name, LOSSES[name].complete({})) for name in names)
        painted = MapRequest(loss, 1, "logit", Plane(0, self.volume.shape[0] // 2))
        return Request(question_of(self.volume.key, controls, losses, painted))


@pytest.fixture(scope="module")
def volume():
    rng = np.random.default_rng(3)
    field = ndimage.gaussian_filter(rng.normal(size=(3, 9, 24, 32)), (0, 2, 3, 3))
    classes = tuple(LabelClass(i, name, 0) for i, name in enumerate(NAMES[:3]))
    return LabelVolume(field.argmax(axis=0).astype(np.uint8), classes, SPACING, True, "v", "v")


@pytest.fixture
def make_engine(volume):
    made = []

    def make():
        made.append(Engine(volume))
        return made[-1]

    yield make
    for engine in made:
        engine.client.close()


@pytest.fixture
def gated(make_engine, monkeypatch, tmp_path):
    """An engine whose Hausdorff loss waits for a file, and that file."""
    gate = gate_hausdorff(monkeypatch, tmp_path)
    return make_engine(), gate


def fresh(volume):
    names = tuple(c.name for c in volume.classes)
    return Pipeline(Volume(volume.labels, names, volume.spacing))


def assert_same(answer, expected):
    assert [r.name for r in answer.losses] == [r.name for r in expected.losses]
    for mine, theirs in zip(answer.losses, expected.losses, strict=True):
        assert mine.pending == theirs.pending
        assert mine.value == pytest.approx(theirs.value, rel=1e-12, nan_ok=True)
        assert (mine.gradient_norm is None) == (theirs.gradient_norm is None)
        if mine.gradient_norm is not None:
            assert mine.gradient_norm == pytest.approx(theirs.gradient_norm, rel=1e-6)
    if expected.maps is not None:
        for name in ("probability", "decided", "gradient"):
            mine, theirs = (getattr(a.maps, name) for a in (answer, expected))
            np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=0)


@pytest.mark.slow
def test_a_step_does_not_wait_for_what_would_not_end(gated, volume):
    engine, gate = gated
    explored = engine.request(["dice", "hausdorff"], "hausdorff", shift_x=1.5)
    engine.client.explore([explored])
    engine.until(lambda: engine.progress)
    step = asking(engine.request(["dice"], "dice", shift_y=1.5), exact=False)
    engine.client.ask(step)
    answer = engine.next(engine.answered)
    assert answer.question.controls == step.question.controls
    here = fresh(volume)
    assert_same(answer, here.answer(step))
    gate.touch()
    assert_same(engine.next(engine.explored), here.answer(explored))
    assert len(engine.executors) == 1


@pytest.mark.slow
def test_progress_grows(gated):
    engine, gate = gated
    gate.touch()
    engine.client.explore([engine.request(["dice", "hausdorff"], "dice", shift_x=1.5)])
    engine.next(engine.explored)
    assert [(each.done, each.classes) for each in engine.progress] == [(n, 3) for n in range(4)]
    assert {each.loss for each in engine.progress} == {"hausdorff"}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs it")
def test_killed_while_it_computes_the_next_numbers_are_right(gated, volume):
    engine, gate = gated
    explored = engine.request(["dice", "hausdorff"], "hausdorff", shift_x=1.5)
    engine.client.explore([explored])
    engine.until(lambda: engine.progress)
    os.kill(engine.executors[-1]._context.made[-1].pid, signal.SIGKILL)
    engine.until(lambda: len(engine.executors) == 2)
    gate.touch()
    assert_same(engine.next(engine.explored), fresh(volume).answer(explored))


@pytest.fixture
def process():
    made = EngineProcess()
    yield made
    made.shutdown(wait=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has it wait for a pipe with a name")
def test_an_interrupt_reaches_nothing_but_what_was_named(process, tmp_path):
    """Not what may not be interrupted, not what comes after it, and not the idle process."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = process.submit_interruptible(print, os.getpid)
    pid = done.result(PATIENCE)
    for _ in range(20):
        process.interrupt(done)
        assert process.submit(os.getpid).result(PATIENCE) == pid
        other = process.submit_interruptible(print, Path.read_text, pipe, "utf-8")
        process.interrupt(done)
        process.interrupt(other)  # it does nothing that can be interrupted
        pipe.write_text("read to its end", "utf-8")  # by then it reads
        assert other.result(PATIENCE) == "read to its end"
    assert not process.ended.done()


@pytest.mark.slow
def test_interrupted_at_random_the_next_numbers_are_right(make_engine, volume):
    times, in_time, chance = 60, 20, random.Random(60)
    engine, here = make_engine(), fresh(volume)
    engine.until(lambda: engine.states[-2:] == ["loading", "ready"])
    every = engine.request(["dice", "cross_entropy", *FIELD], FIELD[-1], softness=1.0)
    for shift in (1.0, 2.0):  # the first compiles
        begun = time.monotonic()
        controls = every.question.controls | {"shift_x": shift * volume.spacing[2]}
        moved = asking(every, controls=controls)
        engine.client.explore([moved])
        engine.next(engine.explored)
        takes = (time.monotonic() - begun) / 2  # for half of them
    interrupted = []

    def note(future):
        interrupted.append(isinstance(future.exception(), Interrupted))

    for number in itertools.count():
        if number >= times and sum(interrupted) >= in_time:
            break
        assert number < 5 * times, "hardly any came in time"
        edge = volume.spacing[2]
        controls = {"shift_x": edge * chance.randint(0, 3), "softness": chance.choice([0.0, 1.0])}
        names = ["dice", "cross_entropy", *chance.sample(FIELD, 2)]
        explored = engine.request(names, names[-1], **controls)
        if chance.random() < 0.3:
            explored = of_kind(Norms, explored)
        engine.progress.clear()
        engine.client.explore([explored])
        engine.client._runner._future.add_done_callback(note)
        if chance.random() < 0.5:
            engine.during(takes * chance.random() ** 2)
        else:
            told = chance.randint(1, 4)
            engine.until(lambda told=told: len(engine.progress) >= told or engine.explored)
        # What is asked next shares controls and caches with what was interrupted.
        step = engine.request(names[:-1] if chance.random() < 0.5 else names, "dice", **controls)
        engine.client.ask(step)
        expected = here.answer(step), here.answer(explored)  # while the engine does the same
        assert_same(engine.next(engine.answered), expected[0])
        assert_same(engine.next(engine.explored), expected[1])
    assert len(engine.executors) == 1
