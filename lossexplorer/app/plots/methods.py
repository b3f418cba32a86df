"""Learn: what each method of combining gradients would do in one step."""

from __future__ import annotations

from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from lossexplorer.app.learn.offers import method_tips, method_titles
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.learn.table_cells import UNDEFINED, method_cells
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT
from lossexplorer.app.widgets.number_table import NumberTable
from lossexplorer.learning.methods import PLAIN_SUMS, left_out_words

_ROOM_FOR_SOURCE = 240  # pixels of height
SOURCE = " ".join(f"{finding.text} ({finding.source})" for finding in PLAIN_SUMS)


class MethodsTable(QWidget):
    """A row for each method: its weights and what its direction does to each loss.

    Attributes
    ----------
    table : NumberTable
        The rows; a loss that would rise is marked.
    left_out : QLabel
        Which losses the methods are not computed over, and why; hidden if there is none.
    source : QLabel
        What is known of how much the methods help.
    """

    def __init__(self) -> None:
        super().__init__()
        self._titles, self._tips = method_titles(), method_tips()
        self.table = NumberTable("what each method would do")
        self.left_out, self.source = QLabel(), QLabel(SOURCE)
        for note in (self.left_out, self.source):
            note.setObjectName("note")
            note.setWordWrap(True)
            note.setIndent(UNIT)  # as the cells
        self.left_out.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT // 2)
        column.addWidget(self.table, 1)
        column.addWidget(self.left_out)
        column.addWidget(self.source)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Leave the sentence out where the rows need its room; the tab has it."""
        super().resizeEvent(event)
        self.source.setVisible(event.size().height() >= _ROOM_FOR_SOURCE)

    def show_run(self, shown: Shown) -> None:
        """Show what each would do with the gradients of the newest table."""
        methods, table = shown.run.methods, shown.run.table
        words = left_out_words(table.outputs, table.gram, methods) if table and methods else ""
        self.left_out.setText(f"{UNDEFINED}: {words}")
        self.left_out.setVisible(bool(words))
        cells = method_cells(methods, self._titles, self._tips, shown) if methods else ((), ())
        self.table.show_cells(*cells)


PLOT = Plot(
    id="methods",
    title="What each method would do",
    order=40,
    make=MethodsTable,
    run=MethodsTable.show_run,
    has_table=True,
    workspaces=("learn",),
)
