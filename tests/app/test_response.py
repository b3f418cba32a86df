"""The response curves: points where closed forms say, a mark where the hand is, decades."""

import itertools
import math

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QPainter, QPicture

from lossexplorer.engine.questions import Warm
from tests.app.driver import Closed, shifted, tumour


def curve(driver, name):
    return driver.plots.widgets["response"].curve(name)


def words_at(axis):
    """The texts of an axis with their places in pixels, as they are drawn, from the left."""
    picture = QPicture()
    painter = QPainter(picture)
    _, _, texts = axis.generateDrawSpecs(painter)
    painter.end()
    places = {text: rect.center().x() for rect, _, text in texts}
    return dict(sorted(places.items(), key=lambda found: found[1]))


def ticks(driver):
    driver.window.grab()
    return words_at(driver.plots.widgets["response"].getPlotItem().getAxis("bottom"))


def label(driver):
    return driver.plots.widgets["response"].getPlotItem().getAxis("bottom").labelText


def test_the_curve_meets_the_card_where_the_hand_is(driver):
    driver.settle(lambda: driver.type(driver.row("", "shift_x").line, "5"))
    answer = driver.answers[-1]
    assert answer.question.controls["shift_x"] == 5
    for result in answer.losses:
        assert curve(driver, result.name)[5.0] == pytest.approx(result.value, rel=1e-12)
    assert "shift x" in label(driver)
    assert sorted(curve(driver, "dice"))[0] == -20
    assert sorted(curve(driver, "dice"))[-1] == 20


@pytest.mark.slow
def test_whole_voxel_shifts_along_z_meet_the_closed_form(driver):
    """13 mm lie on the grid of 1 mm steps and are two slices of 6.5 mm."""
    driver.settle(lambda: driver.press(driver.row("", "shift_z").slider, Qt.Key.Key_Right))
    for slices in (-2, 0, 2):
        closed = Closed(shifted(tumour(), z=slices))
        for name in ("dice", "generalized_dice", "tversky", "iou"):
            found = curve(driver, name)[6.5 * slices]
            assert found == pytest.approx(closed.value(name), rel=1e-9, abs=1e-9)


@pytest.mark.slow
def test_tversky_against_alpha_is_a_hyperbola_of_the_sums(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", 2 * 0.78125))
    row = driver.expand("tversky").rows["alpha"]
    driver.settle(lambda: driver.press(row.slider, Qt.Key.Key_Right, 5))
    closed = Closed(shifted(tumour(), x=2))
    points = curve(driver, "tversky")
    assert min(points) == 0
    assert max(points) == 2
    for alpha, value in points.items():
        assert value == pytest.approx(closed.value("tversky", alpha=alpha), rel=1e-9)
    # The other losses do not depend on it.
    flat = list(curve(driver, "dice").values())
    assert flat == pytest.approx([closed.value("dice")] * len(flat), rel=1e-12)
    assert "Tversky false positives α" in label(driver)


@pytest.mark.slow
def test_a_curve_is_the_same_wherever_the_hand_is(driver):
    driver.settle(lambda: driver.type(driver.row("", "grow").line, "2"))
    before = curve(driver, "dice")
    assert len(before) > 10
    driver.answer(lambda: driver.type(driver.row("", "grow").line, "3"))
    assert curve(driver, "dice") == before  # and nothing was drawn anew


def test_a_log_axis_has_decades_and_a_place_for_0(driver):
    row = driver.expand("dice").rows["smooth"]
    driver.settle(lambda: driver.type(row.line, "1"))
    places = ticks(driver)
    zero = places.pop("0")
    decades = {math.log10(float(text)): place for text, place in places.items()}
    assert len(decades) >= 4
    assert all(zero < place for place in decades.values())
    slopes = [
        (place - other_place) / (decade - other)
        for (decade, place), (other, other_place) in itertools.pairwise(sorted(decades.items()))
    ]
    assert slopes == pytest.approx([slopes[0]] * len(slopes), rel=0.05)


def test_dice_against_smooth_is_the_closed_form_at_each_decade(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", 0.78125))
    row = driver.expand("dice").rows["smooth"]
    driver.settle(lambda: driver.type(row.line, "1"))
    closed = Closed(shifted(tumour(), x=1))
    i, both = closed.i.ravel(), (closed.mass + closed.size).ravel()
    places = sorted(curve(driver, "dice"))
    assert places[0] == pytest.approx(-0.1)  # smooth = 0
    assert places[-1] == pytest.approx(11)  # 1e-7 · 10¹¹ = 1e4
    for place, value in curve(driver, "dice").items():
        smooth = 0.0 if place < 0 else 1e-7 * 10**place
        expected = (1 - (2 * i + smooth) / (both + smooth)).mean()
        assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_a_loss_without_bound_is_drawn_to_scale_1(driver):
    driver.answer(lambda: driver.session.set_control("confidence", 0.9))
    driver.settle(lambda: driver.press(driver.row("", "shift_x").slider, Qt.Key.Key_Right))
    assert "dashed: Cross-entropy, scaled to 1" in label(driver)
    values = list(curve(driver, "cross_entropy").values())
    drawn = [
        item.getData()[1]
        for item in driver.plots.widgets["response"].getPlotItem().listDataItems()
        if item.opts["pen"].style() == Qt.PenStyle.DashLine
    ]
    assert len(drawn) == 1
    assert drawn[0].max() == pytest.approx(1)
    assert len(set(values)) > 10
    np.testing.assert_allclose(np.sort(drawn[0]), np.sort(values) / max(values), rtol=1e-12)


def test_what_the_engine_gives_up_is_waited_for_no_longer(driver, monkeypatch):
    asked = []
    # Compiled by now, the answer below is no preview, which would be asked for once more.
    driver.settle(lambda: driver.session.set_control("confidence", 0.78))
    monkeypatch.setattr(driver.controller.client, "explore", asked.append)
    # What is given up is not asked for again: these are curves that no other test looks at.
    driver.answer(lambda: driver.session.set_control("confidence", 0.77))
    driver.bot.waitUntil(lambda: bool(asked) and bool(asked[-1]))
    *first, last = (each for each in asked[-1] if not isinstance(each.question, Warm))
    with driver.bot.assertNotEmitted(driver.controller.settled):
        driver.controller.client.abandoned.emit(tuple(first))
    driver.wait(
        driver.controller.settled,
        lambda: driver.controller.client.abandoned.emit((last,)),
    )
