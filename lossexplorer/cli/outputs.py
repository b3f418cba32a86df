"""Files that a command is to write, looked at before anything is computed."""

from __future__ import annotations

import os
from pathlib import Path

from lossexplorer.cli.command import UserError
from lossexplorer.core.files import is_special


def require_writable(option: str, path: Path | None, *, may_be_folder: bool = False) -> None:
    """Refuse what is no place for a file.

    Parameters
    ----------
    option : str
        The option that names the file.
    path : Path or None
        The file, which need not exist; with None nothing is to be written.
    may_be_folder : bool
        Whether a folder of the name is written, as a Zarr is.

    Raises
    ------
    UserError
        If nothing can be written there.
    """
    if path is None:
        return
    folder = path.absolute().parent
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # a name that no file can have, or a folder that may not be looked at
        raise UserError(f"{option} cannot be written: {error.strerror}.") from error
    # An empty name is that of the folder in which the command is started.
    if path == Path() or (path.is_dir() and not may_be_folder):
        raise UserError(f"{option} {path} is a folder: name a file in it.")
    if is_special(path):
        raise UserError(f"{option} {path} is a pipe or a device: name a file.")
    if not folder.is_dir():
        raise UserError(f"{option} {path} cannot be written: its folder does not exist.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"{option} {path} cannot be written: its folder is read-only.")
