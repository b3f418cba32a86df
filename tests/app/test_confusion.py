"""The confusion matrix in the window: its numbers, a click on a pair, many classes."""

import numpy as np
import pytest
from qtpy.QtCore import QPointF, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QToolTip

from lossexplorer.app.plots.confusion import COUNTS, ConfusionPlot
from lossexplorer.session.records.confusion import Confusion
from tests.app.driver import shifted, small_labels, write_nifti
from tests.app.test_plots import hover, pixel_of, shown


def test_boxes_that_moved_by_a_voxel_are_counted_and_a_click_chooses(driver, tmp_path):
    labels = small_labels()
    driver.open(write_nifti(tmp_path / "boxes.nii", labels))
    driver.session.set_control("shift_x", 0.5)  # a voxel
    driver.plots.look_at("confusion")
    record = driver.controller.records
    driver.bot.waitUntil(lambda: record["confusion"].voxels is not None)
    moved = shifted(labels, x=1)
    ids = (0, 3, 7)
    expected = [[((labels == c) & (moved == k)).sum() for k in ids] for c in ids]
    np.testing.assert_allclose(record["confusion"].voxels, expected, rtol=1e-9)

    plot = driver.plots.widgets["confusion"]
    driver.bot.waitUntil(lambda: plot.image.image is not None)
    place = pixel_of(plot, 0, 2)  # truth the third class, prediction background
    hover(plot, place)
    name = driver.session.volume.classes[2].name
    share = expected[2][0] / sum(expected[2])
    said = f"truth {name}, prediction background: {expected[2][0]} voxels, {100 * share:.0f} % of"
    assert QToolTip.text().startswith(said)
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    driver.bot.waitUntil(lambda: driver.session.state.view.class_index == 2)
    assert plot.marked.isVisible()
    assert plot.marked.rect().center() == QPointF(0, 2)

    driver.action("Copy the Plot's Values").trigger()
    lines = [x for x in QApplication.clipboard().text().splitlines() if not x.startswith("#")]
    assert lines[0].split(",")[:2] == ["truth", "background"]
    assert [float(x) for x in lines[3].split(",")[1:]] == pytest.approx(expected[2])


@pytest.fixture
def many(qapp, qtbot):
    """83 classes, of which each loses a quarter to the next."""
    plot = shown(qtbot, ConfusionPlot(), (900, 215))
    names = tuple(f"structure {i}" for i in range(83))
    voxels = np.diag(np.full(83, 75.0)) + np.roll(np.diag(np.full(83, 25.0)), 1, axis=1)
    plot.show_confusion(Confusion(names, names, 0, voxels))
    QApplication.processEvents()
    return plot


def test_before_its_numbers_are_known_it_shows_none(qapp, qtbot):
    """It had axes from −2 to 2, and colours from 0 to 1."""
    plot = shown(qtbot, ConfusionPlot(), (900, 215))
    QApplication.processEvents()
    axes = [plot.getPlotItem().getAxis(side) for side in ("left", "bottom")]
    assert not plot.bar.isVisible()
    assert not any(tick for axis in axes for tick in axis._tickLevels)
    plot.show_confusion(Confusion(("a", "b"), ("a", "b"), 0, np.eye(2)))
    assert plot.bar.isVisible()
    assert all(axis._tickLevels[0] for axis in axes)


def test_83_classes_are_named_where_there_is_room_and_hovered_one_by_one(many):
    hover(many, pixel_of(many, 41, 40))
    said = "truth structure 40, prediction structure 41: 25 voxels, 25 % of structure 40"
    assert QToolTip.text() == said
    for side in ("left", "bottom"):
        written, every = many.getPlotItem().getAxis(side)._tickLevels
        assert 2 < len(written) < len(every) == 83
    assert many.numbers == []


def test_the_chosen_of_83_classes_is_named_among_those_that_have_room(many):
    for chosen in (41, 42, 43):
        many.show_class(chosen)
        for side in ("left", "bottom"):
            written, _ = many.getPlotItem().getAxis(side)._tickLevels
            assert chosen in [place for place, _ in written]


def test_cells_are_shares_or_voxels(many):
    np.testing.assert_allclose(np.diag(many.image.image), np.log10(0.75))
    many.kind.setCurrentText(COUNTS)
    np.testing.assert_allclose(np.diag(many.image.image), np.log10(75))


def test_a_class_without_a_voxel_has_no_share(qapp, qtbot):
    plot = shown(qtbot, ConfusionPlot(), (400, 300))
    axis = plot.getPlotItem().getAxis("left")
    assert not axis.style["showValues"]  # of nothing
    plot.show_confusion(Confusion(("a", "b"), ("a", "b"), 0, np.array([[3.0, 1.0], [0.0, 0.0]])))
    QApplication.processEvents()
    assert [number.toPlainText() for number in plot.numbers] == ["75 %", "25 %", "–", "–"]
    assert axis.style["showValues"]
