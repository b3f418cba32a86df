"""The main window: panels around the canvas, menus, status."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMessageBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from lossexplorer import __version__
from lossexplorer.app.actions import build_menus
from lossexplorer.app.controls_panel import ControlsPanel
from lossexplorer.app.explorer import Explorer
from lossexplorer.app.files import Files
from lossexplorer.app.legend import Legend
from lossexplorer.app.losses_panel import LossesPanel
from lossexplorer.app.menus import window_menus
from lossexplorer.app.message_bar import MessageBar
from lossexplorer.app.plots import Plots
from lossexplorer.app.stage import Stage, gradient_title
from lossexplorer.app.theme import PALETTES, UNIT, Palette, style_sheet
from lossexplorer.app.voxel_text import voxel_text
from lossexplorer.engine.client import EngineClient
from lossexplorer.engine.messages import Answer, EngineStatus
from lossexplorer.session import Change
from lossexplorer.volumes import LabelVolume


class MainWindow(QMainWindow):
    """The program's window.

    Parameters
    ----------
    theme : {"dark", "light"}
        Which palette it starts with.
    client : EngineClient
        The engine, which may have been started before.
    """

    def __init__(self, theme: str, client: EngineClient) -> None:
        super().__init__()
        self.setWindowTitle("Loss Explorer")
        self.setAcceptDrops(True)
        self.messages = MessageBar()
        self.explorer = Explorer(client, self.messages)
        self.stage = Stage(self.explorer)
        self.files = Files(
            self, self.explorer.session, self.explorer.opener, self.stage, self.messages
        )
        self.controls = ControlsPanel(self.explorer.session)
        self.losses = LossesPanel(self.explorer.session)
        self.plots = Plots()
        self.legend = Legend()
        self._engine = QLabel()
        self._where = QLabel()
        self._voxel = QLabel()
        self._palette = PALETTES[theme]
        self._engine_status = client.status
        self._answered = False
        self._step_ms = 0.0
        self._lay_out()
        build_menus(self, window_menus(self))
        self._connect()
        self.use(self._palette)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the size of the sketch, 1600 × 1000."""
        return QSize(1600, 1000)

    def use(self, palette: Palette) -> None:
        """Show everything in another palette."""
        self._palette = palette
        self.setStyleSheet(style_sheet(palette))
        self.stage.do(lambda canvas: canvas.set_theme(palette.name))
        self.plots.use(palette)
        self._show_engine()

    def _lay_out(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.stage, 1)
        column.addWidget(self.legend)
        upright = QSplitter(Qt.Orientation.Vertical)
        upright.addWidget(centre)
        upright.addWidget(self.plots)
        upright.setStretchFactor(0, 3)
        upright.setStretchFactor(1, 1)
        upright.setSizes([680, 240])
        row = QWidget()
        row.setObjectName("side")
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self.controls)
        across.addWidget(upright, 1)
        across.addWidget(self.losses)
        self.setCentralWidget(row)
        self._engine.setContentsMargins(UNIT, UNIT, 2 * UNIT, 0)
        self.menuBar().setCornerWidget(self._engine)
        self._where.setContentsMargins(2 * UNIT, 0, 0, 0)
        self._voxel.setContentsMargins(0, 0, UNIT, 0)
        self.statusBar().addWidget(self._where, 1)
        self.statusBar().addPermanentWidget(self._voxel)
        self.statusBar().setSizeGripEnabled(False)

    def _connect(self) -> None:
        explorer = self.explorer
        explorer.answered.connect(self._on_answer)
        explorer.response_changed.connect(self.plots.response.begin)
        explorer.explored.connect(self.plots.response.add)
        explorer.measured.connect(self.losses.total.show_norms)
        explorer.progressed.connect(self.losses.show_progress)
        explorer.withheld.connect(self.losses.show_cancelled)
        self.losses.cancelled.connect(explorer.cancel)
        self.losses.wanted.connect(explorer.compute)
        explorer.engine_changed.connect(self._on_engine)
        self.stage.probed.connect(self._where.setText)
        self.stage.painted.connect(self._show_gradient)
        truth = self.controls.truth
        truth.classes_chosen.connect(explorer.opener.choose_classes)
        truth.subset_wanted.connect(self.files.choose_classes)
        truth.level_chosen.connect(explorer.opener.open_level)
        truth.patch_chosen.connect(explorer.opener.choose_patch)
        explorer.session.changed.connect(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.shows_another_volume and change.new.volume is not None:
            self._show_volume(change.new.volume)
        self._show_gradient()

    def _show_volume(self, volume: LabelVolume) -> None:
        self.setWindowTitle(f"{volume.name} – Loss Explorer")
        self.plots.open(volume)
        self._answered = False
        self._voxel.setText(voxel_text(volume))

    def _show_gradient(self) -> None:
        title = gradient_title(self.explorer.session.state)
        self.legend.show_gradient(title, self.stage.gradient_limit)

    def _on_answer(self, answer: Answer) -> None:
        if not answer.request.effort.exact:  # else it is no step, but what comes at rest
            # The first step of a volume compiles; it says nothing of the next ones.
            self._step_ms = 1e3 * answer.seconds if self._answered else 0.0
            self._answered = True
        self.losses.show_answer(answer)
        self.plots.show_answer(answer)
        if answer.maps is not None:
            self.statusBar().showMessage(answer.maps.problem)
        self._show_engine()

    def _on_engine(self, status: EngineStatus) -> None:
        self._engine_status = status
        self._show_engine()

    def _show_engine(self) -> None:
        status = self._engine_status
        ready = status.state == "ready"
        color = self._palette.good if ready else self._palette.warning
        text = status.message
        if ready and self._step_ms:
            text = f"{text} · {self._step_ms:.0f} ms a step"
        self._engine.setText(
            f'<span style="color: {self._palette.quiet}">{text}</span>'
            f'&nbsp;&nbsp;<span style="color: {color}">●</span>'
        )
        self._engine.setToolTip(
            f"{status.info.backend} {status.info.version}" if status.info else status.message
        )
        if self._engine.sizeHint() != self._engine.size():
            # A corner widget keeps the width of its first text unless it is told.
            self._engine.adjustSize()
            self.menuBar().setCornerWidget(self._engine)

    @property
    def palette_in_use(self) -> Palette:
        """The colours of the theme."""
        return self._palette

    def has_given_prediction(self) -> bool:
        """Return whether the prediction is from a file."""
        case = self.explorer.session.case
        return case is not None and case.given is not None

    def ask_for_picture(self) -> None:
        """Ask where to save a picture of the window."""
        path, _ = QFileDialog.getSaveFileName(self, "Save a picture", "", "PNG (*.png)")
        if path and not self.save_picture(Path(path)):
            self.messages.say(f"{path} could not be written; choose another folder.")

    def save_picture(self, path: Path) -> bool:
        """Save the whole window as PNG; return whether it was written."""
        self.stage.finish()
        QApplication.processEvents()
        return bool(self.grab().save(str(path), "PNG"))

    def about(self) -> None:
        """Say what the program is."""
        QMessageBox.about(
            self,
            "About Loss Explorer",
            f"<b>Loss Explorer {__version__}</b><br>See what a segmentation loss does.<br><br>"
            "BSD-3-Clause. The samples have licences of their own; see their notice.",
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Open the files."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files.drop(paths)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """End the engine with the window."""
        self.explorer.close()
        self.stage.close_canvas()
        super().closeEvent(event)
