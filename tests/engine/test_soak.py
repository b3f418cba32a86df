"""The engine's memory stays as it is, however long a hand moves sliders and opens volumes."""

import queue
import time

import numpy as np
import pytest

from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import TOTAL, FieldRequest, LossSetting, Plane, Request
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS, complete_controls
from lossexplorer.volumes import LabelClass, LabelVolume, case_of
from tests.resident import Resident, on_linux

pytestmark = on_linux

PATIENCE = 120  # seconds, for what takes a few
SLIDERS = ("softness", "grow", "shift_x", "shift_z", "confidence")
SHOWN = [name for name, loss in LOSSES.items() if loss.shown]
# Of the events, before memory is looked at: what is compiled only now has been by then.
WARM_UP = 0.4


class Hand:
    """A client, and a hand that moves what it can at random.

    Everything is drawn from a seed; a slider is at its neutral place in one of eight moves.
    """

    def __init__(self, seed=0):
        self.queue = queue.Queue()
        self.answers, self.ready, self.failures = [], [], []
        self.client = EngineClient(self.queue.put)
        self.client.answered.connect(self.answers.append)
        self.client.failed.connect(self.failures.append)
        self.client.status_changed.connect(self._on_status)
        self.random = np.random.default_rng(seed)
        self.controls = complete_controls({})
        self.alpha = 0.3
        self.case = None

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
        return Resident(self.until(lambda: self.ready)[-1].pid)

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
        name = self.random.choice([*SLIDERS, "alpha"])
        if name == "alpha":
            self.alpha = float(self.random.random())
        else:
            control, share = CONTROLS[name], float(self.random.random())
            low, high = (0.9, 0.99) if name == "confidence" else (0.3, 3.0)
            neutral = self.random.random() < 1 / 8
            value = control.default if neutral else low + share * (high - low)
            self.controls = {**self.controls, name: value}
        self.client.ask(self._request())

    def answer(self):
        """Wait for the answer to what was asked last."""
        asked = self._request()
        self.until(
            lambda: any(
                (a.request.controls, a.request.losses) == (asked.controls, asked.losses)
                for a in self.answers
            )
        )
        self.answers.clear()

    def _request(self):
        given = {"tversky": {"alpha": self.alpha}}
        losses = tuple(LossSetting(n, LOSSES[n].complete(given.get(n, {}))) for n in SHOWN)
        axis = int(10 * self.alpha) % 3
        painted = FieldRequest(TOTAL if axis else "dice", 1, "logit", Plane(axis, 9))
        return Request(self.case.key, complete_controls(self.controls), losses, painted)


@pytest.fixture
def hand():
    made = Hand()
    yield made
    made.client.close()


slow, long = pytest.mark.slow, pytest.mark.long


@pytest.mark.parametrize(
    "events", [pytest.param(600, marks=slow), pytest.param(10_000, marks=long)]
)
def test_slider_events(hand, events):
    resident = hand.start()
    hand.open((24, 64, 64), 3)
    for number in range(events):
        hand.move()
        if number % 4 == 3:
            hand.answer()
        if number > WARM_UP * events and number % (events // 60) == 0:
            resident.sample()
    resident.assert_flat()


@pytest.mark.parametrize("changes", [pytest.param(30, marks=slow), pytest.param(200, marks=long)])
def test_volume_changes(hand, changes):
    """Every volume has another shape, and a number of classes from two to four."""
    resident = hand.start()
    for number in range(changes):
        shape = hand.random.integers(20, 72, 3)
        hand.open(shape, 2 + number % 3)
        for _ in range(3):
            hand.move()
        hand.answer()
        if number >= WARM_UP * changes:
            resident.sample()
    resident.assert_flat()
