"""Three planes of a volume: what each view shows, how it is turned, and where a click is."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.engine.messages import Plane
from lossexplorer.session.appearance import Appearance
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from lossexplorer.viewer.planes.axes import PlaneAxes, plane_name, three_planes
from lossexplorer.volumes import LabelClass, LabelVolume

SHAPE, SPACING = (6, 20, 16), (5.0, 1.0, 2.0)
VOXEL = (4, 13, 3)
LPS, LAS = (np.diag([-2.0, y, 5.0, 1.0]) for y in (-1.0, 1.0))
TRUTH = (Pane("truth"),)


def volume(affine=LPS):
    """One labelled voxel, off the middle along every axis."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[VOXEL] = 1
    classes = (LabelClass(0, "background", labels.size - 1), LabelClass(1, "a", 1))
    return LabelVolume(labels, classes, SPACING, True, "v", "v", affine=affine)


def drawn(canvas):
    """Have the views drawn on the screen: before, they have no size."""
    canvas.maps.finish()
    canvas.native.repaint()


@pytest.fixture
def opened(canvas):
    """A function that opens a volume in three planes through the labelled voxel."""

    def open_(affine=LPS, panes=TRUTH, convention="as stored", voxel=VOXEL):
        canvas.open(volume(affine), Plane(0, voxel[0]))
        canvas.use_convention(convention)
        canvas.arrange("side by side", panes, three=True)
        canvas.cross_at(voxel)
        canvas.navigation.look_at_all()
        drawn(canvas)
        return canvas

    yield open_
    canvas.use_convention("as stored")
    canvas.arrange("side by side", DEFAULT_PANES)


@pytest.mark.parametrize(
    ("panes", "is_three"), [(DEFAULT_PANES, False), (TRUTH, True)], ids=["one plane", "three"]
)
def test_the_first_frame_of_other_panes_is_as_those_that_follow(
    opened, monkeypatch, panes, is_three
):
    canvas = opened(panes=(Pane("error"), Pane("truth")))
    scene, drawn_at = canvas.widget.canvas._scene_canvas, []
    draw = scene._draw_scene

    def drawing(**how):
        draw(**how)
        drawn_at.append([camera.zoom for camera in canvas.widget.canvas.grid_cameras])

    monkeypatch.setattr(scene, "_draw_scene", drawing)
    canvas.arrange("side by side", panes, three=is_three)
    canvas.navigation.look_at_all()
    drawn(canvas)
    views = 3 if is_three else 4
    assert drawn_at[0] == pytest.approx([canvas.widget.viewer.scene.camera.zoom] * views)


def box_of_label(canvas, view, views=3):
    """The first and last row and column in a view that have the colour of the label, in pixels."""
    image = canvas.image(1.0)
    shape = image.height(), image.width(), 4
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(shape)[..., :3].astype(int)
    width = shape[1] // views
    part = pixels[:, view * width : (view + 1) * width]
    amber = (part[..., 0] > 150) & (part[..., 2] < 0.6 * part[..., 0])
    rows, columns = np.flatnonzero(amber.any(axis=1)), np.flatnonzero(amber.any(axis=0))
    return rows[0], rows[-1], columns[0], columns[-1]


def pixel_of(canvas, view, down, across):
    """Where a point in a view, in mm, is on the widget, by vispy's own transforms."""
    box = canvas.widget.canvas.grid_views[view]
    x, y, *_ = (box.transform * box.scene.transform).map((across, down))
    return QPointF(x, y)


def test_each_plane_is_seen_through_the_crosshair_in_right_proportions(opened):
    """The one labelled voxel is a rectangle with its own edges in mm, on one scale in all."""
    canvas = opened()
    zoom = canvas.widget.viewer.scene.camera.zoom
    sizes = [(SPACING[down], SPACING[across]) for down, across in ((1, 2), (0, 2), (0, 1))]
    for view, (height, width) in enumerate(sizes):
        top, bottom, left, right = box_of_label(canvas, view)
        assert bottom - top + 1 == pytest.approx(zoom * height, abs=2)
        assert right - left + 1 == pytest.approx(zoom * width, abs=2)


def test_the_planes_follow_the_crosshair_and_not_the_slider_alone(opened):
    """A voxel further along any axis, the label is not in the plane across that axis any more."""
    canvas = opened()
    for axis in range(3):
        voxel = list(VOXEL)
        voxel[axis] -= 1
        canvas.cross_at(tuple(voxel))
        truths = canvas.panes.maps_of("truth")
        seen = [bool(np.asarray(layer._slice.image.raw).any()) for layer in truths]
        assert seen == [other != axis for other in range(3)]


@pytest.mark.parametrize("panes", [2, 4])
def test_every_pane_has_its_three_planes(opened, panes):
    """Up to two panes one below the other, more beside each other; the planes the other way."""
    chosen = DEFAULT_PANES[:panes]
    canvas = opened(panes=chosen)
    names = [pane.name for pane in chosen]
    along = [each.axis for each in canvas.panes.planes]
    pairs = (
        [(name, axis) for name in names for axis in along]
        if panes <= 2
        else [(name, axis) for axis in along for name in names]
    )
    assert [(name, axes.axis) for name, axes in canvas.panes.views()] == pairs
    shape = (panes, 3) if panes <= 2 else (3, panes)
    assert canvas.widget.viewer.canvas.grid.actual_shape(canvas.widget.viewer.layers) == shape
    layers = canvas.widget.viewer.layers
    for place, (name, axis) in enumerate(pairs):
        position = divmod(place, shape[1])
        inside = [layers[i] for i in canvas.widget.viewer.canvas.grid.contents_at(position, layers)]
        expected = canvas.panes.maps_of(name)[along.index(axis)]
        assert expected in inside
        assert all(layer._slice_input.order[0] == axis for layer in inside if layer.visible)


@pytest.mark.parametrize(
    ("affine", "convention", "edges"),
    [
        # Columns to the body's left, rows to its back, slices upwards; rows of z run down.
        (LPS, "as stored", ("RLAP", "RLIS", "APIS")),
        (LAS, "as stored", ("RLPA", "RLIS", "PAIS")),
        (LAS, "radiological", ("RLAP", "RLSI", "APSI")),
        (LPS, "neurological", ("LRAP", "LRSI", "APSI")),
        (None, "radiological", ("", "", "")),
    ],
    ids=["LPS", "LAS", "LAS radiological", "LPS neurological", "not known"],
)
def test_each_plane_has_its_letters_and_shows_the_body_as_they_say(
    opened, affine, convention, edges
):
    canvas = opened(affine=affine, convention=convention)
    for view, letters in enumerate(edges):
        labels = canvas.directions.panes[view]
        shown = [labels[edge] for edge in ("left", "right", "top", "bottom")]
        assert "".join(label.text() for label in shown if label.isVisible()) == letters
    is_turned = affine is not None and convention != "as stored"
    assert canvas.directions.convention.isVisible() is is_turned
    if affine is None:
        return
    # The label is behind the middle, towards the head and to the right of the middle of LPS.
    middle = [(n - 1) / 2 for n in SHAPE]
    step = (np.array(VOXEL) - middle) * np.sign(np.diag(affine)[:3][::-1])
    towards = {"S": step[0] > 0, "A": step[1] > 0, "R": step[2] > 0}
    towards |= {"I": not towards["S"], "P": not towards["A"], "L": not towards["R"]}
    height, width = canvas.native.height(), canvas.native.width() / 3
    for view, (left, _, top, _) in enumerate(edges):
        first, last, start, end = box_of_label(canvas, view)
        assert bool(start + end < width) is bool(towards[left])
        assert bool(first + last < height) is bool(towards[top])


def test_an_oblique_volume_has_the_letters_of_the_nearest_directions(opened):
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    turn = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    canvas = opened(affine=turn @ LPS)
    labels = canvas.directions.panes
    assert [labels[view]["right"].text() for view in range(3)] == ["L", "L", "P"]
    assert [labels[view]["bottom"].text() for view in range(3)] == ["P", "S", "S"]
    assert [label.text() for label in canvas.directions.names] == ["axial", "coronal", "sagittal"]


def test_a_sagittal_acquisition_is_upright_once_it_is_turned():
    """Slices (z) from right to left, rows (y) down the body, columns (x) to the front."""
    assert three_planes("AIL", "radiological") == (
        PlaneAxes(1, 2, 0),  # axial: anterior to posterior down, right to left across
        PlaneAxes(2, 1, 0),  # coronal: the body's axis down
        PlaneAxes(0, 1, 2),
    )
    assert three_planes("AIL", "as stored") == three_planes(None, "radiological")
    assert [plane_name("AIL", axis) for axis in range(3)] == ["sagittal", "axial", "coronal"]
    assert plane_name(None, 2) == "along x"


def hover(native, place, modifier=Qt.KeyboardModifier.NoModifier):
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, native.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, modifier,
    )  # fmt: skip
    native._last_time = 0.0  # vispy drops what comes within 10 ms
    QApplication.sendEvent(native, event)


def test_in_narrow_panes_the_name_of_a_plane_lies_beside_no_letter(opened):
    losses = ("dice", "iou", "tversky", "focal", "cross_entropy", "total")
    panes = tuple(Pane("gradient", loss) for loss in losses)
    canvas = opened(panes=panes, convention="radiological")
    said = canvas.directions.convention.geometry()
    names, letters = canvas.directions.names, canvas.directions.panes
    assert not said.intersects(letters[-1]["bottom"].geometry())
    assert not said.intersects(names[-1].geometry())
    assert len(names) == 18
    for name, labels in zip(names, letters, strict=True):
        for label in (labels["bottom"], labels["left"]):
            assert not name.geometry().intersects(label.geometry())


@pytest.mark.parametrize(
    ("view", "convention"), [(0, "as stored"), (1, "neurological"), (2, "neurological")]
)
def test_the_pointer_is_at_the_voxel_that_is_seen_there(opened, view, convention):
    """With Shift the crosshair is led there, and a click picks and leads."""
    canvas = opened(convention=convention, affine=LAS)
    probed, picked, led = [], [], []
    canvas.pointer.probed.connect(probed.append)
    canvas.pointer.picked.connect(picked.append)
    canvas.pointer.led.connect(led.append)
    try:
        axes = canvas.panes.planes[view]
        voxel = [2, 5, 9]
        voxel[axes.axis] = VOXEL[axes.axis]
        down, across = (voxel[axis] * SPACING[axis] for axis in (axes.down, axes.across))
        place = pixel_of(canvas, view, down, across)
        hover(canvas.native, place, Qt.KeyboardModifier.ShiftModifier)
        assert probed[-1] == tuple(voxel)
        assert led == [tuple(voxel)]
        QTest.mouseClick(canvas.native, Qt.MouseButton.LeftButton, pos=place.toPoint())
        assert picked == [tuple(voxel)]
        assert led == [tuple(voxel)] * 2
    finally:
        for signal in (canvas.pointer.probed, canvas.pointer.picked, canvas.pointer.led):
            signal.disconnect()


def test_what_is_moved_in_one_plane_moves_in_the_planes_that_share_the_axis(opened):
    """A drag along x in the axial plane moves the coronal one as far, and the sagittal one not."""
    canvas = opened()
    places = [(5.0, 6.0), (10.0, 6.0), (10.0, 5.0)]  # down and across, in mm
    before = [pixel_of(canvas, view, *place) for view, place in enumerate(places)]
    start = pixel_of(canvas, 0, 10.0, 16.0).toPoint()
    native = canvas.native
    QTest.mousePress(native, Qt.MouseButton.LeftButton, pos=start)
    for step in (10, 20, 30):
        at = QPointF(start.x() + step, start.y())
        event = QMouseEvent(
            QEvent.Type.MouseMove, at, native.mapToGlobal(at), Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        native._last_time = 0.0
        QApplication.sendEvent(native, event)
    QTest.mouseRelease(native, Qt.MouseButton.LeftButton, pos=at.toPoint())
    drawn(canvas)
    after = [pixel_of(canvas, view, *place) for view, place in enumerate(places)]
    moved = [(b.x() - a.x(), b.y() - a.y()) for a, b in zip(before, after, strict=True)]
    assert moved[0] == pytest.approx((30, 0), abs=0.5)
    assert moved[1] == pytest.approx((30, 0), abs=0.5)
    assert moved[2] == pytest.approx((0, 0), abs=0.5)


def test_one_plane_is_shown_as_before_once_three_are_left(opened, canvas):
    canvas.open(volume(), Plane(0, VOXEL[0]))
    canvas.arrange("side by side", TRUTH)
    canvas.navigation.look_at_labels()
    camera, layers = canvas.navigation.camera, list(canvas.widget.viewer.layers)
    opened()
    assert len(canvas.widget.viewer.layers) > len(layers)
    canvas.arrange("side by side", TRUTH)
    assert set(map(id, canvas.widget.viewer.layers)) == set(map(id, layers))
    drawn(canvas)
    np.testing.assert_allclose(canvas.navigation.camera[0][1:], camera[0][1:])
    assert canvas.navigation.camera[1] == pytest.approx(camera[1])
    for axis in range(3):
        canvas.navigation.show_axis(axis)
        assert canvas.panes.cells["truth"].map._slice_input.order[0] == axis


def test_the_volume_in_3d_is_one(opened):
    """Without outlines, of which napari warns there."""
    canvas = opened()
    canvas.show_appearance(Appearance(outlines_truth=True))
    canvas.navigation.toggle_3d()
    assert canvas.three.views == ()
    assert len(canvas.panes.maps_of("truth")) == 1
    canvas.navigation.toggle_3d()
    canvas.show_appearance(Appearance())


def test_labels_throughout_are_not_smaller_than_the_whole_volume(opened):
    """A brain of 83 classes had a third of its pane."""
    canvas = opened()
    canvas.navigation.look_at_all()
    whole = canvas.navigation.camera[1]
    canvas.navigation.look_at_labels()
    assert canvas.navigation.camera[1] > whole  # of one voxel
    everywhere = replace(volume(), labels=np.ones(SHAPE, np.uint8))
    canvas.open(everywhere, Plane(0, VOXEL[0]))
    canvas.arrange("side by side", TRUTH, three=True)
    canvas.navigation.look_at_labels()
    assert canvas.navigation.camera[1] == pytest.approx(whole)


def test_in_3d_the_labels_are_looked_at_as_from_one_plane(opened, canvas):
    canvas.open(volume(), Plane(0, VOXEL[0]))
    canvas.arrange("side by side", TRUTH)
    canvas.navigation.look_at_labels()
    zoom = canvas.navigation.camera[1]
    opened()
    assert canvas.navigation.camera[1] < zoom
    canvas.navigation.toggle_3d()
    assert canvas.navigation.camera[1] == pytest.approx(zoom)
    canvas.navigation.toggle_3d()


def test_another_class_is_outlined_in_each_plane(canvas):
    """Of both colour maps of a change napari compares dictionaries of arrays."""
    labels = np.ones(SHAPE, np.uint8)
    labels[VOXEL] = 2
    classes = tuple(LabelClass(i, name, 1) for i, name in enumerate(("background", "a", "b")))
    canvas.open(LabelVolume(labels, classes, SPACING, True, "v", "v", affine=LPS), Plane(0, 4))
    canvas.show_appearance(Appearance(outlines_truth=True))
    canvas.arrange("side by side", TRUTH, three=True)
    cell = canvas.panes.cells["truth"]
    place = cell.layers.index(cell.outline)
    outlines = [layers[place] for layers in canvas.panes._layers_of("truth")]
    assert len(outlines) == 3
    for index in (1, 2, 0, 2, 1):
        canvas.show_titles({}, index)
        for layer in outlines:
            opacities = [layer.get_color(value)[3] for value in (1, 2)]
            assert opacities == pytest.approx([float(value == index) for value in (1, 2)], abs=0.3)
    canvas.show_appearance(Appearance())
    canvas.arrange("side by side", DEFAULT_PANES)
