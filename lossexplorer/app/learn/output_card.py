"""An output's card: its loss's value, target, loss with parameters, and λ."""

from __future__ import annotations

import math
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout
from superqt import QElidingLabel, QSearchableComboBox

from lossexplorer.app.learn.labels import line, mark, set_text
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.number_row import NumberRow
from lossexplorer.app.widgets.row import NoWheel, open_on_click
from lossexplorer.app.widgets.rows import ParameterRow, row_for
from lossexplorer.app.widgets.sections import Collapsible
from lossexplorer.core.numbers import loss_value, subscript
from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.descriptions import WEIGHT
from lossexplorer.learning.loss_choices import loss_titles, misfit
from lossexplorer.learning.setup import LossChoice, Output
from lossexplorer.learning.targets import TARGETS
from lossexplorer.losses import LOSSES
from lossexplorer.session.setup_editor import SetupEditor


class OutputCard(QFrame):
    """Shows one output and its loss, and sets them.

    Parameters
    ----------
    output : str
        The output's name.
    editor : SetupEditor
        Changes the setup.

    Attributes
    ----------
    chosen : Signal()
        The user wants to see this output on the canvas.
    value : QLabel
        The loss in the last step, without λ.
    target, loss : QComboBox
        What it is to predict, and by which loss.
    weight : NumberRow
        λ.
    rows : dict of str to ParameterRow
        The parameters of the loss, if it is one of the library.
    details : Collapsible
        Holds these rows.
    remover : QPushButton
        Takes the output from the network.
    """

    chosen = Signal()

    def __init__(self, output: str, editor: SetupEditor) -> None:
        super().__init__()
        self._name = output
        self._editor = editor
        self._output: Output | None = None
        self._offered: list[str] = []
        self._no_wheel = NoWheel(self)
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"Output {output}")
        self._dot = QLabel("●")
        self._title = QElidingLabel(output)
        self._title.setObjectName("title")
        self.value = QLabel("–")
        self.value.setObjectName("value")
        self.target = self._list(QComboBox(), f"target of {output}")
        self.target.addItems([_within(target.title) for target in TARGETS.values()])
        self.loss = self._list(QSearchableComboBox(), f"loss of {output}")
        self.weight = NumberRow(WEIGHT)
        self.rows: dict[str, ParameterRow] = {}
        self.details = Collapsible("Parameters of the loss", opened=False)
        self.remover = QPushButton("Remove")
        self.remover.setObjectName("flat")
        self.remover.setAccessibleName(f"Remove {output}")
        self._build()
        self.target.activated.connect(self._on_target)
        self.loss.activated.connect(self._on_loss)
        self.weight.changed.connect(
            lambda weight: editor.set_weight(output, weight, merge=self.weight.gesture)
        )
        self.remover.clicked.connect(lambda: editor.remove_output(output))

    def _list(self, box: QComboBox, title: str) -> QComboBox:
        box.setAccessibleName(title)
        box.installEventFilter(self._no_wheel)
        open_on_click(box)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(16)
        return box

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(UNIT)
        head.addWidget(self._dot)
        head.addWidget(self._title, 1)
        head.addWidget(self.value)
        foot = QHBoxLayout()
        foot.addWidget(self.details, 1)
        foot.addWidget(self.remover, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT + 4, UNIT, UNIT + 4, UNIT)
        column.setSpacing(UNIT // 2)
        column.addLayout(head)
        column.addWidget(line("target", self.target))
        column.addWidget(line("loss", self.loss))
        column.addWidget(self.weight)
        column.addLayout(foot)

    def show_run(self, shown: Shown, *, can_be_removed: bool) -> None:
        """Show what is set of the output, and its loss in the last step."""
        output = shown.setup.output(self._name)
        if output != self._output:
            before, self._output = self._output, output
            self._show_output(output, before)
        place = [each.name for each in shown.setup.outputs].index(self._name) + 1
        self.weight.rename(f"λ{subscript(place)}")
        color = shown.colors[self._name]
        self._dot.setStyleSheet(f"color: {color}; font-size: 15px;")
        mark(self, "selected", shown.state.view.output == self._name)
        self.remover.setVisible(can_be_removed)
        self._show_value(shown)

    def _show_value(self, shown: Shown) -> None:
        report, outputs = shown.report, shown.outputs
        if report is None or self._name not in outputs:
            set_text(self.value, "–")
            mark(self.value, "problem", False)
            return
        loss = report.losses[outputs.index(self._name)]
        set_text(self.value, loss_value(loss))
        self.value.setToolTip(f"{loss!r} in step {report.step}, without λ, as Keras prints it")
        mark(self.value, "problem", not math.isfinite(loss))

    def _show_output(self, output: Output, before: Output | None) -> None:
        title = loss_titles().get(output.loss.name, output.loss.name)
        self._title.setText(f"{self._name} · {title}")
        self._title.setToolTip(self._title.text())
        if output.target in TARGETS:
            self.target.setCurrentIndex(list(TARGETS).index(output.target))
            self.target.setToolTip(TARGETS[output.target].meaning)
        if before is None or before.target != output.target or output.loss != before.loss:
            self._offer_losses(output)
        self.weight.set_value(output.weight)
        is_other = before is None or before.loss.name != output.loss.name
        if is_other:
            self._make_rows(output.loss)
        if output.loss.name in LOSSES:
            values = LOSSES[output.loss.name].complete(output.loss.parameters)
            known = {} if is_other or before is None else before.loss.parameters
            for name, row in self.rows.items():
                if name not in known or known[name] != values[name]:
                    row.set_value(values[name])
            defaults = LOSSES[output.loss.name].complete({})
            self.details.set_changed(values != defaults)

    def _offer_losses(self, output: Output) -> None:
        titles = loss_titles()
        target = TARGETS.get(output.target)
        self._offered = [
            name
            for name in titles
            if name == output.loss.name or target is None or not misfit(LossChoice(name), target)
        ]
        self.loss.clear()
        self.loss.addItems([titles[name] for name in self._offered])
        self.loss.setCurrentIndex(self._offered.index(output.loss.name))

    def _make_rows(self, loss: LossChoice) -> None:
        for row in self.rows.values():
            self.details.body.removeWidget(row)
            row.hide()
            row.deleteLater()
        parameters = LOSSES[loss.name].parameters if loss.name in LOSSES else ()
        self.rows = {parameter.name: row_for(parameter) for parameter in parameters}
        for parameter in parameters:
            self.rows[parameter.name].offer_reset(parameter.default)
        for name, row in self.rows.items():
            self.details.body.addWidget(row)
            row.changed.connect(lambda chosen, name=name: self._on_parameter(name, chosen))
        self.details.setVisible(bool(parameters))

    def _on_parameter(self, name: str, chosen: Any) -> None:
        row = self.rows[name]
        try:
            self._editor.set_loss_parameter(self._name, name, chosen, merge=row.gesture)
        except ParameterError as error:
            row.refuse(str(error))

    def _on_target(self, index: int) -> None:
        target = list(TARGETS.values())[index]
        output = self._editor.setup.output(self._name)
        if target.name != output.target:
            fits = not misfit(output.loss, target)
            self._editor.set_target(self._name, target.name, "" if fits else target.losses[0])

    def _on_loss(self, index: int) -> None:
        loss = self._offered[index]
        if loss != self._editor.setup.output(self._name).loss.name:
            self._editor.set_loss(self._name, loss)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose this output."""
        self.chosen.emit()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Choose this output by Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


def _within(title: str) -> str:
    return title[0].lower() + title[1:]
