"""The buffer of which only the slices that were looked at are filled."""

import numpy as np
import pytest

from lossexplorer.engine.messages import Plane
from lossexplorer.viewer.painted import PaintedVolume

SHAPE = (3, 4, 5)


@pytest.fixture
def volume():
    return PaintedVolume(SHAPE, np.float32, np.nan)


def filled(volume):
    return ~np.isnan(volume.array)


def test_at_first_all_is_blank(volume):
    assert volume.array.shape == SHAPE
    assert volume.array.dtype == np.float32
    assert not filled(volume).any()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slice_is_written_where_it_lies_and_nowhere_else(volume, axis):
    values = np.random.default_rng(axis).normal(size=np.delete(SHAPE, axis)).astype("f4")
    volume.paint(Plane(axis, 2), values)
    np.testing.assert_array_equal(np.take(volume.array, 2, axis=axis), values)
    assert filled(volume).sum() == values.size


def test_the_array_stays_the_same_object(volume):
    """A layer shows it without copying."""
    array = volume.array
    volume.paint(Plane(0, 1), np.ones((4, 5)))
    volume.clear()
    volume.paint(None, np.ones(SHAPE))
    assert volume.array is array


def test_slices_of_crossing_planes_are_cleared_together(volume):
    volume.paint(Plane(0, 0), np.ones((4, 5)))
    volume.paint(Plane(2, 3), np.full((3, 4), 2.0))
    assert filled(volume).sum() == 20 + 12 - 4
    assert volume.array[0, 0, 3] == 2
    volume.clear()
    assert not filled(volume).any()


def test_the_whole_volume_is_written_and_cleared(volume):
    values = np.arange(60.0).reshape(SHAPE)
    volume.paint(None, values)
    np.testing.assert_array_equal(volume.array, values)
    volume.paint(Plane(1, 1), np.zeros((3, 5)))
    volume.clear()
    assert not filled(volume).any()


def test_what_is_written_after_clearing_is_cleared_again(volume):
    for _ in range(2):
        volume.paint(Plane(1, 0), np.ones((3, 5)))
        assert filled(volume).sum() == 15
        volume.clear()
        assert not filled(volume).any()


def test_a_blank_may_be_any_value():
    volume = PaintedVolume(SHAPE, np.uint8, 7)
    volume.paint(Plane(0, 2), np.zeros((4, 5)))
    volume.clear()
    assert volume.array.dtype == np.uint8
    assert (volume.array == 7).all()
