"""The total of a training run, and each loss's share of it."""

from __future__ import annotations

import math

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout
from superqt import QElidingLabel

from lossexplorer.app.learn.labels import mark, quiet, set_text
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.stage.run_titles import total_formula
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.bars import ShareBar
from lossexplorer.core.numbers import loss_value
from lossexplorer.learning.reports import StepReport

_PRINTED = "what Keras prints as “loss”; its parts are printed without λ"
_PENALTY = "what Keras prints as “loss”: {} of it is the L2 penalty, which has no line of its own"


class RunTotalCard(QFrame):
    """Σ λ L of the last step, large, and what it is made of.

    Attributes
    ----------
    value : QLabel
        The total as Keras prints it.
    bar : ShareBar
        The share of each λ L, in its output's colour, then of the regularisation.
    note : QLabel
        What the number is in Keras's output.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("Total")
        self.title = QElidingLabel("Total")  # a wide number leaves it little room
        self.title.setObjectName("quiet")
        self.value = quiet("–")
        self.value.setObjectName("display")
        self.bar = ShareBar(8)
        self.bar.setAccessibleName("shares of the total")
        self.note = quiet(_PRINTED)
        self.note.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(self.title, 1, Qt.AlignmentFlag.AlignBottom)
        head.addWidget(self.value)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT + 4, UNIT, UNIT + 4, UNIT)
        column.setSpacing(UNIT // 2)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.note)

    def show_run(self, shown: Shown) -> None:
        """Show the last step's total."""
        title = f"Total {total_formula(len(shown.setup.outputs))}"
        set_text(self.title, title)
        self.title.setToolTip(title)
        report = shown.report
        if report is None:
            set_text(self.value, "–")
            self.bar.set_shares([])
            set_text(self.note, _PRINTED)
            mark(self.value, "problem", False)
            return
        set_text(self.value, loss_value(report.total))
        self.value.setToolTip(f"{report.total!r} in step {report.step}, before its update")
        mark(self.value, "problem", not math.isfinite(report.total))
        addends = _addends(report, shown)
        whole = sum(abs(size) for _, _, size in addends)
        is_whole = math.isfinite(whole) and whole > 0
        self.bar.set_shares(
            [(color, abs(size) / whole) for _, color, size in addends] if is_whole else []
        )
        self.bar.setToolTip("\n".join(f"{name} {loss_value(size)}" for name, _, size in addends))
        penalty = report.regularisation
        set_text(self.note, _PENALTY.format(loss_value(penalty)) if penalty else _PRINTED)


def _addends(report: StepReport, shown: Shown) -> list[tuple[str, str, float]]:
    """Return name, colour and size of each addend of the total as Keras adds it up."""
    weights = {output.name: output.weight for output in shown.setup.outputs}
    addends = [
        (f"λ L of {name}", shown.colors[name], weights.get(name, 1.0) * loss)
        for name, loss in zip(shown.outputs, report.losses, strict=False)
    ]
    if report.regularisation:
        addends.append(("L2 penalty", shown.palette.quiet, report.regularisation))
    return addends
