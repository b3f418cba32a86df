"""Layers of napari as label volumes: spacing, units, slices, levels."""

import numpy as np
import pytest
from napari.layers import Image, Labels

from lossexplorer.engine import limits
from lossexplorer.engine.messages import Plane
from lossexplorer.viewer.offers import LabelsOffer
from lossexplorer.volumes import VolumeError
from tests.viewer.test_canvas import volume


def boxes():
    """Two boxes with ids 3 and 7."""
    labels = np.zeros((6, 8, 12), np.int32)
    labels[1:4, 1:5, 2:8] = 3
    labels[2:5, 5:7, 3:9] = 7
    return labels


def test_ids_name_and_spacing_in_mm_are_those_of_the_layer():
    layer = Labels(boxes(), name="boxes", scale=(2500, 750, 500), units=("um", "um", "um"))
    found = LabelsOffer(layer, "layer boxes").volume()
    assert [c.id for c in found.classes] == [0, 3, 7]
    assert [c.voxels for c in found.classes[1:]] == [(boxes() == 3).sum(), (boxes() == 7).sum()]
    assert found.name == "boxes"
    assert found.path == "layer boxes"
    assert found.spacing == pytest.approx((2.5, 0.75, 0.5))
    assert found.spacing_known
    assert found.orientation is None
    ids = np.array([c.id for c in found.classes])
    np.testing.assert_array_equal(ids[found.labels], boxes())


def test_pixels_are_no_length_and_their_proportions_are_kept():
    found = LabelsOffer(Labels(boxes(), scale=(2, 1, 1)), "layer").volume()
    assert found.spacing == (2.0, 1.0, 1.0)
    assert not found.spacing_known


def test_a_layer_that_is_turned_or_mirrored_keeps_its_edges():
    layer = Labels(boxes(), scale=(2, -1, 0.5), rotate=(0, 0, 30), units=("mm", "mm", "mm"))
    assert LabelsOffer(layer, "layer").volume().spacing == pytest.approx((2, 1, 0.5))


def test_the_transform_to_the_world_counts():
    """Twice as large in the world as its scale says."""
    layer = Labels(boxes(), scale=(2, 1, 1), affine=np.diag([2, 2, 2, 1]), units=("mm",) * 3)
    assert LabelsOffer(layer, "layer").volume().spacing == pytest.approx((4, 2, 2))


def test_a_picture_is_one_slice_as_thick_as_a_pixel():
    found = LabelsOffer(Labels(boxes()[2], scale=(0.75, 0.5), units=("mm", "mm")), "layer").volume()
    assert found.shape == (1, 8, 12)
    assert found.spacing == pytest.approx((0.5, 0.75, 0.5))


def test_outer_axes_of_one_are_left_out():
    found = LabelsOffer(Labels(boxes()[None], scale=(9, 2.5, 0.75, 0.5)), "layer").volume()
    assert found.shape == (6, 8, 12)
    assert found.spacing == (2.5, 0.75, 0.5)


def test_of_a_multiscale_layer_the_finest_level_that_fits_is_taken(monkeypatch):
    levels = [np.kron(boxes(), np.ones((2, 2, 2), int)), boxes()]
    layer = Labels(levels, multiscale=True, scale=(1, 1, 1), units=("mm",) * 3, name="cells")
    whole = LabelsOffer(layer, "layer").volume()
    assert (whole.shape, whole.spacing, whole.name) == ((12, 16, 24), (1, 1, 1), "cells")
    # Room for two classes of the coarser level, not for those of the finer.
    room = limits.bytes_needed(boxes().size, 2)
    monkeypatch.setattr(limits, "bytes_free", lambda: room)
    coarse = LabelsOffer(layer, "layer").volume()
    assert coarse.shape == (6, 8, 12)
    assert coarse.spacing == (2, 2, 2)
    assert coarse.name == "cells, level 1 of 2"


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (Labels(np.ones((2, 3, 4, 5), int), name="film"), "film is 4D (2 × 3 × 4 × 5)"),
        (Labels(np.zeros((3, 4, 5), int), name="empty"), "empty holds no labelled voxel"),
        (Image(-np.ones((3, 4, 5), int), name="dark"), "dark holds the negative id -1"),
    ],
    ids=["4D", "empty", "negative"],
)
def test_what_is_no_label_volume_is_refused_by_name(layer, reason):
    with pytest.raises(VolumeError) as caught:
        LabelsOffer(layer, "layer").volume()
    assert reason in str(caught.value)


# On the canvas


@pytest.mark.slow
def test_other_labels_layers_are_offered_and_stay_while_volumes_come_and_go(canvas):
    canvas.open(volume(), Plane(0, 2))
    assert canvas.offers() == []
    viewer = canvas.widget.viewer
    other = viewer.add_labels(boxes(), name="boxes")
    viewer.add_image(np.zeros((4, 6, 8)), name="image")
    for _ in range(2):
        assert [(offer.name, offer.layer) for offer in canvas.offers()] == [("boxes", other)]
        assert canvas.offers()[0].summary == ("12 × 8 × 6", "int32")
        canvas.open(volume(image=True), Plane(0, 1))
    assert other in viewer.layers
    assert not other.visible


def test_other_layers_move_neither_slice_nor_maps(canvas):
    """A layer of finer steps makes napari's slider count otherwise; the slice is still ours."""
    canvas.open(volume(), Plane(0, 2))
    viewer = canvas.widget.viewer
    viewer.add_labels(boxes(), scale=(0.5, 0.5, 0.5), name="fine")
    canvas.open(volume(), Plane(0, 3))
    assert canvas.navigation.plane == Plane(0, 3)
    assert viewer.dims.point[0] == 6.0  # mm; its slices are 2 mm apart
    shown = [layer.name for layer in viewer.layers if layer.visible]
    assert [name for name in shown if not name.startswith("Outline")] == [
        "Truth", "Prediction", "Error", "Gradient"
    ]  # fmt: skip
    viewer.dims.order = (1, 0, 2)
    assert canvas.navigation.plane.axis == 1


def test_layers_that_a_plugin_brought_replace_those_of_the_same_file(canvas):
    first, second = (LabelsOffer(Labels(boxes(), name=n), "a.cells") for n in ("one", "two"))
    canvas.bring([first])
    canvas.bring([second])
    canvas.bring([LabelsOffer(Labels(boxes(), name="three"), "b.cells")])
    assert [offer.name for offer in canvas.offers()] == ["two", "three"]
