"""Where the log is."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_log_path


def log_path() -> Path:
    """Return the log file; neither it nor its folder need exist."""
    return user_log_path("lossexplorer") / "lossexplorer.log"
