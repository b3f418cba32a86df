"""The volumes and questions are what the table says they are."""

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.bench import monai_side, sums, workloads
from lossexplorer.predictions import CONTROLS


@pytest.mark.parametrize("n", [32, 64])
def test_the_ball_has_the_radius_it_is_said_to_have(n):
    assert workloads.ball(n).sum() == pytest.approx(4 / 3 * np.pi * (n / 4) ** 3, rel=0.02)


def test_no_voxel_is_certain():
    """With the largest softness that is measured and with the smallest."""
    made = workloads.pipeline_of(workloads.every_voxel_uncertain((24, 24, 24), 4), 4)
    for number in (0, 49):
        controls = workloads.request(workloads.moved(number)).question.controls
        probabilities = np.asarray(made.fields(controls)[1])
        assert probabilities.shape == (1, 4, 24, 24, 24)
        assert probabilities.min() > 1e-6
        assert probabilities.max() < 1 - 1e-6


def test_blobs_are_few_and_large():
    labels = workloads.blobs((48, 64, 64), 4)
    shares = np.bincount(labels.ravel()) / labels.size
    assert len(shares) == 4
    assert shares.min() > 0.1
    for index in range(4):
        pieces, count = ndimage.label(labels == index)
        largest = np.bincount(pieces.ravel())[1:].max()
        assert largest > 0.01 * labels.size
        assert count < 50


def test_controls_differ_in_every_repetition():
    seen = [tuple(workloads.moved_and_shifted(number).values()) for number in range(100)]
    assert len(set(seen)) == 100
    for name, values in zip(workloads.moved_and_shifted(0), zip(*seen, strict=True), strict=True):
        assert CONTROLS[name].low <= min(values)
        assert max(values) <= CONTROLS[name].high


@pytest.mark.slow
def test_monai_computes_the_losses_that_it_is_held_against():
    pytest.importorskip("monai")
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, (6, 7, 8))
    p = rng.random((3, 6, 7, 8), np.float32)
    found = monai_side.forward_and_backward(labels, p, workloads.REGION)(0)
    g = np.stack([labels == index for index in range(3)]).astype(float)
    i, size, mass = ((field).sum(axis=(1, 2, 3), dtype=float) for field in (g * p, g, p))
    dice, iou = (2 * i / (size + mass)), i / (size + mass - i)
    assert float(found[0]) == pytest.approx(1 - dice.mean(), rel=1e-5)
    assert float(found[3]) == pytest.approx(1 - iou.mean(), rel=1e-5)
    assert all(np.isfinite(float(value)) for value in found)


def test_without_monai_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(monai_side, "is_installed", lambda: False)
    row = next(sums.rows(1))
    assert row.verdict == "not measured"
    assert "pip install 'lossexplorer[bench]'" in row.note
