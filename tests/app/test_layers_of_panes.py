"""How panes look: opacity, outlines, contrast and interpolation; the ruler and the drawn line."""

import math

import numpy as np
import pytest
from napari.layers import Image
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.session.appearance import Appearance, window_and_level
from lossexplorer.session.panes import Pane
from tests.app.driver import EDGES, NO_MODIFIER, shifted, tumour

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


def appearance(driver):
    return driver.session.state.view.appearance


def cells(driver):
    return driver.canvas.panes.cells


def drag(driver, start, way, button=LEFT, modifier=NO_MODIFIER):
    """Press a button at a pixel, move by a way in pixels, and leave the button pressed."""
    native = driver.canvas.native
    QTest.mousePress(native, button, modifier, start.toPoint())
    for part in (0.5, 1.0):
        at = start + way * part
        event = _move(native, at, button, modifier)
        QApplication.sendEvent(native, event)


def _move(native, at, button, modifier):

    kind = QEvent.Type.MouseMove
    return QMouseEvent(kind, at, native.mapToGlobal(at), Qt.MouseButton.NoButton, button, modifier)


def release(driver, at, button=LEFT, modifier=NO_MODIFIER):
    QTest.mouseRelease(driver.canvas.native, button, modifier, at.toPoint())


def box(driver):
    """The box of the layers, opened by its key."""
    driver.press(driver.canvas.native, Qt.Key.Key_O)
    return driver.window.centralWidget().appearance


def test_opacities_are_set_in_the_box_of_each_kind(driver):
    layers = box(driver)
    assert layers.isVisible()
    for number, kind in enumerate(("truth", "prediction", "error", "gradient")):
        layers.sliders[kind].setFocus()
        for _ in range(number + 1):  # each 10 %
            driver.press(layers.sliders[kind], Qt.Key.Key_PageDown)
        assert cells(driver)[kind].map.opacity == pytest.approx(0.9 - 0.1 * number)
        assert cells(driver)[kind].image.opacity == 1.0
    layers.hide()
    driver.action("All Maps Opaque").trigger()
    assert {cell.map.opacity for cell in cells(driver).values()} == {1.0}
    assert not driver.action("All Maps Opaque").isEnabled()


def test_a_class_is_outlined_in_every_pane(driver):
    driver.answer(lambda: driver.session.set_control("shift_y", 2 * EDGES[1]))
    driver.shortcut("Shift+T")
    assert appearance(driver).outlines_truth
    assert all(cells(driver)[name].outline.visible for name in driver.canvas.panes.shown)
    driver.shortcut("Shift+O")
    plane = driver.session.state.view.plane
    lines = driver.canvas.marks.outlines[plane]
    predicted = shifted(tumour(), y=2)[plane.index]
    # Every line is between a voxel that is predicted and one that is not, counted one by one.
    edges = sum(int((np.diff(np.pad(predicted, 1), axis=axis) != 0).sum()) for axis in (0, 1))
    assert np.abs(lines[:, 1] - lines[:, 0]).sum() == edges
    assert driver.canvas.marks.isVisible()
    driver.answer(lambda: driver.session.set_control("shift_y", 0.0))
    moved = driver.canvas.marks.outlines[plane]
    np.testing.assert_allclose(moved[:, :, 0].min() + 2, lines[:, :, 0].min())
    driver.shortcut("Shift+T")
    driver.shortcut("Shift+O")
    assert not cells(driver)["gradient"].outline.visible
    assert driver.canvas.marks.isHidden()


def test_a_drag_with_the_right_button_changes_the_contrast(driver):
    image = cells(driver)["truth"].image
    fitting = tuple(image.contrast_limits)
    zoom = driver.viewer.scene.camera.zoom
    start = QPointF(driver.canvas.places.pane(0).center().toPoint())  # as events of the mouse
    drag(driver, start, QPointF(50, -20), RIGHT)
    window, level = window_and_level(fitting)
    # 200 pixels make the window e times as wide, or move the level by the first window.
    wide, low = window * math.exp(50 / 200), level - window * 20 / 200
    np.testing.assert_allclose(appearance(driver).contrast, (low - wide / 2, low + wide / 2))
    for cell in cells(driver).values():
        np.testing.assert_allclose(cell.image.contrast_limits, appearance(driver).contrast)
    assert driver.canvas.marks.said.startswith("window ")
    release(driver, start + QPointF(50, -20), RIGHT)
    assert not driver.canvas.marks.said
    assert driver.viewer.scene.camera.zoom == zoom
    QTest.mouseDClick(driver.canvas.native, RIGHT, NO_MODIFIER, start.toPoint())
    release(driver, start, RIGHT)  # else Qt takes the button for pressed in other windows, too
    assert appearance(driver).contrast is None
    np.testing.assert_allclose(image.contrast_limits, fitting)


def test_voxels_of_numbers_are_blended_and_classes_are_not(driver):
    driver.action("Linear").trigger()
    for cell in cells(driver).values():
        assert cell.image.interpolation2d == "linear"
        assert not isinstance(cell.map, Image) or cell.map.interpolation2d == "linear"
    driver.action("Nearest").trigger()
    assert {cell.image.interpolation2d for cell in cells(driver).values()} == {"nearest"}


def test_a_ruler_measures_mm_and_voxels(driver):
    places, control = driver.canvas.places, Qt.KeyboardModifier.ControlModifier
    start = places.pixel((12, 90, 100), 1)
    start = QPointF(start.toPoint())  # events of the mouse have whole pixels
    first = np.array(places.place(start))
    way = QPointF(30, 40)
    centre = tuple(driver.viewer.scene.camera.center)
    drag(driver, start, way, LEFT, control)
    release(driver, start + way, LEFT, control)
    assert tuple(driver.viewer.scene.camera.center) == centre  # the canvas did not move
    ruler = np.array(driver.session.state.view.ruler)
    # 50 pixels, of which zoom are 1 mm; pixels are square.
    mm = 50 / driver.viewer.scene.camera.zoom
    assert np.linalg.norm((ruler[1] - ruler[0]) * EDGES) == pytest.approx(mm)
    np.testing.assert_allclose(ruler[0], first)
    assert driver.canvas.marks.marked.length == f"{mm:.3g} mm · {mm / EDGES[1]:.3g} voxels"
    driver.press(driver.canvas.native, Qt.Key.Key_Escape)
    assert driver.session.state.view.ruler is None
    assert driver.canvas.marks.isHidden()


@pytest.mark.parametrize(
    ("ruler", "mm"),
    [
        (((12, 90, 100), (12, 60, 160)), 52.4),  # √(30² + 60²) voxels of 0.78125 mm
        (((12, 90, 100), (12, 90, 160)), 46.9),
        (((12, 90, 100), (12, 150, 100)), 46.9),
        (((12, 5, 5), (12, 250, 250)), 271),  # from edge to edge
    ],
)
@pytest.mark.parametrize("count", [4, 9])
def test_the_ruler_s_length_covers_neither_the_ruler_nor_much_of_a_pane(driver, ruler, mm, count):
    losses = ["dice", "iou", "tversky", "cross_entropy", "generalized_dice"]
    few = driver.session.state.view.panes
    many = (*few, *(Pane("gradient", loss) for loss in losses))[:count]
    driver.session.show(panes=many, ruler=tuple(tuple(map(float, end)) for end in ruler))
    driver.canvas.navigation.look_at_all()
    marks, places = driver.canvas.marks, driver.canvas.places
    assert marks.count == count
    for number in range(count):
        text, box = marks.label(number)
        assert text == f"{mm} mm"
        pane = places.pane(number)
        assert pane.contains(box)
        assert box.width() < 0.6 * pane.width()  # of 123 pixels
        start, stop = (places.pixel(end, number) for end in ruler)
        along = [start + (stop - start) * part for part in np.linspace(0, 1, 200)]
        assert sum(map(box.contains, along)) < 40
    driver.session.show(panes=few, ruler=None)


def test_the_profile_s_line_is_on_every_pane_and_its_ends_are_dragged(driver):
    assert driver.canvas.marks.marked.line is None
    driver.plots.look_at("profile")
    driver.bot.waitUntil(lambda: driver.canvas.marks.marked.line is not None)
    assert driver.canvas.marks.marked.line == driver.controller.records["profile"].line
    assert driver.canvas.marks.count == 4
    driver.session.show(line=((12, 90, 100), (12, 100, 120)))
    places = driver.canvas.places
    start, stop = (places.pixel(voxel, 3) for voxel in ((12, 100, 120), (12, 70, 110)))
    drag(driver, QPointF(start.toPoint()), stop - start)
    release(driver, stop)
    first, last = driver.session.state.view.line
    assert first == (12, 90, 100)
    # The press is on a whole pixel, which is up to half of one from the end that it takes.
    away = np.abs(np.array(last) - (12, 70, 110)) * EDGES * driver.viewer.scene.camera.zoom
    assert away.max() <= max(1.0, EDGES[1] * driver.viewer.scene.camera.zoom)
    driver.plots.setCurrentIndex(0)
    driver.session.show(line=None)
    driver.bot.waitUntil(lambda: driver.canvas.marks.marked.line is None)


def test_all_of_it_is_saved_with_the_session(driver):
    from lossexplorer.documents.restoring import restored
    from lossexplorer.documents.writing import session_document

    look = Appearance(
        error=0.25, outlines_truth=True, contrast=(10.0, 90.0), interpolation="linear"
    )
    driver.session.show(
        pinned=(12, 90, 100), ruler=((12.0, 1.5, 2.0), (12.0, 8.0, 9.25)), appearance=look
    )
    document = session_document(driver.session.state)
    record = type(document).model_validate_json(document.model_dump_json())
    view = restored(record, driver.session.case).view
    assert (view.pinned, view.ruler, view.appearance) == (
        (12, 90, 100),
        ((12.0, 1.5, 2.0), (12.0, 8.0, 9.25)),
        look,
    )
