"""What the File menu and drops open beside a single label volume, and what is refused."""

import os
import re
import sys
from pathlib import Path

import h5py
import nibabel as nib
import nrrd
import numpy as np
import pytest
from npe2 import DynamicPlugin
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit

from lossexplorer.app.menus import offers
from lossexplorer.app.recent import RecentSources
from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.widgets.choosers import ClassesDialog, RowChooser
from lossexplorer.app.widgets.colours_dialog import ColoursDialog
from lossexplorer.engine import limits
from tests.app.driver import shifted, small_labels, write_nifti


@pytest.fixture
def driver(shared_driver, qtbot):
    """The window with whatever the test before has opened: opening is what is tested."""
    shared_driver.bot = qtbot
    shared_driver.reset(source=None)
    return shared_driver


@pytest.fixture(autouse=True)
def nothing_recent(driver):
    RecentSources(driver.settings).clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def boxes(folder):
    return write_nifti(folder / "boxes.nii.gz", small_labels())


@pytest.fixture(scope="module")
def others(folder):
    return write_nifti(folder / "others.nii.gz", small_labels(1))


@pytest.fixture(scope="module")
def image(folder):
    """Intensities on the grid of the boxes, no whole numbers."""
    values = np.random.default_rng(0).normal(size=small_labels().shape).astype(np.float32)
    return write_nifti(folder / "image.nii.gz", values)


def probabilities():
    """0.8 for the class that the boxes would have one voxel along x, 0.1 for the others."""
    decided = np.searchsorted([0, 3, 7], shifted(small_labels(), x=1))
    return np.where(np.arange(3)[:, None, None, None] == decided, 0.8, 0.1).astype(np.float32)


@pytest.fixture(scope="module")
def prediction(folder):
    path = folder / "softmax.npy"
    np.save(path, probabilities())
    return path


def have_open(driver, path):
    """Open a file, unless it is open as it is, without an image."""
    if not driver.has_open(str(path)) or driver.session.volume.image is not None:
        opened(driver, lambda: driver.files.open([str(path)]))


def opened(driver, act):
    """Do something and return the case that it opens."""
    return driver.wait(driver.files.opened, act)


def answered(driver):
    """The engine's answer about what is open, once it is there."""
    if not driver.answers or not driver.is_current(driver.answers[-1]):
        driver.answer(lambda: None)
    return driver.answers[-1]


def refused(driver, act):
    return driver.wait(driver.files.rejected, act)


def said(driver):
    messages = driver.window.messages
    return messages.text.text() if messages.isVisible() else ""


def menu(driver, title):
    """The entries of a menu, as they are when it is opened."""
    action = driver.action(title)
    action.menu().aboutToShow.emit()
    return {words(a): a for a in action.menu().actions() if a.text()}


def words(action):
    """What an entry says, without the mark of its key."""
    return re.sub("&(.)", r"\1", action.text())


def dialog(driver, kind):
    """The dialog that is open, once it is."""
    found = []

    def is_open():
        found[:] = [d for d in driver.window.findChildren(kind) if d.isVisible()]
        return bool(found)

    driver.bot.waitUntil(is_open)
    return found[0]


def choose(driver, name):
    """Choose the row of a dialog that starts with this, by the keyboard."""
    chooser = dialog(driver, RowChooser)
    rows = [chooser.table.topLevelItem(i).text(0) for i in range(chooser.table.topLevelItemCount())]
    for _ in range(rows.index(name)):
        QTest.keyClick(chooser.table, Qt.Key.Key_Down)
    driver.click(chooser.accept_button)


def answer_file_dialog(monkeypatch, *paths):
    for kind, value in (
        ("getOpenFileName", (str(paths[0]), "")),
        ("getOpenFileNames", ([str(path) for path in paths], "")),
        ("getExistingDirectory", str(paths[0])),
    ):
        monkeypatch.setattr(QFileDialog, kind, lambda *_, value=value, **__: value)


# Batches


def test_several_files_are_opened_as_a_batch(driver, boxes, others, monkeypatch):
    answer_file_dialog(monkeypatch, boxes, others)
    case = opened(driver, driver.action("Open Several as a Batch…").trigger)
    assert [volume.path for volume in case.batch] == [str(boxes), str(others)]
    truth = driver.controls.truth
    assert [truth.sample.itemText(i) for i in range(truth.sample.count())] == ["1 of 2", "2 of 2"]
    assert truth.sample.isVisible()


@pytest.mark.slow
def test_label_volumes_that_are_dropped_together_are_a_batch(driver, boxes, others):
    case = opened(driver, lambda: driver.drop(driver.controls, boxes, others))
    assert len(case.batch) == 2
    assert said(driver) == ""


@pytest.mark.slow
@pytest.mark.parametrize("bad", ["shape", "damaged"])
def test_of_files_that_are_no_batch_the_first_is_opened_and_the_window_says_why(
    driver, boxes, folder, bad
):
    path = folder / f"{bad}.nii"
    if bad == "shape":
        write_nifti(path, small_labels()[:, :, :-1])
    else:
        path.write_text("These are no labels.")
    case = opened(driver, lambda: driver.drop(driver.controls, boxes, path))
    assert [volume.path for volume in case.batch] == [str(boxes)]
    assert bad in said(driver)
    assert said(driver).endswith("boxes.nii.gz alone is opened.")
    if bad == "shape":
        assert "6 × 8 × 11" in said(driver)
        assert "6 × 8 × 12" in said(driver)


# Images and predictions


@pytest.mark.slow
def test_an_image_is_shown_below_the_labels(driver, boxes, image, monkeypatch):
    have_open(driver, boxes)
    answer_file_dialog(monkeypatch, image)
    opened(driver, driver.action("Open Image Below the Labels…").trigger)
    layers = [layer for layer in driver.viewer.layers if layer.name.startswith("Image")]
    assert len(layers) == 4
    np.testing.assert_allclose(layers[0].data, np.asarray(nib.load(image).dataobj).T)


@pytest.mark.slow
def test_a_dropped_image_offers_itself_as_such(driver, boxes, image):
    have_open(driver, boxes)
    refused(driver, lambda: driver.drop(driver.controls, image))
    assert "image.nii.gz" in said(driver)
    button = driver.button(driver.window.messages, "Show it below the labels")
    case = opened(driver, lambda: driver.click(button))
    assert case.batch[0].image is not None
    assert case.batch[0].path == str(boxes)
    assert said(driver) == ""


def assert_given(driver):
    """The prediction is the file's: the mean Dice of the classes, in float64."""
    truth = np.searchsorted([0, 3, 7], small_labels())
    g = (np.arange(3)[:, None, None, None] == truth).astype(float)
    p = probabilities().astype(float)
    space = (1, 2, 3)
    dice = 1 - 2 * (g * p).sum(space) / (g.sum(space) + p.sum(space))
    assert answered(driver).losses[0].value == pytest.approx(dice.mean(), rel=1e-6)


@pytest.mark.slow
def test_a_given_prediction_takes_the_place_of_the_simulated_one_and_back(
    driver, boxes, prediction, monkeypatch
):
    have_open(driver, boxes)
    section = driver.controls.prediction
    assert section.title.text() == "PREDICTION · SIMULATED"
    simulate = menu(driver, "File")["Simulate the Prediction"]
    assert not simulate.isEnabled()
    answer_file_dialog(monkeypatch, prediction)
    opened(driver, driver.action("Open Prediction…").trigger)
    assert section.title.text() == "PREDICTION · softmax.npy"
    assert_given(driver)
    shown = {name for name, block in section.blocks.items() if not block.isHidden()}
    assert {"blur", "confidence", "temperature", "logit_noise", "harden", "confusion"} <= shown
    assert not {"shift", "growth", "softness", "holes", "missing_objects"} & shown
    assert section.groups["place"].isHidden()
    assert menu(driver, "File")["Simulate the Prediction"].isEnabled()
    opened(driver, simulate.trigger)
    assert section.title.text() == "PREDICTION · SIMULATED"
    assert not section.groups["place"].isHidden()
    answered(driver)
    assert driver.card_text("dice") == "0.0000"


def test_dropped_probabilities_offer_themselves_as_the_prediction(driver, boxes, prediction):
    have_open(driver, boxes)
    refused(driver, lambda: driver.drop(driver.controls, prediction))
    assert "softmax.npy" in said(driver)
    opened(
        driver,
        lambda: driver.click(driver.button(driver.window.messages, "Open it as the prediction")),
    )
    assert_given(driver)


def test_a_file_that_fits_nothing_offers_nothing(driver, boxes, folder):
    have_open(driver, boxes)
    path = folder / "elsewhere.npy"
    np.save(path, np.random.default_rng(0).normal(size=(3, 4, 5)))
    refused(driver, lambda: driver.drop(driver.controls, path))
    for words in ("Show it below the labels", "Open it as the prediction"):
        assert driver.button(driver.window.messages, words) is None


def test_an_image_or_prediction_that_does_not_fit_leaves_what_is_open(driver, boxes, monkeypatch):
    have_open(driver, boxes)
    before = driver.session.case
    answer_file_dialog(monkeypatch, boxes.with_name("missing.nii"))
    for entry in ("Open Image Below the Labels…", "Open Prediction…"):
        assert "missing.nii" in refused(driver, driver.action(entry).trigger)
        assert driver.session.case is before


# What is too large


@pytest.fixture
def little_room(driver, monkeypatch):
    """Room for the scores of two classes of the boxes, not for those of three.

    Nothing on their grid is open, of which they could be the image.
    """
    if driver.session.volume.shape == small_labels().shape:
        opened(driver, lambda: driver.files.open(["sample:tumour"]))
    room = limits.bytes_needed(small_labels().size, 2)
    monkeypatch.setattr(limits, "bytes_free", lambda: room)


def test_what_is_too_large_with_each_id_is_opened_with_one_class_and_says_so(
    driver, boxes, others, little_room
):
    opened(driver, lambda: driver.files.open([str(boxes)]))
    assert driver.session.case.classes == "foreground"
    assert driver.session.case.batch.names == ("background", "foreground")
    assert "All foreground is one class" in said(driver)
    assert "3 classes of 576 voxels" in said(driver)
    driver.click(driver.button(driver.window.messages, "Choose classes…"))
    chooser = dialog(driver, ClassesDialog)
    chooser.model.item(0, 0).setCheckState(Qt.CheckState.Unchecked)
    opened(driver, lambda: driver.click(chooser.accept_button))
    assert driver.session.case.classes == (7,)


def test_what_is_too_large_and_may_be_an_image_is_not_opened_unasked(
    driver, boxes, others, little_room
):
    """Whole numbers on the same grid: only the user knows whether these are labels."""
    opened(driver, lambda: driver.files.open([str(boxes)]))
    refused(driver, lambda: driver.drop(driver.controls, others))
    assert driver.session.volume.path == str(boxes)
    assert driver.button(driver.window.messages, "Show it below the labels")
    button = driver.button(driver.window.messages, "Open all foreground as one class")
    opened(driver, lambda: driver.click(button))
    assert driver.session.volume.path == str(others)
    assert driver.session.case.classes == "foreground"


# Several volumes in a file


@pytest.fixture
def several(tmp_path):
    path = tmp_path / "several.h5"
    with h5py.File(path, "w") as file:
        file["first"] = small_labels()
        file["group/second"] = small_labels(1)
    return path


def test_of_several_volumes_in_a_file_one_is_chosen(driver, boxes, several):
    have_open(driver, boxes)
    assert driver.drop(driver.controls, several)
    chooser = dialog(driver, RowChooser)
    rows = [
        tuple(chooser.table.topLevelItem(i).text(c) for c in range(3))
        for i in range(chooser.table.topLevelItemCount())
    ]
    assert rows == [("first", "6 × 8 × 12", "uint8"), ("group/second", "6 × 8 × 12", "uint8")]
    case = opened(driver, lambda: choose(driver, "group/second"))
    np.testing.assert_array_equal(case.batch[0].labels, np.searchsorted([0, 3, 7], small_labels(1)))
    assert driver.session.volume.path == f"{several}::group/second"


def test_choosing_none_of_them_leaves_what_is_open(driver, boxes, several):
    have_open(driver, boxes)
    before = driver.session.case
    driver.drop(driver.controls, several)
    QTest.keyClick(dialog(driver, RowChooser), Qt.Key.Key_Escape)
    assert driver.session.case is before


# Recent files


def recent(driver):
    return menu(driver, "Open Recent")


def test_what_was_opened_last_is_first_and_opened_again(driver, boxes, others):
    assert list(recent(driver)) == ["Nothing has been opened yet"]
    opened(driver, lambda: driver.files.open([str(others), str(boxes)]))
    opened(driver, lambda: driver.files.open(["sample:plate"]))
    opened(driver, lambda: driver.files.open([str(boxes)]))
    name = boxes.parent.name
    assert list(recent(driver)) == [
        f"boxes.nii.gz – {name}", f"others.nii.gz – {name}, and 1 more", "Clear",
    ]  # fmt: skip
    case = opened(driver, list(recent(driver).values())[1].trigger)
    assert [volume.path for volume in case.batch] == [str(others), str(boxes)]
    assert next(iter(recent(driver))).endswith("and 1 more")
    assert RecentSources(driver.settings).entries() == [(str(others), str(boxes)), (str(boxes),)]
    recent(driver)["Clear"].trigger()
    assert list(recent(driver)) == ["Nothing has been opened yet"]


def test_a_file_that_is_gone_is_named_and_grey_and_what_was_refused_is_not_there(
    driver, boxes, tmp_path
):
    path = write_nifti(tmp_path / "R&D.nii", small_labels())
    opened(driver, lambda: driver.files.open([str(path)]))
    opened(driver, lambda: driver.files.open([str(boxes)]))
    path.unlink()
    refused(driver, lambda: driver.files.open([str(tmp_path / "never.nii")]))
    entries = recent(driver)
    assert list(entries)[1] == f"R&D.nii – {tmp_path.name} – missing"
    assert [action.isEnabled() for action in entries.values()] == [True, False, True]


def test_what_cannot_be_looked_at_is_missing(driver):
    driver.settings.update(recent=[("/" + 5000 * "a",), ("/data/a\0b.nii",), ("/data/\ud800",)])
    assert [action.isEnabled() for action in recent(driver).values()] == [False] * 3 + [True]


def test_the_palette_looks_at_no_file(driver, monkeypatch):
    looked_for = []
    monkeypatch.setattr("lossexplorer.app.recent.missing", looked_for.append)
    driver.settings.update(recent=[("/nowhere/a.nii",)])
    titles = [
        offer.action.title_in(driver.window.context) for offer in offers(driver.window.context)
    ]
    assert "a.nii – nowhere" in titles
    assert looked_for == []
    recent(driver)
    assert looked_for == [("/nowhere/a.nii",)]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_file_whose_name_is_not_utf8_is_opened_and_remembered(driver, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.npy")
    np.save(path, small_labels())
    case = opened(driver, lambda: driver.files.open([str(path)]))
    assert case.batch[0].path == str(path)
    assert RecentSources(driver.settings).entries() == [(str(path),)]
    assert [action.isEnabled() for action in recent(driver).values()] == [True, True]


def test_recent_files_are_kept_between_runs_at_most_ten(tmp_path):
    path = tmp_path / "settings.json"
    for number in range(12):
        RecentSources(SettingsStore(path)).add((f"/data/{number}.nii",))
    kept = RecentSources(SettingsStore(path)).entries()
    assert kept == [(str(Path(f"/data/{n}.nii").absolute()),) for n in range(11, 1, -1)]


# Samples


def test_samples_are_data_and_phantoms(driver):
    entries = menu(driver, "Open Sample")
    headings = [text for text, action in entries.items() if not action.isEnabled()]
    assert headings == ["Data", "Phantoms"]
    place = list(entries).index("Phantoms")
    assert "Brain tumour" in list(entries)[:place]
    assert "Nested shells" in list(entries)[place:]
    case = opened(driver, driver.action("Two-sample imbalance").trigger)
    assert len(case.batch) == 2


# Layers and plugins


def test_a_labels_layer_in_the_viewer_becomes_the_truth(driver, boxes):
    have_open(driver, boxes)
    assert list(menu(driver, "Truth from a Layer")) == ["There is no other Labels layer"]
    layer = driver.viewer.add_labels(
        small_labels(1), name="mine", scale=(2.5, 0.75, 0.5), units=("mm",) * 3
    )
    try:
        (entry,) = menu(driver, "Truth from a Layer").items()
        assert entry[0] == "mine – 12 × 8 × 6"
        case = opened(driver, entry[1].trigger)
        assert case.batch[0].spacing == (2.5, 0.75, 0.5)
        assert case.batch[0].name == "mine"
        np.testing.assert_array_equal(
            driver.canvas.array("truth"), np.searchsorted([0, 3, 7], small_labels(1))
        )
        assert driver.window.windowTitle().startswith("mine")
    finally:
        driver.viewer.layers.remove(layer)


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """A file of a kind that only plugins read, as the answer to the file dialog."""
    path = tmp_path / "some.cells"
    path.write_text("cells")
    answer_file_dialog(monkeypatch, path)
    return path


def reader(plugin, *layers):
    @plugin.contribute.reader(filename_patterns=["*.cells"])
    def get_reader(path):
        return lambda _paths: list(layers)


def labels_layer(name, seed=0):
    return small_labels(seed), {"name": name}, "labels"


def open_with_plugin(driver):
    driver.action("Open with a napari Plugin…").trigger()


def test_a_file_is_opened_with_a_plugin(driver, boxes, npe2pm, cells):
    have_open(driver, boxes)
    with DynamicPlugin("cells", plugin_manager=npe2pm) as plugin:
        reader(plugin, labels_layer("only", 1))
        case = opened(driver, lambda: open_with_plugin(driver))
    assert (case.batch[0].name, case.batch[0].path) == ("only", str(cells))
    np.testing.assert_array_equal(
        driver.canvas.array("truth"), np.searchsorted([0, 3, 7], small_labels(1))
    )
    assert len(driver.viewer.layers) == 8  # the grid's own: four maps, four outlines
    assert "only – 12 × 8 × 6" in menu(driver, "Truth from a Layer")


def test_of_several_plugins_and_several_layers_each_is_chosen(driver, npe2pm, cells):
    with (
        DynamicPlugin("one", plugin_manager=npe2pm) as one,
        DynamicPlugin("two", plugin_manager=npe2pm) as two,
    ):
        reader(one, labels_layer("wrong"))
        reader(two, labels_layer("first"), labels_layer("second", 1))
        open_with_plugin(driver)
        choose(driver, "two")
        QApplication.processEvents()
        case = opened(driver, lambda: choose(driver, "second"))
    assert case.batch[0].name == "second"


def test_a_plugin_that_finds_no_labels_is_quoted(driver, boxes, npe2pm, cells):
    have_open(driver, boxes)
    before = driver.session.case
    with DynamicPlugin("cells", plugin_manager=npe2pm) as plugin:
        plugin.manifest.display_name = "Cell Reader"
        reader(plugin, (np.zeros((2, 3)), {}, "points"))
        open_with_plugin(driver)
    assert said(driver).startswith("Cell Reader found 1 points layer in some.cells")
    open_with_plugin(driver)  # the plugin is gone
    assert said(driver).startswith("No napari plugin that is installed here opens some.cells")
    assert driver.session.case is before


def test_a_part_that_is_left_unread_is_named(driver, folder):
    labels = small_labels()
    np.savez(folder / "both.npz", labels=labels, image=labels)
    opened(driver, lambda: driver.files.open([str(folder / "both.npz")]))
    driver.bot.waitUntil(lambda: "both.npz holds more than labels" in said(driver))
    assert "image (" in said(driver)
    assert "is not read" in said(driver)
    opened(driver, lambda: driver.files.open([f"{folder / 'both.npz'}::labels"]))
    assert said(driver) == ""


def test_of_several_files_the_first_that_is_labels_is_opened(driver, image, boxes):
    case = opened(driver, lambda: driver.files.open([str(image), str(boxes)]))
    assert case.originals[0].path == str(boxes)
    assert "image.nii.gz holds" in said(driver)
    assert "looks like an intensity image" in said(driver)
    assert said(driver).endswith("boxes.nii.gz alone is opened.")


# Masks coded in colours


@pytest.fixture
def mask(tmp_path):
    """30 red and 12 blue pixels on black."""
    colours = np.zeros((20, 24, 3), np.uint8)
    colours[2:8, 3:8] = 255, 0, 0
    colours[10:14, 5:8] = 0, 0, 255
    Image.fromarray(colours).save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def type_into(view, row, column, text):
    """Type into a cell of a list, as a person does."""
    place = view.visualRect(view.model().index(row, column)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (editor,) = (each for each in view.viewport().findChildren(QLineEdit) if each.isVisible())
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # Qt takes what was typed once the key is released


def test_colours_are_asked_for_and_saved_beside_the_mask(driver, mask):
    driver.files.open([str(mask)])
    asked = dialog(driver, ColoursDialog)
    rows = [[asked.model.item(row, column).text() for column in range(4)] for row in range(3)]
    assert rows == [
        ["#000000", "438", "0", "background"],
        ["#ff0000", "30", "1", "class 1"],
        ["#0000ff", "12", "2", "class 2"],
    ]
    type_into(asked.view, 1, 2, "x")
    assert not asked.accept_button.isEnabled()
    type_into(asked.view, 1, 2, "5")
    type_into(asked.view, 1, 3, "liver")
    assert asked.accept_button.isEnabled()
    case = opened(driver, lambda: QTest.mouseClick(asked.accept_button, Qt.MouseButton.LeftButton))
    assert [(c.id, c.name, c.voxels) for c in case.batch[0].classes] == [
        (0, "background", 438),
        (2, "class 2", 12),
        (5, "liver", 30),
    ]
    assert case.batch[0].shape == (1, 20, 24)
    table = mask.with_name("mask.colors.csv").read_text(encoding="utf-8")
    assert table.splitlines()[1:] == [
        "0,background,#000000",
        "5,liver,#ff0000",
        "2,class 2,#0000ff",
    ]
    assert "mask.png is 2D (20 × 24) and is a volume of one slice." in said(driver)
    assert answered(driver).losses
    shown = {name for name, row in driver.controls.prediction.rows.items() if row.isVisible()}
    assert {"shift_x", "shift_y"} <= shown
    assert not {"shift_z", "rotate_x", "rotate_y"} & shown


def test_colours_that_a_table_lacks_are_asked_for_with_those_it_has(driver, mask):
    mask.with_name("colors.csv").write_text("id,name,color\n7,spleen,#0000ff\n", encoding="utf-8")
    driver.files.open([str(mask)])
    asked = dialog(driver, ColoursDialog)
    assert [asked.model.item(2, column).text() for column in (2, 3)] == ["7", "spleen"]
    QTest.keyClick(asked, Qt.Key.Key_Escape)
    assert not mask.with_name("mask.colors.csv").exists()


def test_a_table_that_cannot_be_written(driver, mask):
    driver.files.open([str(mask)])
    asked = dialog(driver, ColoursDialog)
    mask.with_name("mask.colors.csv").mkdir()  # what is a folder cannot be replaced by a file
    QTest.mouseClick(asked.accept_button, Qt.MouseButton.LeftButton)
    driver.bot.waitUntil(lambda: "mask.colors.csv could not be written" in said(driver))
    assert "Copy the mask into a folder" in said(driver)


def moved_nifti(path, labels, voxels):
    """The labels with their first voxel so many voxels (x, y, z) from that of the boxes."""
    affine = np.diag([0.5, 0.75, 2.5, 1.0])
    affine[:3, 3] = np.multiply([0.5, 0.75, 2.5], voxels)
    nib.save(nib.Nifti1Image(labels.T, affine), path)
    return str(path)


def test_a_prediction_that_lies_elsewhere_is_placed_and_the_message_says_so(
    driver, boxes, folder, monkeypatch
):
    have_open(driver, boxes)
    path = moved_nifti(folder / "on.nii.gz", small_labels(), (1, 0, 0))
    answer_file_dialog(monkeypatch, path)
    case = opened(driver, driver.action("Open Prediction…").trigger)
    np.testing.assert_array_equal(
        np.array([0, 3, 7])[case.predictions[0]], shifted(small_labels(), x=1)
    )
    driver.bot.waitUntil(lambda: "on.nii.gz was placed by its affine" in said(driver))
    assert "it begins 1 voxel (0.5 mm) along x from the truth" in said(driver)
    between = moved_nifti(folder / "between.nii.gz", small_labels(), (0.5, 0, 0))
    answer_file_dialog(monkeypatch, between)
    refused(driver, driver.action("Open Prediction…").trigger)
    assert "lies 0.5 voxels (0.25 mm) along x from the truth" in said(driver)
    assert driver.session.case is case


def test_an_image_that_lies_elsewhere_is_placed_and_the_message_says_so(
    driver, boxes, folder, monkeypatch
):
    have_open(driver, boxes)
    values = np.random.default_rng(0).normal(size=small_labels().shape).astype(np.float32)
    path = moved_nifti(folder / "image_on.nii.gz", values, (0, 0, -1))
    answer_file_dialog(monkeypatch, path)
    case = opened(driver, driver.action("Open Image Below the Labels…").trigger)
    np.testing.assert_array_equal(case.batch[0].image[:-1], values[1:])
    driver.bot.waitUntil(lambda: "-1 voxel (-2.5 mm) along z" in said(driver))


def test_a_truth_without_its_empty_slices_grows_to_a_dropped_pair(driver, folder):
    """A segmentation of 3D Slicer that is cut to its segments, and a prediction of the whole."""
    labels = small_labels()
    header = {
        "space": "right-anterior-superior",
        "space directions": np.diag([0.5, 0.75, 2.5]),
        "space origin": [0.0, 0.0, 2.5],
        "Segment0_LabelValue": "3",
        "Segment0_Name": "box",
    }
    nrrd.write(str(folder / "cut.seg.nrrd"), labels[1:5].T, header)
    opened(driver, lambda: driver.drop(driver.window, folder / "cut.seg.nrrd"))
    path = moved_nifti(folder / "whole.nii.gz", labels, (0, 0, 0))
    case = opened(driver, lambda: driver.files.opener.use_prediction(path))
    assert case.batch[0].shape == labels.shape
    np.testing.assert_array_equal(case.batch[0].labels, case.predictions[0])
    driver.bot.waitUntil(
        lambda: "the truth is continued with background to 6 × 8 × 12 voxels" in said(driver)
    )
    names = [loss.name for loss in answered(driver).losses]
    dice = answered(driver).losses[names.index("dice")]
    assert dice.value == pytest.approx(0, abs=1e-6)
