"""How the prediction's logits descend: which losses, the optimizer and its numbers."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.row import NoWheel
from lossexplorer.app.widgets.rows import ParameterRow, row_for
from lossexplorer.app.widgets.sections import Collapsible
from lossexplorer.engine.messages import DESCENT_PARAMETERS, TOTAL, Descent, LossSetting
from lossexplorer.session.words import loss_in_words


class DescentSection(QWidget):
    """Sets the descent.

    Attributes
    ----------
    group : Collapsible
        Opens and closes it.
    follows, beside : QComboBox
        The loss that is descended, and the one that other logits descend from the same start.
    rows : dict of str to ParameterRow
        By the name of the attribute of `Descent`.
    changed : Signal(str, object)
        An attribute's name and the value that the user chose.
    """

    changed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self._shown: Descent | None = None
        self._losses: dict[str, tuple[str, ...]] = {"follows": (), "beside": ()}
        self._no_wheel = NoWheel(self)
        self.group = Collapsible("Descent", opened=False)
        self.follows = self._list("follows", "What is descended: Σ λ L, or one loss alone.")
        self.beside = self._list(
            "beside", "What other logits descend from the same start; the canvas shows both."
        )
        self.rows: dict[str, ParameterRow] = {p.name: row_for(p) for p in DESCENT_PARAMETERS}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.group)
        for title, box in (("descend", self.follows), ("beside it", self.beside)):
            line = QHBoxLayout()
            line.setSpacing(UNIT)
            line.addWidget(QLabel(title), 1)
            line.addWidget(box, 1)
            self.group.body.addLayout(line)
        for name, row in self.rows.items():
            self.group.body.addWidget(row)
            row.changed.connect(lambda value, name=name: self._chosen(name, value))

    def _list(self, name: str, tip: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(f"descent {name}")
        box.setToolTip(tip)
        box.installEventFilter(self._no_wheel)
        box.activated.connect(lambda index: self.changed.emit(name, self._losses[name][index]))
        return box

    def show_descent(self, descent: Descent, losses: tuple[LossSetting, ...]) -> None:
        """Show a descent and the losses that can be descended."""
        shown = [setting.name for setting in losses]
        offered = {"follows": (TOTAL, *shown), "beside": ("", TOTAL, *shown)}
        for name, box in (("follows", self.follows), ("beside", self.beside)):
            titles = [loss_in_words(each, losses) for each in offered[name]]
            if titles != [box.itemText(index) for index in range(box.count())]:
                box.clear()
                box.addItems(titles)
            self._losses[name] = offered[name]
            box.setCurrentIndex(offered[name].index(getattr(descent, name)))
        before, self._shown = self._shown, descent
        for name, row in self.rows.items():
            value = getattr(descent, name)
            if before is None or getattr(before, name) != value:  # else it may be half typed
                row.set_value(value)
        self.rows["momentum"].setVisible(descent.optimizer == "momentum")
        self.group.set_changed(descent != Descent())

    def _chosen(self, name: str, value: Any) -> None:
        self._shown = None  # the row shows what was chosen
        self.changed.emit(name, value)
