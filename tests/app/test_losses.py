"""The cards: which gradient is painted, and what they say when a loss has no value."""

import math

import numpy as np
import pytest
from qtpy.QtCore import Qt

from lossexplorer.losses import LOSSES
from tests.app.driver import SHOWN, Closed, shifted, tumour

CONFIDENCE = 0.9
TITLES = {name: loss.title for name, loss in LOSSES.items()}


@pytest.fixture
def wrong(driver):
    """A prediction one voxel off, with a probability of 0.9 where it is decided."""
    driver.session.set_control("shift_x", 0.78125)
    driver.answer(lambda: driver.session.set_control("confidence", CONFIDENCE))
    return Closed(shifted(tumour(), x=1), CONFIDENCE)


def on_screen(driver, volume):
    return volume[driver.session.state.view.plane.index]


def assert_painted(driver, expected):
    expected = on_screen(driver, expected)
    assert expected.any()
    painted = driver.painted("gradient")
    np.testing.assert_allclose(painted, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


def assert_named(driver, gradient):
    assert gradient in driver.texts(driver.window.legend)
    assert any(names(layer.name, gradient) for layer in driver.viewer.layers)


def names(written, title):
    """Whether that is written for a gradient, without what it is by where a cell is narrow."""
    return written in (title, title.partition(" / ")[0])


@pytest.mark.parametrize("wrt", [pytest.param("probability", marks=pytest.mark.slow), "logit"])
@pytest.mark.parametrize("name", SHOWN)
def test_a_click_on_a_card_paints_its_gradient(driver, wrong, name, wrt):
    driver.session.show(wrt=wrt, loss="iou" if name == "dice" else "dice")
    driver.answer(lambda: driver.click(driver.losses.cards[name].value))
    assert_painted(driver, wrong.gradient(name, wrt))
    assert_named(driver, f"∂ {TITLES[name]} / ∂ {wrt}")
    selected = [n for n, card in driver.losses.cards.items() if card.property("selected")]
    assert selected == [name]


def test_the_dice_gradient_has_two_values_per_map(driver, wrong):
    """2I/U² where the truth lacks the class and 2I/U² − 2/U where it has it, over 2 classes."""
    driver.answer(lambda: driver.press(driver.controls.wrt, Qt.Key.Key_Down))
    overlap = float(wrong.i[1].squeeze())
    both = float((wrong.mass + wrong.size)[1].squeeze())
    inside, outside = (2 * overlap / both**2 - 2 / both) / 2, 2 * overlap / both**2 / 2
    painted, truth = driver.painted("gradient"), on_screen(driver, tumour())
    assert np.unique(painted).size == 2
    np.testing.assert_allclose(painted[truth == 1], inside, rtol=1e-5)
    np.testing.assert_allclose(painted[truth == 0], outside, rtol=1e-5)


def test_the_cross_entropy_gradient_of_a_logit_is_p_minus_g(driver, wrong):
    driver.answer(lambda: driver.click(driver.losses.cards["cross_entropy"].value))
    expected = (wrong.p[1] - wrong.g[1]) / wrong.g[1].size
    assert_painted(driver, expected)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_key_on_a_card_paints_its_gradient(driver, wrong, key):
    driver.answer(lambda: driver.press(driver.losses.cards["iou"], key))
    assert driver.session.state.view.loss == "iou"
    assert_painted(driver, wrong.gradient("iou", "logit"))


def test_the_total_s_gradient_is_the_weighted_sum_of_the_losses_gradients(driver, wrong):
    weights = {"dice": 0.5, "generalized_dice": 2.0, "tversky": 0.0, "iou": 1.0}
    weights["cross_entropy"] = -3.0
    for name, weight in weights.items():
        driver.session.set_weight(name, weight)
    painted = 0
    for name, weight in weights.items():
        if driver.session.state.view.loss != name:
            driver.answer(lambda name=name: driver.click(driver.losses.cards[name].value))
        painted = painted + weight * driver.painted("gradient").astype(float)
    driver.answer(lambda: driver.click(driver.losses.total.value))
    assert_painted(driver, sum(w * wrong.gradient(n, "logit") for n, w in weights.items()))
    scale = np.abs(painted).max()
    np.testing.assert_allclose(driver.painted("gradient"), painted, rtol=1e-4, atol=1e-5 * scale)
    assert_named(driver, "∂ Total / ∂ logit")
    assert driver.losses.total.property("selected")


def test_the_class_box_chooses_the_class_that_is_painted(driver, wrong):
    driver.answer(lambda: driver.press(driver.controls.classes, Qt.Key.Key_Up))
    assert driver.session.state.view.class_index == 0
    assert_painted(driver, wrong.gradient("dice", "logit", class_index=0))
    np.testing.assert_allclose(
        driver.painted("prediction"), on_screen(driver, wrong.p[0]), rtol=1e-6
    )
    names = [layer.name for layer in driver.viewer.layers]
    assert {"Prediction · background", "Error · background"} <= set(names)


def test_the_box_below_it_chooses_what_the_gradient_is_with_respect_to(driver, wrong):
    driver.answer(lambda: driver.press(driver.controls.wrt, Qt.Key.Key_Down))
    assert driver.session.state.view.wrt == "probability"
    assert_named(driver, "∂ Dice / ∂ probability")
    assert_painted(driver, wrong.gradient("dice", "probability"))


@pytest.mark.parametrize("name", SHOWN)
def test_the_arrow_shows_and_hides_the_parameters(driver, name):
    card = driver.losses.cards[name]
    widgets = [card.weight, *card.rows.values()]
    shown = card.weight.isVisible()
    for now in (not shown, shown):
        driver.click(card.expander)
        assert all(widget.isVisible() is now for widget in widgets)


# What has no value


@pytest.fixture
def missed(driver):
    """A tumour that is wholly missed: the prediction lies outside the volume."""
    driver.answer(lambda: driver.type(driver.row("", "shift_x").line, "500"))


def test_tversky_of_a_missed_class_without_beta_is_nan_and_says_why(driver, missed):
    card = driver.expand("tversky")
    answer = driver.answer(lambda: driver.press(card.rows["beta"].slider, Qt.Key.Key_Home))
    assert driver.value("tversky", "beta") == 0
    assert card.value.text() == "NaN"
    assert math.isnan(driver.plots.widgets["history"].series("tversky")[-1])
    assert card.problem.isVisible()
    assert "tumour" in card.problem.text.text()
    assert "0/0" in card.problem.text.text()
    assert "4,137 voxels" in card.problem.text.text()  # of the label in the file
    assert driver.losses.total.value.text() == "NaN"
    assert math.isnan(answer.total)


def test_with_weight_0_what_has_no_value_takes_no_part_in_the_total(driver, missed):
    driver.press(driver.expand("tversky").rows["beta"].slider, Qt.Key.Key_Home)
    driver.press(driver.expand("cross_entropy").weight.slider, Qt.Key.Key_Home)
    driver.answer(lambda: driver.press(driver.expand("tversky").weight.slider, Qt.Key.Key_Home))
    closed = Closed(np.zeros_like(tumour()))
    total = sum(closed.value(name) for name in ("dice", "generalized_dice", "iou"))
    assert driver.card_text("tversky") == "NaN"
    assert driver.losses.total.value.text() == f"{total:.4f}"


def test_the_cross_entropy_of_a_hard_error_is_infinite_and_says_why(driver, missed):
    card = driver.losses.cards["cross_entropy"]
    assert card.value.text() == "∞"
    assert driver.losses.total.value.text() == "∞"
    assert "tumour" in card.problem.text.text()
    assert "log 0" in card.problem.text.text()
    driver.answer(lambda: driver.type(driver.row("", "confidence").line, "0.1"))
    expected = Closed(np.zeros_like(tumour()), 0.9).value("cross_entropy")
    assert card.value.text() == f"{expected:.4f}"
    assert not card.problem.isVisible()


@pytest.mark.slow
def test_a_gradient_without_value_is_said_in_the_status_bar(driver, missed):
    driver.session.show(wrt="probability")
    driver.answer(lambda: driver.session.show(loss="cross_entropy"))
    voxels = int(on_screen(driver, tumour()).sum())  # −1/p where the tumour was given p = 0
    said = driver.window.statusBar().currentMessage()
    assert f"infinite in {voxels} of the voxels shown" in said
    driver.answer(lambda: driver.session.show(loss="dice"))
    assert driver.window.statusBar().currentMessage() == ""
