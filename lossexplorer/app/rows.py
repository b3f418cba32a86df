"""A row of widgets for each kind of parameter: a slider, a list, a switch or a field."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QKeyEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionSlider,
    QVBoxLayout,
    QWidget,
)
from superqt import QDoubleSlider, QToggleSwitch

from lossexplorer.app.numbers import tidy
from lossexplorer.app.words import value_in_words
from lossexplorer.parameters import (
    Choice,
    Flag,
    Number,
    Numbers,
    Parameter,
    ParameterError,
    Spacing,
)
from lossexplorer.scales import Scale


class NeutralSlider(QDoubleSlider):
    """A slider with a small mark at its neutral position, which shows once it is left.

    Parameters
    ----------
    neutral : float
        The position of the mark.
    """

    def __init__(self, neutral: float) -> None:
        super().__init__(Qt.Orientation.Horizontal)  # type: ignore[no-untyped-call]
        self._neutral = neutral
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move by a step, by a page or to an end; superqt's sliders know no keys."""
        step, page = self.singleStep(), self.pageStep()
        key = Qt.Key
        moves: dict[int, float] = {
            key.Key_Right: step,
            key.Key_Up: step,
            key.Key_Left: -step,
            key.Key_Down: -step,
            key.Key_PageUp: page,
            key.Key_PageDown: -page,
            key.Key_Home: -math.inf,
            key.Key_End: math.inf,
        }
        if event.key() in moves:
            place = self.value() + moves[event.key()]
            self.setValue(min(max(place, self.minimum()), self.maximum()))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the mark below the slider."""
        low, high = self.minimum(), self.maximum()
        if low < self._neutral < high and abs(self.value() - self._neutral) > 1e-9:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, option, self)
            share = (self._neutral - low) / (high - low)
            x = round(handle / 2 + share * (self.width() - handle))
            painter = QPainter(self)
            painter.fillRect(x, self.height() // 2 - 6, 2, 12, self.palette().mid())
            painter.end()
        super().paintEvent(event)


class NoWheel(QObject):
    """An event filter that leaves the wheel to the panel's scroll area."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Ignore wheel events."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class _TypingRow(QWidget):
    """Keeps Enter, which ends the typing: the card below must not take it as a choice."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Keep Enter."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


def _mark(field: QWidget, meaning: str, *, problem: bool = False) -> None:
    """Say below the pointer what a field is for, or what is wrong with its text."""
    field.setToolTip(meaning)
    if field.property("problem") != problem:
        field.setProperty("problem", problem)
        field.style().polish(field)


class NumberRow(_TypingRow):
    """Name, editable value with its unit, and a slider.

    Parameters
    ----------
    number : Number
        What it sets.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).

    Attributes
    ----------
    changed : Signal(object)
        The value that the user chose.
    """

    changed = Signal(object)

    def __init__(self, number: Number, spacing: Spacing = (1.0, 1.0, 1.0)) -> None:
        super().__init__()
        self._number = number
        self._spacing = spacing
        self._scale = Scale(number, spacing)
        self._value = number.default
        self.setToolTip(number.meaning)

        self.edit = QLineEdit()
        self.edit.setObjectName("number")
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.edit.setFixedWidth(72)
        self.edit.setAccessibleName(number.title)
        self._unit = QLabel()
        self._unit.setObjectName("quiet")
        self.slider = NeutralSlider(self._scale.position(number.default))
        self.slider.setAccessibleName(number.title)
        self._no_wheel = NoWheel(self)
        self.slider.installEventFilter(self._no_wheel)

        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(QLabel(number.title), 1)
        head.addWidget(self.edit)
        head.addWidget(self._unit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.slider)

        self._set_up_slider()
        self.set_value(number.default)
        self.slider.valueChanged.connect(self._on_slider)
        self.edit.editingFinished.connect(self._on_edit)

    def set_spacing(self, spacing: Spacing) -> None:
        """Show lengths in voxels of another volume."""
        self._spacing = spacing
        self._scale = Scale(self._number, spacing)
        self._set_up_slider()
        self.set_value(self._value)

    def set_value(self, value: Any) -> None:
        """Show a value without saying that the user chose it."""
        self._value = float(value)
        self.edit.setText(self._shown())
        _mark(self.edit, self._number.meaning)
        self._unit.setText(self._unit_text())
        self._unit.setVisible(bool(self._number.unit))
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(self._scale.position(self._value))
        self.slider.blockSignals(blocked)
        self.slider.update()

    def _set_up_slider(self) -> None:
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(*self._scale.ends)
        self.slider.setSingleStep(self._scale.step)
        self.slider.setPageStep(10 * self._scale.step)
        self.slider.blockSignals(blocked)

    def _shown(self) -> str:
        return value_in_words(self._number, self._value)

    def _unit_text(self) -> str:
        if self._number.unit != "mm":
            return self._number.unit
        return f"mm · {tidy(abs(self._value) / self._number.voxel(self._spacing))} vox"

    def _on_slider(self, position: float) -> None:
        value = self._scale.value(position)
        low, high = self._number.low, self._number.high
        self._choose(min(max(value, low), high))

    def _on_edit(self) -> None:
        text = self.edit.text()
        try:
            value = self._typed(text)
        except ParameterError as error:
            _mark(self.edit, str(error), problem=True)
            return
        # The text is rounded: leaving the field unchanged must not change the value.
        if text != self._shown():
            self._choose(value)
        else:
            _mark(self.edit, self._number.meaning)

    def _typed(self, text: str) -> float:
        if self._number.scale != "log-complement":
            return self._number.parse(text, self._spacing)
        # 1 minus the value is typed, and what is wrong with it is said of that.
        low, high = 1 - self._number.high, 1 - self._number.low
        missing = replace(self._number, name=self._number.title, low=low, high=high)
        return 1 - missing.parse(text)

    def _choose(self, value: float) -> None:
        self.set_value(value)
        self.changed.emit(value)


class ChoiceRow(QWidget):
    """Name and a list of options.

    Attributes
    ----------
    changed : Signal(object)
        The option that the user chose.
    """

    changed = Signal(object)

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.setToolTip(choice.meaning)
        self.options = QComboBox()
        self.options.addItems(choice.options)
        self.options.setAccessibleName(choice.title)
        self._no_wheel = NoWheel(self)
        self.options.installEventFilter(self._no_wheel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel(choice.title), 1)
        layout.addWidget(self.options)
        self.set_value(choice.default)
        self.options.textActivated.connect(self.changed.emit)

    def set_value(self, value: Any) -> None:
        """Show an option without saying that the user chose it."""
        self.options.setCurrentText(value)


class FlagRow(QWidget):
    """Name and a switch.

    Attributes
    ----------
    changed : Signal(object)
        Whether the user switched it on.
    """

    changed = Signal(object)

    def __init__(self, flag: Flag) -> None:
        super().__init__()
        self.setToolTip(flag.meaning)
        self.switch = QToggleSwitch()
        self.switch.setAccessibleName(flag.title)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel(flag.title), 1)
        layout.addWidget(self.switch)
        self.set_value(flag.default)
        self.switch.clicked.connect(lambda: self.changed.emit(self.switch.isChecked()))

    def set_value(self, value: Any) -> None:
        """Show on or off without saying that the user chose it."""
        self.switch.setChecked(value)


class NumbersRow(_TypingRow):
    """Name and a field for numbers or a rule's name, with a list of the rules.

    Attributes
    ----------
    changed : Signal(object)
        The rule or the numbers that the user chose.
    """

    changed = Signal(object)

    def __init__(self, numbers: Numbers) -> None:
        super().__init__()
        self._numbers = numbers
        self._value = numbers.default
        self.setToolTip(numbers.meaning)
        self.options = QComboBox()
        self.options.setEditable(True)
        self.options.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.options.addItems(numbers.rules)
        self.options.setAccessibleName(numbers.title)
        self.edit = QLineEdit()
        self.options.setLineEdit(self.edit)
        self.options.setCompleter(None)  # type: ignore[arg-type]  # None is what ends it
        self._no_wheel = NoWheel(self)
        self.options.installEventFilter(self._no_wheel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel(numbers.title), 1)
        layout.addWidget(self.options)
        self.set_value(numbers.default)
        self.options.textActivated.connect(self._on_text)
        self.edit.editingFinished.connect(lambda: self._on_text(self.edit.text()))

    def set_value(self, value: Any) -> None:
        """Show a rule or numbers without saying that the user chose them."""
        self._value = value
        self.options.setEditText(value_in_words(self._numbers, value))
        _mark(self.options, self._numbers.meaning)

    def _on_text(self, text: str) -> None:
        if text == value_in_words(self._numbers, self._value):
            _mark(self.options, self._numbers.meaning)
            return
        try:
            value = self._numbers.parse(text)
        except ParameterError as error:
            _mark(self.options, str(error), problem=True)
            return
        self.set_value(value)
        self.changed.emit(value)


Row = NumberRow | ChoiceRow | FlagRow | NumbersRow


def row_for(parameter: Parameter) -> Row:
    """Return the row for a parameter."""
    if isinstance(parameter, Number):
        return NumberRow(parameter)
    if isinstance(parameter, Numbers):
        return NumbersRow(parameter)
    return ChoiceRow(parameter) if isinstance(parameter, Choice) else FlagRow(parameter)
