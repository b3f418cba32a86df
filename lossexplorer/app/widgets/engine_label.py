"""What the corner of the menu bar says of the engine."""

from __future__ import annotations

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QLabel, QMenuBar

from lossexplorer.app.context import Context
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.core.numbers import duration
from lossexplorer.engine.messages import Answer, Compiling, EngineStatus
from lossexplorer.session import Change
from lossexplorer.session.run import Run

_LATE_MS = 500  # from then on it is said that what is on screen is not computed yet


class EngineLabel(QLabel):
    """The engine's state, its device and how long a step takes, or that something is compiled.

    Parameters
    ----------
    bar : QMenuBar
        In whose corner it is.
    context : Context
        Whose engine it is.
    """

    def __init__(self, bar: QMenuBar, context: Context) -> None:
        super().__init__(bar)  # which keeps it
        self._bar = bar
        self.setContentsMargins(UNIT, UNIT, 2 * UNIT, 0)
        self._themes = context.themes
        self._status = context.controller.client.status
        self._answered = self._compiles = False
        self._preview = ""
        self._room: int | None = None
        self._session = context.session
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(_LATE_MS)
        self._late.timeout.connect(self._on_late)
        self._waits = False
        self._step_seconds = self._training_seconds = 0.0
        self._learns = context.session.state.view.workspace == "learn"
        context.controller.answered.connect(self._on_answer)
        context.controller.engine_changed.connect(self._on_engine)
        context.controller.compiling.connect(self._on_compiling)
        context.controller.client.compiling.connect(self._on_compiling_training)
        context.session.changed.connect(self._on_change)
        context.trainer.changed.connect(self._on_run)
        context.themes.changed.connect(self._on_palette)
        self._show()
        bar.setCornerWidget(self)

    def _on_change(self, change: Change) -> None:
        if change.new.maps() != change.old.maps() and not (self._waits or self._late.isActive()):
            self._late.start()
        if change.shows_another_volume:
            self._answered, self._step_seconds, self._preview = False, 0.0, ""
            self._show()
        if change.new.view.workspace != change.old.view.workspace:
            self._learns = change.new.view.workspace == "learn"
            self._show()

    def _on_run(self, run: Run) -> None:
        before, self._training_seconds = self._training_seconds, 0.0
        measured = [report for report in run.reports[-2:] if not report.compiled]
        if measured:
            self._training_seconds = measured[-1].seconds
        if _in_words(self._training_seconds) != _in_words(before):
            self._show()

    def _on_answer(self, answer: Answer) -> None:
        if not answer.request.effort.exact:  # else it is no step, but what comes at rest
            # The first step of a volume makes what is kept; it says nothing of the next ones.
            if self._answered and not answer.compiled:
                self._step_seconds = answer.seconds
            self._answered = True
        self._preview = answer.preview
        if answer.question == self._session.state.maps():
            self._late.stop()
            self._waits = False
        self._show()

    def _on_late(self) -> None:
        self._waits = True
        self._show()

    def _on_compiling(self, why: str) -> None:
        """Say so where the answer is waited for; nobody waits for what is compiled at rest."""
        self._compiles = bool(why)
        self._show()

    def _on_compiling_training(self, found: Compiling | None) -> None:
        if found is None or not found.requests:
            self._compiles = found is not None
            self._show()

    def _on_engine(self, status: EngineStatus) -> None:
        self._status = status
        self._show()

    def _on_palette(self, palette: Palette) -> None:
        del palette
        self._show()

    def fit(self, room: int) -> None:
        """Say as much as fits into a number of pixels; the rest is in the tip."""
        if room != self._room:
            self._room = room
            self._show()

    def _show(self) -> None:
        status, palette = self._status, self._themes.palette
        ready = status.state == "ready"
        preview = "" if self._learns else self._preview
        waits = self._waits and not self._learns
        color = palette.good if ready and not (preview or waits) else palette.warning
        seconds = self._training_seconds if self._learns else self._step_seconds
        words = [status.message]
        if self._compiles:
            words.append("compiling…")
        elif ready and waits:
            words.append("computing…")
        elif ready and seconds:
            words.append(f"{_in_words(seconds)} a step")
        if ready and preview:
            words.append("preview")
        whole = " · ".join(words)
        for text in (whole, f"{status.message} · {words[-1]}", status.message, ""):
            self.setText(
                f'<span style="color: {palette.quiet}">{text}</span>'
                f'&nbsp;&nbsp;<span style="color: {color}">●</span>'
            )
            if self._room is None or self.sizeHint().width() <= self._room:
                break
        info = status.info
        said = f"{info.backend} {info.version}. {info.note}".removesuffix(". ") if info else ""
        self.setToolTip("\n".join(line for line in (whole, said, preview) if line))
        if self.sizeHint() != self.size():
            # A corner widget keeps the width of its first text unless it is told.
            self.adjustSize()
            self._bar.setCornerWidget(self)


def _in_words(seconds: float) -> str:
    """Return how long a step takes, to the millisecond: more digits would never stand still.

    Examples
    --------
    >>> _in_words(0.01234), _in_words(1e-4), _in_words(80.603)
    ('12 ms', '1 ms', '80.6 s')
    """
    return duration(max(round(seconds, 3), 1e-3))
