"""Scores against scipy's Euclidean distance transform in float64."""

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.predictions import VolumeSide, class_scores, continued_scores, scores_beyond

SPACINGS = [(1.0, 1.0, 1.0), (6.5, 0.78125, 0.78125), (0.3, 2.0, 0.7)]


def reference(labels, classes, spacing):
    """Half the signed distance to the nearest voxel on the other side."""
    scores = []
    for index in range(classes):
        member = labels == index
        inside = ndimage.distance_transform_edt(member, sampling=spacing)
        outside = ndimage.distance_transform_edt(~member, sampling=spacing)
        scores.append((inside - outside) / 2)
    return np.stack(scores)


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_scores_are_half_the_signed_distance(spacing, dtype):
    rng = np.random.default_rng(4)
    coarse = rng.integers(0, 4, (2, 3, 4))
    labels = coarse.repeat(4, 0).repeat(5, 1).repeat(3, 2)[:7, :13].astype(dtype)
    found = class_scores(labels, 4, spacing)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reference(labels, 4, spacing), rtol=1e-6)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_one_voxel_of_a_class(spacing):
    labels = np.zeros((5, 6, 7), np.uint8)
    labels[1, 2, 5] = 1
    found = class_scores(labels, 2, spacing)
    np.testing.assert_allclose(found, reference(labels, 2, spacing), rtol=1e-6)
    assert found[1, 1, 2, 5] == pytest.approx(min(spacing) / 2, rel=1e-6)


def test_two_touching_classes_differ_by_the_distance_to_their_boundary():
    labels = np.zeros((1, 1, 12), np.uint8)
    labels[..., 4:8], labels[..., 8:] = 1, 2
    found = class_scores(labels, 3, (1.0, 1.0, 2.0))[:, 0, 0]
    np.testing.assert_array_equal(found[2, 6:10] - found[1, 6:10], [-4, -2, 2, 4])


def test_an_absent_class_has_no_distance_and_one_that_fills_the_volume_no_boundary():
    found = class_scores(np.ones((3, 4, 5), np.uint8), 3, (1.0, 1.0, 1.0))
    assert (found[1] == 0).all()
    assert np.isneginf(found[[0, 2]]).all()


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("axis", range(3), ids=list("zyx"))
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_scores_beyond_a_side_are_distances_in_the_continued_volume(spacing, axis, is_first, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, rng.integers(1, 8, 3)).astype(np.uint8)
    labels[rng.random(labels.shape) < seed / 6] = 0
    length, planes, classes = labels.shape[axis], int(rng.integers(1, 12)), labels.max() + 1
    places = np.arange(-planes, 0) if is_first else np.arange(length, length + planes)
    # Far enough beyond every side for the nearest voxel of another class.
    around = [np.arange(-12, n + 12) for n in labels.shape]
    wide = labels[np.ix_(*(a.clip(0, n - 1) for a, n in zip(around, labels.shape, strict=True)))]
    expected = reference(wide, classes, spacing)
    index = [slice(None), *[slice(12, -12)] * 3]
    index[axis + 1] = places + 12
    expected = expected[tuple(index)]
    found = scores_beyond(labels, classes, spacing, VolumeSide(axis, is_first), planes)
    present = np.unique(labels)
    if len(present) > 1:
        np.testing.assert_allclose(found[present], expected[present], rtol=1e-6)
    else:
        assert (found[present] == 0).all()
    absent = np.setdiff1d(np.arange(classes), present)
    assert np.isneginf(found[absent]).all()
    inner = np.take(class_scores(labels, classes, spacing), [0 if is_first else -1], axis + 1)
    ends = np.take(found, [-1 if is_first else 0], axis + 1)
    assert (abs(inner - ends)[present] <= spacing[axis] + 1e-6).all()


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("planes", [((0, 0), (3, 0), (0, 2)), ((2, 1), (0, 4), (5, 3))])
def test_scores_continue_around_edges_and_corners(spacing, planes):
    labels = np.random.default_rng(8).integers(0, 3, (4, 5, 6)).astype(np.uint8)
    inner = reference(np.pad(labels, 12, mode="edge"), 3, spacing)[:, 12:-12, 12:-12, 12:-12]
    found = continued_scores(inner.astype(np.float32), labels, 3, spacing, planes)
    kept = [slice(None)] + [
        slice(12 - a, n + 12 + b) for (a, b), n in zip(planes, labels.shape, strict=True)
    ]
    expected = reference(np.pad(labels, 12, mode="edge"), 3, spacing)[tuple(kept)]
    np.testing.assert_allclose(np.stack(list(found)), expected, rtol=1e-6)


def test_the_array_given_stays_as_it_was():
    labels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 3
    before = labels.copy()
    labels.flags.writeable = False
    class_scores(labels, 3, (1.0, 1.0, 1.0))
    np.testing.assert_array_equal(labels, before)


def test_the_memory_order_does_not_matter():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, (6, 7, 8)).astype(np.uint8)
    expected = class_scores(labels, 3, (1.0, 2.0, 3.0))
    other = np.asfortranarray(labels)
    np.testing.assert_array_equal(class_scores(other, 3, (1.0, 2.0, 3.0)), expected)
    turned = np.ascontiguousarray(labels.transpose(2, 0, 1))
    found = class_scores(turned, 3, (3.0, 1.0, 2.0)).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
