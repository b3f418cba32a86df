"""The plot that is shown, and its values as CSV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from qtpy.QtWidgets import QApplication, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.exports.asking import ask_path, write_text
from lossexplorer.app.plots import PLOTS

if TYPE_CHECKING:
    from lossexplorer.app.panels._plot_tabs import PlotTabs


@dataclass(frozen=True)
class ShownPlot:
    """A plot's id and what shows it; without a widget if there is none."""

    id: str
    widget: QWidget | None


def shown_plot(context: Context) -> ShownPlot:
    """Return the plot of the workspace that is on screen."""
    explores = context.session.state.view.workspace == "explore"
    tabs = cast("PlotTabs", context.panels.widget("plots" if explores else "run_plots"))
    return ShownPlot(list(tabs.widgets)[tabs.currentIndex()], tabs.currentWidget())


def copy_values(context: Context) -> None:
    """Copy the values of the plot that is shown, as CSV with all that they depend on."""
    table = _table(context)
    if table is not None:
        QApplication.clipboard().setText(table(context))
        context.messages.inform("The plot's values are on the clipboard.")


def save_values(context: Context) -> None:
    """Ask where to write these values, and write them."""
    table = _table(context)
    if table is None:
        return
    text, name = table(context), f"{shown_plot(context).id}.csv"
    path = ask_path(context, "Export the plot's values", name, "CSV (*.csv)")
    if path is not None:
        write_text(context, path, text)


def _table(context: Context) -> Callable[[Context], str] | None:
    """Return what makes the table of the plot that is shown, or say which plots have one."""
    found = PLOTS[shown_plot(context).id].table
    if found is None:
        here = context.session.state.view.workspace
        having = [each for each in PLOTS.values() if each.table and here in each.workspaces]
        titles = ", ".join(each.title for each in having)
        context.messages.say(f"This plot has no table. Show one of {titles}, and try again.")
    return found
