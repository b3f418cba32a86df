"""What is typed into fields and done to knobs: taken, or refused with a reason and put back."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLineEdit, QStyle, QStyleOptionSlider, QToolButton, QToolTip

from lossexplorer.app.widgets.rows import row_for
from lossexplorer.core.parameters import Number
from lossexplorer.losses import LOSSES
from tests.app.driver import SHOWN

ENTER, ESC, TAB = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab


def type_into(driver, field, text):
    driver.press(field, Qt.Key.Key_A, modifier=Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("-3,5", -3.5), ("2 voxels", 2 * 0.78125), ("2 vox", 2 * 0.78125), ("1 voxel", 0.78125)],
)
def test_a_length_is_taken_as_people_type_it(driver, text, value):
    row = driver.row(None, "shift_x")
    driver.answer(lambda: driver.type(row.line, text))
    assert driver.value(None, "shift_x") == pytest.approx(value)
    assert row.line.property("problem") is not True


def test_what_is_wrong_is_said_and_put_back_by_esc(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", 3.0))
    row = driver.row(None, "shift_x")
    type_into(driver, row.line, "three")
    QTest.keyClick(row.line, ENTER)
    assert row.line.text() == "three"
    assert row.line.property("problem") is True
    assert "'three'" in row.line.toolTip()
    assert "'three'" in QToolTip.text()
    QTest.keyClick(row.line, ESC)
    assert row.line.text() == "+3"
    assert row.line.property("problem") is False
    driver.bot.waitUntil(lambda: not QToolTip.isVisible())
    assert driver.value(None, "shift_x") == 3.0


@pytest.mark.parametrize("text", ["", "three", "1,000", "1e9"])
def test_what_is_wrong_is_put_back_on_leaving(driver, text):
    driver.answer(lambda: driver.session.set_control("shift_x", 3.0))
    row = driver.row(None, "shift_x")
    type_into(driver, row.line, text)
    if not text:
        QTest.keyClick(row.line, Qt.Key.Key_Delete)
    QTest.keyClick(row.line, TAB)
    assert not row.line.hasFocus()
    assert row.line.text() == "+3"
    assert row.line.property("problem") is False
    assert QToolTip.text().startswith("Shift x ")  # the reason, with the name that is on screen
    assert driver.value(None, "shift_x") == 3.0


def test_a_negative_length_is_negative_in_voxels_too(driver):
    row = driver.row(None, "shift_x")
    driver.answer(lambda: driver.type(row.line, "-2 vox"))
    assert "mm · −2 vox" in driver.texts(row)


def test_a_patch_that_is_wrong_is_put_back(driver):
    field = driver.controls.truth.patch.lineEdit()
    for leave in (ESC, TAB):
        type_into(driver, field, "8x64")
        QTest.keyClick(field, ENTER)
        assert "8x64" in driver.controls.truth.patch.toolTip()
        QTest.keyClick(field, leave)
        assert field.text() == "whole volume"
        assert driver.controls.truth.patch.property("problem") is False


def test_weights_for_another_number_of_classes_are_refused_and_never_act(driver):
    row = driver.row("dice", "class_weights")
    driver.expand("dice")
    before = driver.card_text("dice")
    driver.type(row.line, "1:2:5")
    assert row.options.property("problem") is True
    assert "3 numbers" in row.options.toolTip()
    assert driver.value("dice", "class_weights") == "none"
    assert driver.card_text("dice") == before
    QTest.keyClick(row.line, TAB)
    assert row.line.text() == "none"


def test_weights_give_way_where_the_number_of_classes_is_another_one(driver):
    driver.answer(lambda: driver.session.set_parameter("dice", "class_weights", (1.0, 2.0)))
    driver.answer(lambda: driver.session.set_parameter("dice", "include_background", False))
    assert driver.value("dice", "class_weights") == "none"
    driver.answer(driver.session.store.undo)
    assert driver.value("dice", "class_weights") == (1.0, 2.0)


@pytest.mark.parametrize("loss", SHOWN)
def test_every_parameter_of_a_loss_has_a_reset(driver, loss):
    card = driver.expand(loss)
    for parameter in LOSSES[loss].parameters:
        row = card.rows[parameter.name]
        (reset,) = [b for b in row.findChildren(QToolButton) if "Reset" in b.accessibleName()]
        assert reset.isHidden()
        other = _another(parameter)
        driver.session.set_parameter(loss, parameter.name, other)
        assert reset.isVisible()
        driver.click(reset)
        assert driver.value(loss, parameter.name) == parameter.default
        assert reset.isHidden()
    driver.session.set_weight(loss, 0.5)
    (reset,) = [b for b in card.weight.findChildren(QToolButton) if "Reset" in b.accessibleName()]
    driver.click(reset)
    assert driver.session.state.experiment.setting(loss).weight == 1.0


def _another(parameter):
    """An allowed value that is not the default, of a loss with two classes."""
    if isinstance(parameter, Number):
        low, high = parameter.span
        return high if parameter.default != high else low
    if hasattr(parameter, "options"):
        return next(option for option in parameter.options if option != parameter.default)
    if isinstance(parameter.default, bool):
        return not parameter.default
    if 0 in parameter.dimensions:
        return 0.5
    return ((0.0, 0.5), (0.5, 0.0)) if parameter.dimensions == (2,) else (0.5, 0.75)


@pytest.mark.parametrize("off", range(-6, 7, 2))
def test_a_knob_that_is_only_clicked_does_not_move(qtbot, off):
    number = Number(name="a", title="A", meaning="…", default=0.3, low=0.0, high=1.0)
    row, chosen = row_for(number), []
    row.changed.connect(chosen.append)
    qtbot.addWidget(row)
    row.resize(260, 50)
    with qtbot.waitExposed(row):
        row.show()
    slider, at_rest = row.slider, row.slider.value()
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    place = handle.center() + QPoint(off, 0)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(slider, place + QPoint(1, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=place)
    assert chosen == []
    assert slider.value() == at_rest
    assert row.findChild(QLineEdit).text() == "0.3"
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(slider, place + QPoint(40, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=place + QPoint(40, 0))
    assert chosen
    assert chosen[-1] > 0.3
