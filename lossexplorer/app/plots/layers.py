"""Learn: what each loss does to each layer, as a table of one step."""

from __future__ import annotations

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.learn.table_cells import layer_cells
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.widgets.number_table import NumberTable


class LayersTable(NumberTable):
    """Norms, cosines and update of each layer with weights."""

    def __init__(self) -> None:
        super().__init__("layers × losses")

    def show_run(self, shown: Shown) -> None:
        """Show the newest table."""
        table = shown.run.table
        self.show_cells(*(layer_cells(table, shown) if table is not None else ((), ())))


PLOT = Plot(
    id="layers",
    title="Layers × losses",
    order=20,
    make=LayersTable,
    run=LayersTable.show_run,
    has_table=True,
    workspaces=("learn",),
)
