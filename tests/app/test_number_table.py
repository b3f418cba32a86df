"""Tables under a hand: sorted by a click on a header, searched by typing, copied."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.theme import DARK, style_sheet
from lossexplorer.app.widgets.number_table import NumberTable, TableCell

ROWS = [("Dice", "0.5"), ("IoU", "−3e-5"), ("Focal", "NaN"), ("Tversky", "1,200"), ("dead", "–")]


@pytest.fixture
def table(qapp, qtbot):
    made = NumberTable("values")
    qtbot.addWidget(made)
    made.resize(400, 200)
    with qtbot.waitExposed(made):
        made.show()
    show(made, ROWS)
    return made


def show(table, rows):
    cells = [tuple(map(TableCell, row)) for row in rows]
    table.show_cells([TableCell("loss"), TableCell("value")], cells)


def names(table):
    return [row[0] for row in table.texts()[1:]]


def click_header(table, column):
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_header_sorts_up_down_and_not_and_what_is_no_number_stays_below(table):
    given = [row[0] for row in ROWS]
    click_header(table, 1)
    assert names(table) == ["IoU", "Dice", "Tversky", "Focal", "dead"]
    assert [table.shown_row(place) for place in range(3)] == [1, 0, 3]
    click_header(table, 1)
    assert names(table)[:3] == ["Tversky", "Dice", "IoU"]
    assert set(names(table)[3:]) == {"Focal", "dead"}
    click_header(table, 1)
    assert names(table) == given
    click_header(table, 0)
    assert names(table) == sorted(given, key=str.casefold)


def test_new_numbers_are_sorted_as_those_before(table):
    click_header(table, 1)
    show(table, [("Dice", "2"), ("IoU", "3"), ("Focal", "1")])
    assert names(table) == ["Focal", "Dice", "IoU"]


@pytest.mark.parametrize("width", [150, 260, 800])
def test_no_number_is_cut_off_be_it_in_sight_or_not(table, width):
    table.setStyleSheet(style_sheet(DARK))  # whose font is another one
    table.resize(width, 100)
    rows = [(f"row {nth}", "0.5", "1") for nth in range(60)]
    rows[-1] = ("row 60", "−123,456.7890 ↑", "0.50, 0.30, 0.25")
    cells = [[TableCell(text, is_bold=True) for text in row] for row in rows]
    table.show_cells([TableCell("row"), TableCell("a"), TableCell("b")], cells)
    table.scrollToBottom()
    last = [table.model().index(len(rows) - 1, column) for column in range(3)]
    for index in last:
        assert table.columnWidth(index.column()) >= table.sizeHintForIndex(index).width()


def test_typing_searches_and_escape_ends_it(table):
    table.setFocus()
    QTest.keyClicks(table, "d")
    QTest.keyClicks(table.search, "e")
    assert table.search.text() == "de"
    assert names(table) == ["dead"]
    assert not table.search.geometry().intersects(table.viewport().geometry())  # hides no row
    QTest.keyClick(table.search, Qt.Key.Key_Escape)
    assert len(names(table)) == len(ROWS)
    assert table.search.isHidden()


def test_what_is_selected_is_copied_and_else_everything(table):
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().splitlines()[:2] == ["loss\tvalue", "Dice\t0.5"]
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "IoU\t−3e-5"


def test_what_a_search_found_is_copied_while_it_has_the_focus(table):
    table.setFocus()
    QTest.keyClicks(table, "d")
    QTest.keyClicks(table.search, "e")
    QTest.keyClick(table.search, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    found = [line.split("\t")[0] for line in QApplication.clipboard().text().splitlines()]
    assert found == ["loss", "dead"]
    table.search.selectAll()
    QTest.keyClick(table.search, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "de"
