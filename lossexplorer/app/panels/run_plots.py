"""Learn's panel below the stage: curves and tables of the training run, as tabs."""

from __future__ import annotations

from lossexplorer.app.context import Context
from lossexplorer.app.learn.shown import follow
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.panels._plot_tabs import PlotTabs


def _make(context: Context) -> PlotTabs:
    plots = PlotTabs("learn", share=0.41, above=485)
    context.themes.changed.connect(plots.use)
    plots.use(context.themes.palette)
    follow(context, plots.show_run)

    def ask_for_table() -> None:
        context.trainer.wants_table = plots.shows_table or context.panels.is_shown("network")

    plots.looked_at.connect(ask_for_table)
    context.panels.changed.connect(ask_for_table)
    ask_for_table()
    return plots


PANEL = Panel(
    id="run_plots",
    title="Curves and Tables",
    area="bottom",
    order=40,
    make=_make,
    workspaces=("learn",),
    shortcut="F8",
)
