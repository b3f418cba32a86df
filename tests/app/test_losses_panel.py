"""The panel of the losses alone: no engine, answers made by hand."""

import math
from dataclasses import replace

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton

from lossexplorer.app.panels.losses import LossesPanel
from lossexplorer.app.theme import DARK, style_sheet
from lossexplorer.engine.messages import (
    Answer,
    Cure,
    LossResult,
    Problem,
    Progress,
    Reference,
    Request,
)
from lossexplorer.engine.questions import Norms, Numbers
from lossexplorer.losses import LOSSES
from lossexplorer.session import Session
from lossexplorer.session.records.norms import GradientNorms
from lossexplorer.volumes import Batch, Case, LabelClass
from lossexplorer.volumes.sample_volumes import open_sample_volume
from tests.app.driver import SHOWN, clipped

COLORS = {name: loss.color for name, loss in LOSSES.items()}


@pytest.fixture
def panel(qtbot):
    """A panel on a session of its own, as high as a small window."""
    panel = LossesPanel(Session())
    qtbot.addWidget(panel)
    panel.setStyleSheet(style_sheet(DARK))
    panel.resize(panel.width(), 600)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    return panel


def session_of(panel):
    return panel._session


def answer(panel, values=None, problems=None, norms=None, *, measured=False):
    """What the engine could answer to the panel's state."""
    state = session_of(panel).state
    asked = ("v", state.experiment.controls, state.experiment.losses)
    question = Norms(*asked) if measured else Numbers(*asked)
    results = tuple(
        LossResult(
            s.name, s.parameters, s.weight, (values or {}).get(s.name, 0.0), (None, None),
            (problems or {}).get(s.name, ()), (norms or {}).get(s.name, 0.0 if measured else None),
        )
        for s in question.losses
    )  # fmt: skip
    return Answer(Request(question), results, sum(r.weight * r.value for r in results), None, 0.0)


def listed(menu):
    """The losses that a menu lists itself."""
    return [action for action in menu.actions() if not action.isSeparator() and not action.menu()]


def offered(panel):
    return [action.text() for action in listed(panel.add.offers)]


def choose(panel, loss):
    """Open the menu and click on a loss."""
    QTest.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    menu = panel.add.offers
    assert menu.isVisible()
    action = next(a for a in menu.actions() if a.text() == LOSSES[loss].title)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    assert not menu.isVisible()


def order_on_screen(panel):
    QApplication.processEvents()  # which give new cards their places
    return sorted(panel.cards, key=lambda name: panel.cards[name].y())


def buttons(card):
    QApplication.processEvents()
    found = card.problem.findChildren(QPushButton)
    return [button for button in found if button.isVisible()]


def shares(bar):
    """Each loss's share of a bar."""
    names = {color: name for name, color in COLORS.items()}
    return {names[color]: pytest.approx(share) for color, share in bar.shares}


# Adding and removing


def test_the_menu_offers_every_loss_that_is_not_shown(panel):
    hidden = [loss for name, loss in LOSSES.items() if name not in SHOWN]
    assert list(panel.cards) == SHOWN
    assert offered(panel) == [loss.title for loss in hidden]
    assert [a.toolTip() for a in listed(panel.add.offers)] == [loss.summary for loss in hidden]
    choose(panel, "focal")
    assert offered(panel) == [loss.title for loss in hidden if loss.name != "focal"]


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in SHOWN])
def test_an_added_loss_gets_a_card_at_its_place_and_in_view(panel, name):
    choose(panel, name)
    expected = [known for known in LOSSES if known in (*SHOWN, name)]
    assert list(panel.cards) == expected
    assert order_on_screen(panel) == expected
    card = panel.cards[name]
    assert card.isVisible()
    assert card.visibleRegion().boundingRect().size() == card.size()
    assert not card.property("selected")


def test_the_menu_is_used_by_keys(panel):
    panel.add.setFocus()
    QTest.keyClick(panel.add, Qt.Key.Key_Space)
    menu = panel.add.offers
    assert menu.isVisible()
    second = menu.actions()[1].text()
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert second in [LOSSES[name].title for name in panel.cards]


def test_with_every_loss_shown_there_is_each_once_more_to_add(panel):
    for name in LOSSES:
        if name not in SHOWN:
            session_of(panel).add_loss(name)
    assert order_on_screen(panel) == list(LOSSES)
    assert offered(panel) == []
    again = [action.text() for action in listed(panel.add.again)]
    assert again == [loss.title for loss in LOSSES.values()]
    session_of(panel).remove_loss("focal")
    assert offered(panel) == ["Focal"]


@pytest.mark.parametrize("name", LOSSES)
def test_nothing_on_a_card_is_clipped(panel, name):
    if name not in SHOWN:
        session_of(panel).add_loss(name)
    session_of(panel).show(loss=name)
    cures = [cure for cure, _ in CURES]
    problems = tuple(Problem("tumour: 0/0, with 4,137 voxels in the truth.", c) for c in cures)
    panel.show_answer(answer(panel, {name: 0.1234}, {name: problems}))
    QApplication.processEvents()
    card = panel.cards[name]
    assert card.weight.isVisible()
    assert panel.widget().width() <= panel.viewport().width()
    assert clipped(card) == []
    for row in card.rows.values():
        assert row.width() >= row.minimumSizeHint().width()


@pytest.mark.parametrize("by_key", [False, True])
def test_a_card_is_removed_by_its_button(panel, by_key):
    card = panel.cards["tversky"]
    QTest.mouseClick(card.expander, Qt.MouseButton.LeftButton)
    assert "Remove Tversky" in card.remover.toolTip()
    if by_key:
        card.expander.setFocus()
        QTest.keyClick(card.expander, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
        assert card.remover.hasFocus()
        QTest.keyClick(card.remover, Qt.Key.Key_Space)
    else:
        QTest.mouseClick(card.remover, Qt.MouseButton.LeftButton)
    assert list(panel.cards) == [name for name in SHOWN if name != "tversky"]
    assert not card.isVisible()
    assert "Tversky" in offered(panel)


def test_the_last_card_cannot_be_removed(panel):
    for name in SHOWN[1:]:
        session_of(panel).remove_loss(name)
    card = panel.cards[SHOWN[0]]
    assert card.remover.isVisible()
    assert not card.remover.isEnabled()
    choose(panel, "focal")
    assert card.remover.isEnabled()


def test_an_answer_asked_for_before_a_loss_was_removed_is_shown_for_the_others(panel):
    late = answer(panel, {"dice": 0.25, "iou": 0.5})
    session_of(panel).remove_loss("iou")
    panel.show_answer(late)
    assert panel.cards["dice"].value.text() == "0.2500"


def test_enter_in_a_field_of_numbers_does_not_choose_its_card(panel):
    card = panel.cards["cross_entropy"]
    QTest.mouseClick(card.expander, Qt.MouseButton.LeftButton)
    field = card.rows["class_weights"].line
    field.selectAll()
    QTest.keyClicks(field, "1:2")
    QTest.keyClick(field, Qt.Key.Key_Return)
    state = session_of(panel).state
    assert state.experiment.setting("cross_entropy").parameters["class_weights"] == (1.0, 2.0)
    assert state.view.loss == "dice"
    QTest.mouseClick(card.expander, Qt.MouseButton.LeftButton)
    assert "Class weights 1:2" in card.summary.text()


def test_a_wrong_text_in_a_field_of_numbers_is_framed_in_the_colour_of_warnings(panel):
    card = panel.cards["cross_entropy"]
    QTest.mouseClick(card.expander, Qt.MouseButton.LeftButton)
    options = card.rows["class_weights"].options
    before = session_of(panel).state
    for text, framed in (("1:x", True), ("none", False)):
        options.lineEdit().selectAll()
        QTest.keyClicks(options.lineEdit(), text)
        QTest.keyClick(options.lineEdit(), Qt.Key.Key_Return)
        frame = options.grab().toImage().pixelColor(options.width() // 2, 0).name()
        assert (frame == DARK.warning) is framed
        assert session_of(panel).state == before


# Problems


CURES = [
    (Cure(Reference("smooth", "tversky"), 1e-7), "Set smooth to 1e-7"),
    (Cure(Reference("absent", "tversky"), "zero"), "Set absent class to zero"),
    (Cure(Reference("beta", "tversky"), 1.0), "Set false negatives β to 1"),
    (Cure(Reference("include_background", "tversky"), False), "Set background to off"),
    (Cure(Reference("smooth_dr", "tversky"), 0.5), "Set smooth, denominator to 0.5"),
    (Cure(Reference("softness"), 0.5), "Set softness to 0.5 mm"),
    (Cure(Reference("confidence"), 1 - 1e-6), "Set 1 − confidence to 1e-6"),
]


@pytest.mark.parametrize(("cure", "words"), CURES, ids=[words for _, words in CURES])
def test_a_cure_is_a_button(panel, cure, words):
    problem = Problem("tumour: 0/0.", cure)
    panel.show_answer(answer(panel, {"tversky": math.nan}, {"tversky": (problem,)}))
    card = panel.cards["tversky"]
    assert card.problem.isVisible()
    assert card.problem.text.text() == "tumour: 0/0."
    (button,) = buttons(card)
    assert button.text() == words
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    state = session_of(panel).state
    found = state.experiment.value(cure.reference)
    assert found == cure.value
    assert state.view.loss == "dice"  # the click was not one on the card
    panel.show_answer(answer(panel))
    assert not card.problem.isVisible()


def test_what_is_wrong_names_parameters_as_the_card_does(panel):
    """By their titles; the cure is not said once more by the name that files have for it."""
    problem = Problem("tumour: 0/0.", Cure(Reference("absent", "dice"), "zero"))
    misfit = Problem("class_weights needs a term of each class.")
    panel.show_answer(answer(panel, problems={"dice": (problem, misfit)}))
    said = panel.cards["dice"].problem.text.text()
    assert said == "tumour: 0/0.\nClass weights needs a term of each class."
    assert problem.text == "tumour: 0/0; absent = zero makes it finite."


def test_one_cure_of_several_problems_is_one_button(panel):
    cure, other = Cure(Reference("smooth", "dice"), 1e-7), Cure(Reference("absent", "dice"), "zero")
    card = panel.cards["dice"]

    def show(*cures):
        problems = tuple(Problem(f"class {i}: 0/0.", cure) for i, cure in enumerate(cures))
        panel.show_answer(answer(panel, problems={"dice": problems}))

    show(cure, cure, cure, cure)
    assert [button.text() for button in buttons(card)] == ["Set smooth to 1e-7"]
    said = card.problem.text.text()
    assert said == "class 0: 0/0.\nclass 1: 0/0.\nThe same in 2 more classes."
    show(cure, other)
    assert [b.text() for b in buttons(card)] == ["Set smooth to 1e-7", "Set absent class to zero"]
    show(None)
    assert buttons(card) == []
    assert card.problem.isVisible()


# Losses that need the whole field


def pending(panel, *names):
    """An answer in which some losses are pending."""
    full = answer(panel, {s.name: 0.25 for s in session_of(panel).state.experiment.losses})
    results = tuple(
        replace(r, value=math.nan, per_class=(None, None), pending=True) if r.name in names else r
        for r in full.losses
    )
    total = sum(r.weight * r.value for r in results if not r.pending)
    return replace(full, losses=results, total=total, preview="Preview: without some.")


def faint(label):
    return label.palette().windowText().color().name() == DARK.quiet


@pytest.fixture
def card(panel):
    """The card of a loss that needs the whole field, chosen, with two classes."""
    session_of(panel).add_loss("hausdorff")
    session_of(panel).show(loss="hausdorff")
    panel.cards["hausdorff"].set_classes(
        [LabelClass(0, "background", 8), LabelClass(1, "tumour", 4)], overlap=False
    )
    return panel.cards["hausdorff"]


def row_texts(card):
    QApplication.processEvents()
    row = card.whole_field
    found = [b.text() for b in (row.canceller, row.computer) if b.isVisible()]
    return row.words.text(), row.bar.isVisible(), found


def test_before_any_value_a_pending_one_is_three_dots(panel, card):
    assert card.value.text() == "–"
    panel.show_answer(pending(panel, "hausdorff"))
    assert card.value.text() == "…"
    assert not card.value.property("problem")
    assert row_texts(card) == ("computed when nothing moves", False, [])


def test_the_former_value_stays_faint_until_the_new_one_is_there(panel, card):
    panel.show_answer(answer(panel, {"hausdorff": 0.125}))
    assert not faint(card.value)
    panel.show_answer(pending(panel, "hausdorff"))
    assert card.value.text() == "0.1250"
    assert faint(card.value)
    assert not faint(panel.cards["dice"].value)
    assert not card.problem.isVisible()
    panel.show_answer(answer(panel, {"hausdorff": 0.5}))
    assert card.value.text() == "0.5000"
    assert not faint(card.value)


def test_progress_is_a_bar_with_words_and_a_button(panel, card, qtbot):
    panel.show_answer(pending(panel, "hausdorff"))
    for done in range(3):
        panel.show_progress(Progress("hausdorff", done, 84))
        expected = f"computing… {done} of 84 classes", True, ["Cancel"]
        assert row_texts(card) == expected
        assert (card.whole_field.bar.value(), card.whole_field.bar.maximum()) == (done, 84)
    assert clipped(card) == []
    panel.show_waiting(30, 41)
    assert row_texts(card) == ("after the curves: 30 of 41", True, ["Cancel"])
    whole = "Computed after the points of the response curves: 30 of 41 are known."
    assert card.whole_field.words.toolTip() == whole
    assert clipped(card) == []
    with qtbot.waitSignal(panel.cancelled):
        QTest.mouseClick(card.whole_field.canceller, Qt.MouseButton.LeftButton)
    panel.show_cancelled()
    assert row_texts(card) == ("not computed for these values", False, ["Compute"])
    assert clipped(card) == []
    with qtbot.waitSignal(panel.wanted):
        QTest.keyClick(card.whole_field.computer, Qt.Key.Key_Space)
    assert row_texts(card) == ("computed when nothing moves", False, [])


def test_the_cards_below_stay_where_they_are(panel, card):
    def places():
        QApplication.processEvents()
        return panel.add.y(), card.height()

    panel.show_answer(answer(panel))
    before = places()
    panel.show_answer(pending(panel, "hausdorff"))
    assert places() == before
    panel.show_progress(Progress("hausdorff", 1, 3))
    assert places() == before
    panel.show_cancelled()
    assert places() == before


def test_progress_of_what_is_not_pending_is_not_shown(panel, card):
    """Norms and curves are computed, too, and every value is there."""
    panel.show_answer(answer(panel))
    panel.show_progress(Progress("hausdorff", 1, 3))
    panel.show_progress(Progress("cl_dice", 1, 3))  # it has been removed
    panel.show_cancelled()
    assert row_texts(card) == ("computed when nothing moves", False, [])


def test_the_total_shares_what_is_known(panel, card):
    panel.show_answer(pending(panel, "hausdorff"))
    assert panel.total.title.text() == "Total Σ λ L · preview"
    assert panel.total.value.text() == "1.2500"
    assert set(shares(panel.total.values)) == set(SHOWN)
    panel.show_answer(pending(panel, "hausdorff", *SHOWN))
    assert panel.total.value.text() == "…"


# Shares


def test_shares_of_value_and_gradient_lie_one_below_the_other(panel):
    session_of(panel).set_weight("dice", 2.0)
    session_of(panel).set_weight("iou", -1.0)
    session_of(panel).set_weight("tversky", 0.0)
    panel.show_answer(answer(panel, {"dice": 0.25, "iou": 0.5, "tversky": math.nan}))
    total = panel.total
    assert shares(total.values) == {"dice": 0.5, "iou": 0.5}
    assert total.gradients.shares == []
    norms = {"dice": 3.0, "iou": 2.0, "tversky": math.nan}
    total.show_norms(GradientNorms(answer(panel, norms=norms, measured=True)))
    assert shares(total.gradients) == {"dice": 0.75, "iou": 0.25}
    assert total.gradients.isEnabled()
    assert "∂L/∂logit" in total.gradients.toolTip()


def test_the_total_of_another_volume_is_forgotten(panel):
    total = panel.total
    panel.show_answer(answer(panel, {"dice": 0.5, "iou": 0.25}))
    total.show_norms(GradientNorms(answer(panel, norms={"dice": 1.0}, measured=True)))
    assert total.value.text() != "–"
    session_of(panel).open(Case(Batch((open_sample_volume("plate"),))))
    assert total.value.text() == "–"
    assert total.values.shares == total.gradients.shares == []


def test_the_gradient_s_shares_follow_the_weights_without_being_measured_anew(panel):
    panel.total.show_norms(
        GradientNorms(answer(panel, norms={"dice": 1.0, "iou": 1.0}, measured=True))
    )
    session_of(panel).set_weight("dice", 3.0)
    panel.show_answer(answer(panel))
    assert shares(panel.total.gradients) == {"dice": 0.75, "iou": 0.25}
    assert panel.total.gradients.isEnabled()


@pytest.mark.parametrize(
    "move",
    [lambda s: s.set_control("grow", 1.0), lambda s: s.set_parameter("dice", "smooth", 1.0)],
    ids=["control", "parameter"],
)
def test_shares_of_the_gradient_are_faint_until_they_are_measured_anew(panel, move):
    def measure():
        measured = answer(panel, norms={"dice": 1.0}, measured=True)
        panel.total.show_norms(GradientNorms(measured))

    panel.show_answer(answer(panel))
    measure()
    move(session_of(panel))
    panel.show_answer(answer(panel))
    assert not panel.total.gradients.isEnabled()
    assert shares(panel.total.gradients) == {"dice": 1.0}
    measure()
    assert panel.total.gradients.isEnabled()


@pytest.mark.parametrize("norm", [None, math.nan, math.inf])
def test_a_gradient_without_norm_leaves_the_bar_empty(panel, norm):
    measured = answer(panel, norms={"dice": 1.0, "iou": norm}, measured=True)
    panel.show_answer(answer(panel))
    panel.total.show_norms(GradientNorms(measured))
    assert panel.total.gradients.shares == []


def test_a_loss_that_was_added_has_no_share_until_it_is_measured(panel):
    measured = answer(panel, norms={"dice": 1.0}, measured=True)
    panel.total.show_norms(GradientNorms(measured))
    session_of(panel).add_loss("focal")
    panel.show_answer(answer(panel))
    assert panel.total.gradients.shares == []
    panel.total.show_norms(
        GradientNorms(answer(panel, norms={"dice": 1.0, "focal": 1.0}, measured=True))
    )
    assert shares(panel.total.gradients) == {"dice": 0.5, "focal": 0.5}
    session_of(panel).remove_loss("focal")
    panel.show_answer(answer(panel))
    assert shares(panel.total.gradients) == {"dice": 1.0}
    assert panel.total.gradients.isEnabled()
