"""The folder in which a backend keeps compiled functions across starts."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import shutil
from pathlib import Path

from platformdirs import user_cache_path

_CPU_INFO = Path("/proc/cpuinfo")
_MOST = 2**29


def folder_of(backend: str, most: int = _MOST) -> Path:
    """Return the folder for what a backend compiles, which it makes itself.

    Functions hold instructions that another processor may lack, and a home may be on several
    machines. So each version of the backend has a folder for each kind of processor.

    Parameters
    ----------
    backend : str
        The package's name.
    most : int
        The folder is emptied if its files have more bytes than that: nothing else removes any.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If the package is not installed.
    """
    digest = hashlib.sha256(_processor().encode()).hexdigest()[:12]
    name = f"{backend}-{importlib.metadata.version(backend)}-{digest}"
    folder = user_cache_path("lossexplorer") / "compiled" / name
    try:
        too_much = sum(path.stat().st_size for path in folder.iterdir()) > most
    except OSError:  # it does not exist yet, or another window is emptying it
        too_much = False
    if too_much:
        shutil.rmtree(folder, ignore_errors=True)
    return folder


def _processor() -> str:
    """Return what tells apart processors with other instructions."""
    try:
        lines = _CPU_INFO.read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    told = [line for line in lines if line.startswith(("flags", "Features", "model name"))]
    return f"{platform.machine()} {sorted(set(told))}"
