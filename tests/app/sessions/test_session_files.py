"""Sessions in the real window: saved, opened, asked about, and never lost unasked."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox

from lossexplorer.app.recent import RecentSources
from lossexplorer.documents import read_document, session_document, write_document
from lossexplorer.engine.messages import Plane
from lossexplorer.session import Session, State
from lossexplorer.volumes import open_case
from tests.app.driver import evaluated, shifted, small_labels, write_nifti


@pytest.fixture
def driver(shared_driver, qtbot):
    """The shared window on the tumour, whose session has no name."""
    shared_driver.bot = qtbot
    shared_driver.window.context.sessions._take_name(None)
    shared_driver.reset()
    RecentSources(shared_driver.settings).clear()
    yield shared_driver
    shared_driver.window.context.sessions._take_name(None)
    for box in boxes(shared_driver):
        box.reject()


@pytest.fixture
def folder(tmp_path):
    """A folder whose name has what paths can have."""
    folder = tmp_path / "Vorträge über Dice & Co"
    folder.mkdir()
    return folder


@pytest.fixture
def path(folder):
    return folder / "größte Läsion.lossx"


def sessions(driver):
    return driver.window.context.sessions


def boxes(driver):
    return [box for box in driver.window.findChildren(QMessageBox) if box.isVisible()]


def question(driver):
    """The question that is asked, once it is."""
    driver.bot.waitUntil(lambda: len(boxes(driver)) == 1)
    (box,) = boxes(driver)
    return box


def answer(driver, words):
    """Click a button of the question."""
    box = question(driver)
    button = next(b for b in box.buttons() if b.text().replace("&", "") == words)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    driver.bot.waitUntil(lambda: box not in boxes(driver))


def choose(monkeypatch, path, dialog="getOpenFileName"):
    monkeypatch.setattr(QFileDialog, dialog, lambda *_, **__: (str(path), ""))


def save(driver, monkeypatch, path):
    """Save under a name, with the keys of the menu."""
    choose(monkeypatch, path, "getSaveFileName")
    driver.shortcut("Ctrl+S")
    assert sessions(driver).path == path


def without_case(experiment):
    return replace(experiment, case=None)


def values(answer):
    return {each.name: each.value for each in answer.losses} | {"total": answer.total}


def cards(driver):
    return {name: driver.card_text(name) for name in driver.losses.cards}


def settling(driver, act):
    """Do something that opens a session, and wait until all about it is answered."""
    opened = []
    connection = sessions(driver).opened.connect(opened.append)
    driver.wait(driver.controller.settled, act, check=lambda *_: bool(opened))
    sessions(driver).opened.disconnect(connection)


def set_something(driver):
    """Move sliders by keys, show a loss twice, weigh one, and look at another slice."""
    driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right, times=3)
    driver.press(driver.row("", "softness").slider, Qt.Key.Key_Right, times=4)
    driver.session.add_loss("tversky")
    driver.session.set_parameter("tversky_2", "alpha", 0.7)
    driver.session.rename_loss("tversky_2", "Few misses")
    driver.session.set_weight("iou", 1 / 3)
    driver.session.set_descent("rate", 0.03)
    setup = driver.session.state.experiment.setup
    training = replace(setup.training, seed=11, rate=0.003)
    driver.session.set_up(replace(setup, training=training), "Set up")
    driver.session.show(loss="tversky_2", wrt="probability", layout="overlaid")
    plane = Plane(1, 130)
    driver.settle(lambda: driver.session.show(plane=plane, scale="fixed", limit=1e-4))
    return driver.session.state


# Saved and opened


def test_a_saved_session_has_the_same_numbers_to_the_digit(driver, monkeypatch, path):
    state = set_something(driver)
    exact, shown = values(driver.answers[-1]), cards(driver)
    save(driver, monkeypatch, path)
    driver.reset()
    assert cards(driver) != shown
    choose(monkeypatch, path)
    driver.shortcut("Ctrl+Shift+O")
    settling(driver, lambda: answer(driver, "Discard"))
    again = driver.session.state
    assert without_case(again.experiment) == without_case(state.experiment)
    assert again.view == state.view
    assert values(driver.answers[-1]) == exact
    assert cards(driver) == shown
    axis, index = driver.viewer.dims.not_displayed[0], driver.viewer.dims.current_step[1]
    assert (axis, index) == (1, 130)


def test_a_saved_session_has_the_numbers_of_the_command_line(driver, monkeypatch, path):
    set_something(driver)
    save(driver, monkeypatch, path)
    driver.reset()
    sessions(driver)._take_name(None)
    settling(driver, lambda: driver.drop(driver.controls, path))
    stored = json.loads(path.read_text("utf-8"))
    moved = {
        name: value
        for name, value in stored["controls"].items()
        if value != State().experiment.controls[name]
    }
    assert moved.keys() == {"shift_x", "softness"}
    controls = [f"--set={name}={value!r}" for name, value in moved.items()]
    told = evaluated("sample:tumour", *controls, "--loss", "dice", "--loss", "tversky:alpha=0.7")
    found = {each["name"]: each["value"] for each in told["losses"]}
    now = values(driver.answers[-1])
    assert (now["dice"], now["tversky_2"]) == (found["dice"], found["tversky"])


def test_files_masks_predictions_and_classes_come_back(driver, monkeypatch, folder, path):
    truth = write_nifti(folder / "Boxen 1.nii.gz", small_labels())
    predicted = write_nifti(folder / "vorhergesagt.nii.gz", shifted(small_labels(), x=1))
    counted = np.broadcast_to(np.arange(12) < 11, small_labels().shape).astype(np.uint8)
    mask = write_nifti(folder / "Maske.nii.gz", counted)
    driver.opening(lambda: driver.files.open([str(truth)], prediction=str(predicted)))
    driver.opening(lambda: driver.files.opener.use_mask(str(mask)))
    driver.opening(lambda: driver.files.opener.choose_classes((7,)))
    before, key = values(driver.answers[-1]), driver.session.case.key
    save(driver, monkeypatch, path)
    driver.open("sample:tumour")
    sessions(driver)._take_name(None)
    driver.opening(lambda: driver.files.open([str(path)]))
    case = driver.session.case
    assert case.key == key
    assert (case.classes, case.given_name, case.mask_name) == (
        (7,),
        "vorhergesagt.nii.gz",
        "Maske.nii.gz",
    )
    assert values(driver.answers[-1]) == before


def test_open_takes_sessions_too_and_lists_them_as_recent(driver, monkeypatch, path):
    save(driver, monkeypatch, path)
    driver.session.set_control("grow", 2.0)
    sessions(driver)._take_name(None)
    choose(monkeypatch, path)
    driver.opening(driver.action("Open…").trigger)
    assert driver.session.state.experiment.controls["grow"] == 0.0
    assert sessions(driver).path == path
    driver.session.set_control("grow", 2.0)
    sessions(driver)._take_name(None)
    recent = f"{path.name} – {path.parent.name}".replace("&", "&&")
    (entry,) = [e for e in driver.files.recent_entries() if getattr(e, "title", "") == recent]
    driver.opening(lambda: entry.run(driver.window.context))
    assert driver.session.state.experiment.controls["grow"] == 0.0


def test_save_as_leaves_the_former_file_as_it_is(driver, monkeypatch, path):
    save(driver, monkeypatch, path)
    driver.session.set_control("grow", 2.0)
    other = path.with_name("andere Läsion.lossx")
    choose(monkeypatch, other, "getSaveFileName")
    driver.shortcut("Ctrl+Shift+S")
    assert [read_document(each).controls["grow"] for each in (path, other)] == [0.0, 2.0]
    assert sessions(driver).path == other
    driver.session.set_control("grow", 1.0)
    driver.shortcut("Ctrl+S")  # of the new name, unasked
    assert read_document(other).controls["grow"] == 1.0


def test_a_session_among_other_files_is_refused(driver, monkeypatch, path):
    save(driver, monkeypatch, path)
    driver.drop(driver.controls, path, "labels.nii")
    assert "is a session. Open it alone" in driver.window.messages.text.text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(version=99), "has version 99 of the format"),
        (lambda c: c["view"].update(zoom=1), "the key view.zoom is unknown"),
        (lambda c: c["controls"].update(softness=-1), "softness"),
    ],
)
def test_what_cannot_be_opened_is_said_and_all_stays(driver, monkeypatch, path, change, said):
    save(driver, monkeypatch, path)
    content = json.loads(path.read_text("utf-8"))
    change(content)
    other = path.with_name("other.lossx")
    other.write_text(json.dumps(content))
    before = driver.session.state
    driver.wait(driver.files.rejected, lambda: driver.files.open([str(other)]))
    text = driver.window.messages.text.text()
    assert text.startswith("other.lossx")
    assert said in text
    assert driver.session.state is before
    assert sessions(driver).path == path


def test_a_full_disk_keeps_what_was_saved(driver, monkeypatch, path):
    save(driver, monkeypatch, path)
    before = path.read_bytes()
    driver.session.set_control("grow", 2.0)
    real = Path.open

    def full(self, *arguments, **more):
        return real(Path("/dev/full") if self.suffix == ".partial" else self, *arguments, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        driver.shortcut("Ctrl+S")
    text = driver.window.messages.text.text()
    assert f"{path} could not be written ({os.strerror(28)})" in text
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == [path]
    assert sessions(driver).is_modified
    driver.shortcut("Ctrl+S")
    assert read_document(path).controls["grow"] == 2.0
    assert not driver.window.messages.isVisible()  # it is written now


# The title, and what is asked


def test_the_title_marks_what_is_not_saved(driver, monkeypatch, path):
    window = driver.window
    driver.session.set_control("grow", 1.0)
    assert not window.isWindowModified()  # without a name nothing can be lost
    save(driver, monkeypatch, path)
    assert window.windowTitle() == f"{path.name}[*] – tumour – Loss Explorer"
    assert not window.isWindowModified()
    driver.press(driver.row("", "grow").slider, Qt.Key.Key_Right)
    assert window.isWindowModified()
    driver.shortcut("Ctrl+Z")
    assert not window.isWindowModified()
    driver.session.show(layout="overlaid")
    assert not window.isWindowModified()


def test_a_window_without_a_name_closes_unasked(make_driver):
    driver = make_driver()
    driver.session.set_control("grow", 2.0)
    assert driver.window.close()


@pytest.mark.parametrize("words", ["Save", "Discard", "Cancel"])
def test_closing_asks_about_a_session_with_a_name(make_driver, monkeypatch, path, words):
    driver = make_driver()
    save(driver, monkeypatch, path)
    driver.session.set_control("grow", 2.0)
    assert not driver.window.close()
    assert path.name in question(driver).text()
    answer(driver, words)
    assert driver.window.isVisible() is (words == "Cancel")
    assert read_document(path).controls["grow"] == (2.0 if words == "Save" else 0.0)
    if words == "Cancel":
        driver.window.close()
        box = question(driver)
        QTest.keyClick(box, Qt.Key.Key_Escape)
        assert driver.window.isVisible()


def test_a_saved_session_closes_unasked(make_driver, monkeypatch, path):
    driver = make_driver()
    save(driver, monkeypatch, path)
    assert driver.window.close()


def test_the_end_of_the_program_asks_nothing(make_driver, monkeypatch, path):
    driver = make_driver()
    save(driver, monkeypatch, path)
    driver.session.set_control("grow", 2.0)
    driver.window.end()
    assert not driver.window.isVisible()


def test_opening_another_session_asks_first(driver, monkeypatch, folder, path):
    save(driver, monkeypatch, path)
    other = folder / "other.lossx"
    other.write_bytes(path.read_bytes())
    driver.session.set_control("grow", 2.0)
    driver.files.open([str(other)])
    answer(driver, "Cancel")
    assert sessions(driver).path == path
    driver.files.open([str(other)])
    driver.opening(lambda: answer(driver, "Discard"))
    assert sessions(driver).path == other
    assert read_document(path).controls["grow"] == 0.0


# Files that are gone, or not as they were


@pytest.fixture
def boxed(driver, monkeypatch, folder, path):
    """A session of two boxes in a file."""
    file = write_nifti(folder / "Boxen.nii.gz", small_labels())
    driver.open(file)
    driver.session.set_control("grow", 0.25)
    save(driver, monkeypatch, path)
    driver.open("sample:tumour")
    driver.session.reset_controls()
    sessions(driver)._take_name(None)
    return file


def test_a_file_that_has_moved_is_asked_for(driver, monkeypatch, boxed, path, tmp_path):
    other = boxed.rename(tmp_path / "anderswo.nii.gz")
    driver.files.open([str(path)])
    assert f"{boxed} is not there any longer" in question(driver).text()
    choose(monkeypatch, other)
    driver.opening(lambda: answer(driver, "Choose File…"))
    assert driver.session.volume.path == str(other)
    assert driver.session.state.experiment.controls["grow"] == 0.25
    assert sessions(driver).path == path


def test_a_session_is_opened_without_its_file(driver, boxed, path):
    boxed.unlink()
    driver.files.open([str(path)])
    driver.wait(driver.files.opened, lambda: answer(driver, "Open Without"))
    assert driver.session.volume.path == "sample:tumour"  # which is open
    assert driver.session.state.experiment.controls["grow"] == 0.25


def test_cancel_leaves_all_as_it_is(driver, boxed, path):
    boxed.unlink()
    before = driver.session.state
    driver.files.open([str(path)])
    answer(driver, "Cancel")
    assert driver.session.state is before
    assert sessions(driver).path is None


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (small_labels()[:, 1:], "has 6 × 7 × 12 voxels, and had 6 × 8 × 12"),
        (small_labels() * (small_labels() != 7), "has the classes 0, 3, and had 0, 3, 7"),
        (small_labels(1), "other labels in some voxels"),
    ],
)
def test_what_is_different_in_a_file_is_said(driver, boxed, path, labels, said):
    write_nifti(boxed, np.ascontiguousarray(labels))
    driver.files.open([str(path)])
    assert said in question(driver).text()
    driver.opening(lambda: answer(driver, "Open Anyway"))
    assert driver.session.volume.path == str(boxed)
    assert driver.session.state.experiment.controls["grow"] == 0.25


def test_everything_that_is_different_in_a_file_is_said(driver, boxed, path):
    write_nifti(boxed, small_labels() * (small_labels() != 7), spacing=(3.0, 0.75, 0.5))
    driver.files.open([str(path)])
    said = question(driver).text()
    assert "has the classes 0, 3, and had 0, 3, 7." in said
    assert "measure 3 × 0.75 × 0.5 mm, and measured 2.5 × 0.75 × 0.5 mm." in said
    answer(driver, "Cancel")


def test_a_folder_that_was_moved_opens_unasked(driver, boxed, path, tmp_path):
    moved = path.parent.rename(tmp_path / "umgezogen")
    driver.opening(lambda: driver.files.open([str(moved / path.name)]))
    assert driver.session.volume.path == str(moved / boxed.name)
    assert boxes(driver) == []


# A line of text


def test_a_session_is_copied_and_pasted_as_a_line(driver):
    state = set_something(driver)
    driver.shortcut("Ctrl+Alt+C")
    line = QGuiApplication.clipboard().text()
    assert line.startswith("lossx1:")
    assert len(line.split()) == 1
    assert "a line of" in driver.window.messages.text.text()
    driver.reset()
    QApplication.clipboard().setText(f"Try this: {line}\n")
    settling(driver, lambda: driver.shortcut("Ctrl+Alt+V"))
    again = driver.session.state
    assert without_case(again.experiment) == without_case(state.experiment)
    assert again.view == state.view
    assert sessions(driver).path is None


def test_what_is_no_sample_says_why_it_is_no_line(driver, boxed):
    driver.open(boxed)
    QApplication.clipboard().setText("before")
    driver.shortcut("Ctrl+Alt+C")
    assert "Only sessions of sample volumes" in driver.window.messages.text.text()
    assert QApplication.clipboard().text() == "before"
    driver.shortcut("Ctrl+Alt+V")
    assert "The text holds no session" in driver.window.messages.text.text()


def test_its_slice_is_shown_where_the_canvas_is_made_after_it_is_open(make_driver, path):
    session = Session()
    session.open(open_case(["sample:tumour"]))
    session.show(plane=Plane(1, 130))
    write_document(session_document(session.state), path)
    driver = make_driver(prepare=False)
    driver.wait(driver.files.opened, lambda: driver.files.open([str(path)]))
    driver.prepare()
    assert driver.session.state.view.plane == Plane(1, 130)
    assert driver.canvas.navigation.plane == Plane(1, 130)
