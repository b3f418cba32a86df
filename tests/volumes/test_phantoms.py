"""The phantoms against closed forms.

The numbers of lattice points in a ball are sequence A000605 of the On-Line Encyclopedia of Integer
Sequences; that of a disc of radius 4 is in A000328.
"""

import itertools

import numpy as np
import pytest
from scipy import ndimage

from lossexplorer.volumes import SAMPLE_VOLUMES, open_batch, open_sample_volume

IN_BALL = {3: 123, 10: 4169, 15: 14147, 20: 33401}
IN_DISC_4 = 49
NEIGHBOURS = np.ones((3, 3, 3), bool)
PHANTOMS = ["shells", "plate", "vessels", "lesion", "absent", "imbalance", "blocks"]


def counts(volume):
    """Voxels by name, counted anew, background left out."""
    found = np.bincount(volume.labels.ravel(), minlength=len(volume.classes)).tolist()
    assert [c.voxels for c in volume.classes] == found
    return {c.name: n for c, n in zip(volume.classes[1:], found[1:], strict=True)}


def pieces(mask):
    return ndimage.label(mask, NEIGHBOURS)[1]


@pytest.mark.parametrize("name", PHANTOMS)
def test_a_phantom_is_small_has_a_spacing_and_is_the_same_every_time(name):
    for volume, again in zip(SAMPLE_VOLUMES[name].make(), SAMPLE_VOLUMES[name].make(), strict=True):
        assert volume.spacing_known
        assert volume.orientation is None  # it lies in nobody
        assert volume.voxel_count <= 64**3
        assert volume.key == again.key


@pytest.mark.parametrize("name", PHANTOMS)
def test_nothing_touches_the_border(name):
    for volume in open_batch(f"sample:{name}"):
        inner = volume.labels[1:-1, 1:-1, 1:-1]
        assert np.count_nonzero(inner) == np.count_nonzero(volume.labels)


def test_shells():
    volume = open_sample_volume("shells")
    assert counts(volume) == {
        "core": IN_BALL[10],
        "middle shell": IN_BALL[15] - IN_BALL[10],
        "outer shell": IN_BALL[20] - IN_BALL[15],
    }
    # Along an axis from the centre: 10 mm of core, then 5 mm of each shell.
    assert volume.labels[32, 32, 32:].tolist() == [1] * 11 + [2] * 5 + [3] * 5 + [0] * 11


def test_plate():
    volume = open_sample_volume("plate")
    assert counts(volume) == {"plate": 48 * 12 * (1 + 2 + 3 + 4)}
    assert pieces(volume.labels) == 1
    thickness = np.count_nonzero(volume.labels, axis=0)
    found, areas = np.unique(thickness, return_counts=True)
    assert found.tolist() == [0, 1, 2, 3, 4]
    assert areas[1:].tolist() == [48 * 12] * 4
    # One voxel across it: all overlap is lost where it is one voxel thick, a quarter where four.
    overlap = np.count_nonzero((volume.labels[1:] * volume.labels[:-1]).astype(bool), axis=0)
    assert (overlap == np.maximum(thickness, 1) - 1).all()


def test_vessels_are_one_tree():
    volume = open_sample_volume("vessels")
    vessels = volume.labels == 1
    assert pieces(vessels) == 1
    assert pieces(~vessels) == 1  # no cavity
    # No loop, so that the Euler number of object and background is that of a ball.
    assert euler(vessels) == 1


def test_vessels_narrow_from_the_root():
    volume = open_sample_volume("vessels")
    spacing = np.array(volume.spacing)
    assert spacing[0] > spacing[1] == spacing[2]
    # Across the trunk, a disc of 4 mm; further up, many vessels, none of which is as thick.
    assert np.count_nonzero(volume.labels[7]) == IN_DISC_4
    assert pieces(volume.labels[7:8]) == 1
    depth = ndimage.distance_transform_edt(volume.labels, sampling=spacing)
    assert depth[volume.labels.shape[0] // 2 :].max() < depth[:8].max() / 1.5
    assert max(pieces(plane[None]) for plane in volume.labels) > 8


def euler(mask):
    """The Euler number of a union of closed voxels: corners − edges + faces − voxels."""
    padded, number = np.pad(mask, 1), 0
    for axes in itertools.product((0, 1), repeat=3):
        # Along each axis marked 1 a cell lies between two voxels, else within one.
        cells = padded
        for axis, between in enumerate(axes):
            if between:
                first, last = [slice(None)] * 3, [slice(None)] * 3
                first[axis], last[axis] = slice(None, -1), slice(1, None)
                cells = cells[tuple(first)] | cells[tuple(last)]
        number += (-1) ** (3 - sum(axes)) * np.count_nonzero(cells)
    return number


def test_lesion():
    volume = open_sample_volume("lesion")
    assert counts(volume) == {"organ": IN_BALL[20], "lesion": IN_BALL[3]}
    assert pieces(volume.labels == 1) == pieces(volume.labels == 2) == 1
    assert pieces(volume.labels > 0) == 2
    # From the lesion's to the organ's nearest voxel, 25 mm − 20 mm − 3 mm apart.
    distance = ndimage.distance_transform_edt(volume.labels != 1, sampling=volume.spacing)
    assert distance[volume.labels == 2].min() == 2


def test_absent():
    volume = open_sample_volume("absent")
    assert counts(volume) == {"organ": IN_BALL[20], "lesion": 0}
    assert [c.id for c in volume.classes] == [0, 1, 2]


def test_imbalance():
    batch = open_batch("sample:imbalance")
    assert [counts(volume) for volume in batch] == [
        {"structure": IN_BALL[20]},
        {"structure": IN_BALL[3]},
    ]
    assert batch.names == ("background", "structure")


def test_blocks():
    batch = open_batch("sample:blocks")
    assert [counts(volume) for volume in batch] == [
        {"large block": 8**3, "small block": 2**3},
        {"large block": 3**3, "small block": 0},
    ]
    assert [volume.voxel_count for volume in batch] == [16**3, 16**3]
