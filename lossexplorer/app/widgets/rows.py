"""A row of widgets for each kind of parameter: a slider, a list, a switch or a line of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtWidgets import QComboBox
from superqt import QSearchableComboBox

from lossexplorer.app.widgets.number_row import NumberRow
from lossexplorer.app.widgets.row import NoWheel, Row, TextLine, mark, open_on_click
from lossexplorer.app.widgets.switch import Switch
from lossexplorer.core.parameters import (
    Choice,
    ClassIndex,
    Flag,
    Number,
    NumberArray,
    Parameter,
    ParameterError,
)
from lossexplorer.session.words import value_in_words


class ChoiceRow(Row):
    """Name and a list of options."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice)
        self._choice = choice
        self.options = QComboBox()
        self.options.addItems([choice.title_of(option) for option in choice.options])
        self.options.setAccessibleName(choice.title)
        self._no_wheel = NoWheel(self)
        self.options.installEventFilter(self._no_wheel)
        open_on_click(self.options)
        self.header.addWidget(self.options)
        self.setLayout(self.header)
        self.set_value(choice.default)
        self.options.activated.connect(lambda index: self.changed.emit(choice.options[index]))

    def set_value(self, value: Any) -> None:
        """Show an option without saying that the user chose it."""
        self.note_value(value)
        self.options.setCurrentIndex(self._choice.options.index(value))


class ClassRow(Row):
    """Name and a list of the volume's classes."""

    def __init__(self, parameter: ClassIndex) -> None:
        super().__init__(parameter)
        self._value = parameter.default
        self._first = 0
        self.options = QSearchableComboBox()
        self.options.setAccessibleName(parameter.title)
        self.options.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.options.setMinimumContentsLength(12)
        self._no_wheel = NoWheel(self)
        self.options.installEventFilter(self._no_wheel)
        open_on_click(self.options)
        self.header.addWidget(self.options)
        self.setLayout(self.header)
        self.options.activated.connect(lambda place: self.changed.emit(place + self._first))

    def set_classes(self, names: Sequence[str], first: int = 0) -> None:
        """Offer the classes of another volume, background first, from one of them on."""
        self._first = first
        self.options.clear()
        self.options.addItems(list(names)[first:])  # type: ignore[no-untyped-call]
        self.set_value(self._value)

    def set_value(self, value: Any) -> None:
        """Show a class without saying that the user chose it."""
        self._value = value
        self.note_value(value)
        self.options.setCurrentIndex(value - self._first)


class FlagRow(Row):
    """Name and a switch."""

    def __init__(self, flag: Flag) -> None:
        super().__init__(flag)
        self.switch = Switch()
        self.switch.setAccessibleName(flag.title)
        self.header.addWidget(self.switch)
        self.setLayout(self.header)
        self.set_value(flag.default)
        self.switch.clicked.connect(lambda: self.changed.emit(self.switch.isChecked()))

    def set_value(self, value: Any) -> None:
        """Show on or off without saying that the user chose it."""
        self.note_value(value)
        self.switch.setChecked(value)


class NumberArrayRow(Row):
    """Name and a line for numbers or a rule's name, with a list of the rules."""

    def __init__(self, numbers: NumberArray) -> None:
        super().__init__(numbers)
        self._numbers = numbers
        self._value = self._former = numbers.default
        self.options = QComboBox()
        self.options.setEditable(True)
        self.options.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.options.addItems(numbers.rules)
        self.options.setAccessibleName(numbers.title)
        self.line = TextLine()
        self.options.setLineEdit(self.line)
        self.options.setCompleter(None)  # type: ignore[arg-type]  # None is what ends it
        self._no_wheel = NoWheel(self)
        self.options.installEventFilter(self._no_wheel)
        open_on_click(self.options)
        self.header.addWidget(self.options)
        self.setLayout(self.header)
        self.set_value(numbers.default)
        self.options.textActivated.connect(self._on_text)
        self.line.editingFinished.connect(lambda: self._on_text(self.line.text()))
        self.line.given_up.connect(self._put_back)
        self.line.left.connect(self._on_left)

    def set_value(self, value: Any) -> None:
        """Show a rule or numbers without saying that the user chose them."""
        self._value = value
        self.note_value(value)
        self.options.setEditText(value_in_words(self._numbers, value))
        if not self.line.hasFocus():
            self.line.home(False)  # behind the text is the cursor, which may push a letter out
        mark(self.options, self._numbers.meaning)

    def refuse(self, why: str) -> None:
        """Mark what was typed, and keep the value of before."""
        text = self.line.text()
        self.set_value(self._former)
        self.line.setText(text)
        self.mark_typed(self.options, why)

    def _put_back(self) -> None:
        """Show the value in place of what is typed."""
        self.set_value(self._value)
        self.line.select_whole()

    def _on_left(self) -> None:
        """Put back what is wrong; why it was wrong is still said below the line."""
        if self.options.property("problem"):
            self.set_value(self._value)

    def _on_text(self, text: str) -> None:
        if text == value_in_words(self._numbers, self._value):
            mark(self.options, self._numbers.meaning)
            return
        try:
            value = self._numbers.parse(text)
        except ParameterError as error:
            self.mark_typed(self.options, str(error))
            return
        self._former = self._value
        self.set_value(value)
        self.changed.emit(value)


ParameterRow = NumberRow | ChoiceRow | ClassRow | FlagRow | NumberArrayRow


def row_for(parameter: Parameter) -> ParameterRow:
    """Return the row for a parameter."""
    if isinstance(parameter, Number):
        return NumberRow(parameter)
    if isinstance(parameter, NumberArray):
        return NumberArrayRow(parameter)
    if isinstance(parameter, ClassIndex):
        return ClassRow(parameter)
    return ChoiceRow(parameter) if isinstance(parameter, Choice) else FlagRow(parameter)
