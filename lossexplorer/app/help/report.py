"""The text that somebody sends who reports a fault: versions, machine, and the end of the log."""

from __future__ import annotations

import platform
import re
from collections import deque
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path, PurePosixPath, PureWindowsPath

from lossexplorer import __version__
from lossexplorer.engine.messages import EngineStatus

LOG_LINES = 200
"""How many of the log's last lines a report has."""

_LIBRARIES = ("napari", "numpy", "pyqtgraph", "PySide6-Essentials", "qtpy", "vispy")
_SHORTEST = 4  # letters of a name that is looked for in running text
_HIDDEN = "‹file›"
_QUOTED = re.compile(r"""(["'‘“«])((?:(?!["'’”»]).)*[/\\](?:(?!["'’”»]).)*)(["'’”»])""")
_BARE = re.compile(r"""[^\s"'‘’“”«»()<>‹›]*[/\\][^\s"'‘’“”«»()<>‹›]*""")
_NAMED = re.compile(
    r"\S+\.(?:nii|gz|nrrd|nhdr|mha|mhd|mrc|mgz|tiff?|h5|hdf5|npy|npz|zarr|dcm|lossx|csv|keras)\b",
    re.IGNORECASE,
)


def report_text(status: EngineStatus, log: Iterable[str]) -> str:
    """Return a report with all that it may hold, file names included.

    Parameters
    ----------
    status : EngineStatus
        What the engine last said of itself.
    log : iterable of str
        The last lines of the log.
    """
    info = status.info
    engine = status.message if info is None else f"{info.backend} {info.version}, {info.device}"
    rows = {
        "Loss Explorer": __version__,
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": platform.platform(),
        "engine": f"{engine} ({status.state})",
        **{name: _version(name) for name in _LIBRARIES},
    }
    width = max(map(len, rows))
    lines = [f"{name:<{width}}  {value}" for name, value in rows.items()]
    told = list(log)
    heading = f"The end of the log, in lines: {len(told)}" if told else "The log is empty."
    return "\n".join([*lines, "", heading, *told])


def without_file_names(text: str, known: Iterable[str] = ()) -> str:
    """Return a text without the names of files and folders.

    Names of the program's own modules stay, without their folders.

    Parameters
    ----------
    text : str
        Such as a report.
    known : iterable of str
        Paths whose names are left out wherever they stand, though they have no folder or suffix.

    Examples
    --------
    >>> without_file_names("'/data/Jane Doe/ct.nii.gz' could not be read: a.nrrd is empty.")
    "'‹file›' could not be read: ‹file› is empty."
    >>> without_file_names("Jane Doe has 3 classes", ["/data/Jane Doe.nii.gz"])
    '‹file› has 3 classes'
    """
    for name in sorted(_names_in(known), key=len, reverse=True):
        text = text.replace(name, _HIDDEN)
    text = _QUOTED.sub(lambda found: f"{found[1]}{_shown(found[2])}{found[3]}", text)
    text = _BARE.sub(lambda found: _shown(found[0]), text)
    return _NAMED.sub(_HIDDEN, text)


def last_lines(path: Path, count: int = LOG_LINES) -> list[str]:
    """Return the last lines of a file; none if it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n") for line in deque(file, count)]
    except OSError:
        return []


def _names_in(paths: Iterable[str]) -> set[str]:
    """Return the paths with their last parts, with and without suffixes."""
    found = set()
    for path in paths:
        name = PureWindowsPath(path).name  # which knows both kinds of slashes
        found |= {path, name, name.split(".")[0]}
    return {name for name in found if len(name) >= _SHORTEST}


def _shown(path: str) -> str:
    """Return a module of Python by its name alone, and of other files nothing."""
    name = PurePosixPath(path.replace("\\", "/")).name
    return name if re.fullmatch(r"\w+\.py[:,;.]?", name) else _HIDDEN


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
