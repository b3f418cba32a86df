"""The sliders of a page: the rows of the desk, larger."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QVBoxLayout, QWidget

from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.number_row import NeutralSlider, NumberRow
from lossexplorer.app.widgets.rows import ClassRow, ParameterRow, row_for
from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import Reference
from lossexplorer.session import Change, Session, State
from lossexplorer.session.words import control_in_words

_LINE = 66  # the width of a number on the desk


class RowsPanel(QWidget):
    """Shows and sets what a page lets be set.

    Parameters
    ----------
    session : Session
        What is set.

    Attributes
    ----------
    rows : dict of Reference to QWidget
        From top to bottom.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.rows: dict[Reference, ParameterRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_references(self, references: tuple[Reference, ...]) -> None:
        """Have a row for each of these that there is."""
        for row in self.rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {}
        for reference in references:
            if reference.loss in (None, *self._session.state.experiment.shown):
                self.rows[reference] = self._row(reference)
                self._column.addWidget(self.rows[reference])
        self._fit(self._session.state)
        self._show(self._session.state)

    def _row(self, reference: Reference) -> ParameterRow:
        row = row_for(reference.parameter)
        if reference.loss is not None:
            loss = self._session.state.experiment.title(reference.loss)
            row.rename(f"{loss}: {reference.parameter.title}")
        else:  # without the heading that it has among the controls
            words = control_in_words(reference.name)
            row.rename(f"{words[0].upper()}{words[1:]}")
        row.changed.connect(lambda value: self._set(reference, row, value))
        return row

    def _set(self, reference: Reference, row: ParameterRow, value: Any) -> None:
        try:
            self._session.set_value(reference, value, merge=row.gesture)
        except ParameterError as error:
            row.refuse(str(error))

    def show_change(self, change: Change) -> None:
        """Show what is set now."""
        if change.shows_another_volume:
            self._fit(change.new)
        if change.new.experiment != change.old.experiment:
            self._show(change.new)

    def _fit(self, state: State) -> None:
        """Offer the ranges and classes of the volume."""
        volume = state.volume
        if volume is None:
            return
        names = [each.name for each in volume.classes]
        for reference, row in self.rows.items():
            if isinstance(row, NumberRow) and reference.loss is None:
                row.set_size(state.experiment.size)
            if isinstance(row, NumberRow | ClassRow):
                row.set_classes(names, state.experiment.first_class)

    def _show(self, state: State) -> None:
        for reference, row in self.rows.items():
            if reference.loss in (None, *state.experiment.shown):
                row.set_value(state.experiment.value(reference))

    def use_factor(self, factor: float) -> None:
        """Give larger numbers their room."""
        self._column.setSpacing(round(UNIT * factor))
        for row in self.rows.values():
            if isinstance(row, NumberRow):
                row.line.setFixedWidth(round(_LINE * factor))
                row.slider.setMinimumHeight(round(18 * factor))

    def receiver(self) -> NeutralSlider | None:
        """Return the slider that arrows move: the one with the focus, or the first."""
        sliders = [row.slider for row in self.rows.values() if isinstance(row, NumberRow)]
        focused = [slider for slider in sliders if slider.hasFocus()]
        return next(iter((*focused, *sliders)), None)
