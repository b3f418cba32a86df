"""Several gradients and predictions that one request paints."""

from dataclasses import replace

import numpy as np
import pytest

from lossexplorer.engine.messages import (
    EXACT,
    TOTAL,
    LossSetting,
    MapRequest,
    MapSubject,
    Plane,
    Request,
)
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls

CONTROLS = complete_controls({"shift_y": 1.0, "softness": 1.5, "confidence": 0.9})
PLANE = Plane(0, 2)
WEIGHTS = {"dice": 0.5, "cross_entropy": 2.0, "boundary": 0.25}


@pytest.fixture(scope="module")
def pipeline():
    labels = np.zeros((5, 12, 14), np.uint8)
    labels[1:4, 2:8, 3:9] = 1
    labels[1:4, 5:10, 8:12] = 2
    return Pipeline(Volume(labels, ("background", "a", "b"), (1.0, 1.0, 1.0)))


def answered(pipeline, further, plane=PLANE, losses=("dice", "cross_entropy")):
    settings = tuple(LossSetting(name, LOSSES[name].complete({}), WEIGHTS[name]) for name in losses)
    painted = MapRequest("dice", 1, "logit", plane, further=further)
    return pipeline.answer(Request(Maps("v", CONTROLS, settings, painted), EXACT)).maps


def fields(pipeline):
    """Truth and probabilities in float64, (class, z, y, x)."""
    g, p, _ = pipeline.fields(CONTROLS)
    return (np.asarray(field, np.float64)[0] for field in (g, p))


def through_softmax(p, slope):
    return p * (slope - (p * slope).sum(axis=0))


def expected(pipeline):
    """∂L/∂logit of every class: of the mean of 1 − 2I / (P + G), and of −Σ g log p / N."""
    g, p = fields(pipeline)
    i, mass, size = ((f).sum(axis=(1, 2, 3), keepdims=True) for f in (g * p, p, g))
    dice = -(2 * g * (mass + size) - 2 * i) / (mass + size) ** 2 / 3
    return {
        "dice": through_softmax(p, dice),
        "cross_entropy": (p - g) / g[0].size,  # Σ g = 1 in every voxel
    }


def test_each_subject_is_its_own_gradient_in_closed_form(pipeline):
    losses = ("dice", "cross_entropy")
    further = tuple(
        MapSubject("gradient", index, loss) for loss in (*losses, TOTAL) for index in range(3)
    )
    found = answered(pipeline, further)
    closed = expected(pipeline)
    closed[TOTAL] = 0.5 * closed["dice"] + 2.0 * closed["cross_entropy"]
    assert len(found.further) == 9
    for subject, gradient in zip(further, found.further, strict=True):
        reference = closed[subject.loss][subject.class_index, PLANE.index]
        np.testing.assert_allclose(gradient, reference, rtol=2e-4, atol=1e-9)
    np.testing.assert_array_equal(found.of(found.request.gradient), found.gradient)


def test_confidence_is_the_largest_probability_and_every_class_has_its_own(pipeline):
    further = (
        *(MapSubject("probability", index) for index in range(3)),
        MapSubject("confidence", 1),
    )
    *probabilities, confidence = answered(pipeline, further).further
    _, p = fields(pipeline)
    np.testing.assert_allclose(probabilities, p[:, PLANE.index], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(confidence, p[:, PLANE.index].max(axis=0), rtol=1e-5)


def test_a_volume_has_them_too(pipeline):
    further = (MapSubject("gradient", 2, "cross_entropy"), MapSubject("confidence", 1))
    gradient, confidence = answered(pipeline, further, plane=None).further
    _, p = fields(pipeline)
    reference = expected(pipeline)["cross_entropy"][2]
    np.testing.assert_allclose(gradient, reference, rtol=2e-4, atol=1e-9)
    np.testing.assert_allclose(confidence, p.max(axis=0), rtol=1e-5)


def test_only_the_gradient_of_a_pending_loss_is_missing(pipeline):
    """While a hand moves, losses of the whole field wait; the others do not wait for them."""
    losses = ("dice", "boundary")
    settings = tuple(LossSetting(name, LOSSES[name].complete({}), 1.0) for name in losses)
    further = (MapSubject("gradient", 1, "boundary"), MapSubject("gradient", 1, TOTAL))
    painted = MapRequest("dice", 1, "logit", PLANE, further=further)
    controls = complete_controls({"shift_x": 0.5, "softness": 1.0})
    effort = replace(EXACT, whole_field=False)
    answer = pipeline.answer(Request(Maps("v", controls, settings, painted), effort))
    assert np.isfinite(answer.maps.gradient).all()
    for gradient in answer.maps.further:
        assert np.isnan(gradient).all()
    assert "Boundary" in answer.maps.problem
    rested = pipeline.answer(Request(Maps("v", controls, settings, painted), EXACT)).maps
    boundary, total = rested.further
    assert np.isfinite(boundary).all()
    assert boundary.any()
    np.testing.assert_allclose(total, rested.gradient + boundary, rtol=1e-4, atol=1e-9)


def test_overlapping_classes_are_painted_each_from_its_own_plan():
    """Each class is a binary problem: ∂CE/∂logit is (p − g) / N of that class alone."""
    members = np.array([[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]], bool)
    labels = np.zeros((4, 10, 10), np.uint8)
    labels[1:3, 2:7, 2:7] = 1
    labels[1:3, 5:9, 5:9] = 2
    labels[1:3, 5:7, 5:7] = 3
    volume = Volume(labels, ("none", "a", "b"), (1.0, 1.0, 1.0), members=members)
    further = (MapSubject("gradient", 2, "cross_entropy"), MapSubject("probability", 2))
    gradient, p = answered(Pipeline(volume), further).further
    g = members[2][labels[PLANE.index]]
    found = gradient / (p.astype(np.float64) - g)
    np.testing.assert_allclose(found, found.flat[0], rtol=1e-3)
    assert found.flat[0] > 0


def test_one_request_brings_the_maps_of_three_planes(pipeline):
    """Every slice of them in closed form; the other axes' slices have other shapes."""
    across = (Plane(1, 6), Plane(2, 8))
    settings = tuple(LossSetting(name, LOSSES[name].complete({}), 1.0) for name in WEIGHTS)[:2]
    further = (MapSubject("gradient", 2, "cross_entropy"), MapSubject("probability", 0))
    painted = MapRequest("dice", 1, "logit", PLANE, further=further, across=across)
    found = pipeline.answer(Request(Maps("v", CONTROLS, settings, painted), EXACT)).maps
    assert found.request == painted
    assert [each.request.plane for each in found.slices] == [PLANE, *across]
    closed, (_, p) = expected(pipeline), fields(pipeline)
    for each in found.slices:
        axis, index = each.request.plane.axis, each.request.plane.index
        references = (closed["dice"][1], closed["cross_entropy"][2], p[0])
        for field, reference in zip((each.gradient, *each.further), references, strict=True):
            expected_slice = np.take(reference, index, axis)
            np.testing.assert_allclose(field, expected_slice, rtol=2e-4, atol=1e-9)
        np.testing.assert_allclose(each.probability, np.take(p[1], index, axis), rtol=1e-5)
        np.testing.assert_array_equal(each.decided, np.take(p.argmax(axis=0), index, axis))
