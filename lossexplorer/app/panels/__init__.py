"""The panels around the stage: one module each, found by itself."""

from __future__ import annotations

from lossexplorer.app.panels._catalog import PANELS
from lossexplorer.app.panels._docks import Panels
from lossexplorer.app.panels._panel import Panel

__all__ = ["PANELS", "Panel", "Panels"]
