"""Saves pictures of the window."""

from __future__ import annotations

import re
from pathlib import Path

from qtpy.QtCore import QBuffer, QIODevice
from qtpy.QtWidgets import QApplication, QFileDialog, QWidget

from lossexplorer.app.settings import SettingsStore
from lossexplorer.app.stage.stage import Stage
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.core.files import replace_file


def file_stem(text: str) -> str:
    """Return a text as the name of a file, without what file systems refuse.

    Examples
    --------
    >>> file_stem("case 7: tumour/left · Dice"), file_stem("…")
    ('case-7-tumour-left-Dice', 'loss-explorer')
    """
    return "-".join(re.findall(r"[\w.]+", text)).strip(".-") or "loss-explorer"


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

    def ask(self, of: str) -> None:
        """Ask where to save a picture of the window, and say where it is.

        Parameters
        ----------
        of : str
            What it shows, from which its name is made.
        """
        proposed = Path(self._settings.value.folder) / f"{file_stem(of)}.png"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save a picture", str(proposed), "PNG (*.png)"
        )
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() != ".png":  # which is what is in it
            path = path.with_name(f"{path.name}.png")
        if self.save(path):
            self._settings.update(folder=str(path.parent))
            self._messages.say(f"{path} is written.")
        else:
            self._messages.say(f"{path} could not be written; choose another folder.")

    def save(self, path: Path) -> bool:
        """Save the whole window as PNG; return whether it was written."""
        self._stage.finish()
        QApplication.processEvents()
        content = QBuffer()
        content.open(QIODevice.OpenModeFlag.WriteOnly)
        self._window.grab().save(content, "PNG")
        try:
            replace_file(path, lambda file: file.write_bytes(bytes(content.data().data())))
        except OSError:
            return False
        return True
