"""A volume of micrometres in the window: rows, what is typed, curves, and the words."""

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from lossexplorer.app.main import _START
from tests.app.driver import shifted
from tests.app.test_response import label, ticks

RIGHT, HOME, END = Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End


def boxes():
    labels = np.zeros((8, 20, 24), np.uint8)
    labels[2:6, 2:10, 2:10] = 1
    labels[1:4, 11:18, 13:22] = 2
    return labels


def dice(x):
    """The mean Dice loss of a shift by so many voxels, in float64."""
    labels, moved = boxes(), shifted(boxes(), x=x)
    terms = []
    for c in range(3):
        g, p = labels == c, moved == c
        terms.append(1 - 2 * (g & p).sum() / (g.sum() + p.sum()))
    return np.mean(terms)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """An OME-TIFF of two boxes, with voxels of 2 × 0.25 × 0.25 µm (z, y, x)."""
    return write_stack(tmp_path_factory.mktemp("scales") / "confocal.ome.tif", 0.25, "µm")


def write_stack(path, edge, unit):
    """Write two boxes in voxels eight times as high as they are wide."""
    sizes = {"PhysicalSizeZ": 8 * edge, "PhysicalSizeY": edge, "PhysicalSizeX": edge}
    units = {f"{name}Unit": unit for name in sizes}
    tifffile.imwrite(path, boxes(), ome=True, metadata={"axes": "ZYX", **sizes, **units})
    return path


@pytest.fixture
def driver(shared_driver, qtbot, stack):
    """The window on a volume of micrometres."""
    shared_driver.bot = qtbot
    shared_driver.reset(source=stack)
    return shared_driver


def unit(row):
    return row._unit.text()


def test_a_key_press_shifts_by_a_voxel_and_the_row_says_micrometres(driver):
    row = driver.row("", "shift_x")
    answer = driver.answer(lambda: driver.press(row.slider, RIGHT, 2))
    assert driver.value("", "shift_x") == 0.0005
    assert answer.losses[0].value == pytest.approx(dice(2), rel=1e-9)
    assert (row.line.text(), unit(row)) == ("+0.5", "µm · 2 vox")
    assert driver.session.store.undo_label == "Shift x +0.25 → +0.5 µm"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("shift_x", "1", 0.001),  # what is shown
        ("shift_x", "-1.5um", -0.0015),
        ("shift_x", "0.75 µm", 0.00075),
        ("shift_x", "250nm", 0.00025),
        ("shift_x", "0.001mm", 0.001),
        ("shift_z", "1vox", 0.002),
        ("softness", "2e2 nm", 0.0002),
    ],
)
def test_a_length_is_typed_in_any_unit(driver, name, text, value):
    row = driver.row("", name)
    answer = driver.answer(lambda: driver.type(row.line, text))
    assert not row.line.property("problem")
    assert answer.question.controls[name] == pytest.approx(value, rel=1e-15)


def test_a_volume_of_objects_is_typed_in_cubes(driver):
    row = driver.row("", "missing_below")
    driver.answer(lambda: driver.type(row.line, "25 um3"))
    assert driver.value("", "missing_below") == pytest.approx(2.5e-8, rel=1e-15)
    assert (row.line.text(), unit(row)) == ("25", "µm³")
    driver.answer(lambda: driver.type(row.line, "30"))
    assert driver.value("", "missing_below") == pytest.approx(3e-8, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("300", "Shift x = 300 µm is out of range: it must lie between -200 and 200 µm."),
        ("1mm", "Shift x = 1000 µm is out of range"),
        ("much", "Shift x must be a length such as 2µm, 1vox or 2, not 'much'"),
    ],
)
def test_what_is_wrong_is_said_in_micrometres(driver, text, said):
    row, before = driver.row("", "shift_x"), driver.session.state
    driver.type(row.line, text)
    assert row.line.property("problem") is True
    assert said in row.line.toolTip()
    assert driver.session.state == before


def test_the_slider_ends_within_the_volume(driver):
    row = driver.row("", "shift_x")
    driver.answer(lambda: driver.press(row.slider, END))
    assert driver.value("", "shift_x") == 0.004  # 16 of 24 voxels
    driver.answer(lambda: driver.press(row.slider, HOME))
    assert driver.value("", "shift_x") == -0.004
    row = driver.row("", "softness")
    driver.answer(lambda: driver.press(row.slider, RIGHT))
    assert driver.value("", "softness") == pytest.approx(2e-5)  # a hundredth of 2 µm


def test_the_curves_are_drawn_against_micrometres(driver):
    driver.settle(lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    plot = driver.plots.widgets["response"]
    assert label(driver).startswith("loss against shift x, µm")
    assert plot._line.label.toPlainText() == "+0.25 µm"
    assert {"-2", "0", "2"} <= set(ticks(driver))
    points = plot.curve("dice")
    assert (min(points), max(points)) == (-4.0, 4.0)
    for place in (-4.0, 0.0, 2.0, 4.0):  # 4 µm are 16 voxels
        assert points[place] == pytest.approx(dice(round(place / 0.25)), rel=1e-6, abs=1e-6)


def test_the_status_bar_has_the_voxel_in_micrometres(driver):
    assert "voxel 0.25 × 0.25 × 2 µm (x, y, z)" in driver.texts(driver.window.statusBar())


def test_a_ball_of_the_default_radius_appears(driver):
    row = driver.row("", "blob_radius")
    assert (row.line.text(), unit(row)) == ("0.6", "µm · 2.4 vox")
    answer = driver.answer(lambda: driver.press(driver.row("", "blobs").slider, RIGHT))
    assert 0 < answer.losses[0].value < 0.2


def test_what_the_window_starts_with_is_on_the_sliders(driver, stack, tmp_path):
    driver.open(write_stack(tmp_path / "scan.ome.tif", 1.0, "mm"))
    assert unit(driver.row("", "shift_x")).startswith("mm")
    for name, value in _START.items():
        driver.session.set_control(name, value)
    driver.open(stack)
    for name in _START:
        low, high = driver.controls.prediction.rows[name]._number.span
        assert low < driver.value("", name) < high
    assert driver.value("", "shift_x") == pytest.approx(0.000625)
    row = driver.row("", "softness")
    assert (row.line.text(), unit(row)) == ("0.32", "µm · 1.28 vox")


def test_a_reset_returns_to_the_default_of_the_volume(driver):
    row = driver.row("", "hole_radius")
    driver.answer(lambda: driver.type(row.line, "1"))
    resetter = driver.controls.prediction.blocks["holes"].resetter
    assert resetter.isVisible()
    driver.answer(lambda: driver.click(resetter))
    assert driver.value("", "hole_radius") == 0.0004
    assert row.line.text() == "0.4"
    assert not resetter.isVisible()
