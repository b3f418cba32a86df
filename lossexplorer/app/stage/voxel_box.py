"""A box on the canvas that lists the values in a voxel."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lossexplorer.app.stage.voxel_rows import (
    ValueRow,
    color_of_loss,
    gradient_rows,
    probability_rows,
)
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.voxel_text import truth_text
from lossexplorer.engine.messages import Voxel, VoxelValues
from lossexplorer.session import State
from lossexplorer.viewer.colors import class_color

_AWAY = 16  # pixels from the place that it is about
_KNOWN, _FORMER = "#eceff3", "#7d8694"  # of numbers, on the black of the canvas in both themes


class VoxelBox(QFrame):
    """Lists every class's probability and every loss's gradient in a voxel.

    Parameters
    ----------
    over : QWidget
        The canvas itself.
    closable : bool
        Whether it has a button that closes it; else it takes no mouse events.

    Attributes
    ----------
    closed : Signal()
        The button was clicked.
    where, list, note : QLabel
        The voxel and its truth; the values; and what is to be known of them.
    close_button : QToolButton
        In the upper right corner.
    rows : list of ValueRow
        What is listed.
    is_current : bool
        Whether the values are those of what is set.
    """

    closed = Signal()

    def __init__(self, over: QWidget, *, closable: bool) -> None:
        super().__init__(over)
        self.setObjectName("voxelBox")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not closable)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._over = over
        self.where, self.list, self.note = QLabel(), QLabel(), QLabel()
        self.where.setObjectName("title")
        self.note.setObjectName("note")
        self.note.setWordWrap(True)
        policy = self.note.sizePolicy()  # a sentence takes lines, and makes no box wider
        policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        self.note.setSizePolicy(policy)
        self.list.setTextFormat(Qt.TextFormat.RichText)
        self.close_button = QToolButton()
        self.close_button.setObjectName("paneCloser")
        self.close_button.setText("×")
        self.close_button.setToolTip("Unpin (Esc)")
        self.close_button.setAccessibleName("unpin the values of this voxel")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.setVisible(closable)
        self.close_button.clicked.connect(lambda _: self.closed.emit())
        self.rows: list[ValueRow] = []
        self.is_current = False
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.where, 1)
        top.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT, UNIT // 2, UNIT, UNIT // 2)
        column.setSpacing(UNIT // 4)
        column.addLayout(top)
        column.addWidget(self.list)
        column.addWidget(self.note)

    def show_values(
        self, state: State, voxel: Voxel, values: VoxelValues | None, note: str = ""
    ) -> None:
        """List the values in a voxel.

        Parameters
        ----------
        state : State
            What is set, while something is open.
        voxel : tuple of int
            (z, y, x).
        values : VoxelValues or None
            Its values; None while they are not known.
        note : str
            What is to be known of them, such as that they are of a former state: then they are
            grey.
        """
        volume = state.volume
        assert volume is not None
        z, y, x = voxel
        self.where.setText(f"z {z}  y {y}  x {x}  ·  {truth_text(volume, voxel)}")
        probabilities, others = probability_rows(state, values)
        gradients = list(gradient_rows(state, values))
        self.rows, self.is_current = [*probabilities, *gradients], values is not None and not note
        color = _KNOWN if self.is_current else _FORMER
        name = escape(volume.classes[state.view.class_index].name)
        lines = [
            _heading("probability"),
            *(
                _line(row, color, row.class_index == state.view.class_index)
                for row in probabilities
            ),
            *([_heading(others)] if others else []),
            _heading(f"∂ loss / ∂ {state.view.wrt} of {name}"),
            *(_line(row, color, row.loss == state.view.loss) for row in gradients),
        ]
        self.list.setText(f'<table cellspacing="0" cellpadding="1">{"".join(lines)}</table>')
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def text_of(self, name: str) -> str:
        """Return the value that is listed of a class or a loss, by the name that it has there."""
        return next(row.text for row in self.rows if row.name == name)

    def place_beside(self, point: QPointF) -> None:
        """Go beside a place on the canvas, to the side where there is room, and appear."""
        self.show()  # before, its labels have not the fonts that they need room for
        self.adjustSize()
        place = []
        for at, length, room in (
            (point.x(), self.width(), self._over.width()),
            (point.y(), self.height(), self._over.height()),
        ):
            fits = at + _AWAY + length <= room
            start = at + _AWAY if fits else at - _AWAY - length
            place.append(round(min(max(start, 0), max(room - length, 0))))
        self.move(*place)
        self.raise_()


def _heading(text: str) -> str:
    return f'<tr><td colspan="2" style="color: #9aa3b0">{text}</td></tr>'


def _line(row: ValueRow, color: str, is_chosen: bool) -> str:
    """Return a row of the table: the name with its colour, and the value."""
    if row.class_index is None:
        chip = color_of_loss(row.loss)
    else:
        chip = QColor.fromRgbF(*class_color(row.class_index)[:3]).name()
    chip = f'<span style="color: {chip}">■</span> ' if row.class_index != 0 else "□ "
    name = escape(row.name)
    name = f"<b>{name}</b>" if is_chosen else name
    return (
        f'<tr><td style="padding-right: 14px">{chip}{name}</td>'
        f'<td align="right" style="color: {color}">{row.text}</td></tr>'
    )
