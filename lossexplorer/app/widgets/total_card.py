"""Σ λ L, and each loss's share of it and of its gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from qtpy.QtCore import Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.bars import ShareBar
from lossexplorer.core.numbers import loss_value
from lossexplorer.engine.messages import TOTAL, Answer, LossResult
from lossexplorer.engine.shares import shares
from lossexplorer.session import Session
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.norms import GradientNorms

_TITLE = "Total Σ λ L"
_PREVIEW = f"{_TITLE} · preview"
_COMPILING = f"{_TITLE} · compiling…"
_VALUE = "|λ L| of each loss, as shares of their sum."
_GRADIENT = (
    "‖λ ∂L/∂logit‖ of each loss over the volume, as shares of their sum. Measured anew when "
    "nothing moves; faint until then."
)


class TotalCard(QFrame):
    """Σ λ L, large, with each loss's share; a click paints its gradient.

    Parameters
    ----------
    session : Session
        What a click sets.

    Attributes
    ----------
    title : QLabel
        Says so where the values are a preview, and in its tooltip of what.
    values, gradients : ShareBar
        Each loss's share of the total and of its gradient.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._answer: Answer | None = None
        self._measured: Answer | None = None
        self.setObjectName("card")
        self.setToolTip(
            "Σ λ L, the weighted total as in a model with several outputs. Click to paint its "
            "gradient."
        )
        self.value = QLabel("–")
        self.value.setObjectName("display")
        self.values, self.gradients = ShareBar(8), ShareBar(8)
        self.title = QLabel(_TITLE)
        self.title.setObjectName("quiet")
        header = QHBoxLayout()
        header.addWidget(self.title, 1, Qt.AlignmentFlag.AlignBottom)
        header.addWidget(self.value)
        cells = QGridLayout()
        cells.setHorizontalSpacing(UNIT)
        cells.setVerticalSpacing(2)
        cells.setColumnStretch(1, 1)
        described = (("value", self.values, _VALUE), ("gradient", self.gradients, _GRADIENT))
        for row, (name, bar, meaning) in enumerate(described):
            label = QLabel(name)
            label.setObjectName("quiet")
            bar.setAccessibleName(name)
            for place, widget in enumerate((label, bar)):
                widget.setToolTip(meaning)
                cells.addWidget(widget, row, place)
        box = QVBoxLayout(self)
        box.setContentsMargins(UNIT + 4, UNIT, UNIT + 4, UNIT)
        box.setSpacing(UNIT // 2)
        box.addLayout(header)
        box.addLayout(cells)

    def show_answer(self, answer: Answer) -> None:
        """Show the total and the losses' shares of it."""
        self._answer = replace(answer, maps=None)  # which may be as large as the volume
        self._show_title()
        known = [result for result in _terms(answer) if not result.pending]
        nothing = not known and bool(_terms(answer))
        self.value.setText("…" if nothing else loss_value(answer.total))
        self.value.setToolTip("" if nothing else repr(answer.total))
        self._mark_problem(not math.isfinite(answer.total))
        self.values.set_shares(_shares({r.name: r.weight * r.value for r in known}))
        self._show_gradients()

    def show_compiling(self, why: str) -> None:
        """Show that the next value waits for the compiler, or, without a sentence, no longer.

        Parameters
        ----------
        why : str
            What is compiled for.
        """
        if why:
            self.title.setText(_COMPILING)
            self.title.setToolTip(why)
        else:
            self._show_title()

    def _show_title(self) -> None:
        preview = "" if self._answer is None else self._answer.preview
        self.title.setText(_PREVIEW if preview else _TITLE)
        self.title.setToolTip(preview)

    def _mark_problem(self, problem: bool) -> None:
        if self.value.property("problem") != problem:
            self.value.setProperty("problem", problem)
            self.value.style().polish(self.value)

    def forget(self) -> None:
        """Show no total: that of another volume is none of this one.

        Norms are kept until others are shown: all samples of a batch have the same.
        """
        self._answer = None
        self._show_title()
        self._mark_problem(False)
        self.value.setText("–")
        self.value.setToolTip("")
        for bar in (self.values, self.gradients):
            bar.set_shares([])

    def show_norms(self, norms: GradientNorms) -> None:
        """Show the losses' shares of the gradient."""
        self._measured = norms.measured
        self._show_gradients()

    def _show_gradients(self) -> None:
        """Weigh the norms that were measured last with what λ is now."""
        answer, measured = self._answer, self._measured
        if answer is None or measured is None:
            return
        norms = {result.name: result.gradient_norm for result in measured.losses}
        left_out = [result.name for result in measured.losses if result.pending]
        sizes = {
            r.name: r.weight * _or_nan(norms.get(r.name))
            for r in _terms(answer)
            if r.name not in left_out
        }
        self.gradients.set_shares(_shares(sizes))
        self.gradients.setEnabled(_holds(measured, answer))

    def select(self, selected: bool) -> None:
        """Mark the total as what is painted."""
        if self.property("selected") != selected:
            self.setProperty("selected", selected)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Paint the total's gradient."""
        self._session.show(loss=TOTAL)
        super().mousePressEvent(event)


def _terms(answer: Answer) -> list[LossResult]:
    """Return the losses that count in the total."""
    return [result for result in answer.losses if result.weight]


def _shares(sizes: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return each loss's colour and share; nothing if one of them has no size."""
    found = zip(sizes, shares(sizes.values()), strict=True)
    return [(color_of(name), share) for name, share in found if share is not None]


def _or_nan(norm: float | None) -> float:
    return math.nan if norm is None else norm


def _holds(measured: Answer, answer: Answer) -> bool:
    """Return whether norms that were measured are those of an answer's settings."""
    then, now = measured.question, answer.question
    parameters = {result.name: result.parameters for result in measured.losses}
    is_about_start = answer.descent is None  # as norms always are
    same = (then.volume, then.controls) == (now.volume, now.controls)
    return (
        is_about_start
        and same
        and all(parameters.get(result.name) == result.parameters for result in answer.losses)
    )
