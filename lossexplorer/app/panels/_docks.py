"""The panels of a window, as dock widgets around its stage."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QByteArray, QObject, Qt, Signal
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.panels._catalog import PANELS
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.panels._title_bar import TitleBar
from lossexplorer.app.settings import SettingsStore

_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "top": Qt.DockWidgetArea.TopDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_ARRANGEMENT_VERSION = 1


class Panels(QObject):
    """Shows, closes, floats and docks the panels, and remembers where they are.

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
        # The panels at the sides reach from top to bottom.
        window.setCorner(Qt.Corner.BottomLeftCorner, _AREAS["left"])
        window.setCorner(Qt.Corner.BottomRightCorner, _AREAS["right"])
        window.setCorner(Qt.Corner.TopLeftCorner, _AREAS["left"])
        window.setCorner(Qt.Corner.TopRightCorner, _AREAS["right"])

    def fill(self, context: Context) -> None:
        """Make every panel, and lay them out as the user did last."""
        for panel in PANELS.values():
            self._docks[panel.id] = self._docked(panel, panel.make(context))
        arrangement = QByteArray.fromBase64(self._settings.value.arrangement.encode())
        if not arrangement.isEmpty():
            self._window.restoreState(arrangement, _ARRANGEMENT_VERSION)
        self._show_titles()

    def _docked(self, panel: Panel, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(panel.id)  # by which the arrangement knows it
        dock.setWidget(widget)
        dock.setTitleBarWidget(TitleBar(dock))
        self._window.addDockWidget(_AREAS[panel.area], dock)
        dock.show()
        dock.topLevelChanged.connect(partial(self._on_floated, panel.id))
        # Qt says so before the panel is hidden.
        queued = Qt.ConnectionType.QueuedConnection
        dock.toggleViewAction().toggled.connect(self._on_shown, queued)
        return dock

    def widget(self, panel: str) -> QWidget:
        """Return what a panel holds."""
        widget = self._docks[panel].widget()
        assert widget is not None
        return widget

    def dock(self, panel: str) -> QDockWidget:
        """Return a panel's dock widget."""
        return self._docks[panel]

    def is_shown(self, panel: str) -> bool:
        """Return whether a panel is not closed."""
        return not self._docks[panel].isHidden()

    def show(self, panel: str, shown: bool) -> None:
        """Bring a panel back to where it was, or close it."""
        self._docks[panel].setVisible(shown)
        if shown:
            self._docks[panel].raise_()

    def floats(self, panel: str) -> bool:
        """Return whether a panel is a window of its own."""
        return self._docks[panel].isFloating()

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
        """Dock every panel where it was at first, with the size that it had then."""
        for panel in PANELS.values():
            dock = self._docks[panel.id]
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
            self._window.addDockWidget(_AREAS[panel.area], dock)
            dock.show()
        for orientation, areas in _SIZED.items():
            docks = [self._docks[p.id] for p in PANELS.values() if p.area in areas]
            sizes = [_length(dock.widget(), orientation) for dock in docks]
            self._window.resizeDocks(docks, sizes, orientation)

    def remember(self) -> None:
        """Keep the arrangement for the next window."""
        arrangement = self._window.saveState(_ARRANGEMENT_VERSION).toBase64().toStdString()
        self._settings.update(arrangement=arrangement)

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
