"""Training in the real engine: killed in the middle, and beside questions."""

import contextlib
import os
import queue
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import (
    LossSetting,
    OutputMaps,
    Plane,
    Request,
    TrainingOrder,
    Turn,
)
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.learning.setup import BuiltNetwork, Setup
from lossexplorer.losses import LOSSES
from lossexplorer.volumes import LabelClass, LabelVolume, case_of
from tests.engine.small import question_of
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals that kill")

SETUP = replace(
    Setup(),
    network=BuiltNetwork(filters=2, depth=1, trunk=1),
    training=replace(Setup().training, optimizer="adam", patch=(4, 8, 8), seed=3),
)


def blob():
    labels = np.zeros((6, 20, 24), np.uint8)
    labels[1:5, 6:14, 5:18] = 1
    random = np.random.default_rng(5)
    image = ndimage.gaussian_filter(labels + random.normal(0, 0.2, labels.shape), 1)
    classes = (LabelClass(0, "background", 0), LabelClass(1, "blob", int(labels.sum())))
    return LabelVolume(labels, classes, (2.0, 1.0, 1.0), True, "blob", "blob", image=image)


class Recorded(EngineProcess):
    @property
    def pid(self):
        return self._context.made[-1].pid


class Engine:
    """A client whose thread is the test's."""

    def __init__(self):
        self.queue, self.executors = queue.Queue(), []
        self.volume = blob()
        self.case = case_of(self.volume)
        self.client = EngineClient(self.queue.put, self.make)
        self.lane = self.client.lane
        self.heard = []  # kinds of what came, in this order
        self.reports, self.answers, self.refusals = [], [], []
        self.lane.turned.connect(self._on_turned)
        self.lane.refused.connect(self._on_refused)
        self.client.answered.connect(self._on_answer)
        self.client.explored.connect(lambda answers: self.heard.extend(["explored"] * len(answers)))
        self.client.load(self.case)
        self.client.start()
        self.learn(SETUP)

    def make(self):
        self.executors.append(Recorded())
        return self.executors[-1]

    def _on_turned(self, report):
        self.heard.append("turn")
        self.reports.append(report)

    def _on_refused(self, refusal):
        self.refusals.append(refusal)

    def _on_answer(self, answer):
        self.heard.append("answer")
        self.answers.append(answer)

    def until(self, happened):
        """Run what is delivered until `happened()`."""
        end = time.monotonic() + PATIENCE
        while not happened():
            self.queue.get(timeout=max(0.0, end - time.monotonic()))()

    def learn(self, setup):
        self.lane.learn(TrainingOrder(setup, self.case.key), self.volume)

    def turn(self, **what):
        self.reports.clear()
        turn = Turn(**what)
        self.lane.turn(turn)
        self.until(lambda: any(r.turn == turn for r in self.reports) or self.refusals)
        assert not self.refusals
        return self.reports[-1]

    def train(self, steps, **how):
        """The losses of that many steps."""
        return [self.turn(steps=1, **how).steps[0].losses for _ in range(steps)]


@pytest.fixture(scope="module")
def engine():
    made = Engine()
    yield made
    made.client.close()


def losses(report):
    return [step.losses for step in report.steps]


def request(engine, voxels):
    losses = (LossSetting("dice", LOSSES["dice"].complete({})),)
    return Request(question_of(engine.case.key, {"shift_x": float(voxels)}, losses))


def test_killed_in_the_middle_of_training_the_losses_are_bitwise_the_same(engine):
    many = {"steps": 40, "seconds": float(PATIENCE)}
    undisturbed = engine.train(3) + engine.train(2, with_table=True)
    undisturbed += losses(engine.turn(**many))
    assert len(set(undisturbed)) == 45
    assert engine.turn(rewinds=True).step == 0
    found = engine.train(3) + engine.train(2, with_table=True)
    engine.reports.clear()
    engine.lane.turn(Turn(**many))
    with contextlib.suppress(queue.Empty):  # the 40 steps take some 0.2 s
        engine.queue.get(timeout=0.05)()
    before = len(engine.executors)
    os.kill(engine.executors[-1].pid, signal.SIGKILL)
    engine.until(lambda: len(engine.executors) > before and engine.reports)
    (report,) = engine.reports
    assert report.step == 45
    assert found + losses(report) == undisturbed


@pytest.mark.parametrize("with_table", [False, True])
def test_a_first_step_ended_while_it_is_compiled_is_taken_by_the_next_engine(engine, with_table):
    engine.learn(replace(SETUP, training=replace(SETUP.training, seed=4 + with_table)))
    said, before = [], len(engine.executors)
    engine.client.compiling.connect(said.append)
    number = engine.lane.turn(Turn(steps=1, with_table=with_table))
    engine.until(lambda: any(said))
    assert engine.lane.end(number)
    engine.client.compiling.disconnect(said.append)
    engine.answers.clear()
    engine.client.ask(request(engine, 1))
    engine.until(lambda: engine.answers)
    assert len(engine.executors) == before + 1
    found = [engine.turn(steps=1, with_table=with_table) for _ in range(2)]
    assert [report.step for report in found] == [1, 2]
    assert engine.turn(rewinds=True).step == 0
    undisturbed = engine.train(2, with_table=with_table)
    assert [one for report in found for one in losses(report)] == undisturbed


def test_a_first_look_ended_while_it_is_compiled_leaves_nothing_behind(engine):
    """Its run is over: another seed was chosen meanwhile."""
    setups = [replace(SETUP, training=replace(SETUP.training, seed=seed)) for seed in (6, 7)]
    engine.learn(setups[0])
    said, before = [], len(engine.executors)
    engine.client.compiling.connect(said.append)
    number = engine.lane.turn(Turn(looks=True))
    engine.until(lambda: any(said))
    engine.client.compiling.disconnect(said.append)
    engine.learn(setups[1])
    assert engine.lane.end(number)
    found = engine.turn(looks=True)
    assert len(engine.executors) == before + 1
    assert (found.step, found.order.setup) == (0, setups[1])
    (first,) = engine.turn(steps=1, with_table=True).steps
    assert found.table == first.table


def test_a_question_is_answered_while_it_trains(engine):
    truth = engine.volume.labels != 0

    def dice(voxels):
        moved = np.roll(truth, voxels, axis=2)  # the blob is far from the border
        pairs = ((truth, moved), (~truth, ~moved))
        return 1 - np.mean([2 * (g & p).sum() / (g.sum() + p.sum()) for g, p in pairs])

    engine.answers.clear()
    engine.heard.clear()
    for voxels in (1, 2, 3):
        engine.lane.turn(Turn(steps=1_000_000, seconds=0.05))
        engine.client.ask(request(engine, voxels))
        engine.until(lambda voxels=voxels: len(engine.answers) == voxels)
        engine.until(lambda voxels=voxels: engine.heard.count("turn") == voxels)
    found = [answer.losses[0].value for answer in engine.answers]
    assert found == pytest.approx([dice(voxels) for voxels in (1, 2, 3)], rel=1e-5)
    steps = [report.steps for report in engine.reports]
    assert all(steps)


def test_training_without_end_and_what_is_explored_both_go_on(engine):
    engine.heard.clear()

    def another(_):
        if engine.heard.count("explored") < 3:
            engine.lane.turn(Turn(steps=1))

    engine.lane.turned.connect(another)
    # Requests that do not share a step, so that none is answered with another.
    engine.client.explore([request(engine, voxels) for voxels in (4, 5, 6)])
    engine.lane.turn(Turn(steps=1))
    engine.until(lambda: engine.heard.count("explored") == 3)
    engine.lane.turned.disconnect(another)
    assert engine.heard[:2] == ["explored", "turn"]
    engine.turn(looks=True)  # after the last of these turns


def test_the_prediction_of_a_slice_is_the_networks(engine):
    def painted(plane):
        return engine.turn(painted=OutputMaps("y1", 1, plane)).maps

    whole, inner, outer = painted(None), painted(Plane(2, 12)), painted(Plane(0, 5))
    # The slab of 8 voxels holds all that the network of 3 convolutions sees around the slice.
    np.testing.assert_allclose(inner.probability, whole.probability[:, :, 12], atol=1e-6)
    np.testing.assert_array_equal(inner.decided, inner.probability > 0.5)
    assert outer.probability.shape == outer.gradient.shape == (20, 24)
    assert np.isfinite(whole.gradient).all()
    # Dice wants what is labelled more probable, and what is not less; 0 where p is 0 or 1.
    truth = engine.volume.labels != 0
    assert whole.gradient[truth].max() <= 0 <= whole.gradient[~truth].min()
    assert whole.gradient[truth].min() < 0 < whole.gradient[~truth].max()


def test_a_patch_that_does_not_fit_is_refused_with_the_numbers_and_another_one_is_not(engine):
    large = replace(SETUP, training=replace(SETUP.training, patch=(8, 2**16, 2**16)))
    engine.learn(large)
    engine.until(lambda: engine.refusals)
    (refusal,) = engine.refusals
    engine.refusals.clear()
    assert not refusal.has_network
    assert "2 patches of 8 × 65536 × 65536 voxels needs " in refusal.text
    engine.learn(SETUP)
    assert engine.turn(steps=1).step == 1


def test_what_is_set_wrongly_is_said_as_it_is(engine):
    engine.learn(replace(SETUP, frozen=("x9_conv",)))
    engine.until(lambda: engine.refusals)
    (refusal,) = engine.refusals
    engine.refusals.clear()
    assert "x9_conv" in refusal.text
    assert "Error" not in refusal.text
    engine.learn(SETUP)
    engine.turn(steps=1)
