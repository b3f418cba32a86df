"""The catalogue of panels, found in the modules of this package."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import lossexplorer.app.panels as package
from lossexplorer.app.discovery import modules_of
from lossexplorer.app.panels._panel import Panel

_FOUND: list[Panel] = [module.PANEL for module in modules_of(package)]

PANELS: Mapping[str, Panel] = MappingProxyType(
    {panel.id: panel for panel in sorted(_FOUND, key=lambda panel: (panel.order, panel.id))}
)
"""Every panel by id, in the order of the menu."""
