"""The parts of a gradient and profiles, against gradients in float64 written here."""

import numpy as np
import pytest
from scipy import ndimage, special

from lossexplorer.engine.messages import MapRequest, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import GradientShares, Norms, ProfileLine
from lossexplorer.engine.volume import Volume
from lossexplorer.predictions import complete_controls
from tests.engine.small import SPACING, setting, small_labels

LOSSES = (setting("dice"), setting("cross_entropy"))
NAMES = ("background", "liver", "vessel")
AT = MapRequest("dice", 1, "logit", None)


def dice_gradient(g, p):
    """∂L/∂z of the mean over classes of 1 − 2 Σgp / (Σg + Σp) (Milletari et al. 2016)."""
    axes = (1, 2, 3)
    i, both = (g * p).sum(axis=axes, keepdims=True), (g + p).sum(axis=axes, keepdims=True)
    partial = -2 * (g * both - i) / both**2 / len(g)
    return p * (partial - (p * partial).sum(axis=0))


class Case:
    """A given prediction with ignored voxels, and its gradients."""

    def __init__(self):
        labels = small_labels()
        rng = np.random.default_rng(11)
        self.ignored = rng.random(labels.shape) < 0.08
        logits = 2.5 * np.eye(3)[labels].transpose(3, 0, 1, 2) + rng.normal(size=(3, *labels.shape))
        p = special.softmax(logits, axis=0).astype(np.float32)
        self.pipeline = Pipeline(Volume(labels[None], NAMES, SPACING, self.ignored[None]), [p])
        self.labels, counts = labels, ~self.ignored
        self.g = np.stack([labels == c for c in range(3)]) * counts
        self.p = p.astype(np.float64)
        within = self.p * counts
        self.dice = dice_gradient(self.g.astype(float), within) * counts
        self.cross_entropy = (within - self.g) / counts.sum() * counts
        self.decided = p.argmax(axis=0)

    def regions(self, index):
        inside, decided = self.labels == index, self.decided == index
        return [inside & decided, ~inside & decided, inside & ~decided, ~inside & ~decided]

    def found(self, kind, *more, painted=AT):
        asked = kind("v", complete_controls({}), LOSSES, *([painted, *more] if painted else []))
        return self.pipeline.answer(Request(asked))


@pytest.fixture(scope="module")
def case():
    return Case()


def test_squares_are_those_of_each_class_in_each_region(case):
    _, squares = case.found(GradientShares).found
    for name in ("dice", "cross_entropy"):
        gradient = getattr(case, name)
        expected = [
            [(gradient[c][region] ** 2).sum() for c, region in enumerate(of_classes)]
            for of_classes in zip(*[case.regions(c) for c in range(3)], strict=True)
        ]
        np.testing.assert_allclose(squares[name], expected, rtol=1e-5)


def test_all_squares_are_the_squared_norm(case):
    _, squares = case.found(GradientShares).found
    for result in case.found(Norms, painted=None).losses:
        assert squares[result.name].sum() == pytest.approx(result.gradient_norm**2, rel=1e-6)


def test_the_histogram_counts_voxels_by_sign_and_region(case):
    where, _ = case.found(GradientShares).found
    gradient, counts = case.dice[1], ~case.ignored
    assert where.edges[-1] == pytest.approx(np.abs(gradient).max(), rel=1e-5)
    for number, region in enumerate(case.regions(1)):
        values = gradient[region & counts]
        assert where.counts[:, number].sum(axis=1).tolist() == [
            (values < 0).sum(), (values > 0).sum(),
        ]  # fmt: skip
        # As a median of each sign: half of the voxels are in the bins below it.
        for sign, side in ((0, -values[values < 0]), (1, values[values > 0])):
            below = np.searchsorted(where.edges, np.median(side)) if len(side) else 0
            assert where.counts[sign, number, : max(below - 1, 0)].sum() <= len(side) / 2
            assert where.counts[sign, number, : below + 1].sum() >= len(side) / 2
    assert where.counts.sum() + where.others.sum() == counts.sum()


def test_the_mean_by_distance_is_that_of_scipys_distances(case):
    where, _ = case.found(GradientShares).found
    inside, counts = case.labels == 1, ~case.ignored
    away = [ndimage.distance_transform_edt(side, sampling=SPACING) for side in (inside, ~inside)]
    signed = np.where(inside, -away[0], away[1])
    unit = np.prod(SPACING) ** (1 / 3)
    assert where.distances[1] - where.distances[0] == pytest.approx(unit)
    for number, (low, high) in enumerate(zip(where.distances, where.distances[1:], strict=False)):
        there = (signed >= low - 1e-6) & (signed < high - 1e-6) & counts
        if there.any():
            mean = np.abs(case.dice[1][there]).mean()
            assert where.means[number] == pytest.approx(mean, rel=1e-4)
        else:
            assert np.isnan(where.means[number])


def test_a_profile_is_what_the_fields_have_along_its_line(case):
    found = case.found(ProfileLine, (3, 0, 2), (3, 8, 6)).found
    y = np.arange(9)
    x = np.rint(2 + y / 2).astype(int)
    counts = ~case.ignored[3, y, x]
    np.testing.assert_array_equal(found["truth"], case.labels[3, y, x] == 1)
    np.testing.assert_allclose(found["probability"], case.p[1, 3, y, x], rtol=1e-6)
    for name in ("dice", "cross_entropy"):
        expected = getattr(case, name)[1, 3, y, x]
        np.testing.assert_allclose(found[name][counts], expected[counts], rtol=1e-4, atol=1e-9)
        assert not found[name][~counts].any()


def test_beyond_a_crop_a_profile_has_no_value(small):
    asked = ProfileLine(
        "v", complete_controls({"margin": -1}), LOSSES, AT, (3, 4, 0), (3, 4, 10)
    )  # fmt: skip
    found = small.answer(Request(asked)).found
    assert np.isnan(found["probability"][[0, -1]]).all()
    assert np.isfinite(found["probability"][5])
