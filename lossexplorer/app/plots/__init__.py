"""The plots below the canvas: one module each, found by itself."""

from __future__ import annotations

from lossexplorer.app.plots._catalog import PLOTS
from lossexplorer.app.plots._plot import Plot

__all__ = ["PLOTS", "Plot"]
