"""While the hand moves, numbers are asked for before the maps of the same state are painted."""

import numpy as np
import pytest

from lossexplorer.engine.messages import EXACT, Effort, LossSetting, MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls

SHIFTED = 1  # voxel of 1 mm along x: of a cube of 3³ voxels, two thirds stay in it


@pytest.fixture
def pipeline():
    labels = np.zeros((1, 5, 7, 9), np.uint8)
    labels[0, 1:4, 2:5, 2:5] = 1
    return Pipeline(Volume(labels, ("background", "cube"), (1.0, 1.0, 1.0)))


def request(effort):
    dice = LossSetting("dice", LOSSES["dice"].complete({"include_background": False}))
    painted = MapRequest("dice", 1, "logit", Plane(0, 2))
    controls = complete_controls({"shift_x": float(SHIFTED), "softness": 0.0})
    return Request(Maps("v", controls, (dice,), painted), effort)


@pytest.mark.parametrize("exact", [False, True])
def test_numbers_without_maps_are_those_of_the_answer_with_maps(pipeline, exact):
    early = pipeline.answer(request(Effort(exact, whole_field=False, painted=False)))
    found = pipeline.answer(request(Effort(exact, whole_field=False)))
    assert early.maps is None
    assert found.maps is not None
    assert early.losses == found.losses
    assert early.losses[0].value == pytest.approx(1 - 2 / 3, abs=1e-6)


def test_what_is_asked_at_rest_has_maps(pipeline):
    assert pipeline.answer(request(EXACT)).maps is not None
