"""Regions of any size, for networks that take only some."""

import numpy as np
import pytest

from lossexplorer.learning.regions import predict_region

IMAGE = np.arange(3 * 5 * 7, dtype="f4").reshape(3, 5, 7)


@pytest.mark.parametrize("is_fixed", [False, True])
def test_a_region_is_what_each_of_its_voxels_gives(is_fixed):
    seen = []

    def network(x):
        seen.append(x.shape)
        return [x**2, np.concatenate([x, -x], axis=-1)]

    squared, both = predict_region(network, IMAGE, (2, 4, 4), is_fixed=is_fixed)
    np.testing.assert_array_equal(squared, IMAGE[..., None] ** 2)
    np.testing.assert_array_equal(both, np.stack([IMAGE, -IMAGE], axis=-1))
    assert seen == ([(1, 2, 4, 4, 1)] * 8 if is_fixed else [(1, 4, 8, 8, 1)])


def test_the_outermost_voxels_are_repeated():
    seen = []
    predict_region(lambda x: seen.append(x) or [x], IMAGE, (4, 4, 4))
    np.testing.assert_array_equal(seen[0][0, 3, :5, :7, 0], IMAGE[2])
    np.testing.assert_array_equal(seen[0][0, :3, 7, :7, 0], IMAGE[:, 4])


@pytest.mark.parametrize("is_fixed", [False, True])
def test_a_coarser_output_covers_the_region(is_fixed):
    """Half of 3, 5 and 7 voxels are 2, 3 and 4, each of which has a voxel of the region."""

    def network(x):
        return [x[:, ::2, ::2, ::2]]

    (found,) = predict_region(network, IMAGE, (2, 2, 2), is_fixed=is_fixed)
    np.testing.assert_array_equal(found[..., 0], IMAGE[::2, ::2, ::2])


def test_what_fits_is_given_as_it_is():
    (found,) = predict_region(lambda x: [x], IMAGE[:2, :4, :4], (2, 4, 4), is_fixed=True)
    np.testing.assert_array_equal(found[..., 0], IMAGE[:2, :4, :4])
