"""The colour bar of the gradient: the numbers at its ends, and what they follow."""

from __future__ import annotations

import math

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.row import NoWheel, TextLine, mark
from lossexplorer.core.numbers import tidy
from lossexplorer.session.state import Scale
from lossexplorer.viewer import colors

_WORDS: dict[Scale, str] = {"automatic": "each map", "shared": "all shown", "fixed": "fixed"}
_FOLLOWS = (
    "What the ends of the colours follow: the map of each pane, the widest gradient seen of all "
    "losses or outputs shown, or nothing. From slice to slice they only widen, so that slices can "
    "be compared."
)
_END = "The gradient at the end of the colours. Type one to fix it, such as 1e-5."


class ColorStrip(QWidget):
    """A colour map, from its low to its high end, over the background of the legend."""

    def __init__(self, stops: colors.Stops) -> None:
        super().__init__()
        self._stops = stops
        self.setFixedSize(QSize(80, 10))

    def show_stops(self, stops: colors.Stops) -> None:
        """Show another colour map."""
        if stops is not self._stops:
            self._stops = stops
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the map."""
        del event
        gradient = QLinearGradient(QPointF(0, 0), QPointF(self.width(), 0))
        for place, color in self._stops:
            gradient.setColorAt(place, QColor.fromRgbF(*(float(channel) for channel in color)))
        painter = QPainter(self)
        painter.fillRect(QRectF(self.rect()), gradient)
        painter.end()


class GradientScale(QWidget):
    """The colours of the gradient between two numbers, the second of which can be typed.

    Attributes
    ----------
    low : QLabel
        The number at the low end.
    strip : ColorStrip
        The colours.
    high : QLineEdit
        That at the high end.
    follows : QComboBox
        What they follow: a widget beside this one, which stays where this one is hidden.
    chosen : Signal(str)
        What they are to follow.
    fixed : Signal(float)
        The number at which the high end is to be fixed.
    """

    chosen = Signal(str)
    fixed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._limit = math.nan
        self.low, self.high, self.follows = QLabel(), TextLine(), QComboBox()
        self.strip = ColorStrip(colors.DIVERGING)
        self.low.setObjectName("quiet")
        self.high.setObjectName("number")
        self.high.setAccessibleName("end of the gradient's colours")
        # Both ends keep their width, or the legend would change its rows while a slider moves.
        self.low.setFixedWidth(64)
        self.low.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.high.setFixedWidth(76)
        mark(self.high, _END)
        self.follows.setObjectName("small")
        self.follows.addItems(list(_WORDS.values()))
        self.follows.setAccessibleName("scale of the gradient's colours")
        self.follows.setToolTip(_FOLLOWS)
        self.follows.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._no_wheel = NoWheel(self)
        self.follows.installEventFilter(self._no_wheel)
        self.follows.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        for widget in (self.low, self.strip, self.high):
            row.addWidget(widget)
        self.high.returnPressed.connect(self._on_typed)
        for done in (self.high.left, self.high.given_up):
            done.connect(self._show)
        self.follows.activated.connect(lambda place: self.chosen.emit(list(_WORDS)[place]))

    def show_scale(self, scale: Scale) -> None:
        """Say what the numbers follow."""
        self.follows.setCurrentIndex(list(_WORDS).index(scale))

    def show_limit(self, limit: float) -> None:
        """Write the numbers at both ends, none for NaN; what is being typed stays."""
        self._limit = limit
        self.low.setText("" if math.isnan(limit) else tidy(-limit))
        if not (self.high.hasFocus() and self.high.isModified()):
            self._show()

    def _show(self) -> None:
        self.high.setText("" if math.isnan(self._limit) else tidy(self._limit, signed=True))
        mark(self.high, _END)

    def _on_typed(self) -> None:
        try:
            limit = limit_of(self.high.text())
        except ValueError as error:
            mark(self.high, str(error), problem=True)
            return
        self.high.setModified(False)
        self.fixed.emit(limit)
        self._show()


def limit_of(text: str) -> float:
    """Return the end of a colour bar that was typed.

    Raises
    ------
    ValueError
        If it is no number above 0.

    Examples
    --------
    >>> limit_of("±1e-5"), limit_of("+0,02")
    (1e-05, 0.02)
    """
    try:
        limit = float(text.strip().lstrip("±+").replace(",", "."))
    except ValueError:
        limit = math.nan
    if not 0 < limit < math.inf:
        raise ValueError(f"{text!r} is no number above 0, such as 1e-5.")
    return limit
