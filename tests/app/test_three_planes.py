"""Three planes in the window: painted maps, the crosshair, keys, and sessions."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.documents import session_document
from lossexplorer.documents.restoring import restored
from lossexplorer.engine.messages import Plane
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from tests.app.driver import EDGES, Closed, shifted, tumour

PANES = (Pane("error"), Pane("gradient"))


@pytest.fixture
def three(driver):
    """Error and gradient in three planes, of a prediction two voxels off along y."""
    driver.session.show(panes=PANES)
    driver.answer(lambda: driver.session.set_control("shift_y", 2 * 0.78125))
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    driver.answer(lambda: driver.press(driver.canvas.native, Qt.Key.Key_4, modifier=CONTROL))
    drawn(driver)
    yield driver
    driver.settings.update(panes=DEFAULT_PANES)


CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def drawn(driver):
    """Have the canvas drawn on the screen: before, its views have no size."""
    driver.canvas.finish()
    driver.canvas.native.repaint()


def crosshair(driver):
    return driver.session.state.view.crosshair


def place_of(driver, view, voxel):
    """Where a voxel is seen in a view, on the widget, by vispy's own transforms."""
    axes = driver.canvas.panes.views()[view][1]
    box = driver.canvas.widget.canvas.grid_views[view]
    down, across = (voxel[axis] * EDGES[axis] for axis in (axes.down, axes.across))
    x, y, *_ = (box.transform * box.scene.transform).map((across, down))
    return QPointF(x, y)


def seen(driver, pane, place):
    """What a layer of a pane shows on the screen."""
    return np.asarray(driver.canvas.panes.maps_of(pane)[place]._slice.image.raw)


def is_as_computed(driver):
    """Whether each plane of both panes shows what float64 has there."""
    predicted, truth = shifted(tumour(), y=2), tumour()
    gradient = Closed(predicted, 0.9).gradient("dice", "logit")
    errors = np.select([(truth == 1) & (predicted == 1), predicted == 1, truth == 1], [1, 2, 3])
    for place, (axis, index) in enumerate(enumerate(crosshair(driver))):
        expected = np.take(gradient, index, axis)
        np.testing.assert_allclose(seen(driver, "gradient", place), expected, rtol=2e-4, atol=1e-12)
        np.testing.assert_array_equal(seen(driver, "error", place), np.take(errors, index, axis))
    return True


def test_every_plane_shows_its_own_gradient_and_error(three):
    z, y, x = crosshair(three)
    assert tumour()[z, y, x] == 1  # it crosses in what is shown of the class
    assert three.viewer.canvas.grid.actual_shape(three.viewer.layers) == (2, 3)
    assert is_as_computed(three)
    names = [label.text() for label in three.canvas.directions.names if label.isVisible()]
    assert names == ["axial", "coronal", "sagittal"] * 2
    # A slider moves all of them.
    three.answer(lambda: three.session.set_control("confidence", 0.8))
    expected = Closed(shifted(tumour(), y=2), 0.8).gradient("dice", "logit")
    for axis, index in enumerate(crosshair(three)):
        found = seen(three, "gradient", axis)
        np.testing.assert_allclose(found, np.take(expected, index, axis), rtol=2e-4, atol=1e-12)


def test_a_click_goes_there_and_shift_goes_along(three):
    """In any plane of any pane; the class is chosen as in one plane, and nothing is undone."""
    three.answer(lambda: three.session.show(class_index=0))
    edits = three.session.store.undo_label
    _, y, _ = crosshair(three)
    native = three.canvas.native
    inside = np.argwhere(tumour()[:, y] == 1)
    target = tuple(inside[len(inside) // 3])  # in the coronal plane
    voxel = (int(target[0]), y, int(target[1]))
    place = place_of(three, 4, voxel)  # of the second pane
    three.answer(lambda: QTest.mouseClick(native, Qt.MouseButton.LeftButton, pos=place.toPoint()))
    assert crosshair(three) == voxel
    assert three.session.state.view.plane == Plane(0, voxel[0])
    assert three.session.state.view.class_index == 1
    assert is_as_computed(three)
    further = (voxel[0] + 1, voxel[1] - 4, voxel[2])
    place = place_of(three, 2, further)  # sagittal
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, native.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, SHIFT,
    )  # fmt: skip
    native._last_time = 0.0  # vispy drops what comes within 10 ms
    three.answer(lambda: QApplication.sendEvent(native, event))
    assert crosshair(three) == further
    assert is_as_computed(three)
    said = three.window.stage.pointed
    assert said == further
    assert three.session.store.undo_label == edits


def test_keys_move_the_plane_of_the_sliders_and_the_crosshair_with_it(three):
    z, y, x = crosshair(three)
    three.answer(lambda: three.press(three.canvas.native, Qt.Key.Key_Right))
    assert crosshair(three) == (z + 1, y, x)
    three.answer(lambda: three.press(three.canvas.native, Qt.Key.Key_Y))
    assert three.session.state.view.plane == Plane(1, y)
    three.answer(lambda: three.press(three.canvas.native, Qt.Key.Key_Left))
    assert crosshair(three) == (z + 1, y - 1, x)
    assert is_as_computed(three)


def test_three_planes_are_saved_and_restored(three):
    three.answer(lambda: three.session.go_to((10, 90, 150)))
    state, case = three.session.state, three.session.case
    document = session_document(state)
    assert restored(document, case).view == state.view
    three.answer(lambda: three.press(three.canvas.native, Qt.Key.Key_4, modifier=CONTROL))
    assert three.session.state.view.planes == "one"
    assert three.canvas.three.views == ()
    three.answer(lambda: three.press(three.canvas.native, Qt.Key.Key_X))
    three.answer(lambda: three.session.restore(restored(document, case), "Open"))
    assert crosshair(three) == (10, 90, 150)
    assert three.session.state.view.plane == Plane(0, 10)
    assert is_as_computed(three)


def test_learn_and_overlaid_show_one_plane(three):
    session = three.session
    for other, back in (({"layout": "overlaid"}, {"layout": "side by side"}),
                        ({"workspace": "learn"}, {"workspace": "explore"})):  # fmt: skip
        session.show(**other)
        assert three.canvas.three.views == ()
        assert session.state.maps().painted.across == ()
        three.answer(lambda back=back: session.show(**back))
        assert len(three.canvas.three.views) == 6
    three.action("Slice or 3D").trigger()
    assert session.state.view.plane is None
    assert three.canvas.three.views == ()
    three.answer(lambda: three.action("Slice or 3D").trigger())
    assert is_as_computed(three)
