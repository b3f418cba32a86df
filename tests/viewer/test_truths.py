"""What the canvas shows of truths with ignored voxels and with overlapping classes."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from lossexplorer.app.widgets.voxel_text import truth_text
from lossexplorer.engine.messages import Plane
from lossexplorer.session.panes import Pane
from lossexplorer.viewer.colormaps import class_colors
from lossexplorer.viewer.colors import INSTANCE_COLORS, rim_color
from lossexplorer.viewer.maps import hatching, joint_labels, labelled_box, shown_labels
from lossexplorer.viewer.panes.truth import TruthMap
from lossexplorer.volumes import LabelClass, LabelVolume
from lossexplorer.volumes.model.labels import Overlap
from lossexplorer.volumes.model.overlapping import overlapping_labels

SHAPE, SPACING = (5, 40, 60), (3.0, 1.0, 0.5)


def ignored():
    found = np.zeros(SHAPE, bool)
    found[1:4, 10:35, 20:50] = True
    return found


def exclusive():
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:3, 5:20, 5:40] = 1
    classes = tuple(LabelClass(k, str(k), int((labels == k).sum())) for k in range(2))
    return LabelVolume(labels, classes, SPACING, True, "v", "v", ignored=ignored())


def masks():
    found = np.zeros((2, *SHAPE), bool)
    found[0, 1:4, 5:30, 5:50] = True
    found[1, 2:4, 20:38, 30:58] = True
    return found


def overlapping():
    labels, overlap = overlapping_labels(masks())
    classes = tuple(LabelClass(k, str(k), 1) for k in range(3))
    return LabelVolume(labels, classes, SPACING, True, "v", "v", overlap=overlap)


def test_ignored_voxels_have_no_class_that_is_shown():
    volume = exclusive()
    expected = np.where(ignored(), 0, volume.labels)
    np.testing.assert_array_equal(shown_labels(volume, 1), expected)
    np.testing.assert_array_equal(shown_labels(volume, 1, Plane(1, 12)), expected[:, 12])
    low, high = labelled_box(volume)
    there = np.argwhere(expected)
    np.testing.assert_array_equal(low, there.min(0))
    np.testing.assert_array_equal(high, there.max(0))


def test_of_overlapping_classes_one_is_shown():
    volume = overlapping()
    for index in (1, 2):
        np.testing.assert_array_equal(shown_labels(volume, index), masks()[index - 1] * index)


def test_every_boundary_of_overlapping_classes_is_one_between_numbers_and_no_other():
    """Two values of one set of classes, such as two ids of a region, have no boundary."""
    volume = overlapping()
    twice = np.concatenate([volume.overlap.members, volume.overlap.members], axis=1)
    count = volume.overlap.members.shape[1]
    labels = volume.labels + np.where(np.arange(SHAPE[2]) % 2, count, 0).astype(np.uint8)
    overlap = Overlap(twice, tuple(range(2 * count)))
    joint = joint_labels(replace(volume, labels=labels, overlap=overlap))
    for axis in range(3):
        sets_differ = (np.diff(masks().astype(int), axis=axis + 1) != 0).any(axis=0)
        np.testing.assert_array_equal(np.diff(joint.astype(int), axis=axis) != 0, sets_differ)
    np.testing.assert_array_equal(joint > 0, masks().any(axis=0))


def test_hatching_is_on_ignored_voxels_alone_with_lines_at_45_degrees():
    found = hatching(exclusive())
    np.testing.assert_array_equal(found > 0, ignored())
    # Along (y, x) = (1, −2) voxels, which is (1, −1) mm, nothing changes.
    there = found[2, 10:35, 20:50]
    np.testing.assert_array_equal(there[1:, :-2], there[:-1, 2:])
    light, dark, between = ((there == value).mean() for value in (2, 3, 1))
    assert 0.15 < light < 0.35
    assert 0.15 < dark < 0.35
    assert between > 0.3
    assert hatching(replace(exclusive(), ignored=None)) is None


def cells():
    """Three cells of 2 × 2 voxels in a slice, two of which touch; ids that are instances."""
    labels = np.zeros((1, 4, 8), np.uint8)
    labels[0, 1:3, 1:5] = 1
    labels[0, 1:3, 6:8] = 1
    ids = labels.astype(np.uint16)
    ids[0, 1:3, 3:5], ids[0, 1:3, 6:8] = 12, 301
    classes = (LabelClass(0, "background", 20), LabelClass(1, "foreground", 12))
    return LabelVolume(labels, classes, (1.0, 1.0, 1.0), True, "v", "v", instance_ids=ids)


def test_instances_of_one_class_have_colours_and_their_ids_are_said():
    volume = cells()
    shown = TruthMap(Pane("truth"), volume).blank().array
    np.testing.assert_array_equal(np.asarray(shown)[0, 1], [0, 1, 1, 12, 12, 0, 1, 1])
    assert truth_text(volume, (0, 1, 6)) == "foreground, id 301"
    assert truth_text(volume, (0, 0, 0)) == "background"


def test_the_rim_of_instances_is_pale_and_they_keep_their_colours():
    volume, plane = cells(), Plane(0, 0)
    rim = volume.labels[0].copy()
    rim[1, 0] = 1
    request = SimpleNamespace(class_index=1, plane=plane)
    codes = TruthMap(Pane("truth"), volume).values(SimpleNamespace(rim=rim, request=request))
    colors = class_colors(1 + INSTANCE_COLORS).color_dict
    assert codes[1].tolist() == [1 + INSTANCE_COLORS + 1, 1, 1, 12, 12, 0, 1, 1]
    assert tuple(colors[codes[1, 0]]) == pytest.approx(rim_color(1))
