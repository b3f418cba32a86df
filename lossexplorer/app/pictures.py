"""Saves pictures of the window."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QApplication, QFileDialog, QWidget

from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.stage.stage import Stage
from lossexplorer.app.widgets.message_bar import MessageBar


class Pictures:
    """What saves the window as an image.

    Parameters
    ----------
    window : QWidget
        What is saved.
    stage : Stage
        Has to show everything first.
    messages : MessageBar
        Says where it could not be written.
    settings : SettingsStore
        Has the folder that the dialog begins in.
    """

    def __init__(
        self, window: QWidget, stage: Stage, messages: MessageBar, settings: SettingsStore
    ) -> None:
        self._window = window
        self._stage = stage
        self._messages = messages
        self._settings = settings

    def ask(self) -> None:
        """Ask where to save a picture of the window."""
        folder = self._settings.value.folder
        path, _ = QFileDialog.getSaveFileName(self._window, "Save a picture", folder, "PNG (*.png)")
        if not path:
            return
        if self.save(Path(path)):
            self._settings.update(folder=str(Path(path).parent))
        else:
            self._messages.say(f"{path} could not be written; choose another folder.")

    def save(self, path: Path) -> bool:
        """Save the whole window as PNG; return whether it was written."""
        self._stage.finish()
        QApplication.processEvents()
        return bool(self._window.grab().save(str(path), "PNG"))
