"""Everything else that is an edit, and what is none."""

import pytest
from qtpy.QtTest import QTest

from lossexplorer.losses import LOSSES
from tests.app.undo.hand import BUTTON, DOWN, LEFT, RIGHT, offered, redo, undo
from tests.app.undo.shown import PERFECT, SHIFTED, SHIFTED_Y, answered, assert_same


def typed(driver):
    driver.type(driver.row("", "shift_y").line, "2vox")


def typed_parameter(driver):
    driver.type(driver.expand("tversky").rows["alpha"].line, "0.7")


def typed_weight(driver):
    driver.type(driver.expand("iou").weight.line, "0.5")


def typed_list(driver):
    card = driver.expand("cross_entropy")
    driver.type(card.rows["class_weights"].line, "1:2")


def chosen(driver):
    driver.press(driver.expand("dice").rows["form"].options, DOWN)


def switched(driver):
    driver.click(driver.expand("dice").rows["include_background"].switch)


def removed(driver):
    driver.click(driver.expand("tversky").remover)


def added(driver):
    QTest.mouseClick(driver.losses.add, BUTTON)
    menu = driver.losses.add.offers
    action = next(a for a in menu.actions() if a.text() == LOSSES["focal"].title)
    QTest.mouseClick(menu, BUTTON, pos=menu.actionGeometry(action).center())


def reset_all(driver):
    driver.shortcut("Ctrl+R")


def reset_one(driver):
    driver.click(driver.controls.prediction.blocks["shift"].resetter)


@pytest.mark.parametrize(
    ("act", "label", "loss", "after"),
    [
        (typed, "Shift y 0 → +1.56 mm", "dice", SHIFTED_Y.value("dice")),
        (typed_parameter, "Tversky α 0.3 → 0.7", "tversky", SHIFTED.value("tversky", alpha=0.7)),
        (typed_weight, "IoU λ 1 → 0.5", "iou", SHIFTED.value("iou")),
        (switched, "Dice Background on → off", "dice", SHIFTED.terms("dice")[1]),
        (chosen, "Dice Form 1-D → -D", "dice", SHIFTED.value("dice") - 1),
        (typed_list, "Cross-entropy Class weights none → 1:2", "dice", SHIFTED.value("dice")),
        (removed, "Remove Tversky", "dice", SHIFTED.value("dice")),
        (added, "Add Focal", "dice", SHIFTED.value("dice")),
        (reset_all, "Reset the prediction", "dice", PERFECT.value("dice")),
        (reset_one, "Reset controls", "dice", PERFECT.value("dice")),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_it_is_one_edit_undone_and_done_again(driver, act, label, loss, after):
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    first, rows = answered(driver, lambda: driver.session.show(loss="iou"))
    set_before = driver.session.state.experiment
    second, changed = answered(driver, lambda: act(driver))
    set_after = driver.session.state.experiment
    assert offered(driver) == (label, "")
    assert driver.card_text(loss) == f"{after:.4f}".replace("-", "−")
    third, back = answered(driver, lambda: undo(driver))
    assert driver.session.state.experiment == set_before
    assert offered(driver) == ("Shift x 0 → +0.781 mm", label)
    assert back == rows
    assert_same(third, first)
    assert driver.card_text("dice") == f"{SHIFTED.value('dice'):.4f}"
    assert driver.card_text("tversky") == f"{SHIFTED.value('tversky'):.4f}"
    fourth, again = answered(driver, lambda: redo(driver))
    assert driver.session.state.experiment == set_after
    assert again == changed
    assert_same(fourth, second)


def test_a_cure_is_one_edit(driver):
    """A hard prediction that errs has an infinite cross-entropy; the button makes it finite."""
    driver.answer(lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    card = driver.losses.cards["cross_entropy"]
    assert driver.card_text("cross_entropy") == "∞"
    driver.losses.ensureWidgetVisible(card)
    button = driver.button(card.problem, card.problem._buttons[0].text())
    former = offered(driver)[0]
    driver.answer(lambda: driver.click(button))
    assert driver.card_text("cross_entropy") != "∞"
    driver.answer(lambda: undo(driver))
    assert driver.card_text("cross_entropy") == "∞"
    assert offered(driver)[0] == former
    driver.answer(lambda: redo(driver))
    assert driver.card_text("cross_entropy") != "∞"


def test_a_card_that_an_undo_brings_back_shows_its_value(driver):
    loss = "focal"
    driver.answer(lambda: driver.session.add_loss(loss))
    value, order = driver.card_text(loss), list(driver.losses.cards)
    driver.answer(lambda: driver.click(driver.expand(loss).remover))
    assert loss not in driver.losses.cards
    driver.answer(lambda: undo(driver))
    assert list(driver.losses.cards) == order
    assert driver.card_text(loss) == value != "–"
    driver.answer(lambda: undo(driver))
    assert loss not in driver.losses.cards


# What is no edit


def test_what_is_looked_at_is_no_edit(driver, boxes):
    driver.opening(lambda: driver.type(driver.controls.truth.patch.lineEdit(), "3 x 8 x 12"))
    driver.press(driver.row("", "softness").slider, RIGHT)
    undo(driver)
    before, view = offered(driver), driver.session.state.view
    assert before[1] == f"Softness 0 → {driver.row('', 'softness').slider.singleStep():g} mm"
    driver.answer(lambda: driver.press(driver.controls.truth.sample, DOWN))
    driver.answer(lambda: driver.press(driver.controls.classes, DOWN))
    driver.answer(lambda: driver.press(driver.controls.wrt, DOWN))
    driver.answer(lambda: driver.click(driver.losses.cards["iou"].value))
    key = LEFT if driver.session.state.view.plane.index else RIGHT
    driver.answer(lambda: driver.press(driver.canvas.widget.canvas.native, key))
    driver.shortcut("Ctrl+2")
    for name in ("sample", "class_index", "wrt", "loss", "plane", "layout"):
        assert getattr(driver.session.state.view, name) != getattr(view, name), name
    assert offered(driver) == before
    driver.answer(lambda: redo(driver))
    assert driver.session.state.view.loss == "iou"
    assert driver.session.state.view.layout == "overlaid"
    assert offered(driver)[1] == ""
