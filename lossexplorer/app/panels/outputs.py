"""Learn's right panel: the total, a card for each output, and which loss reaches what."""

from __future__ import annotations

from qtpy.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

from lossexplorer.app.context import Context
from lossexplorer.app.learn.labels import set_text
from lossexplorer.app.learn.output_card import OutputCard
from lossexplorer.app.learn.reach_words import reach_words
from lossexplorer.app.learn.run_total_card import RunTotalCard
from lossexplorer.app.learn.shown import Shown, follow
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.side_panel import SidePanel
from lossexplorer.learning.descriptions import FEWEST_OUTPUTS, MOST_OUTPUTS
from lossexplorer.learning.setup import BuiltNetwork
from lossexplorer.session import Session
from lossexplorer.session.setup_editor import SetupEditor


class OutputsPanel(SidePanel):
    """Shows the losses of a training run, and sets them.

    Parameters
    ----------
    session : Session
        What is set.

    Attributes
    ----------
    total : RunTotalCard
        The total.
    cards : dict of str to OutputCard
        The card of each output, from top to bottom.
    add : QPushButton
        Gives the network one more output.
    reach : QLabel
        Which parts of the network the shown output's loss reaches.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(width=316, left=4, right=UNIT)
        self._session = session
        self._editor = SetupEditor(session)
        self.total = RunTotalCard()
        self.cards: dict[str, OutputCard] = {}
        self.add = QPushButton("+ Add an output")
        self.add.setObjectName("add")
        self.reach = QLabel()
        self.reach.setObjectName("quiet")
        self.reach.setWordWrap(True)
        self._reach_card = QFrame()
        self._reach_card.setObjectName("card")
        inside = QVBoxLayout(self._reach_card)
        inside.setContentsMargins(UNIT + 4, UNIT + 2, UNIT + 4, UNIT + 2)
        inside.addWidget(self.reach)
        for widget in (self.total, self.add, self._reach_card):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        self.add.clicked.connect(self._editor.add_output)

    def show_run(self, shown: Shown) -> None:
        """Show what is set and the numbers of the last step."""
        setup, graph = shown.setup, shown.run.graph
        self._follow([output.name for output in setup.outputs])
        is_built = isinstance(setup.network, BuiltNetwork)
        for card in self.cards.values():
            card.show_run(shown, can_be_removed=is_built and len(self.cards) > FEWEST_OUTPUTS)
        self.add.setVisible(is_built and len(self.cards) < MOST_OUTPUTS)
        self.total.show_run(shown)
        output = shown.state.view.output
        is_known = graph is not None and output in graph.outputs and output in self.cards
        if graph is not None and is_known:
            set_text(self.reach, reach_words(graph, setup.output(output), shown.run.table))
        self._reach_card.setVisible(is_known)

    def _follow(self, names: list[str]) -> None:
        """Have a card for each of these outputs, in this order, and no others."""
        if names == list(self.cards):
            return
        for name in self.cards.keys() - names:
            card = self.cards.pop(name)
            self.column.removeWidget(card)
            card.hide()
            card.deleteLater()
        former, self.cards = self.cards, {}
        for place, name in enumerate(names):
            self.cards[name] = former.get(name) or self._card(name)
            self.column.insertWidget(1 + place, self.cards[name])  # below the total

    def _card(self, name: str) -> OutputCard:
        card = OutputCard(name, self._editor)
        card.chosen.connect(lambda: self._session.show(output=name))
        return card


def _make(context: Context) -> OutputsPanel:
    panel = OutputsPanel(context.session)
    follow(context, panel.show_run)
    return panel


PANEL = Panel(
    id="outputs",
    title="Outputs",
    area="right",
    order=20,
    make=_make,
    workspaces=("learn",),
    shortcut="F9",
)
