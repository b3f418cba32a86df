"""The conventions in the window: values, a click on a line, and the menu of a card."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from lossexplorer.app.plots._progress import PlotProgress
from lossexplorer.app.plots.conventions import ConventionsPlot
from lossexplorer.app.theme import UNIT
from lossexplorer.conventions import CONVENTIONS, ConventionValue
from lossexplorer.session.records.conventions import ConventionValues
from tests.app.driver import EDGES, Closed, shifted, tumour
from tests.app.test_gradient_plots import Stopped
from tests.app.test_plots import shown


def index_of(library, name):
    return next(
        n for n, each in enumerate(CONVENTIONS)
        if each.library.name == library and each.name.startswith(name)
    )  # fmt: skip


def test_a_line_has_the_librarys_value_and_is_taken_over_by_a_click(driver):
    driver.answer(lambda: driver.session.set_control("shift_x", 3 * EDGES[2]))
    driver.plots.look_at("conventions")
    plot, record = driver.plots.widgets["conventions"], driver.controller.records
    monai = index_of("MONAI", "DiceLoss")
    driver.bot.waitUntil(lambda: monai in record["conventions"].values)
    closed = Closed(shifted(tumour(), x=3))
    i, both = closed.i.ravel(), (closed.mass + closed.size).ravel()
    expected = (1 - (2 * i + 1e-5) / (both + 1e-5)).mean()  # smooth_nr and smooth_dr are 1e-5
    assert record["conventions"].values[monai].value == pytest.approx(expected, rel=1e-9)

    table = plot.table
    assert table.texts()[1 + monai][1] == f"{expected:.4f}"
    sides = [
        table.model().index(monai, column).data(Qt.ItemDataRole.TextAlignmentRole)
        for column in range(4)
    ]
    right = Qt.AlignmentFlag.AlignRight
    assert [bool(side & right) for side in sides] == [False, True, False, False]
    at = table.model().index(monai, 0)
    table.scrollTo(at)
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(at).center()
    )  # fmt: skip
    parameters = driver.session.state.experiment.setting("dice").parameters
    assert parameters == CONVENTIONS[monai].values
    assert driver.session.store.undo_label.startswith("As MONAI · DiceLoss")
    said = driver.losses.cards["dice"].convention.said
    assert said.text().startswith("MONAI · DiceLoss")
    driver.session.store.undo()
    assert driver.session.state.experiment.setting("dice").parameters["smooth"] == 0


def test_columns_stay_where_they_are_when_lines_are_sorted_and_searched(qapp, qtbot):
    plot = shown(qtbot, ConventionsPlot(), (900, 240))
    header = plot.table.horizontalHeader()

    def widths():
        QApplication.processEvents()
        return plot.table.width(), [header.sectionSize(n) for n in range(header.count())]

    before = widths()
    assert sum(before[1]) <= plot.table.width()
    place = header.sectionViewportPosition(2) + 20
    QTest.mouseClick(
        header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place, header.height() // 2)
    )
    assert widths() == before
    QTest.keyClicks(plot.table, "smooth")
    assert plot.table.search.text() == "smooth"
    assert widths() == before


@pytest.mark.parametrize("width", [680, 900])
def test_no_number_is_cut_and_the_button_is_over_no_line(qapp, qtbot, width):
    """On a screen of 1280 pixels values were "0.51…", and the button lay on the notes."""
    plot = shown(qtbot, ConventionsPlot(), (width, 190))
    values = {n: ConventionValue(-0.44613) for n in range(len(CONVENTIONS))}
    plot.show_values(ConventionValues(values))
    scheduler = Stopped()
    button = PlotProgress(plot, "conventions", scheduler)
    scheduler.of_plots_changed.emit()
    QApplication.processEvents()
    table = plot.table
    index = table.model().index(0, 1)
    assert index.data() == "−0.4461"
    room = table.visualRect(index).width()
    assert table.fontMetrics().horizontalAdvance(index.data()) + 2 * UNIT <= room
    assert button.isVisible()
    assert button.geometry().bottom() < table.viewport().mapTo(plot, QPoint(0, 0)).y()
    assert plot.rect().contains(button.geometry())


def test_the_menu_of_a_card_has_the_conventions_of_its_loss(driver):
    row = driver.expand("tversky").convention
    menu = row.menu()
    loss = [each for each in CONVENTIONS if each.loss == "tversky"]
    assert len(menu.actions()) == len(loss)
    action = menu.actions()[0]
    action.trigger()
    parameters = driver.session.state.experiment.setting("tversky").parameters
    assert parameters == loss[0].values
    assert driver.session.state.view.loss == "tversky"
    assert row.menu().actions()[0].isChecked()
    driver.session.store.undo()
