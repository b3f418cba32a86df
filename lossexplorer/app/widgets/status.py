"""What the status bar says: what is under the pointer, what is wrong with a map, the voxel size."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QStatusBar

from lossexplorer.app.context import Context
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.voxel_text import voxel_text
from lossexplorer.engine.messages import Answer
from lossexplorer.session import Change


class Status:
    """Fills a window's status bar, and keeps it up to date.

    Parameters
    ----------
    bar : QStatusBar
        The window's.
    context : Context
        What it is about.
    """

    def __init__(self, bar: QStatusBar, context: Context) -> None:
        self._bar = bar
        self._where, self._voxel = QLabel(), QLabel()
        self._where.setContentsMargins(2 * UNIT, 0, 0, 0)
        self._voxel.setContentsMargins(0, 0, UNIT, 0)
        bar.addWidget(self._where, 1)
        bar.addPermanentWidget(self._voxel)
        bar.setSizeGripEnabled(False)
        context.stage.probed.connect(self._where.setText)
        context.controller.answered.connect(self._on_answer)
        context.session.changed.connect(self._on_change)

    def _on_answer(self, answer: Answer) -> None:
        if answer.maps is not None:
            self._bar.showMessage(answer.maps.problem)

    def _on_change(self, change: Change) -> None:
        volume = change.new.volume
        if change.shows_another_volume and volume is not None:
            self._voxel.setText(voxel_text(volume))
