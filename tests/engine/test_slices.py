"""A volume of one slice has the numbers of two dimensions.

The reference is the same slice nine times in a stack, of which the middle one is looked at: what
has no z in two dimensions changes nothing along z there.
"""

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.messages import LossSetting, MapRequest
from lossexplorer.engine.pipeline import Pipeline, Volume
from lossexplorer.losses import loss_named
from lossexplorer.predictions import check_room, complete_controls, without_room
from tests.engine.small import ask

SPACING = (2.5, 0.9, 0.8)
NAMES = ("background", "a", "b")
SLICES = 9

CONTROLS = [
    {"shift_x": 1.04, "softness": 1.0},
    {"shift_y": -1.8},
    {"rotate_z": 12.0},
    {"scale": 1.2},
    {"grow": 1.5},
    {"grow": -1.1, "softness": 0.5},
    {"softness": 1.0, "temperature": 2.0},
    {"confidence": 0.9},
    {"rim": 2.0, "rim_share": 0.4},
    {"missing": 0.5},
    {"margin": -2.0},
    {"softness": 1.0, "harden": "argmax"},
]


@pytest.fixture(scope="module")
def plane():
    labels = np.zeros((24, 30), np.uint8)
    labels[4:14, 3:12] = 1
    labels[9:20, 18:26] = 2
    labels[20:22, 3:7] = 1
    return labels


def pipeline(plane, slices):
    return Pipeline(Volume(np.repeat(plane[None, None], slices, 1), NAMES, SPACING))


@pytest.fixture(scope="module")
def slice_alone(plane):
    return pipeline(plane, 1)


@pytest.fixture(scope="module")
def stack(plane):
    return pipeline(plane, SLICES)


def fields(made, controls):
    g, p, _ = (backend.to_numpy(each) for each in made.fields(complete_controls(controls)))
    return g, p


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("controls", CONTROLS, ids=str)
def test_a_degradation_of_a_slice_is_that_of_the_middle_of_a_stack(slice_alone, stack, controls):
    for alone, within in zip(fields(slice_alone, controls), fields(stack, controls), strict=True):
        assert alone.shape[2] == 1
        np.testing.assert_allclose(alone[:, :, 0], within[:, :, within.shape[2] // 2], atol=1e-6)


@pytest.mark.usefixtures("uncompiled")
def test_a_blur_stays_within_the_slice(plane, slice_alone):
    """As SciPy blurs an image of two axes, with background beyond its edges."""
    _, p = fields(slice_alone, {"blur": 1.5})
    for index in range(3):
        expected = ndimage.gaussian_filter(
            (plane == index).astype(float),
            (1.5 / 0.9, 1.5 / 0.8),
            mode="constant",
            cval=float(index == 0),
            truncate=4.0,
        )
        np.testing.assert_allclose(p[0, index, 0], expected, atol=1e-6)


@pytest.mark.usefixtures("uncompiled")
def test_padding_and_cropping_keep_the_slice(slice_alone):
    """In whole voxels of 0.9 and 0.8 mm: 2 at each side, or 4 and 5."""
    assert fields(slice_alone, {"margin": 1.8})[0].shape[2:] == (1, 24 + 4, 30 + 4)
    assert fields(slice_alone, {"margin": -3.6})[0].shape[2:] == (1, 24 - 8, 30 - 8)


KINDS = ("dice", "cross_entropy", "lovasz_softmax", "boundary", "hausdorff", "cl_dice")
"""Of class sums, of voxels, of sorted voxels, of distances and of skeletons."""


def unsmoothed(name):
    """A loss without smoothing, beside which the stack would have nine times as many voxels."""
    described = loss_named(name)
    smooth = {p.name: 0.0 for p in described.parameters if p.name in ("smooth", "smooth_nr")}
    return LossSetting(name, described.complete(smooth))


@pytest.mark.usefixtures("uncompiled")
def test_every_kind_of_loss_of_a_slice_is_that_of_the_stack(slice_alone, stack):
    """Each is a mean, or a ratio of sums, so the stack has the same value."""
    settings = [unsmoothed(name) for name in KINDS]
    controls = complete_controls({"softness": 1.0, "shift_x": 1.6})
    alone, within = (
        {each.name: each.value for each in made.results(settings, controls)}
        for made in (slice_alone, stack)
    )
    assert np.isfinite(list(alone.values())).all()
    assert alone == pytest.approx(within, rel=2e-5, abs=1e-6)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("name", ["dice", "boundary", "hausdorff", "cl_dice"])
def test_the_gradient_of_a_slice_is_that_of_all_slices_together(slice_alone, stack, name):
    request = ask(
        [unsmoothed(name)], MapRequest(name, 1, "probability", None), softness=1.0, shift_x=1.6
    )
    alone, within = (made.answer(request).maps.gradient.sum(0) for made in (slice_alone, stack))
    assert alone.any()
    np.testing.assert_allclose(alone, within, rtol=1e-3, atol=2e-4 * abs(alone).max())


def test_what_would_leave_the_slice_is_refused():
    assert set(without_room((1, 24, 30))) == {"rotate_x", "rotate_y", "shift_z"}
    assert set(without_room((24, 1, 30))) == {"rotate_x", "rotate_z", "shift_y"}
    turns = {"rotate_x", "rotate_y", "rotate_z"}
    assert set(without_room((1, 1, 30))) == {*turns, "shift_y", "shift_z"}
    assert without_room((2, 24, 30)) == ()
    for name in without_room((1, 24, 30)):
        with pytest.raises(ParameterError, match=f"{name} moves the prediction out of the volume"):
            check_room(complete_controls({name: 1.0}), (1, 24, 30))
    check_room(complete_controls({"shift_x": 1.0, "rotate_z": 5.0}), (1, 24, 30))
