"""Losses that are added and removed: values, plots, painting and shares follow."""

import math

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from lossexplorer.engine.questions import Norms
from lossexplorer.losses import LOSSES
from tests.app.driver import SHOWN, Closed, shifted, tumour

CONFIDENCE = 0.9


def add(driver, loss):
    """Choose a loss from the menu below the cards."""
    button = driver.losses.add
    driver.click(button)
    action = next(a for a in button.offers.actions() if a.text() == LOSSES[loss].title)
    place = button.offers.actionGeometry(action).center()
    QTest.mouseClick(button.offers, Qt.MouseButton.LeftButton, pos=place)


def remove(driver, loss):
    card = driver.losses.cards[loss]
    if not card.remover.isVisible():
        driver.click(card.expander)
    driver.click(card.remover)


def curves_drawn(driver):
    return set(driver.plots.widgets["response"].items_of)


def test_an_added_loss_is_evaluated_plotted_and_part_of_the_total(driver):
    driver.answer(lambda: driver.session.set_control("confidence", CONFIDENCE))
    driver.settle(lambda: driver.session.set_control("shift_x", 4 * 0.78125))
    plots = driver.plots
    steps = len(plots.widgets["history"].series("dice"))
    answer = driver.answer(lambda: add(driver, "focal"))
    closed = Closed(shifted(tumour(), x=4), CONFIDENCE)
    spent = closed.g * (1 - closed.p) ** 2 * -np.log(closed.p)
    terms = spent.sum(axis=(1, 2, 3)) / closed.n
    assert driver.card_text("focal") == f"{terms.sum():.4f}"
    total = sum(closed.value(name) for name in SHOWN) + terms.sum()
    assert answer.total == pytest.approx(total, rel=1e-6)

    series = plots.widgets["history"].series("focal")
    assert len(series) == len(plots.widgets["history"].series("dice")) == steps + 1
    assert all(math.isnan(value) for value in series[:-1])
    assert series[-1] == pytest.approx(terms.sum(), rel=1e-6)
    assert plots.widgets["classes"].terms("focal") == pytest.approx(terms, rel=1e-6)
    assert set(plots.widgets["classes"].items_of) == {*SHOWN, "focal"}


@pytest.mark.slow
def test_curves_are_drawn_of_the_losses_shown(driver):
    driver.settle(lambda: add(driver, "focal_tversky"))
    assert curves_drawn(driver) == {*SHOWN, "focal_tversky"}
    assert len(driver.plots.widgets["response"].curve("focal_tversky")) > 10
    driver.settle(lambda: remove(driver, "iou"))
    assert curves_drawn(driver) == {*SHOWN, "focal_tversky"} - {"iou"}


@pytest.mark.slow
def test_a_loss_of_distances_is_drawn_to_scale_1(driver):
    # Each point of its curve is a pass over the whole field.
    driver.settle(lambda: add(driver, "boundary"))
    response = driver.plots.widgets["response"]
    assert max(map(abs, response.curve("boundary").values())) > 1
    drawn = response.items_of["boundary"]
    assert np.abs(drawn.getData()[1]).max() == pytest.approx(1)
    assert drawn.opts["pen"].style() == Qt.PenStyle.DashLine


def test_a_removed_loss_is_gone_from_cards_plots_and_total(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", 0.78125))
    driver.answer(lambda: remove(driver, "cross_entropy"))
    left = set(SHOWN) - {"cross_entropy"}
    closed = Closed(shifted(tumour(), x=1))
    assert driver.losses.total.value.text() == f"{sum(map(closed.value, left)):.4f}"
    assert set(driver.losses.cards) == left
    assert set(driver.plots.widgets["history"].items_of) == left
    assert set(driver.plots.widgets["classes"].items_of) == left


def test_removing_the_painted_loss_paints_its_neighbour(driver):
    driver.session.set_control("confidence", CONFIDENCE)
    driver.answer(lambda: driver.session.set_control("shift_x", 0.78125))
    driver.answer(lambda: remove(driver, "dice"))
    assert driver.losses.cards["generalized_dice"].property("selected")
    closed = Closed(shifted(tumour(), x=1), CONFIDENCE)
    expected = closed.gradient("generalized_dice", "logit")[driver.session.state.view.plane.index]
    np.testing.assert_allclose(
        driver.painted("gradient"), expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max()
    )
    assert "∂ Generalized Dice / ∂ logit" in driver.texts(driver.window.legend)


@pytest.mark.slow
def test_an_added_loss_is_painted_by_a_click(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", 0.78125))
    driver.answer(lambda: add(driver, "mcc"))
    driver.answer(lambda: driver.click(driver.losses.cards["mcc"].value))
    assert driver.session.state.view.loss == "mcc"
    assert "∂ MCC / ∂ logit" in driver.texts(driver.window.legend)


@pytest.mark.slow
def test_removing_the_loss_whose_parameter_moved_draws_curves_against_a_control(driver):
    row = driver.expand("tversky").rows["alpha"]
    driver.settle(lambda: driver.press(row.slider, Qt.Key.Key_Right))
    driver.settle(lambda: remove(driver, "tversky"))
    axis = driver.plots.widgets["response"].getPlotItem().getAxis("bottom")
    assert "against shift x" in axis.labelText
    assert "tversky" not in curves_drawn(driver)


def test_a_cure_makes_a_value_finite(driver):
    driver.session.set_control("shift_x", 500.0)
    driver.answer(lambda: driver.session.set_parameter("tversky", "beta", 0.0))
    card = driver.losses.cards["tversky"]
    assert card.value.text() == "NaN"
    driver.answer(lambda: driver.click(driver.button(card.problem, "Set smooth to 1e-7")))
    assert driver.value("tversky", "smooth") == 1e-7
    assert math.isfinite(float(card.value.text()))
    assert not card.problem.isVisible()


# Shares of the gradient


def measure(driver, act):
    """Do something and wait until the norms of what it leads to are measured."""

    def are_measured():
        measured = driver.controller.records["norms"].measured
        return measured is not None and measured.question == driver.session.state.norms()

    act()
    driver.bot.waitUntil(are_measured)


def norms(closed):
    """‖∂L/∂logit‖ of each loss over the volume and its classes."""
    return {
        name: math.sqrt(sum((closed.gradient(name, "logit", c) ** 2).sum() for c in (0, 1)))
        for name in SHOWN
    }


def test_the_gradient_s_shares_are_those_of_the_norms_over_the_volume(driver):
    driver.session.set_control("confidence", CONFIDENCE)
    driver.session.set_weight("cross_entropy", 5.0)
    measure(driver, lambda: driver.session.set_control("shift_x", 2 * 0.78125))
    expected = norms(Closed(shifted(tumour(), x=2), CONFIDENCE))
    expected["cross_entropy"] *= 5
    whole = sum(expected.values())
    shown = driver.losses.total.gradients.shares
    assert [color for color, _ in shown] == [LOSSES[name].color for name in SHOWN]
    assert [share for _, share in shown] == pytest.approx(
        [expected[name] / whole for name in SHOWN], rel=1e-5
    )


@pytest.fixture
def heard(driver):
    """What comes from the explorer from now on, and whether the gradient's bar is valid then."""
    bar, heard = driver.losses.total.gradients, []

    def hear(answer):
        heard.append((answer, bar.isEnabled()))

    def hear_norms(name, record):
        if name == "norms":
            hear(record.measured)

    answered, changed = driver.controller.answered, driver.controller.records.changed
    answered.connect(hear)
    changed.connect(hear_norms)
    yield heard
    answered.disconnect(hear)
    changed.disconnect(hear_norms)


def test_norms_are_measured_when_the_hand_rests_and_not_before(driver, heard):
    bar = driver.losses.total.gradients
    measure(driver, lambda: driver.session.set_control("grow", 1.0))
    assert bar.isEnabled()
    heard.clear()
    driver.settle(lambda: driver.press(driver.row("", "grow").slider, Qt.Key.Key_Right, 5))
    *moving, (measured, valid) = heard
    assert moving
    assert not any(isinstance(answer.question, Norms) or enabled for answer, enabled in moving)
    assert isinstance(measured.question, Norms)
    assert measured.question.controls == driver.session.state.experiment.controls
    assert valid
    assert bar.isEnabled()


def test_a_weight_moves_the_shares_at_once(driver, heard):
    driver.session.set_control("confidence", CONFIDENCE)
    measure(driver, lambda: driver.session.set_control("shift_x", 3 * 0.78125))
    bar = driver.losses.total.gradients
    before = dict(bar.shares)
    heard.clear()
    driver.settle(lambda: driver.session.set_weight("dice", 0.0))
    assert heard
    assert not any(isinstance(answer.question, Norms) for answer, _ in heard)
    assert bar.isEnabled()
    left = 1 - before.pop(LOSSES["dice"].color)
    assert dict(bar.shares) == {color: pytest.approx(s / left) for color, s in before.items()}
