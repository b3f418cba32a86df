"""Panes are chosen in the menu, by keys and at the panes themselves, and show what they say."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMenu

from lossexplorer.app.settings import SettingsStore
from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import Plane
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from tests.app.driver import Closed, shifted, tumour

LOSSES = ("dice", "tversky", "iou", "cross_entropy")


@pytest.fixture
def wrong(driver):
    """A prediction two voxels off along y, that is sure of itself with 0.9; titles have room."""
    driver.resize(1600, 1000)
    driver.answer(lambda: driver.session.set_control("shift_y", 2 * 0.78125))
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    yield shifted(tumour(), y=2)
    driver.session.show(scale="automatic")
    driver.settings.update(panes=DEFAULT_PANES)


def menu_of_panes(driver):
    """The menu that the key opens, which is shown."""
    driver.press(driver.canvas.native, Qt.Key.Key_P)
    shown = [menu for menu in driver.window.findChildren(QMenu) if menu.isVisible()]
    assert len(shown) == 1
    return shown[0]


def choose(driver, title):
    """Choose an entry of the menu by a click."""
    menu = menu_of_panes(driver)
    (entry,) = [action for action in menu.actions() if action.text().replace("&", "") == title]
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())


def hover(driver, row, column):
    """Move the pointer into a pane."""
    native = driver.canvas.native
    rows, columns = driver.canvas.panes.shape()
    place = QPointF((column + 0.5) * native.width() / columns, (row + 0.5) * native.height() / rows)
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, native.mapToGlobal(place), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(native, event)


def titles(driver):
    driver.canvas.maps.finish()
    return {name: driver.canvas.panes.cells[name].map.name for name in driver.canvas.panes.shown}


def panes(driver):
    return driver.session.state.view.panes


def test_gradients_of_several_losses_are_shown_at_once(driver, wrong):
    """Six panes in two rows, as in the sketch, each the gradient in closed form."""
    gradients = tuple(Pane("gradient", loss) for loss in LOSSES[:3])
    driver.answer(lambda: driver.session.show(panes=(*DEFAULT_PANES[:3], *gradients)))
    assert driver.viewer.canvas.grid.actual_shape(driver.viewer.layers) == (2, 3)
    closed = Closed(wrong, 0.9)
    for pane in gradients:
        expected = closed.gradient(pane.loss, "logit")[12]
        np.testing.assert_allclose(driver.painted(pane.name), expected, rtol=2e-4, atol=1e-12)
    assert list(titles(driver).values())[3:] == [
        f"∂ {driver.session.state.experiment.title(loss)} / ∂ logit  ±"
        f"{tidy(driver.canvas.maps.limit_of(Pane('gradient', loss)))}"
        for loss in LOSSES[:3]
    ]
    # Sliders move all of them.
    driver.answer(lambda: driver.session.set_control("shift_y", 0.78125))
    closed = Closed(shifted(tumour(), y=1), 0.9)
    for pane in gradients:
        expected = closed.gradient(pane.loss, "logit")[12]
        np.testing.assert_allclose(driver.painted(pane.name), expected, rtol=2e-4, atol=1e-12)


def test_what_is_under_the_pointer_is_said_of_every_gradient(driver, wrong):
    gradients = tuple(Pane("gradient", loss) for loss in ("dice", "iou", "cross_entropy"))
    driver.answer(lambda: driver.session.show(panes=gradients))
    z, y, x = 12, *np.argwhere(tumour()[12] != wrong[12])[0]
    said = []
    driver.window.stage.probed.connect(said.append)
    driver.canvas.pointer.probed.emit((z, y, x))
    driver.window.stage.probed.disconnect(said.append)
    shown = [text.rsplit(" ", 1) for text in said[-1].split("     ")[3:]]
    closed = Closed(wrong, 0.9)
    assert [title for title, _ in shown] == ["∂ Dice / ∂ logit", "∂ IoU", "∂ Cross-entropy"]
    for pane, (_, number) in zip(gradients, shown, strict=True):
        value = float(number.replace("−", "-"))
        assert value == pytest.approx(closed.gradient(pane.loss, "logit")[z, y, x], rel=6e-3)


def size_of(driver, pane):
    """The 99.5th percentile of a painted gradient's magnitude where it is not 0."""
    painted = np.abs(driver.painted(pane.name).astype(np.float64))
    return np.percentile(painted[painted > 0], 99.5)


def limits(driver, pane):
    driver.canvas.maps.finish()
    return driver.canvas.panes.cells[pane.name].map.contrast_limits[1]


def test_each_gradient_has_its_own_scale_or_all_share_the_widest(driver, wrong):
    driver.canvas.maps.clear()
    gradients = tuple(Pane("gradient", loss) for loss in LOSSES)
    driver.answer(lambda: driver.session.show(panes=gradients))
    sizes = {pane: size_of(driver, pane) for pane in gradients}
    for pane, size in sizes.items():
        assert limits(driver, pane) == pytest.approx(size, rel=1e-5)
    assert len(set(sizes.values())) == len(sizes)
    driver.action("Shared by All Shown").trigger()
    for pane in gradients:
        assert limits(driver, pane) == pytest.approx(max(sizes.values()), rel=1e-5)
    assert driver.window.legend.high.text() == tidy(max(sizes.values()), signed=True)
    assert "4 gradients, one scale" in driver.texts(driver.window.legend)
    assert not any("±" in title for title in titles(driver).values())
    driver.action("Of Each Map").trigger()
    for pane, size in sizes.items():
        assert limits(driver, pane) == pytest.approx(size, rel=1e-5)
    assert titles(driver)["gradient iou"].endswith(f"±{tidy(sizes[Pane('gradient', 'iou')])}")


def test_a_pane_is_added_and_removed_in_the_menu(driver, wrong):
    driver.answer(lambda: choose(driver, "∂ IoU / ∂ logit"))
    assert panes(driver) == (*DEFAULT_PANES, Pane("gradient", "iou"))
    assert driver.settings.latest().panes == panes(driver)
    expected = Closed(wrong, 0.9).gradient("iou", "logit")[12]
    np.testing.assert_allclose(driver.painted("gradient iou"), expected, rtol=2e-4, atol=1e-12)
    driver.answer(lambda: choose(driver, "∂ IoU / ∂ logit"))
    assert panes(driver) == DEFAULT_PANES
    assert "gradient iou" not in driver.canvas.panes.cells


def test_a_pane_that_needs_no_new_answer_is_painted_too(driver, wrong):
    """The gradient of the loss that is chosen is known already."""
    choose(driver, "∂ Dice / ∂ logit")
    driver.window.stage.paint()
    np.testing.assert_array_equal(driver.painted("gradient dice"), driver.painted("gradient"))
    assert titles(driver)["gradient"].startswith("∂ Dice / ∂ logit · chosen")


def test_a_pane_is_removed_by_its_button(driver, wrong):
    button = driver.window.stage.closer.button
    hover(driver, 1, 0)  # the error, in the second row
    assert button.isVisible()
    driver.click(button)
    assert panes(driver) == (Pane("truth"), Pane("prediction"), Pane("gradient"))
    assert button.isHidden()
    for _ in range(2):
        hover(driver, 0, 0)
        driver.click(button)
    assert panes(driver) == (Pane("gradient"),)
    hover(driver, 0, 0)
    assert button.isHidden()  # the last one stays
    driver.press(driver.canvas.native, Qt.Key.Key_P, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert panes(driver) == DEFAULT_PANES


def test_the_image_is_a_pane(driver, wrong):
    driver.session.show(panes=(Pane("image"), Pane("truth")))
    assert driver.canvas.panes.cells["image"].image.visible
    assert not driver.canvas.array("image").any()
    assert titles(driver)["image"] == "Image"


def test_all_classes_are_a_pane_of_prediction_and_of_error(driver, wrong):
    every = (Pane("prediction", classes="all"), Pane("error", classes="all"))
    driver.answer(lambda: driver.session.show(panes=every))
    truth = tumour()[12]
    # Confidence 0.9 of two classes is 0.8 of the way from ½ to 1: step 6 of 8, from 0.
    np.testing.assert_array_equal(driver.painted("prediction all"), wrong[12] * 8 + 6)
    expected = np.select([(truth == 1) & (wrong[12] == 1), wrong[12] == 1, truth == 1], [1, 2, 3])
    np.testing.assert_array_equal(driver.painted("error all"), expected)


def test_a_pane_stays_at_its_class_while_another_one_is_shown(driver, wrong):
    driver.answer(lambda: driver.session.show(class_index=0))
    choose(driver, "Prediction · background (Pinned)")  # whose probability is there
    assert panes(driver)[-1] == Pane("prediction", classes=0)
    driver.answer(lambda: driver.session.show(class_index=1))
    pinned = (Pane("prediction"), Pane("prediction", classes=0), Pane("gradient", "dice", 0))
    driver.answer(lambda: driver.session.show(panes=pinned))
    other = 1 - driver.painted("prediction")
    np.testing.assert_allclose(driver.painted("prediction 0"), other, rtol=1e-6)
    closed = Closed(wrong, 0.9).gradient("dice", "logit", 0)[12]
    np.testing.assert_allclose(driver.painted("gradient dice 0"), closed, rtol=2e-4, atol=1e-12)
    assert titles(driver)["prediction 0"] == "Prediction · background"
    driver.answer(lambda: driver.session.show(class_index=0))
    np.testing.assert_allclose(driver.painted("prediction 0"), driver.painted("prediction"))


def test_panes_of_a_loss_that_is_removed_go_with_it(driver, wrong):
    driver.answer(
        lambda: driver.session.show(panes=(Pane("truth"), Pane("gradient", "iou"), Pane("error")))
    )
    driver.answer(lambda: driver.session.remove_loss("iou"))
    assert panes(driver) == (Pane("truth"), Pane("error"))


@pytest.mark.parametrize(
    "refused",
    [
        (),
        (Pane("gradient", "hausdorff_9"),),
        (Pane("truth"), Pane("truth")),
        tuple(Pane("prediction", classes=index) for index in range(10)),
        (Pane("prediction", classes=2),),
        (Pane("beside"),),
    ],
)
def test_what_are_no_panes_is_refused(driver, refused):
    with pytest.raises(ParameterError, match="1 to 9"):
        driver.session.show(panes=refused)


def test_up_to_nine_panes_fit(driver, wrong):
    driver.action("Gradients of All Losses").trigger()
    assert len(panes(driver)) == 3 + len(driver.session.state.experiment.losses)
    nine = (*panes(driver)[:8], Pane("image"))
    driver.answer(lambda: driver.session.show(panes=nine))
    assert driver.viewer.canvas.grid.actual_shape(driver.viewer.layers) == (3, 3)
    menu = menu_of_panes(driver)
    entries = {action.text().replace("&", ""): action for action in menu.actions()}
    assert not entries["Prediction · all classes"].isEnabled()
    assert entries["Truth"].isEnabled()
    menu.close()


def test_a_start_shows_the_panes_that_were_chosen_last(make_driver):
    settings = SettingsStore()
    settings.update(panes=(Pane("image"), Pane("gradient", "dice"), Pane("gradient", "gone")))
    driver = make_driver(settings=settings, prepare=False)
    assert panes(driver) == (Pane("image"), Pane("gradient", "dice"))


def test_the_plane_of_all_panes_is_chosen_by_key(driver, wrong):
    native = driver.canvas.native
    assert driver.action("Slices Along z (Axial)").isChecked()
    labelled = int((tumour() != 0).sum(axis=(0, 1)).argmax())
    driver.viewer.dims.set_current_step(2, labelled)
    driver.answer(lambda: driver.press(native, Qt.Key.Key_X))
    assert driver.session.state.view.plane == Plane(2, labelled)
    assert driver.action("Slices Along x (Sagittal)").isChecked()
    expected = Closed(wrong, 0.9).gradient("dice", "logit")[:, :, labelled]
    np.testing.assert_allclose(driver.painted("gradient"), expected, rtol=2e-4, atol=1e-12)
    driver.answer(lambda: driver.press(native, Qt.Key.Key_Z))
    assert driver.session.state.view.plane == Plane(0, 12)


def test_slices_are_turned_by_the_menu_and_that_is_said(driver, wrong):
    """The sample's rows run to the front and its columns to the left: LAS."""
    letters = driver.canvas.directions.panes[3]
    assert (letters["left"].text(), letters["top"].text()) == ("R", "P")
    driver.action("Neurological").trigger()
    assert (letters["left"].text(), letters["top"].text()) == ("L", "A")
    assert "neurological" in driver.texts(driver.canvas.native)
    driver.action("As Stored").trigger()
    assert (letters["left"].text(), letters["top"].text()) == ("R", "P")
    assert "neurological" not in driver.texts(driver.canvas.native)
