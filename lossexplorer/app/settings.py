"""What the program remembers between runs, as one typed model in one file."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path
from psygnal import Signal
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Sources = tuple[str, ...]
"""What is opened at once: one file, or several as a batch."""

VERSION = 1

_FIELDS = TypeAdapter(dict[str, Any])
_log = logging.getLogger("lossexplorer")


class Settings(BaseModel):
    """The settings; each field has a default, and one that is damaged gets it.

    Attributes
    ----------
    version : int
        Of the file. A field that changes its meaning gets another name; this number is for what
        that cannot express.
    theme : {"dark", "light"}
        Which palette the window has.
    geometry, layout : str
        Place and size of the window, and of its panels, as Qt writes them, in Base64; empty for
        the defaults.
    panel_titles : bool
        Whether docked panels have title bars.
    recent : tuple of tuple of str
        What was opened last, the newest first.
    folder : str
        Where the last file dialog ended; empty for where the program was started.
    backend : {"tensorflow", "jax", "torch"}, optional
        What computes where neither ``--backend`` nor ``KERAS_BACKEND`` says.
    device : str, optional
        Where it computes where neither ``--device`` nor ``LOSSEXPLORER_DEVICE`` says.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = VERSION
    theme: Literal["dark", "light"] = "dark"
    geometry: str = ""
    layout: str = ""
    panel_titles: bool = False
    recent: tuple[Sources, ...] = ()
    folder: str = ""
    backend: Literal["tensorflow", "jax", "torch"] | None = None
    device: str | None = Field(default=None, pattern=r"^(auto|cpu|gpu(:\d+)?)$")


def salvaged(fields: Mapping[str, Any]) -> Settings:
    """Return settings with the fields that are valid, and the defaults of those that are not.

    Examples
    --------
    >>> kept = salvaged({"theme": "mauve", "folder": "/data", "unknown": 1})
    >>> kept.theme, kept.folder
    ('dark', '/data')
    """
    valid = {}
    for name in Settings.model_fields.keys() & fields.keys():
        try:
            Settings.model_validate({name: fields[name]})
        except ValidationError as error:
            _log.warning("setting %s is damaged and gets its default: %s", name, error)
        else:
            valid[name] = fields[name]
    return Settings.model_validate(valid)


def settings_path() -> Path:
    """Return the file of the user's settings, in a folder that exists."""
    return user_config_path("lossexplorer", ensure_exists=True) / "settings.json"


class SettingsStore:
    """The settings, written to a file whenever they change.

    Parameters
    ----------
    path : Path, optional
        The file; without one the settings are the defaults and are kept in memory alone.

    Attributes
    ----------
    value : Settings
        What holds now.
    changed : Signal(Settings)
        Something else holds.
    """

    changed = Signal(Settings)

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.value = Settings() if path is None else _read(path)

    def update(self, **fields: Any) -> None:
        """Change fields, in the file too.

        What another window has written in between is kept. A file that cannot be written is no
        reason to stop: the change then holds until the program ends.

        Raises
        ------
        pydantic.ValidationError
            If a value is none of its field.
        """
        now = self.value if self._path is None else _read(self._path)
        changed = Settings.model_validate(now.model_dump() | {"version": VERSION} | fields)
        if changed == self.value:
            return
        self.value = changed
        if self._path is not None:
            try:
                _write(self._path, changed)
            except OSError as error:
                _log.warning("%s could not be written: %s", self._path, error)
        self.changed.emit(changed)


def _read(path: Path) -> Settings:
    """Return what a file holds; of a damaged one what can still be read."""
    try:
        # Of a file that ends too early, what comes before.
        fields = _FIELDS.validate_json(path.read_bytes(), experimental_allow_partial=True)
    except FileNotFoundError:
        return salvaged(_former(path.with_name("window.ini")))
    except (OSError, ValueError) as error:
        _log.warning("%s could not be read, the defaults hold: %s", path, error)
        return Settings()
    return salvaged(fields)


def _write(path: Path, settings: Settings) -> None:
    """Replace the file as a whole, so that whoever reads it finds the former or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(settings.model_dump_json(indent=2))
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _former(path: Path) -> dict[str, Any]:
    """Return the fields that version 0.1 kept in an INI file: the recent files."""
    if not path.is_file():
        return {}
    from qtpy.QtCore import QSettings

    text = QSettings(str(path), QSettings.Format.IniFormat).value("recent", "[]")
    try:
        return {"recent": json.loads(str(text))}
    except ValueError:
        return {}
