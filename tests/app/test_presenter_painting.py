"""The maps of a talk: the colours that napari's colour maps give, boundaries, planes, zoom."""

from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtGui import QImage

from lossexplorer.app.exports.drawing import image_of
from lossexplorer.app.presenter.map_view import MapView
from lossexplorer.app.presenter.painting import edges, picture, shaded
from lossexplorer.engine.messages import MapRequest, PaintedMaps, Plane
from lossexplorer.viewer import colormaps, colors
from lossexplorer.volumes import open_case

SHAPE = (3, 4, 5)


@pytest.mark.parametrize(
    ("stops", "make"),
    [(colors.DIVERGING, colormaps.diverging), (colors.PROBABILITY, colormaps.probability)],
)
def test_a_value_has_the_colour_that_napari_gives_it(stops, make):
    values = np.linspace(0, 1, 1024).reshape(32, 32)
    expected = make().map(values.ravel()).reshape(32, 32, 4)
    np.testing.assert_allclose(shaded(values, stops) / 255, expected, atol=1.01 / 255)


def test_beyond_its_ends_a_scale_keeps_their_colour_and_nan_is_transparent():
    found = shaded(np.array([[-3.0, 7.0, np.nan]]), colors.DIVERGING)
    ends = [np.round(255 * np.array(color)) for _, color in colors.DIVERGING]
    assert (found[0, 0] == ends[0]).all()
    assert (found[0, 1] == ends[-1]).all()
    assert (found[0, 2] == 0).all()


def test_a_boundary_has_a_side_wherever_two_voxels_differ():
    mask = np.random.default_rng(3).random((17, 23)) < 0.4
    around = np.pad(mask, 1).astype(int)
    sides = sum(int(np.abs(np.diff(around, axis=axis)).sum()) for axis in (0, 1))
    found = edges(mask)
    assert sum(abs(a - c) + abs(b - d) for a, b, c, d in found) == sides
    assert len(set(found)) == len(found)


def painted(volume, plane, class_index=1):
    """Maps of a prediction that is the truth, with a gradient that counts the voxels."""
    labels = volume.labels if plane is None else np.take(volume.labels, plane.index, plane.axis)
    gradient = np.arange(labels.size, dtype=np.float32).reshape(labels.shape)
    probability = (labels == class_index).astype(np.float32)
    request = MapRequest("dice", class_index, "logit", plane)
    return PaintedMaps(request, probability, labels, gradient)


@pytest.fixture
def shells():
    return open_case(["sample:shells"]).batch[0]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slice_of_the_whole_volume_is_the_slice_alone(shells, axis):
    """3D paints the whole volume, and a talk shows a slice of it."""
    plane = Plane(axis, shells.shape[axis] // 2)
    whole, alone = painted(shells, None), painted(shells, plane)
    for name in ("truth", "prediction", "error"):
        one, other = (picture(name, maps, shells, plane, 1.0, None) for maps in (whole, alone))
        assert (one.colors == other.colors).all()
        assert (one.outlined == other.outlined).all()
        assert one.colors[..., 3].any()


def test_the_picture_has_the_voxels_of_the_slice_with_their_edges(shells):
    drawn = picture("error", painted(shells, Plane(1, 3)), shells, Plane(1, 3), 1.0, None)
    z, _, x = shells.shape
    assert drawn.colors.shape == (z, x, 4)
    assert drawn.spacing == (shells.spacing[0], shells.spacing[2])
    labelled = np.argwhere(shells.labels > 0)
    top, _, left = labelled.min(axis=0)
    assert drawn.box[:2] == (top, left)
    assert drawn.anatomy is None


def test_a_class_of_the_truth_has_the_colour_that_the_canvas_gives_it(shells):
    plane = Plane(0, shells.shape[0] // 2)
    drawn = picture("truth", painted(shells, plane), shells, plane, 1.0, None)
    labels = shells.labels[plane.index]
    table = colormaps.class_colors(len(shells.classes)).color_dict
    for index in np.unique(labels):
        expected = np.round(255 * np.asarray(table[int(index)]))
        assert (drawn.colors[labels == index] == expected).all()


def test_a_map_that_the_answer_lacks_is_refused(shells):
    with pytest.raises(ValueError, match="There is no map 'beside'"):
        picture("beside", painted(shells, Plane(0, 1)), shells, Plane(0, 1), 1.0, None)


@pytest.mark.parametrize("scale", [0.5, 3])
def test_the_boundary_is_as_wide_as_a_picture_is_large(qtbot, scale):
    """White is the boundary of a plate, and a few words."""
    plate, plane = open_case(["sample:plate"]).batch[0], Plane(1, 32)
    view = MapView("error")
    qtbot.addWidget(view)
    view.factor = 6.0
    drawn = picture("error", painted(plate, plane), plate, plane, 1.0, None)
    view.show_picture(drawn, "", ("", ""))
    view.resize(480, 360)
    view.show()
    assert white(view, scale) == pytest.approx(white(view, 1.0), rel=0.15)


def white(view, scale):
    """The share of a picture of a map that is white."""
    image = image_of(view, SimpleNamespace(canvas=None), scale)
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return float((rows[:, : image.width()] > 200).mean())
