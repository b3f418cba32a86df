"""Learn's panel of the network: the picture of its layers and of what each loss does to them."""

from __future__ import annotations

from qtpy.QtCore import QSize

from lossexplorer.app.context import Context
from lossexplorer.app.learn.shown import Shown, follow
from lossexplorer.app.network import NetworkView
from lossexplorer.app.panels._panel import Panel
from lossexplorer.learning.loss_choices import loss_titles
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.session import Session
from lossexplorer.session.setup_editor import SetupEditor

_SHARE = 0.25
"""Of the height of the window."""


class NetworkPanel(NetworkView):
    """Shows a training run's network, and sets the switches on it.

    Parameters
    ----------
    session : Session
        Has the setup.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._editor = SetupEditor(session)
        self.cut_toggled.connect(self._editor.toggle_cut)
        self.frozen_toggled.connect(self._editor.toggle_frozen)
        self.weight_toggled.connect(self._editor.toggle_weight)
        self._graph_shown: NetworkGraph | None = None
        self._titles = loss_titles()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height that it starts with."""
        return QSize(super().sizeHint().width(), round(_SHARE * self.window().height()))

    def show_run(self, shown: Shown) -> None:
        """Show the network and the newest table."""
        graph = shown.run.graph
        self.show_anything(graph is not None)
        if graph is None:
            return
        if graph is not self._graph_shown:
            self._graph_shown = graph
            self.show_network(graph)
        outputs = [output for output in shown.setup.outputs if output.name in graph.outputs]
        self.name_losses({o.name: self._titles.get(o.loss.name, o.loss.name) for o in outputs})
        self.show_table(shown.run.table, {output.name: output.weight for output in outputs})


def _make(context: Context) -> NetworkPanel:
    panel = NetworkPanel(context.session)
    context.themes.changed.connect(panel.use)
    panel.use(context.themes.palette)
    follow(context, panel.show_run)
    return panel


PANEL = Panel(
    id="network",
    title="Network",
    area="bottom",
    order=30,
    make=_make,
    workspaces=("learn",),
    shortcut="F4",
)
