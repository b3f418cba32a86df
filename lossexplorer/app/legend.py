"""What the colours of the four maps mean, below the canvas."""

from __future__ import annotations

from qtpy.QtCore import QPointF, QRectF, QSize
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from lossexplorer.app.numbers import tidy
from lossexplorer.app.theme import UNIT
from lossexplorer.viewer import colors


class _Strip(QWidget):
    """A colour map, from its low to its high end, over the background of the legend."""

    def __init__(self, stops: list[tuple[float, tuple[float, ...]]]) -> None:
        super().__init__()
        self._stops = stops
        self.setFixedSize(QSize(96, 10))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the map."""
        del event
        gradient = QLinearGradient(QPointF(0, 0), QPointF(self.width(), 0))
        for place, color in self._stops:
            gradient.setColorAt(place, QColor.fromRgbF(*(float(part) for part in color)))
        painter = QPainter(self)
        painter.fillRect(QRectF(self.rect()), gradient)
        painter.end()


def _chip(color: tuple[float, ...], text: str) -> QLabel:
    name = QColor.fromRgbF(*color[:3]).name()
    label = QLabel(f'<span style="color: {name}">■</span> {text}')
    label.setObjectName("quiet")
    return label


class Legend(QWidget):
    """Prediction, error and gradient: their colours and their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bottom")
        self._gradient = QLabel("gradient")
        self.low = QLabel("")
        self.high = QLabel("")
        quiet = [QLabel("probability 0"), QLabel("1"), QLabel("0"), self._gradient]
        for label in (*quiet, self.low, self.high):
            label.setObjectName("quiet")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        layout.setSpacing(UNIT)
        layout.addWidget(quiet[0])
        layout.addWidget(_Strip(colors.stops(colors.probability())))
        layout.addWidget(quiet[1])
        layout.addStretch(1)
        for category, text in (
            (colors.TRUE_POSITIVE, "true positive"),
            (colors.FALSE_POSITIVE, "false positive"),
            (colors.FALSE_NEGATIVE, "false negative"),
        ):
            layout.addWidget(_chip(colors.ERROR_COLORS[category], text))
        layout.addStretch(1)
        layout.addWidget(self._gradient)
        layout.addWidget(self.low)
        layout.addWidget(_Strip(colors.stops(colors.diverging())))
        layout.addWidget(self.high)

    def show_gradient(self, title: str, limit: float) -> None:
        """Name the gradient and write the numbers at the ends of its colour bar."""
        self._gradient.setText(title)
        self.low.setText(tidy(-limit))
        self.high.setText(tidy(limit, signed=True))
