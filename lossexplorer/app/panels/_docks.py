"""The panels of a window, as dock widgets around its stage."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from qtpy.QtCore import QByteArray, QObject, Qt, Signal
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.panels._catalog import PANELS
from lossexplorer.app.panels._dock import Dock
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.panels._title_bar import TitleBar
from lossexplorer.app.settings import SettingsStore
from lossexplorer.session import Change
from lossexplorer.session.state import Workspace

_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_ARRANGEMENT_VERSION = 1
# The pixels of a screen from which there are panels at both sides, and below the canvas.
_TWO_SIDES, _WITH_PLOTS = 820, 480
# The setting that keeps a workspace's arrangement.
_SETTINGS: Mapping[Workspace, str] = {
    "explore": "arrangement",
    "learn": "arrangement_learn",
}


class Panels(QObject):
    """Shows, closes, floats and docks the panels, and remembers where they are.

    Each workspace has its panels, which are made when it is shown first, and an arrangement.

    Parameters
    ----------
    window : QMainWindow
        What they are docked to.
    settings : SettingsStore
        Has the arrangement that the user made.

    Attributes
    ----------
    changed : Signal()
        A panel was shown, closed, floated or docked, or the titles were.
    """

    changed = Signal()

    def __init__(self, window: QMainWindow, settings: SettingsStore) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._docks: dict[str, QDockWidget] = {}
        self._workspace: Workspace = "explore"
        # An arrangement of another screen may not fit, or have hidden what would fit this one.
        fits = settings.value.arranged_for in ("", self._room)
        self._arrangements = {
            workspace: QByteArray.fromBase64(getattr(settings.value, setting).encode())
            if fits
            else QByteArray()
            for workspace, setting in _SETTINGS.items()
        }
        # The panels at the sides reach from top to bottom.
        window.setCorner(Qt.Corner.BottomLeftCorner, _AREAS["left"])
        window.setCorner(Qt.Corner.BottomRightCorner, _AREAS["right"])
        window.setCorner(Qt.Corner.TopLeftCorner, _AREAS["left"])
        window.setCorner(Qt.Corner.TopRightCorner, _AREAS["right"])

    def fill(self, context: Context) -> None:
        """Make the panels of the workspace on screen, and follow the switch to another one."""
        self._context = context
        self._show_workspace(context.session.state.view.workspace)
        context.session.changed.connect(self._on_change)

    @property
    def here(self) -> list[Panel]:
        """The panels of the workspace on screen."""
        return [panel for panel in PANELS.values() if self._workspace in panel.workspaces]

    def _on_change(self, change: Change) -> None:
        workspace = change.new.view.workspace
        if workspace != self._workspace:
            self._arrangements[self._workspace] = self._arrangement()
            self._window.setUpdatesEnabled(False)
            self._show_workspace(workspace)
            self._window.setUpdatesEnabled(True)
            self.changed.emit()

    def _show_workspace(self, workspace: Workspace) -> None:
        """Show the panels of a workspace as the user left them, and no others."""
        self._workspace = workspace
        self._hide_others()
        for panel in self.here:
            if panel.id not in self._docks:
                self._docks[panel.id] = self._docked(panel, panel.make(self._context))
        arrangement = self._arrangements[workspace]
        if arrangement.isEmpty() or not self._window.restoreState(
            arrangement, _ARRANGEMENT_VERSION
        ):
            self._put_back()
        self._hide_others()  # of which an arrangement of before they were made knows nothing
        for panel in self.here:
            if not panel.is_needed(self._context):  # though it was when it was arranged
                self._docks[panel.id].hide()
        self._show_titles()

    def _hide_others(self) -> None:
        here = {panel.id for panel in self.here}
        for name, dock in self._docks.items():
            if name not in here:
                dock.hide()

    def _docked(self, panel: Panel, widget: QWidget) -> Dock:
        dock = Dock(panel, widget, self._window)
        self._add(panel, dock)
        dock.topLevelChanged.connect(partial(self._on_floated, panel.id))
        # Qt says so before the panel is hidden.
        queued = Qt.ConnectionType.QueuedConnection
        dock.toggleViewAction().toggled.connect(self._on_shown, queued)
        return dock

    def _add(self, panel: Panel, dock: QDockWidget) -> None:
        """Dock a panel, below those of its area."""
        self._window.addDockWidget(_AREAS[panel.area], dock, Qt.Orientation.Vertical)
        dock.setVisible(panel.is_needed(self._context))

    def widget(self, panel: str) -> QWidget:
        """Return what a panel holds."""
        widget = self._docks[panel].widget()
        assert widget is not None
        return widget

    def dock(self, panel: str) -> QDockWidget:
        """Return a panel's dock widget."""
        return self._docks[panel]

    def is_shown(self, panel: str) -> bool:
        """Return whether a panel is not closed, in the workspace that has it."""
        return panel in self._docks and not self._docks[panel].isHidden()

    def show(self, panel: str, shown: bool) -> None:
        """Bring a panel back to where it was, or close it."""
        self._docks[panel].setVisible(shown)
        if shown:
            self._docks[panel].raise_()

    def floats(self, panel: str) -> bool:
        """Return whether a panel is a window of its own."""
        return panel in self._docks and self._docks[panel].isFloating()

    def float(self, panel: str, floating: bool) -> None:
        """Make a panel a window of its own, or dock it where it was."""
        self._docks[panel].setFloating(floating)

    @property
    def titles(self) -> bool:
        """Whether docked panels have title bars; floating ones always do."""
        return self._settings.value.panel_titles

    def show_titles(self, shown: bool) -> None:
        """Give docked panels title bars, or take these away."""
        self._settings.update(panel_titles=shown)
        self._show_titles()
        self.changed.emit()

    def reset(self) -> None:
        """Dock every panel of the workspace where it was at first, with the size of then."""
        self._put_back()
        self.changed.emit()

    def _put_back(self) -> None:
        for panel in self.here:
            dock = self._docks[panel.id]
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
            self._add(panel, dock)
        self._make_room()
        if not self._window.isVisible():
            return  # Qt will give each the size that it hints at
        for orientation, areas in _SIZED.items():
            docks = [self._docks[p.id] for p in self.here if p.area in areas]
            sizes = [_length(dock.widget(), orientation) for dock in docks]
            self._window.resizeDocks(docks, sizes, orientation)

    @property
    def _room(self) -> str:
        """What the screen has room for, as the settings keep it."""
        screen = self._window.screen().availableSize()
        sides = "two sides" if screen.width() >= _TWO_SIDES else "one side"
        return sides + (", plots" if screen.height() >= _WITH_PLOTS else "")

    def _make_room(self) -> None:
        """Leave the canvas its room on a small screen: its panels have one side, as tabs."""
        screen = self._window.screen().availableSize()
        sides = [self._docks[p.id] for p in self.here if p.area in ("left", "right")]
        if screen.width() < _TWO_SIDES and sides:
            for dock in sides[1:]:
                self._window.tabifyDockWidget(sides[0], dock)
            sides[0].raise_()
        if screen.height() < _WITH_PLOTS:
            for panel in self.here:
                if panel.area in ("top", "bottom"):
                    self._docks[panel.id].hide()

    def remember(self) -> None:
        """Keep the arrangements for the next window."""
        self._arrangements[self._workspace] = self._arrangement()
        kept = {
            setting: self._arrangements[workspace].toBase64().toStdString()
            for workspace, setting in _SETTINGS.items()
        }
        self._settings.update(**kept, arranged_for=self._room)

    def _arrangement(self) -> QByteArray:
        return self._window.saveState(_ARRANGEMENT_VERSION)

    def _on_floated(self, panel: str, floating: bool) -> None:
        self._title_bar(panel).set_open(floating or self.titles)
        self.changed.emit()

    def _on_shown(self, shown: bool) -> None:
        del shown
        self.changed.emit()

    def _show_titles(self) -> None:
        for panel, dock in self._docks.items():
            self._title_bar(panel).set_open(dock.isFloating() or self.titles)

    def _title_bar(self, panel: str) -> TitleBar:
        bar = self._docks[panel].titleBarWidget()
        assert isinstance(bar, TitleBar)
        return bar


_SIZED = {
    Qt.Orientation.Horizontal: ("left", "right"),
    Qt.Orientation.Vertical: ("top", "bottom"),
}


def _length(widget: QWidget | None, orientation: Qt.Orientation) -> int:
    assert widget is not None
    hint = widget.sizeHint()
    return hint.width() if orientation == Qt.Orientation.Horizontal else hint.height()
