"""Opening samples and files, by menu and by drop, and what happens with wrong ones."""

import numpy as np
import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from tests.app.driver import NO_MODIFIER, shifted, small_labels, write_nifti


@pytest.fixture
def driver(shared_driver, qtbot):
    """The window with whatever the test before has opened: opening is what is tested."""
    shared_driver.bot = qtbot
    shared_driver.reset(source=None)
    return shared_driver


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_nifti(tmp_path_factory.mktemp("opening") / "boxes.nii.gz", small_labels())


def dice_of_shift(labels):
    """The mean Dice loss of a shift by a voxel along x, in float64."""
    moved = shifted(labels, x=1)
    terms = []
    for c in (0, 3, 7):
        g, p = labels == c, moved == c
        terms.append(1 - 2 * (g & p).sum() / (g.sum() + p.sum()))
    return np.mean(terms)


def assert_answers(driver, labels):
    """The volume is open and the engine computes with it, one voxel of x being 0.5 mm."""
    answer = driver.answer(lambda: driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right))
    assert driver.value("", "shift_x") == 0.5
    assert answer.losses[0].value == pytest.approx(dice_of_shift(labels), rel=1e-9)
    assert driver.card_text("dice") == f"{dice_of_shift(labels):.4f}"


def assert_open(driver, path):
    assert driver.session.volume.path == str(path)
    assert driver.window.windowTitle().startswith(path.name.partition(".")[0])
    assert not driver.window.messages.isVisible()


@pytest.mark.slow
def test_a_sample_is_opened_from_the_menu(driver):
    driver.opening(driver.action("Cell nuclei").trigger)
    assert driver.session.volume.path == "sample:nuclei"
    assert driver.window.windowTitle() == "nuclei – Loss Explorer"
    assert driver.controls.classes.count() == 52  # 51 nuclei and the background
    assert driver.card_text("dice") == "0.0000"
    assert len(driver.plots.widgets["classes"].terms("dice")) == 52


def test_a_file_is_opened_by_its_path(driver, small):
    driver.open(small)
    assert_open(driver, small)
    assert_answers(driver, small_labels())
    texts = driver.texts(driver.controls)
    assert "12 × 8 × 6" in texts
    assert any(
        "voxel 0.5 × 0.75 × 2.5 mm (x, y, z)" in t for t in driver.texts(driver.window.statusBar())
    )


def test_a_file_is_opened_by_the_dialog(driver, small, monkeypatch):
    began = []

    def ask(window, title, folder, filters):
        began.append(folder)
        return str(small), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    driver.opening(driver.action("Open…").trigger)
    assert_open(driver, small)
    driver.opening(driver.action("Open…").trigger)
    assert began[1] == str(small.parent)  # beside what was opened last


@pytest.mark.parametrize("place", ["controls", "canvas", "plots"])
def test_a_file_is_opened_where_it_is_dropped(driver, small, place):
    widgets = {
        "controls": driver.controls,
        "canvas": driver.canvas.widget.canvas.native,
        "plots": driver.plots.widgets["response"],
    }
    taken = []
    driver.opening(lambda: taken.append(driver.drop(widgets[place], small)))
    assert taken == [True]
    assert_open(driver, small)
    # napari would have added a layer of its own.
    names = [layer.name for layer in driver.viewer.layers]
    assert [name for name in names if not name.startswith("Outline")] == [
        "Truth", "Prediction · class 3", "Error · class 3", "∂ Dice / ∂ logit"
    ]  # fmt: skip
    assert_answers(driver, small_labels())


def test_what_is_no_file_is_not_taken(driver):
    data = QMimeData()
    data.setText("boxes.nii.gz")
    before = driver.session.volume
    event = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, NO_MODIFIER
    )
    QApplication.sendEvent(driver.window, event)
    assert driver.session.volume is before


def write_text(path):
    path.write_text("These are my labels: 0 1 2")


def write_1d(path):
    np.save(path, np.ones(5, np.uint8))


def write_floats(path):
    np.save(path, np.random.default_rng(0).normal(size=(3, 4, 5)))


def write_truncated(path):
    write_nifti(path, np.random.default_rng(0).integers(0, 9, (9, 9, 9)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("missing.nii.gz", None),
        ("notes.txt", write_text),
        ("notes.nii", write_text),
        ("line.npy", write_1d),
        ("image.npy", write_floats),
        ("cut.nii.gz", write_truncated),
    ],
)
def test_a_wrong_file_is_named_and_what_is_open_stays_open(driver, small, tmp_path, name, write):
    if driver.session.volume.path != str(small):
        driver.open(small)
    path = tmp_path / name
    if write:
        write(path)
    state, layers = driver.session.state, list(driver.viewer.layers)
    said = driver.wait(driver.files.rejected, lambda: driver.drop(driver.controls, path))
    messages = driver.window.messages
    assert messages.isVisible()
    assert messages.text.text() == said
    assert name in said
    assert "Traceback" not in said
    assert driver.session.volume.path == str(small)
    assert (driver.session.state, list(driver.viewer.layers)) == (state, layers)
    assert_answers(driver, small_labels())
    driver.click(driver.button(messages, "Dismiss"))
    assert not messages.isVisible()


def test_a_right_file_after_a_wrong_one_withdraws_the_message(driver, small, tmp_path):
    missing = tmp_path / "missing.nii"
    driver.wait(
        driver.files.rejected,
        lambda: driver.files.open([str(missing)]),
    )
    driver.open(small)
    assert_open(driver, small)


def test_a_file_without_spacing_says_so(driver, tmp_path):
    path = tmp_path / "plain.npy"
    np.save(path, small_labels())
    driver.open(path)
    texts = driver.texts(driver.window.statusBar())
    assert any("spacing unknown" in t and "1 mm is assumed" in t for t in texts)
    driver.answer(lambda: driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right))
    assert driver.value("", "shift_x") == 1.0


@pytest.mark.slow
def test_of_volumes_opened_in_a_row_the_last_one_stays(driver, small):
    """The atlas takes longer to read than the file asked for after it."""
    driver.files.open(["sample:brain"])
    driver.wait(
        driver.controller.settled,
        lambda: driver.files.open([str(small)]),
        check=lambda: driver.session.volume.path == str(small),
    )
    assert_open(driver, small)
    assert_answers(driver, small_labels())


@pytest.mark.slow
def test_opening_while_another_is_computed_ends_with_the_last(driver, small, tmp_path):
    first = driver.wait(driver.files.opened, driver.action("Cell nuclei").trigger)
    assert first.batch[0].path == "sample:nuclei"  # open, and the engine prepares it
    driver.open(small)
    assert_open(driver, small)
    assert_answers(driver, small_labels())
    assert all(a.question.volume == driver.session.volume.key for a in driver.answers[-2:])


@pytest.mark.slow
def test_settings_outlive_a_change_of_volume(driver, small):
    driver.session.set_control("confidence", 0.9)
    driver.answer(lambda: driver.session.show(loss="iou"))
    driver.open(small)
    assert driver.session.state.experiment.controls["confidence"] == 0.9
    assert driver.session.state.view.loss == "iou"
    assert driver.session.state.view.class_index == 1
