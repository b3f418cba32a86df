"""The log of warnings and of what nobody caught."""

from __future__ import annotations

import logging
from pathlib import Path

from platformdirs import user_log_path

_log = logging.getLogger("lossexplorer")


def log_path() -> Path:
    """Return the log file; neither it nor its folder need exist."""
    return user_log_path("lossexplorer") / "lossexplorer.log"


def begin_log() -> str:
    """Have warnings logged, and return where: the log file, or standard error without one."""
    logging.raiseExceptions = False  # on a full disk: no traceback of the log itself
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(filename=path, level=logging.WARNING)
    except OSError as error:
        logging.basicConfig(level=logging.WARNING)
        _log.warning("%s could not be opened: %s", path, error)
        return "standard error"
    return str(path)
