"""How what is open is seen: classes, patches, sample, level, and what the status bar says."""

import nibabel as nib
import numpy as np
import pytest
import zarr
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from lossexplorer.app.widgets.choosers import ClassesDialog
from tests.app.driver import small_labels, write_nifti
from tests.app.test_files import answered, dialog, have_open, opened


@pytest.fixture
def driver(shared_driver, qtbot):
    """The window with whatever the test before has opened."""
    shared_driver.bot = qtbot
    shared_driver.reset(source=None)
    return shared_driver


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    return write_nifti(tmp_path_factory.mktemp("cases") / "boxes.nii.gz", small_labels())


def truth(driver):
    return driver.controls.truth


def status(driver):
    return " ".join(driver.texts(driver.window.statusBar()))


def pick(driver, box, index):
    """Choose an entry of a list by the keyboard."""
    steps = index - box.currentIndex()
    driver.press(box, Qt.Key.Key_Down if steps > 0 else Qt.Key.Key_Up, abs(steps))


def test_the_choosers_are_those_that_make_sense(driver, boxes):
    have_open(driver, boxes)
    section = truth(driver)
    assert section.classes.isVisible()
    assert section.patch.isVisible()
    assert not section.level.isVisible()
    assert not section.sample.isVisible()
    assert section.classes.currentText() == "each of the 2 ids"


@pytest.mark.slow
def test_all_foreground_is_one_class_and_the_controls_stay(driver, boxes):
    have_open(driver, boxes)
    driver.session.set_control("confidence", 0.9)
    losses = driver.session.state.experiment.losses
    opened(driver, lambda: pick(driver, truth(driver).classes, 1))
    np.testing.assert_array_equal(driver.canvas.array("truth"), small_labels() > 0)
    assert driver.session.state.experiment.controls["confidence"] == 0.9
    assert driver.session.state.experiment.losses == losses
    # A perfect decision at confidence p: Dice = 1 − mean of 2 p G / (G + p G + (1 − p)(N − G)).
    foreground, n = (small_labels() > 0).sum(), small_labels().size
    terms = [1 - 1.8 * g / (g + 0.9 * g + 0.1 * (n - g)) for g in (n - foreground, foreground)]
    assert answered(driver).losses[0].value == pytest.approx(np.mean(terms), rel=1e-5)
    opened(driver, lambda: pick(driver, truth(driver).classes, 0))
    assert len(driver.session.volume.classes) == 3


def test_classes_are_searched_and_chosen(driver, boxes):
    have_open(driver, boxes)
    driver.press(truth(driver).classes, Qt.Key.Key_End)
    chooser = dialog(driver, ClassesDialog)
    rows = [
        tuple(chooser.model.item(r, c).text() for c in range(3))
        for r in range(chooser.model.rowCount())
    ]
    voxels = [(small_labels() == i).sum() for i in (3, 7)]
    assert rows == [("class 3", "3", str(voxels[0])), ("class 7", "7", str(voxels[1]))]
    assert chooser.checked() == (3, 7)
    driver.click(chooser.none)
    assert not chooser.accept_button.isEnabled()
    QTest.keyClicks(chooser.search, "CLASS 7")
    driver.click(chooser.all)  # of what the search shows
    assert chooser.checked() == (7,)
    opened(driver, lambda: driver.click(chooser.accept_button))
    np.testing.assert_array_equal(driver.canvas.array("truth"), small_labels() == 7)
    assert truth(driver).classes.currentText() == "1 of 2 chosen…"


def test_a_volume_is_cut_into_patches_and_each_is_looked_at(driver, boxes):
    have_open(driver, boxes)
    section = truth(driver)
    opened(driver, lambda: driver.type(section.patch.lineEdit(), "3 x 8 x 12"))
    assert len(driver.session.case.batch) == 2
    assert section.patch.currentText() == "3 × 8 × 12"
    assert "z × y × x" in section.patch.toolTip()
    assert [section.sample.itemText(i) for i in range(2)] == ["1 of 2", "2 of 2"]
    np.testing.assert_array_equal(
        driver.canvas.array("truth"), np.searchsorted([0, 3, 7], small_labels()[:3])
    )
    losses = answered(driver).losses
    driver.answer(lambda: pick(driver, section.sample, 1))
    assert driver.session.state.view.sample == 1
    np.testing.assert_array_equal(
        driver.canvas.array("truth"), np.searchsorted([0, 3, 7], small_labels()[3:])
    )
    assert driver.answers[-1].losses == losses  # they are of both, whichever is shown
    opened(driver, lambda: driver.type(section.patch.lineEdit(), "whole volume"))
    assert len(driver.session.case.batch) == 1
    assert not section.sample.isVisible()


@pytest.mark.parametrize("text", ["6 x 8", "0", "many", "-3", "1.5"])
def test_a_wrong_size_of_a_patch_is_marked_and_changes_nothing(driver, boxes, text):
    have_open(driver, boxes)
    before, box = driver.session.case, truth(driver).patch
    driver.type(box.lineEdit(), text)
    assert box.property("problem") is True
    assert repr(text) in box.toolTip()
    assert driver.session.case is before
    driver.type(box.lineEdit(), "whole volume")
    assert box.property("problem") is False


@pytest.fixture(scope="module")
def levels(tmp_path_factory):
    """An OME-Zarr 0.4 label image of two levels, the second of half the voxels along y and x."""
    path = tmp_path_factory.mktemp("levels") / "cells.zarr"
    fine = np.kron(small_labels(), np.ones((1, 2, 2), np.uint8))
    group = zarr.open_group(path, mode="w", zarr_format=2)
    datasets = []
    for number, (array, edges) in enumerate(
        [(fine, (2.0, 0.5, 0.5)), (small_labels(), (2.0, 1.0, 1.0))]
    ):
        group.create_array(str(number), data=array)
        transformation = {"type": "scale", "scale": list(edges)}
        datasets.append({"path": str(number), "coordinateTransformations": [transformation]})
    axes = [{"name": n, "type": "space", "unit": "millimeter"} for n in "zyx"]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": datasets}]
    group.attrs["image-label"] = {"version": "0.4"}
    return path


def test_a_coarser_level_is_chosen_and_said(driver, levels):
    opened(driver, lambda: driver.drop(driver.controls, levels))
    section = truth(driver)
    assert section.level.isVisible()
    assert [section.level.itemText(i) for i in range(2)] == [
        "24 × 16 × 6", "12 × 8 × 6 · 2×"
    ]  # fmt: skip
    assert section.level.currentIndex() == 0
    assert "level" not in status(driver)
    opened(driver, lambda: pick(driver, section.level, 1))
    np.testing.assert_array_equal(
        driver.canvas.array("truth"), np.searchsorted([0, 3, 7], small_labels())
    )
    assert section.level.currentIndex() == 1
    assert "voxel 1 × 1 × 2 mm (x, y, z)" in status(driver)
    assert "level 1, 2× coarser" in status(driver)


def write_affine(path, affine):
    image = nib.Nifti1Image(small_labels().T, affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return path


def test_axes_that_are_not_at_right_angles_are_said(driver, tmp_path):
    sheared = np.diag([0.5, 0.75, 2.5, 1.0])
    sheared[0, 1] = 0.3
    path = write_affine(tmp_path / "sheared.nii", sheared)
    opened(driver, lambda: driver.files.open([str(path)]))
    assert "axes not at right angles: distances hold along the axes only" in status(driver)


def test_the_canvas_says_where_right_and_front_are(driver, tmp_path):
    """LPS, as a CT is stored: the patient's right is on the left of the screen."""
    driver.open(write_affine(tmp_path / "ct.nii", np.diag([-0.5, -0.75, 2.5, 1.0])))
    assert status(driver).rstrip().endswith("LPS")

    def letters():
        return {edge: label.text() for edge, label in driver.canvas.directions.panes[0].items()}

    assert letters() == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    canvas, labels = driver.canvas.widget.canvas.native, driver.canvas.directions.panes[0].values()
    assert all(canvas.rect().contains(label.geometry()) for label in labels)
    # Sliced along x, z runs down and y across: rows run to the head, columns to the back.
    driver.answer(lambda: setattr(driver.viewer.dims, "order", (2, 0, 1)))
    assert letters() == {"left": "A", "right": "P", "top": "I", "bottom": "S"}
