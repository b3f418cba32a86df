"""The dialog that asks which class each colour of a mask stands for."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap, QStandardItem, QStandardItemModel
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from lossexplorer.app.widgets.choosers import Chooser
from lossexplorer.volumes import Colour, ColoursNeededError, find_colours, own_table, proposed
from lossexplorer.volumes.colour_tables import RGB, hexadecimal
from lossexplorer.volumes.names import id_of

_COLOUR, _VOXELS, _ID, _NAME = range(4)
_SWATCH = 16


class ColoursDialog(Chooser):
    """Asks for an id and a name for each colour of a mask; they are saved beside it.

    Parameters
    ----------
    parent : QWidget
        The window that waits.
    error : ColoursNeededError
        Names the mask and its colours.

    Attributes
    ----------
    model : QStandardItemModel
        A row for each colour; id and name can be edited.
    accepted_colours : Signal(tuple)
        Of `Colour`, one for each row.
    """

    accepted_colours = Signal(object)

    def __init__(self, parent: QWidget, error: ColoursNeededError) -> None:
        name, table = Path(error.path).name, own_table(error.path).name
        super().__init__(
            parent,
            "Colours of classes",
            f"{name} is coded in colours. Give each colour the id of its class; 0 is the "
            f"background, and colours of one id are one class. This is saved as {table} beside it.",
        )
        self.accept_button.setText("Save and Open")
        proposals = proposed(error.counts, find_colours(error.path))
        self.model = QStandardItemModel(0, 4, self)
        self.model.setHorizontalHeaderLabels(["colour", "voxels", "id", "name"])
        self._colours: list[RGB] = []
        for each, (_, count) in zip(proposals, error.counts, strict=True):
            self._colours.append(each.rgb)
            self.model.appendRow(_row(each, count))
        view = QTreeView()
        view.setModel(self.model)
        view.setRootIsDecorated(False)
        view.setUniformRowHeights(True)
        triggers = QAbstractItemView.EditTrigger
        view.setEditTriggers(
            triggers.DoubleClicked
            | triggers.SelectedClicked
            | triggers.EditKeyPressed
            | triggers.AnyKeyPressed
        )
        view.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        view.header().setStretchLastSection(True)
        view.setCurrentIndex(self.model.index(0, _ID))
        self.view = view
        self.column.addWidget(view, 1)
        self._finish(520, 360)
        self.model.itemChanged.connect(self._on_change)
        self._on_change()

    def colours(self) -> tuple[Colour, ...]:
        """Return the colours with the ids and names that are entered; none if an id is no id."""
        found = []
        for row, rgb in enumerate(self._colours):
            id_ = id_of(self.model.item(row, _ID).text())
            if id_ is None:
                return ()
            found.append(Colour(rgb, id_, self.model.item(row, _NAME).text().strip()))
        return tuple(found)

    def accept(self) -> None:
        """Say what the colours stand for."""
        colours = self.colours()
        super().accept()
        self.accepted_colours.emit(colours)

    def _on_change(self) -> None:
        """Let go on if every id is a whole number and one is of a class."""
        self.accept_button.setEnabled(any(each.id for each in self.colours()))


def _row(colour: Colour, voxels: int) -> list[QStandardItem]:
    shown = QStandardItem(_swatch(colour.rgb), hexadecimal(colour.rgb))
    count = QStandardItem(f"{voxels:,}")
    for item in (shown, count):
        item.setEditable(False)
    return [shown, count, QStandardItem(str(colour.id)), QStandardItem(colour.name)]


def _swatch(rgb: RGB) -> QIcon:
    """Return a square of a colour, with an edge that shows it on any background."""
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(QColor(*rgb))
    painter = QPainter(pixmap)
    painter.setPen(QColor(128, 128, 128))
    painter.drawRect(0, 0, _SWATCH - 1, _SWATCH - 1)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # the colour itself, where Qt would tint it
    return icon
