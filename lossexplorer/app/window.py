"""The window: menus, the stage with panels around it, and a status bar."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QByteArray, QEvent, QSize
from qtpy.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from qtpy.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from lossexplorer.app.actions.scale import choose_scale
from lossexplorer.app.context import Context
from lossexplorer.app.dialogs import Dialogs
from lossexplorer.app.files import Files
from lossexplorer.app.menu_bar import MenuBar
from lossexplorer.app.panels import Panels
from lossexplorer.app.pictures import Pictures
from lossexplorer.app.plain_keys import keep_for_control
from lossexplorer.app.presenter.presenter import Presenter
from lossexplorer.app.scenarios.opening import introduce
from lossexplorer.app.scheduler import Scheduler
from lossexplorer.app.sessions.recovery import Recovery
from lossexplorer.app.sessions.session_files import SessionFiles
from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.snapshots.stored import StoredSnapshots
from lossexplorer.app.stage.legend import Legend
from lossexplorer.app.stage.stage import Stage
from lossexplorer.app.theme import Palette, Themes, color_links, style_sheet
from lossexplorer.app.widgets.descent_bar import DescentBar
from lossexplorer.app.widgets.engine_label import EngineLabel
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.app.widgets.status import Status
from lossexplorer.app.widgets.workspace_switch import WorkspaceSwitch
from lossexplorer.engine.client import EngineClient
from lossexplorer.session import Change, Session

_WITH_LEGEND = 300
"""The height in pixels of canvas, bar and legend below which the canvas has the legend's room."""


class MainWindow(QMainWindow):
    """The program's window: it makes the services, lays them out and hands on what Qt says.

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
        self.messages = MessageBar()
        session = Session()
        scheduler = Scheduler(session, client, self.messages)
        self.stage, self.legend = Stage(session, scheduler), Legend()
        files = Files(self, session, self.stage, self.messages, settings)
        kept = StoredSnapshots(session, scheduler.snapshots, files.opener, self.messages)
        sessions = SessionFiles(self, session, files, self.messages, settings, kept)
        self.context = Context(
            session=session,
            controller=scheduler,
            trainer=scheduler.trainer,
            descent=scheduler.descent,
            snapshots=scheduler.snapshots,
            stored_snapshots=kept,
            stage=self.stage,
            files=files,
            sessions=sessions,
            messages=self.messages,
            settings=settings,
            themes=Themes(theme, settings),
            panels=Panels(self, settings),
            recovery=Recovery(self, session, self.messages, sessions, kept),
            pictures=Pictures(self, self.stage, self.messages, settings),
            presenter=Presenter(self),
            dialogs=Dialogs(self),
            close=self.close,
        )
        self._lay_out()
        self._connect()
        self._use(self.context.themes.palette)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of the sketch, 1600 × 1000."""
        return QSize(1600, 1000)

    def _lay_out(self) -> None:
        centre = _Centre(self.legend)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.stage, 1)
        column.addWidget(DescentBar(self.context))
        column.addWidget(self.legend)
        self.setCentralWidget(centre)
        EngineLabel(self.menuBar(), self.context)
        self._status = Status(self.statusBar(), self.context)
        self.context.panels.fill(self.context)
        self.context.presenter.fill(self.context)
        MenuBar(self, self.context)
        WorkspaceSwitch(self.menuBar(), self.context)

    def _connect(self) -> None:
        self.context.themes.changed.connect(self._use)
        self.stage.painted.connect(self._explain_colors)
        opener = self.context.files.opener
        opener.started.connect(lambda: self.stage.invite(False))
        opener.ended.connect(lambda: self.stage.invite(True))
        # Else the first button of the window had it, which is that of a workspace.
        self.stage.setFocus()
        self.context.trainer.changed.connect(self.stage.show_run)
        session = self.context.session
        self.legend.scale.chosen.connect(lambda scale: choose_scale(self.context, scale))
        self.legend.scale.fixed.connect(lambda limit: session.show(scale="fixed", limit=limit))
        self.context.session.changed.connect(self._on_change)
        self.context.sessions.changed.connect(self._entitle)
        self.context.sessions.opened.connect(partial(introduce, self.context))

    def _use(self, palette: Palette) -> None:
        """Show everything in another palette."""
        color_links(palette)
        self.setStyleSheet(style_sheet(palette))
        self.stage.do(lambda canvas: canvas.set_theme(palette.name))

    def _on_change(self, change: Change) -> None:
        if change.shows_another_volume:
            self._entitle()
        self._explain_colors()

    def _entitle(self) -> None:
        """Name session and volume in the title, with the system's mark of what is not saved."""
        sessions, volume = self.context.sessions, self.context.session.volume
        name = sessions.name.replace("[*]", "[*][*]")  # which Qt shows as it is
        words = [f"{name}[*]"] if name else []
        words += [] if volume is None else [volume.name]
        self.setWindowTitle(" – ".join([*words, "Loss Explorer"]))
        self.setWindowModified(sessions.is_modified)

    def _explain_colors(self) -> None:
        self.stage.explain(self.legend)

    def event(self, event: QEvent) -> bool:
        """Leave keys to the control that has the focus where it uses them."""
        return keep_for_control(event) or super().event(event)

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

    def begin_first_tour(self) -> None:
        """Begin the tour of the first run, unless a dialog asks something."""
        if QApplication.activeModalWidget() is None:
            self.context.dialogs.begin_tour(self.context, by_hand=False)

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


class _Centre(QWidget):
    """The middle of a window, whose legend goes where there is no room for it."""

    def __init__(self, legend: Legend) -> None:
        super().__init__()
        self._legend = legend

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Show the legend if there is room."""
        super().resizeEvent(event)
        self._legend.setVisible(event.size().height() >= _WITH_LEGEND)
