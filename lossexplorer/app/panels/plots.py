"""The panel below the stage: the plots, as tabs."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QTabWidget, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.plots import PLOTS
from lossexplorer.app.theme import Palette
from lossexplorer.session.records import Records

_SHARE = 0.246
"""Of the height of the window."""


class Plots(QTabWidget):
    """Every plot, as a tab, which shows the records that it has named.

    Attributes
    ----------
    widgets : dict of str to QWidget
        Each plot's widget, by its id.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.widgets: dict[str, QWidget] = {}
        for plot in PLOTS.values():
            self.widgets[plot.id] = plot.make()
            self.addTab(self.widgets[plot.id], plot.title)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height that it starts with."""
        return QSize(super().sizeHint().width(), round(_SHARE * self.window().height()))

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        for plot in PLOTS.values():
            if plot.palette is not None:
                plot.palette(self.widgets[plot.id], palette)

    def follow(self, records: Records) -> None:
        """Have each plot show the records that it has named, whenever they change."""
        for plot in PLOTS.values():
            for name, show in plot.records.items():
                records.follow(name, partial(show, self.widgets[plot.id]))


def _make(context: Context) -> Plots:
    plots = Plots()
    plots.follow(context.controller.records)
    context.themes.changed.connect(plots.use)
    plots.use(context.themes.palette)
    return plots


PANEL = Panel(id="plots", title="Plots", area="bottom", order=30, make=_make)
