"""Rows of the fields of a setup, made from their descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lossexplorer.app.widgets.rows import ParameterRow, row_for
from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.descriptions import description, value
from lossexplorer.learning.setup import Setup
from lossexplorer.session.setup_editor import SetupEditor


class FieldRows:
    """The rows of some fields of one section of the setup, which set what the user chooses.

    Parameters
    ----------
    editor : SetupEditor
        Changes the setup.
    section : {"training", "network", "image"}
        Which section.
    names : iterable of str
        The fields.

    Attributes
    ----------
    rows : dict of str to ParameterRow
        By the field's name.
    """

    def __init__(self, editor: SetupEditor, section: str, names: Iterable[str]) -> None:
        self._editor = editor
        self._section = section
        self._shown: dict[str, Any] = {}
        self.rows: dict[str, ParameterRow] = {
            name: row_for(description(section, name)) for name in names
        }
        for name, row in self.rows.items():
            row.changed.connect(lambda chosen, name=name: self._set(name, chosen))

    def show(self, setup: Setup) -> None:
        """Show the values of a setup; what has not changed is left, for it may be half typed."""
        for name, row in self.rows.items():
            held = value(setup, self._section, name)
            if name not in self._shown or self._shown[name] != held:
                self._shown[name] = held
                row.set_value(held)

    @property
    def is_changed(self) -> bool:
        """Whether one of the shown values is not the default."""
        return any(
            self._shown.get(name, description(self._section, name).default)
            != description(self._section, name).default
            for name in self.rows
        )

    def _set(self, name: str, chosen: Any) -> None:
        row = self.rows[name]
        self._shown.pop(name, None)  # the row shows what was chosen
        try:
            self._editor.set_field(self._section, name, chosen, merge=row.gesture)
        except ParameterError as error:
            row.refuse(str(error))
