"""Targets: what an output is to predict, against closed forms and published numbers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.loss_choices import misfit
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.patches import PatchSource
from lossexplorer.learning.setup import InputImage, LossChoice, Output, Setup, Training
from lossexplorer.learning.targets import TARGETS, LabelledPatch, heads, target_named
from lossexplorer.learning.targets._classes import coarser
from lossexplorer.volumes.sample_volumes import open_sample_volume
from tests.learning.volumes import blocks, volume


def patch_of(labels, classes=3, spacing=(1.0, 1.0, 1.0)):
    labels = np.asarray(labels, np.uint8)
    image = np.random.default_rng(0).standard_normal(labels.shape, np.float32)
    return LabelledPatch(labels, image, spacing, classes)


LABELS = np.random.default_rng(1).integers(0, 3, (8, 8, 16))


# Classes


def test_the_segmentation_has_one_channel_for_each_class():
    values = TARGETS["segmentation"].values(patch_of(LABELS))
    assert values.dtype == np.float32
    assert np.array_equal(values.argmax(-1), LABELS)
    assert np.array_equal(values.sum(-1), np.ones(LABELS.shape))
    assert set(np.unique(values)) == {0, 1}


def test_the_foreground_is_every_class_but_the_background():
    values = TARGETS["foreground"].values(patch_of(LABELS))
    assert values.shape == (8, 8, 16, 2)
    assert np.array_equal(values[..., 1], LABELS > 0)
    assert np.array_equal(values[..., 0], LABELS == 0)


def test_the_foreground_under_a_sigmoid_is_one_channel():
    target = TARGETS["foreground_sigmoid"]
    values = target.values(patch_of(LABELS))
    assert values.dtype == np.float32
    assert values.shape == (8, 8, 16, 1)
    assert np.array_equal(values[..., 0] == 1, LABELS > 0)
    # One channel under a softmax would be 1 for every input.
    assert target.head(volume(LABELS)) == Head(1, "sigmoid", 1)
    for loss in target.losses:
        assert misfit(LossChoice(loss), target) == ""
    assert "choose binary_crossentropy" in misfit(LossChoice("dice"), target)


def test_the_foreground_under_a_softmax_of_one_channel_is_the_mistake():
    """Keras predicts 1, whatever comes in."""
    target = TARGETS["foreground_softmax"]
    assert np.array_equal(
        target.values(patch_of(LABELS)), TARGETS["foreground_sigmoid"].values(patch_of(LABELS))
    )
    assert target.head(volume(LABELS)) == Head(1, "softmax", 1)
    assert "choose categorical_crossentropy" in misfit(LossChoice("cross_entropy"), target)


# Coarser levels: the voxels that remain of a lesion (facts on deep supervision)


@pytest.mark.parametrize(
    ("name", "voxels", "remain"),
    [("nodule", 837, (85, 22, 0, 0)), ("tumour", 4137, (595, 16, 9, 1))],
)
def test_what_remains_of_a_lesion_on_coarser_levels(name, voxels, remain):
    labels = open_sample_volume(name).labels
    assert np.count_nonzero(labels) == voxels
    levels = [coarser(labels, scale) for scale in (2, 4, 8, 16)]
    assert [np.count_nonzero(level) for level in levels] == list(remain)


def test_the_level_is_not_the_one_of_plain_nearest_neighbours():
    """Which takes the first voxel of each block: of the tumour 436, 92, 15 and 0 remain."""

    def plain(labels, scale):
        kept = [length // scale for length in labels.shape]
        axes = [np.arange(k) * n // k for k, n in zip(kept, labels.shape, strict=True)]
        return labels[np.ix_(*axes)]

    labels = open_sample_volume("tumour").labels
    counts = [np.count_nonzero(plain(labels, scale)) for scale in (2, 4, 8, 16)]
    assert counts == [436, 92, 15, 0]


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_a_coarse_segmentation_takes_the_middle_of_every_block(scale):
    values = TARGETS[f"segmentation_{scale}"].values(patch_of(LABELS))
    middle = LABELS[scale // 2 :: scale, scale // 2 :: scale, scale // 2 :: scale]
    assert np.array_equal(values.argmax(-1), middle)
    assert np.array_equal(values.sum(-1), np.ones(middle.shape))


def test_an_axis_shorter_than_a_block_keeps_one_voxel():
    assert coarser(np.array([[[1, 2, 3, 4, 5, 6]]], np.uint8), 4).tolist() == [[[4]]]
    assert coarser(LABELS[:3], 2).shape == (1, 4, 8)


# Distances


def test_the_distance_on_a_plate_is_half_a_line():
    """Between planes 2 mm apart the distance grows by 2 mm a plane, and by 10 mm it is 1."""
    labels = np.zeros((16, 3, 3), np.uint8)
    labels[8:] = 1
    values = TARGETS["boundary_distance"].values(patch_of(labels, 2, (2.0, 1.0, 1.0)))
    expected = [-1, -1, -1, -1, -0.8, -0.6, -0.4, -0.2, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1]
    assert values[:, 1, 1, 0] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("edge", [1e-6, 1e-3, 0.02, 1000.0])
def test_the_reach_of_the_distance_follows_the_voxels(edge):
    """It was 10 mm in a volume of micrometres: 0 everywhere, and 10,000 voxels around a patch."""
    labels = np.zeros((4, 4, 30), np.uint8)
    labels[:, :, 15:] = 1
    target = TARGETS["boundary_distance"]
    found = target.values(patch_of(labels, 2, (edge,) * 3))
    assert found == pytest.approx(target.values(patch_of(labels, 2)), abs=1e-6)
    assert target.margin((edge,) * 3) == (10, 10, 10)


def test_a_patch_is_not_wider_than_what_can_matter():
    """Slices 1 µm apart, and pixels of 1 mm: 10 mm are 10,000 slices, and there are 8."""
    labels = np.zeros((8, 20, 24), np.uint8)
    labels[2:5, 4:12, 6:15] = 1
    spacing = (0.001, 1.0, 1.0)
    signed = ndimage.distance_transform_edt(labels, sampling=spacing)
    signed -= ndimage.distance_transform_edt(labels == 0, sampling=spacing)
    sizes = []

    def noted(patch):
        sizes.append(patch.labels.shape)
        return TARGETS["boundary_distance"].values(patch)

    target = replace(TARGETS["boundary_distance"], values=noted)
    output = Output("d", "boundary_distance", LossChoice("mean_squared_error"))
    source = PatchSource(
        volume(labels, spacing), Setup(outputs=(output,), training=Training(patch=(4, 8, 8)))
    )
    source._targets = {"d": target}
    batch = source.batch(1)
    assert max(size[0] for size in sizes) <= 4 + 2 * 8
    for place, values in zip(batch.places, batch.targets["d"], strict=True):
        box = tuple(slice(c, c + n) for c, n in zip(place.corner, (4, 8, 8), strict=True))
        assert values[..., 0] == pytest.approx(np.clip(signed / 10, -1, 1)[box], abs=1e-5)


@pytest.mark.parametrize(("label", "value"), [(0, -1), (1, 1)])
def test_without_a_boundary_in_reach_the_distance_is_the_largest(label, value):
    values = TARGETS["boundary_distance"].values(patch_of(np.full((2, 2, 2), label)))
    assert np.array_equal(values, np.full((2, 2, 2, 1), value))


def test_distances_of_patches_are_those_of_the_volume():
    """A patch knows the boundary outside of it as far as it matters (SciPy's distances)."""
    tumour = open_sample_volume("tumour")
    inside = tumour.labels > 0
    edges = tumour.spacing
    signed = ndimage.distance_transform_edt(inside, sampling=edges)
    signed -= ndimage.distance_transform_edt(~inside, sampling=edges)
    expected = np.clip(signed / 10, -1, 1)
    output = Output("d", "boundary_distance", LossChoice("mean_squared_error"))
    source = PatchSource(tumour, Setup(outputs=(output,), training=Training(patch=(4, 16, 16))))
    for step in range(1, 7):
        batch = source.batch(step)
        for place, values in zip(batch.places, batch.targets["d"], strict=True):
            box = tuple(slice(c, c + n) for c, n in zip(place.corner, (4, 16, 16), strict=True))
            assert values[..., 0] == pytest.approx(expected[box], abs=1e-5)


# The image


def test_the_image_is_the_input():
    patch = patch_of(LABELS)
    assert np.array_equal(TARGETS["image"].values(patch)[..., 0], patch.image)


# Heads


def test_the_output_layers():
    outputs = tuple(
        Output(name, name, LossChoice("dice"))
        for name in ("segmentation", "foreground", "boundary_distance", "image", "segmentation_4")
    )
    assert heads(Setup(outputs=outputs), blocks()) == {
        "segmentation": Head(3, "softmax", 1),
        "foreground": Head(2, "softmax", 1),
        "boundary_distance": Head(1, "linear", 1),
        "image": Head(1, "linear", 1),
        "segmentation_4": Head(3, "softmax", 4),
    }


def test_a_volume_of_nothing_but_background_still_has_two_channels():
    """One channel under a softmax would be 1 whatever comes in."""
    empty = volume(np.zeros((4, 4, 4)))
    setup = Setup(image=InputImage(noise=0.0), training=Training(patch=(4, 4, 4), batch=1))
    assert heads(setup, empty)["y1"].channels == 2
    assert PatchSource(empty, setup).batch(1).targets["y1"].shape == (1, 4, 4, 4, 2)


@pytest.mark.parametrize("name", TARGETS)
def test_the_values_have_the_shape_of_the_output_layer(name):
    setup = Setup(
        outputs=(Output("y", name, LossChoice(TARGETS[name].losses[0])),),
        training=Training(patch=(8, 8, 8), batch=3),
    )
    source = PatchSource(blocks(), setup)
    head = source.heads["y"]
    expected = (3, *[8 // head.scale] * 3, head.channels)
    values = source.batch(1).targets["y"]
    assert (values.shape, values.dtype) == (expected, np.float32)


def test_an_unknown_target_is_refused_with_the_closest_name():
    with pytest.raises(ParameterError, match="did you mean 'segmentation'"):
        target_named("segmentatoin")
