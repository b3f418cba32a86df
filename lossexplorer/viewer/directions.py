"""Where the patient's right, front and head are: letters at the edges of the canvas."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from qtpy.QtCore import QEvent, QObject, QPoint, QSize, Qt
from qtpy.QtWidgets import QLabel, QWidget

_OPPOSITE = dict(zip("RLAPIS", "LRPASI", strict=True))
_WORDS = {
    "R": "right",
    "L": "left",
    "A": "anterior",
    "P": "posterior",
    "I": "inferior",
    "S": "superior",
}
_MARGIN = 4
# The image below is black, white or anything between; light on dark can be read on all of it.
_STYLE = (
    "color: rgba(255, 255, 255, 225); background: rgba(0, 0, 0, 140);"
    "border-radius: 3px; padding: 0px 4px; font-size: 12px; font-weight: 600;"
)


@dataclass(frozen=True)
class Directions:
    """The anatomical direction that each edge of the screen lies in, a letter each."""

    left: str
    right: str
    top: str
    bottom: str


def directions_of(orientation: str, across: int, down: int) -> Directions:
    """Return what lies at the edges of a slice.

    Parameters
    ----------
    orientation : str
        The directions in which the file's axes (i, j, k) increase, one of R, L, A, P, S and I
        each; an oblique axis counts as the nearest of them.
    across, down : int
        The axes of the array (z, y, x) that increase to the right and downwards on the screen.

    Examples
    --------
    >>> directions_of("LPS", across=2, down=1)  # slices along z of a typical CT
    Directions(left='R', right='L', top='A', bottom='P')
    """
    right, bottom = orientation[2 - across], orientation[2 - down]
    return Directions(_OPPOSITE[right], right, _OPPOSITE[bottom], bottom)


class DirectionLabels(QObject):
    """A letter in the middle of each edge of a widget, above what it shows.

    Parameters
    ----------
    canvas : QWidget
        What is labelled; the labels follow its size and take no part in its mouse events.

    Attributes
    ----------
    labels : dict of str to QLabel
        By edge: left, right, top and bottom.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.labels = {edge: QLabel(canvas) for edge in Directions.__dataclass_fields__}
        for label in self.labels.values():
            label.setStyleSheet(_STYLE)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.hide()
        canvas.installEventFilter(self)

    def show_directions(self, directions: Directions | None) -> None:
        """Write the letters, or hide them where the directions are unknown."""
        for label in self.labels.values():
            label.setVisible(directions is not None)
        if directions is None:
            return
        for (edge, label), letter in zip(self.labels.items(), astuple(directions), strict=True):
            label.setText(letter)
            label.setAccessibleName(f"{edge} edge: {_WORDS[letter]}")
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the size of the canvas."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        for edge, label in self.labels.items():
            label.adjustSize()
            label.move(_corner(edge, label.size(), self._canvas.size()))


def _corner(edge: str, size: QSize, room: QSize) -> QPoint:
    """Return where the upper left corner of a label belongs."""
    right, bottom = room.width() - size.width(), room.height() - size.height()
    x = {"left": _MARGIN, "right": right - _MARGIN}.get(edge, right // 2)
    y = {"top": _MARGIN, "bottom": bottom - _MARGIN}.get(edge, bottom // 2)
    return QPoint(x, y)
