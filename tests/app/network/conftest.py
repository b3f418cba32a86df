"""A picture on the screen."""

import pytest

from lossexplorer.app.network import NetworkView
from lossexplorer.app.theme import DARK, style_sheet
from tests.app.network.networks import WEIGHTS, table, u_net


@pytest.fixture
def show(qtbot):
    """Show a network in a view of its own, laid out and with the focus."""

    def made(graph=None, numbers="table", weights=WEIGHTS, size=(980, 300), palette=DARK):
        graph = u_net() if graph is None else graph
        view = NetworkView()
        qtbot.addWidget(view)
        view.setStyleSheet(style_sheet(palette))
        view.use(palette)
        view.resize(*size)
        with qtbot.waitSignal(view.laid_out):
            view.show_network(graph)
        view.show_table(table(graph) if numbers == "table" else numbers, weights)
        with qtbot.waitActive(view):
            view.show()
            view.activateWindow()
        view.setFocus()
        qtbot.waitUntil(view.hasFocus)
        return view

    return made
