"""Paths of the files that ship with the program."""

from __future__ import annotations

from pathlib import Path


def resource(*names: str) -> Path:
    """Return the path of a shipped resource.

    An installed program has its resources inside the package, a checkout beside the package.

    Parameters
    ----------
    *names
        The path inside the resource folder, e.g. ``"samples", "NOTICE.md"``.

    Returns
    -------
    pathlib.Path
        The path, which is not checked to exist.

    Examples
    --------
    >>> resource("samples", "NOTICE.md").is_file()
    True
    """
    package = Path(__file__).resolve().parents[1]
    installed = package / "_resources"
    root = installed if installed.is_dir() else package.parent / "resources"
    return root.joinpath(*names)
