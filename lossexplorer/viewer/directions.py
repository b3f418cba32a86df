"""Letters of the anatomical directions at the edges of the canvas."""

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
_BELOW_TITLES = 40  # pixels from the top, where the maps have their titles
# Light text on a dark box can be read on black, white and all grey values of the image.
_STYLE = (
    "color: rgba(255, 255, 255, 225); background: rgba(0, 0, 0, 140);"
    "border-radius: 3px; padding: 0px 4px; font-size: 12px; font-weight: 600;"
)


@dataclass(frozen=True)
class Directions:
    """The anatomical direction of each edge of the screen, as a letter."""

    left: str
    right: str
    top: str
    bottom: str


def directions_of(orientation: str, across: int, down: int) -> Directions:
    """Return the directions at the edges of a slice.

    Parameters
    ----------
    orientation : str
        The directions in which the file's axes (i, j, k) increase, as three of the letters R, L,
        A, P, S and I; an oblique axis counts as the nearest direction.
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
    """A letter in the middle of each edge of a widget, on top of its contents.

    Parameters
    ----------
    canvas : QWidget
        The widget; the labels follow its size and are transparent for its mouse events.

    Attributes
    ----------
    labels : dict of str to QLabel
        The labels by edge: left, right, top and bottom.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._top = _MARGIN
        self.labels = {edge: QLabel(canvas) for edge in Directions.__dataclass_fields__}
        for label in self.labels.values():
            label.setStyleSheet(_STYLE)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.hide()
        canvas.installEventFilter(self)

    def make_room(self, for_title: bool) -> None:
        """Put the upper letter below the title of a map in the middle, or at the edge."""
        self._top = _BELOW_TITLES if for_title else _MARGIN
        self._place()

    def show_directions(self, directions: Directions | None) -> None:
        """Show the letters, or hide them if the directions are unknown."""
        for label in self.labels.values():
            label.setVisible(directions is not None)
        if directions is None:
            return
        for (edge, label), letter in zip(self.labels.items(), astuple(directions), strict=True):
            label.setText(letter)
            label.setAccessibleName(f"{edge} edge: {_WORDS[letter]}")
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Place the labels again when the size of the canvas changes."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        for edge, label in self.labels.items():
            label.adjustSize()
            label.move(self._corner(edge, label.size(), self._canvas.size()))

    def _corner(self, edge: str, size: QSize, room: QSize) -> QPoint:
        """Return the position of the upper left corner of a label."""
        right, bottom = room.width() - size.width(), room.height() - size.height()
        x = {"left": _MARGIN, "right": right - _MARGIN}.get(edge, right // 2)
        y = {"top": self._top, "bottom": bottom - _MARGIN}.get(edge, bottom // 2)
        return QPoint(x, y)
