"""Moving and typing: the numbers that follow."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.core.parameters import Choice, Flag, Number
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS
from tests.app.driver import EDGES, SHOWN, Closed, evaluated, shifted, tumour

LEFT, RIGHT, HOME, END = (
    getattr(Qt.Key, f"Key_{name}") for name in ("Left", "Right", "Home", "End")
)
ROWS = [("", control) for control in CONTROLS.values()] + [
    (name, parameter) for name in SHOWN for parameter in LOSSES[name].parameters
]


def rows_of(kind):
    of_kind = [(loss, parameter) for loss, parameter in ROWS if isinstance(parameter, kind)]
    ids = [f"{loss}-{parameter.name}" for loss, parameter in of_kind]
    return pytest.mark.parametrize(("loss", "parameter"), of_kind, ids=ids)


def answered_value(answer, loss, name):
    """The value with which the engine answered."""
    if not loss:
        return answer.question.controls[name]
    return next(result.parameters[name] for result in answer.losses if result.name == loss)


@pytest.mark.parametrize(
    ("name", "presses"),
    [
        pytest.param("shift_x", 1, marks=pytest.mark.slow),
        ("shift_x", 4),
        pytest.param("shift_z", 3, marks=pytest.mark.slow),
    ],
)
def test_a_key_press_shifts_by_exactly_one_voxel(driver, name, presses):
    edge = {"shift_x": 0.78125, "shift_z": 6.5}[name]
    driver.answer(lambda: driver.press(driver.row("", name).slider, RIGHT, presses))
    assert driver.value("", name) == presses * edge
    driver.answer(lambda: driver.press(driver.row("", name).slider, LEFT, 2 * presses))
    assert driver.value("", name) == -presses * edge


@pytest.mark.slow
def test_the_window_shows_what_evaluate_prints(driver):
    printed = evaluated("sample:tumour", "--set", "shift_x=1vox", "--weight", "cross_entropy=0")
    driver.press(driver.expand("cross_entropy").weight.slider, HOME)
    driver.answer(lambda: driver.press(driver.row("", "shift_x").slider, RIGHT))

    plots = driver.plots
    assert len(printed["losses"]) == len(driver.losses.cards)
    for loss in printed["losses"]:
        value = np.inf if loss["value"] is None else loss["value"]
        assert plots.widgets["history"].series(loss["name"])[-1] == pytest.approx(value, rel=1e-9)
        text = "∞" if loss["value"] is None else f"{value:.4f}"
        assert driver.card_text(loss["name"]) == text
        bars = [term for term in plots.widgets["classes"].terms(loss["name"]) if np.isfinite(term)]
        terms = [term for term in loss["per_class"].values() if term is not None]
        assert bars == pytest.approx(terms, rel=1e-9)
    assert plots.widgets["history"].series("total")[-1] == pytest.approx(printed["total"], rel=1e-9)
    assert driver.losses.total.value.text() == f"{printed['total']:.4f}"


def test_parameters_and_weights_by_key_change_value_and_total(driver):
    closed = Closed(shifted(tumour(), x=1))
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    driver.press(driver.expand("cross_entropy").weight.slider, HOME)
    answer = driver.answer(
        lambda: driver.press(driver.expand("tversky").rows["alpha"].slider, RIGHT, 10)
    )
    values = {
        "dice": closed.value("dice"),
        "generalized_dice": closed.value("generalized_dice"),
        "tversky": closed.value("tversky", alpha=0.3 + 10 * 0.02),
        "iou": closed.value("iou"),
    }
    for name, value in values.items():
        assert driver.card_text(name) == f"{value:.4f}"
        assert driver.plots.widgets["history"].series(name)[-1] == pytest.approx(value, rel=1e-6)
    assert answer.total == pytest.approx(sum(values.values()), rel=1e-6)

    driver.answer(lambda: driver.press(driver.expand("dice").weight.slider, RIGHT, 25))
    heavier = sum(values.values()) + 25 * 0.02 * values["dice"]
    assert driver.losses.total.value.text() == f"{heavier:.4f}"
    assert driver.plots.widgets["history"].series("total")[-1] == pytest.approx(heavier, rel=1e-6)


def after_one_step(number):
    """Where a key press takes a number from its default: a voxel, a hundredth or a tenth decade."""
    if number.scale == "linear":
        low, high = number.slider or (number.low, number.high)
        step = EDGES["zyx".index(number.axis)] if number.axis else (high - low) / 100
        return number.default + (max(1, round(step)) if number.whole else step)
    size = number.default if number.scale == "log" else 1 - number.default
    size = size * 10**0.1 if size else number.smallest
    return size if number.scale == "log" else 1 - size


@pytest.mark.slow
@rows_of(Number)
def test_every_slider_sets_its_value_by_a_key(driver, loss, parameter):
    if loss:
        driver.expand(loss)
    row = driver.row(loss, parameter.name)
    answer = driver.answer(lambda: driver.press(row.slider, RIGHT))
    expected = after_one_step(parameter)
    assert driver.value(loss, parameter.name) == pytest.approx(expected, rel=1e-12)
    assert answered_value(answer, loss, parameter.name) == driver.value(loss, parameter.name)
    shown = 1 - expected if parameter.scale == "log-complement" else expected
    assert float(row.line.text().replace("−", "-")) == pytest.approx(shown, rel=5e-3)
    driver.press(row.slider, LEFT)
    assert driver.value(loss, parameter.name) == pytest.approx(parameter.default, rel=1e-12)


@pytest.mark.parametrize("name", SHOWN)
def test_every_weight_is_set_by_a_key(driver, name):
    answer = driver.answer(lambda: driver.press(driver.expand(name).weight.slider, RIGHT, 5))
    assert next(r.weight for r in answer.losses if r.name == name) == pytest.approx(1.1)
    driver.answer(lambda: driver.press(driver.expand(name).weight.slider, END))
    assert driver.session.state.experiment.setting(name).weight == 2


@pytest.mark.parametrize(
    ("loss", "name", "text", "value"),
    [
        ("", "shift_x", "2vox", 1.5625),
        pytest.param("", "shift_z", "-1 vox", -6.5, marks=pytest.mark.slow),
        ("", "shift_y", "−3.5", -3.5),
        pytest.param("", "grow", "1vox", 0.78125, marks=pytest.mark.slow),
        pytest.param("", "shift_x", "1.5 mm", 1.5, marks=pytest.mark.slow),
        ("", "softness", "1e-3", 0.001),
        pytest.param("", "confidence", "1e-3", 0.999, marks=pytest.mark.slow),
        pytest.param("", "shift_x", "700", 700.0, marks=pytest.mark.slow),
        pytest.param("dice", "smooth", "1e-5", 1e-5, marks=pytest.mark.slow),
        ("tversky", "beta", "3", 3.0),
        pytest.param("iou", "eps", "0.25", 0.25, marks=pytest.mark.slow),
    ],
)
def test_a_number_can_be_typed(driver, loss, name, text, value):
    if loss:
        driver.expand(loss)
    row = driver.row(loss, name)
    answer = driver.answer(lambda: driver.type(row.line, text))
    assert answered_value(answer, loss, name) == driver.value(loss, name) == pytest.approx(value)
    assert not row.line.property("problem")


@pytest.mark.parametrize(
    ("loss", "name", "text", "reason"),
    [
        ("", "shift_x", "nonsense", "must be a length such as 2mm, 1vox or 2, not 'nonsense'"),
        pytest.param("", "shift_x", "", "must be a length", marks=pytest.mark.slow),
        pytest.param("", "shift_x", "1001", "between -1000 and 1000 mm", marks=pytest.mark.slow),
        ("", "softness", "-1", "between 0 and 1000 mm"),
        pytest.param("", "softness", "nan", "between 0 and 1000 mm", marks=pytest.mark.slow),
        ("", "confidence", "0.7", "1 − confidence = 0.7 is out of range"),
        pytest.param(
            "",
            "confidence",
            "much",
            "1 − confidence must be a number, not 'much'",
            marks=pytest.mark.slow,
        ),
        ("tversky", "alpha", "-0.1", "between 0 and 100"),
        pytest.param(
            "tversky", "alpha", "1 mm", "must be a number, not '1 mm'", marks=pytest.mark.slow
        ),
        pytest.param("dice", "smooth", "1e10", "between 0 and 1e+09", marks=pytest.mark.slow),
    ],
)
def test_what_is_typed_wrong_is_marked_and_changes_nothing(driver, loss, name, text, reason):
    if loss:
        driver.expand(loss)
    row, before = driver.row(loss, name), driver.session.state
    driver.type(row.line, text)
    assert row.line.property("problem") is True
    assert reason in row.line.toolTip()
    assert driver.session.state == before
    driver.answer(lambda: driver.type(row.line, "0.25"))
    assert row.line.property("problem") is False
    assert reason not in row.line.toolTip()


def test_enter_in_a_field_does_not_choose_its_card(driver):
    field = driver.expand("tversky").rows["beta"].line
    driver.answer(lambda: driver.type(field, "0.5"))
    assert driver.session.state.view.loss == "dice"


def test_leaving_a_field_as_it_was_keeps_what_its_text_rounds(driver):
    row = driver.row("", "shift_y")
    driver.answer(lambda: driver.type(row.line, "1.23456"))
    driver.press(row.line, Qt.Key.Key_Return)
    driver.press(row.slider, Qt.Key.Key_Shift)  # the focus leaves the field, too
    assert driver.value("", "shift_y") == 1.23456


@pytest.mark.slow
@rows_of(Choice)
def test_every_choice_is_made_by_a_key(driver, loss, parameter):
    if loss:
        driver.expand(loss)
    place = parameter.options.index(parameter.default)
    key, other = (Qt.Key.Key_Down, place + 1) if place == 0 else (Qt.Key.Key_Up, place - 1)
    row = driver.row(loss, parameter.name)
    answer = driver.answer(lambda: driver.press(row.options, key))
    assert driver.value(loss, parameter.name) == parameter.options[other]
    assert answered_value(answer, loss, parameter.name) == parameter.options[other]


@rows_of(Flag)
def test_every_switch_is_switched_by_mouse_and_key(driver, loss, parameter):
    driver.expand(loss)
    switch = driver.row(loss, parameter.name).switch
    answer = driver.answer(lambda: driver.click(switch))
    assert driver.value(loss, parameter.name) is (not parameter.default)
    assert answered_value(answer, loss, parameter.name) is (not parameter.default)
    driver.answer(lambda: driver.press(switch, Qt.Key.Key_Space))
    assert driver.value(loss, parameter.name) is parameter.default


def test_without_the_background_the_value_is_the_tumour_s_term(driver):
    driver.press(driver.row("", "shift_x").slider, RIGHT)
    background, foreground = Closed(shifted(tumour(), x=1)).terms("dice")
    driver.answer(lambda: driver.click(driver.expand("dice").rows["include_background"].switch))
    assert driver.card_text("dice") == f"{foreground:.4f}" != f"{background:.4f}"
    left_out, kept = driver.plots.widgets["classes"].terms("dice")
    assert np.isnan(left_out)
    assert kept == pytest.approx(foreground, rel=1e-6)


def test_a_handle_is_dragged_to_its_end(driver):
    slider = driver.row("", "shift_x").slider
    handle = slider.rect().center()  # 0 lies in the middle of −20 … 20
    beyond = QPoint(slider.width() + 40, handle.y())

    def drag():
        QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=handle)
        QTest.mouseMove(slider, beyond)
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=beyond)

    driver.answer(drag)
    assert driver.value("", "shift_x") == 20


def test_the_wheel_scrolls_the_panel_and_moves_no_value(driver):
    before = driver.session.state
    watched = [
        driver.row("", "grow").slider, driver.controls.wrt, driver.controls.classes,
        driver.row("dice", "form").options,
    ]  # fmt: skip
    for widget in watched:
        centre = QPointF(widget.rect().center())
        turned = QWheelEvent(
            centre, widget.mapToGlobal(centre), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, turned)
    assert driver.session.state == before


def test_reset_makes_the_prediction_the_truth(driver):
    driver.answer(lambda: driver.type(driver.row("", "grow").line, "2"))
    assert float(driver.card_text("dice")) > 0
    driver.answer(driver.action("Reset: the prediction is the truth").trigger)
    assert driver.card_text("dice") == "0.0000"
    assert driver.row("", "grow").line.text() == "0"
