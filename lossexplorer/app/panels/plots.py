"""The panel below the stage: the plots, as tabs."""

from __future__ import annotations

from lossexplorer.app.context import Context
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.panels._plot_tabs import PlotTabs


def _make(context: Context) -> PlotTabs:
    plots = PlotTabs("explore", share=0.246)
    plots.follow(context.controller.records)
    context.themes.changed.connect(plots.use)
    plots.attach(context)
    plots.use(context.themes.palette)
    return plots


PANEL = Panel(id="plots", title="Plots", area="bottom", order=30, make=_make, shortcut="F8")
