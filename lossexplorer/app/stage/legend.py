"""What the colours of the four maps mean, below the canvas."""

from __future__ import annotations

from collections.abc import Collection

from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from lossexplorer.app.stage.gradient_scale import ColorStrip, GradientScale
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.flow import Flow, FlowLabel
from lossexplorer.core.numbers import tidy
from lossexplorer.session.words import initials
from lossexplorer.viewer import colors

_ROOM_FOR_WORDS, _ROOM_FOR_COLORS = 1180, 1040  # from which width on all is in one row
_WIDE, _NARROW = 80, 48  # colour maps
_PALE = 0.1  # a probability whose colour is nearly transparent
_PANES_TIP = "Add or remove a pane: what the canvas shows side by side (P)"
_HATCHED = (0.52, 0.53, 0.57)  # of the sign for hatching, on the grounds of both themes


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
        name = initials(self._words) if short else self._words
        self.setText(f'<span style="color: {self._color}">{self._mark}</span> {name}')


def _group(*widgets: QWidget) -> QWidget:
    """Return what stays together in one row."""
    group = QWidget()
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(UNIT)
    for widget in widgets:
        row.addWidget(widget)
    return group


class Legend(QWidget):
    """Prediction, error and gradient: their colours and their numbers.

    It takes the width that there is; where that is little, it shortens its words and has a second
    row.

    Attributes
    ----------
    least, most : QLabel
        At the ends of the colours of the prediction.
    panes : QPushButton
        Has panes added and removed.
    appearance : QPushButton
        Has opacity, outlines, contrast and interpolation changed.
    scale : GradientScale
        The colours of the gradient, with the numbers at both ends.
    low, high : QWidget
        Those at the ends of the colours of the gradient.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bottom")
        self._gradient = FlowLabel("gradient", with_next=True)
        self.scale = GradientScale()
        self.low, self.high = self.scale.low, self.scale.high
        self.least = QLabel("probability 0")
        self.most = QLabel("1")
        self._prediction = ColorStrip(colors.PROBABILITY)
        self._strips = (self._prediction, self.scale.strip)
        for label in (self.least, self.most, self._gradient):
            label.setObjectName("quiet")
        self._chips = [
            _Chip(colors.ERROR_COLORS[colors.TRUE_POSITIVE], "true positive"),
            _Chip(colors.ERROR_COLORS[colors.FALSE_POSITIVE], "false positive"),
            _Chip(colors.ERROR_COLORS[colors.FALSE_NEGATIVE], "false negative"),
        ]
        self._confused = _Chip(colors.CONFUSED_COLOR, "confused class")
        self._confused.hide()
        self._ignored = _Chip(_HATCHED, "ignored", "▨")
        self._ignored.setToolTip("Voxels that count nowhere: their gradient is 0.")
        self._ignored.hide()
        self.panes = QPushButton("Panes…")
        self.panes.setObjectName("small")
        self.panes.setToolTip(_PANES_TIP)
        self.appearance = QPushButton("Layers…")
        self.appearance.setObjectName("small")
        self.appearance.setToolTip("Opacity, outlines, contrast and interpolation (O)")
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self._gradient.setAlignment(right)
        flow = Flow(self)
        flow.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        flow.setSpacing(2 * UNIT)
        flow.addWidget(self.panes)
        flow.addWidget(self.appearance)
        flow.addWidget(_group(self.least, self._prediction, self.most))
        for chip in (*self._chips, self._confused, self._ignored):
            flow.addWidget(chip)
        flow.addWidget(self._gradient)
        flow.addWidget(_group(self.scale, self.scale.follows))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Choose between words and initials, and how wide colours are."""
        super().resizeEvent(event)
        width = event.size().width()
        for chip in (*self._chips, self._confused):
            chip.shorten(width < _ROOM_FOR_WORDS)
        for strip in self._strips:
            strip.setFixedWidth(_NARROW if width < _ROOM_FOR_COLORS else _WIDE)

    def panes_place(self) -> QPoint:
        """Return where on the screen the menu of panes belongs: at its button, or here."""
        widget = self.panes if self.panes.isVisible() else self
        return widget.mapToGlobal(QPoint(0, 0))

    def appearance_place(self) -> QPoint:
        """Return where on the screen the box of the layers belongs."""
        widget = self.appearance if self.appearance.isVisible() else self
        return widget.mapToGlobal(QPoint(0, 0))

    def count_panes(self, shown: int, chosen: int) -> None:
        """Say how many of the panes that are chosen are shown, where there is no room for all.

        Parameters
        ----------
        shown, chosen : int
            Numbers of panes.
        """
        every = shown == chosen
        self.panes.setText("Panes…" if every else f"Panes: {shown} of {chosen}…")
        room = "" if every else f"\nThree planes have room for the first {shown}."
        self.panes.setToolTip(f"{_PANES_TIP}{room}")

    def show_panes(self, names: Collection[str]) -> None:
        """Explain the colours of these panes alone, by their kinds."""
        for widget in (self.least, self._prediction, self.most):
            widget.setVisible("prediction" in names or "beside" in names)

    def show_errors(self, classes: Collection[object]) -> None:
        """Name the colours of error maps of these classes, or none where there is no such map.

        Parameters
        ----------
        classes : collection of {"shown", "all"} or int
            Of each error map.
        """
        for chip in self._chips:
            chip.setVisible(bool(classes))
        self._confused.setVisible("all" in classes)

    def show_probability(self, most: float) -> None:
        """Explain the colours of probabilities.

        Parameters
        ----------
        most : float
            The largest probability on the canvas, which is named where it is hard to see; NaN if
            that is not known.
        """
        self._prediction.show_stops(colors.PROBABILITY)
        self.least.setText("probability 0")
        self.most.setText(f"1, here at most {most:.2g}" if most < _PALE else "1")

    def show_numbers(self, low: float, high: float) -> None:
        """Explain the colours of what is predicted where that is no probability."""
        self._prediction.show_stops(colors.NUMBERS)
        self.least.setText(f"prediction {tidy(low)}")
        self.most.setText(tidy(high))

    def show_ignored(self, shown: bool) -> None:
        """Name the hatching, or not where there is none."""
        self._ignored.setVisible(shown)

    def show_gradient(self, title: str, limit: float) -> None:
        """Name the gradient and write the numbers at the ends of its colour bar.

        Without a title there is no bar, as where no gradient is shown. A limit that is NaN is not
        known yet.
        """
        self._gradient.setText(title)
        self.scale.setVisible(bool(title))
        self.scale.show_limit(limit)
