"""The switches on the network: which gradients are cut, which layers are frozen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lossexplorer.app.learn.blocks import blocks
from lossexplorer.app.learn.labels import quiet
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.sections import heading
from lossexplorer.app.widgets.switch import Switch
from lossexplorer.session.setup_editor import SetupEditor

_MOST = 8
_CUT = "Stop the gradient (stop_gradient) where the branch of {} leaves the trunk."
_FREEZE = "Do not update the weights of {} (trainable = False); the gradient passes."


class SwitchesSection(QWidget):
    """A switch for each output and for each block of the network.

    Parameters
    ----------
    editor : SetupEditor
        Changes the setup.

    Attributes
    ----------
    cuts, frozen : dict of str to Switch
        By output, and by block of the network.
    """

    def __init__(self, editor: SetupEditor) -> None:
        super().__init__()
        self._editor = editor
        self._blocks: dict[str, tuple[str, ...]] = {}
        self.cuts: dict[str, Switch] = {}
        self.frozen: dict[str, Switch] = {}
        self._lines: list[QWidget] = []
        self._more = quiet("Other layers: choose one in the picture, then F.")
        self._more.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(UNIT)
        self._column.addWidget(heading("Switches on the network"))

    def show_run(self, shown: Shown) -> None:
        """Have a switch for what there is, and show what is on."""
        setup, graph = shown.setup, shown.run.graph
        outputs = [output.name for output in setup.outputs]
        shown_blocks = {} if graph is None else dict(list(blocks(graph).items())[:_MOST])
        if outputs != list(self.cuts) or shown_blocks != self._blocks:
            self._blocks = shown_blocks
            self._make(outputs)
        self._more.setVisible(graph is not None and len(blocks(graph)) > len(shown_blocks))
        for output in setup.outputs:
            self.cuts[output.name].setChecked(output.is_cut)
        for block, layers in shown_blocks.items():
            self.frozen[block].setChecked(set(layers) <= set(setup.frozen))

    def _make(self, outputs: list[str]) -> None:
        for old in self._lines:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._column.removeWidget(self._more)
        self._lines, self.cuts, self.frozen = [], {}, {}
        for name in outputs:
            self.cuts[name] = self._switch(
                f"cut before {name}",
                "stop_gradient",
                _CUT.format(name),
                partial(self._editor.set_cut, name),
            )
        for block in self._blocks:
            self.frozen[block] = self._switch(
                f"freeze {block}",
                "trainable",
                _FREEZE.format(block),
                partial(self._freeze, block),
            )
        self._column.addWidget(self._more)

    def _freeze(self, block: str, is_frozen: bool) -> None:
        self._editor.set_frozen(self._blocks[block], is_frozen, block)

    def _switch(self, title: str, keyword: str, tip: str, use: Callable[[bool], object]) -> Switch:
        switch = Switch()
        switch.setAccessibleName(title)
        switch.clicked.connect(lambda: use(switch.isChecked()))
        holder = QWidget()
        holder.setToolTip(tip)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT // 2)
        row.addWidget(QLabel(title))
        row.addWidget(quiet(keyword))
        row.addStretch(1)
        row.addWidget(switch)
        self._column.addWidget(holder)
        self._lines.append(holder)
        return switch
