"""How much memory the engine needs at most, in its own process, measured by the system."""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lossexplorer.bench import workloads
from lossexplorer.engine import worker
from lossexplorer.engine.limits import bytes_needed
from lossexplorer.engine.messages import MapRequest, Plane
from lossexplorer.engine.transport.process import EngineProcess
from lossexplorer.volumes import open_volume
from tests.engine.small import asking
from tests.patience import PATIENCE

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
    pytest.mark.alone,
]

BRATS = (155, 240, 240)


class Watched:
    """An engine, and the most memory that it had resident in each task of its work.

    Attributes
    ----------
    peaks : dict
        By task, in bytes over what it had resident once TensorFlow was started.
    """

    def __init__(self, labels, classes):
        self._executor = EngineProcess()
        self._pid = self._do(worker.start).pid
        self._at_rest = self._read("VmRSS")
        self.peaks = {}
        self._shape, self._names = labels.shape, tuple(map(str, range(classes)))
        self._labels = labels

    def measure(self):
        """Load the volume, and ask for everything that there is."""
        self._task("load", self._load)
        self._task("steps", lambda: [self._ask(workloads.moved(n)) for n in range(3)])
        shifted = [workloads.moved_and_shifted(n) for n in range(3)]
        self._task("shifts", lambda: [self._ask(each) for each in shifted])
        for axis, length in enumerate(self._shape):
            for wrt in ("logit", "probability"):
                painted = MapRequest("cross_entropy", 1, wrt, Plane(axis, length // 2))
                controls = workloads.moved(3 + axis)
                ask = partial(self._ask, controls, painted=painted)
                self._task(f"slice {axis} {wrt}", ask)
        self._task("norms", lambda: self._ask(workloads.moved(7), norms=True))
        self._task("norms, shifted", lambda: self._ask(shifted[0], norms=True))
        self._task("confidence", lambda: self._ask({**workloads.moved(8), "confidence": 0.95}))
        return self.peaks

    def close(self):
        self._executor.shutdown(wait=False)

    def _load(self):
        self._do(worker.load, "volume", (self._labels[None],), self._names, (1.0, 1.0, 1.0))

    def _ask(self, controls, **more):
        self._do(worker.answers, (asking(workloads.request(controls), volume="volume", **more),))

    def _do(self, function, *arguments):
        return self._executor.submit(function, *arguments).result(PATIENCE)

    def _task(self, name, act):
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # forget the peak so far
        act()
        self.peaks[name] = self._read("VmHWM") - self._at_rest

    def _read(self, entry):
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith(f"{entry}:")).split()[1])


@pytest.fixture
def measured():
    """Measure an engine with labels; it is ended after the test."""
    made = []

    def measure(labels, classes):
        made.append(Watched(labels, classes))
        return made[-1].measure()

    yield measure
    for each in made:
        each.close()


def in_fields(peaks, labels, classes):
    """Peaks in float32 fields of one class, for each class."""
    return {task: peak / (4 * classes * labels.size) for task, peak in peaks.items()}


@pytest.mark.slow
@pytest.mark.parametrize("make", [workloads.every_voxel_uncertain, workloads.blobs])
def test_twelve_fields_of_a_class_per_class_suffice(measured, make):
    labels = make(BRATS, 4)
    peaks = measured(labels, 4)
    assert max(in_fields(peaks, labels, 4).values()) <= 12, in_fields(peaks, labels, 4)
    assert max(peaks.values()) <= bytes_needed(labels.size, 4), peaks


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nodule", "nuclei", "brain"])
def test_what_is_allowed_for_suffices(measured, name):
    """Few classes of many voxels, many classes of few, and many of many."""
    volume = open_volume(f"sample:{name}")
    classes = len(volume.classes)
    peaks = measured(np.ascontiguousarray(volume.labels), classes)
    assert max(peaks.values()) <= bytes_needed(volume.labels.size, classes), in_fields(
        peaks, volume.labels, classes
    )
