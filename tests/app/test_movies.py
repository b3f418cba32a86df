"""Movies of a slider, asked for in the window by its menu."""

import sys

import numpy as np
import pytest
from PIL import Image
from qtpy.QtWidgets import QFileDialog, QProgressDialog, QPushButton

from lossexplorer.app.exports.movies import MovieDialog
from tests.app.driver import Closed, shifted, tumour

VOXEL = 0.78125


@pytest.fixture
def save_as(monkeypatch):
    def save_as(path):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
        return path

    return save_as


def asked(driver):
    """The dialog for movies, opened by its menu."""
    driver.action("Movie…").trigger()
    return next(d for d in driver.window.findChildren(MovieDialog) if d.isVisible())


def press(driver, parent, text):
    buttons = parent.findChildren(QPushButton)
    driver.click(next(each for each in buttons if each.text().replace("&", "") == text))


def said(driver):
    return driver.window.messages.text.text()


def choose(dialog, what, start, stop, frames):
    dialog.what.setCurrentIndex(dialog.what.findData(what))
    dialog.start.setText(start)
    dialog.stop.setText(stop)
    dialog.frames.setValue(frames)


def frames_of(path):
    with Image.open(path) as image:
        found = []
        for place in range(image.n_frames):
            image.seek(place)
            found.append(np.asarray(image.convert("RGB")))
    return found


def test_the_slider_moved_last_goes_to_and_fro(driver, save_as, tmp_path):
    driver.answer(lambda: driver.session.set_control("shift_x", 2 * VOXEL))
    undone = driver.session.store.undo_label
    path = save_as(tmp_path / "slider.gif")
    dialog = asked(driver)
    assert dialog.moved.currentText() == "Shift x"
    choose(dialog, "canvas", "-4 vox", "4vox", 3)
    native = driver.canvas.native
    size = native.width(), native.height()
    driver.answers.clear()
    press(driver, dialog, "Save…")
    driver.bot.waitUntil(lambda: said(driver) == f"{path} is written.")

    frames = frames_of(path)
    assert len(frames) == 5
    assert {frame.shape[1::-1] for frame in frames} == {size}
    assert np.array_equal(frames[0], frames[-1])
    assert np.array_equal(frames[1], frames[-2])
    assert not np.array_equal(frames[0], frames[1])
    exact = {
        round(answer.question.controls["shift_x"] / VOXEL): answer.losses
        for answer in driver.answers
        if not answer.preview
    }
    for voxels in (-4, 0, 4):
        closed = Closed(shifted(tumour(), x=voxels))
        values = {each.name: each.value for each in exact[voxels]}
        assert values["dice"] == pytest.approx(closed.value("dice"), rel=1e-5)
    assert driver.value(None, "shift_x") == 2 * VOXEL
    assert driver.session.store.undo_label == undone
    assert [each.name for each in tmp_path.iterdir()] == ["slider.gif"]


def test_cancel_leaves_nothing_and_puts_the_slider_back(driver, save_as, tmp_path):
    driver.answer(lambda: driver.session.set_control("shift_x", VOXEL))
    save_as(tmp_path / "slider.webp")
    dialog = asked(driver)
    choose(dialog, "response", "-4vox", "4vox", 100)
    press(driver, dialog, "Save…")
    progress = driver.window.findChild(QProgressDialog)
    driver.bot.waitUntil(lambda: progress.value() >= 1)
    press(driver, progress, "Cancel")
    driver.bot.waitUntil(lambda: "cancelled" in said(driver))
    assert list(tmp_path.iterdir()) == []
    assert driver.value(None, "shift_x") == VOXEL


def test_a_page_of_a_talk(driver, save_as, tmp_path):
    driver.answer(lambda: driver.session.set_control("grow", 1.0))
    path = save_as(tmp_path / "page.webp")
    dialog = asked(driver)
    choose(dialog, "talk", "-1", "1", 2)
    press(driver, dialog, "Save…")
    driver.bot.waitUntil(lambda: said(driver) == f"{path} is written.")
    frames = frames_of(path)
    assert [frame.shape for frame in frames] == 3 * [(1080, 1920, 3)]
    assert driver.window.context.presenter.talk is None
    assert driver.value(None, "grow") == 1.0


def test_what_is_typed_wrong_is_said_in_the_dialog(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", VOXEL))
    dialog = asked(driver)
    choose(dialog, "canvas", "much", "4", 3)
    press(driver, dialog, "Save…")
    assert dialog.isVisible()
    assert "much" in dialog.problem.text()
    press(driver, dialog, "Cancel")


def test_an_mp4_of_the_canvas(driver, save_as, tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    driver.answer(lambda: driver.session.set_control("shift_x", VOXEL))
    path = save_as(tmp_path / "slider.mp4")
    dialog = asked(driver)
    choose(dialog, "canvas", "-1 vox", "1 vox", 2)
    seconds = dialog.seconds.value()
    press(driver, dialog, "Save…")
    driver.bot.waitUntil(lambda: said(driver) == f"{path} is written.")
    assert ffmpeg.count_frames_and_secs(str(path)) == (3, pytest.approx(seconds, rel=0.01))


def test_mp4_without_its_extra(driver, save_as, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    driver.answer(lambda: driver.session.set_control("shift_x", VOXEL))
    save_as(tmp_path / "slider.mp4")
    press(driver, asked(driver), "Save…")
    assert "pip install 'lossexplorer[movie]'" in said(driver)
    assert list(tmp_path.iterdir()) == []
