"""The catalogue of plots, found in the modules of this package."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import lossexplorer.app.plots as package
from lossexplorer.app.discovery import modules_of
from lossexplorer.app.plots._plot import Plot

_FOUND: list[Plot[Any]] = [module.PLOT for module in modules_of(package)]

PLOTS: Mapping[str, Plot[Any]] = MappingProxyType(
    {plot.id: plot for plot in sorted(_FOUND, key=lambda plot: (plot.order, plot.id))}
)
"""Every plot by id, in the order of the tabs."""
