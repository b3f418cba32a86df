"""Small pictures of a slice: every pixel is the colour of the voxel that lies there."""

import numpy as np
import pytest

from lossexplorer.engine.messages import Plane
from lossexplorer.viewer.colors import ERROR_COLORS, FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE
from lossexplorer.viewer.thumbnails import thumbnail
from lossexplorer.volumes import LabelClass, LabelVolume

BLACK = (0, 0, 0)


def volume(labels, image=None, spacing=(1.0, 1.0, 1.0)):
    labels = np.asarray(labels, np.uint8)
    classes = tuple(
        LabelClass(i, f"class {i}", int((labels == i).sum())) for i in range(labels.max() + 1)
    )
    return LabelVolume(labels, classes, spacing, True, "v", "v", image=image)


def over(grey, color):
    """A colour over a grey value, both from 0 to 1, as 8 bits a channel."""
    *rgb, opacity = color
    return tuple(round(255 * ((1 - opacity) * grey + opacity * value)) for value in rgb)


def pixels(picture):
    return [[tuple(map(int, pixel)) for pixel in row] for row in picture]


@pytest.fixture
def square():
    """Two by two voxels of class 1 in the middle of four by four, without an image."""
    labels = np.zeros((1, 4, 4), np.uint8)
    labels[0, 1:3, 1:3] = 1
    return volume(labels)


def test_each_kind_of_error_has_its_colour(square):
    error = np.zeros((1, 4, 4), np.uint8)
    error[0, 1] = [0, FALSE_NEGATIVE, TRUE_POSITIVE, FALSE_POSITIVE]
    error[0, 2] = [0, FALSE_NEGATIVE, TRUE_POSITIVE, FALSE_POSITIVE]
    found = pixels(thumbnail(square, 1, error, Plane(0, 0), (1, 2), (4, 4)))
    grey = 0.08
    under = 0.75 * grey + 0.25  # light over the labels
    row = [
        over(grey, (0, 0, 0, 0)),
        over(under, ERROR_COLORS[FALSE_NEGATIVE]),
        over(under, ERROR_COLORS[TRUE_POSITIVE]),
        over(grey, ERROR_COLORS[FALSE_POSITIVE]),
    ]
    empty = [over(grey, (0, 0, 0, 0))] * 4
    assert found == [empty, row, row, empty]


def test_rows_and_columns_are_swapped_with_the_axes(square):
    error = np.zeros((1, 4, 4), np.uint8)
    error[0, 1, 3] = FALSE_POSITIVE
    upright = thumbnail(square, 1, error, Plane(0, 0), (1, 2), (8, 8))
    swapped = thumbnail(square, 1, error, Plane(0, 0), (2, 1), (8, 8))
    assert pixels(swapped) == pixels(upright.transpose(1, 0, 2))
    assert pixels(swapped) != pixels(upright)


def test_voxels_have_their_shape_in_mm(square):
    """Three times as long as wide, around labels that fill half of the height."""
    long = volume(square.labels, spacing=(1.0, 3.0, 1.0))
    error = square.labels * np.uint8(TRUE_POSITIVE)
    found = thumbnail(long, 1, error, Plane(0, 0), (1, 2), (12, 12))
    painted = (found == np.array(over(0.75 * 0.08 + 0.25, ERROR_COLORS[TRUE_POSITIVE]))).all(-1)
    assert painted.sum(axis=0).max() == 6
    assert painted.sum(axis=1).max() == 2


def test_the_image_is_below_from_black_to_white():
    labels = np.zeros((1, 2, 2), np.uint8)
    labels[0, 0, 0] = 1
    image = np.array([[[0.0, 10.0], [10.0, 10.0]]], np.float32)
    found = pixels(thumbnail(volume(labels, image), 1, labels * 0, Plane(0, 0), (1, 2), (2, 2)))
    assert found == [[(64, 64, 64), (255,) * 3], [(255,) * 3, (255,) * 3]]


def test_what_lies_beyond_the_volume_is_black(square):
    found = thumbnail(square, 1, square.labels * 0, Plane(0, 0), (1, 2), (4, 12))
    assert (found[:, :4] == BLACK).all()
    assert (found[:, 8:] == BLACK).all()
    assert (found[:, 4:8] != BLACK).all()


def test_of_the_volume_in_3d_it_is_the_slice_with_most_labels():
    labels = np.zeros((3, 4, 4), np.uint8)
    labels[0, 1, 1] = 1
    labels[2, 1:3, 1:3] = 1
    error = labels * np.uint8(TRUE_POSITIVE)
    found = thumbnail(volume(labels), 1, error, None, (0, 1), (4, 4))
    assert pixels(found) == pixels(thumbnail(volume(labels), 1, error, Plane(0, 2), (1, 2), (4, 4)))
