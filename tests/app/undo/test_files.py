"""Classes, patches, predictions from files, and files."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from lossexplorer.engine.messages import Plane
from tests.app.driver import shifted, small_labels, write_nifti
from tests.app.undo.hand import DOWN, RIGHT, offered, redo, undo


def dice_of(labels, moved, classes):
    terms = []
    for c in classes:
        g, p = labels == c, moved == c
        terms.append(1 - 2 * (g & p).sum() / (g.sum() + p.sum()))
    return np.mean(terms)


def of_shift(labels):
    return dice_of(labels, shifted(labels, x=1), np.unique(labels))


def shown_truth(driver):
    return driver.canvas.array("truth")


EACH = np.searchsorted([0, 3, 7], small_labels())


def test_a_class_selection_is_undone_and_the_engine_follows(driver, boxes):
    section = driver.controls.truth
    driver.press(driver.controls.classes, DOWN)  # class 7
    answer = driver.opening(lambda: driver.press(section.classes, DOWN))
    foreground = of_shift((small_labels() > 0).astype(int))
    assert answer.losses[0].value == pytest.approx(foreground, rel=1e-9)
    assert driver.session.state.view.class_index == 1
    assert offered(driver) == ("Choose classes", "")

    answer = driver.answer(lambda: undo(driver))
    assert offered(driver)[1] == "Choose classes"
    assert answer.losses[0].value == pytest.approx(of_shift(small_labels()), rel=1e-9)
    assert section.classes.currentText() == "each of the 2 ids"
    names = [driver.controls.classes.itemText(i) for i in range(driver.controls.classes.count())]
    assert names == ["background", "class 3", "class 7"]
    assert driver.controls.classes.currentIndex() == driver.session.state.view.class_index == 1
    assert len(driver.plots.widgets["classes"].terms("dice")) == 3
    assert driver.card_text("dice") == f"{of_shift(small_labels()):.4f}"
    np.testing.assert_array_equal(shown_truth(driver), EACH)
    assert driver.row("", "grow").classes.count() == 4  # all classes, and each of the three

    answer = driver.answer(lambda: redo(driver))
    assert answer.losses[0].value == pytest.approx(foreground, rel=1e-9)
    assert section.classes.currentText() == "all foreground as one"
    assert driver.controls.classes.count() == 2
    np.testing.assert_array_equal(shown_truth(driver), small_labels() > 0)


def test_patches_are_undone_wherever_one_looks(driver, boxes):
    section, whole = driver.controls.truth, of_shift(small_labels())
    driver.opening(lambda: driver.type(section.patch.lineEdit(), "3 x 8 x 12"))
    assert offered(driver) == ("Cut into patches of 3 × 8 × 12", "")
    driver.answer(lambda: driver.press(section.sample, DOWN))
    assert driver.session.state.view.sample == 1
    driver.answer(lambda: undo(driver))
    assert driver.card_text("dice") == f"{whole:.4f}"
    assert section.patch.currentText() == "whole volume"
    assert not section.sample.isVisible()
    np.testing.assert_array_equal(shown_truth(driver), EACH)
    driver.answer(lambda: driver.viewer.dims.set_current_step(0, 5))
    driver.answer(lambda: redo(driver))
    assert section.patch.currentText() == "3 × 8 × 12"
    assert section.sample.isVisible()
    np.testing.assert_array_equal(shown_truth(driver), EACH[:3])
    assert driver.session.state.view.plane == driver.canvas.navigation.plane == Plane(0, 2)


@pytest.mark.parametrize("extra", [False, True], ids=["same classes", "one class more"])
def test_a_given_prediction_is_undone(driver, boxes, tmp_path, extra):
    predicted = shifted(small_labels(), y=1)
    if extra:
        predicted[0, 0, 0] = 9
    path = tmp_path / "predicted.npy"
    np.save(path, predicted)
    before = driver.session.state.experiment
    answer = driver.opening(lambda: driver.files.opener.use_prediction(str(path)))
    classes = (0, 3, 7, 9) if extra else (0, 3, 7)
    of_file = dice_of(small_labels(), predicted, classes)
    assert answer.losses[0].value == pytest.approx(of_file, rel=1e-6)
    assert offered(driver) == ("Open prediction predicted.npy", "")
    title = driver.controls.prediction.title
    answer = driver.answer(lambda: undo(driver))
    assert driver.session.state.experiment == before
    assert answer.losses[0].value == pytest.approx(of_shift(small_labels()), rel=1e-9)
    assert title.text() == "PREDICTION · SIMULATED"
    assert driver.row("", "shift_x").isVisible()
    assert driver.row("", "shift_x").line.text() == "+0.5"
    answer = driver.answer(lambda: redo(driver))
    assert answer.losses[0].value == pytest.approx(of_file, rel=1e-6)
    assert title.text() == "PREDICTION · predicted.npy"


def test_curves_are_against_what_acts_on_the_prediction_that_an_undo_returns_to(
    driver, boxes, tmp_path
):
    path = tmp_path / "predicted.npy"
    np.save(path, shifted(small_labels(), y=1))
    driver.opening(lambda: driver.files.opener.use_prediction(str(path)))
    driver.opening(driver.action("Simulate the Prediction").trigger)
    assert offered(driver) == ("Simulate the prediction", "")
    driver.settle(lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    driver.settle(lambda: undo(driver, 2))
    assert driver.session.case.given is not None
    axis = driver.plots.widgets["response"].getPlotItem().getAxis("bottom")
    assert "shift" not in axis.labelText


def test_curves_are_against_one_number_where_an_undo_returns_to_one_for_each_class(driver, boxes):
    row = driver.row("", "grow")
    driver.press(row.classes, DOWN, 2)
    driver.settle(lambda: driver.type(row.line, "1"))
    assert driver.value("", "grow") == (0, 1, 0)
    driver.press(row.classes, Qt.Key.Key_Up, 2)
    driver.settle(lambda: driver.type(row.line, "2"))
    assert driver.value("", "grow") == 2
    driver.settle(lambda: undo(driver))
    assert driver.value("", "grow") == (0, 1, 0)
    assert row.line.text() == "mixed"
    assert "grow" not in driver.plots.widgets["response"].getPlotItem().getAxis("bottom").labelText


def test_another_file_begins_the_history_anew(driver, boxes, tmp_path):
    driver.press(driver.row("", "grow").slider, RIGHT, 2)
    undo(driver)
    assert all(offered(driver))
    driver.open(write_nifti(tmp_path / "others.nii.gz", small_labels(1)))
    assert offered(driver) == ("", "")
    state = driver.session.state
    undo(driver)
    redo(driver)
    assert driver.session.state == state
    driver.press(driver.row("", "grow").slider, RIGHT)
    driver.open(boxes)  # and so does the same file opened again
    assert offered(driver) == ("", "")
