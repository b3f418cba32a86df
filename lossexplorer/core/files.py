"""Files that are written as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Replace a file as a whole, so that whoever reads it finds the former or the new one.

    Parameters
    ----------
    path : Path
        Where it is to be.
    write : callable
        Writes it to the path that it is given.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    # Several processes may write at once.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
