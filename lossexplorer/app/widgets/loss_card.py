"""A loss's card: its value, its classes, its parameters, its weight, what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.bars import ShareBar
from lossexplorer.app.widgets.number_row import NumberRow
from lossexplorer.app.widgets.problem_box import ProblemBox
from lossexplorer.app.widgets.rows import row_for
from lossexplorer.app.widgets.whole_field_row import WholeFieldRow
from lossexplorer.core.numbers import loss_value, tidy
from lossexplorer.core.parameters import Number
from lossexplorer.engine.messages import LossResult, LossSetting, Progress
from lossexplorer.losses import Loss
from lossexplorer.session.overlapping import FIXED, WHY_FIXED, parameters_in_use
from lossexplorer.session.words import symbol, value_in_words
from lossexplorer.volumes import LabelClass

_CLASSES_SHOWN = 4

WEIGHT = Number(
    name="weight",
    title="λ",
    meaning="The weight of this loss in the total Σ λ L; with 0 it does not count.",
    default=1.0,
    low=-1e6,
    high=1e6,
    slider=(0.0, 2.0),
)


class LossCard(QFrame):
    """Shows one loss.

    Parameters
    ----------
    loss : Loss
        What is shown.

    Attributes
    ----------
    chosen : Signal()
        The user wants this loss's gradient painted.
    parameter_changed : Signal(str, object)
        Name and value of a parameter that the user moved.
    weight_changed : Signal(float)
        λ, as the user moved it.
    cure_chosen : Signal(Cure)
        The user wants this to be set.
    removed : Signal()
        The user does not want to see this loss any more.
    cancelled, wanted : Signal()
        The user does not want to wait for a loss of the whole field, or wants it after all.
    """

    chosen = Signal()
    parameter_changed = Signal(str, object)
    weight_changed = Signal(object)
    cure_chosen = Signal(object)
    removed = Signal()
    cancelled = Signal()
    wanted = Signal()

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        self._loss = loss
        self._pending = False
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(loss.title)
        self.setToolTip(f"{loss.summary}\n{loss.formula}\n{loss.citation}")
        self.rows = {p.name: row_for(p) for p in loss.parameters}
        self.weight = NumberRow(WEIGHT)
        self.value = QLabel("–")
        self.value.setObjectName("value")
        self.summary = QElidingLabel()
        self.summary.setObjectName("quiet")
        self.whole_field = WholeFieldRow(loss.title)
        self.whole_field.setVisible(loss.kind == "field")
        self.problem = ProblemBox()
        self.expander = QToolButton()
        self.expander.setObjectName("flat")
        self.expander.setAccessibleName(f"Parameters of {loss.title}")
        self.remover = QPushButton("Remove")
        self.remover.setObjectName("flat")
        self.remover.setToolTip(f"Remove {loss.title} from the losses shown")
        self._details = QWidget()
        self._classes = QWidget()
        self._cells = QGridLayout(self._classes)
        self._class_rows: list[tuple[QWidget, ShareBar, QLabel]] = []
        self._overlap, self._first = False, 0
        self._build()
        for parameter in loss.parameters:
            self.rows[parameter.name].offer_reset(parameter.default)
        self.weight.offer_reset(WEIGHT.default)
        for name, row in self.rows.items():
            row.changed.connect(lambda value, name=name: self.parameter_changed.emit(name, value))
        self.weight.changed.connect(self.weight_changed.emit)
        self.problem.cure_chosen.connect(self.cure_chosen.emit)
        self.whole_field.cancelled.connect(self.cancelled.emit)
        self.whole_field.wanted.connect(self.wanted.emit)
        self.remover.clicked.connect(self.removed.emit)
        self.expander.clicked.connect(lambda: self.expand(self._details.isHidden()))
        self.expand(False)

    def _build(self) -> None:
        dot = QLabel("●")
        dot.setStyleSheet(f"color: {self._loss.color}; font-size: 15px;")
        title = QElidingLabel(self._loss.title)
        title.setObjectName("title")
        header = QHBoxLayout()
        header.setSpacing(UNIT)
        header.addWidget(dot)
        header.addWidget(title, 1)
        header.addWidget(self.value)
        foot = QHBoxLayout()
        foot.addWidget(self.summary, 1)
        foot.addWidget(self.remover)
        foot.addStretch()
        foot.addWidget(self.expander)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setHorizontalSpacing(UNIT)
        self._cells.setVerticalSpacing(2)
        self._cells.setColumnStretch(1, 1)
        details = QVBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(UNIT // 2)
        for row in (*self.rows.values(), self.weight):
            details.addWidget(row)
        box = QVBoxLayout(self)
        box.setContentsMargins(UNIT + 4, UNIT, UNIT + 4, UNIT)
        box.setSpacing(UNIT // 2)
        box.addLayout(header)
        box.addWidget(self.whole_field)
        box.addWidget(self._classes)
        box.addWidget(self.problem)
        box.addWidget(self._details)
        box.addLayout(foot)

    def expand(self, expanded: bool) -> None:
        """Show or hide the parameters."""
        self._details.setVisible(expanded)
        self.remover.setVisible(expanded)
        self.summary.setVisible(not expanded)
        self.expander.setText("▴" if expanded else "▾")
        self.expander.setToolTip("Hide the parameters" if expanded else "Show the parameters")

    def select(self, selected: bool) -> None:
        """Mark the card as the one whose gradient is painted."""
        if self.property("selected") == selected:
            return
        self.setProperty("selected", selected)
        self.style().polish(self)
        self._classes.setVisible(selected)
        self.expand(selected)

    def set_classes(self, classes: Sequence[LabelClass], *, overlap: bool) -> None:
        """Show a bar for each of the first classes; there is no value yet.

        Parameters
        ----------
        classes : sequence of LabelClass
            Background first.
        overlap : bool
            Whether they may overlap: then the background is none, and some parameters are fixed.
        """
        self._overlap, self._first = overlap, 1 if overlap else 0
        for name in FIXED.keys() & self.rows.keys():
            self.rows[name].setEnabled(not overlap)
            meaning = next(p.meaning for p in self._loss.parameters if p.name == name)
            self.rows[name].setToolTip(WHY_FIXED if overlap else meaning)
        self.value.setText("–")
        while (item := self._cells.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._class_rows = []
        counted = classes[self._first :]
        for index, each in enumerate(counted[:_CLASSES_SHOWN]):
            row = (_class_name(each), ShareBar(6), QLabel("–"))
            row[2].setObjectName("number")
            row[2].setMinimumWidth(48)
            row[2].setAlignment(Qt.AlignmentFlag.AlignRight)
            for column in range(3):
                self._cells.addWidget(row[column], index, column)
            self._class_rows.append(row)
        if len(counted) > _CLASSES_SHOWN:
            more = QLabel(f"and {len(counted) - _CLASSES_SHOWN} more below, under Classes")
            more.setObjectName("quiet")
            self._cells.addWidget(more, _CLASSES_SHOWN, 0, 1, 3)

    def show_setting(self, setting: LossSetting) -> None:
        """Show the parameters and λ."""
        values = parameters_in_use(setting, overlap=self._overlap)
        for name, row in self.rows.items():
            row.set_value(values[name])
        self.weight.set_value(setting.weight)
        own = [
            f"{symbol(p.title)} {value_in_words(p, values[p.name])}"
            for p in self._loss.parameters
            if isinstance(p, Number) or values[p.name] != p.default
        ]
        self.summary.setText(" · ".join([*own, f"λ {tidy(setting.weight)}"]))

    def show_result(self, result: LossResult) -> None:
        """Show value, classes and problems; of a pending one those before, faint."""
        self._mark_pending(result.pending)
        if result.pending:
            self.value.setToolTip("Not computed for these values.")
            if self.value.text() == "–":
                self.value.setText("…")
            return
        self.whole_field.show_rest()
        self.value.setText(loss_value(result.value))
        self.value.setToolTip(repr(result.value))
        _mark(self.value, "problem", not math.isfinite(result.value))
        terms = [term for term in result.per_class if term is not None and math.isfinite(term)]
        # Terms of a mean of ratios are compared with 1, others with their sum.
        alike = self._loss.reduction == "mean" and self._loss.compares_with_1
        whole = 1.0 if alike else max(sum(map(abs, terms)), 1e-30)
        per_class = result.per_class[self._first :]
        for (_, bar, number), term in zip(self._class_rows, per_class, strict=False):
            number.setText("–" if term is None else loss_value(term))
            bar.set_shares([] if term is None else [(self._loss.color, abs(term) / whole)])
        self.problem.show_problems(result.problems)

    def _mark_pending(self, pending: bool) -> None:
        self._pending = pending
        _mark(self.value, "pending", pending)
        for _, bar, number in self._class_rows:
            bar.setEnabled(not pending)
            _mark(number, "pending", pending)

    def show_progress(self, progress: Progress) -> None:
        """Show how far a pending value is."""
        if self._pending:
            self.whole_field.show_progress(progress)

    def show_cancelled(self) -> None:
        """Show that a pending value is not going to be computed."""
        if self._pending:
            self.whole_field.show_cancelled()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose this loss."""
        self.chosen.emit()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Choose this loss by Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


def _class_name(each: LabelClass) -> QWidget:
    """Return a class's name, which says that it is absent if no voxel of the truth has it."""
    widget, name = QWidget(), QElidingLabel(each.name)
    widget.setFixedWidth(104)
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(UNIT // 2)
    row.addWidget(name, 1)
    name.setObjectName("quiet")
    widget.setToolTip(each.name)
    if not each.voxels:
        absent = QLabel("absent")
        absent.setObjectName("note")
        row.addWidget(absent)
        widget.setToolTip(f"{each.name}: no voxel of the sample shown is of this class.")
    return widget


def _mark(label: QLabel, name: str, on: bool) -> None:
    """Set a property that the style sheet looks at."""
    if label.property(name) != on:
        label.setProperty(name, on)
        label.style().polish(label)
