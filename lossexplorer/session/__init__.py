"""The one truth of what the user has set, as frozen states that follow each other."""

from __future__ import annotations

from lossexplorer.session.session import Session
from lossexplorer.session.state import State

__all__ = ["Session", "State"]
