"""What is painted in which slice, along which axis, and in 3D."""

import os
import signal

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit

from lossexplorer.app.theme import DARK, LIGHT
from lossexplorer.engine.messages import Plane
from tests.app.driver import Closed, shifted, small_labels, tumour, write_nifti

TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = 1, 2, 3
MAPS = ("prediction", "error", "gradient")


def categories(truth, predicted):
    expected = np.zeros(truth.shape, int)
    expected[(truth == 1) & (predicted == 1)] = TRUE_POSITIVE
    expected[(truth == 0) & (predicted == 1)] = FALSE_POSITIVE
    expected[(truth == 1) & (predicted == 0)] = FALSE_NEGATIVE
    return expected


def plane_of(volume, plane):
    return np.take(volume, plane.index, axis=plane.axis)


@pytest.fixture
def wrong(driver):
    """A hard prediction, two voxels off along y."""
    driver.answer(lambda: driver.session.set_control("shift_y", 2 * 0.78125))
    return shifted(tumour(), y=2)


def assert_right(driver, predicted, plane):
    truth, decided = plane_of(tumour(), plane), plane_of(predicted, plane)
    np.testing.assert_array_equal(
        plane_of(driver.canvas.array("error"), plane), categories(truth, decided)
    )
    np.testing.assert_array_equal(plane_of(driver.canvas.array("prediction"), plane), decided == 1)
    assert np.isfinite(plane_of(driver.canvas.array("gradient"), plane)).all()


def shown(driver):
    return [layer.name for layer in driver.viewer.layers if layer.visible]


def assert_blank(driver, plane):
    assert np.isnan(plane_of(driver.canvas.array("prediction"), plane)).all()
    assert np.isnan(plane_of(driver.canvas.array("gradient"), plane)).all()
    assert not plane_of(driver.canvas.array("error"), plane).any()


def test_keys_on_the_canvas_and_on_its_slider_show_and_paint_the_next_slice(driver, wrong):
    canvas = driver.canvas.widget.canvas.native
    slider = driver.canvas.widget.dims.slider_widgets[0].slider
    driver.answer(lambda: driver.press(canvas, Qt.Key.Key_Right))
    assert driver.session.state.view.plane == Plane(0, 13)
    assert_right(driver, wrong, Plane(0, 13))
    driver.answer(lambda: driver.press(canvas, Qt.Key.Key_Left, 2))
    assert driver.session.state.view.plane == Plane(0, 11)
    assert_right(driver, wrong, Plane(0, 11))
    place = QPoint(slider.width() * 2 // 3, slider.height() // 2)
    driver.answer(lambda: QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=place))
    plane = driver.session.state.view.plane
    assert abs(plane.index - 24 * 2 / 3) <= 2
    assert_right(driver, wrong, plane)


@pytest.mark.slow
@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_the_groove_below_the_canvas_is_that_of_every_slider(driver, palette):
    driver.window.context.themes.use(palette.name)
    slider = driver.canvas.widget.dims.slider_widgets[0].slider
    assert slider.value() > 0  # its handle is not at the left end
    seen = slider.grab().toImage()
    ratio = seen.devicePixelRatio()
    found = seen.pixelColor(int(24 * ratio), int(slider.height() / 2 * ratio))
    assert found.name() == palette.groove


def test_slices_seen_before_stay_painted_until_something_else_changes(driver, wrong):
    dims = driver.viewer.dims
    driver.answer(lambda: dims.set_current_step(0, 13))
    seen = [Plane(0, 12), Plane(0, 13)]
    for plane in seen:
        assert_right(driver, wrong, plane)
    assert_blank(driver, Plane(0, 14))

    driver.answer(lambda: driver.session.set_control("shift_y", 0.78125))
    assert_blank(driver, Plane(0, 12))
    assert_right(driver, shifted(tumour(), y=1), Plane(0, 13))

    driver.answer(lambda: driver.session.show(loss="iou"))
    driver.answer(lambda: dims.set_current_step(0, 12))
    assert_right(driver, shifted(tumour(), y=1), Plane(0, 12))


def test_the_roll_key_shows_slices_along_another_axis(driver, wrong):
    canvas = driver.canvas.widget.canvas.native

    def roll():
        driver.press(canvas, Qt.Key.Key_A)

    driver.answer(roll)
    plane = driver.session.state.view.plane
    assert plane.axis == 2
    labelled = int((tumour() != 0).sum(axis=(0, 1)).argmax())
    driver.answer(lambda: driver.viewer.dims.set_current_step(2, labelled))
    assert driver.session.state.view.plane == Plane(2, labelled)
    assert_right(driver, wrong, Plane(2, labelled))
    driver.answer(roll)
    assert driver.session.state.view.plane.axis == 1
    assert_right(driver, wrong, driver.session.state.view.plane)


def test_slices_of_two_axes_are_blanked_together(driver, wrong):
    dims = driver.viewer.dims
    labelled = int((tumour() != 0).sum(axis=(0, 1)).argmax())
    driver.viewer.dims.set_current_step(2, labelled)
    driver.answer(lambda: setattr(dims, "order", (2, 0, 1)))
    assert_right(driver, wrong, Plane(0, 12))
    assert_right(driver, wrong, Plane(2, labelled))
    driver.answer(lambda: driver.session.set_control("shift_y", 0.0))
    for name in ("prediction", "gradient"):
        others = np.delete(driver.canvas.array(name), labelled, axis=2)
        assert np.isnan(others).all()
    assert not np.delete(driver.canvas.array("error"), labelled, axis=2).any()


@pytest.mark.slow
def test_in_3d_the_whole_volume_is_painted_and_back_only_the_slice(driver, wrong):
    driver.answer(driver.action("Slice or 3D").trigger)
    assert driver.session.state.view.plane is None
    np.testing.assert_array_equal(driver.canvas.array("error"), categories(tumour(), wrong))
    np.testing.assert_array_equal(driver.canvas.array("prediction"), wrong == 1)
    closed = Closed(wrong).gradient("dice", "logit")
    np.testing.assert_allclose(driver.canvas.array("gradient"), closed, rtol=1e-5, atol=1e-12)
    driver.answer(driver.action("Slice or 3D").trigger)
    assert driver.session.state.view.plane == Plane(0, 12)
    driver.answer(lambda: driver.session.set_control("shift_y", 0.0))
    assert_right(driver, tumour(), Plane(0, 12))
    assert_blank(driver, Plane(0, 13))


@pytest.mark.slow
def test_a_change_in_3d_repaints_the_whole_volume(driver, wrong):
    driver.answer(driver.canvas.navigation.toggle_3d)
    driver.answer(lambda: driver.session.set_control("shift_y", 0.78125))
    expected = categories(tumour(), shifted(tumour(), y=1))
    np.testing.assert_array_equal(driver.canvas.array("error"), expected)


def test_numbers_do_not_depend_on_the_slice(driver, wrong):
    before = [driver.card_text(name) for name in driver.losses.cards]
    steps = len(driver.plots.widgets["history"].series("dice"))
    driver.answer(lambda: driver.viewer.dims.set_current_step(0, 3))
    assert [driver.card_text(name) for name in driver.losses.cards] == before
    assert len(driver.plots.widgets["history"].series("dice")) == steps


def test_answers_that_come_before_they_are_painted_are_all_painted(driver):
    def answer(act):
        driver.answer(act)
        return driver.answers[-1]

    step = driver.viewer.dims.set_current_step
    first, second = (answer(lambda index=index: step(0, index)) for index in (10, 11))
    answer(lambda: driver.session.set_control("softness", 1.25))
    prediction = driver.canvas.array("prediction")
    assert np.isnan(prediction[10]).all()
    for each in (first, second):
        driver.controller.answered.emit(each)
    driver.window.stage.paint()
    assert not np.isnan(prediction[10:12]).any()


# A prediction that is the truth


def test_of_the_truth_itself_there_is_no_gradient_and_no_error(driver):
    assert (driver.painted("gradient") == 0).all()
    truth = plane_of(tumour(), driver.session.state.view.plane)
    np.testing.assert_array_equal(driver.painted("error"), truth * TRUE_POSITIVE)


def test_the_gradient_s_colours_are_neutral_at_0_and_symmetric(driver, wrong):
    layer = next(layer for layer in driver.viewer.layers if layer.name == "∂ Dice / ∂ logit")
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    driver.canvas.maps.finish()
    low, high = layer.contrast_limits
    assert low == -high < 0
    assert high == driver.canvas.maps.gradient_limit
    legend = driver.window.legend
    assert legend.low.text() == "−" + legend.high.text().removeprefix("+")
    neutral, undefined = layer.colormap.map(np.array([0.5, np.nan]))
    assert neutral[3] == 0
    assert undefined[3] == 0


# Pointing


def point(driver, x, y):
    """Hold the pointer over a place of the canvas; return what the program says of it.

    A hand moves it more than once: vispy ignores what follows another event within 10 ms.
    """
    native = driver.canvas.widget.canvas.native
    place = QPointF(x, y)
    no_button, no_modifier = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier

    def move():
        event = QMouseEvent(
            QEvent.Type.MouseMove, place, native.mapToGlobal(place), no_button, no_button,
            no_modifier,
        )  # fmt: skip
        QApplication.sendEvent(native, event)

    said = []
    stage, hand = driver.window.stage, QTimer(interval=20)

    def move_and_listen():
        """What is said while it does not move is about where it was."""
        stage.probed.connect(said.append)
        move()
        stage.probed.disconnect(said.append)

    hand.timeout.connect(move_and_listen)
    hand.start()
    try:
        driver.bot.waitUntil(lambda: bool(said))
    finally:
        hand.stop()
    return said[-1]


@pytest.mark.parametrize("place", range(4))
def test_pointing_at_a_voxel_says_its_truth_prediction_and_gradient(driver, wrong, place):
    """In whichever map: they lie side by side and show the same voxels."""
    driver.resize(1400, 900)  # so that a voxel has more than a pixel
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    driver.action("Look at the Labels").trigger()
    gradient = Closed(wrong, 0.9).gradient("dice", "logit")
    native, zoom = driver.canvas.widget.canvas.native, driver.viewer.scene.camera.zoom
    cell = np.array([native.height(), native.width()]) / 2
    labelled = np.argwhere(tumour().any(axis=0))
    low, high = labelled.min(axis=0), labelled.max(axis=0)
    # The middle of the labels is in the middle of each map, and zoom is pixels per mm.
    for offset in ([0, 0], [-15, 9], (high - low) / 3, [0, -20]):
        y, x = voxel = np.round((low + high) / 2 + offset).astype(int)
        from_middle = (voxel - (low + high) / 2) * 0.78125 * zoom
        down, across = (np.array(divmod(place, 2)) + 0.5) * cell + from_middle
        said = point(driver, across, down)
        truth, p = tumour()[12, y, x], 0.9 if wrong[12, y, x] else 0.1
        assert said.split("     ")[:-1] == [
            f"z 12  y {y}  x {x}",
            f"truth {['background', 'tumour'][truth]}",
            f"prediction {p}",
        ]
        shown = float(said.rpartition(" ")[2].replace("−", "-"))
        assert shown == pytest.approx(gradient[12, y, x], rel=6e-3)
        assert said in driver.texts(driver.window.statusBar())


def test_pointing_beside_the_volume_says_nothing(driver):
    driver.action("Look at the Whole Volume").trigger()
    assert point(driver, 2, 2) == ""  # a map is wider than the square volume in it


def test_side_by_side_or_overlaid(driver):
    cells = driver.viewer.canvas.grid
    driver.action("Overlaid").trigger()
    assert not cells.enabled
    assert shown(driver) == ["Image truth", "Truth", "∂ Dice / ∂ logit", "Outline gradient"]
    driver.action("Side by Side").trigger()
    assert cells.enabled
    maps = ["Truth", "Prediction · tumour", "Error · tumour", "∂ Dice / ∂ logit"]
    assert set(maps) < set(shown(driver))
    outlines = [name for name in shown(driver) if name.startswith("Outline")]
    assert outlines == ["Outline prediction"]


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["Side by Side", "Overlaid"])
def test_in_3d_nothing_is_outlined_for_napari_would_fill_it(driver, layout):
    native = driver.canvas.widget.canvas.native
    modifier = Qt.KeyboardModifier.ControlModifier
    driver.action(layout).trigger()
    before = shown(driver)
    for ndisplay in (3, 2):
        driver.answer(lambda: driver.press(native, Qt.Key.Key_3, modifier=modifier))
        assert driver.viewer.dims.ndisplay == ndisplay
        flat = [name for name in before if not name.startswith("Outline")]
        flat = [f"{name} · p = ½" if name.startswith("Prediction") else name for name in flat]
        flat.append("Gradient, positive")  # in the last pane, above the negative one
        assert shown(driver) == (before if ndisplay == 2 else flat)


@pytest.mark.slow
def test_a_volume_that_is_opened_in_3d_is_painted_as_a_whole(driver, tmp_path):
    labels = small_labels()
    driver.answer(driver.canvas.navigation.toggle_3d)
    driver.answer(lambda: driver.session.set_control("shift_y", 0.75))
    driver.open(write_nifti(tmp_path / "boxes.nii.gz", labels))
    assert driver.session.state.view.plane is None
    expected = categories(labels == 3, shifted(labels, y=1) == 3)
    np.testing.assert_array_equal(driver.canvas.array("error"), expected)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs signals that stop")
def test_in_3d_it_is_said_that_the_volume_is_painted(driver):
    """Once that takes longer than a moment, as it does here while the engine is stopped."""
    note, pid = driver.window.stage.painting_note, driver.statuses[-1].info.pid
    driver.settle(lambda: driver.session.set_control("shift_y", 0.75))
    os.kill(pid, signal.SIGSTOP)
    driver.action("Slice or 3D").trigger()
    try:
        driver.bot.waitUntil(note.isVisible)
        stage = driver.window.stage.rect()
        assert note.words.text() == "Painting the volume…"
        assert stage.contains(note.geometry())
        assert abs(note.geometry().center().x() - stage.center().x()) <= 1
    finally:
        os.kill(pid, signal.SIGCONT)
    driver.answer(lambda: None)
    assert note.isHidden()
    assert np.isfinite(driver.canvas.array("gradient")).all()
    driver.answer(driver.action("Slice or 3D").trigger)
    assert note.isHidden()


def test_the_name_of_an_axis_is_not_typed_over(driver):
    """It is a line of napari's in which the Tab key ended, and letters were its new name."""
    names = [
        line for line in driver.canvas.widget.findChildren(QLineEdit, "axis_label")
        if line.isVisible()
    ]  # fmt: skip
    assert [name.text() for name in names] == ["z"]
    QTest.keyClicks(names[0], "quid")  # which are keys of nothing
    assert names[0].text() == "z"
    assert names[0].focusPolicy() == Qt.FocusPolicy.NoFocus
