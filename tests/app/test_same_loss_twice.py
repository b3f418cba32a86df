"""The same loss shown twice, at the real window: values, titles, plots, undo."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from lossexplorer.app.widgets.descent_bar import DescentBar
from tests.app.driver import SHOWN, Closed, shifted, tumour

CONFIDENCE = 0.9


@pytest.fixture
def wrong(driver):
    """A prediction moved by two voxels and grown by none, which is right at 0.9."""
    driver.session.set_control("shift_x", 2 * 0.78125)
    driver.answer(lambda: driver.session.set_control("confidence", CONFIDENCE))
    return Closed(shifted(tumour(), x=2), CONFIDENCE)


def once_more(driver, title):
    """Choose a loss that is shown from the menu within the menu below the cards, by keys."""
    button = driver.losses.add
    driver.press(button, Qt.Key.Key_Space)
    QTest.keyClick(button.offers, Qt.Key.Key_Up)
    QTest.keyClick(button.offers, Qt.Key.Key_Right)
    assert button.again.isVisible()
    action = next(each for each in button.again.actions() if each.text() == title)
    place = button.again.actionGeometry(action).center()
    QTest.mouseClick(button.again, Qt.MouseButton.LeftButton, pos=place)


def set_alpha(driver, loss, text):
    row = driver.expand(loss).rows["alpha"]
    driver.answer(lambda: driver.type(row.line, text))


def type_title(driver, loss, text, key=Qt.Key.Key_Return):
    """Double-click on a card's title, and type another one."""
    title = driver.losses.cards[loss].title
    QTest.mouseDClick(title.label, Qt.MouseButton.LeftButton)
    assert title.is_typed
    driver.bot.waitUntil(title.line.hasFocus)
    QTest.keyClicks(title.line, text)
    QTest.keyClick(title.line, key)


def titles(driver):
    return {name: card.title.label.text() for name, card in driver.losses.cards.items()}


def test_two_more_have_cards_below_the_first_with_its_parameters(driver, wrong):
    set_alpha(driver, "tversky", "0.4")
    driver.answer(lambda: once_more(driver, "Tversky"))
    driver.answer(lambda: once_more(driver, "Tversky"))
    cards = list(driver.losses.cards)
    place = cards.index("tversky")
    assert cards[place : place + 3] == ["tversky", "tversky_2", "tversky_3"]
    heights = [driver.losses.cards[name].y() for name in cards]
    assert heights == sorted(heights)
    assert titles(driver)["tversky_3"] == "Tversky 3"
    value = wrong.value("tversky", alpha=0.4, beta=0.7)
    for name in ("tversky", "tversky_2", "tversky_3"):
        assert driver.card_text(name) == f"{value:.4f}"


def test_each_has_the_value_of_its_own_alpha_and_counts_in_the_total(driver, wrong):
    driver.answer(lambda: once_more(driver, "Tversky"))
    set_alpha(driver, "tversky_2", "0.7")
    expected = [wrong.value("tversky", alpha=alpha) for alpha in (0.3, 0.7)]
    assert driver.card_text("tversky") == f"{expected[0]:.4f}"
    assert driver.card_text("tversky_2") == f"{expected[1]:.4f}"
    assert expected[1] != pytest.approx(expected[0], abs=1e-3)
    card = driver.expand("tversky_2")
    answer = driver.answer(lambda: driver.type(card.weight.line, "0.5"))
    others = [wrong.value(name) for name in SHOWN]
    assert answer.total == pytest.approx(sum(others) + 0.5 * expected[1], rel=1e-6)
    assert driver.losses.total.value.text() == f"{answer.total:.4f}"
    assert driver.value("tversky", "alpha") == 0.3
    terms = driver.plots.widgets["classes"].terms
    assert terms("tversky") == pytest.approx(wrong.terms("tversky", alpha=0.3), rel=1e-6)
    assert terms("tversky_2") == pytest.approx(wrong.terms("tversky", alpha=0.7), rel=1e-6)
    assert driver.plots.widgets["history"].series("tversky_2")[-1] == pytest.approx(
        expected[1], rel=1e-6
    )


def test_a_click_paints_the_gradient_of_that_one(driver, wrong):
    driver.answer(lambda: once_more(driver, "Tversky"))
    driver.answer(lambda: driver.session.set_parameter("tversky_2", "alpha", 1.0))
    driver.answer(lambda: driver.session.set_parameter("tversky_2", "beta", 1.0))
    driver.answer(lambda: driver.session.set_parameter("tversky_2", "smooth", 0.0))
    driver.answer(lambda: driver.click(driver.losses.cards["tversky_2"].value))
    assert driver.losses.cards["tversky_2"].property("selected")
    assert not driver.losses.cards["tversky"].property("selected")
    assert "∂ Tversky 2 / ∂ logit" in driver.texts(driver.window.legend)
    # With α = β = 1 it is the intersection over union, which has ε = 1e-6 beside some 10⁵ voxels.
    expected = wrong.gradient("iou", "logit")[driver.session.state.view.plane.index]
    np.testing.assert_allclose(
        driver.painted("gradient"), expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max()
    )


def test_a_curve_against_alpha_of_one_leaves_the_other_level(driver, wrong):
    driver.answer(lambda: once_more(driver, "Tversky"))
    row = driver.expand("tversky_2").rows["alpha"]
    driver.settle(lambda: driver.press(row.slider, Qt.Key.Key_Right))
    response = driver.plots.widgets["response"]
    axis = response.getPlotItem().getAxis("bottom")
    assert "against Tversky 2 false positives α" in axis.labelText
    level = wrong.value("tversky", alpha=0.3)
    assert list(response.curve("tversky").values()) == pytest.approx([level] * 41, rel=1e-6)
    places = response.curve("tversky_2")
    expected = {place: wrong.value("tversky", alpha=place) for place in places}
    assert places == pytest.approx(expected, rel=1e-6)
    driver.settle(lambda: type_title(driver, "tversky_2", "Few misses"))
    assert "against Few misses false positives α" in axis.labelText
    assert "Few misses" in [curve.name for curve in response.curves_shown()]


def test_its_lines_and_bars_differ_in_more_than_their_hue(driver, wrong):
    driver.answer(lambda: once_more(driver, "Tversky"))
    history, classes = (driver.plots.widgets[name] for name in ("history", "classes"))
    first, second = (history.items_of[n].opts["pen"] for n in ("tversky", "tversky_2"))
    assert first.style() == Qt.PenStyle.SolidLine
    assert second.style() == Qt.PenStyle.CustomDashLine
    assert abs(first.color().lightnessF() - second.color().lightnessF()) > 0.1
    brushes = [classes.items_of[n].opts["brush"] for n in ("tversky", "tversky_2")]
    assert [brush.style() for brush in brushes] == [
        Qt.BrushStyle.SolidPattern,
        Qt.BrushStyle.BDiagPattern,
    ]
    mark = driver.losses.cards["tversky_2"].mark
    drawn = mark.grab().toImage()
    middle = [drawn.pixelColor(x, drawn.height() // 2) for x in range(drawn.width())]
    colours = {color.name() for color in middle}
    assert len(colours) > 1, "dots, not a line"
    bars = driver.losses.total.values.shares
    assert len({color for color, _ in bars}) == len(SHOWN) + 1


def test_a_title_is_typed_and_said_everywhere(driver, wrong):
    driver.settle(lambda: once_more(driver, "Tversky"))
    driver.answer(lambda: driver.click(driver.losses.cards["tversky_2"].value))
    steps = len(driver.plots.widgets["history"].series("dice"))
    driver.settle(lambda: type_title(driver, "tversky_2", "  Few   misses "))
    card = driver.losses.cards["tversky_2"]
    assert titles(driver)["tversky_2"] == "Few misses"
    assert not card.title.is_typed
    assert card.hasFocus()
    assert card.accessibleName() == "Few misses"
    assert card.remover.toolTip() == "Remove Few misses from the losses shown"
    assert "∂ Few misses / ∂ logit" in driver.texts(driver.window.legend)
    box = driver.controls.descent.follows
    assert "Few misses" in [box.itemText(index) for index in range(box.count())]
    history = driver.plots.widgets["history"]
    assert "Few misses" in [curve.name for curve in history.curves_shown()]
    assert len(history.series("dice")) == steps, "a title is no step"


def test_a_title_can_be_undone(driver):
    driver.answer(lambda: once_more(driver, "Tversky"))
    driver.settle(lambda: type_title(driver, "tversky_2", "Mine"))
    assert driver.session.store.undo_label == "Rename Tversky 2 to Mine"
    driver.settle(lambda: driver.shortcut("Ctrl+Z"))
    assert titles(driver)["tversky_2"] == "Tversky 2"
    driver.settle(lambda: driver.shortcut("Ctrl+Shift+Z"))
    assert titles(driver)["tversky_2"] == "Mine"
    driver.settle(lambda: driver.shortcut("Ctrl+Z"))
    driver.settle(lambda: driver.shortcut("Ctrl+Z"))
    assert "tversky_2" not in driver.losses.cards


def test_esc_leaves_the_title_and_keys_begin_it(driver):
    card = driver.losses.cards["tversky"]
    before = driver.session.state.experiment
    driver.press(card, Qt.Key.Key_F2)
    assert card.title.is_typed
    driver.bot.waitUntil(card.title.line.hasFocus)
    assert card.title.line.selectedText() == "Tversky"
    QTest.keyClicks(card.title.line, "Other")
    QTest.keyClick(card.title.line, Qt.Key.Key_Escape)
    assert not card.title.is_typed
    assert card.hasFocus()
    assert titles(driver)["tversky"] == "Tversky"
    assert driver.session.state.experiment == before


def test_what_is_typed_is_taken_where_the_focus_leaves(driver):
    card = driver.losses.cards["tversky"]
    driver.press(card, Qt.Key.Key_F2)
    driver.bot.waitUntil(card.title.line.hasFocus)
    QTest.keyClicks(card.title.line, "Other")
    driver.losses.cards["dice"].setFocus()
    assert titles(driver)["tversky"] == "Other"
    assert not card.title.is_typed
    assert driver.losses.cards["dice"].hasFocus()


def test_the_title_of_another_one_is_refused_with_the_reason(driver):
    type_title(driver, "tversky", "Dice")
    title = driver.losses.cards["tversky"].title
    assert title.is_typed
    assert title.line.property("problem")
    assert title.line.toolTip() == "Another loss is called Dice; choose another title."
    driver.losses.cards["dice"].setFocus()
    assert not title.is_typed
    assert titles(driver)["tversky"] == "Tversky"


def test_the_menu_of_a_card_renames_repeats_and_removes(driver):
    card = driver.losses.cards["tversky"]

    def choose(words):
        QTest.mouseClick(card, Qt.MouseButton.LeftButton)
        point = card.rect().center()
        event_menu = card.menu()
        event_menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        event_menu.popup(card.mapToGlobal(point))
        action = next(each for each in event_menu.actions() if each.text() == words)
        place = event_menu.actionGeometry(action).center()
        QTest.mouseClick(event_menu, Qt.MouseButton.LeftButton, pos=place)

    driver.answer(lambda: choose("Show once more"))
    assert "tversky_2" in driver.losses.cards
    choose("Rename… (F2)")
    assert card.title.is_typed
    QTest.keyClick(card.title.line, Qt.Key.Key_Escape)
    driver.answer(lambda: choose("Remove"))
    assert "tversky" not in driver.losses.cards
    assert titles(driver)["tversky_2"] == "Tversky 2"


def test_removing_one_leaves_the_other_and_undo_brings_it_back(driver, wrong):
    driver.answer(lambda: once_more(driver, "Tversky"))
    set_alpha(driver, "tversky_2", "0.7")
    card = driver.expand("tversky_2")
    answer = driver.answer(lambda: driver.click(card.remover))
    assert [result.name for result in answer.losses] == SHOWN
    assert answer.total == pytest.approx(sum(map(wrong.value, SHOWN)), rel=1e-6)
    answer = driver.answer(lambda: driver.shortcut("Ctrl+Z"))
    found = {result.name: result.value for result in answer.losses}
    assert found["tversky_2"] == pytest.approx(wrong.value("tversky", alpha=0.7), rel=1e-6)
    assert driver.card_text("tversky_2") == f"{found['tversky_2']:.4f}"


def test_one_of_them_is_descended_beside_the_other(driver, wrong):
    driver.answer(lambda: once_more(driver, "Tversky"))
    driver.answer(lambda: driver.session.set_parameter("tversky_2", "alpha", 0.9))
    tab = next(n for n in range(driver.plots.count()) if driver.plots.tabText(n) == "Descent")
    driver.plots.setCurrentIndex(tab)
    driver.session.set_descent("follows", "tversky")
    driver.session.set_descent("beside", "tversky_2")
    driver.answer(lambda: driver.shortcut("N"))
    plot = driver.plots.widgets["descent"]
    assert plot._below == "steps along the gradient · lines: Tversky, dashes: Tversky 2"
    words = driver.window.findChild(DescentBar).words.text()
    assert words.startswith("Tversky beside Tversky 2 · step 1")


def test_the_menu_bar_renames_and_repeats_what_is_painted(driver):
    driver.answer(lambda: driver.click(driver.losses.cards["iou"].value))
    driver.answer(lambda: driver.action("Show IoU Once More").trigger())
    assert titles(driver)["iou_2"] == "IoU 2"
    driver.shortcut("F2")
    title = driver.losses.cards["iou"].title
    assert title.is_typed
    QTest.keyClick(title.line, Qt.Key.Key_Escape)
    driver.answer(lambda: driver.click(driver.losses.total.value))
    assert not driver.action("Rename Loss…").isEnabled()


def test_a_title_is_shown_as_it_is_typed(driver):
    """A word between < and > is no order to a label."""
    typed = 'α <b>0.7</b> & "β"'
    driver.settle(lambda: driver.session.rename_loss("dice", typed))
    card = driver.losses.cards["dice"]
    assert card.title.label.text() == typed
    assert card.title.label.textFormat() == Qt.TextFormat.PlainText
    assert f"∂ {typed} / ∂ logit" in driver.texts(driver.window.legend)
    assert driver.session.store.undo_label == f"Rename Dice to {typed}"
