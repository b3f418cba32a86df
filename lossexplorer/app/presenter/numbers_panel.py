"""The numbers of a page, as large as their column allows, and what the source says they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from lossexplorer.app.presenter.big_numbers import NumberTitle
from lossexplorer.app.presenter.page import MOST_NUMBERS, StatedNumber
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.theme.contrast import readable_on
from lossexplorer.app.widgets.loss_title import LossMark
from lossexplorer.app.widgets.row import set_mark
from lossexplorer.core.numbers import loss_value
from lossexplorer.session.loss_colours import color_of

_UNKNOWN, _HIDDEN = "–", "?"
_SHORT = 15  # letters of a name that has room beside its number in large text
_GRAPHIC = 3.0  # the contrast of what is no text, WCAG 2.2


@dataclass(frozen=True)
class ShownNumber:
    """A number, and what is said of it.

    Attributes
    ----------
    value : float or None
        None if it is not known.
    stated : StatedNumber or None
        What the source says; None if nothing, as things are set.
    """

    value: float | None
    stated: StatedNumber | None = None


class NumbersPanel(QWidget):
    """Rows of a loss's mark, a name and a number.

    Attributes
    ----------
    values : dict of str to QLabel
        The numbers' labels, by what they are of.
    stated : dict of str to QLabel
        Below each, what the source says.
    differing : set of str
        The numbers that are not what the source says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, QLabel] = {}
        self.stated: dict[str, QLabel] = {}
        self.differing: set[str] = set()
        self._marks: list[tuple[LossMark, str]] = []
        self._discs: list[tuple[QLabel, str]] = []
        self._signs: list[QWidget] = []  # what is before each name, nothing included
        self._palette: Palette | None = None
        self._factor = 1.0
        self._texts: dict[str, str] = {}
        self._rows: list[QWidget] = []
        self._hides = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_titles(
        self, titles: Mapping[str, NumberTitle], palette: Palette, *, most_large: int = MOST_NUMBERS
    ) -> None:
        """Have a row for each of these numbers, whose values are not known yet.

        Parameters
        ----------
        titles : mapping of str to NumberTitle
            What is beside each number.
        palette : Palette
            The theme's colours.
        most_large : int
            Up to so many numbers are written large.
        """
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows, self.values, self.stated = [], {}, {}
        self._marks, self._discs, self._signs = [], [], []
        self._texts = dict.fromkeys(titles, _UNKNOWN)
        self.differing = set()
        for name, title in titles.items():
            self._add_row(name, title, small=len(titles) > most_large)
        self.use(palette)
        self._write()

    def _add_row(self, name: str, title: NumberTitle, *, small: bool) -> None:
        value, words = QLabel(), QElidingLabel(title.words)
        words.setObjectName("name")
        set_mark(words, "long", len(title.words) > _SHORT)
        words.setToolTip(title.words)
        value.setObjectName("number")
        set_mark(value, "small", small)
        value.setAccessibleName(title.words)
        self.values[name] = value
        stated = self.stated[name] = QLabel()
        stated.setObjectName("stated")
        stated.hide()
        words_and_stated = QVBoxLayout()
        words_and_stated.setSpacing(0)
        words_and_stated.addWidget(words)
        words_and_stated.addWidget(stated)
        row = QFrame()
        row.setObjectName("bignumber")
        # Else it gives its height to what is below where that is much.
        row.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(UNIT)
        line.addWidget(self._sign_of(title))
        line.addLayout(words_and_stated, 1)
        line.addWidget(value)
        self._rows.append(row)
        self._column.addWidget(row)

    def _sign_of(self, title: NumberTitle) -> QWidget:
        sign: QWidget
        if title.loss is not None:
            sign = LossMark(title.loss)
            self._marks.append((sign, color_of(title.loss)))
        elif title.color is not None:
            sign = QLabel("●")
            sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._discs.append((sign, title.color))
        else:
            sign = QLabel()
        self._signs.append(sign)
        return sign

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._palette = palette
        self._draw_marks()

    def use_factor(self, factor: float) -> None:
        """Draw the marks of the losses so many times larger than on the desk."""
        self._factor = factor
        self._draw_marks()

    def _draw_marks(self) -> None:
        if self._palette is not None:
            for mark, color in self._marks:
                seen = readable_on(self._palette.surface, color, _GRAPHIC)
                mark.enlarge(self._factor, seen)
            for disc, color in self._discs:
                seen = readable_on(self._palette.surface, color, _GRAPHIC)
                disc.setStyleSheet(f"color: {seen};")
        # Names begin below each other, whether a disc or a piece of a curve is before them.
        width = max((sign.sizeHint().width() for sign in self._signs), default=0)
        for sign in self._signs:
            sign.setFixedWidth(width)

    def show_numbers(self, numbers: Mapping[str, ShownNumber]) -> None:
        """Show values, and beside what a source states whether it is met."""
        for name, number in numbers.items():
            if name not in self.values:
                continue
            value, stated = number.value, number.stated
            self._texts[name] = _UNKNOWN if value is None else loss_value(value)
            is_said = stated is not None and value is not None
            self.stated[name].setVisible(is_said)
            self.differing.discard(name)
            if stated is not None and value is not None:
                is_met = stated.is_met_by(value)
                if not is_met:
                    self.differing.add(name)
                sign = "✓" if is_met else "✗"
                self.stated[name].setText(f"expected {loss_value(stated.value)} {sign}")
                set_mark(self.stated[name], "met", is_met)
        self._write()

    def hide_numbers(self, hidden: bool) -> None:
        """Show a question mark in place of each number, or the number again."""
        self._hides = hidden
        self._write()

    def _write(self) -> None:
        for name, label in self.values.items():
            label.setText(_HIDDEN if self._hides else self._texts[name])
        for label in self.stated.values():
            set_mark(label, "veiled", self._hides)
