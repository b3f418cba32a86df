"""Which network is trained, and what it is made of."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lossexplorer.app.learn.field_rows import FieldRows
from lossexplorer.app.learn.labels import line, quiet, set_text
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.row import NoWheel
from lossexplorer.app.widgets.sections import Collapsible, heading
from lossexplorer.learning.descriptions import NETWORK
from lossexplorer.learning.setup import BuiltNetwork, OwnNetwork, Setup
from lossexplorer.session.setup_editor import SetupEditor

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
_U_NET, _CHAIN = 0, 1
_MB = 1e6


class ModelSection(QWidget):
    """Chooses the network and shows how large it is.

    Parameters
    ----------
    editor : SetupEditor
        Changes the setup.

    Attributes
    ----------
    network : QComboBox
        A small U-Net, a chain of convolutions, or the model that was opened.
    own : QPushButton
        Opens a model of the user's.
    own_wanted : Signal()
        The user wants to open one.
    layers : Collapsible
        The rows of what a small network is made of.
    rows : dict of str to ParameterRow
        These rows, by the field's name.
    """

    own_wanted = Signal()

    def __init__(self, editor: SetupEditor) -> None:
        super().__init__()
        self._editor = editor
        self._no_wheel = NoWheel(self)
        self.network = QComboBox()
        self.network.setAccessibleName("network")
        self.network.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.network.installEventFilter(self._no_wheel)
        self._weights = quiet()
        self.own = QPushButton("own model…")
        self.own.setObjectName("flat")
        self.own.setToolTip(
            "A .keras file with two or more outputs, or a Python file with build_model()."
        )
        self.layers = Collapsible("Layers", opened=False)
        self._fields = FieldRows(editor, "network", NETWORK)
        self.rows = self._fields.rows
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(heading("Model"))
        column.addWidget(line("network", self.network))
        foot = QHBoxLayout()
        foot.addWidget(self._weights, 1)
        foot.addWidget(self.own)
        column.addLayout(foot)
        for row in self.rows.values():
            self.layers.body.addWidget(row)
        column.addWidget(self.layers)
        self.network.activated.connect(self._on_network)
        self.own.clicked.connect(self.own_wanted.emit)

    def show_run(self, shown: Shown) -> None:
        """Show which network there is and how many weights it has."""
        network = shown.setup.network
        texts = network_texts(shown.setup)
        if texts != [self.network.itemText(n) for n in range(self.network.count())]:
            self.network.clear()
            self.network.addItems(texts)
        self.layers.setVisible(isinstance(network, BuiltNetwork))
        if isinstance(network, BuiltNetwork):
            self.network.setCurrentIndex(_CHAIN if network.depth == 1 else _U_NET)
            self._fields.show(shown.setup)
            self.layers.set_changed(self._fields.is_changed)
        else:
            self.network.setCurrentIndex(len(texts) - 1)
            self.network.setToolTip(network.path)
        graph, memory = shown.run.graph, shown.run.memory
        weights = "" if graph is None else f"{sum(n.weights for n in graph.nodes):,} weights · "
        set_text(self._weights, f"{weights}seed {shown.setup.training.seed}")
        needs = f"A step needs about {memory / _MB:,.0f} MB." if memory else ""
        self._weights.setToolTip(needs)

    def _on_network(self, index: int) -> None:
        network = self._editor.setup.network
        if isinstance(network, OwnNetwork):
            if index < len(network_texts(self._editor.setup)) - 1:
                self._editor.use_built(depth=1 if index == _CHAIN else BuiltNetwork.depth)
        elif (index == _CHAIN) != (network.depth == 1):
            depth = 1 if index == _CHAIN else BuiltNetwork.depth
            self._editor.set_field("network", "depth", depth)


def network_texts(setup: Setup) -> list[str]:
    """Return the networks that can be chosen, the user's own last.

    Examples
    --------
    >>> network_texts(Setup())
    ['small U-Net, two outputs', 'chain, two outputs']
    """
    built = isinstance(setup.network, BuiltNetwork)
    count = len(setup.outputs) if built else len(Setup().outputs)
    outputs = f"{_NUMBERS.get(count, str(count))} outputs"
    own = [] if isinstance(setup.network, BuiltNetwork) else [Path(setup.network.path).name]
    return [f"small U-Net, {outputs}", f"chain, {outputs}", *own]
