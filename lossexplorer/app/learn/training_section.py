"""How the network is trained: optimizer, rates, the method, and the buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QElidingLabel

from lossexplorer.app.learn.field_rows import FieldRows
from lossexplorer.app.learn.labels import line, set_text
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.row import NoWheel
from lossexplorer.app.widgets.rows import ParameterRow, row_for
from lossexplorer.app.widgets.sections import heading
from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.setup import Training
from lossexplorer.learning.truths import why_not
from lossexplorer.session.run import Run
from lossexplorer.session.setup_editor import SetupEditor

_FIELDS = ("optimizer", "rate", "momentum", "clipnorm", "global_clipnorm")
SPEEDS: Mapping[str, float | None] = {
    "as fast as it goes": None,
    "10 steps a second": 10.0,
    "4 steps a second": 4.0,
    "2 steps a second": 2.0,
    "1 step a second": 1.0,
    "1 step in 2 seconds": 0.5,
}
"""The limits of steps a second, for talks, by their words."""


class TrainingSection(QWidget):
    """Sets how the network is trained, and trains it.

    Parameters
    ----------
    editor : SetupEditor
        Changes the setup.
    methods : mapping of str to str
        The titles of the methods that combine gradients, by name.

    Attributes
    ----------
    rows, method_rows : dict of str to ParameterRow
        By the field's name, and by that of a parameter of the method.
    method, speed : QComboBox
        What combines the gradients, and how many steps there are a second at most.
    train, step, rewind, seed : QPushButton
        The buttons.
    limited : Signal(object)
        The most steps a second, or None.
    problem : QLabel
        Why there is no network or no step, and what to do.
    """

    limited = Signal(object)

    def __init__(self, editor: SetupEditor, methods: Mapping[str, str]) -> None:
        super().__init__()
        self._editor = editor
        self._methods = methods
        self._no_wheel = NoWheel(self)
        self._shown_method = ""
        self._shown_values: dict[str, Any] = {}
        self.method_rows: dict[str, ParameterRow] = {}
        self._method_column = QVBoxLayout()
        self._method_column.setSpacing(UNIT)
        self._fields = FieldRows(editor, "training", _FIELDS)
        self.rows = self._fields.rows
        self.method = self._list("combine by", methods.values())
        self.speed = self._list("speed", SPEEDS)
        self.train = _button("▶ Train", "Train until it is paused (Space)")
        self.train.setObjectName("primary")
        self.step = _button("▸ Step", "Train one step (N)")
        self.rewind = _button("⟲ Rewind", "Back to step 0: same weights, same patches (Home)")
        self.seed = _button("new seed", "Other initial weights and other patches")
        self.seed.setObjectName("flat")
        self.state = QElidingLabel()
        self.state.setObjectName("quiet")
        self.problem = QLabel()
        self.problem.setObjectName("problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._build()
        self.method.activated.connect(self._on_method)
        self.speed.activated.connect(
            lambda index: self.limited.emit(SPEEDS[self.speed.itemText(index)])
        )

    def _list(self, title: str, texts: object) -> QComboBox:
        box = QComboBox()
        box.addItems(list(texts))  # type: ignore[call-overload]
        box.setAccessibleName(title)
        box.installEventFilter(self._no_wheel)
        return box

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(heading("Training"))
        for row in self.rows.values():
            column.addWidget(row)
        column.addWidget(line("combine by", self.method))
        column.addLayout(self._method_column)
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        for button in (self.train, self.step, self.rewind):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        foot = QHBoxLayout()
        foot.addWidget(self.state, 1)
        foot.addWidget(self.seed)
        column.addLayout(foot)
        column.addWidget(self.problem)
        column.addWidget(line("speed", self.speed))

    def show_run(self, shown: Shown) -> None:
        """Show what is set and how far the run is."""
        run, training = shown.run, shown.setup.training
        self._fields.show(shown.setup)
        self.rows["momentum"].setVisible(training.optimizer == "momentum")
        if training.method in self._methods:
            self.method.setCurrentIndex(list(self._methods).index(training.method))
        self._show_method(training)
        is_training = run.status == "training"
        set_text_of(self.train, "❚❚ Pause" if is_training else "▶ Train")
        has_network = run.status not in ("empty", "failed")
        can_step = has_network and run.status != "stopped"
        for button, can in (
            (self.train, can_step or run.status == "failed"),
            (self.step, can_step),
            (self.rewind, has_network and run.status != "preparing"),
        ):
            button.setEnabled(can)
        set_text(self.state, state_words(run))
        self.state.setToolTip(state_words(run))
        volume = shown.state.volume
        why = run.message or (why_not(shown.setup, volume) if volume is not None else "")
        set_text(self.problem, why)
        self.problem.setVisible(bool(why))

    def _show_method(self, training: Training) -> None:
        """Show the parameters of the method."""
        if training.method != self._shown_method:
            self._shown_method, self._shown_values = training.method, {}
            for row in self.method_rows.values():
                self._method_column.removeWidget(row)
                row.hide()
                row.deleteLater()
            parameters = METHODS[training.method].parameters if training.method in METHODS else ()
            self.method_rows = {parameter.name: row_for(parameter) for parameter in parameters}
            for name, row in self.method_rows.items():
                self._method_column.addWidget(row)
                row.changed.connect(lambda chosen, name=name: self._set_method_value(name, chosen))
        for name, row in self.method_rows.items():
            default = next(p.default for p in METHODS[training.method].parameters if p.name == name)
            held = training.method_values.get(name, default)
            if self._shown_values.get(name) != held:
                self._shown_values[name] = held
                row.set_value(held)

    def _set_method_value(self, name: str, chosen: Any) -> None:
        row = self.method_rows[name]
        self._shown_values.pop(name, None)
        try:
            self._editor.set_method_value(name, chosen, merge=row.gesture)
        except ParameterError as error:
            row.refuse(str(error))

    def _on_method(self, index: int) -> None:
        method = list(self._methods)[index]
        if method != self._editor.setup.training.method:
            self._editor.set_method(method, self._methods[method])


def state_words(run: Run) -> str:
    """Return how far a run is.

    Examples
    --------
    >>> state_words(Run(status="ready")), state_words(Run())
    ('step 0 · same seed, same start', 'no network yet')
    """
    words = {
        "empty": "no network yet",
        "preparing": "preparing the network…",
        "ready": f"step {run.step} · same seed, same start",
        "training": f"step {run.step} · training",
        "stopped": f"stopped at step {run.step}: rewind",
        "failed": "there is no network",
    }
    return words[run.status]


def set_text_of(button: QPushButton, text: str) -> None:
    """Write a button's text, if it is another one."""
    if button.text() != text:
        button.setText(text)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(text.split(" ", 1)[-1] if text[0] in "▶▸⟲" else text)
    return button
