"""What the canvas assumes about the insides of napari."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtOpenGLWidgets import QOpenGLWidget


@pytest.fixture
def layers():
    """The layers of a viewer, with what they say of batches."""
    found = ViewerModel().layers
    found.append(Image(np.zeros((2, 2))))
    said = []
    found.events.begin_batch.connect(lambda: said.append("begin"))
    found.events.end_batch.connect(lambda: said.append("end"))
    return found, said


def test_clearing_the_layers_ends_a_batch_and_deleting_them_does_not(layers):
    found, said = layers
    with found.batched_update():
        del found[:]
        assert said == ["begin"], "viewer/canvas.py: `del layers[:]` belongs to the batch around it"
        found.clear()
        assert said[-1] == "end", (
            "viewer/canvas.py deletes layers instead of clearing them because of this; where a "
            "batch can hold another, that can go"
        )


def test_the_canvas_of_napari_is_one_opengl_widget(canvas):
    assert isinstance(canvas.widget.canvas.native, QOpenGLWidget), (
        "viewer/time_slices.py: an event filter on `QtViewer.canvas.native` holds its drawing "
        "back, and until then it shows what it showed"
    )


def test_vispy_has_the_canvas_drawn_by_the_method_of_its_widget(canvas, monkeypatch):
    asked = []
    monkeypatch.setattr(canvas.native, "update", lambda: asked.append(True))
    canvas.widget.canvas._scene_canvas.update()
    assert asked == [True], "viewer/time_slices.py replaces it, to hold the drawing back"


def test_the_keys_of_napari_are_two_callbacks_of_the_canvas(qapp, qtbot):
    from napari.components._viewer_mouse_bindings import layers_scroll
    from napari.qt import QtViewer

    model = ViewerModel()
    assert layers_scroll in model.mouse_wheel_callbacks, (
        "viewer/own_hands.py removes what chooses layers by Alt and the wheel"
    )
    viewer = QtViewer(model, show_welcome_screen=False)
    for event in (viewer.canvas.events.key_press, viewer.canvas.events.key_release):
        names = [name for owner, name in event.callbacks if owner() is viewer._key_map_handler]
        assert len(names) == 1, "viewer/own_hands.py disconnects all of napari's keys"
    viewer.close()
    viewer.deleteLater()


def test_no_key_of_napari_does_anything_on_the_canvas(canvas, qtbot):
    """Those of its action manager, each pressed on the real canvas."""
    from napari.utils.shortcuts import default_shortcuts
    from qtpy.QtGui import QKeySequence
    from qtpy.QtTest import QTest

    viewer = canvas.widget.viewer
    native = canvas.native
    native.setFocus()

    def state():
        dims, grid = viewer.dims, viewer.canvas.grid
        return (
            dims.ndisplay, dims.order, dims.current_step, grid.enabled, viewer.theme,
            viewer.scene.camera.zoom, viewer.scene.camera.center,
            [(layer.name, layer.visible) for layer in viewer.layers],
            list(viewer.layers.selection),
        )  # fmt: skip

    viewer.layers.append(Image(np.zeros((4, 5, 6)), name="another"))
    viewer.layers.selection.active = viewer.layers[-1]
    before, pressed = state(), 0
    for bindings in default_shortcuts.values():
        for binding in bindings:
            keys = QKeySequence(str(binding).replace("ArrowLeft", "Left"))
            if not keys.isEmpty():
                QTest.keySequence(native, keys)
                pressed += 1
                assert state() == before, str(binding)
    assert pressed > 60


def test_a_layer_is_sliced_as_its_slicing_state_says(canvas):
    """Which axes it shows comes from one method of the state, that an instance can have anew."""
    from napari._vispy.camera import VispyCamera

    viewer = ViewerModel()
    layer = viewer.add_image(np.arange(24).reshape(2, 3, 4))
    state = layer._slicing_state
    found = type(state).make_slice_input(state, viewer.dims)
    assert (found.ndisplay, tuple(found.order)) == (2, (0, 1, 2)), "viewer/planes/slicing.py"
    boxes, cameras = canvas.widget.canvas.grid_views, canvas.widget.canvas.grid_cameras
    assert len(boxes) == len(cameras)
    assert all(isinstance(camera, VispyCamera) for camera in cameras), (
        "viewer/planes/three.py puts cameras of its own in their places"
    )
