"""Every class's probability and every loss's gradient in one voxel."""

import numpy as np
import pytest

from lossexplorer.engine.messages import EXACT, PREVIEW, TOTAL, LossSetting, MapRequest, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from tests.engine.test_further_maps import CONTROLS, PLANE, WEIGHTS, expected, fields, pipeline

__all__ = ["pipeline"]

CORNER, BOUNDARY = (0, 11, 13), (2, 3, 5)


def values(pipeline, voxel, losses, *, wrt="logit", effort=EXACT, controls=CONTROLS, **weights):
    settings = tuple(
        LossSetting(name, LOSSES[name].complete({}), weights.get(name, WEIGHTS.get(name, 1.0)))
        for name in losses
    )
    painted = MapRequest("dice", 1, wrt, PLANE, voxel=voxel)
    return pipeline.answer(Request(Maps("v", controls, settings, painted), effort)).maps.at_voxel


@pytest.mark.parametrize("voxel", [BOUNDARY, CORNER])
def test_probabilities_and_gradients_are_those_in_closed_form(pipeline, voxel):
    """In a voxel of the slice that is painted, and in one that is not."""
    found = values(pipeline, voxel, ("dice", "cross_entropy"))
    _, p = fields(pipeline)
    closed = expected(pipeline)
    closed[TOTAL] = 0.5 * closed["dice"] + 2.0 * closed["cross_entropy"]
    assert found.voxel == voxel
    np.testing.assert_allclose(found.probabilities, p[(..., *voxel)], rtol=1e-5, atol=1e-12)
    assert list(found.gradients) == ["dice", "cross_entropy", TOTAL]
    for loss, gradient in found.gradients.items():
        reference = closed[loss][(1, *voxel)]
        assert gradient == pytest.approx(reference, rel=2e-4, abs=1e-9), loss
    assert not found.pending


def test_it_is_the_dense_pipeline_with_losses_of_every_kind(pipeline):
    losses = ("dice", "focal", "cross_entropy", "boundary")
    dense = Pipeline(pipeline.volume, dense=True)
    for wrt in ("logit", "probability"):
        sparse, whole = (values(each, BOUNDARY, losses, wrt=wrt) for each in (pipeline, dense))
        np.testing.assert_allclose(sparse.probabilities, whole.probabilities, rtol=1e-5)
        for loss in (*losses, TOTAL):
            expected = whole.gradients[loss]
            assert sparse.gradients[loss] == pytest.approx(expected, rel=2e-4, abs=1e-9), loss


def test_what_needs_the_whole_field_is_pending_while_the_hand_moves(pipeline):
    controls = complete_controls({"shift_y": 0.37, "softness": 1.5})
    found = values(pipeline, BOUNDARY, ("dice", "boundary"), effort=PREVIEW, controls=controls)
    assert found.pending == {"boundary", TOTAL}
    assert np.isnan([found.gradients["boundary"], found.gradients[TOTAL]]).all()
    assert np.isfinite(found.gradients["dice"])
    assert not values(pipeline, BOUNDARY, ("dice", "boundary"), controls=controls).pending


def test_a_total_without_a_weight_is_0_and_a_cropped_voxel_has_no_values(pipeline):
    assert values(pipeline, BOUNDARY, ("dice",), dice=0.0).gradients[TOTAL] == 0.0
    controls = complete_controls({"margin": -1.0})
    cropped = values(pipeline, CORNER, ("dice",), controls=controls)
    assert np.isnan(cropped.probabilities).all()
    assert np.isnan(list(cropped.gradients.values())).all()


def test_overlapping_classes_have_each_their_own_probability():
    labels = np.zeros((4, 6, 6), np.uint8)
    labels[1:3, 1:5, 1:3] = 1
    labels[1:3, 1:5, 3:5] = 2
    # Label 2 is in both classes: p = σ(score of the class), whichever the other one has.
    members = np.array([[True, False, False], [False, True, True], [False, False, True]])
    overlapping = Pipeline(
        Volume(labels, ("background", "a", "b"), (1.0, 1.0, 1.0), members=members)
    )
    controls = complete_controls({"confidence": 0.9})
    inside = values(overlapping, (1, 2, 4), ("dice",), controls=controls).probabilities
    only_first = values(overlapping, (1, 2, 1), ("dice",), controls=controls).probabilities
    assert np.isnan([inside[0], only_first[0]]).all()
    np.testing.assert_allclose(inside[1:], [0.9, 0.9], rtol=1e-6)
    np.testing.assert_allclose(only_first[1:], [0.9, 0.1], rtol=1e-6)
