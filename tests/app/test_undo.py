"""Undo and redo in the window: what is one edit, and that everything shows what is set."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QStyle, QStyleOptionSlider

from lossexplorer.app import engine_bridge, main
from lossexplorer.app.actions import plain
from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.widgets.command_palette import CommandPalette
from lossexplorer.engine.messages import Plane
from lossexplorer.losses import LOSSES
from tests.app.driver import (
    NO_MODIFIER,
    Closed,
    evaluated,
    shifted,
    small_labels,
    tumour,
    write_nifti,
)

LEFT, RIGHT, DOWN = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Down
BUTTON = Qt.MouseButton.LeftButton
VOXEL = 0.78125


@pytest.fixture
def driver(shared_driver, qtbot, request):
    """The window on the tumour, unless the test opens `boxes`; every default."""
    shared_driver.bot = qtbot
    opens = "boxes" in request.fixturenames
    shared_driver.reset(source=None if opens else "sample:tumour")
    return shared_driver


# What is done with the window


def entries(driver):
    """The entries of the Edit menu, which nobody opens."""
    menu = next(a.menu() for a in driver.window.menuBar().actions() if plain(a.text()) == "Edit")
    return menu.actions()


def offered(driver):
    """What can be undone and redone, as the menu says it; nothing of what is disabled."""
    undo, redo = (
        plain(entry.text()).partition(" ")[2] if entry.isEnabled() else ""
        for entry in entries(driver)
    )
    return undo, redo


def undo(driver, times=1):
    for _ in range(times):
        driver.shortcut("Ctrl+Z")


def redo(driver, times=1):
    for _ in range(times):
        driver.shortcut("Ctrl+Shift+Z")


def steps_back(driver, before):
    """How many undos lead back to an experiment; where none does, it fails."""
    for count in range(1, 30):
        undo(driver)
        if driver.session.state.experiment == before:
            return count
    raise AssertionError("no undo leads back")


def handle(slider):
    """The middle of a slider's handle."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style, handle = slider.style(), QStyle.SubControl.SC_SliderHandle
    rect = style.subControlRect(QStyle.ComplexControl.CC_Slider, option, handle, slider)
    return rect.center()


def end(slider, side):
    """A place beyond one of a slider's ends."""
    return QPoint(-40 if side < 0 else slider.width() + 40, slider.rect().center().y())


def pull(slider, start, stop, moves=12):
    """Move the mouse, whose button is down, in moves."""
    for step in range(1, moves + 1):
        QTest.mouseMove(slider, start + (stop - start) * step / moves)
        QApplication.processEvents()


def drag(slider, stop, start=None):
    """Press, move over many places, and release."""
    start = start or handle(slider)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, stop)
    QTest.mouseRelease(slider, BUTTON, pos=stop)


def hold(widget, key, repeats):
    """Hold a key until it has repeated some times."""
    press, release = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    events = [(press, False)]
    for _ in range(repeats):
        events += [(release, True), (press, True)]
    for kind, repeated in (*events, (release, False)):
        QApplication.sendEvent(widget, QKeyEvent(kind, key, NO_MODIFIER, "", repeated))


# What the window shows


def shown_at_once(driver):
    """The numbers that cards, plots and canvas show as soon as the answer is there."""
    cards, widgets = driver.losses.cards, driver.plots.widgets
    return {
        "cards": {name: float(card.value.toolTip()) for name, card in cards.items()},
        "total": float(driver.losses.total.value.toolTip()),
        "history": {name: widgets["history"].series(name)[-1] for name in (*cards, "total")},
        "classes": {name: list(widgets["classes"].terms(name)) for name in cards},
        "painted": {name: driver.painted(name) for name in ("prediction", "error", "gradient")},
    }


def shown(driver):
    """Every number that they show once all is answered."""
    response = driver.plots.widgets["response"]
    return shown_at_once(driver) | {
        "curves": {name: sorted(response.curve(name).items()) for name in driver.losses.cards},
        "gradients": [share for _, share in driver.losses.total.gradients.shares],
    }


def controls_shown(driver):
    """The texts and places of the controls and of the losses' parameters."""
    rows = [*driver.controls.prediction.rows.items()]
    for name, card in driver.losses.cards.items():
        rows += [(f"{name} {each}", row) for each, row in card.rows.items()]
        rows.append((f"{name} weight", card.weight))
    return {
        name: tuple(
            read(getattr(row, name))
            for name, read in (
                ("line", lambda line: line.text()),
                ("slider", lambda slider: slider.value()),
                ("options", lambda options: options.currentText()),
                ("switch", lambda switch: switch.isChecked()),
            )
            if hasattr(row, name)
        )
        for name, row in rows
    }


def assert_same(one, other, within=1e-12):
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, dict):
            assert_same(value, other[name], within)
        else:
            np.testing.assert_allclose(value, other[name], rtol=0, atol=within, err_msg=name)


def settled(driver, act):
    """Do something, and return all that is shown when all is answered."""
    driver.settle(act)
    driver.window.stage.paint()
    return shown(driver), controls_shown(driver)


def answered(driver, act):
    """Do something, and return what is shown at once, without what is computed at rest."""
    driver.answer(act)
    return shown_at_once(driver), controls_shown(driver)


# Drags


def test_a_drag_is_one_edit_and_all_that_is_shown_comes_back(driver):
    row = driver.row("", "shift_x")
    before, fields = settled(driver, lambda: driver.type(row.line, "2vox"))
    set_before = driver.session.state.experiment
    closed = Closed(shifted(tumour(), x=2))
    for name in ("dice", "generalized_dice", "tversky", "iou"):
        assert before["cards"][name] == pytest.approx(closed.value(name), rel=1e-6)
    count = len(driver.answers)

    after, moved = settled(driver, lambda: drag(row.slider, end(row.slider, 1)))
    assert len(driver.answers) > count
    assert offered(driver) == ("Shift x +1.56 → +20 mm", "")
    assert moved["shift_x"] == ("+20", 20.0)

    again, back = settled(driver, lambda: undo(driver))
    assert driver.session.state.experiment == set_before
    assert back == fields
    assert back["shift_x"] == ("+1.56", 1.5625)
    assert_same(again, before)
    assert driver.card_text("dice") == f"{closed.value('dice'):.4f}"
    assert offered(driver) == ("Shift x 0 → +1.56 mm", "Shift x +1.56 → +20 mm")

    again, back = settled(driver, lambda: redo(driver))
    assert back == moved
    assert_same(again, after)


def test_two_drags_are_two_edits(driver):
    slider = driver.row("", "grow").slider
    drag(slider, end(slider, 1))
    drag(slider, end(slider, -1))
    low, high = slider.minimum(), slider.maximum()
    assert offered(driver)[0] == f"Grow +{high:g} → −{-low:g} mm"
    undo(driver)
    assert driver.value("", "grow") == high
    assert offered(driver)[0] == f"Grow 0 → +{high:g} mm"
    undo(driver)
    assert driver.value("", "grow") == 0


@pytest.mark.parametrize("beside", [-5, 5])
def test_a_drag_that_begins_beside_the_middle_of_the_handle_is_one_edit(driver, beside):
    """The press alone moves the handle's middle to the pointer."""
    slider, before = driver.row("", "softness").slider, driver.session.state.experiment
    driver.press(slider, RIGHT, 40)
    before = driver.session.state.experiment
    drag(slider, end(slider, 1), handle(slider) + QPoint(beside, 0))
    assert driver.value("", "softness") != before.controls["softness"]
    assert steps_back(driver, before) == 1


def test_a_drag_of_a_weight_is_one_edit(driver):
    card = driver.expand("dice")
    driver.losses.ensureWidgetVisible(card.weight)
    slider = card.weight.slider
    driver.answer(lambda: drag(slider, end(slider, 1)))
    assert offered(driver)[0] == "Dice λ 1 → 2"
    undo(driver)
    assert driver.session.state.experiment.setting("dice").weight == 1
    assert card.weight.line.text() == "1"
    assert card.weight.slider.value() == 1


def test_a_drag_that_ends_where_it_began_is_no_edit(driver):
    driver.press(driver.row("", "grow").slider, RIGHT)
    former = offered(driver)[0]
    slider = driver.row("", "shift_y").slider
    start = handle(slider)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, start + QPoint(40, 0))
    assert driver.value("", "shift_y") > 0
    pull(slider, start + QPoint(40, 0), end(slider, -1))
    QTest.mouseRelease(slider, BUTTON, pos=end(slider, -1))
    assert offered(driver)[0] == "Shift y 0 → −20 mm"
    undo(driver)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, start + QPoint(40, 0))
    pull(slider, start + QPoint(40, 0), start)
    QTest.mouseRelease(slider, BUTTON, pos=start)
    assert driver.value("", "shift_y") == 0
    assert offered(driver)[0] == former


@pytest.mark.parametrize("by_keys", [True, False])
def test_an_undo_during_a_drag_and_the_rest_of_the_drag_are_what_is_shown(driver, by_keys):
    """The drag goes on after the undo, as an edit from where the undo led to."""
    row = driver.row("", "shift_x")
    driver.answer(lambda: driver.press(row.slider, RIGHT, 2))
    before, slider = driver.session.state.experiment, row.slider
    start = handle(slider)
    QTest.mousePress(slider, BUTTON, pos=start)
    pull(slider, start, start + QPoint(30, 0))
    assert driver.value("", "shift_x") > 2 * VOXEL
    if by_keys:  # they go to the slider, which has the focus while it is dragged
        driver.window.activateWindow()
        QTest.keyClick(slider, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    else:
        entries(driver)[0].trigger()
    assert driver.session.state.experiment == before
    assert row.line.text() == "+1.56"
    pull(slider, start + QPoint(30, 0), end(slider, 1))
    QTest.mouseRelease(slider, BUTTON, pos=end(slider, 1))
    assert offered(driver) == ("Shift x +1.56 → +20 mm", "")
    driver.answer(lambda: undo(driver))
    assert driver.session.state.experiment == before
    assert driver.card_text("dice") == f"{Closed(shifted(tumour(), x=2)).value('dice'):.4f}"


# Keys


def test_each_press_of_a_key_is_an_edit(driver):
    slider = driver.row("", "shift_x").slider
    driver.press(slider, RIGHT, 3)
    assert offered(driver)[0] == "Shift x +1.56 → +2.34 mm"
    for left in (2, 1, 0):
        undo(driver)
        assert driver.value("", "shift_x") == left * VOXEL
    redo(driver, 3)
    assert driver.value("", "shift_x") == 3 * VOXEL


def test_a_held_key_is_one_edit_and_the_next_press_another(driver):
    row = driver.row("", "shift_x")
    driver.press(row.slider, RIGHT)
    hold(row.slider, RIGHT, repeats=6)
    assert driver.value("", "shift_x") == 8 * VOXEL
    assert offered(driver)[0] == "Shift x +0.781 → +6.25 mm"
    driver.press(row.slider, LEFT)
    assert offered(driver)[0] == "Shift x +6.25 → +5.47 mm"
    undo(driver, 2)
    assert driver.value("", "shift_x") == VOXEL


def test_of_two_keys_each_one_s_repeats_are_one_edit(driver):
    """The second is pressed and released while the first is held, and the first repeats on."""
    slider, before = driver.row("", "shift_x").slider, driver.session.state.experiment
    press, release = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    for kind, key, repeated in (
        (press, RIGHT, False), (press, RIGHT, True), (press, LEFT, False), (release, LEFT, False),
        (press, RIGHT, True), (press, RIGHT, True), (press, RIGHT, True), (release, RIGHT, False),
    ):  # fmt: skip
        QApplication.sendEvent(slider, QKeyEvent(kind, key, NO_MODIFIER, "", repeated))
    assert driver.value("", "shift_x") == 4 * VOXEL
    assert steps_back(driver, before) == 3


def test_a_key_that_is_released_elsewhere_is_held_no_longer(driver):
    """As when the window is left by keys."""
    row, other = driver.row("", "shift_x"), driver.row("", "shift_y")
    driver.press(row.slider, Qt.Key.Key_Shift)
    QApplication.sendEvent(row.slider, QKeyEvent(QEvent.Type.KeyPress, RIGHT, NO_MODIFIER))
    driver.press(other.slider, Qt.Key.Key_Shift)
    driver.type(row.line, "3")
    assert offered(driver)[0] == "Shift x +0.781 → +3 mm"
    driver.type(row.line, "4")
    assert offered(driver)[0] == "Shift x +3 → +4 mm"


# Everything else that is an edit


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


SHIFTED_Y = Closed(shifted(tumour(), x=1, y=2))
SHIFTED = Closed(shifted(tumour(), x=1))
PERFECT = Closed(tumour())


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
    first, fields = answered(driver, lambda: driver.session.show(loss="iou"))
    set_before = driver.session.state.experiment
    second, changed = answered(driver, lambda: act(driver))
    set_after = driver.session.state.experiment
    assert offered(driver) == (label, "")
    assert driver.card_text(loss) == f"{after:.4f}".replace("-", "−")
    third, back = answered(driver, lambda: undo(driver))
    assert driver.session.state.experiment == set_before
    assert offered(driver) == ("Shift x 0 → +0.781 mm", label)
    assert back == fields
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


# Classes, patches, predictions from files, and files


@pytest.fixture
def boxes(driver, tmp_path):
    """Two boxes as two classes, open in the window, moved by a voxel along x."""
    path = write_nifti(tmp_path / "boxes.nii.gz", small_labels())
    driver.open(path)
    assert offered(driver) == ("", "")
    driver.answer(lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    return path


def opened(driver, act):
    """Do something, and wait for the answer to what it opens."""
    return driver.opening(act)


def dice_of(labels, moved, classes):
    terms = []
    for c in classes:
        g, p = labels == c, moved == c
        terms.append(1 - 2 * (g & p).sum() / (g.sum() + p.sum()))
    return np.mean(terms)


def of_shift(labels):
    return dice_of(labels, shifted(labels, x=1), np.unique(labels))


def shown_truth(driver):
    return driver.canvas.array("truth")


EACH = np.searchsorted([0, 3, 7], small_labels())


def test_a_choice_of_classes_is_undone_and_the_engine_follows(driver, boxes):
    section = driver.controls.truth
    driver.press(driver.controls.classes, DOWN)  # class 7
    answer = opened(driver, lambda: driver.press(section.classes, DOWN))
    foreground = of_shift((small_labels() > 0).astype(int))
    assert answer.losses[0].value == pytest.approx(foreground, rel=1e-9)
    assert driver.session.state.view.class_index == 1
    assert offered(driver) == ("Choose classes", "")

    answer = driver.answer(lambda: undo(driver))
    assert offered(driver)[1] == "Choose classes"
    assert answer.losses[0].value == pytest.approx(of_shift(small_labels()), rel=1e-9)
    assert section.classes.currentText() == "each of the 2 ids"
    names = [driver.controls.classes.itemText(i) for i in range(driver.controls.classes.count())]
    assert names == ["background", "class 3", "class 7"]
    assert driver.controls.classes.currentIndex() == driver.session.state.view.class_index == 1
    assert len(driver.plots.widgets["classes"].terms("dice")) == 3
    assert driver.card_text("dice") == f"{of_shift(small_labels()):.4f}"
    np.testing.assert_array_equal(shown_truth(driver), EACH)
    assert driver.row("", "grow").classes.count() == 4  # all classes, and each of the three

    answer = driver.answer(lambda: redo(driver))
    assert answer.losses[0].value == pytest.approx(foreground, rel=1e-9)
    assert section.classes.currentText() == "all foreground as one"
    assert driver.controls.classes.count() == 2
    np.testing.assert_array_equal(shown_truth(driver), small_labels() > 0)


def test_patches_are_undone_wherever_one_looks(driver, boxes):
    section, whole = driver.controls.truth, of_shift(small_labels())
    opened(driver, lambda: driver.type(section.patch.lineEdit(), "3 x 8 x 12"))
    assert offered(driver) == ("Cut into patches of 3 × 8 × 12", "")
    driver.answer(lambda: driver.press(section.sample, DOWN))
    assert driver.session.state.view.sample == 1
    driver.answer(lambda: undo(driver))
    assert driver.card_text("dice") == f"{whole:.4f}"
    assert section.patch.currentText() == "whole volume"
    assert not section.sample.isVisible()
    np.testing.assert_array_equal(shown_truth(driver), EACH)
    driver.answer(lambda: driver.viewer.dims.set_current_step(0, 5))
    driver.answer(lambda: redo(driver))
    assert section.patch.currentText() == "3 × 8 × 12"
    assert section.sample.isVisible()
    np.testing.assert_array_equal(shown_truth(driver), EACH[:3])
    assert driver.session.state.view.plane == driver.canvas.plane == Plane(0, 2)


@pytest.mark.parametrize("extra", [False, True], ids=["same classes", "one class more"])
def test_a_given_prediction_is_undone(driver, boxes, tmp_path, extra):
    predicted = shifted(small_labels(), y=1)
    if extra:
        predicted[0, 0, 0] = 9
    path = tmp_path / "predicted.npy"
    np.save(path, predicted)
    before = driver.session.state.experiment
    answer = opened(driver, lambda: driver.files.opener.use_prediction(str(path)))
    classes = (0, 3, 7, 9) if extra else (0, 3, 7)
    of_file = dice_of(small_labels(), predicted, classes)
    assert answer.losses[0].value == pytest.approx(of_file, rel=1e-6)
    assert offered(driver) == ("Open prediction predicted.npy", "")
    title = driver.controls.prediction.title
    answer = driver.answer(lambda: undo(driver))
    assert driver.session.state.experiment == before
    assert answer.losses[0].value == pytest.approx(of_shift(small_labels()), rel=1e-9)
    assert title.text() == "PREDICTION · SIMULATED"
    assert driver.row("", "shift_x").isVisible()
    assert driver.row("", "shift_x").line.text() == "+0.5"
    answer = driver.answer(lambda: redo(driver))
    assert answer.losses[0].value == pytest.approx(of_file, rel=1e-6)
    assert title.text() == "PREDICTION · predicted.npy"


def test_curves_are_against_what_acts_on_the_prediction_that_an_undo_returns_to(
    driver, boxes, tmp_path
):
    path = tmp_path / "predicted.npy"
    np.save(path, shifted(small_labels(), y=1))
    opened(driver, lambda: driver.files.opener.use_prediction(str(path)))
    opened(driver, driver.action("Simulate the Prediction").trigger)
    assert offered(driver) == ("Simulate the prediction", "")
    driver.settle(lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    driver.settle(lambda: undo(driver, 2))
    assert driver.session.case.given is not None
    axis = driver.plots.widgets["response"].getPlotItem().getAxis("bottom")
    assert "shift" not in axis.labelText


def test_curves_are_against_one_number_where_an_undo_returns_to_one_for_each_class(driver, boxes):
    row = driver.row("", "grow")
    driver.press(row.classes, DOWN, 2)
    driver.settle(lambda: driver.type(row.line, "1"))
    assert driver.value("", "grow") == (0, 1, 0)
    driver.press(row.classes, Qt.Key.Key_Up, 2)
    driver.settle(lambda: driver.type(row.line, "2"))
    assert driver.value("", "grow") == 2
    driver.settle(lambda: undo(driver))
    assert driver.value("", "grow") == (0, 1, 0)
    assert row.line.text() == "mixed"
    assert "grow" not in driver.plots.widgets["response"].getPlotItem().getAxis("bottom").labelText


def test_another_file_begins_the_history_anew(driver, boxes, tmp_path):
    driver.press(driver.row("", "grow").slider, RIGHT, 2)
    undo(driver)
    assert all(offered(driver))
    driver.open(write_nifti(tmp_path / "others.nii.gz", small_labels(1)))
    assert offered(driver) == ("", "")
    state = driver.session.state
    undo(driver)
    redo(driver)
    assert driver.session.state == state
    driver.press(driver.row("", "grow").slider, RIGHT)
    driver.open(boxes)  # and so does the same file opened again
    assert offered(driver) == ("", "")


# What is no edit


def test_what_is_looked_at_is_no_edit(driver, boxes):
    opened(driver, lambda: driver.type(driver.controls.truth.patch.lineEdit(), "3 x 8 x 12"))
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
    for field in ("sample", "class_index", "wrt", "loss", "plane", "layout"):
        assert getattr(driver.session.state.view, field) != getattr(view, field), field
    assert offered(driver) == before
    driver.answer(lambda: redo(driver))
    assert driver.session.state.view.loss == "iou"
    assert driver.session.state.view.layout == "overlaid"
    assert offered(driver)[1] == ""


# Where the keys go


def test_the_entries_follow_without_the_menu_being_opened(driver, tmp_path):
    driver.open(write_nifti(tmp_path / "boxes.nii.gz", small_labels()))
    entry, other = entries(driver)
    assert [plain(e.text()) for e in (entry, other)] == ["Undo", "Redo"]
    assert not entry.isEnabled()
    assert not other.isEnabled()
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    assert plain(entry.text()) == "Undo Shift x 0 → +0.5 mm"
    assert entry.isEnabled()
    assert not other.isEnabled()
    entry.trigger()
    assert [plain(e.text()) for e in (entry, other)] == ["Undo", "Redo Shift x 0 → +0.5 mm"]
    assert [e.isEnabled() for e in (entry, other)] == [False, True]
    other.trigger()
    assert driver.value("", "shift_x") == 0.5


def test_the_palette_finds_undo(driver):
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    driver.shortcut("Ctrl+Shift+P")
    (palette,) = [p for p in driver.window.findChildren(CommandPalette) if p.isVisible()]
    QTest.keyClicks(palette.line, "undo")
    assert palette.list.item(0).text() == "Undo Shift x 0 → +0.781 mm"
    QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert driver.value("", "shift_x") == 0


def focused(driver):
    """Widgets of all kinds that take the focus and no text."""
    return {
        "slider": driver.row("", "grow").slider,
        "list": driver.controls.wrt,
        "card": driver.losses.cards["iou"],
        "switch": driver.expand("dice").rows["include_background"].switch,
        "canvas": driver.canvas.widget.canvas.native,
        "plots": driver.plots,
    }


@pytest.mark.parametrize("name", ["slider", "list", "card", "switch", "canvas", "plots"])
def test_the_keys_undo_wherever_the_focus_is(driver, name):
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    widget = focused(driver)[name]
    driver.press(widget, Qt.Key.Key_Z, modifier=control)
    assert driver.value("", "shift_x") == 0
    driver.press(widget, Qt.Key.Key_Z, modifier=control | shift)
    assert driver.value("", "shift_x") == VOXEL


def test_the_keys_undo_in_a_panel_that_floats(driver):
    driver.action("Float Controls").trigger()
    slider = driver.row("", "shift_x").slider
    dock = driver.panels.dock("controls")
    dock.activateWindow()
    driver.bot.waitUntil(lambda: QApplication.activeWindow() is dock)
    slider.setFocus()
    QTest.keyClick(slider, RIGHT)
    assert driver.value("", "shift_x") == VOXEL
    QTest.keyClick(slider, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert driver.value("", "shift_x") == 0


def test_in_a_field_the_keys_undo_what_is_typed_and_then_what_is_set(driver):
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    driver.press(driver.row("", "grow").slider, RIGHT)
    edit = driver.row("", "shift_x").line
    driver.type(edit, "3")
    driver.bot.waitUntil(driver.window.isActiveWindow)
    before, label = driver.session.state.experiment, offered(driver)[0]
    assert label == "Shift x 0 → +3 mm"
    driver.press(edit, Qt.Key.Key_End)
    QTest.keyClicks(edit, "55")
    assert edit.text() == "+355"
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert edit.text() == "+3"
    assert driver.session.state.experiment == before
    QTest.keyClick(edit, Qt.Key.Key_Z, control | shift)
    assert edit.text() == "+355"
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert (driver.session.state.experiment, offered(driver)[0]) == (before, label)
    # Nothing is typed any more: the keys are the window's.
    QTest.keyClick(edit, Qt.Key.Key_Z, control)
    assert driver.value("", "shift_x") == 0
    assert edit.text() == "0"
    QTest.keyClick(edit, Qt.Key.Key_Z, control | shift)
    assert driver.value("", "shift_x") == 3
    assert edit.text() == "+3"


def test_what_is_typed_wrong_stays_while_something_else_is_undone(driver):
    edit = driver.row("", "grow").line
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    driver.type(edit, "half")
    undo(driver)
    assert driver.value("", "shift_x") == 0
    assert edit.text() == "half"
    assert edit.property("problem") is True


# Starting, and haste


def test_there_is_nothing_to_undo_when_the_window_has_started(driver, monkeypatch, qapp, tmp_path):
    monkeypatch.setattr(main, "_report_exceptions", lambda _: None)
    window = main.make_window("dark", engine_bridge.engine_client(), SettingsStore())
    try:
        for name, value in main._START.items():
            window.context.session.set_control(name, value)
        path = write_nifti(tmp_path / "boxes.nii.gz", small_labels())
        driver.wait(window.context.files.opened, lambda: window.context.files.open([str(path)]))
        store = window.context.session.store
        assert (store.undo_label, store.redo_label) == ("", "")
        store.undo()
        assert window.context.session.state.experiment.controls["shift_x"] == 3.125
    finally:
        window.close()
        window.deleteLater()
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_undone_while_the_engine_computes_the_former_values_are_shown(driver):
    before, _ = answered(driver, lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))
    slider = driver.row("", "softness").slider
    for _ in range(3):
        driver.press(slider, RIGHT, 3)
        QTest.qWait(40)  # so that it is asked
    again, _ = answered(driver, lambda: undo(driver, 9))
    assert driver.value("", "softness") == 0
    assert_same(again, before)
    assert driver.card_text("dice") == f"{SHIFTED.value('dice'):.4f}"


@pytest.mark.slow
def test_after_fifty_quick_undos_and_redos_the_window_shows_what_evaluate_prints(driver):
    """Of eleven edits, the first five are left."""
    driver.press(driver.row("", "shift_x").slider, RIGHT, 6)
    driver.press(driver.row("", "grow").slider, RIGHT, 4)
    driver.type(driver.expand("tversky").rows["alpha"].line, "0.7")

    def haste():
        for number in range(50):
            (undo if number % 5 < 3 else redo)(driver)
        redo(driver, 50)
        undo(driver, 6)

    found, fields = settled(driver, haste)
    assert driver.value("", "shift_x") == 5 * VOXEL
    assert driver.value("", "grow") == 0
    assert fields["shift_x"] == ("+3.91", 5 * VOXEL)
    assert fields["tversky alpha"][0] == "0.3"
    printed = evaluated("sample:tumour", "--set", "shift_x=5vox")
    for loss in printed["losses"]:
        value = np.inf if loss["value"] is None else loss["value"]
        assert found["cards"][loss["name"]] == pytest.approx(value, rel=1e-9)
    redo(driver, 50)
    assert offered(driver) == ("Tversky α 0.3 → 0.7", "")
