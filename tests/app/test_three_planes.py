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
    driver.canvas.maps.finish()
    driver.canvas.native.repaint()


def crosshair(driver):
    return driver.session.state.view.crosshair


def pixel_of(driver, view, voxel):
    """A pixel of the widget near a voxel, and the voxel that is seen there in a view.

    By vispy's own transforms; on a small screen a pixel is more than a voxel.
    """
    axes = driver.canvas.panes.views()[view][1]
    box = driver.canvas.widget.canvas.grid_views[view]
    transform = box.transform * box.scene.transform
    down, across = (voxel[axis] * EDGES[axis] for axis in (axes.down, axes.across))
    pixel = QPointF(*transform.map((across, down))[:2]).toPoint()
    there = transform.imap((pixel.x(), pixel.y()))
    found = list(crosshair(driver))
    found[axes.down], found[axes.across] = (
        round(at / EDGES[axis])
        for at, axis in zip((there[1], there[0]), (axes.down, axes.across), strict=True)
    )
    return pixel, tuple(found)


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
    native = three.canvas.native
    # In the coronal plane of the second pane.
    inside = np.argwhere(tumour()[:, crosshair(three)[1]] == 1)
    z, x = inside[len(inside) // 3]
    pixel, voxel = pixel_of(three, 4, (z, 0, x))
    three.answer(lambda: QTest.mouseClick(native, Qt.MouseButton.LeftButton, pos=pixel))
    assert crosshair(three) == voxel
    assert three.session.state.view.plane == Plane(0, voxel[0])
    assert three.session.state.view.class_index == 1
    assert is_as_computed(three)
    # In the sagittal plane of the first one.
    pixel, further = pixel_of(three, 2, (voxel[0] + 1, voxel[1] - 9, 0))
    assert further[:2] != voxel[:2]
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(pixel), native.mapToGlobal(QPointF(pixel)),
        Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, SHIFT,
    )  # fmt: skip
    native._last_time = 0.0  # vispy drops what comes within 10 ms
    three.answer(lambda: QApplication.sendEvent(native, event))
    assert crosshair(three) == further
    assert is_as_computed(three)
    assert three.window.stage.pointed == further
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


def test_seven_panes_are_chosen_and_six_of_them_have_room_which_is_said(three):
    gradients = tuple(Pane("gradient", loss) for loss in ("dice", "tversky", "iou", "total"))
    chosen = (*DEFAULT_PANES[:3], *gradients)
    three.answer(lambda: three.session.show(panes=chosen[:6]))
    legend = three.window.legend
    assert three.viewer.canvas.grid.actual_shape(three.viewer.layers) == (3, 6)
    assert legend.panes.text() == "Panes…"
    three.session.show(panes=chosen)
    assert len(three.canvas.three.views) == 18
    assert legend.panes.text() == "Panes: 6 of 7…"
    three.answer(lambda: three.press(three.canvas.native, Qt.Key.Key_4, modifier=CONTROL))
    assert legend.panes.text() == "Panes…"
