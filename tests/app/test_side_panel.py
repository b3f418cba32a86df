"""What the panels left and right of the stage share, without the program's window."""

import pytest
from qtpy.QtCore import Qt
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
