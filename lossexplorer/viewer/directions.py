"""Letters of the anatomical directions at the edges of panes, and how slices are turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from qtpy.QtCore import QEvent, QObject, QPoint, QSize, Qt
from qtpy.QtWidgets import QLabel, QWidget

from lossexplorer.session.state import SideConvention
from lossexplorer.viewer.panes.titles import largest_size

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
_LOW = 120  # pixels: in such a pane, a letter below a title would be in the map
_BELOW_TITLES = 3.3  # pixels from the top for a point of the titles, where one reaches the letter
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


def flipped(stored: Directions, convention: SideConvention) -> tuple[bool, bool]:
    """Return whether a slice is turned upside down, and whether left and right change places.

    Parameters
    ----------
    stored : Directions
        Of the slice as it is stored.
    convention : {"as stored", "radiological", "neurological"}
        Radiological has the patient's right on the left of the screen, as seen from the feet, and
        neurological on the right. Both have anterior and superior above, and anterior on the left
        of a sagittal slice.

    Examples
    --------
    >>> flipped(Directions("L", "R", "P", "A"), "radiological")
    (True, True)
    """
    if convention == "as stored":
        return False, False
    left = "AR" if convention == "radiological" else "AL"
    across = stored.left not in left and stored.right in left
    return stored.bottom in "AS", across


def turned(stored: Directions, flips: tuple[bool, bool]) -> Directions:
    """Return the directions of a slice that is turned as `flipped` says.

    Examples
    --------
    >>> turned(Directions("L", "R", "P", "A"), (True, True))
    Directions(left='R', right='L', top='A', bottom='P')
    """
    left, right, top, bottom = astuple(stored)
    down, across = flips
    if across:
        left, right = right, left
    if down:
        top, bottom = bottom, top
    return Directions(left, right, top, bottom)


class DirectionLabels(QObject):
    """Letters in the middle of the edges of each pane, on top of its contents.

    Parameters
    ----------
    canvas : QWidget
        The widget of all panes; the labels follow its size and take no mouse events.

    Attributes
    ----------
    panes : list of dict of str to QLabel
        The labels of each pane, by edge: left, right, top and bottom.
    names : list of QLabel
        In the lower left corner of each pane, which plane it shows, where there are several.
    convention : QLabel
        In the lower right corner of the canvas, says how slices are turned.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._shape, self._count = (1, 1), 1
        self._directions: Sequence[Directions | None] = ()
        self._named: Sequence[str] = ()
        self._title_ends: Sequence[float] = ()
        self.panes: list[dict[str, QLabel]] = []
        self.names: list[QLabel] = []
        self.convention = self._new_label()
        canvas.installEventFilter(self)

    def _new_label(self) -> QLabel:
        label = QLabel(self._canvas)
        label.setStyleSheet(_STYLE)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.hide()
        return label

    def show_panes(self, shape: tuple[int, int], count: int) -> None:
        """Have letters for so many panes in rows and columns."""
        self._shape, self._count = shape, count
        for label in (
            *(each for some in self.panes[count:] for each in some.values()),
            *self.names[count:],
        ):
            label.hide()
            label.deleteLater()
        del self.panes[count:], self.names[count:]
        while len(self.panes) < count:
            self.panes.append({edge: self._new_label() for edge in Directions.__dataclass_fields__})
            self.names.append(self._new_label())
        self._write()

    def show_directions(
        self, directions: Sequence[Directions | None], convention: str = ""
    ) -> None:
        """Show the letters, or hide them if the directions are unknown.

        Parameters
        ----------
        directions : sequence of Directions or None
            At the edges of each pane.
        convention : str
            How slices are turned; empty if they are as they are stored.
        """
        self._directions = directions
        self.convention.setText(convention)
        self.convention.setVisible(bool(convention))
        self._write()

    def show_names(self, names: Sequence[str]) -> None:
        """Say which plane each pane shows; nothing if there are no names."""
        self._named = names
        self._write()

    def leave_room(self, title_ends: Sequence[float]) -> None:
        """Have the letters at the top of a row below its titles, where one reaches its letter.

        In low panes there are none then: those at the bottom say the opposite.

        Parameters
        ----------
        title_ends : sequence of float
            How far the title of each pane reaches from its left edge, in pixels.
        """
        if title_ends != self._title_ends:
            self._title_ends = title_ends
            self._place()

    def _write(self) -> None:
        for index, label in enumerate(self.names):
            is_named = index < min(self._count, len(self._named))
            label.setVisible(is_named)
            if is_named:
                label.setText(self._named[index])
        for index, labels in enumerate(self.panes):
            directions = self._directions[index] if index < len(self._directions) else None
            for edge, label in labels.items():
                label.setVisible(directions is not None and index < self._count)
                if directions is not None:
                    letter = getattr(directions, edge)
                    label.setText(letter)
                    label.setAccessibleName(f"{edge} edge: {_WORDS[letter]}")
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Place the labels again when the size of the canvas changes."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        rows, columns = self._shape
        room = QSize(self._canvas.width() // columns, self._canvas.height() // rows)
        for index, labels in enumerate(self.panes[: self._count]):
            row, column = divmod(index, columns)
            corner = QPoint(column * room.width(), row * room.height())
            title_end = max(self._title_ends[row * columns : (row + 1) * columns], default=0.0)
            for edge, label in labels.items():
                label.adjustSize()
                label.move(corner + _corner(edge, label.size(), room, title_end))
            top, bottom = labels["top"], labels["bottom"]
            has_room = room.height() >= _LOW or top.y() - corner.y() == _MARGIN
            top.setVisible(not bottom.isHidden() and has_room)
            name = self.names[index]
            name.adjustSize()
            name.move(corner + QPoint(_MARGIN, room.height() - name.height() - _MARGIN))
            if not bottom.isHidden() and name.geometry().intersects(bottom.geometry()):
                name.move(name.x(), bottom.y() - name.height())  # in a narrow pane
        self.convention.adjustSize()
        size = self.convention.size() + QSize(_MARGIN, _MARGIN)
        self.convention.move(
            self._canvas.width() - size.width(), self._canvas.height() - size.height()
        )
        for each in (*(labels["bottom"] for labels in self.panes[: self._count]), *self.names):
            if not each.isHidden() and each.geometry().intersects(self.convention.geometry()):
                self.convention.move(self.convention.x(), each.y() - self.convention.height())


def _corner(edge: str, size: QSize, room: QSize, title_end: float) -> QPoint:
    """Return the position of the upper left corner of a label in its pane."""
    right, bottom = room.width() - size.width(), room.height() - size.height()
    x = {"left": _MARGIN, "right": right - _MARGIN}.get(edge, right // 2)
    below_title = round(_BELOW_TITLES * largest_size(room.height()))
    top = below_title if title_end + _MARGIN > x else _MARGIN
    y = {"top": top, "bottom": bottom - _MARGIN}.get(edge, bottom // 2)
    return QPoint(x, y)
