"""The engine's memory stays as it is, however long a hand moves sliders and opens volumes.

A hand does the same again and again, with other numbers: as long as that adds to what is in use, it
leaks. In the end a leak is planted, which must be found.
"""

import queue
import time

import numpy as np
import pytest

from lossexplorer.engine import worker
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import TOTAL, LossSetting, MapRequest, Plane, Request
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS, complete_controls
from lossexplorer.volumes import LabelClass, LabelVolume, case_of
from tests.engine import leaks
from tests.engine.leaks import Growth
from tests.engine.small import question_of
from tests.patience import PATIENCE
from tests.resident import Resident

pytestmark = [leaks.can_count, pytest.mark.alone]

SLIDERS = ("softness", "grow", "shift_x", "shift_z", "confidence")
SHOWN = [name for name, loss in LOSSES.items() if loss.shown]
# After the first rounds what is compiled only once has been.
WARM_UP, MEASURED, WITH_LEAK = 5, 7, 4


class Leaking(EngineProcess):
    """An engine with a leak in it, once one is planted."""

    def submit_interruptible(self, report, function, /, *arguments):
        leaking = {worker.answers: leaks.answers, worker.load: leaks.load}
        return super().submit_interruptible(report, leaking.get(function, function), *arguments)


class Hand:
    """A client, and a hand that moves what it can at random.

    Everything is drawn from a seed; a slider is at its neutral place in one of eight moves. Which
    slider moves, and whether it goes there, is the same in each round.
    """

    def __init__(self, seed=0):
        self.executor, self.answered = None, 0
        self.queue = queue.Queue()
        self.answers, self.ready, self.failures = [], [], []
        self.client = EngineClient(self.queue.put, self._make)
        self.client.answered.connect(self._on_answer)
        self.client.failed.connect(self.failures.append)
        self.client.status_changed.connect(self._on_status)
        self.random = np.random.default_rng(seed)
        self.chance = None
        self.controls = complete_controls({})
        self.alpha = 0.3
        self.case = None

    def _make(self):
        assert self.executor is None, "the engine was replaced"
        self.executor = Leaking()
        return self.executor

    def _on_answer(self, answer):
        self.answered += 1
        self.answers.append(answer)

    def _on_status(self, status):
        if status.state == "ready":
            self.ready.append(status.info)

    def until(self, happened):
        """Run what is delivered until `happened()`, and return what it returns."""
        end = time.monotonic() + PATIENCE
        while not (result := happened()):
            self.queue.get(timeout=max(0.0, end - time.monotonic()))()
            assert not self.failures
        return result

    def start(self):
        self.client.start()
        self.resident = Resident(self.until(lambda: self.ready)[-1].pid)

    def begin_round(self):
        self.chance = np.random.default_rng(7)

    def used(self):
        """What the engine has in use, doing nothing."""
        size, objects = self.executor.submit(leaks.in_use).result(PATIENCE)
        self.resident.sample()
        return {"bytes": size, "objects": objects, "resident": 2**20 * self.resident.samples[-1]}

    def plant(self, size, objects):
        self.executor.submit(leaks.plant, size, objects).result(PATIENCE)

    def open(self, shape, classes):
        """Open a volume of random blocks."""
        coarse = self.random.integers(0, classes, [-(-length // 8) for length in shape])
        labels = np.kron(coarse, np.ones((8, 8, 8), int))[tuple(map(slice, shape))]
        described = tuple(
            LabelClass(i, f"class {i}", int((labels == i).sum())) for i in range(classes)
        )
        name = f"random {self.random.integers(2**40)}"
        volume = LabelVolume(labels.astype(np.uint8), described, (2.0, 1.0, 1.0), True, name, name)
        self.case = case_of(volume)
        self.client.load(self.case)

    def move(self):
        """Move one slider, and ask as the window does; newer questions replace older ones."""
        name, neutral = self.chance.choice([*SLIDERS, "alpha"]), self.chance.random() < 1 / 8
        if name == "alpha":
            self.alpha = float(self.random.random())
        else:
            control, share = CONTROLS[name], float(self.random.random())
            low, high = (0.9, 0.99) if name == "confidence" else (0.3, 3.0)
            value = control.default if neutral else low + share * (high - low)
            self.controls = {**self.controls, name: value}
        self.client.ask(self._request())

    def answer(self):
        """Wait for the answer to what was asked last."""
        asked = self._request()
        self.until(
            lambda: any(
                (a.question.controls, a.question.losses)
                == (asked.question.controls, asked.question.losses)
                for a in self.answers
            )
        )
        self.answers.clear()

    def _request(self):
        changed = {"tversky": {"alpha": self.alpha}}
        losses = tuple(LossSetting(n, LOSSES[n].complete(changed.get(n, {}))) for n in SHOWN)
        axis = int(10 * self.alpha) % 3
        painted = MapRequest(TOTAL if axis else "dice", 1, "logit", Plane(axis, 9))
        return Request(question_of(self.case.key, self.controls, losses, painted))


@pytest.fixture
def hand():
    made = Hand()
    yield made
    made.client.close()


slow, long = pytest.mark.slow, pytest.mark.long


def assert_only_a_planted_leak_is_found(hand, play, limits, leak):
    """Play rounds of the same without a leak, and then with one.

    Parameters
    ----------
    hand : Hand
    play : callable
        Plays a round, and returns how many things it did.
    limits : dict
        As of `Growth`.
    leak : tuple of int
        Bytes and objects that each thing is to leak in the end.
    """
    without, planted = Growth(limits), Growth(limits)

    def rounds(count, *growths):
        for _ in range(count):
            hand.begin_round()
            done, used = play(), hand.used()
            for growth in growths:
                growth.sample(used, done)

    rounds(WARM_UP)
    rounds(MEASURED, without)
    rounds(1, without, planted)
    hand.plant(*leak)
    rounds(WITH_LEAK, planted)
    assert not without.leaking(), without.per_thing()
    assert planted.leaking() >= {"bytes", "objects"}, planted.per_thing()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "events", [pytest.param(600, marks=slow), pytest.param(10_000, marks=long)]
)
def test_slider_events(hand, events):
    """A leak of less than a slice with each answer is found."""
    hand.start()
    hand.open((24, 64, 64), 3)
    length = events // (WARM_UP + MEASURED + 1) // 4 * 4

    def play():
        before = hand.answered
        for number in range(length):
            hand.move()
            if number % 4 == 3:
                hand.answer()
        return hand.answered - before

    limits = {"bytes": 1024, "objects": 4, "resident": 2**14}
    assert_only_a_planted_leak_is_found(hand, play, limits, (4096, 16))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("changes", [pytest.param(52, marks=slow), pytest.param(208, marks=long)])
def test_volume_changes(hand, changes):
    """Every volume has another shape, and a number of classes from two to four.

    A leak of less than the labels of one that is opened is found. What a volume takes is no leak:
    the last one of a round has the same shape in each.
    """
    hand.start()
    others = changes // (WARM_UP + MEASURED + 1) - 1

    def play():
        for number in range(others):
            look_at(hand.random.integers(20, 72, 3), 2 + number % 3)
        look_at((40, 48, 56), 3)
        return others + 1

    def look_at(shape, classes):
        hand.open(shape, classes)
        for _ in range(3):
            hand.move()
        hand.answer()

    limits = {"bytes": 2**14, "objects": 100, "resident": 2**18}
    assert_only_a_planted_leak_is_found(hand, play, limits, (2**15, 200))
