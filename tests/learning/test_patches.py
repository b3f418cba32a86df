"""Patches: a pure function of seed and step, mostly where something is labelled."""

import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.patches import PatchSource, batch_bytes
from lossexplorer.learning.setup import InputImage, LossChoice, Output, Setup, Training
from lossexplorer.volumes.model.batch import batch_of
from lossexplorer.volumes.sample_volumes import open_sample_volume, open_sample_volumes
from tests.learning.volumes import blocks, volume

SETUP = Setup(training=Training(patch=(4, 6, 6), batch=2))


def same(one, other):
    arrays = zip([one.x, *one.targets.values()], [other.x, *other.targets.values()], strict=True)
    return all(np.array_equal(a, b) for a, b in arrays) and one.places == other.places


def setup_of(patch, batch=2, seed=7, **options):
    return Setup(training=Training(patch=patch, batch=batch, seed=seed), **options)


def test_a_step_has_the_same_patches_in_any_order_and_in_another_source():
    one, other = PatchSource(blocks(), SETUP), PatchSource(blocks(), SETUP)
    forwards = [one.batch(step) for step in range(1, 9)]
    backwards = [other.batch(step) for step in range(8, 0, -1)][::-1]
    assert all(map(same, forwards, backwards))


def test_steps_and_seeds_differ():
    source = PatchSource(open_sample_volume("tumour"), SETUP)
    places = {source.batch(step).places for step in range(1, 21)}
    assert len(places) == 20
    another = PatchSource(open_sample_volume("tumour"), setup_of((4, 6, 6), seed=8))
    assert another.batch(1).places not in places


def test_a_patch_is_what_the_volume_has_there():
    image = np.arange(8 * 12 * 12, dtype=np.float32).reshape(8, 12, 12)
    whole = blocks(image=image)
    batch = PatchSource(whole, SETUP).batch(1)
    for place, x, truth in zip(batch.places, batch.x, batch.targets["y1"], strict=True):
        box = tuple(slice(c, c + n) for c, n in zip(place.corner, (4, 6, 6), strict=True))
        part = whole.within(box)
        assert np.array_equal(truth.argmax(-1), part.labels)
        assert x[..., 0] == pytest.approx((part.image - image.mean()) / image.std(), abs=1e-5)


def test_three_of_four_patches_touch_a_labelled_voxel():
    """Of the nodule's 12.6 million voxels 837 are labelled: by chance no patch would hold one."""
    source = PatchSource(open_sample_volume("nodule"), setup_of((8, 8, 8), batch=4))
    touching = [
        [bool(truth[..., 1].any()) for truth in source.batch(step).targets["y1"]]
        for step in range(1, 11)
    ]
    assert touching == [[True, True, True, False]] * 10


def test_a_small_class_is_met_as_often_as_a_large_one():
    """A lesion of 123 voxels beside an organ of 33,401: 150 draws of either, five deviations."""
    lesion = open_sample_volume("lesion")
    source = PatchSource(lesion, setup_of((1, 1, 1), batch=4))
    # A patch of one voxel holds the voxel that was drawn.
    drawn = [
        int(truth.argmax())
        for step in range(1, 101)
        for truth in source.batch(step).targets["y1"][:3]
    ]
    counts = np.bincount(drawn, minlength=3)
    assert counts[0] == 0
    assert counts[1] == pytest.approx(150, abs=5 * np.sqrt(300 / 4))


def test_where_nothing_is_labelled_patches_lie_anywhere():
    empty = volume(np.zeros((8, 12, 12)))
    source = PatchSource(empty, SETUP)
    corners = {place.corner for step in range(1, 21) for place in source.batch(step).places}
    assert len(corners) > 20


def test_every_corner_can_be_met_and_none_lies_outside():
    source = PatchSource(blocks((3, 4, 5)), setup_of((2, 3, 4), batch=4))
    corners = {place.corner for step in range(1, 61) for place in source.batch(step).places}
    assert corners == {(z, y, x) for z in (0, 1) for y in (0, 1) for x in (0, 1)}


def test_a_single_slice_is_repeated_along_z():
    ids = np.zeros((1, 12, 12), np.uint8)
    ids[0, 3:9, 3:9] = 1
    batch = PatchSource(volume(ids), setup_of((4, 6, 6))).batch(1)
    assert batch.x.shape == (2, 4, 6, 6, 1)
    for array in (batch.x, *batch.targets.values()):
        assert np.array_equal(array, np.repeat(array[:, :1], 4, axis=1))


def test_a_volume_smaller_than_the_patch_lies_in_its_middle():
    image = np.arange(8.0).reshape(2, 2, 2)
    small = volume([[[0, 1], [0, 1]], [[0, 1], [0, 1]]], image=image)
    batch = PatchSource(small, setup_of((2, 2, 4), batch=1)).batch(1)
    assert batch.places[0].corner == (0, 0, -1)
    assert batch.targets["y1"][0, ..., 1].tolist() == [[[0, 0, 1, 1]] * 2] * 2
    expected = (image[..., [0, 0, 1, 1]] - 3.5) / np.sqrt(5.25)
    assert batch.x[0, ..., 0] == pytest.approx(expected)


def test_the_patches_of_a_batch_come_from_every_sample():
    samples = batch_of(open_sample_volumes("imbalance"))
    source = PatchSource(samples, setup_of((8, 8, 8), batch=4))
    batches = [source.batch(step) for step in range(1, 11)]
    assert {place.sample for batch in batches for place in batch.places} == {0, 1}
    for batch in batches:
        for place, truth in zip(batch.places, batch.targets["y1"], strict=True):
            box = tuple(slice(c, c + 8) for c in place.corner)
            assert np.array_equal(truth.argmax(-1), samples[place.sample].labels[box])


def test_the_bytes_of_a_batch_are_counted_before_it_is_made():
    outputs = tuple(
        Output(name, name, LossChoice("dice"))
        for name in ("segmentation", "boundary_distance", "segmentation_2")
    )
    source = PatchSource(blocks(), setup_of((5, 6, 6), outputs=outputs))
    batch = source.batch(1)
    arrays = [batch.x, *batch.targets.values()]
    assert source.bytes_of_a_batch == sum(array.nbytes for array in arrays)
    # 2 patches of 4 bytes: input, two classes, and half the length with two classes.
    assert batch_bytes((16, 32, 32), 2, {"y": Head(2, "softmax", 2)}) == 8 * (16384 + 4096)


@pytest.mark.parametrize(
    ("training", "said"),
    [
        (Training(patch=(0, 8, 8)), r"at least 1 voxel, not \(0, 8, 8\)"),
        (Training(batch=0), "at least one patch, not 0"),
    ],
)
def test_what_is_no_patch_is_refused(training, said):
    with pytest.raises(ParameterError, match=said):
        PatchSource(blocks(), Setup(training=training))


def test_the_input_is_the_simulated_image_if_that_is_asked_for():
    whole = blocks(image=np.zeros((8, 12, 12)))
    choice = InputImage(is_simulated=True, intensities=(0.0, 1.0, 2.0), noise=0.0)
    batch = PatchSource(whole, setup_of((4, 6, 6), image=choice)).batch(1)
    assert np.array_equal(batch.x[..., 0], batch.targets["y1"].argmax(-1))
