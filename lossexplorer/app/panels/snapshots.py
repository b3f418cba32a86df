"""The panel of snapshots: their strip, closed until there is one."""

from __future__ import annotations

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.snapshots.strip import SnapshotStrip
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.message_bar import MessageButton
from lossexplorer.session import Change
from lossexplorer.session.state import WORKSPACES, Workspace

_WIDTH = 300
_HINTS: dict[Workspace, str] = {
    "explore": "click: back · Ctrl+click: compare · hold B: flip",
    "learn": "click: back",
}


class SnapshotsPanel(QWidget):
    """Shows the snapshots, and does with them what is done in the strip.

    Parameters
    ----------
    context : Context
        Has the snapshots.

    Attributes
    ----------
    strip : SnapshotStrip
        The pictures.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("side")
        self._context, self._snapshots = context, context.snapshots
        self.strip = SnapshotStrip()
        self._hint = QLabel()
        self._hint.setObjectName("note")
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT, 0, UNIT // 2, UNIT // 2)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self._hint)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        stored, snapshots = context.stored_snapshots, self._snapshots
        self.strip.clicked_on.connect(lambda number: stored.when_open(number, snapshots.go_back))
        self.strip.chosen.connect(lambda number: stored.when_open(number, snapshots.choose))
        self.strip.renamed.connect(self._snapshots.rename)
        self.strip.moved.connect(self._snapshots.move)
        self.strip.removed.connect(self._remove)
        self._snapshots.changed.connect(self.show_snapshots)
        context.session.changed.connect(self._on_change)
        context.themes.changed.connect(self.strip.use)
        self.strip.use(context.themes.palette)
        self._here = 0
        self._is_needed = bool(self._snapshots.kept)
        self.show_snapshots()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height of one row, and the width of the panel that is above it at first."""
        return QSize(_WIDTH, super().sizeHint().height())

    def show_snapshots(self) -> None:
        """Show what there is; the panel opens with the first snapshot and closes with the last."""
        is_needed = bool(self._snapshots.kept)
        if is_needed != self._is_needed:
            self._is_needed = is_needed
            self._context.panels.show("snapshots", is_needed)
        hint = _HINTS[self._context.session.state.view.workspace]
        self._hint.setText(hint)
        self._hint.setToolTip(hint)
        here = self._snapshots.here
        self._here = 0 if here is None else here.number
        self.strip.show_snapshots(self._snapshots.kept, self._here, self._snapshots.second)

    def _on_change(self, change: Change) -> None:
        here = self._snapshots.here
        is_elsewhere = change.new.view.workspace != change.old.view.workspace
        if is_elsewhere or (0 if here is None else here.number) != self._here:
            self.show_snapshots()

    def _remove(self, number: int) -> None:
        """Remove a snapshot, and offer to put it back."""
        snapshots, removed = self._snapshots, self._snapshots[number]
        place = snapshots.kept.index(removed)
        snapshots.remove(number)
        again = MessageButton("Put it back", lambda: snapshots.put_back(removed, place))
        self._context.messages.inform(f"{removed.name} is removed.", again)


PANEL = Panel(
    id="snapshots",
    title="Snapshots",
    area="left",
    order=50,
    make=SnapshotsPanel,
    workspaces=WORKSPACES,
    is_needed=lambda context: bool(context.snapshots.kept),
)
