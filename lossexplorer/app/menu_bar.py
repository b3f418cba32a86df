"""Shows the actions in Qt: an entry with a shortcut each, which follows the state."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QObject, QPoint
from qtpy.QtGui import QAction, QActionGroup, QKeySequence
from qtpy.QtWidgets import QMainWindow, QMenu

from lossexplorer.app.actions import ACTIONS, Action
from lossexplorer.app.context import Context
from lossexplorer.app.menus import MENUS, Entries, Heading, Menu
from lossexplorer.session import Change
from lossexplorer.session.descent_controller import DescentStatus
from lossexplorer.session.run import Run


class MenuBar(QObject):
    """Fills a window's menu bar, and keeps every entry's title, state and check up to date.

    Parameters
    ----------
    window : QMainWindow
        Has the menu bar, and the shortcuts while it is active.
    context : Context
        What the actions take.
    """

    def __init__(self, window: QMainWindow, context: Context) -> None:
        super().__init__(window)
        self._window, self._context = window, context
        self._popups: dict[str, QMenu] = {}
        self._run_status: str = context.trainer.run.status
        self._descent_seen: tuple[bool, bool, str] = (False, False, "")
        self._groups: dict[str, QActionGroup] = {}
        self._entries = {name: self._made(action) for name, action in ACTIONS.items()}
        window.addActions(list(self._entries.values()))  # shortcuts work without a menu, too
        self._menus = {menu.title: window.menuBar().addMenu(menu.title) for menu in MENUS}
        for menu in MENUS:
            self._build(self._menus[menu.title], menu)
        self._follow()
        self.refresh()

    def refresh(self) -> None:
        """Show each action and each menu as it is now."""
        for name, entry in self._entries.items():
            self._show(ACTIONS[name], entry)
        workspace = self._context.session.state.view.workspace
        for menu in MENUS:
            self._menus[menu.title].menuAction().setVisible(workspace in menu.workspaces)

    def pop_up(self, menu: Menu, place: QPoint) -> None:
        """Show a menu at a place of the screen."""
        if menu.title not in self._popups:
            self._popups[menu.title] = QMenu(self._window)
            self._build(self._popups[menu.title], menu)
        self._popups[menu.title].popup(place)

    def _follow(self) -> None:
        """Refresh whenever something changes that an action may depend on."""
        context = self._context
        context.session.changed.connect(self._on_change)
        context.snapshots.changed.connect(self.refresh)
        context.trainer.changed.connect(self._on_run)
        context.descent.changed.connect(self._on_descent)
        context.controller.settled.connect(self.refresh)  # there are values to copy, for example
        context.settings.changed.connect(self.refresh, max_args=0)
        context.themes.changed.connect(self.refresh)
        context.panels.changed.connect(self.refresh)
        context.presenter.changed.connect(self.refresh)

    def _on_change(self, change: Change) -> None:
        if not change.is_of_controls_alone:
            self.refresh()
            return
        for name, entry in self._entries.items():  # a slider waits for this
            if ACTIONS[name].follows_controls:
                self._show(ACTIONS[name], entry)

    def _on_run(self, run: Run) -> None:
        if run.status != self._run_status:  # the steps of a training change no action
            self._run_status = run.status
            self.refresh()

    def _on_descent(self, status: DescentStatus) -> None:
        seen = (status.is_playing, bool(status.number), status.ended)
        if seen != self._descent_seen:  # nor do those of a descent
            self._descent_seen = seen
            self.refresh()

    def _build(self, shown: QMenu, menu: Menu) -> None:
        self._fill(shown, menu.entries_in(self._context))
        if callable(menu.entries):
            shown.aboutToShow.connect(partial(self._refill, shown, menu))

    def _refill(self, shown: QMenu, menu: Menu) -> None:
        shown.clear()
        self._fill(shown, menu.shown_in(self._context))

    def _fill(self, shown: QMenu, entries: Entries) -> None:
        for entry in entries:
            if entry is None:
                shown.addSeparator()
            elif isinstance(entry, Menu):
                self._build(shown.addMenu(entry.title), entry)
            elif isinstance(entry, Heading):
                shown.addAction(entry.text).setEnabled(False)
            elif isinstance(entry, str):
                shown.addAction(self._entries[entry])
            else:
                shown.addAction(self._made(entry, shown))

    def _made(self, action: Action, owner: QObject | None = None) -> QAction:
        """Return an action's entry; it goes with its owner."""
        entry = QAction(owner or self.parent())
        entry.setStatusTip(action.tip)
        if action.shortcut:
            entry.setShortcut(QKeySequence(action.shortcut))
        entry.setCheckable(action.checked is not None)
        if action.group:
            if action.group not in self._groups:
                self._groups[action.group] = QActionGroup(self)
            self._groups[action.group].addAction(entry)
        entry.triggered.connect(lambda _checked=False: self._run(action, entry))
        self._show(action, entry)
        return entry

    def _run(self, action: Action, entry: QAction) -> None:
        action.run(self._context)
        # Qt has changed the check by itself; what holds may be what held before.
        self._show(action, entry)

    def _show(self, action: Action, entry: QAction) -> None:
        entry.setText(action.title_in(self._context))
        is_offered = action.is_offered_in(self._context)
        entry.setVisible(is_offered)  # hidden, it has no shortcut either
        entry.setEnabled(is_offered and action.enabled(self._context))
        if action.checked is not None:
            entry.setChecked(action.checked(self._context))
