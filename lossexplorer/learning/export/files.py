"""Files that are written as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file; a process that ends meanwhile leaves the former one.

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
    unfinished = path.with_name(f"{path.name}.part")
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
