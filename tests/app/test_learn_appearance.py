"""Learn: nothing is clipped, everything has a name, and both themes are legible."""

from itertools import groupby

import pytest
from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtGui import QFontInfo
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from lossexplorer.app.network import output_color
from lossexplorer.app.scenarios.opening import open_scenario
from lossexplorer.app.theme import DARK, PALETTES, style_sheet
from lossexplorer.app.widgets.number_table import NumberTable, TableCell
from lossexplorer.documents.scenario_list import scenario_named
from lossexplorer.session.setup_editor import SetupEditor
from tests.app.driver import clipped

SIZES = [(1600, 1000), (1280, 720)]
CONTROLS = (QAbstractButton, QAbstractSlider, QComboBox, QTableView)


def lay_out(learner):
    QApplication.processEvents()
    learner.window.grab()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_in_the_panels_is_clipped(learner, size):
    learner.resize(*size)
    editor = SetupEditor(learner.session)
    editor.set_field("training", "optimizer", "momentum")
    editor.set_patch((100, 512, 512))
    editor.set_weight("y2", -1234.5)
    editor.add_output()
    editor.set_method("dwa", "Dynamic weight averaging")
    learner.rest()
    learner.train_steps(1)
    for section in (learner.training.data.input, learner.training.model.layers):
        section.open()
    lay_out(learner)
    assert learner.window.width() == size[0]
    assert clipped(learner.training) == []
    assert clipped(learner.outputs) == []
    for panel in (learner.training, learner.outputs):  # else its right end is out of sight
        assert panel.widget().width() == panel.viewport().width()
    for section in (learner.training.data.input, learner.training.model.layers):
        section.button.setChecked(False)


def test_a_wide_total_shortens_its_title_and_not_the_panel(learner):
    SetupEditor(learner.session).set_weight("y2", -999_999.5)
    learner.rest()
    learner.train_steps(1)
    lay_out(learner)
    total, viewport = learner.outputs.total, learner.outputs.viewport()
    assert learner.outputs.widget().width() == viewport.width()
    right = total.value.mapTo(viewport, total.value.rect().bottomRight()).x()
    assert total.value.sizeHint().width() <= total.value.width()
    assert right < viewport.width()
    assert total.title.toolTip() == total.title.text() == "Total λ₁L₁ + λ₂L₂"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_canvas_keeps_room_for_its_maps(learner, size):
    learner.resize(*size)
    learner.panels.reset()
    lay_out(learner)
    assert learner.window.stage.height() > 0.2 * size[1]
    assert learner.network.height() > 0.2 * size[1]
    assert learner.curves.height() > 0.3 * size[1]


def test_every_control_has_a_name(learner):
    nameless = []
    seen = 0
    panels = (learner.training, learner.outputs, learner.curves, learner.network)
    for panel in panels:
        for widget in panel.findChildren(QWidget):
            if isinstance(widget, CONTROLS) and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                seen += 1
                text = widget.text() if isinstance(widget, QAbstractButton) else ""
                if not (widget.accessibleName() or any(map(str.isalnum, text))):
                    nameless.append((type(widget).__name__, widget.toolTip()))
    assert nameless == []
    assert seen > 40


@pytest.mark.parametrize("key", [None, Qt.Key.Key_Down, Qt.Key.Key_End], ids=str)
def test_a_table_with_too_little_room_shows_whole_rows(qtbot, key):
    table = NumberTable("numbers")
    qtbot.addWidget(table)
    # A full block in each row: what is seen of it tells how much of the row is drawn.
    table.show_cells([TableCell("name")], [[TableCell("█")] for _ in range(9)])
    table.resize(200, 60)
    with qtbot.waitExposed(table):
        table.show()
    heights = set()
    for height in range(80, 101):  # with room for a part of a row, and for none
        table.resize(200, height)
        if key is not None:
            table.setCurrentIndex(table.model().index(3, 0))
            QTest.keyClick(table, key, Qt.KeyboardModifier.ControlModifier)
        table.clearSelection()
        table.setCurrentIndex(QModelIndex())
        QApplication.processEvents()
        seen = blocks(table.viewport().grab().toImage())
        heights.update(seen)
        assert len(seen) == table.viewport().height() // 20
    assert len(heights) == 1


@pytest.fixture
def wide_table(qtbot):
    """A table that scrolls both ways, in the program's style."""
    table = NumberTable("numbers")
    table.setStyleSheet(style_sheet(DARK))
    qtbot.addWidget(table)
    cells = [TableCell("█"), *(TableCell("█" * 9) for _ in range(9))]
    table.show_cells(cells, [cells] * 20)
    table.resize(300, 200)
    with qtbot.waitExposed(table):
        table.show()
    return table


def test_headings_and_numbers_have_the_same_edges(wide_table):
    def edges(image):
        ground = image.pixel(0, image.height() - 1)
        return [
            any(image.pixel(x, y) != ground for y in range(image.height()))
            for x in range(image.width())
        ]

    heading = edges(wide_table.horizontalHeader().viewport().grab().toImage())
    numbers = edges(wide_table.viewport().grab().toImage())
    assert heading == numbers
    assert any(numbers)


def test_nothing_is_drawn_between_the_scroll_bars(wide_table):
    across, down = wide_table.horizontalScrollBar(), wide_table.verticalScrollBar()
    assert across.isVisible()
    assert down.isVisible()
    shown = wide_table.grab().toImage()
    size = wide_table.size()
    corner = {
        shown.pixel(x, y)
        for x in range(size.width() - down.width(), size.width())
        for y in range(size.height() - across.height(), size.height())
    }
    assert len(corner) == 1


def blocks(image):
    """The heights of what stands out from the background, from top to bottom."""
    ground = image.pixel(image.width() - 1, 0)
    columns = range(image.width() // 2)
    rows = [any(image.pixel(x, y) != ground for x in columns) for y in range(image.height())]
    return [len(list(run)) for is_drawn, run in groupby(rows) if is_drawn]


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_texts_are_large_enough_and_stand_out(learner, theme):
    learner.action(theme).trigger()
    learner.rest()
    for kind in (QLabel, QLineEdit, QAbstractButton, QComboBox):
        for widget in learner.window.findChildren(kind):
            if widget.isVisible():
                assert QFontInfo(widget.font()).pixelSize() >= 11, widget
    palette = PALETTES[theme.lower()]
    for place in range(5):
        # WCAG 2.2: at least 3 : 1 for large or bold texts and for what is drawn.
        assert contrast(output_color(place, palette), palette.raised) >= 3


def contrast(one, other):
    """The contrast of two colours (WCAG 2.2, relative luminance)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(color):
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_theme_changes_cards_tables_and_curves(learner):
    def colors():
        cells = learner.table("layers").cells
        dot = learner.outputs.cards["y1"]._dot.styleSheet()
        return cells[0][1].color, dot

    dark = colors()
    learner.action("Light").trigger()
    learner.rest()
    light = colors()
    assert light[0] == output_color(0, PALETTES["light"]) != dark[0]
    assert light[0] in light[1]


def test_a_lower_window_leaves_the_canvas_its_room_and_gives_it_back(learner):
    """From 1000 to 720 pixels the panels kept their heights, and 75 pixels were left."""
    learner.resize(1280, 1000)
    learner.panels.reset()
    lay_out(learner)
    middle = learner.window.centralWidget()
    panels = [learner.panels.dock(name) for name in ("network", "run_plots")]
    before = [dock.height() for dock in panels]
    assert middle.height() >= 260
    learner.resize(1280, 720)
    learner.bot.waitUntil(lambda: middle.height() == 260)
    assert all(dock.height() >= 120 for dock in panels)
    learner.resize(1280, 1000)
    learner.bot.waitUntil(lambda: [dock.height() for dock in panels] == before)


def test_a_canvas_that_was_made_small_by_hand_stays_small_in_a_lower_window(learner):
    learner.resize(1280, 1000)
    learner.panels.reset()
    lay_out(learner)
    middle, plots = learner.window.centralWidget(), learner.panels.dock("run_plots")
    wanted = plots.height() + middle.height() - 180
    learner.window.resizeDocks([plots], [wanted], Qt.Orientation.Vertical)
    learner.bot.waitUntil(lambda: middle.height() == 180)
    lay_out(learner)
    learner.resize(1280, 800)
    learner.bot.waitUntil(lambda: plots.height() == wanted - 200)
    assert middle.height() == 180


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_scenario_is_read_whole_beside_its_maps_until_it_is_dismissed(learner, size):
    learner.resize(*size)
    learner.panels.reset()
    lay_out(learner)
    window, plots = learner.window, learner.panels.dock("run_plots")
    before = window.stage.height(), plots.height()
    with learner.bot.waitSignal(window.context.sessions.opened):
        open_scenario(window.context, scenario_named("L1").document)
    learner.rest()
    messages = window.messages
    learner.bot.waitUntil(lambda: messages.height() == messages.heightForWidth(messages.width()))
    assert window.height() == size[1]
    learner.bot.waitUntil(lambda: window.stage.height() >= 0.8 * min(before[0], 260))
    assert plots.height() < before[1]
    messages.inform("A shorter message.")
    learner.bot.waitUntil(lambda: plots.height() < before[1] <= plots.height() + 60)
    dismiss = next(b for b in messages.findChildren(QPushButton) if b.text() == "Dismiss")
    learner.click(dismiss)
    learner.bot.waitUntil(lambda: (window.stage.height(), plots.height()) == before)
