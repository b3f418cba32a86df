"""What the status bar says: what is under the pointer, what is wrong with a map, the spacing."""

from __future__ import annotations

from qtpy.QtWidgets import QLabel, QStatusBar

from lossexplorer.app.context import Context
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.voxel_text import voxel_text
from lossexplorer.engine.messages import Answer
from lossexplorer.session import Change
from lossexplorer.session.run import Run
from lossexplorer.session.state import State


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
        self._context = context
        self._note = self._compiling = ""
        context.stage.probed.connect(self._on_probe)
        context.controller.answered.connect(self._on_answer)
        context.controller.compiling.connect(self._on_compiling)
        context.session.changed.connect(self._on_change)
        context.trainer.changed.connect(self._on_run)

    def _on_answer(self, answer: Answer) -> None:
        if answer.maps is not None:
            self._bar.showMessage(answer.maps.problem)

    def _on_compiling(self, why: str) -> None:
        """Say what is compiled for, until it is."""
        if why:
            self._bar.showMessage(why)
        elif self._bar.currentMessage() == self._compiling:
            self._bar.clearMessage()
        self._compiling = why

    def _on_probe(self, text: str) -> None:
        """Say what is under the pointer, or else what is shown."""
        self._where.setText(text or self._note)

    def _on_run(self, run: Run) -> None:
        self._show_note(run)

    def _show_note(self, run: Run) -> None:
        learns = self._context.session.state.view.workspace == "learn"
        note = table_note(run) if learns else ""
        if note != self._note:
            if self._where.text() == self._note:
                self._where.setText(note)
            self._note = note

    def _on_change(self, change: Change) -> None:
        volume = change.new.volume
        self._show_note(self._context.trainer.run)
        if change.shows_another_volume and volume is not None:
            self._voxel.setText(f"{_sample_text(change.new)}{voxel_text(volume)}")
            self._bar.clearMessage()  # which is about the maps of the one before


def _sample_text(state: State) -> str:
    """Return which sample of a batch is on screen, in front of what its voxels are."""
    case = state.experiment.case
    count = 1 if case is None else len(case.batch)
    return f"sample {state.view.sample + 1} of {count}  ·  " if count > 1 else ""


def table_note(run: Run) -> str:
    """Return which step the table of a run is of; empty if there is none.

    Examples
    --------
    >>> table_note(Run())
    ''
    """
    if run.table is None:
        return ""
    is_last = bool(run.reports) and run.reports[-1].table is run.table
    which = f"step {run.step}" if is_last else "the step to come"
    return f"the table is of {which}, before the update"
