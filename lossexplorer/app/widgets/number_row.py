"""A number's row: title, value with its unit, slider, and for which class it holds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QPointF, QRect, Qt, Signal
from qtpy.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStyle,
    QStyleOptionSlider,
    QVBoxLayout,
)
from superqt import QDoubleSlider

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.row import NoWheel, Row, TextLine, mark
from lossexplorer.core.lengths import ANY_SIZE, VolumeSize
from lossexplorer.core.numbers import tidy
from lossexplorer.core.parameters import Number, ParameterError
from lossexplorer.core.scales import SliderScale
from lossexplorer.session.words import value_in_words

_GESTURES = itertools.count(1)
_MIXED = "mixed"
_TREMBLE = 3  # pixels that a hand may move while it clicks
_LIST_WIDTH = 200


class NeutralSlider(QDoubleSlider):
    """A slider with a small mark at its neutral position, which shows once it is left.

    Parameters
    ----------
    neutral : float
        The position of the mark.

    Attributes
    ----------
    neutral : float
        As above.
    held, let_go : Signal()
        A movement of the hand begins, with the mouse or a key, and ends.
    """

    held = Signal()
    let_go = Signal()

    def __init__(self, neutral: float) -> None:
        super().__init__(Qt.Orientation.Horizontal)  # type: ignore[no-untyped-call]
        self.neutral = neutral
        self._key: int | None = None  # the one that is held
        self._pressed_at: QPointF | None = None  # until the hand moves
        self._hold: tuple[QPointF, float] | None = None  # where the handle was taken, and its value
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.sliderReleased.connect(self.let_go.emit)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a movement; the press may move the handle before Qt says that it is pressed."""
        self.held.emit()
        self._pressed_at, self._hold = event.position(), None
        if self._handle().contains(event.position().toPoint()):
            self._take_hold(event)
        else:
            super().mousePressEvent(event)
        if not self.isSliderDown():
            self.let_go.emit()

    def _handle(self) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = QStyle.SubControl.SC_SliderHandle
        complex_control = QStyle.ComplexControl.CC_Slider
        return self.style().subControlRect(complex_control, option, handle, self)

    def _take_hold(self, event: QMouseEvent) -> None:
        """Press the handle where it is; superqt puts its middle below the pointer."""
        place: float = self.value()
        blocked = self.blockSignals(True)
        super().mousePressEvent(event)
        self.setValue(place)
        self._hold = event.position(), place
        self._setClickOffset(event.position().toPoint())  # from where it is again
        self.blockSignals(blocked)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move, once the hand has: a click is none, whose pixel is another value's."""
        if self._pressed_at is not None:
            way = event.position() - self._pressed_at
            if way.manhattanLength() < _TREMBLE:
                return
            self._pressed_at = None
        super().mouseMoveEvent(event)
        if self._hold is not None and (event.position() - self._hold[0]).isNull():
            self.setValue(self._hold[1])  # back where it was, whose pixel is another value's

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move by a step, by a page or to an end; superqt's sliders know no keys."""
        notch, page = self.singleStep(), self.pageStep()
        key = Qt.Key
        moves: dict[int, float] = {
            key.Key_Right: notch,
            key.Key_Up: notch,
            key.Key_Left: -notch,
            key.Key_Down: -notch,
            key.Key_PageUp: page,
            key.Key_PageDown: -page,
            key.Key_Home: -math.inf,
            key.Key_End: math.inf,
        }
        if event.key() in moves:
            if not self.isSliderDown() and not (event.isAutoRepeat() and event.key() == self._key):
                self._key = event.key()
                self.held.emit()
            place = self.value() + moves[event.key()]
            self.setValue(min(max(place, self.minimum()), self.maximum()))
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Note that the key is held no longer; others may come and go meanwhile."""
        if event.key() == self._key and not event.isAutoRepeat():
            self._let_go_of_key()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Note that a key is held no longer: its release goes elsewhere."""
        self._let_go_of_key()
        super().focusOutEvent(event)

    def _let_go_of_key(self) -> None:
        if self._key is not None:
            self._key = None
            self.let_go.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the mark below the slider."""
        low, high = self.minimum(), self.maximum()
        if low < self.neutral < high and abs(self.value() - self.neutral) > 1e-9:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, option, self)
            share = (self.neutral - low) / (high - low)
            x = round(handle / 2 + share * (self.width() - handle))
            painter = QPainter(self)
            painter.fillRect(x, self.height() // 2 - 6, 2, 12, self.palette().mid())
            painter.end()
        super().paintEvent(event)


class NumberRow(Row):
    """Name, editable value with its unit, and a slider.

    A number that can differ between classes has a list beside its slider: all classes, or the one
    that the slider sets. It is hidden where there is one class beside the background.

    Parameters
    ----------
    number : Number
        What it sets.
    size : VolumeSize
        The size of the volume, which the range and the unit of a length follow.

    Attributes
    ----------
    classes : QComboBox
        "all classes", then each class.
    """

    def __init__(self, number: Number, size: VolumeSize = ANY_SIZE) -> None:
        super().__init__(number)
        self._description, self._spacing = number, size.spacing
        self._number = number = number.at(size)
        self._scale = SliderScale(number, size.spacing)
        self._value: float | tuple[float, ...] = number.default
        self._former: float | tuple[float, ...] = (
            number.default
        )  # what holds if the value is refused
        self._first = 0  # of the classes that are offered
        self._emits = False

        self.line = TextLine()
        self.line.setObjectName("number")
        self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.line.setFixedWidth(66)
        self.line.setAccessibleName(number.title)
        self._unit = QLabel()
        self._unit.setObjectName("quiet")
        self.slider = NeutralSlider(self._scale.position(number.default))
        self.slider.setAccessibleName(number.title)
        self._no_wheel = NoWheel(self)
        self.slider.installEventFilter(self._no_wheel)
        self.classes = self._class_list()

        self.header.addWidget(self.line)
        self.header.addWidget(self._unit)
        line = QHBoxLayout()
        line.setSpacing(UNIT)
        line.addWidget(self.slider, 1)
        line.addWidget(self.classes)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(self.header)
        box.addLayout(line)

        self._set_up_slider()
        self.set_value(number.default)
        self.slider.valueChanged.connect(self._on_slider)
        self.slider.held.connect(lambda: self._hold(next(_GESTURES)))
        self.slider.let_go.connect(lambda: self._hold(None))
        self.line.editingFinished.connect(self._on_edit)
        self.line.given_up.connect(self._put_back)
        self.line.left.connect(self._on_left)
        self.classes.activated.connect(lambda _index: self.set_value(self._value))

    def _class_list(self) -> QComboBox:
        classes = QComboBox()
        classes.setObjectName("small")
        classes.setAccessibleName(f"{self._number.title}: class")
        classes.setToolTip("For which class the slider sets it.")
        classes.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        classes.setMinimumContentsLength(8)
        classes.view().setMinimumWidth(_LIST_WIDTH)
        classes.installEventFilter(self._no_wheel)
        classes.hide()
        return classes

    def set_size(self, size: VolumeSize) -> None:
        """Offer and show lengths as they are in another volume."""
        self._number, self._spacing = self._description.at(size), size.spacing
        self._scale = SliderScale(self._number, size.spacing)
        self._set_up_slider()
        self.set_value(self._value)

    def set_classes(self, names: Sequence[str], first: int = 0) -> None:
        """Offer the classes of another volume, background first, if the number can differ.

        Parameters
        ----------
        names : sequence of str
            The classes' names.
        first : int
            The index of the first that is offered.
        """
        self._first = first
        self.classes.clear()
        self.classes.addItems(["all classes", *list(names)[first:]])
        self.classes.setVisible(self._number.per_class and len(names) > 2)
        self.set_value(self._value)

    def set_value(self, value: Any) -> None:
        """Show a value without saying that the user chose it.

        What the user has just chosen is shown already where it comes back from the session.
        """
        if self._emits and value == self._value:
            return
        self._value = value
        self.note_value(value)
        number = self._chosen_number()
        self.line.setText(self._shown())
        mark(self.line, self._number.meaning)
        self._unit.setText(self._unit_text())
        self._unit.setVisible(bool(self._number.unit))
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(
            self._scale.position(self._number.default if number is None else number)
        )
        self.slider.blockSignals(blocked)
        self.slider.update()

    def _chosen(self) -> int | None:
        """Return the class that the slider sets; None for all."""
        place = self.classes.currentIndex() - 1
        return place + self._first if place >= 0 else None

    def _chosen_number(self) -> float | None:
        """Return the number that the slider sets; None if it is not the same in all classes."""
        if not isinstance(self._value, tuple):
            return self._value
        chosen = self._chosen()
        return None if chosen is None else self._value[chosen]

    def _set_up_slider(self) -> None:
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(*self._scale.ends)
        self.slider.setSingleStep(self._scale.notch)
        self.slider.setPageStep(10 * self._scale.notch)
        self.slider.neutral = self._scale.position(self._number.default)
        self.slider.blockSignals(blocked)

    def _shown(self) -> str:
        number = self._chosen_number()
        return _MIXED if number is None else value_in_words(self._number, number)

    def _unit_text(self) -> str:
        number = self._chosen_number()
        unit = self._number.shown_unit
        if self._number.power != 1 or number is None:
            return unit
        return f"{unit} · {tidy(number / self._number.voxel(self._spacing))} vox"

    def _hold(self, gesture: int | None) -> None:
        self.gesture = gesture

    def _on_slider(self, position: float) -> None:
        value = self._scale.value(position)
        low, high = self._number.low, self._number.high
        self._choose(min(max(value, low), high))

    def _on_edit(self) -> None:
        text = self.line.text()
        # The text is rounded: leaving the line unchanged must not change the value.
        if text == self._shown():
            mark(self.line, self._number.meaning)
            return
        try:
            value = self._typed(text)
        except ParameterError as error:
            self.mark_typed(self.line, str(error))
            return
        self._choose(value)

    def _put_back(self) -> None:
        """Show the value in place of what is typed."""
        self.set_value(self._value)
        self.line.select_whole()

    def _on_left(self) -> None:
        """Put back what is wrong; why it was wrong is still said below the line."""
        if self.line.property("problem"):
            self.set_value(self._value)

    def refuse(self, why: str) -> None:
        """Mark what was typed, and keep the value of before."""
        text = self.line.text()
        self.set_value(self._former)
        self.line.setText(text)
        self.mark_typed(self.line, why)

    def _typed(self, text: str) -> float:
        one = replace(self._number, per_class=False)  # one class or all, never a list of them
        if self._number.scale != "log-complement":
            return float(one.parse(text, self._spacing, bare_unit=one.shown_in))
        # 1 minus the value is typed, and what is wrong with it is said of that.
        low, high = 1 - self._number.high, 1 - self._number.low
        missing = replace(one, name=self._number.title, low=low, high=high)
        return 1 - float(missing.parse(text))

    def _choose(self, number: float) -> None:
        self._former = self._value
        self.set_value(self._with(number))
        self._emits = True
        try:
            self.changed.emit(self._value)
        finally:
            self._emits = False

    def _with(self, number: float) -> float | tuple[float, ...]:
        """Return the value with the number that the slider sets replaced."""
        chosen, value = self._chosen(), self._value
        if chosen is None:
            return number
        count = self.classes.count() - 1 + self._first
        numbers = list(value) if isinstance(value, tuple) else [value] * count
        numbers[chosen] = number
        return tuple(numbers) if len(set(numbers)) > 1 else number
