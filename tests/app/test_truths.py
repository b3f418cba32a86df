"""Truths with ignored voxels, with overlapping classes and without any label, in the window."""

import re

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QLabel

from lossexplorer.predictions import DEGRADATIONS
from lossexplorer.session.setup_editor import SetupEditor
from lossexplorer.volumes import Batch, Case, LabelClass, LabelVolume, case_of
from lossexplorer.volumes.model.overlapping import overlapping_labels
from tests.app.driver import clipped, small_labels, write_nifti
from tests.app.test_cases import pick, status
from tests.app.test_files import (
    answer_file_dialog,
    answered,
    have_open,
    opened,
    probabilities,
    refused,
    said,
)
from tests.app.test_slices import point
from tests.patience import PATIENCE

SPACING = (2.0, 1.0, 0.5)
NAMES = ("background", "whole", "core", "other")
IDS = np.array([0, 3, 7])


@pytest.fixture
def driver(shared_driver, qtbot):
    """The window with whatever the test before has opened."""
    shared_driver.bot = qtbot
    shared_driver.reset(source=None)
    return shared_driver


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("truths")


@pytest.fixture(scope="module")
def boxes(folder):
    return write_nifti(folder / "boxes.nii.gz", small_labels())


@pytest.fixture(scope="module")
def mask(folder):
    return write_nifti(folder / "mask.nii.gz", kept().astype(np.uint8))


def kept():
    """The voxels that the mask leaves in: half of the boxes."""
    found = np.ones(small_labels().shape, bool)
    found[:, :, 6:] = False
    return found


def with_prediction(driver, folder, boxes):
    """Open the boxes with probabilities that are those of no simulation."""
    np.save(folder / "softmax.npy", probabilities())
    have_open(driver, boxes)
    opened(driver, lambda: driver.files.opener.use_prediction(str(folder / "softmax.npy")))


def dice_of(truth, p, counts):
    """Dice's mean over the classes, over the voxels that count, in float64."""
    g, p = (np.asarray(field, float)[:, counts] for field in (truth, p))
    return float(np.mean(1 - 2 * (g * p).sum(1) / (g.sum(1) + p.sum(1))))


def value(driver, name="dice"):
    return next(each.value for each in answered(driver).losses if each.name == name)


def truth(driver):
    return driver.controls.truth


def undo_label(driver):
    return driver.session.store.undo_label


def hatched(driver, name="truth"):
    layer = driver.canvas.panes.cells[name].hatching
    return None if layer is None else np.asarray(layer.data) > 0


# Ignored voxels


def test_an_ignored_id_counts_nowhere_and_can_be_undone(driver, folder, boxes):
    with_prediction(driver, folder, boxes)
    every = value(driver)
    opened(driver, lambda: pick(driver, truth(driver).ignored, 1))
    counts = small_labels() != 3
    g = np.stack([small_labels() == 0, small_labels() == 7])
    p = probabilities()
    p = np.stack([p[0] + p[1], p[2]])  # its class becomes background
    assert value(driver) == pytest.approx(dice_of(g, p, counts), rel=1e-5)
    assert undo_label(driver) == "Ignore class 3"
    share = 100 * (~counts).sum() / counts.size
    text = f"ignored · {(~counts).sum()} voxels · {share:.2g} %"
    assert text in driver.texts(truth(driver))
    assert truth(driver).classes.isVisible() is False  # one id is left
    driver.shortcut(QKeySequence(QKeySequence.StandardKey.Undo))
    assert truth(driver).ignored.currentText() == "nothing"
    assert value(driver) == pytest.approx(every)


def test_ignored_voxels_are_hatched_in_every_map_and_have_no_gradient(driver, folder, boxes):
    with_prediction(driver, folder, boxes)
    opened(driver, lambda: pick(driver, truth(driver).ignored, 1))
    answered(driver)
    driver.window.stage.finish()
    ignored = small_labels() == 3
    for name in ("truth", "prediction", "error", "gradient"):
        np.testing.assert_array_equal(hatched(driver, name), ignored)
        assert driver.canvas.panes.cells[name].hatching.visible
    plane = driver.session.state.view.plane
    there = np.take(ignored, plane.index, axis=plane.axis)
    assert there.any()
    assert (driver.painted("gradient")[there] == 0).all()
    assert (driver.painted("gradient")[~there] != 0).any()
    assert (driver.painted("error")[there] == 0).all()
    assert (driver.painted("truth")[there] == 0).all()
    assert "ignored" in " ".join(driver.texts(driver.window.legend))


def test_the_legend_says_all_in_a_small_window(driver, folder, boxes):
    with_prediction(driver, folder, boxes)
    opened(driver, lambda: pick(driver, truth(driver).ignored, 1))
    answered(driver)
    driver.resize(1280, 720)
    driver.bot.waitUntil(lambda: driver.window.width() == 1280)
    texts = driver.texts(driver.window.legend)
    assert any("ignored" in text for text in texts)
    assert "∂ Dice / ∂ logit" in texts
    assert clipped(driver.window.legend) == []


def test_in_3d_nothing_is_hatched_and_no_prediction_is_shown_there(driver, folder, boxes):
    with_prediction(driver, folder, boxes)
    opened(driver, lambda: pick(driver, truth(driver).ignored, 1))
    try:
        driver.answer(driver.canvas.navigation.toggle_3d)
        assert not any(cell.hatching.visible for cell in driver.canvas.panes.cells.values())
        unseen = np.isnan(driver.canvas.array("prediction"))
        np.testing.assert_array_equal(unseen, small_labels() == 3)
        assert "ignored" not in " ".join(driver.texts(driver.window.legend))
    finally:
        driver.answer(driver.canvas.navigation.toggle_3d)


def test_pointing_at_an_ignored_voxel_says_so(driver, boxes):
    have_open(driver, boxes)
    opened(driver, lambda: pick(driver, truth(driver).ignored, 1))
    driver.action("Look at the Whole Volume").trigger()
    native, zoom = driver.canvas.widget.canvas.native, driver.viewer.scene.camera.zoom
    cell = np.array([native.height(), native.width()]) / 2
    middle = np.array(driver.viewer.scene.camera.center)[-2:]
    plane = driver.session.state.view.plane
    voxel = np.array([3, 5])
    assert small_labels()[(plane.index, *voxel)] == 3
    y, x = cell / 2 + (voxel * (0.75, 0.5) - middle) * zoom
    said_of_it = point(driver, x, y)
    of_voxel = tuple(int(number) for number in re.findall(r"[zyx] (\d+)", said_of_it))
    assert small_labels()[of_voxel] == 3
    assert said_of_it.split("     ")[1] == "truth ignored"


def test_an_ignored_id_is_none_of_the_chosen_classes(driver, boxes):
    have_open(driver, boxes)
    opened(driver, lambda: driver.files.opener.choose_classes((3, 7)))
    opened(driver, lambda: pick(driver, truth(driver).ignored, 1))
    assert driver.session.case.classes == (7,)
    assert driver.session.case.batch.names == ("background", "class 7")


def test_a_dropped_mask_is_asked_about_and_can_be_removed(driver, folder, boxes, mask):
    with_prediction(driver, folder, boxes)
    every = value(driver)
    question = refused(driver, lambda: driver.drop(driver.window.stage, mask))
    assert question.endswith("What is it?")
    buttons = ("Open it as the truth", "Open it as the prediction", "Open it as a mask")
    assert all(driver.button(driver.window.messages, words) for words in buttons)
    button = driver.button(driver.window.messages, buttons[-1])
    opened(driver, lambda: driver.click(button))
    g = np.stack([small_labels() == id_ for id_ in IDS])
    assert value(driver) == pytest.approx(dice_of(g, probabilities(), kept()), rel=1e-5)
    np.testing.assert_array_equal(hatched(driver), ~kept())
    assert "mask.nii.gz" in driver.texts(truth(driver))
    assert undo_label(driver) == "Open mask mask.nii.gz"
    opened(driver, lambda: driver.click(truth(driver).unmask))
    assert undo_label(driver) == "Remove the mask"
    assert value(driver) == pytest.approx(every)
    assert hatched(driver) is None


def test_a_mask_is_opened_from_the_menu_and_one_of_another_grid_is_refused(
    driver, folder, boxes, mask, monkeypatch
):
    have_open(driver, boxes)
    assert not driver.action("Remove the Mask").isEnabled()
    answer_file_dialog(monkeypatch, mask)
    opened(driver, driver.action("Open Mask…").trigger)
    assert driver.action("Remove the Mask").isEnabled()
    assert driver.session.volume.ignored.sum() == (~kept()).sum()
    other = folder / "smaller.npy"  # says nothing of its place
    np.save(other, np.ones((3, 4, 5), np.uint8))
    answer_file_dialog(monkeypatch, other)
    assert "smaller.npy" in refused(driver, driver.action("Open Mask…").trigger)
    opened(driver, driver.action("Remove the Mask").trigger)
    assert driver.session.volume.ignored is None


def test_learn_says_which_target_ignored_voxels_leave_unknown(driver, boxes):
    have_open(driver, boxes)
    opened(driver, lambda: pick(driver, truth(driver).ignored, 1))
    driver.session.show(workspace="learn")
    panel = driver.panels.widget("training")
    assert "are ignored" not in " ".join(driver.texts(panel))
    _, second = driver.session.state.experiment.setup.outputs
    SetupEditor(driver.session).set_target(second.name, "boundary_distance")
    assert not panel.training.train.isEnabled()
    assert "“Boundary distance” depends on the labels" in " ".join(driver.texts(panel))


# Overlapping classes


def masks():
    """Three masks away from the faces: one within another, and one that overlaps both."""
    found = np.zeros((3, 6, 9, 40), bool)
    found[0, 1:5, 2:7, 5:26] = True
    found[1, 2:4, 3:6, 10:20] = True
    found[2, 2:5, 4:8, 15:30] = True
    return found


def overlapping():
    labels, overlap = overlapping_labels(masks())
    counts = [int((~masks().any(0)).sum()), *(int(mask.sum()) for mask in masks())]
    classes = tuple(
        LabelClass(k, name, n) for k, (name, n) in enumerate(zip(NAMES, counts, strict=True))
    )
    return LabelVolume(labels, classes, SPACING, True, "regions", "regions", overlap=overlap)


def show(driver, case):
    """Open a case that is no file's, as the opener does."""
    driver.opening(lambda: driver.files.opener.opened.emit(case))


@pytest.fixture
def regions(driver):
    """The window on the overlapping classes, each shifted by two voxels along x."""
    driver.session.set_control("confidence", 0.9)
    show(driver, case_of(overlapping()))
    driver.answer(lambda: driver.session.set_control("shift_x", 1.0))
    return driver


def predicted():
    p = np.full(masks().shape, 0.1)
    p[np.roll(masks(), 2, axis=3)] = 0.9
    return p


def test_values_are_those_of_a_binary_problem_for_each_class(regions):
    g, p = masks(), predicted()
    everywhere = np.ones(g.shape[1:], bool)
    assert value(regions) == pytest.approx(dice_of(g, p, everywhere), rel=1e-5)
    spent = -np.where(g, np.log(p), np.log(1 - p)).mean(axis=(1, 2, 3)).sum()
    assert value(regions, "cross_entropy") == pytest.approx(spent, rel=1e-5)
    card = regions.losses.cards["dice"]
    terms = [1 - 2 * (a * b).sum() / (a.sum() + b.sum()) for a, b in zip(g, p, strict=True)]
    shown = [row.number.text() for row in card.classes.rows]
    assert [float(text) for text in shown] == pytest.approx(terms, abs=5e-5)


def test_the_maps_are_of_the_class_that_is_chosen_and_the_background_is_none(regions):
    chooser = regions.controls.classes
    assert [chooser.itemText(k) for k in range(chooser.count())] == list(NAMES[1:])
    for index in (1, 2, 3):
        if index > 1:
            regions.answer(lambda: regions.press(chooser, Qt.Key.Key_Down))
        answered(regions)
        regions.window.stage.finish()
        assert regions.session.state.view.class_index == index
        mask = masks()[index - 1]
        np.testing.assert_array_equal(regions.canvas.array("truth"), mask * index)
        plane = regions.session.state.view.plane
        decided = np.roll(mask, 2, axis=2)
        codes = np.select([mask & decided, decided, mask], [1, 2, 3], 0)
        np.testing.assert_array_equal(
            regions.painted("error"), np.take(codes, plane.index, axis=plane.axis)
        )
        np.testing.assert_allclose(
            regions.painted("prediction"),
            np.take(predicted()[index - 1], plane.index, axis=plane.axis),
            rtol=1e-5,
        )


def test_a_voxel_says_all_its_classes(regions):
    plane = regions.session.state.view.plane
    voxel = np.argwhere(np.take(masks().all(0), plane.index, axis=0))[0]
    native, zoom = regions.canvas.widget.canvas.native, regions.viewer.scene.camera.zoom
    cell = np.array([native.height(), native.width()]) / 2
    middle = np.array(regions.viewer.scene.camera.center)[-2:]
    y, x = cell / 2 + (voxel * SPACING[1:] - middle) * zoom
    assert "truth whole, core, other" in point(regions, x, y)


def test_what_needs_exclusive_classes_is_left_out_and_says_why(driver, boxes):
    have_open(driver, boxes)
    driver.session.add_loss("topk_cross_entropy")
    driver.session.set_control("swap", 0.25)
    show(driver, case_of(overlapping()))
    assert "topk_cross_entropy" not in driver.losses.cards
    assert said(driver) == (
        "The classes of this volume overlap. Top-k cross-entropy and “Taken for another class” "
        "need classes that exclude each other, and are left out."
    )
    driver.files.opener.noted.emit("An axis is turned.")  # what the file says is said behind it
    assert said(driver).endswith("each other, and are left out. An axis is turned.")
    assert driver.session.state.experiment.controls["swap"] == 0
    offers = {action.text(): action for action in driver.losses.add.offers.actions()}
    assert not offers["Top-k cross-entropy"].isEnabled()
    assert "needs classes that exclude each other" in offers["Top-k cross-entropy"].toolTip()
    assert offers["Focal"].isEnabled()
    for name, block in driver.controls.prediction.blocks.items():
        offered = [row.isVisibleTo(block) for row in block.rows.values()]
        assert not any(offered) if DEGRADATIONS[name].exclusive else all(offered)
        words = " ".join(label.text() for label in block.findChildren(QLabel))
        assert ("exclude each other" in words) is DEGRADATIONS[name].exclusive
    row = driver.expand("dice").rows["include_background"]
    assert not row.isEnabled()
    assert "background is no class" in row.toolTip()


def test_a_descent_says_why_it_is_not_to_be_had(regions):
    buttons = [regions.button(regions.window, text) for text in ("▶ Follow the gradient", "▸ Step")]
    for button in buttons:
        assert not button.isEnabled()
        assert "Needs classes that exclude each other" in button.toolTip()
    regions.shortcut("N")
    assert regions.session.state.view.descended == 0


def test_learn_says_which_loss_needs_exclusive_classes_and_trains_with_others(regions):
    setup = SetupEditor(regions.session)
    first = setup.setup.outputs[0].name
    setup.set_loss(first, "unified_focal")
    regions.session.show(workspace="learn")
    panel, trainer = regions.panels.widget("training"), regions.window.context.trainer
    assert not panel.training.train.isEnabled()
    assert "unified_focal needs classes that exclude each other" in " ".join(regions.texts(panel))
    setup.set_loss(first, "dice")
    regions.bot.waitUntil(lambda: trainer.run.status == "ready", timeout=1000 * PATIENCE)
    regions.click(panel.training.step)
    regions.bot.waitUntil(lambda: trainer.run.step == 1, timeout=1000 * PATIENCE)
    # Dice of each class by itself lies between 0 and 1.
    assert 0 < trainer.run.reports[-1].losses[0] < 1


def test_all_foreground_as_one_excludes_again(regions):
    opened(regions, lambda: pick(regions, truth(regions).classes, 1))
    union = masks().any(0)
    g = np.stack([~union, union])
    decided = np.roll(union, 2, axis=2)
    p = np.where(np.stack([~decided, decided]), 0.9, 0.1)
    assert value(regions) == pytest.approx(dice_of(g, p, np.ones(union.shape, bool)), rel=1e-5)
    assert regions.button(regions.window, "▶ Follow the gradient").isEnabled()
    assert regions.expand("dice").rows["include_background"].isEnabled()
    np.testing.assert_array_equal(regions.canvas.array("truth"), union)


def test_number_rows_of_a_class_begin_behind_the_background(regions):
    row = regions.row(None, "grow")
    pick(regions, row.classes, 2)
    regions.answer(lambda: regions.type(row.line, "1"))
    assert regions.session.state.experiment.controls["grow"] == (0.0, 0.0, 1.0, 0.0)


# An empty truth


def test_an_empty_truth_with_a_prediction_is_evaluated_and_says_what_is_absent(driver):
    shape = (4, 6, 8)
    labels = np.zeros(shape, np.uint8)
    classes = (LabelClass(0, "background", labels.size), LabelClass(1, "lesion", 0))
    empty = LabelVolume(labels, classes, SPACING, True, "empty", "empty")
    decided = np.zeros(shape, np.uint8)
    decided[1:3, 2:4, 2:6] = 1
    show(driver, Case(Batch((empty,)), given=(decided,), given_name="p.nii.gz"))
    g = np.stack([labels == 0, labels == 1])
    p = np.stack([decided == 0, decided == 1])
    assert value(driver) == pytest.approx(dice_of(g, p, np.ones(shape, bool)), rel=1e-6)
    assert "absent" in driver.texts(driver.losses.cards["dice"])
    assert "lesion · no labelled voxel" in driver.texts(truth(driver))
    driver.plots.setCurrentIndex(2)  # a plot that is hidden draws nothing
    ticks = driver.plots.widget(2).getPlotItem().getAxis("bottom")._tickLevels[0]
    assert [name for _, name in sorted(ticks)] == ["background", "lesion (absent)"]
    driver.plots.setCurrentIndex(0)
    assert status(driver)
    assert not driver.canvas.array("truth").any()
    assert driver.session.state.view.plane.index == 1  # the fullest slice of the prediction


def test_an_empty_truth_without_a_prediction_offers_to_open_one(driver, folder, boxes, monkeypatch):
    have_open(driver, boxes)
    empty = write_nifti(folder / "empty.nii.gz", np.zeros(small_labels().shape, np.uint8))
    refused(driver, lambda: driver.files.open([str(empty)]))
    assert "holds no labelled voxel" in said(driver)
    asked = []
    monkeypatch.setattr(
        driver.files.opener, "open", lambda sources, prediction: asked.append((sources, prediction))
    )
    answer_file_dialog(monkeypatch, boxes)
    driver.click(driver.button(driver.window.messages, "Open it with a prediction…"))
    assert asked == [([str(empty)], str(boxes))]


# Zeros and ones: samples of a batch, or masks of classes


@pytest.mark.parametrize("together", [True, False], ids=["one file", "a file per class"])
def test_zeros_and_ones_are_asked_about(driver, folder, together):
    """Two boxes that overlap in 2 of their 4 slices."""
    masks = np.zeros((2, 8, 9, 10), np.uint8)
    masks[0, 1:5, 2:6, 2:6] = 1
    masks[1, 3:7, 2:6, 2:6] = 1
    paths = [folder / "masks.npy"] if together else [folder / "a.npy", folder / "b.npy"]
    for path, array in zip(paths, [masks] if together else masks, strict=True):
        np.save(path, array)
    refused(driver, lambda: driver.drop(driver.controls, *paths))
    assert "zeros and ones, which are samples of a batch or masks of classes" in said(driver)
    button = driver.button(driver.window.messages, "Classes that may overlap")
    opened(driver, lambda: driver.click(button))
    volume = driver.session.volume
    assert volume.overlap is not None
    assert [c.voxels for c in volume.classes[1:]] == [64, 64]
    assert (volume.mask(1) & volume.mask(2)).sum() == 32
    refused(driver, lambda: driver.drop(driver.controls, *paths))
    opened(
        driver, lambda: driver.click(driver.button(driver.window.messages, "Samples of a batch"))
    )
    assert len(driver.session.case.batch) == 2
    assert driver.session.volume.overlap is None


def test_masks_of_one_slice_are_asked_about(driver, folder):
    """(3, 9, 40) of zeros and ones: one class in three slices, or three classes in one."""
    path = folder / "flat.npy"
    np.save(path, masks()[:, 3].astype(np.uint8))
    words = refused(driver, lambda: driver.files.open([str(path)], overlapping=True))
    assert "one class in 3 slices, or 3 classes in one slice" in words
    choice = driver.button(driver.window.messages, "Classes in one slice")
    opened(driver, lambda: driver.click(choice))
    volume = driver.session.volume
    assert (volume.shape, len(volume.classes)) == ((1, 9, 40), 4)
    for index in (1, 2, 3):
        assert np.array_equal(volume.mask(index)[0], masks()[index - 1, 3])
