"""A loss's card: its value, its classes, its parameters, its weight, what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.convention_row import ConventionRow
from lossexplorer.app.widgets.loss_title import LossMark, LossTitle
from lossexplorer.app.widgets.number_row import NumberRow
from lossexplorer.app.widgets.problem_box import ProblemBox
from lossexplorer.app.widgets.row import set_mark
from lossexplorer.app.widgets.rows import row_for
from lossexplorer.app.widgets.term_rows import TermRows
from lossexplorer.app.widgets.whole_field_row import WholeFieldRow
from lossexplorer.core.numbers import loss_value, tidy
from lossexplorer.core.parameters import Number
from lossexplorer.engine.messages import LossResult, LossSetting, Progress, loss_of, title_of
from lossexplorer.losses import OF_OVERLAPPING
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.overlapping import WHY_FIXED, parameters_in_use
from lossexplorer.session.words import symbol, titled, value_in_words
from lossexplorer.volumes import LabelClass

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
    name : str
        The name that it is shown under, such as ``"tversky_2"``.

    Attributes
    ----------
    title : LossTitle
        What it is called.
    classes : TermRows
        The terms of classes.
    chosen : Signal()
        The user wants this loss's gradient painted.
    class_chosen : Signal(int)
        The user wants this class shown.
    parameter_changed : Signal(str, object)
        Name and value of a parameter that the user moved.
    convention_chosen : Signal(object)
        The `Convention` whose parameters the user wants.
    weight_changed : Signal(float)
        λ, as the user moved it.
    cure_chosen : Signal(Cure)
        The user wants this to be set.
    renamed : Signal(str)
        What the user calls it.
    repeated : Signal()
        The user wants to see this loss once more.
    removed : Signal()
        The user does not want to see this loss any more.
    copied : Signal()
        The user wants the card as text.
    cancelled, wanted : Signal()
        The user does not want to wait for a loss of the whole field, or wants it after all.
    """

    chosen = Signal()
    class_chosen = Signal(int)
    parameter_changed = Signal(str, object)
    convention_chosen = Signal(object)
    weight_changed = Signal(object)
    cure_chosen = Signal(object)
    renamed = Signal(str)
    repeated = Signal()
    removed = Signal()
    copied = Signal()
    cancelled = Signal()
    wanted = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._loss = loss = loss_of(name)
        self._pending = False
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(f"{loss.summary}\n{loss.formula}\n{loss.citation}")
        self.mark, self.title = LossMark(name), LossTitle()
        self.rows = {p.name: row_for(p) for p in loss.parameters}
        self.weight = NumberRow(WEIGHT)
        self.convention = ConventionRow(loss.name)
        if not self.convention.has_any:
            self.convention.hide()
        self.value = QLabel("–")
        self.value.setObjectName("value")
        self.preview = QLabel("preview")
        self.preview.setObjectName("note")
        self.preview.hide()
        self.summary = QElidingLabel()
        self.summary.setObjectName("quiet")
        self.whole_field = WholeFieldRow()
        self.whole_field.setVisible(loss.kind == "field")
        self.problem = ProblemBox()
        self.expander = QToolButton()
        self.expander.setObjectName("flat")
        self.remover = QPushButton("Remove")
        self.remover.setObjectName("flat")
        self._details = QWidget()
        self.classes = TermRows(color_of(name))
        self._overlap, self._first = False, 0
        self._build()
        self._call(title_of(name))
        for parameter in loss.parameters:
            self.rows[parameter.name].offer_reset(parameter.default)
        self.weight.offer_reset(WEIGHT.default)
        for each, row in self.rows.items():
            row.changed.connect(lambda value, each=each: self.parameter_changed.emit(each, value))
        self.weight.changed.connect(self.weight_changed.emit)
        self.convention.chosen.connect(self.convention_chosen.emit)
        self.title.chosen.connect(self.renamed.emit)
        self.title.ended.connect(self.setFocus)
        self.classes.chosen.connect(self.class_chosen.emit)
        self.problem.cure_chosen.connect(self.cure_chosen.emit)
        self.whole_field.cancelled.connect(self.cancelled.emit)
        self.whole_field.wanted.connect(self.wanted.emit)
        self.remover.clicked.connect(self.removed.emit)
        self.expander.clicked.connect(lambda: self.expand(self._details.isHidden()))
        self.expand(False)

    def _build(self) -> None:
        header = QHBoxLayout()
        header.setSpacing(UNIT)
        header.addWidget(self.mark)
        header.addWidget(self.title, 1)
        header.addWidget(self.preview)
        header.addWidget(self.value)
        foot = QHBoxLayout()
        foot.addWidget(self.summary, 1)
        foot.addWidget(self.remover)
        foot.addStretch()
        foot.addWidget(self.expander)
        details = QVBoxLayout(self._details)
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(UNIT // 2)
        for row in (*self.rows.values(), self.weight, self.convention):
            details.addWidget(row)
        box = QVBoxLayout(self)
        box.setContentsMargins(UNIT + 4, UNIT, UNIT + 4, UNIT)
        box.setSpacing(UNIT // 2)
        box.addLayout(header)
        box.addWidget(self.whole_field)
        box.addWidget(self.classes)
        box.addWidget(self.problem)
        box.addWidget(self._details)
        box.addLayout(foot)

    def _call(self, title: str) -> None:
        """Say in all places what the loss is called."""
        self.title.show_title(title)
        self.setAccessibleName(title)
        self.expander.setAccessibleName(f"Parameters of {title}")
        self.remover.setToolTip(f"Remove {title} from the losses shown")
        self.whole_field.call(title)

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
        self.classes.setVisible(selected)
        self.expand(selected)

    def set_classes(self, classes: Sequence[LabelClass], *, overlap: bool) -> None:
        """Show a row for each class, or for some of many; there is no value yet.

        Parameters
        ----------
        classes : sequence of LabelClass
            Those of the whole batch, as the terms are, background first.
        overlap : bool
            Whether they may overlap: then the background is none, and some parameters are fixed.
        """
        self._overlap, self._first = overlap, 1 if overlap else 0
        for name in OF_OVERLAPPING.keys() & self.rows.keys():
            self.rows[name].setEnabled(not overlap)
            meaning = next(p.meaning for p in self._loss.parameters if p.name == name)
            self.rows[name].setToolTip(WHY_FIXED if overlap else meaning)
        self.value.setText("–")
        self.value.setToolTip("")
        self._mark_pending(False)
        self.preview.hide()
        set_mark(self.value, "problem", False)
        self.problem.show_problems(())
        self.whole_field.show_rest()
        self.classes.set_classes(classes, self._first)

    def show_setting(self, setting: LossSetting) -> None:
        """Show the title, the parameters and λ."""
        self._call(setting.heading)
        values = parameters_in_use(setting, overlap=self._overlap)
        for name, row in self.rows.items():
            row.set_value(values[name])
        self.weight.set_value(setting.weight)
        self.convention.show_parameters(values)
        own = [
            f"{symbol(p.title)} {value_in_words(p, values[p.name])}"
            for p in self._loss.parameters
            if isinstance(p, Number) or values[p.name] != p.default
        ]
        self.summary.setText(" · ".join([*own, f"λ {tidy(setting.weight)}"]))
        self.summary.setToolTip(self.summary.text())  # a narrow panel cuts it

    def show_result(self, result: LossResult, preview: str = "") -> None:
        """Show value, classes and problems; of a pending one those before, faint.

        Parameters
        ----------
        result : LossResult
            What is shown.
        preview : str
            What was left out of the value; empty if it is exact.
        """
        self._mark_pending(result.pending)
        self.preview.setVisible(bool(preview) and not result.pending)
        self.preview.setToolTip(preview)
        if result.pending:
            self.value.setToolTip("Not computed for these values.")
            if self.value.text() == "–":
                self.value.setText("…")
            return
        self.whole_field.show_rest()
        self.value.setText(loss_value(result.value))
        self.value.setToolTip(repr(result.value))
        set_mark(self.value, "problem", not math.isfinite(result.value))
        terms = [term for term in result.per_class if term is not None and math.isfinite(term)]
        # Terms of a mean of ratios are compared with 1, others with their sum.
        alike = self._loss.reduction == "mean" and self._loss.compares_with_1
        whole = 1.0 if alike else max(sum(map(abs, terms)), 1e-30)
        self.classes.show_terms(result.per_class, whole)
        parameters = self._loss.parameters
        self.problem.show_problems(
            [replace(each, why=titled(each.why, parameters)) for each in result.problems]
        )

    def _mark_pending(self, pending: bool) -> None:
        self._pending = pending
        set_mark(self.value, "pending", pending)
        self.classes.mark_pending(pending)

    def show_compiling(self) -> None:
        """Show that the value is that of what was set before, as long as another one is made."""
        set_mark(self.value, "pending", True)
        self.classes.mark_pending(True)

    def show_waiting(self, done: int, points: int) -> None:
        """Show that a pending value comes after points of curves, and how many are known."""
        if self._pending:
            self.whole_field.show_waiting(done, points)

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
        """Choose this loss by Enter or Space, have its title typed by F2, or copy the card."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.title.begin()
        else:
            super().keyPressEvent(event)

    def menu(self) -> QMenu:
        """Return the menu of the right mouse button."""
        menu = QMenu(self)
        menu.addAction("Rename… (F2)", self.title.begin)
        menu.addAction("Show once more", self.repeated.emit)
        menu.addAction("Copy (Ctrl+C)", self.copied.emit)
        menu.addAction("Remove", self.removed.emit).setEnabled(self.remover.isEnabled())
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        """Open the menu."""
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())
        event.accept()
