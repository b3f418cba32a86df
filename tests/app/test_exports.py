"""What the window gives away: volumes, pictures, values, code and a command, by menus and keys."""

import csv
import json
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import nibabel as nib
import numpy as np
import pyqtgraph as pg
import pytest
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QImage
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QProgressDialog,
    QPushButton,
)

from lossexplorer.app.exports.drawing import image_of
from lossexplorer.volumes import open_case
from tests.app.driver import EDGES, Closed, shifted, tumour
from tests.patience import PATIENCE

CONTROL = Qt.KeyboardModifier.ControlModifier
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def save_as(monkeypatch):
    """Have the next dialog for files answered with a path, and keep the names it proposed."""

    def save_as(path):
        def chosen(_parent, _title, proposed, _kinds):
            save_as.proposed.append(Path(proposed).name)
            return str(path), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
        return path

    save_as.proposed = []
    return save_as


def clipboard():
    return QApplication.clipboard().text()


def said(driver):
    return driver.window.messages.text.text()


def dialog(driver, title):
    return next(
        each
        for each in driver.window.findChildren(QDialog)
        if each.windowTitle() == title and each.isVisible()
    )


def press(parent, text):
    button = next(b for b in parent.findChildren(QPushButton) if b.text().replace("&", "") == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def shift(driver, voxels=4, **also):
    """Shift the prediction along x, and return its losses in closed form."""

    def act():
        driver.session.set_control("shift_x", voxels * 0.78125)
        for name, value in also.items():
            driver.session.set_control(name, value)

    driver.answer(act)
    return Closed(shifted(tumour(), x=voxels))


def table(text):
    """The comment lines of a CSV, and its rows by the names of its columns."""
    lines = text.splitlines()
    comments = [line for line in lines if line.startswith("#")]
    return comments, list(csv.DictReader(lines[len(comments) :]))


def test_a_card_with_the_focus_is_copied(driver):
    closed = shift(driver)
    driver.press(driver.losses.cards["tversky"], Qt.Key.Key_C, modifier=CONTROL)
    rows = dict(line.split("\t") for line in clipboard().splitlines())
    assert float(rows["Tversky"]) == pytest.approx(closed.value("tversky"), rel=1e-6)
    terms = closed.terms("tversky")
    assert float(rows["background"]) == pytest.approx(terms[0], rel=1e-6)
    assert float(rows["tumour"]) == pytest.approx(terms[1], rel=1e-6)
    assert (rows["alpha"], rows["beta"], rows["λ"]) == ("0.3", "0.7", "1.0")


def test_every_value_is_copied(driver):
    closed = shift(driver)
    driver.answer(lambda: driver.session.set_weight("iou", 0.25))
    driver.answer(lambda: driver.session.set_weight("cross_entropy", 0.0))
    driver.action("Copy Every Value").trigger()
    rows = [line.split("\t") for line in clipboard().splitlines()]
    values = {name: float(value) for name, value, _ in rows[1:]}
    for name, title in (("dice", "Dice"), ("iou", "IoU"), ("tversky", "Tversky")):
        assert values[title] == pytest.approx(closed.value(name), rel=1e-5)
    expected = sum(closed.value(name) for name in ("dice", "tversky", "generalized_dice"))
    assert values["Total Σ λ L"] == pytest.approx(expected + closed.value("iou") / 4, rel=1e-5)


def test_the_command_prints_what_is_on_screen(driver):
    shift(driver, 4, confidence=0.9)
    driver.answer(lambda: driver.session.set_parameter("tversky", "alpha", 1 / 3))
    driver.answer(lambda: driver.session.set_weight("dice", 0.125))
    shown = driver.answers[-1]
    driver.shortcut("Ctrl+Alt+D")
    command = shlex.split(clipboard())
    assert command[0] == "lossexplorer"
    done = subprocess.run(
        [sys.executable, "-m", *command, "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    printed = json.loads(done.stdout)
    assert {each["name"]: each["value"] for each in printed["losses"]} == pytest.approx(
        {each.name: each.value for each in shown.losses}, rel=1e-6
    )
    assert printed["total"] == pytest.approx(shown.total, rel=1e-6)


def test_values_of_the_plots(driver, save_as, tmp_path):
    closed = shift(driver)
    tabs = driver.plots
    at = {tabs.tabText(index): index for index in range(tabs.count())}
    tabs.setCurrentIndex(at["Classes"])
    path = save_as(tmp_path / "classes.csv")
    driver.action("Values of the Plot…").trigger()
    assert said(driver) == f"{path} is written."
    comments, rows = table(path.read_text("utf-8"))
    assert any(
        line.startswith("# lossexplorer evaluate sample:tumour --set shift_x=3.125")
        for line in comments
    )
    assert any("shift_x=3.125, shift_y=0" in line for line in comments)
    assert any("loss tversky: weight=1, alpha=0.3, beta=0.7" in line for line in comments)
    assert [row["class"] for row in rows] == ["background", "tumour"]
    assert int(rows[1]["voxels"]) == np.count_nonzero(tumour())
    for name in ("dice", "iou", "tversky"):
        assert [float(row[name]) for row in rows] == pytest.approx(closed.terms(name), rel=1e-5)

    tabs.setCurrentIndex(at["History"])
    driver.action("Copy the Plot's Values").trigger()
    _, rows = table(clipboard())
    assert float(rows[-1]["dice"]) == pytest.approx(closed.value("dice"), rel=1e-6)
    assert float(rows[0]["dice"]) == 0

    driver.settle(lambda: driver.session.set_control("shift_x", 0.0))
    tabs.setCurrentIndex(at["Response"])
    driver.action("Copy the Plot's Values").trigger()
    _, rows = table(clipboard())
    (zero,) = [row for row in rows if float(row["shift_x [mm]"]) == 0]
    assert float(zero["dice"]) == 0
    tabs.setCurrentIndex(at["Descent"])
    driver.action("Copy the Plot's Values").trigger()
    assert said(driver).startswith("This plot has no table. Show one of Response, History, Classes")


# Pictures


def say_something(driver):
    """Have the message bar there before, which takes height from the canvas."""
    before = driver.canvas.native.height()
    driver.window.messages.say("A message.")
    driver.bot.waitUntil(lambda: driver.canvas.native.height() < before)


def export_picture(driver, subject, kind, scale=1):
    driver.shortcut("Ctrl+Shift+E")
    asked = dialog(driver, "Export a picture")
    asked.subject.setCurrentText(subject)
    asked.kind.setCurrentIndex(asked.kind.findData(kind))
    asked.scale.setCurrentIndex(asked.scale.findData(scale))
    press(asked, "Save…")


@pytest.mark.parametrize(("subject", "scale"), [("Window", 1), ("Canvas", 3), ("Plot", 2)])
def test_png(driver, save_as, tmp_path, subject, scale):
    shift(driver, 8)
    path = save_as(tmp_path / "picture.png")
    widget = {
        "Window": driver.window,
        "Canvas": driver.canvas.native,
        "Plot": driver.plots.currentWidget(),
    }[subject]
    say_something(driver)
    export_picture(driver, subject, "png", scale)
    assert said(driver) == f"{path} is written."
    of_part = "" if subject == "Window" else f"-{subject.lower()}"
    assert save_as.proposed == [f"tumour-dice{of_part}.png"]
    image = QImage(str(path))
    assert (image.width(), image.height()) == (scale * widget.width(), scale * widget.height())


def test_the_canvas_is_drawn_in_its_place_at_any_scale(driver, save_as, tmp_path):
    """The pixels of three sizes are the same picture; most of them are no background."""
    shift(driver, 8)
    say_something(driver)
    small = []
    for scale in (1, 2, 4):
        path = save_as(tmp_path / f"{scale}.png")
        export_picture(driver, "Canvas", "png", scale)
        image = QImage(str(path)).convertToFormat(QImage.Format.Format_Grayscale8)
        image = image.scaled(
            60, 40, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(40, image.bytesPerLine())
        small.append(rows[:, :60].astype(float))
    assert small[0].std() > 20
    for other in small[1:]:
        assert np.corrcoef(small[0].ravel(), other.ravel())[0, 1] > 0.97


@pytest.mark.parametrize("scale", [1, 3])
def test_what_is_marked_on_the_canvas_is_in_its_picture(driver, save_as, tmp_path, scale):
    """A cross, the line of the profile and the ruler, a quarter along, where nothing is written."""
    driver.resize(1600, 1000)
    before = driver.session.state.view
    ruler, line = ((12.0, 60.0, 60.0), (12.0, 60.0, 140.0)), ((12, 100, 60), (12, 100, 140))
    say_something(driver)
    driver.answer(lambda: driver.session.show(pinned=(12, 80, 80), ruler=ruler, line=line))
    path = save_as(tmp_path / "marked.png")
    export_picture(driver, "Canvas", "png", scale)
    image, places = QImage(str(path)), driver.canvas.places
    cross = places.pixel((12, 80, 80), 1) + QPointF(6, 0)  # where its right arm is
    marks = []
    for pane in (1, 2, 3):  # the list of the pinned voxel lies over the first
        marks.append((places.pixel((12, 60, 80), pane), (120, 255, 190)))
        marks.append((places.pixel((12, 100, 80), pane), (255, 214, 102)))
    driver.session.show(pinned=before.pinned, ruler=before.ruler, line=before.line)
    for at, color in marks:
        assert pixel(image, scale * at) == pytest.approx(color, abs=60)
    # Its arm lies between two pixels in some layouts; around it is nothing as bright.
    arm = [pixel(image, scale * cross + QPointF(0, down)) for down in (-1, 0, 1)]
    assert np.minimum(np.sum(arm, axis=0), 255) == pytest.approx((255, 255, 255), abs=60)


def pixel(image, at):
    return image.pixelColor(int(at.x()), int(at.y())).getRgb()[:3]


@pytest.mark.parametrize("scale", [0.5, 2, 3])
def test_lines_of_a_plot_are_as_wide_as_the_picture_is_large(qtbot, scale):
    """A curve of 8 pixels and a straight line of 4, which Qt draws in pixels of the picture."""
    plot = pg.PlotWidget(background="k")
    qtbot.addWidget(plot)
    for axis in ("left", "bottom"):
        plot.hideAxis(axis)
    plot.plot([0, 1], [0, 0], pen=pg.mkPen("#ff0000", width=8))
    plot.addItem(pg.InfiniteLine(0.5, angle=0, pen=pg.mkPen("#00ff00", width=4)))
    plot.setRange(xRange=(0, 1), yRange=(-1, 1), padding=0)
    plot.resize(200, 160)
    plot.show()
    image = image_of(plot, SimpleNamespace(canvas=None), scale)
    middle = image.width() // 2
    colors = [image.pixelColor(middle, y) for y in range(image.height())]
    assert sum(c.redF() for c in colors) == pytest.approx(8 * scale, rel=0.05)
    assert sum(c.greenF() for c in colors) == pytest.approx(4 * scale, rel=0.05)
    assert plot.plotItem.curves[0].curve.opts["pen"].width() == 8


def texts_of(path):
    root = ElementTree.parse(path).getroot()
    return ["".join(each.itertext()).strip() for each in root.iter(f"{SVG}text")]


def test_text_stays_text_in_svg(driver, save_as, tmp_path):
    shift(driver, 8)
    driver.settle(lambda: driver.session.set_control("shift_x", 3.125))
    window = save_as(tmp_path / "window.svg")
    export_picture(driver, "Window", "svg")
    texts = texts_of(window)
    for text in ("Dice", "Generalized Dice", "Shift x", driver.card_text("dice")):
        assert text in texts
    plot = save_as(tmp_path / "plot.svg")
    export_picture(driver, "Plot", "svg")
    assert any("shift x" in text for text in texts_of(plot))
    root = ElementTree.parse(plot).getroot()
    assert not list(root.iter(f"{SVG}image"))


def test_pdf(driver, save_as, tmp_path):
    shift(driver, 8)
    path = save_as(tmp_path / "plot.pdf")
    export_picture(driver, "Plot", "pdf")
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/FontFile" in content
    widget = driver.plots.currentWidget()
    box = next(line for line in content.splitlines() if b"/MediaBox" in line)
    sizes = [float(each) for each in box.split(b"[")[1].split(b"]")[0].split()]
    assert sizes[2:] == pytest.approx([widget.width() * 0.75, widget.height() * 0.75], abs=1)


def test_a_picture_is_copied(driver):
    shift(driver, 8)
    QApplication.clipboard().clear()
    driver.shortcut("Ctrl+Shift+C")
    image = QApplication.clipboard().image()
    assert (image.width(), image.height()) == (driver.window.width(), driver.window.height())
    driver.action("Copy a Picture of the Plot").trigger()
    widget = driver.plots.currentWidget()
    image = QApplication.clipboard().image()
    assert (image.width(), image.height()) == (widget.width(), widget.height())


def test_a_folder_that_cannot_be_written_to(driver, save_as, tmp_path):
    shift(driver, 8)
    path = save_as(tmp_path / "gone" / "picture.png")
    export_picture(driver, "Plot", "png")
    assert said(driver) == (
        f"{path} could not be written (No such file or directory); choose another folder."
    )
    save_as(tmp_path / "gone" / "classes.csv")
    driver.action("Losses as Code…").trigger()
    assert "could not be written (No such file or directory)" in said(driver)


# Volumes


def export_volumes(driver, *whats):
    driver.shortcut("Ctrl+Alt+E")
    asked = dialog(driver, "Export volumes")
    for what, check in asked.whats.items():
        if check.isChecked() != (what in whats):
            QTest.mouseClick(check, Qt.MouseButton.LeftButton, pos=check.rect().center() * 0.1)
            check.setChecked(what in whats)
    press(asked, "Save…")


def test_volumes_and_the_code_that_gives_their_values(driver, save_as, tmp_path):
    """What is exported is what was set, though a slider moves meanwhile."""
    shift(driver, 4, confidence=0.9)
    driver.answer(lambda: driver.session.show(loss="dice", wrt="probability"))
    shown = driver.answers[-1]
    base = save_as(tmp_path / "out.nii.gz")
    export_volumes(driver, "probabilities", "labels", "error", "gradient")
    driver.session.set_control("shift_y", 5.0)
    driver.bot.waitUntil(lambda: "written to" in said(driver))
    assert not [d for d in driver.window.findChildren(QProgressDialog) if d.isVisible()]
    names = ("probabilities", "labels", "error", "gradient")
    read = {name: nib.load(tmp_path / f"out_{name}.nii.gz") for name in names}
    truth = nib.load(next(iter(tumour_file())))
    for image in read.values():
        assert image.affine == pytest.approx(truth.affine, abs=1e-5)
    arrays = {name: np.asarray(image.dataobj).T for name, image in read.items()}
    predicted = shifted(tumour(), x=4)
    closed = Closed(predicted, 0.9)
    assert arrays["probabilities"] == pytest.approx(closed.p, abs=1e-6)
    assert np.array_equal(arrays["labels"], predicted)
    categories = np.select(
        [(tumour() == 1) & (predicted == 1), predicted == 1, tumour() == 1], [1, 2, 3], 0
    )
    assert np.array_equal(arrays["error"][1], categories)
    gradient = closed.gradient("dice", "probability")
    assert arrays["gradient"][1] == pytest.approx(gradient, rel=1e-4, abs=1e-12)
    assert (
        base.parent.joinpath("out_labels.nii.gz.csv").read_text()
        == "id,label\n0,background\n1,tumour\n"
    )

    driver.answer(lambda: driver.session.set_control("shift_y", 0.0))
    menu = driver.action("Copy Losses as Code").menu()
    menu.aboutToShow.emit()
    entry = next(e for e in menu.actions() if e.text().replace("&", "").startswith("Loss Explorer"))
    entry.trigger()
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT.format(code=clipboard(), folder=str(tmp_path)), "utf-8")
    np.save(tmp_path / "g.npy", np.moveaxis(closed.g, 0, -1)[None].astype("f4"))
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["loss"] == pytest.approx(shown.total, rel=1e-5)
    for each in shown.losses:
        assert found[f"{each.name}_loss"] == pytest.approx(each.value, rel=1e-5)


_SCRIPT = """
import json
from pathlib import Path

import keras
import nibabel
import numpy as np

folder = Path({folder!r})
p = np.asarray(nibabel.load(folder / "out_probabilities.nii.gz").dataobj)
p = p.transpose(2, 1, 0, 3)[None]
g = np.load(folder / "g.npy")
names = ["dice", "generalized_dice", "tversky", "iou", "cross_entropy"]
given = keras.Input((None, None, None, 2))
model = keras.Model(given, {{name: keras.layers.Identity(name=name)(given) for name in names}})
{code}
model.jit_compile = False  # one call is not worth compiling
print(json.dumps(model.evaluate(p, {{n: g for n in names}}, verbose=0, return_dict=True)))
"""


def tumour_file():
    from tests.app.driver import TUMOUR

    yield TUMOUR


@pytest.mark.parametrize("ending", [".nrrd", ".ome.zarr"])
def test_volumes_in_other_formats_are_opened_again(driver, save_as, tmp_path, ending):
    shift(driver, 4)
    save_as(tmp_path / f"out{ending}")
    export_volumes(driver, "labels")
    driver.bot.waitUntil(lambda: f"written to {tmp_path}" in said(driver))
    (written,) = [each for each in tmp_path.iterdir() if each.name.endswith(ending)]
    volume = open_case([str(written)]).batch[0]
    np.testing.assert_array_equal(volume.labels, shifted(tumour(), x=4))
    assert volume.spacing == pytest.approx(EDGES)
    assert [each.name for each in volume.classes] == ["background", "tumour"]


def test_volumes_are_cancelled(driver, save_as, tmp_path):
    shift(driver, 4)
    save_as(tmp_path / "out.nii.gz")
    export_volumes(driver, "labels")
    progress = next(d for d in driver.window.findChildren(QProgressDialog) if d.isVisible())
    press(progress, "Cancel")
    assert said(driver) == "Nothing is exported: it was cancelled."
    driver.settle(lambda: driver.session.set_control("shift_x", 1.5625))
    assert not list(tmp_path.iterdir())


def test_an_ending_of_no_format_is_refused(driver, save_as, tmp_path):
    shift(driver, 4)
    save_as(tmp_path / "out.txt")
    export_volumes(driver, "labels")
    assert "out.txt has an ending of no format" in said(driver)
    assert isinstance(driver.window.findChild(QComboBox), QComboBox)
