"""Files that plugins of napari read, whose layers of labels can be the truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app.opener import Opener
from lossexplorer.app.stage.stage import Stage
from lossexplorer.app.widgets.choosers import choose_row
from lossexplorer.app.widgets.message_bar import MessageBar
from lossexplorer.volumes import VolumeError

if TYPE_CHECKING:
    from lossexplorer.viewer.offers import LabelsOffer
    from lossexplorer.viewer.plugins import ReaderPlugin


class PluginFiles:
    """Opens files with plugins of napari.

    Parameters
    ----------
    window, stage, opener, messages
        The parent of dialogs, what has the canvas that shows the layers, what opens the truth, and
        what says that a file cannot be read.
    """

    def __init__(self, window: QWidget, stage: Stage, opener: Opener, messages: MessageBar) -> None:
        self._window, self._stage = window, stage
        self._opener, self._messages = opener, messages

    def open(self, path: str) -> None:
        """Open a file with the plugin that reads it; of several it is asked which."""
        from lossexplorer.viewer.plugins import reader_plugins  # napari, which takes long to import

        plugins = reader_plugins(path)
        if not plugins:
            self._messages.say(
                f"No napari plugin that is installed here opens {Path(path).name}. "
                "Install one into this Python environment and start the program again."
            )
        elif len(plugins) == 1:
            self._read(path, plugins[0])
        else:
            choose_row(
                self._window,
                "Choose a plugin",
                f"Several napari plugins open {Path(path).name}.",
                ("plugin", "package"),
                [(plugin.title, plugin.name) for plugin in plugins],
                lambda row: self._read(path, plugins[row]),
            )

    def _read(self, path: str, plugin: ReaderPlugin) -> None:
        from lossexplorer.viewer.plugins import read_with_plugin

        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            file = read_with_plugin(path, plugin)
        except VolumeError as error:
            self._messages.say(str(error))
            return
        finally:
            QApplication.restoreOverrideCursor()
        self._stage.do(lambda canvas: canvas.bring(file.offers))
        if not file.offers:
            self._messages.say(
                f"{plugin.title} found {file.found} in {Path(path).name}, and no labels among "
                "them. Choose a file with labels, or another plugin."
            )
        elif len(file.offers) == 1:
            self._opener.open_made(file.offers[0].volume)
        else:
            self._choose_offer(path, file.offers)

    def _choose_offer(self, path: str, offers: Sequence[LabelsOffer]) -> None:
        choose_row(
            self._window,
            "Choose a layer",
            f"{Path(path).name} holds several layers of labels.",
            ("layer", "size (x, y, z)", "type"),
            [(offer.name, *offer.summary) for offer in offers],
            lambda row: self._opener.open_made(offers[row].volume),
        )
