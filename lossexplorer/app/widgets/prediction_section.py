"""The controls of the prediction: a section for each group, a block for each degradation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from qtpy.QtCore import QEvent, QObject, Qt, QTimer, Signal
from qtpy.QtWidgets import QApplication, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.number_row import NumberRow
from lossexplorer.app.widgets.rows import ClassRow, row_for
from lossexplorer.app.widgets.sections import Collapsible, heading
from lossexplorer.core.lengths import VolumeSize
from lossexplorer.predictions import DEGRADATIONS, GROUPS, Degradation, controls_of
from lossexplorer.session.overlapping import why_no_degradation

_OPEN_AT_START = ("place", "boundary", "probability")
_REST_MS = 300


class DegradationBlock(QWidget):
    """The rows of one degradation, below its title if they are several.

    Parameters
    ----------
    degradation : Degradation
        Whose controls it shows.

    Attributes
    ----------
    rows : dict of str to ParameterRow
        By the control's name.
    resetter : QToolButton
        Sets its controls back; shown while one of them is not at its default.
    changed : Signal(str, object)
        A control's name and the value that the user chose.
    reset : Signal(tuple)
        The names of controls that are to be put back to their defaults.
    """

    changed = Signal(str, object)
    reset = Signal(object)

    def __init__(self, degradation: Degradation) -> None:
        super().__init__()
        self._names = tuple(control.name for control in degradation.controls)
        self._defaults = {control.name: control.default for control in degradation.controls}
        self.rows = {control.name: row_for(control) for control in degradation.controls}
        self._body, self._reason = QWidget(), QLabel()
        self._reason.setObjectName("quiet")
        self._reason.setWordWrap(True)
        self._reason.hide()
        self.resetter = QToolButton()
        self.resetter.setObjectName("flat")
        self.resetter.setText("↺")
        self.resetter.setToolTip("Back to the default")
        self.resetter.setAccessibleName(f"{degradation.title}: back to the default")
        self.resetter.clicked.connect(lambda: self.reset.emit(self._names))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT // 2)
        if len(self.rows) > 1:
            column.addLayout(self._header(degradation))
        else:
            next(iter(self.rows.values())).put_beside_title(self.resetter)
        column.addWidget(self._reason)
        column.addWidget(self._body)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(UNIT // 2)
        for name, row in self.rows.items():
            body.addWidget(row)
            row.changed.connect(lambda value, name=name: self.changed.emit(name, value))
        self.show_values(self._defaults)

    def _header(self, degradation: Degradation) -> QHBoxLayout:
        title = QLabel(degradation.title)
        title.setObjectName("quiet")
        title.setToolTip(degradation.summary)
        header = QHBoxLayout()
        header.setSpacing(UNIT // 2)
        header.addWidget(title)
        header.addWidget(self.resetter)
        header.addStretch(1)
        return header

    def set_size(self, size: VolumeSize) -> None:
        """Offer and show lengths as they are in another volume."""
        known = controls_of(size)
        self._defaults = {name: known[name].default for name in self._names}
        for row in self.rows.values():
            if isinstance(row, NumberRow):
                row.set_size(size)

    def offer(self, reason: str, hidden: Collection[str]) -> None:
        """Offer its controls but those that have no meaning, or say why there are none."""
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self._body.setVisible(not reason)
        for name, row in self.rows.items():
            row.setVisible(name not in hidden)

    def show_values(
        self, values: Mapping[str, Any], before: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """Show the values of its controls without saying that the user chose them.

        Parameters
        ----------
        values : mapping
            Of every control.
        before : mapping
            Those that are shown; a control whose value is among them is left as it is.
        """
        for name, row in self.rows.items():
            if name not in before or values[name] != before[name]:
                row.set_value(values[name])
        self.resetter.setVisible(self.is_changed(values))

    def is_changed(self, values: Mapping[str, Any]) -> bool:
        """Return whether one of its controls is not at its default."""
        return any(values[name] != default for name, default in self._defaults.items())


class PredictionSection(QWidget):
    """Every control of the prediction.

    Attributes
    ----------
    title : QElidingLabel
        Says whether the prediction is simulated or which file it is from.
    groups : dict of str to Collapsible
        By the group's name.
    blocks : dict of str to DegradationBlock
        By the degradation's name.
    rows : dict of str to ParameterRow
        By the control's name.
    changed : Signal(str, object)
        A control's name and the value that the user chose.
    reset : Signal(tuple)
        The names of controls that are to be put back to their defaults.
    expected : Signal(tuple)
        The names of controls that may be moved next: their group was opened, or the pointer rests
        over one.
    """

    changed = Signal(str, object)
    reset = Signal(object)
    expected = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._below_pointer: QObject | None = None
        self._resting = QTimer(self, singleShot=True, interval=_REST_MS)
        self._resting.timeout.connect(self._on_rest)
        self.title = heading("")
        self.groups = {
            name: Collapsible(title, opened=name in _OPEN_AT_START)
            for name, title in GROUPS.items()
        }
        self.blocks = {name: DegradationBlock(each) for name, each in DEGRADATIONS.items()}
        self.rows = {
            name: row for block in self.blocks.values() for name, row in block.rows.items()
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.title)
        for group in self.groups.values():
            column.addWidget(group)
        for name, block in self.blocks.items():
            self.groups[DEGRADATIONS[name].group].body.addWidget(block)
            block.changed.connect(self.changed.emit)
            block.reset.connect(self.reset.emit)
        for row in self.rows.values():
            row.installEventFilter(self)
        for name, group in self.groups.items():
            group.button.toggled.connect(lambda opened, name=name: self._on_group(name, opened))
        self.show_prediction("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Notice over which row the pointer rests."""
        if event.type() == QEvent.Type.Enter:
            self._below_pointer = watched
            self._resting.start()
        elif event.type() == QEvent.Type.Leave:
            self._resting.stop()
        return super().eventFilter(watched, event)

    def _on_rest(self) -> None:
        if QApplication.mouseButtons() == Qt.MouseButton.NoButton:
            rows = self.rows.items()
            self.expected.emit(tuple(name for name, row in rows if row is self._below_pointer))

    def _on_group(self, name: str, opened: bool) -> None:
        if opened:
            blocks = [
                block for each, block in self.blocks.items() if DEGRADATIONS[each].group == name
            ]
            self.expected.emit(tuple(control for block in blocks for control in block.rows))

    def set_volume(
        self,
        size: VolumeSize,
        names: tuple[str, ...],
        *,
        overlap: bool = False,
        hidden: Collection[str] = (),
    ) -> None:
        """Show lengths and classes of another volume.

        Parameters
        ----------
        size : VolumeSize
            The size of the volume.
        names : tuple of str
            The classes, background first.
        overlap : bool
            Whether they may overlap, so that the background is no class.
        hidden : collection of str
            The controls that have no meaning in the volume.
        """
        for name, block in self.blocks.items():
            block.set_size(size)
            block.offer(why_no_degradation(DEGRADATIONS[name]) if overlap else "", hidden)
        for row in self.rows.values():
            if isinstance(row, NumberRow | ClassRow):
                row.set_classes(names, 1 if overlap else 0)

    def show_prediction(self, file: str) -> None:
        """Show the controls that act on the prediction from a file, or on the simulated one.

        Parameters
        ----------
        file : str
            The file's name; empty for a simulated prediction.
        """
        self.title.setText(f"PREDICTION · {file or 'SIMULATED'}")
        acting = [n for n, each in DEGRADATIONS.items() if each.on_given or not file]
        for name, block in self.blocks.items():
            block.setVisible(name in acting)
        for name, group in self.groups.items():
            group.setVisible(any(DEGRADATIONS[n].group == name for n in acting))

    def show_values(self, values: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Show the controls' values without saying that the user chose them.

        Parameters
        ----------
        values : mapping
            Of every control.
        before : mapping
            Those that are shown; a control whose value is among them is left as it is, for
            showing takes time that the hand would wait for, and text may be half typed.
        """
        moved = [
            name
            for name, block in self.blocks.items()
            if any(
                control not in before or values[control] != before[control]
                for control in block.rows
            )
        ]
        for name in moved:
            self.blocks[name].show_values(values, before)
        for name in {DEGRADATIONS[each].group for each in moved}:
            self.groups[name].set_changed(
                any(
                    block.is_changed(values)
                    for each, block in self.blocks.items()
                    if DEGRADATIONS[each].group == name and not block.isHidden()
                )
            )
