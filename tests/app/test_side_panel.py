"""What the panels left and right of the stage share, without the program's window."""

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QObject, Qt
from qtpy.QtWidgets import QDockWidget, QLabel, QMainWindow

from lossexplorer.app.widgets.side_panel import SidePanel

WIDTH = 300


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    made.setCentralWidget(QLabel("stage"))
    made.resize(1200, 600)
    return made


def test_a_panel_grows_with_a_text_that_needs_more_room(window, qtbot):
    """A row that is said later, such as a length in two units, needs no scroll bar below it."""
    panel, dock = SidePanel(WIDTH, 0, 0), QDockWidget()
    text = QLabel("short")
    panel.column.addWidget(text)
    dock.setWidget(panel)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.resizeDocks([dock], [WIDTH], Qt.Orientation.Horizontal)
    with qtbot.waitExposed(window):
        window.show()
    bar = panel.horizontalScrollBar()
    assert (panel.width(), bar.maximum()) == (WIDTH, 0)
    text.setMinimumWidth(WIDTH + 10)
    qtbot.waitUntil(lambda: panel.viewport().width() >= WIDTH + 10)
    assert bar.maximum() == 0


class Layouts(QObject):
    """Counts how often a widget is to lay out what is in it."""

    count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)


def lay_out():
    for _ in range(8):  # each widget asks the one around it
        QCoreApplication.sendPostedEvents()


def test_a_text_of_the_same_width_has_the_window_around_not_laid_out(window, qtbot):
    """Else the canvas would be drawn anew with each number that a slider changes."""
    panel, dock = SidePanel(WIDTH, 0, 0), QDockWidget()
    text, layouts = QLabel("1"), Layouts()
    panel.column.addWidget(text)
    dock.setWidget(panel)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    with qtbot.waitExposed(window):
        window.show()
    text.setMinimumWidth(WIDTH + 10)
    qtbot.waitUntil(lambda: panel.viewport().width() >= WIDTH + 10)
    window.installEventFilter(layouts)
    text.setText("12")
    lay_out()
    assert layouts.count == 0
    text.setMinimumWidth(WIDTH + 20)
    lay_out()
    assert layouts.count > 0
