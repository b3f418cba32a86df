"""The one truth of what the user has set, as frozen states that follow each other."""

from __future__ import annotations

from lossexplorer.session.response import Response, response_of
from lossexplorer.session.session import Session
from lossexplorer.session.state import State

__all__ = ["Response", "Session", "State", "response_of"]
