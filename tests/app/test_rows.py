"""A row for each parameter of each loss in the catalogue, without an engine."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFrame, QLabel, QLineEdit, QVBoxLayout

from lossexplorer.app.theme import PALETTES, style_sheet
from lossexplorer.app.widgets.rows import row_for
from lossexplorer.core.parameters import Choice, Flag, Number, NumberArray
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import CONTROLS
from tests.app.test_appearance import pixels

PARAMETERS = [(loss.name, parameter) for loss in LOSSES.values() for parameter in loss.parameters]
WEIGHTS = NumberArray(
    name="class_weights",
    title="Class weights",
    meaning="What each class counts.",
    default="none",
    rules=("none", "inverse"),
    dimensions=(1, 2),
)


@pytest.fixture
def make_row(qtbot):
    """A row that is shown, and what it said that the user chose."""

    def make(parameter):
        row, chosen = row_for(parameter), []
        row.changed.connect(chosen.append)
        qtbot.addWidget(row)
        with qtbot.waitActive(row):  # else keys may be shortcuts of a window beside it
            row.show()
            row.activateWindow()
        return row, chosen

    return make


def test_a_line_that_just_fits_its_text_shows_it_from_the_first_letter_on(qtbot):
    """The cursor behind the text had "none" lose half its n, after typing and after undo."""
    parameter = next(p for p in LOSSES["dice"].parameters if p.name == "class_weights")
    card = QFrame()
    card.setObjectName("card")
    qtbot.addWidget(card)
    row, other = row_for(parameter), QLineEdit()
    column = QVBoxLayout(card)
    column.addWidget(row)
    column.addWidget(other)
    card.setStyleSheet(style_sheet(PALETTES["dark"]))
    card.resize(290, 100)
    with qtbot.waitActive(card):
        card.show()
        card.activateWindow()

    def shown():
        other.setFocus(Qt.FocusReason.TabFocusReason)
        return pixels(row.options.grab().toImage())

    before = shown()
    assert (before != before[0, 0]).any()
    row.line.setFocus()
    type_over(row.line, "1:2:3")
    row.refuse("one for each class")
    QTest.keyClick(row.line, Qt.Key.Key_Escape)
    assert (row.line.selectedText(), row.line.cursorPosition()) == ("none", 0)
    np.testing.assert_array_equal(shown(), before)
    row.set_value((1.0, 2.0))
    shown()
    row.set_value("none")
    np.testing.assert_array_equal(shown(), before)


def type_over(edit: QLineEdit, text: str) -> None:
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def numbers_for(parameter):
    """A text that is right for a `Numbers`, and its value."""
    one = min(parameter.high, 0.5)
    if 0 in parameter.dimensions:
        return f"{one:g}", one
    if 1 in parameter.dimensions:
        return f"{one:g}:{one:g}", (one, one)
    return f"0:{one:g}/{one:g}:0", ((0.0, one), (one, 0.0))


@pytest.mark.parametrize(
    ("loss", "parameter"), PARAMETERS, ids=[f"{loss}-{p.name}" for loss, p in PARAMETERS]
)
def test_every_parameter_is_shown_and_set(make_row, loss, parameter):
    row, chosen = make_row(parameter)
    assert parameter.title in [label.text() for label in row.findChildren(QLabel)]
    assert parameter.meaning in row.toolTip()
    if isinstance(parameter, Number):
        QTest.keyClick(row.slider, Qt.Key.Key_Right)
        QTest.keyClick(row.slider, Qt.Key.Key_Left)
        assert len(chosen) == 2
        assert chosen[1] == pytest.approx(parameter.default, rel=1e-9)
    elif isinstance(parameter, Choice):
        key = Qt.Key.Key_Up if parameter.default == parameter.options[-1] else Qt.Key.Key_Down
        QTest.keyClick(row.options, key)
        assert len(chosen) == 1
    elif isinstance(parameter, Flag):
        QTest.keyClick(row.switch, Qt.Key.Key_Space)
        assert chosen == [not parameter.default]
    else:
        text, value = numbers_for(parameter)
        type_over(row.line, text)
        assert chosen == [value]
    assert [parameter.check(value) for value in chosen] == chosen


def test_a_field_for_numbers_lists_its_rules_and_shows_its_value(make_row):
    row, chosen = make_row(WEIGHTS)
    assert [row.options.itemText(i) for i in range(row.options.count())] == ["none", "inverse"]
    assert row.line.text() == "none"
    row.set_value((1.0, 2.5))
    assert row.line.text() == "1:2.5"
    row.set_value(((0.0, 1.0), (1.0, 0.0)))
    assert row.line.text() == "0:1/1:0"
    assert chosen == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1:2:5", (1.0, 2.0, 5.0)),
        (" 0.5 : 2 ", (0.5, 2.0)),
        ("0:1/1:0", ((0.0, 1.0), (1.0, 0.0))),
        ("inverse", "inverse"),
    ],
)
def test_numbers_and_rules_are_typed(make_row, text, value):
    row, chosen = make_row(WEIGHTS)
    type_over(row.line, text)
    assert chosen == [value]
    assert row.line.text() == WEIGHTS.text(value)
    assert row.options.property("problem") is False


def test_a_rule_is_chosen_from_the_list_by_key(make_row):
    row, chosen = make_row(WEIGHTS)
    QTest.keyClick(row.options, Qt.Key.Key_Down)
    assert chosen == ["inverse"]
    QTest.keyClick(row.options, Qt.Key.Key_Up)
    assert chosen == ["inverse", "none"]


EVERY = {
    f"{owner}.{parameter.name}": parameter
    for owner, parameters in {
        "prediction": CONTROLS.values(),
        **{name: loss.parameters for name, loss in LOSSES.items()},
    }.items()
    for parameter in parameters
    if isinstance(parameter, Number | NumberArray)
}


@pytest.mark.parametrize("parameter", EVERY.values(), ids=EVERY)
def test_what_is_wrong_with_a_text_begins_with_the_title_of_the_row(make_row, parameter):
    """`shift_y` is the name in files and commands; the row is called Shift y."""
    row, _ = make_row(parameter)
    type_over(row.line, "much")
    marked = row.options if isinstance(parameter, NumberArray) else row.line
    assert marked.toolTip().startswith(f"{parameter.title} must be ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nun", "must be none or inverse or numbers such as 1:2:5 or a table such as 0:1/1:0"),
        ("", "must be none or inverse"),
        ("1:-2", "must lie between 0 and 1e+12"),
        ("1:x", "not '1:x'"),
        ("1:2/3", "must be a square table"),
    ],
)
def test_a_wrong_text_is_marked_and_leaves_the_value(make_row, text, reason):
    row, chosen = make_row(WEIGHTS)
    type_over(row.line, text)
    assert row.options.property("problem") is True
    assert reason in row.options.toolTip()
    assert chosen == []
    type_over(row.line, "none")
    assert row.options.property("problem") is False
    assert row.options.toolTip() == WEIGHTS.meaning
    assert chosen == []


def test_a_switch_ends_where_the_other_rows_end(make_row):
    """superqt leaves room for a text beside it."""
    row, _ = make_row(next(p for _, p in PARAMETERS if isinstance(p, Flag)))
    seen = pixels(row.grab().toImage()).astype(int)
    column = row.switch.geometry().right() + 1
    ground = seen[1, 1]
    drawn = np.flatnonzero((np.abs(seen[:, :column] - ground).max(axis=2) > 30).any(axis=0))
    assert column - drawn.max() <= 4
