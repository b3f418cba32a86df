"""The rows of a GPU, taken on whatever computes here."""

import numpy as np
import pytest

from lossexplorer.bench import gpu

SHAPE = (16, 24, 32)


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(gpu, "has_gpu", lambda: True)
    monkeypatch.setattr(gpu, "_SHAPES", (SHAPE,))
    return list(gpu.rows(3))


def test_a_step_and_the_rate_of_its_bytes(rows):
    step, rate = rows
    assert step.what == "step, 24×32×16×4"
    assert len(step.ours.seconds) == 3
    voxels = np.prod(SHAPE)
    scores = 4 * 4 * voxels  # bytes: float32 of four classes
    reading = (scores + voxels) / rate.ours.median  # the labels are of one byte
    copying = 2 * scores / rate.against.median
    assert rate.value == pytest.approx(reading / copying, rel=1e-9)
    assert rate.verdict == "measured"


@pytest.mark.alone
def test_the_copy_is_waited_for():
    """A hundred times the bytes take longer, which they would not if it were only begun."""
    times = []
    for scores in (2**18, 2**25):
        (timing,) = gpu.in_turn(gpu.Side(gpu._copy(scores)), repetitions=5)
        times.append(min(timing.seconds))
    assert times[1] > 4 * times[0]
