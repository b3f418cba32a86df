"""Classes, keys and what can be changed about a volume."""

import dataclasses

import numpy as np
import pytest

from lossexplorer.volumes import VolumeError, read_labels


@pytest.fixture
def volume(save, ids):
    return read_labels(save("volume.nii.gz", ids))


def test_with_ids_adds_classes_and_keeps_every_voxel(volume, ids):
    wider = volume.with_ids([300, 5, 7])
    assert [(c.id, c.voxels) for c in wider.classes] == [
        (0, 54),
        (2, 2),
        (5, 0),
        (7, 3),
        (200, 1),
        (300, 0),
    ]
    assert wider.classes[2].name == "class 5"
    np.testing.assert_array_equal(np.array([c.id for c in wider.classes])[wider.labels], ids)
    assert wider.spacing == volume.spacing
    assert wider.key != volume.key


def test_with_ids_that_are_known_is_the_same_volume(volume):
    assert volume.with_ids([0, 2, 200]) is volume
    assert volume.with_ids([]) is volume


def test_with_ids_widens_the_type(volume):
    wider = volume.with_ids(range(300))
    assert wider.labels.dtype == np.uint16
    assert [c.id for c in wider.classes] == list(range(300))


def test_with_ids_refuses_a_negative_id(volume):
    with pytest.raises(VolumeError, match="volume cannot have the class -1: ids start at 0"):
        volume.with_ids([4, -1])


def test_with_names_renames_and_keeps_the_key(volume):
    named = volume.with_names({7: "liver", 99: "absent"})
    assert [c.name for c in named.classes] == ["background", "class 2", "liver", "class 200"]
    assert named.key == volume.key
    assert named.with_ids([9]).classes[2].name == "liver"


def test_key_depends_on_content_alone(volume, save, ids):
    assert read_labels(save("other.nrrd", ids)).key == volume.key  # the same spacing, another file
    assert volume.with_image(np.zeros(volume.shape)).key == volume.key
    moved = ids[:, ::-1]
    assert read_labels(save("moved.nii.gz", moved)).key != volume.key
    assert dataclasses.replace(volume, spacing=(1.0, 0.75, 0.5)).key != volume.key
    renumbered = np.where(ids == 7, 8, ids).astype(np.uint8)
    assert read_labels(save("renumbered.nii.gz", renumbered)).key != volume.key


def test_key_depends_on_the_shape(save):
    flat = np.zeros(24, np.uint8)
    flat[5] = 1
    a = read_labels(save("a.npy", flat.reshape(2, 3, 4)))
    b = read_labels(save("b.npy", flat.reshape(4, 3, 2)))
    assert a.key != b.key


def test_labels_are_read_only_and_leave_the_callers_array_alone(volume):
    with pytest.raises(ValueError, match="read-only"):
        volume.labels[0, 0, 0] = 1
    mine = np.zeros(volume.shape, np.uint8)
    dataclasses.replace(volume, labels=mine)
    mine[0, 0, 0] = 1


def test_with_image_refuses_another_shape(volume):
    with pytest.raises(ValueError, match="shape"):
        volume.with_image(np.zeros((1, 2, 3)))
