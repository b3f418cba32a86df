"""Smoothed labels in the engine: no row stands for others, because every probability counts."""

import numpy as np
import pytest

from lossexplorer.engine.messages import MapRequest, Plane
from lossexplorer.engine.pipeline import Pipeline, Volume
from lossexplorer.predictions import complete_controls
from tests.engine.small import ask, asking, setting

NAMES = ("background", "ball", "core")
SPACING = (2.0, 0.75, 1.25)
SHAPE = (24, 64, 64)
CONTROLS = {"softness": 0.1, "shift_x": 0.4}
EPSILON = 0.125


@pytest.fixture(scope="module")
def pipeline():
    """Two balls, one in the other, far from which the prediction is certain."""
    z, y, x = np.indices(SHAPE) - np.reshape([12, 32, 32], (3, 1, 1, 1))
    distance = np.sqrt((2 * z) ** 2 + (0.75 * y) ** 2 + (1.25 * x) ** 2)
    labels = (distance < 9).astype(np.uint8) + (distance < 4)
    return Pipeline(Volume(labels.astype(np.uint8), NAMES, SPACING))


def float64_fields(pipeline):
    return [np.asarray(f[0], "f8") for f in pipeline.fields(complete_controls(CONTROLS))]


def smoothed_truth(g):
    return (1 - EPSILON) * g + EPSILON / len(g)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("weights", ["none", (0.5, 2.0, 0.0)])
def test_every_class_counts_in_every_voxel(pipeline, exact, weights):
    loss = setting("cross_entropy", label_smoothing=EPSILON, class_weights=weights)
    plain = setting("cross_entropy")
    # The rows that the step needs without smoothing are few, once a control has moved.
    pipeline.answer(ask((plain,), softness=0.2))
    before = pipeline.answer(ask((plain,), **CONTROLS)).losses[0].value
    assert pipeline.plans[0].counted.are_chosen
    answer = pipeline.answer(asking(ask((loss, plain), **CONTROLS), exact=exact))
    g, _, log_p = float64_fields(pipeline)
    factors = np.ones(3) if weights == "none" else np.array(weights)
    expected = -(factors[:, None, None, None] * smoothed_truth(g) * log_p).sum(axis=0).mean()
    assert answer.losses[0].value == pytest.approx(expected, rel=1e-6)
    assert answer.losses[1].value == pytest.approx(before, rel=1e-6)
    assert answer.losses[0].value > 10 * before
    assert not answer.preview


def test_the_gradient_in_the_logit_is_p_minus_the_smoothed_truth(pipeline):
    loss = setting("cross_entropy", label_smoothing=EPSILON)
    plane = Plane(0, 12)
    painted = MapRequest("cross_entropy", 1, "logit", plane)
    answer = pipeline.answer(ask((loss,), painted, **CONTROLS))
    g, p, _ = float64_fields(pipeline)
    expected = (p - smoothed_truth(g))[1, 12] / g[0].size
    np.testing.assert_allclose(answer.maps.gradient, expected, rtol=1e-4, atol=1e-10)


def test_without_smoothing_nothing_is_summed_for_it(pipeline):
    pipeline.answer(ask((setting("cross_entropy"),), **CONTROLS))
    assert set(pipeline.sums(complete_controls(CONTROLS), (setting("cross_entropy"),)).own) == {
        "positive"
    }


def test_a_hard_prediction_has_log_0_of_the_other_classes(pipeline):
    """The sentence says why, and the cure is one that makes it finite."""
    loss = setting("cross_entropy", label_smoothing=EPSILON)
    (result,) = pipeline.answer(ask((loss,))).losses
    assert np.isinf(result.value)
    objects = int(pipeline.plans[0].truth[1:].sum())
    words = [problem.text for problem in result.problems]
    assert f"log 0 in {objects:,} voxels, where the prediction of a class is 0" in words[0]
