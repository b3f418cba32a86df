"""Volumes in 3D: surfaces, a gradient's two signs, and what is drawn while the camera turns."""

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QImage, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.engine.messages import MapRequest, PaintedMaps, Plane
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from lossexplorer.viewer import turning
from lossexplorer.viewer.boxes import box_of
from lossexplorer.viewer.colors import NEGATIVE, POSITIVE
from lossexplorer.viewer.turning import FULL, PREVIEW
from lossexplorer.volumes import LabelClass, LabelVolume

SHAPE, SPACING = (6, 24, 24), (2.0, 1.0, 1.0)
GRADIENT = Pane("gradient")
NO_BUTTON = Qt.MouseButton.NoButton


def volume(image=False):
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:4, 4:20, 4:20] = 1
    classes = tuple(LabelClass(i, name, 1) for i, name in enumerate(("background", "a")))
    picture = np.random.default_rng(0).normal(size=SHAPE) if image else None
    return LabelVolume(labels, classes, SPACING, True, "v", "v", image=picture)


def signed():
    """Blocks of one number each, some with the other sign behind them; rows and columns of 8."""
    gradient = np.zeros(SHAPE, np.float32)
    gradient[:3, 8:16, :8] = 2.0
    gradient[3:, 8:16, 8:16] = -4.0
    gradient[:3, 8:16, 16:] = 4.0
    gradient[3:, 8:16, 16:] = -2.0
    gradient[:3, 16:, :8] = -1.0
    gradient[3:, 16:, :8] = -3.0  # behind the other, and larger
    return gradient


def painted(gradient, plane=None):
    return PaintedMaps(
        MapRequest("dice", 1, "logit", plane),
        np.full(SHAPE, 0.75, np.float32),
        np.ones(SHAPE, np.uint8),
        gradient,
    )


@pytest.fixture
def solid(canvas):
    """A canvas with the volume in 3D, painted as a whole."""
    canvas.open(volume(), Plane(0, 2))
    canvas.navigation.toggle_3d()
    canvas.maps.show(painted(signed()), same_state=False)
    canvas.maps.finish()
    yield canvas
    canvas.arrange("side by side", DEFAULT_PANES)


def colour_of(stops, share):
    """The colour, times its opacity, at a share of a colour map."""
    places, colors = zip(*stops, strict=True)
    *rgb, opacity = (np.interp(share, places, each) for each in zip(*colors, strict=True))
    return np.array(rgb) * opacity


def test_labels_and_errors_are_smooth_surfaces_and_a_prediction_is_one_at_a_half(solid):
    cells = solid.panes.cells
    for name in ("truth", "error"):
        layer = cells[name].map
        assert (str(layer.rendering), str(layer.iso_gradient_mode)) == ("iso_categorical", "smooth")
    prediction = cells["prediction"].map
    assert (str(prediction.rendering), prediction.iso_threshold) == ("iso", 0.5)


def test_both_signs_together_are_the_gradient(solid):
    """Each shows the array between its limits; all else is transparent there."""
    cell = solid.panes.cells["gradient"]
    parts = []
    for layer, rendering in ((cell.map, "minip"), (cell.positive, "mip")):
        assert (str(layer.rendering), str(layer.blending)) == (rendering, "additive")
        low, high = layer.contrast_limits
        parts.append(np.clip(np.asarray(layer.data, np.float64), low, high))
        assert layer.colormap.map(np.array([0.0 if low == 0 else 1.0]))[0, 3] == 0
    limit = np.percentile(np.abs(signed()[signed() != 0]), 99.5)
    assert cell.map.contrast_limits[0] == -limit == -cell.positive.contrast_limits[1]
    np.testing.assert_array_equal(parts[0] + parts[1], signed().astype(np.float64))


def test_on_screen_are_the_largest_of_each_sign_along_the_line_of_sight(solid):
    solid.arrange("side by side", (GRADIENT,))
    solid.native.grabFramebuffer()  # the first picture of a canvas gives the cells their places
    solid.navigation.look_at_all()
    solid.turning.finish()
    picture = solid.image(1.0)
    camera = solid.widget.viewer.scene.camera
    assert camera.perspective == 0
    gradient, limit = signed().astype(np.float64), 4.0
    for row in (4, 12, 20):
        for column in (4, 12, 20):
            ray = gradient[:, row, column]
            expected = colour_of(POSITIVE, max(ray.max(), 0) / limit)
            expected = expected + colour_of(NEGATIVE, 1 + min(ray.min(), 0) / limit)
            y, x = (np.array([row, column]) - camera.center[1:]) * camera.zoom
            pixel = picture.pixelColor(
                round(picture.width() / 2 + x), round(picture.height() / 2 + y)
            )
            seen = np.array(pixel.getRgbF()[:3])
            np.testing.assert_allclose(
                seen, expected.clip(0, 1), atol=0.02, err_msg=f"{row, column}"
            )


def test_back_in_slices_the_layers_are_as_before(canvas):
    canvas.open(volume(), Plane(0, 2))
    canvas.maps.show(painted(signed()), same_state=False)
    canvas.maps.finish()

    def layers():
        return [
            (layer.name, layer.visible, getattr(layer, "contrast_limits", None),
             str(layer.blending), layer.colormap)
            for layer in canvas.widget.viewer.layers
        ]  # fmt: skip

    before = layers()
    canvas.navigation.toggle_3d()
    assert len(layers()) == len(before)
    assert layers() != before
    canvas.navigation.toggle_3d()
    assert layers() == before


def test_a_pane_that_is_added_in_3d_has_both_signs(solid):
    added = Pane("gradient", "iou")
    solid.arrange("side by side", (GRADIENT, added))
    assert solid.panes.cells[added.name].positive is not None
    solid.navigation.toggle_3d()
    assert all(cell.positive is None for cell in solid.panes.cells.values())
    solid.arrange("side by side", DEFAULT_PANES)


def drag(native, moves=(15, 30, 45)):
    """Turn the volume with the left button."""
    start, left, none = QPointF(native.rect().center()) / 2, Qt.MouseButton.LeftButton, NO_BUTTON
    ways = [(QEvent.Type.MouseButtonPress, 0, left, left)]
    ways += [(QEvent.Type.MouseMove, way, none, left) for way in moves]
    ways += [(QEvent.Type.MouseButtonRelease, 45, left, none)]
    for kind, way, button, buttons in ways:
        QTest.qWait(20)  # vispy ignores what follows another event within 10 ms
        place = start + QPointF(way, way / 3)
        to = QPointF(native.mapToGlobal(place.toPoint()))
        event = QMouseEvent(kind, place, to, button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(native, event)


def test_while_it_turns_a_preview_is_drawn_and_everything_at_rest(new_canvas, qtbot):
    canvas = new_canvas
    canvas.open(volume(image=True), Plane(0, 2))
    canvas.navigation.toggle_3d()
    canvas.maps.show(painted(signed()), same_state=False)
    canvas.maps.finish()
    canvas.turning.finish()
    images = [
        canvas._qt_viewer.canvas.layer_to_visual[layer].node for layer in canvas.panes.anatomies()
    ]
    moving = []

    def note():
        steps = {drawn.relative_step_size for drawn in canvas.turning.volumes()}
        moving.append((steps, [node.visible for node in images]))

    canvas.widget.viewer.scene.camera.events.angles.connect(note)
    before = tuple(canvas.widget.viewer.scene.camera.angles)
    drag(canvas.native)
    assert tuple(canvas.widget.viewer.scene.camera.angles) != before
    assert moving
    assert all(each == ({PREVIEW}, [False] * 4) for each in moving)
    qtbot.waitUntil(lambda: not canvas.turning.is_preview)
    assert {drawn.relative_step_size for drawn in canvas.turning.volumes()} == {FULL}
    assert all(node.visible for node in images)


def test_a_drag_of_one_move_turns_as_far_as_one_of_several(solid):
    """While a frame is drawn, Qt merges the moves."""
    camera, turned = solid.widget.viewer.scene.camera, []
    for moves in ((5, 10, 15, 20, 25, 30, 35, 40, 45), (45,)):
        camera.angles = (0.0, 0.0, 90.0)
        before = solid._qt_viewer.canvas.view.camera._quaternion
        drag(solid.native, moves)
        after = solid._qt_viewer.canvas.view.camera._quaternion
        turned.append((after * before.conjugate()).get_axis_angle()[0])
    assert turned[1] == pytest.approx(turned[0], rel=0.05)
    assert turned[0] > 0.1


def test_all_panes_turn_before_the_next_frame(solid):
    """As previews, too: the first frame would be a slow one in which one pane turns alone."""
    canvas = solid._qt_viewer.canvas
    solid.turning.finish()
    draw = canvas._scene_canvas.events.draw
    draw.disconnect(canvas.on_draw)
    try:
        drag(solid.native, (45,))
    finally:
        draw.connect(canvas.on_draw)
    turned = [view.camera._quaternion for view in canvas.grid_views]
    first, *others = np.array([(q.w, q.x, q.y, q.z) for q in turned])
    assert others
    np.testing.assert_allclose(np.abs(others @ first), 1, atol=1e-6)  # q and −q turn alike
    assert solid.turning.is_preview


def test_what_is_drawn_at_rest_is_what_was_drawn_before_it_turned(solid, qtbot):
    solid.turning.finish()
    camera = solid.widget.viewer.scene.camera
    camera.angles = (10.0, 20.0, 70.0)
    solid.turning.finish()
    before = solid.image(1.0).convertToFormat(QImage.Format.Format_RGB32)
    camera.angles = (11.0, 20.0, 70.0)
    assert solid.turning.is_preview
    camera.angles = (10.0, 20.0, 70.0)
    qtbot.waitUntil(lambda: not solid.turning.is_preview)
    assert solid.image(1.0).convertToFormat(QImage.Format.Format_RGB32) == before


def pixels(canvas):
    image = canvas.image(1.0).convertToFormat(QImage.Format.Format_RGB32)
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return found[..., :3].astype(float) / 255


def test_while_it_turns_lines_of_sight_are_followed_where_something_is_seen(solid, monkeypatch):
    """A voxel around the truth, or around what is not faint of a sign; the picture is the same."""
    truth, cell = solid.panes.truth_layer(), solid.panes.cells["gradient"]
    np.testing.assert_allclose(box_of(truth) * SHAPE, [[1, 3, 3], [5, 21, 21]])
    cell.positive.data[0, 0, 0] = 0.1  # of 4
    np.testing.assert_allclose(box_of(cell.positive) * SHAPE, [[0, 7, 0], [4, 17, 24]])
    np.testing.assert_allclose(box_of(cell.map) * SHAPE, [[0, 7, 0], [6, 24, 24]])
    assert not box_of(Labels(np.zeros(SHAPE, int))).any()

    monkeypatch.setattr(turning, "PREVIEW", FULL)
    solid.navigation.look_at_all()
    solid.turning.finish()
    before = pixels(solid)
    solid.widget.viewer.scene.camera.events.angles()
    assert solid.turning.is_preview
    assert before.any()
    assert np.abs(pixels(solid) - before).mean() < 0.02 * before.mean()
    solid.turning.finish()
