"""The plots of the gradient in the window: by value, by distance, by class, and along a line."""

from itertools import combinations

import numpy as np
import pytest
from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QFontMetricsF
from qtpy.QtWidgets import QApplication, QToolTip

from lossexplorer.app.plots._progress import PlotProgress
from lossexplorer.app.plots.confusion import ConfusionPlot
from lossexplorer.app.plots.gradient import BY_CLASS, BY_DISTANCE, GradientPlot
from lossexplorer.app.plots.landscape import LandscapePlot
from lossexplorer.engine.messages import GradientParts
from lossexplorer.session.agenda import ToCome
from lossexplorer.session.records.gradient_parts import GradientPlaces
from lossexplorer.session.records.landscape import Landscape
from tests.app.driver import EDGES, Closed, shifted, tumour
from tests.app.test_plots import hover, pixel_of, shown
from tests.app.test_response import words_at

CONFIDENCE = 0.9


@pytest.fixture
def closed(driver):
    """The tumour moved by three voxels along x, every voxel with a probability of 0.9 or 0.1."""
    driver.session.set_control("shift_x", 3 * EDGES[2])
    driver.answer(lambda: driver.session.set_control("confidence", CONFIDENCE))
    return Closed(shifted(tumour(), x=3), CONFIDENCE)


def look(driver, plot, record, is_known):
    driver.plots.look_at(plot)
    driver.bot.waitUntil(lambda: is_known(driver.controller.records[record]))
    return driver.plots.widgets[plot], driver.controller.records[record]


def test_the_gradient_by_region_distance_and_class_is_that_of_dice(driver, closed):
    plot, places = look(driver, "gradient", "gradient_parts", lambda r: r.where is not None)
    gradient = closed.gradient("dice", "logit")
    inside, decided = tumour() == 1, closed.p[1] > 0.5
    regions = [inside & decided, ~inside & decided, inside & ~decided, ~inside & ~decided]
    # Dice has one value in each region: each of them is in one bin.
    for number, region in enumerate(regions):
        sign, value = int(gradient[region][0] > 0), abs(gradient[region][0])
        (nth,) = np.flatnonzero(places.where.counts[:, number].sum(axis=0))
        assert places.where.counts[sign, number, nth] == region.sum()
        low, high = places.where.edges[nth : nth + 2] * [1 - 1e-4, 1 + 1e-4]
        assert low <= value <= high
    squares = [(gradient[region] ** 2).sum() for region in regions]
    np.testing.assert_allclose(places.squares["dice"][:, 1], squares, rtol=1e-4)

    plot.kind.setCurrentText(BY_CLASS)
    # The two logits of a voxel have opposite gradients: each class has half of the norm.
    np.testing.assert_allclose(plot.shares.sum(axis=0), [0.5, 0.5], rtol=1e-6)
    hover(plot, pixel_of(plot, 1, 0.1))
    assert QToolTip.text().splitlines()[0] == "tumour 50 %"

    plot.kind.setCurrentText(BY_DISTANCE)
    one = places.where.distances[1] - places.where.distances[0]
    assert one == pytest.approx(np.prod(EDGES) ** (1 / 3))
    nearest = places.where.means[np.isfinite(places.where.means)]
    assert np.abs(gradient).min() * 0.999 <= nearest.min()
    assert nearest.max() <= np.abs(gradient).max() * 1.001
    driver.action("Copy the Plot's Values").trigger()
    rows = [x.split(",") for x in QApplication.clipboard().text().splitlines() if x[0] != "#"]
    copied = [float(x[-1]) for x in rows if x[0] == "squares of dice" and x[1] == "tumour"]
    np.testing.assert_allclose(copied, squares, rtol=1e-4)


def test_a_profile_has_truth_probability_and_each_gradient(driver, closed):
    plot, profile = look(driver, "profile", "profile", lambda r: bool(r.values))
    (z, y, first), (_, _, last) = profile.line
    assert (first, last) == (0, tumour().shape[2] - 1)
    here = driver.session.state.view.plane.index
    assert z == here
    assert (tumour()[z, y] == 1).sum() == (tumour()[z] == 1).sum(axis=1).max()
    np.testing.assert_array_equal(profile.values["truth"], tumour()[z, y] == 1)
    np.testing.assert_allclose(profile.values["probability"], closed.p[1, z, y], rtol=1e-6)
    for name in ("dice", "iou", "tversky"):
        expected = closed.gradient(name, "logit")[z, y]
        np.testing.assert_allclose(profile.values[name], expected, rtol=1e-4)
    np.testing.assert_allclose(profile.places, EDGES[2] * np.arange(tumour().shape[2]))
    plot.line.setFocus()
    plot.line.setCurrentText("row along y")
    plot.line.activated.emit(plot.line.currentIndex())
    line = driver.session.state.view.line
    assert line[0][1] == 0
    assert line[1][1] == tumour().shape[1] - 1
    driver.bot.waitUntil(lambda: driver.controller.records["profile"].line == line)
    driver.bot.waitUntil(lambda: bool(driver.controller.records["profile"].values))
    found = driver.controller.records["profile"]
    np.testing.assert_array_equal(found.values["truth"], tumour()[line[0][0], :, line[0][2]] == 1)


def test_a_line_is_drawn_with_two_keys(driver, closed):
    driver.canvas.pointer.probed.emit((12, 100, 100))
    driver.shortcut("L")
    driver.canvas.pointer.probed.emit((12, 103, 104))
    driver.shortcut("Shift+L")
    assert driver.session.state.view.line == ((12, 100, 100), (12, 103, 104))
    plot, profile = look(
        driver, "profile", "profile", lambda r: len(r.places) == 5 and bool(r.values)
    )
    assert profile.places[-1] == pytest.approx(5 * EDGES[2])
    assert plot.line.currentText() == "drawn line"
    driver.canvas.pointer.probed.emit((12, 100, 104))
    driver.shortcut("Shift+L")  # along x, and yet no row but a part of it
    assert plot.line.currentText() == "drawn line"
    driver.session.show(line=None)
    assert plot.line.currentText() == "row along x"
    plot.line.setCurrentText("drawn line")  # without one
    plot.line.activated.emit(plot.line.currentIndex())
    assert plot.line.currentText() == "row along x"


def _known(profile):
    return len(profile.values.get("dice", ()))


def test_what_is_stopped_is_computed_when_it_goes_on(driver, closed):
    _, places = look(driver, "gradient", "gradient_parts", lambda r: r.where is not None)
    (button,) = driver.plots.widgets["gradient"].findChildren(PlotProgress)
    assert button.isHidden()
    driver.session.set_control("shift_x", 0.0)
    driver.controller._explore()  # as the hand rests
    assert button.text() == "computing… · Stop"
    button.show()  # as it is after a while
    driver.click(button)
    assert button.text() == "stopped · Go on"
    driver.click(button)
    record = driver.controller.records
    driver.bot.waitUntil(lambda: record["gradient_parts"].where is not None)
    driver.bot.waitUntil(button.isHidden)
    assert record["gradient_parts"] is not places
    # Nothing is predicted where it is not, nor missed.
    assert not record["gradient_parts"].squares["dice"][1:3].any()


@pytest.mark.parametrize("width", [900, 420, 260])
def test_the_regions_are_named_beside_the_chooser_or_below(qapp, qtbot, width):
    """In a narrow plot the names lay over the chooser, and out of the plot."""
    plot = shown(qtbot, GradientPlot(), (width, 240))
    QApplication.processEvents()
    legend, chooser = plot.legend.geometry(), plot.kind.geometry()
    assert plot.rect().contains(legend)
    assert not legend.intersects(chooser)
    assert plot.legend.sizeHint().width() <= legend.width()
    assert legend.bottom() <= plot.getViewBox().sceneBoundingRect().top()


@pytest.mark.parametrize("width", [900, 420, 270])
def test_the_choosers_of_a_landscape_and_its_button_do_not_overlap(qapp, qtbot, width):
    """In a narrow plot the button lay over the second chooser."""
    plot = shown(qtbot, LandscapePlot(), (width, 240))
    for box in (plot.first, plot.second):
        box.addItem("shift x")
    plot._landscape = Landscape(known=np.zeros((33, 33), bool))
    plot.stop.show()
    plot._place_choosers()
    QApplication.processEvents()
    top, places = (
        plot.getViewBox().sceneBoundingRect().top(),
        [each.geometry() for each in (plot.first, plot.second, plot.stop)],
    )
    assert all(plot.rect().contains(place) and place.bottom() <= top for place in places)
    assert not any(a.intersects(b) for a, b in combinations(places, 2))


class Stopped(QObject):
    """A scheduler of a plot whose numbers nobody computes."""

    of_plots_changed = Signal()

    def to_come(self, _record):
        return ToCome(0, 17, is_stopped=True)


@pytest.mark.parametrize("plot", [ConfusionPlot, GradientPlot])
@pytest.mark.parametrize("size", [(900, 420), (620, 180)])
def test_what_is_to_come_covers_no_axis_and_no_colour_bar(qapp, qtbot, plot, size):
    """On a small screen the button lay on the numbers of the confusion matrix's colour bar."""
    made, scheduler = shown(qtbot, plot(), size), Stopped()
    button = PlotProgress(made, "record", scheduler)
    scheduler.of_plots_changed.emit()
    QApplication.processEvents()
    inside = made.getViewBox().sceneBoundingRect().toAlignedRect()
    assert button.isVisible()
    assert inside.contains(button.geometry())


@pytest.mark.parametrize("size", [(900, 420), (620, 180)])
def test_the_outermost_values_are_written(qapp, qtbot, size):
    """There was no room beside the last bars for half of a word, and pyqtgraph left it out."""
    plot = shown(qtbot, GradientPlot(), size)
    edges, counts = np.logspace(-6, 0, 25), np.ones((2, 4, 24), int)
    where = GradientParts(edges, counts, np.zeros(4, int), np.arange(-20.0, 21.0), np.ones(40))
    plot.show_places(GradientPlaces("dice", ("background", "tumour"), 0, 1, where=where))
    QApplication.processEvents()
    written = words_at(plot.getPlotItem().getAxis("bottom"))
    assert list(written) == ["−1", "−0.01", "−1e-4", "0", "1e-4", "0.01", "1"]


def test_counts_are_written_where_there_is_room(qapp, qtbot):
    plot = shown(qtbot, GradientPlot(), (900, 420))
    edges, counts = np.logspace(-6, 0, 25), np.zeros((2, 4, 24), int)
    counts[1, 3, 23] = 10**6
    where = GradientParts(edges, counts, np.zeros(4, int), np.arange(-20.0, 21.0), np.ones(40))
    plot.show_places(GradientPlaces("dice", ("background", "tumour"), 0, 1, where=where))
    axis = plot.getPlotItem().getAxis("left")
    QApplication.processEvents()
    assert len(axis._tickLevels[0]) == 8  # from 1 to ten million
    plot.resize(900, 150)
    QApplication.processEvents()
    height = plot.getViewBox().height()
    assert 1 < len(axis._tickLevels[0]) <= height / QFontMetricsF(plot.font()).height() + 1
