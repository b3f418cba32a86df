"""Both themes, legible text, nothing clipped, and the picture that is saved."""

from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QFontInfo, QImage, QTextLayout
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabBar,
    QToolButton,
)

from lossexplorer.app.exports.pictures import PictureDialog
from tests.app.driver import SHOWN, clipped

SIZES = [pytest.param((1600, 1000), marks=pytest.mark.slow), (1280, 800)]
TEXTS = (QLabel, QLineEdit, QPushButton, QComboBox, QToolButton, QTabBar)


def pixels(image):
    """RGB of a QImage, shape (height, width, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.array(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def brightness(driver, widget):
    """The most frequent brightness of a widget, 0 … 255: that of its surface."""
    shown = pixels(widget.grab().toImage()).mean(axis=2).astype(int)
    return np.bincount(shown.ravel()).argmax()


@pytest.mark.parametrize(("theme", "is_light"), [("Light", True), ("Dark", False)])
def test_a_theme_is_chosen_from_the_menu(driver, theme, is_light):
    driver.action("Dark" if is_light else "Light").trigger()
    window = driver.window
    surfaces = [driver.controls, driver.losses, driver.plots.widgets["response"], window.legend]
    before = [brightness(driver, widget) for widget in surfaces]
    driver.action(theme).trigger()
    after = [brightness(driver, widget) for widget in surfaces]
    dark, light = (before, after) if is_light else (after, before)
    assert max(dark) < 80
    assert min(light) > 200
    assert driver.action(theme).isChecked()
    assert not driver.action("Dark" if is_light else "Light").isChecked()
    assert driver.viewer.theme == theme.lower()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_no_text_is_smaller_than_11_pixels(driver, theme):
    driver.action(theme).trigger()
    seen = 0
    for kind in TEXTS:
        for widget in driver.window.findChildren(kind):
            if widget.isVisible():
                seen += 1
                assert QFontInfo(widget.font()).pixelSize() >= 11, widget
    assert seen > 80


def lay_out(driver):
    """Let texts that have just changed get their places."""
    QApplication.processEvents()
    driver.window.grab()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("loss", SHOWN)
def test_nothing_on_the_cards_is_clipped(driver, size, loss):
    driver.resize(*size)
    driver.session.set_control("shift_x", 500.0)
    driver.session.show(loss=loss)
    driver.answer(lambda: driver.session.set_control("confidence", 1 - 1e-6))
    lay_out(driver)
    assert driver.window.size().width() == size[0]
    assert clipped(driver.losses) == []


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_on_the_sliders_is_clipped(driver, size):
    driver.resize(*size)
    for name, value in {"shift_x": -700.0, "shift_y": -3.90625, "grow": -12.5}.items():
        driver.session.set_control(name, value)
    driver.answer(lambda: driver.session.set_control("softness", 999.0))
    lay_out(driver)
    assert clipped(driver.controls) == []
    for field in driver.controls.findChildren(QLineEdit):
        if field.objectName() == "number":
            # Frame and padding of the style take 4 pixels on either side.
            assert field.fontMetrics().horizontalAdvance(field.text()) <= field.width() - 8


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_below_the_canvas_nothing_is_clipped(driver, size):
    driver.resize(*size)
    driver.session.set_control("shift_x", 3.0)
    driver.session.show(wrt="probability")
    driver.answer(lambda: driver.session.show(loss="generalized_dice"))
    lay_out(driver)
    if size == (1280, 800):
        driver.answer(lambda: driver.session.show(loss="dice", wrt="logit"))
        lay_out(driver)
    assert clipped(driver.window.legend) == []
    assert clipped(driver.window.statusBar()) == []


def save_picture(driver):
    """Save the window with as many pixels as it has."""
    driver.shortcut("Ctrl+Shift+E")
    asked = driver.window.findChild(PictureDialog)
    asked.scale.setCurrentIndex(asked.scale.findData(1))
    QTest.keyClick(asked, Qt.Key.Key_Return)


def test_the_picture_shows_the_window(driver, tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    driver.resize(1600, 1000)
    proposed = []

    def choose(_parent, _title, proposal, _kinds):
        proposed.append(proposal)
        return str(path.with_suffix("")), "PNG (*.png)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    save_picture(driver)
    assert Path(proposed[0]).name == "tumour-dice.png"
    assert driver.window.messages.text.text() == f"{path} is written."
    assert driver.window.messages.property("informs")
    picture = QImage(str(path))
    assert (picture.width(), picture.height()) == (1600, 1000)
    native = driver.canvas.widget.canvas.native
    corner = native.mapTo(driver.window, QPoint(0, 0))
    canvas = pixels(picture)[
        corner.y() : corner.y() + native.height(), corner.x() : corner.x() + native.width()
    ]
    assert canvas.std() > 5  # the brain on black, and not an empty OpenGL window
    assert pixels(picture).std() > 5


def test_a_picture_that_cannot_be_written_is_said(driver, tmp_path, monkeypatch):
    path = tmp_path / "missing" / "picture.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    save_picture(driver)
    assert driver.window.messages.isVisible()
    assert not driver.window.messages.property("informs")
    assert str(path) in driver.window.messages.text.text()


def test_the_letter_x_between_figures_stays_one(driver):
    """Inter makes a multiplication sign of it, and the place of a voxel would have no x."""
    labels = driver.window.statusBar().findChildren(QLabel)
    plots = QLabel()  # as the fonts of plots are
    plots.setFont(QApplication.font())
    for label in (*labels, driver.losses.total.title, plots):
        layout = QTextLayout("y 90  x 187", label.font())
        layout.beginLayout()
        layout.createLine()
        layout.endLayout()
        (run,) = layout.glyphRuns()
        assert run.rawFont().glyphIndexesForString("x")[0] in run.glyphIndexes()
