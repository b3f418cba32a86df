"""A trainer by NumPy behind the interface of the real one, and the engine's functions over it.

An engine of these starts at once and dies where it is told. Its network is a line a·x + b per
output with a shared slope: y1 = a·x + b, y2 = a·x + c, trained by SGD with momentum on points that
are a function of seed, step and the volume; `reference` says what each step must report.
"""

import sys
import time
import types

import numpy as np

from lossexplorer.engine import training, worker
from lossexplorer.engine.messages import TOTAL, MapRequest, PaintedMaps
from lossexplorer.learning.reports import (
    Checkpoint,
    GradientTable,
    LayerRow,
    MethodResult,
    StepReport,
)
from lossexplorer.volumes import LabelClass, LabelVolume
from tests.engine import stub_worker
from tests.session.stub_lane import graph_of

NAMES = ("y1", "y2")


class Trainer:
    """Two lines with one slope."""

    memory = 2**28

    def __init__(self, setup, volume):
        stub_worker.come_on()
        self.setup, self._volume = setup, volume
        self._offset = float(volume.labels.mean())
        if volume.image is not None:
            self._offset += float(volume.image.mean())
        self.rewind()

    @property
    def graph(self):
        return graph_of(self.setup)

    def _parts(self):
        """Losses and gradients of the step to come, (loss, variable)."""
        random = np.random.default_rng([self.setup.training.seed, self.step + 1])
        x = random.normal(size=8)
        a, b, c = self._variables
        wrong = np.stack([a * x + b - self._offset * x - 1.0, a * x + c + x - 2.0])
        losses = (wrong**2).mean(axis=1)
        slopes = 2 * (wrong * x).mean(axis=1)
        offsets = 2 * wrong.mean(axis=1)
        return losses, np.array([[slopes[0], offsets[0], 0.0], [slopes[1], 0.0, offsets[1]]])

    def train(self, with_table=True):
        stub_worker.come_on()
        if self.setup.training.method == "too_large":
            raise MemoryError
        while self.setup.training.method == "endless":
            time.sleep(0.01)
        losses, gradients = self._parts()
        weights = np.array([output.weight for output in self.setup.outputs])
        if with_table:  # rounds otherwise, as the real one does
            direction = (weights[:, None] * gradients).sum(axis=0) * (1 + 2.0**-50)
        else:
            direction = weights @ gradients
        optimizer = self.setup.training
        momentum = optimizer.momentum if optimizer.optimizer == "momentum" else 0.0
        self._velocity = momentum * self._velocity - optimizer.rate * direction
        self._variables = self._variables + self._velocity
        stub_worker.come_on()
        self.step += 1
        table, methods = self._look(gradients) if with_table else (None, ())
        total = float(weights @ losses)
        return StepReport(
            self.step, tuple(losses.tolist()), tuple(weights.tolist()), 0.0, total, table, methods
        )

    def look(self):
        stub_worker.come_on()
        return self._look(self._parts()[1])

    def _look(self, gradients):
        weights = [output.weight for output in self.setup.outputs]
        norms = tuple((np.abs(gradients[:, 0]) * weights).tolist())
        row = LayerRow("x1", 1, norms, {NAMES: None}, 0.0)
        gram = np.outer(gradients[:, 0], gradients[:, 0])
        table = GradientTable(NAMES, (row,), row, tuple(map(tuple, gram.tolist())))
        projections = tuple((gram @ weights).tolist())
        return table, (MethodResult("weighted_sum", tuple(weights), projections, (False, False)),)

    def adjust(self, setup):
        stub_worker.come_on()
        if setup.training.optimizer != self.setup.training.optimizer:
            self._velocity = np.zeros(3)
        self.setup = setup

    def rewind(self):
        self._variables = np.random.default_rng(self.setup.training.seed).normal(size=3)
        self._velocity = np.zeros(3)
        self.step = 0

    def checkpoint(self):
        return Checkpoint(self.step, (self._variables.copy(),), (self._velocity.copy(),), {})

    def restore(self, checkpoint):
        (self._variables,), (self._velocity,) = checkpoint.variables, checkpoint.optimizer
        self.step = checkpoint.step


def painted(trainer, shape, setup, maps):
    """The first variable, everywhere."""
    del setup
    request = MapRequest(TOTAL, maps.class_index, "logit", maps.plane, maps.sample)
    shape = list(shape)
    if maps.plane is not None:
        del shape[maps.plane.axis]
    value = np.full(shape, trainer._variables[0], np.float32)
    return PaintedMaps(request, value, np.zeros(shape, np.uint8), value)


def reference(setup, volume, steps, with_table=False):
    """What undisturbed training reports: step, losses and total of each step."""
    trainer = Trainer(setup, volume)
    return [told(trainer.train(with_table)) for _ in range(steps)]


def told(report):
    return report.step, report.losses, report.total


def use(trainer=Trainer):
    """Have the worker's functions of training use this trainer in this process."""
    module = types.ModuleType("lossexplorer.learning.training")
    module.Trainer = trainer
    sys.modules[module.__name__] = module
    maps = types.ModuleType("lossexplorer.engine.output_maps")
    maps.painted = painted
    sys.modules[maps.__name__] = maps
    worker.sample_of = sample_of


def sample_of(key, sample, image):
    """As the worker's, of what the stub of the worker has loaded."""
    assert sample == 0
    labels, classes, spacing = stub_worker.held[key]
    described = tuple(LabelClass(i, f"class {i}", 0) for i in range(classes))
    return LabelVolume(labels, described, spacing, True, "v", "v", image=image)


def call(function, small, death, *arguments):
    """Call what stands for a function of the worker, or one of training over the stub above.

    Parameters
    ----------
    function : callable
        The worker's.
    small : int
        Bytes of a checkpoint that every turn brings along.
    death : int or None
        Past how many places the process is killed.
    *arguments
        The function's.
    """
    use()
    training._SMALL = small
    if function.__module__ == worker.__name__:
        function = getattr(stub_worker, function.__name__)
    if death is None:
        return function(*arguments)
    return stub_worker.dying(death, function, *arguments)
