"""The switch in the middle of the menu bar: Explore or Learn."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenuBar, QPushButton

from lossexplorer.app.actions import ACTIONS, plain
from lossexplorer.app.actions.view import workspace_action
from lossexplorer.app.context import Context
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.engine_label import EngineLabel
from lossexplorer.session import Change
from lossexplorer.session.state import WORKSPACES, Workspace

_ROOM = UNIT  # on either side, before it would touch a menu or the engine's label


class WorkspaceSwitch(QFrame):
    """A segmented control with a segment for each workspace.

    It stays in the middle of its menu bar, or right of the menus where there is no room for that.

    Parameters
    ----------
    bar : QMenuBar
        Whose middle it takes.
    context : Context
        Has what is looked at.

    Attributes
    ----------
    segments : dict of str to QPushButton
        By workspace.
    """

    def __init__(self, bar: QMenuBar, context: Context) -> None:
        super().__init__(bar)  # which keeps it
        self._bar = bar
        self.setObjectName("segments")
        self.setAccessibleName("Workspace")
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(0)
        self.segments: dict[Workspace, QPushButton] = {}
        group = QButtonGroup(self)
        for workspace in WORKSPACES:
            action = ACTIONS[workspace_action(workspace)]
            segment = QPushButton(plain(action.title_in(context)))
            segment.setObjectName("segment")
            segment.setCheckable(True)
            # A click leaves the focus where it was: Space then trains in Learn.
            segment.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            segment.setToolTip(f"{action.tip} ({action.shortcut})")
            segment.clicked.connect(lambda _=False, run=action.run: run(context))
            group.addButton(segment)
            row.addWidget(segment)
            self.segments[workspace] = segment
        context.session.changed.connect(self._on_change)
        bar.installEventFilter(self)
        self._show(context.session.state.view.workspace)

    def _on_change(self, change: Change) -> None:
        if change.new.view.workspace != change.old.view.workspace:
            self._show(change.new.view.workspace)

    def _show(self, workspace: Workspace) -> None:
        self.segments[workspace].setChecked(True)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Stay in the middle when the menu bar gets another size or other menus."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.adjustSize()
        bar = self._bar
        if (label := bar.cornerWidget()) is not None:
            assert isinstance(label, EngineLabel)
            rest = bar.sizeHint().width() - label.sizeHint().width()  # for the menus
            label.fit(bar.width() - rest - self.width() - 2 * _ROOM)
        menus = [bar.actionGeometry(action).right() for action in bar.actions()]
        first = max(menus, default=0) + _ROOM
        left = max((bar.width() - self.width()) // 2, first)
        self.move(left, max((bar.height() - self.height()) // 2, 0))
        self.raise_()
