"""What the colours of the four maps mean, below the canvas."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget
from superqt import QElidingLabel

from lossexplorer.app.theme import UNIT
from lossexplorer.core.numbers import tidy
from lossexplorer.viewer import colors

_ROOM_FOR_WORDS = 960
_HATCHED = (0.52, 0.53, 0.57)  # of the sign for hatching, on the grounds of both themes


class _Strip(QWidget):
    """A colour map, from its low to its high end, over the background of the legend."""

    def __init__(self, stops: colors.Stops) -> None:
        super().__init__()
        self._stops = stops
        self.setFixedSize(QSize(80, 10))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the map."""
        del event
        gradient = QLinearGradient(QPointF(0, 0), QPointF(self.width(), 0))
        for place, color in self._stops:
            gradient.setColorAt(place, QColor.fromRgbF(*(float(channel) for channel in color)))
        painter = QPainter(self)
        painter.fillRect(QRectF(self.rect()), gradient)
        painter.end()


class _Chip(QLabel):
    """A category's colour and its name, in words or in two letters."""

    def __init__(self, color: tuple[float, ...], words: str, mark: str = "■") -> None:
        super().__init__()
        self._mark = mark
        self._color = QColor.fromRgbF(*color[:3]).name()
        self._words = words
        self.setObjectName("quiet")
        self.setToolTip(words)
        self.shorten(False)

    def shorten(self, short: bool) -> None:
        """Write the initials alone, or all words."""
        words = self._words.split()
        name = "".join(word[0].upper() for word in words) if short else self._words
        self.setText(f'<span style="color: {self._color}">{self._mark}</span> {name}')


class Legend(QWidget):
    """Prediction, error and gradient: their colours and their numbers.

    It takes the width that there is, and shortens its words where that is little.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bottom")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._gradient = QElidingLabel("gradient")
        self.low = QLabel("")
        self.high = QLabel("")
        quiet = [QLabel("probability 0"), QLabel("1"), QLabel("0"), self._gradient]
        for label in (*quiet, self.low, self.high):
            label.setObjectName("quiet")
        box = QHBoxLayout(self)
        box.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        box.setSpacing(UNIT)
        box.addWidget(quiet[0])
        box.addWidget(_Strip(colors.PROBABILITY))
        box.addWidget(quiet[1])
        box.addSpacing(UNIT)
        self._chips = [
            _Chip(colors.ERROR_COLORS[colors.TRUE_POSITIVE], "true positive"),
            _Chip(colors.ERROR_COLORS[colors.FALSE_POSITIVE], "false positive"),
            _Chip(colors.ERROR_COLORS[colors.FALSE_NEGATIVE], "false negative"),
        ]
        self._ignored = _Chip(_HATCHED, "ignored", "▨")
        self._ignored.setToolTip("Voxels that count nowhere: their gradient is 0.")
        self._ignored.hide()
        for chip in (*self._chips, self._ignored):
            box.addWidget(chip)
        self._gradient.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        box.addWidget(self._gradient, 1)  # it elides where little is left for it
        box.addWidget(self.low)
        box.addWidget(_Strip(colors.DIVERGING))
        box.addWidget(self.high)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Choose between words and initials."""
        super().resizeEvent(event)
        for chip in self._chips:
            chip.shorten(event.size().width() < _ROOM_FOR_WORDS)

    def show_errors(self, shown: bool) -> None:
        """Name the colours of the error map, or not where there is none."""
        for chip in self._chips:
            chip.setVisible(shown)

    def show_ignored(self, shown: bool) -> None:
        """Name the hatching, or not where there is none."""
        self._ignored.setVisible(shown)

    def show_gradient(self, title: str, limit: float) -> None:
        """Name the gradient and write the numbers at the ends of its colour bar."""
        self._gradient.setText(title)
        self.low.setText(tidy(-limit))
        self.high.setText(tidy(limit, signed=True))
