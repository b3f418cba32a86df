"""What large work needed is the system's again once it is over, measured in the engine's process.

A field of the volume has 6.75 MiB. The C library would keep fields of up to 32 MiB, and oneDNN's
allocator any: the losses of the whole field below hold some 60 fields of a class at a time.
"""

import sys
import threading

import numpy as np
import pytest

from lossexplorer.engine import worker
from lossexplorer.engine.errors import Interrupted
from lossexplorer.engine.messages import MapRequest, Plane, Progress, Request
from lossexplorer.engine.questions import Maps
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.predictions import complete_controls
from tests.engine.small import setting
from tests.patience import PATIENCE
from tests.resident import Resident

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

SHAPE, CLASSES = (96, 128, 144), 3
FIELD = float(np.prod(SHAPE)) * 4 / 2**20
"""In MiB."""
CONTROLS = complete_controls({"shift_x": 1.5, "softness": 1.0})


class Engine:
    """An engine with a volume, and what it has resident in MiB."""

    def __init__(self):
        self._process = EngineProcess()
        self._resident = Resident(self._process.submit(worker.start).result(PATIENCE).pid)
        self.at_rest = self.resident()

    def load(self, shape):
        labels = np.zeros((1, *shape), np.uint8)
        for index in range(1, CLASSES):
            labels[0, 3 : 20 * index, 4:10, 4:10] = index
        names, spacing = tuple(map(str, range(CLASSES))), (1.0, 1.0, 1.0)
        self._process.submit(worker.load, "v", (labels,), names, spacing).result(PATIENCE)

    def ask(self, loss, report=lambda _: None):
        painted = MapRequest(loss, 1, "logit", Plane(0, 5))
        asked = Request(Maps("v", CONTROLS, (setting(loss),), painted))
        return self._process.submit_interruptible(report, worker.answers, (asked,))

    def cancel(self, loss):
        """Ask for a loss of the whole field, and cancel it when its second class begins."""
        begun = threading.Event()
        found = self.ask(
            loss, lambda said: isinstance(said, Progress) and said.done and begun.set()
        )
        assert begun.wait(PATIENCE)
        self._process.interrupt(found)
        with pytest.raises(Interrupted):
            found.result(PATIENCE)

    def resident(self):
        self._resident.sample()
        return self._resident.samples[-1]

    def close(self):
        self._process.shutdown(wait=False)


@pytest.fixture(scope="module")
def engine():
    made = Engine()
    yield made
    made.close()


@pytest.mark.slow
def test_a_loss_of_the_whole_field(engine):
    """Cancelled, at its end, once another is chosen, and once another volume is open."""
    engine.load(SHAPE)
    engine.ask("dice").result(PATIENCE)
    before = engine.resident()
    engine.cancel("cl_dice")
    assert engine.resident() - before < 10 * FIELD
    engine.ask("cl_dice").result(PATIENCE)
    # With its derivatives, in probabilities and logarithms, of every class.
    assert engine.resident() - before < (10 + 2 * CLASSES) * FIELD
    engine.ask("dice").result(PATIENCE)
    assert engine.resident() - before < 10 * FIELD
    engine.load((8, 16, 24))
    engine.ask("dice").result(PATIENCE)
    # What is left are compiled functions.
    assert engine.resident() - engine.at_rest < 40 * FIELD
