"""The engine is killed while it trains: every step is reported once, with the same numbers."""

import itertools
import os
import queue
import random
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.engine import training, worker
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import OutputMaps, Plane, TrainingOrder, Turn
from lossexplorer.engine.transport import task
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.learning.setup import Setup
from lossexplorer.volumes import LabelClass, LabelVolume, case_of
from tests.engine import stub_trainer
from tests.engine.stub_trainer import reference, told
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals that kill")


def volume(seed=3, with_image=True):
    random_numbers = np.random.default_rng(seed)
    labels = random_numbers.integers(0, 2, (3, 4, 5)).astype(np.uint8)
    classes = (LabelClass(0, "background", 0), LabelClass(1, "one", 0))
    image = random_numbers.normal(size=(3, 4, 5)) if with_image else None
    return LabelVolume(labels, classes, (3.0, 2.0, 1.0), True, "v", "v", image=image)


def trained(**how):
    """A setup whose training has other values."""
    return replace(Setup(), training=replace(Setup().training, **how))


MOMENTUM = trained(optimizer="momentum", rate=0.05)


class Stub(EngineProcess):
    """An engine without TensorFlow that is killed at the next function of its death."""

    def __init__(self, death=None, small=2**20):
        super().__init__(0.1, float(PATIENCE))
        self._death, self._small, self._calls = death, small, itertools.count()

    def submit(self, function, /, *arguments):
        if function is task.run:
            number, inner, *others = arguments
            arguments = (number, *self._stub(inner), *others)
        else:
            function, *front = self._stub(function)
            arguments = (*front, *arguments)
        return super().submit(function, *arguments)

    @property
    def pid(self):
        return self._context.made[-1].pid

    def _stub(self, function):
        places = None
        if self._death is not None and self._death[0] is function:
            _, call, past = self._death
            places = past if next(self._calls) == call else None
        return stub_trainer.call, function, self._small, places


class Engine:
    """A client whose thread is the test's, and a run that asks for one turn after the other."""

    def __init__(self, make_executor, of=None):
        self.queue, self.executors = queue.Queue(), []
        self._make_executor = make_executor
        self.volume = of or volume()
        self.case = case_of(self.volume)
        self.client = EngineClient(self.queue.put, self.make)
        self.lane = self.client.lane
        self.steps, self.reports, self.prepared, self.refusals = [], [], [], []
        self.lane.turned.connect(self._turned)
        self.lane.prepared.connect(self.prepared.append)
        self.lane.refused.connect(self.refusals.append)
        self.client.load(self.case)
        self.client.start()

    def make(self):
        self.executors.append(self._make_executor())
        return self.executors[-1]

    def _turned(self, report):
        self.reports.append(report)
        self.steps += report.steps

    def until(self, happened):
        """Run what is delivered until `happened()`."""
        end = time.monotonic() + PATIENCE
        while not happened():
            self.queue.get(timeout=max(0.0, end - time.monotonic()))()

    def learn(self, setup):
        self.lane.learn(TrainingOrder(setup, self.case.key), self.volume)

    def turn(self, **what):
        """Have a turn done, and return its report; None if it was refused."""
        before = len(self.reports), len(self.refusals)
        self.lane.turn(Turn(**what))
        self.until(lambda: (len(self.reports), len(self.refusals)) != before)
        return self.reports[-1] if len(self.reports) > before[0] else None

    def train(self, steps, **what):
        while len(self.steps) < steps:
            assert self.turn(steps=min(2, steps - len(self.steps)), **what), self.refusals

    def kill(self):
        os.kill(self.executors[-1].pid, signal.SIGKILL)

    @property
    def told(self):
        return [told(step) for step in self.steps]


@pytest.fixture
def make_engine():
    made = []

    def make(make_executor=Stub, of=None):
        made.append(Engine(make_executor, of))
        return made[-1]

    yield make
    for engine in made:
        engine.client.close()


def deaths(seed):
    """Where engines die: each second one after a turn, so that none is given up."""
    chance = random.Random(seed)
    for function in itertools.cycle((training.prepare, training.take, worker.load, training.take)):
        call = chance.randint(1, 5) if function is training.take else 0
        yield function, call, chance.randrange(6)


@pytest.mark.parametrize("small", [2**20, 0], ids=["each turn's checkpoint", "the first one's"])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_killed_at_any_place_every_step_is_reported_once_and_bitwise(make_engine, seed, small):
    planned = itertools.islice(deaths(seed), 4)
    engine = make_engine(lambda: Stub(next(planned, None), small))
    engine.learn(MOMENTUM)
    while len(engine.executors) < 5:
        engine.train(len(engine.steps) + 2)
    engine.train(len(engine.steps) + 6)
    assert engine.told == reference(MOMENTUM, engine.volume, len(engine.steps))
    assert not engine.refusals


def test_what_was_set_between_steps_is_repeated_too(make_engine):
    def run(engine, *, kills):
        engine.learn(MOMENTUM)
        engine.train(3)
        for setup in (trained(rate=0.1), MOMENTUM):  # its velocity is 0 again
            engine.learn(setup)
            engine.turn(looks=True)
        engine.train(5, with_table=True)
        if kills:
            engine.kill()
        engine.train(8)
        return engine.told

    undisturbed = run(make_engine(), kills=False)
    assert run(make_engine(lambda: Stub(small=0)), kills=True) == undisturbed
    assert undisturbed[:3] == reference(MOMENTUM, volume(), 3)
    assert undisturbed != reference(MOMENTUM, volume(), 8)


def test_the_image_comes_along(make_engine):
    with_image, without = make_engine(), make_engine(of=volume(with_image=False))
    for engine in (with_image, without):
        engine.learn(MOMENTUM)
        engine.train(1)
        assert engine.told == reference(MOMENTUM, engine.volume, 1)
    assert with_image.told != without.told


def test_a_rewound_run_that_is_killed_begins_with_the_first_step(make_engine):
    engine = make_engine(lambda: Stub(small=0))
    engine.learn(MOMENTUM)
    engine.train(4)
    assert engine.turn(rewinds=True).step == 0
    engine.kill()
    engine.steps.clear()
    engine.train(3)
    assert engine.told == reference(MOMENTUM, engine.volume, 3)


def test_three_crashes_in_a_row_are_given_up_and_it_goes_on_when_it_is_told_again(make_engine):
    planned = iter((training.take, call, 1) for call in (2, 0, 0))
    engine = make_engine(lambda: Stub(next(planned, None)))
    engine.learn(MOMENTUM)
    engine.train(4)
    assert engine.turn(steps=1) is None
    (refusal,) = engine.refusals
    assert not refusal.has_network
    assert "3 times in a row" in refusal.text
    engine.learn(MOMENTUM)
    engine.train(6)
    assert engine.told == reference(MOMENTUM, engine.volume, 6)


def test_a_step_without_end_is_ended_with_its_engine_and_the_run_goes_on(make_engine):
    engine = make_engine()
    engine.learn(MOMENTUM)
    engine.train(3)
    engine.learn(replace(MOMENTUM, training=replace(MOMENTUM.training, method="endless")))
    number = engine.lane.turn(Turn(steps=1))
    engine.until(lambda: len(engine.prepared) == 2)
    assert engine.lane.end(number)
    assert not engine.lane.end(number)
    engine.learn(MOMENTUM)
    engine.train(5)
    assert engine.told == reference(MOMENTUM, engine.volume, 5)
    assert len(engine.executors) == 2


def test_a_lack_of_memory_is_said_with_numbers_and_nothing_is_lost(make_engine):
    engine = make_engine()
    engine.learn(MOMENTUM)
    engine.train(3)
    engine.learn(replace(MOMENTUM, training=replace(MOMENTUM.training, method="too_large")))
    assert engine.turn(steps=1) is None
    (refusal,) = engine.refusals
    assert refusal.has_network
    assert "a step of 2 patches of 16 × 32 × 32 voxels; it needs about 0.25 GiB; " in refusal.text
    engine.learn(MOMENTUM)
    engine.train(5)
    assert engine.told == reference(MOMENTUM, engine.volume, 5)
    assert len(engine.executors) == 1


def test_a_loss_that_is_not_finite_ends_the_turn_at_its_step(make_engine):
    engine = make_engine()
    setup = trained(rate=1e200)
    engine.learn(setup)
    report = engine.turn(steps=50, seconds=float(PATIENCE))
    losses = [step.losses for step in report.steps]
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1]).all()
    assert report.problem.startswith(f"Step {len(losses)}: the loss of y1 (dice) is ")


def test_painting_shows_the_network_of_now(make_engine):
    engine = make_engine()
    engine.learn(MOMENTUM)
    engine.train(2)
    maps = OutputMaps("y2", 1, Plane(1, 2))
    painted = engine.turn(painted=maps).maps
    trainer = stub_trainer.Trainer(MOMENTUM, engine.volume)
    trainer.train(False)
    trainer.train(False)
    assert painted.probability.shape == (3, 5)
    assert (painted.probability == np.float32(trainer._variables[0])).all()
