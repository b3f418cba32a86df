"""A class in every voxel, where rows stand for others and where voxels are left over."""

import numpy as np
import pytest

from lossexplorer.engine.messages import MapRequest, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Numbers
from lossexplorer.engine.volume import Volume
from lossexplorer.engine.volume_fields import volume_fields
from lossexplorer.predictions import complete_controls
from tests.engine.small import setting
from tests.engine.test_gradient_parts import dice_gradient

CONFIDENCE = 0.9
LOSSES = (setting("dice"), setting("cross_entropy"))


@pytest.fixture(scope="module")
def boxes():
    """Two boxes in a volume of 21 · 23 · 41 voxels, which are no whole number of rows."""
    labels = np.zeros((21, 23, 41), np.uint8)
    labels[4:9, 5:9, 6:20] = 1
    labels[12:18, 10:20, 25:39] = 2
    return Pipeline(Volume(labels[None], ("background", "a", "b"), (2.0, 1.0, 1.0)))


@pytest.mark.parametrize("wrt", ["logit", "probability"])
def test_boxes_that_moved_by_two_voxels_have_closed_forms(boxes, wrt):
    controls = complete_controls({"shift_x": 2.0, "confidence": CONFIDENCE})
    request = Request(Numbers("v", controls, LOSSES))
    boxes.answer(request)
    assert boxes.plans[0].counted.are_chosen
    evaluated = boxes.evaluate(request, lambda _: True).evaluated
    found = volume_fields(boxes, MapRequest("dice", 1, wrt, None), evaluated)

    labels = boxes.volume.samples[0]
    moved = np.zeros_like(labels)
    moved[..., 2:] = labels[..., :-2]
    p = np.stack([np.where(moved == c, CONFIDENCE, (1 - CONFIDENCE) / 2) for c in range(3)])
    g = np.stack([labels == c for c in range(3)]).astype(float)
    np.testing.assert_allclose(found.probability, p[1], rtol=1e-6)
    np.testing.assert_array_equal(found.decided, moved == 1)
    if wrt == "logit":
        expected = {"dice": dice_gradient(g, p)[1], "cross_entropy": (p - g)[1] / labels.size}
    else:
        i, both = (g[1] * p[1]).sum(), (g[1] + p[1]).sum()
        dice = -2 * (g[1] * both - i) / both**2 / 3
        expected = {"dice": dice, "cross_entropy": -g[1] / p[1] / labels.size}
    for name, gradient in expected.items():
        np.testing.assert_allclose(found.gradients[name], gradient, rtol=1e-5)
