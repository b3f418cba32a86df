"""The boundary of a set of voxels: its lines enclose the voxels, each line as long as straight."""

import numpy as np
import pytest

from lossexplorer.viewer.boundaries import boundary_lines


def length(lines):
    return float(np.abs(lines[:, 1] - lines[:, 0]).sum())


def edges_between(mask):
    """How many edges a voxel of the set shares with one that is not, counted one by one."""
    rows, columns = mask.shape
    count = 0
    for row, column in np.argwhere(mask):
        for y, x in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            count += not (0 <= y < rows and 0 <= x < columns and mask[y, x])
    return count


@pytest.mark.parametrize("seed", range(5))
def test_lines_have_the_length_of_all_edges(seed):
    mask = np.random.default_rng(seed).random((9, 13)) < 0.4
    lines = boundary_lines(mask)
    assert length(lines) == edges_between(mask)
    # Each is horizontal or vertical, and none goes on where another one ends in its direction.
    assert ((lines[:, 0] == lines[:, 1]).sum(axis=1) == 1).all()


def test_a_rectangle_has_four_lines():
    mask = np.zeros((6, 8), bool)
    mask[1:4, 2:7] = True
    corners = {(0.5, 1.5), (0.5, 6.5), (3.5, 1.5), (3.5, 6.5)}
    lines = boundary_lines(mask)
    assert len(lines) == 4
    assert {tuple(end) for line in lines.tolist() for end in line} == corners


def test_nothing_has_no_boundary():
    assert boundary_lines(np.zeros((3, 4), bool)).shape == (0, 2, 2)
