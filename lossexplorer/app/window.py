"""The window: menus, the stage with panels around it, and a status bar."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QByteArray, QCoreApplication, QEvent, QSize
from qtpy.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QMainWindow

from lossexplorer.app.actions.panes import switch_pane
from lossexplorer.app.canvas_room import CanvasRoom
from lossexplorer.app.focus import tab
from lossexplorer.app.menu_bar import MenuBar
from lossexplorer.app.menus import PANES
from lossexplorer.app.middle import Middle
from lossexplorer.app.plain_keys import keep_for_control
from lossexplorer.app.scenarios.opening import introduce
from lossexplorer.app.services import make_services
from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.theme import Palette, canvas_style, color_links, style_sheet
from lossexplorer.app.widgets.engine_label import EngineLabel
from lossexplorer.app.widgets.status import Status
from lossexplorer.app.widgets.workspace_switch import WorkspaceSwitch
from lossexplorer.engine.client import EngineClient
from lossexplorer.session import Change


class MainWindow(QMainWindow):
    """The program's window: it shows the services, and hands on what Qt says.

    Parameters
    ----------
    theme : {"dark", "light"}
        Which palette it starts with.
    client : EngineClient
        The engine, which may have been started before.
    settings : SettingsStore
        What is remembered between runs.

    Attributes
    ----------
    messages, stage, legend : QWidget
        What is in the middle, from top to bottom.
    context : Context
        What actions and panels may touch.
    """

    def __init__(self, theme: str, client: EngineClient, settings: SettingsStore) -> None:
        super().__init__()
        self.setWindowTitle("Loss Explorer")
        self.setAcceptDrops(True)
        self._settings = settings
        self._ends = False
        self.context = make_services(self, theme, client, settings)
        self.messages, self.stage = self.context.messages, self.context.stage
        self._lay_out()
        self._connect()
        self._use(self.context.themes.palette)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of the sketch, 1600 × 1000."""
        return QSize(1600, 1000)

    def _lay_out(self) -> None:
        middle = Middle(self.context)
        self.legend = middle.legend
        self.setCentralWidget(middle)
        EngineLabel(self.menuBar(), self.context)
        self._status = Status(self.statusBar(), self.context)
        self.context.panels.fill(self.context)
        CanvasRoom(self, middle, self.messages, self.context.panels)
        self.context.presenter.fill(self.context)
        menu_bar = MenuBar(self, self.context)
        self.stage.pane_menu_wanted.connect(
            lambda: menu_bar.pop_up(PANES, self.legend.panes_place())
        )
        self.stage.pane_removed.connect(partial(switch_pane, self.context))
        WorkspaceSwitch(self.menuBar(), self.context)

    def _connect(self) -> None:
        context = self.context
        context.themes.changed.connect(self._use)
        context.files.opener.started.connect(lambda: self.stage.invite(False))
        context.files.opener.ended.connect(lambda: self.stage.invite(True))
        # Else the first button of the window had it, which is that of a workspace.
        self.stage.setFocus()
        context.messages.focus_left.connect(self.stage.setFocus)
        context.trainer.changed.connect(self.stage.show_run)
        context.controller.measured.connect(lambda _: self._draw_now())
        context.session.changed.connect(self._on_change)
        context.sessions.changed.connect(self._entitle)
        context.sessions.opened.connect(partial(introduce, context))

    def _use(self, palette: Palette) -> None:
        """Show everything in another palette."""
        color_links(palette)
        self.setStyleSheet(style_sheet(palette))
        self.stage.do(lambda canvas: canvas.set_theme(palette.name, canvas_style(palette)))

    def _draw_now(self) -> None:
        """Draw numbers and curves, which do not wait for the maps."""
        QCoreApplication.sendEvent(self, QEvent(QEvent.Type.UpdateRequest))

    def _on_change(self, change: Change) -> None:
        if change.shows_another_volume:
            self._entitle()

    def _entitle(self) -> None:
        """Name session and volume in the title, with the system's mark of what is not saved."""
        sessions, volume = self.context.sessions, self.context.session.volume
        name = sessions.name.replace("[*]", "[*][*]")  # which Qt shows as it is
        words = [f"{name}[*]"] if name else []
        words += [] if volume is None else [volume.name]
        self.setWindowTitle(" – ".join([*words, "Loss Explorer"]))
        self.setWindowModified(sessions.is_modified)

    def event(self, event: QEvent) -> bool:
        """Leave keys to the control that has the focus where it uses them."""
        return keep_for_control(event) or super().event(event)

    def focusNextPrevChild(self, following: bool) -> bool:  # noqa: N802
        """Move the focus to the next or the former control, and have it seen."""
        return tab(self, 1 if following else -1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open the files; several are a batch."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.context.files.drop(paths)

    def restore(self) -> None:
        """Take the place and size that the window had last, if it had one on these screens."""
        geometry = QByteArray.fromBase64(self._settings.value.geometry.encode())
        if not geometry.isEmpty():
            self.restoreGeometry(geometry)

    def end(self) -> None:
        """Close the window without a question, because the program is asked to end."""
        self._ends = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Remember the arrangement of the panels, and end the engine with the window."""
        if not self._ends and not self.context.sessions.may_leave(self.close):
            event.ignore()
            return
        self.context.presenter.end()
        self._settings.update(geometry=self.saveGeometry().toBase64().toStdString())
        self.context.panels.remember()
        self.context.files.opener.cancel()
        self.context.recovery.end()
        self.context.controller.close()
        self.stage.close_canvas()
        super().closeEvent(event)
