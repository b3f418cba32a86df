"""The landscape in the window: closed forms at each place, clicks, drags, and stopping."""

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QToolTip

from lossexplorer.engine.messages import Reference
from lossexplorer.session.records.landscape import Landscape
from tests.app.driver import small_labels, write_nifti
from tests.app.test_plots import hover, pixel_of


@pytest.fixture
def plot(driver, tmp_path):
    """The landscape of a small volume over Tversky's α and β, with a prediction that is soft."""
    driver.open(write_nifti(tmp_path / "small.nii", small_labels()))
    driver.session.set_control("softness", 1.0)
    driver.session.show(loss="tversky")
    driver.plots.look_at("landscape")
    found = driver.plots.widgets["landscape"]
    choose(found.first, "Tversky false positives α")
    choose(found.second, "Tversky false negatives β")
    return found


def choose(box, words):
    """As Qt does where a person chooses."""
    box.setCurrentText(words)
    box.activated.emit(box.currentIndex())


def quarter(driver):
    """Wait for every fourth place along both axes; all take long."""
    driver.bot.waitUntil(lambda: driver.controller.records["landscape"].stride in (1, 2, 4))
    return driver.controller.records["landscape"]


def numbers(landscape):
    """The values along both axes."""
    return [np.array([a.scale.value(p) for p in a.positions]) for a in landscape.axes]


def test_over_both_weights_tversky_is_a_hyperbola_drawn_said_and_exported(driver, plot):
    """Salehi et al. 2017: 1 − I / (I + α FP + β FN); the sums are those of the answer's own Dice.

    With D = 1 − 2I / (2I + FP + FN) for α = β = 1/2 and two more places, FP / I and FN / I of each
    class follow from its terms; all other places must be of the same hyperbola.
    """
    landscape = quarter(driver)
    assert [a.reference for a in landscape.axes] == [
        Reference("alpha", "tversky"), Reference("beta", "tversky"),
    ]  # fmt: skip
    alphas, betas = numbers(landscape)
    driver.answer(lambda: driver.session.set_parameter("tversky", "alpha", 1.0))
    only_fp = driver.answer(lambda: driver.session.set_parameter("tversky", "beta", 0.0))
    driver.answer(lambda: driver.session.set_parameter("tversky", "beta", 1.0))
    only_fn = driver.answer(lambda: driver.session.set_parameter("tversky", "alpha", 0.0))
    fp, fn = (
        np.array([t / (1 - t) for r in found.losses if r.name == "tversky" for t in r.per_class])
        for found in (only_fp, only_fn)
    )
    wrong = alphas[None, :, None] * fp + betas[:, None, None] * fn
    found = landscape.values["tversky"]
    expected = np.where(landscape.known, (wrong / (1 + wrong)).mean(axis=-1), np.nan)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-12)
    landscape = driver.controller.records["landscape"]
    np.testing.assert_array_equal(plot.image.image[::4, ::4], landscape.values["tversky"][::4, ::4])

    hover(plot, pixel_of(plot, alphas[8], betas[20]))
    said = QToolTip.text().splitlines()
    assert plot.loss.text() == "Tversky over"
    assert said[0] == f"Tversky {landscape.values['tversky'][20, 8]:.4f}"
    assert said[1] == f"Tversky false positives α {alphas[8]:.3g}"

    driver.action("Copy the Plot's Values").trigger()
    lines = [x for x in QApplication.clipboard().text().splitlines() if not x.startswith("#")]
    names = lines[0].split(",")
    assert names[:2] == ["tversky:alpha", "tversky:beta"]
    rows = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    landscape = driver.controller.records["landscape"]
    known = landscape.values["tversky"].T[landscape.known.T]
    np.testing.assert_array_equal(rows[: len(known), names.index("tversky")], known)


def test_a_click_sets_both_and_a_drag_is_one_edit(driver, plot):
    driver.bot.waitUntil(lambda: driver.controller.records["landscape"].stride > 0)
    landscape = driver.controller.records["landscape"]
    place = pixel_of(plot, 1.0, 0.5)
    driver.answer(lambda: QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place))
    pixel = np.abs(
        [*(pixel_of(plot, 0, 0) - pixel_of(plot, 1, 1)).toTuple()]
    )  # of one unit of each axis
    found = driver.session.state.experiment.setting("tversky").parameters
    assert (found["alpha"], found["beta"]) == pytest.approx((1.0, 0.5), abs=1 / pixel.min())
    label = driver.session.store.undo_label
    assert label.startswith("Tversky α 0.3 → ")
    assert ", Tversky β 0.7 → " in label
    hand = driver.controller.records["landscape"].path[-1]
    assert plot.here.getData()[0][0] == hand[0]

    button = Qt.MouseButton.LeftButton
    QTest.mousePress(plot.viewport(), button, pos=place)
    for x, y in ((1.2, 0.6), (1.5, 1.5)):
        QTest.mouseMove(plot.viewport(), pixel_of(plot, x, y))
        QTest.qWait(1)
    QTest.mouseRelease(plot.viewport(), button, pos=pixel_of(plot, 1.5, 1.5))
    dragged = driver.session.state.experiment.setting("tversky").parameters
    assert (dragged["alpha"], dragged["beta"]) == pytest.approx((1.5, 1.5), abs=1 / pixel.min())
    driver.session.store.undo()
    again = driver.session.state.experiment.setting("tversky").parameters
    assert again == found
    known = driver.controller.records["landscape"].known
    assert (known >= landscape.known).all()  # nothing of it was asked again


def test_what_is_hidden_is_not_asked_and_what_is_stopped_waits(driver, tmp_path):
    driver.open(write_nifti(tmp_path / "small.nii", small_labels()))
    driver.settle(lambda: driver.session.set_control("shift_x", 1.5))
    assert driver.controller.records["landscape"].known.size == 0
    driver.plots.look_at("landscape")
    plot = driver.plots.widgets["landscape"]
    driver.bot.waitUntil(lambda: driver.controller.records["landscape"].stride > 0)
    driver.click(plot.stop)
    knowledge = driver.controller._controller.knowledge
    assert knowledge.of_plots == ()
    assert plot.stop.text().endswith("Go on")
    driver.click(plot.stop)
    assert driver.controller._controller.knowledge.of_plots
    driver.plots.look_at("response")
    driver.bot.waitUntil(lambda: not driver.controller._controller.knowledge.of_plots)


def test_colours_have_no_numbers_before_there_are_values(driver, plot):
    driver.bot.waitUntil(plot.bar.isVisible)
    low, high = plot.bar.levels()
    values = driver.controller.records["landscape"].values["tversky"]
    assert np.nanmin(values) <= low <= high <= np.nanmax(values)
    plot.show_landscape(Landscape().begun(driver.session.state))
    assert not plot.bar.isVisible()


def test_a_row_without_numbers_leaves_contours_and_dashes_where_there_are_some(driver, plot):
    """As Tversky's α = 0 with a class that is absent; the contours of r² are circles."""
    driver.bot.waitUntil(lambda: driver.controller.records["landscape"].stride > 0)
    landscape = driver.controller.records["landscape"]
    row, column = np.indices(landscape.known.shape, dtype=float)
    whole = {"tversky": row**2 + column**2}
    lacking = {"tversky": np.where(column == 0, np.nan, whole["tversky"])}
    said = []
    for values in (whole, lacking):
        known, other = np.ones_like(landscape.known), replace(landscape.experiment)
        plot.show_landscape(replace(landscape, values=values, known=known, experiment=other))
        said.append(plot.getPlotItem().getAxis("bottom").labelText)
    assert ["empty: no finite value" in words for words in said] == [False, True]
    path = plot.contours.path()
    places = [path.elementAt(n) for n in range(path.elementCount())]
    cells = np.array([plot._cell(each.x, each.y) for each in places])
    levels = np.linspace(1, 2 * 32**2, 11)[1:-1]
    away = np.abs((cells**2).sum(axis=1)[:, None] - levels)
    # Along an edge of a cell a square is at most 1/4 below the line between its ends.
    assert away.min(axis=1).max() <= 0.26
    assert away.min(axis=0).max() <= 0.26
    assert cells[:, 0].min() >= 1
    down = np.array([plot._cell(*place) for place in zip(*plot.down.getData(), strict=True)])
    assert down[0] == pytest.approx(plot._cell(*landscape.path[-1]))
    assert (down[-1] < down[0]).all()
    assert 1 <= down[-1, 0] < 1.5


def test_a_click_on_stop_or_on_a_list_leaves_the_letters_to_the_window(driver, plot):
    """A button that has the focus and goes leaves it to the next: a list that letters search."""
    driver.bot.waitUntil(plot.bar.isVisible)
    driver.click(plot.stop)
    assert plot.stop.text().endswith("Go on")
    driver.click(plot.first)
    plot.first.hidePopup()
    for each in (plot.stop, plot.first, plot.second):
        assert not each.hasFocus()


def test_the_axes_are_two(driver, plot):
    choose(plot.second, "Tversky false positives α")
    axes = driver.session.state.view.axes
    assert axes == (Reference("beta", "tversky"), Reference("alpha", "tversky"))
    driver.session.remove_loss("tversky")
    first, second = driver.session.state.view.axes
    assert first.loss is None
    assert first != second
