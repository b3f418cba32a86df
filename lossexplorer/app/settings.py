"""What the program remembers between runs, as one typed model in one file."""

from __future__ import annotations

import codecs
import json
import logging
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_config_path
from psygnal import Signal
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lossexplorer.core.files import replace_file
from lossexplorer.session.panes import DEFAULT_PANES, Pane

Sources = tuple[str, ...]
"""What is opened at once: one file, or several as a batch."""

VERSION = 1

_ENTRIES = TypeAdapter(dict[str, Any])
_Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/=]*$")]
_log = logging.getLogger("lossexplorer")


class Settings(BaseModel):
    """The settings; each entry has a default, and one that is damaged gets it.

    Attributes
    ----------
    version : int
        Of the file. An entry that changes its meaning gets another name; this number is for what
        that cannot express.
    theme : {"dark", "light"}
        Which palette the window has.
    geometry, arrangement, arrangement_learn : str
        Place and size of the window, and of its panels in Explore and in Learn, as Qt writes them,
        in Base64; empty for the defaults.
    arranged_for : str
        What the screen had room for where the panels were arranged; empty if that is not known.
    panel_titles : bool
        Whether docked panels have title bars.
    recent : tuple of tuple of str
        What was opened last, the newest first.
    folder : str
        Where the last file dialog ended; empty for where the program was started.
    backend : {"tensorflow", "jax", "torch"}, optional
        What computes where neither ``--backend`` nor ``KERAS_BACKEND`` says.
    tour_seen : bool
        Whether the tour of the first run was ended.
    device : str, optional
        Where it computes where neither ``--device`` nor ``LOSSEXPLORER_DEVICE`` says.
    panes : tuple of Pane
        What the canvas shows side by side where no session says it.
    slice_strip : bool
        Whether there is a strip below the slider of the slices that says what is in each.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = VERSION
    theme: Literal["dark", "light"] = "dark"
    geometry: _Base64 = ""
    arrangement: _Base64 = ""
    arrangement_learn: _Base64 = ""
    arranged_for: str = ""
    panel_titles: bool = False
    recent: tuple[Sources, ...] = ()
    folder: str = ""
    tour_seen: bool = False
    backend: Literal["tensorflow", "jax", "torch"] | None = None
    panes: tuple[Pane, ...] = DEFAULT_PANES
    slice_strip: bool = True
    device: str | None = Field(default=None, pattern=r"^(auto|cpu|gpu(:\d+)?)$")


def salvaged(entries: Mapping[str, Any]) -> Settings:
    """Return settings with the entries that are valid, and the defaults of those that are not.

    Of a list, the entries that are valid are kept.

    Examples
    --------
    >>> kept = salvaged({"theme": "mauve", "recent": [["/a.nii"], 7], "unknown": 1})
    >>> kept.theme, kept.recent
    ('dark', (('/a.nii',),))
    """
    valid: dict[str, Any] = {}
    for name in Settings.model_fields.keys() & entries.keys():
        try:
            valid |= _valid({name: entries[name]})
        except ValidationError as error:
            _log.warning("setting %s is damaged and gets its default: %s", name, error)
    return Settings.model_validate(valid)


def _valid(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry as it is, or a list without its damaged entries."""
    try:
        Settings.model_validate(entry)
    except ValidationError as error:
        ((name, value),) = entry.items()
        damaged = {place["loc"][1] for place in error.errors() if len(place["loc"]) > 1}
        if not damaged:
            raise
        _log.warning("entries of the setting %s are damaged and left out: %s", name, error)
        return {name: [entry for i, entry in enumerate(value) if i not in damaged]}
    return entry


def settings_path() -> Path:
    """Return the file of the user's settings; neither it nor its folder need exist."""
    return user_config_path("lossexplorer") / "settings.json"


class SettingsStore:
    """The settings, written to a file whenever they change.

    Parameters
    ----------
    path : Path, optional
        The file; without one the settings are the defaults and are kept in memory alone.

    Attributes
    ----------
    value : Settings
        What holds now: what the file held at the start, with the changes made here.
    changed : Signal(Settings)
        Something else holds.
    """

    changed = Signal(Settings)

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._unwritten: dict[str, Any] = {}
        self.value = self.latest()

    def latest(self) -> Settings:
        """Return what the next start would find: what other windows have changed is in it, too."""
        return salvaged(self._stored() | self._unwritten)

    def update(self, **entries: Any) -> None:
        """Change entries, in the file too.

        Other entries stay as they are, here and in the file, where another window may have changed
        them. A change that cannot be written holds until the program ends, and is written with the
        next one if that can be.

        Raises
        ------
        pydantic.ValidationError
            If a value is none of its entry.
        """
        changed = Settings.model_validate(self.value.model_dump() | entries)
        self._unwritten |= changed.model_dump(include=set(entries))
        self._write()
        if changed != self.value:
            self.value = changed
            self.changed.emit(changed)

    def _stored(self) -> dict[str, Any]:
        """Return the entries that the file holds, unchecked; nothing if it cannot be read."""
        if self._path is None:
            return {}
        try:
            return _entries(self._path)
        except OSError as error:
            _log.warning("%s could not be read: %s", self._path, error)
            return {}

    def _write(self) -> None:
        """Write what is not written yet; whatever else the file holds is kept."""
        if self._path is None:
            return
        try:
            stored = _entries(self._path)
            entries = Settings().model_dump() | stored | self._unwritten
            entries["version"] = max(VERSION, salvaged(stored).version)
            if entries != stored:
                _replace(self._path, json.dumps(entries, indent=2))
        except (OSError, RecursionError) as error:
            _log.warning("%s could not be written: %s", self._path, error)
        else:
            self._unwritten.clear()


def _entries(path: Path) -> dict[str, Any]:
    """Return the entries that a file holds; of a damaged one, those that can still be read.

    Raises
    ------
    OSError
        If the file cannot be read, or is no regular file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError("it is no regular file")
        content = path.read_bytes()
    except FileNotFoundError:
        return _former(path.with_name("window.ini"))
    try:
        entries = _parsed(content)
    except (ValueError, RecursionError) as error:
        _log.warning("%s is damaged, the defaults hold: %s", path, error)
        return {}
    return entries if isinstance(entries, dict) else {}


def _parsed(content: bytes) -> Any:
    """Return the value of JSON; of a text that is damaged somewhere, what comes before."""
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding, errors = ("utf-16", "surrogatepass") if is_utf16 else ("utf-8-sig", "surrogateescape")
    text = content.decode(encoding, errors)
    try:
        return json.loads(text)  # unlike Pydantic, it accepts file names that are not UTF-8
    except json.JSONDecodeError as error:
        readable = text[: error.pos].rstrip().rstrip(",").encode(errors="replace")
        return _ENTRIES.validate_json(readable, experimental_allow_partial=True)


def _replace(path: Path, text: str) -> None:
    """Replace a file as a whole, so that whoever reads it finds the former or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, lambda file: file.write_text(text, encoding="ascii"))


def _former(path: Path) -> dict[str, Any]:
    """Return the entries that version 0.1 kept in an INI file: the recent files."""
    if not path.is_file():
        return {}
    os.environ.setdefault("QT_API", "pyside6")  # qtpy chooses once, and this may be the first time
    try:
        from qtpy.QtCore import QSettings
    except ImportError:
        return {}
    text = QSettings(str(path), QSettings.Format.IniFormat).value("recent", "[]")
    try:
        former = salvaged({"recent": json.loads(str(text))})
    except (ValueError, RecursionError):
        return {}
    return former.model_dump(include={"recent"})
