"""While the hand moves, numbers are told before the maps of the same answer are painted."""

import numpy as np
import pytest

from lossexplorer.engine.messages import EXACT, PREVIEW, LossSetting, MapRequest, Plane, Request
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions import Maps
from lossexplorer.engine.volume import Volume
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls

SHIFTED = 1  # voxel of 1 mm along x: of a cube of 3³ voxels, two thirds stay in it


@pytest.fixture
def told():
    return []


@pytest.fixture
def pipeline(told):
    labels = np.zeros((1, 5, 7, 9), np.uint8)
    labels[0, 1:4, 2:5, 2:5] = 1
    return Pipeline(Volume(labels, ("background", "cube"), (1.0, 1.0, 1.0)), report=told.append)


def request(effort):
    dice = LossSetting("dice", LOSSES["dice"].complete({"include_background": False}))
    painted = MapRequest("dice", 1, "logit", Plane(0, 2))
    controls = complete_controls({"shift_x": float(SHIFTED), "softness": 0.0})
    return Request(Maps("v", controls, (dice,), painted), effort)


def test_the_numbers_are_told_without_maps_and_are_those_of_the_answer(pipeline, told):
    found = pipeline.answer(request(PREVIEW))
    (early,) = told
    assert early.maps is None
    assert found.maps is not None
    assert early.request == found.request
    assert early.losses == found.losses
    assert early.losses[0].value == pytest.approx(1 - 2 / 3, abs=1e-6)


def test_nothing_is_told_before_what_is_asked_exactly_at_rest(pipeline, told):
    pipeline.answer(request(EXACT))
    assert told == []
