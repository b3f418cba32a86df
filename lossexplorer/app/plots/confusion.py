"""The soft confusion matrix: truth against prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QFontMetricsF, QResizeEvent
from qtpy.QtWidgets import QComboBox, QGraphicsRectItem

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.plots._class_names import short_name, ticks_in
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import SeenPlot
from lossexplorer.core.numbers import percent, tidy
from lossexplorer.exports.tables import table_csv
from lossexplorer.session.records.confusion import Confusion

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

COUNTS, SHARES = "voxels", "share of the truth's class"
_DECADES = 4  # of shares that have a colour of their own
_MOST_WRITTEN = 16  # columns whose numbers are written into the cells
_ABOVE = 34  # pixels of the chooser above the table
_WIDTH, _HEIGHT = 52, 15  # pixels of a cell with a number


class ConfusionPlot(SeenPlot):
    """How much of each class of the prediction lies in which of the truth; a row is a class of it.

    A click marks a pair of classes and chooses that of the truth. Colours are decades: small errors
    are as much as large ones to look for.

    Attributes
    ----------
    kind : QComboBox
        Whether cells have voxels, or shares of their class of the truth.
    chosen : Signal(int)
        The class of the row that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._confusion = Confusion()
        self._marked_cell: tuple[int, int] | None = None
        self._class = 0
        self._text = "#808080"
        self.image = pg.ImageItem(axisOrder="row-major")
        self.bar = pg.ColorBarItem(
            values=(0, 1), width=10, colorMap=pg.colormap.get("viridis"), interactive=False
        )
        self.bar.setImageItem(self.image, insert_in=self.getPlotItem())
        self.marked = QGraphicsRectItem()
        self.numbers: list[pg.TextItem] = []
        self.addItem(self.image)
        self.addItem(self.marked)
        item = self.getPlotItem()
        item.showGrid(x=False, y=False)
        item.setContentsMargins(8, _ABOVE, 8, 0)
        item.invertY(True)  # the first class is in the first row
        item.setLabel("left", "truth")
        self.kind = QComboBox(self)
        self.kind.setObjectName("small")
        self.kind.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.kind.addItems([SHARES, COUNTS])
        self.kind.setAccessibleName("what the cells of the confusion matrix say")
        self.kind.currentIndexChanged.connect(lambda _index: self.redraw())
        self.scene().sigMouseClicked.connect(self._on_click)
        self._show_nothing()

    def _show_nothing(self) -> None:
        """Show neither cells nor the numbers of axes and colours: they would be of nothing."""
        self.image.clear()
        self.bar.hide()
        for side in ("left", "bottom"):
            self.getPlotItem().getAxis(side).setTicks([[]])

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self._text = palette.text
        self.bar.axis.setPen(pg.mkPen(palette.line))
        self.bar.axis.setTextPen(pg.mkPen(palette.quiet))
        pen = plot_pen("#ff5fa2", width=2)
        pen.setCosmetic(True)
        self.marked.setPen(pen)

    def show_confusion(self, confusion: Confusion) -> None:
        """Show another table; while it is not known, what was known before stays."""
        before = self._confusion
        if (confusion.rows, confusion.columns) != (before.rows, before.columns):
            self._marked_cell = None
        elif confusion.voxels is None:
            return
        self._confusion = confusion
        self.redraw()

    def show_class(self, index: int) -> None:
        """Name the chosen class in any case, however many there are."""
        if index != self._class:
            self._class = index
            self._name_classes()

    @property
    def shows_shares(self) -> bool:
        """Whether the cells have shares instead of voxels."""
        return self.kind.currentText() == SHARES

    def draw(self) -> None:
        """Draw the cells with their numbers, and the pair."""
        table = self._confusion
        for number in self.numbers:
            self.removeItem(number)
        self.numbers = []
        if table.voxels is None:
            self._show_nothing()
            return
        self.bar.show()
        cells = table.shares if self.shows_shares else table.voxels
        with np.errstate(divide="ignore", invalid="ignore"):
            decades = np.log10(cells)
        highest = 0.0 if self.shows_shares else max(1.0, float(np.log10(max(cells.max(), 10.0))))
        lowest = highest - _DECADES if self.shows_shares else -1.0
        decades = np.where(np.isneginf(decades), lowest, np.clip(decades, lowest, highest))
        self.bar.setLevels((lowest, highest))
        ticks = [
            (at, f"{tidy(100 * 10**at)} %" if self.shows_shares else tidy(10**at))
            for at in range(int(np.ceil(lowest)), int(highest) + 1)
        ]
        self.bar.axis.setTicks([ticks])
        self.image.setImage(decades, autoLevels=False, levels=(lowest, highest))
        rows, columns = cells.shape
        self.image.setRect(QRectF(-0.5, -0.5, columns, rows))
        self.show_range((-0.5, columns - 0.5), (-0.5, rows - 0.5))
        self._name_classes()
        self._write_numbers(cells, (lowest + highest) / 2, decades)
        self._mark()

    def _write_numbers(self, cells: Any, middle: float, decades: Any) -> None:
        """Write the numbers into the cells where there is room."""
        rows, columns = cells.shape
        box = self.getViewBox()
        has_room = box.width() >= _WIDTH * columns and box.height() >= _HEIGHT * rows
        if columns > _MOST_WRITTEN or not has_room:
            return
        for (row, column), value in np.ndenumerate(cells):
            words = self._words_of(value)
            light = decades[row, column] <= middle or np.isnan(value)
            number = pg.TextItem(words, color="#ffffff" if light else "#101418", anchor=(0.5, 0.5))
            number.setPos(column, row)
            self.addItem(number)
            self.numbers.append(number)

    def _words_of(self, value: float) -> str:
        if np.isnan(value):
            return "–"
        return percent(value) if self.shows_shares else _count(value)

    def _name_classes(self) -> None:
        table, metrics = self._confusion, QFontMetricsF(self.font())
        if table.voxels is None:
            return
        columns = [short_name(name) for name in table.columns]
        rows = [short_name(name) for name in table.rows]
        item, box = self.getPlotItem(), self.getViewBox()
        row = self._class - table.first
        column = None if table.overlaps else row
        widest = max(metrics.horizontalAdvance(word) for word in columns) + UNIT
        item.getAxis("bottom").setTicks(ticks_in(columns, widest, box.width(), column))
        item.getAxis("left").setTicks(ticks_in(rows, metrics.height(), box.height(), row))

    def _mark(self) -> None:
        table = self._confusion
        self.marked.setVisible(self._marked_cell is not None)
        what = "what became of each class" if table.overlaps else "prediction"
        if table.samples > 1:
            what += f" in all {table.samples} samples"
        if self._marked_cell is None or table.voxels is None:
            self.say_below(f"{what} · click a cell for its pair of classes")
            return
        row, column = self._marked_cell
        self.marked.setRect(QRectF(column - 0.5, row - 0.5, 1.0, 1.0))
        self.say_below(f"{what} · {self._sentence(row, column)}")

    def _sentence(self, row: int, column: int) -> str:
        table = self._confusion
        assert table.voxels is not None
        voxels, share = float(table.voxels[row, column]), float(table.shares[row, column])
        words = f"truth {table.rows[row]}, " + (
            table.columns[column] if table.overlaps else f"prediction {table.columns[column]}"
        )
        of = "" if np.isnan(share) else f", {percent(share)} of {table.rows[row]}"
        return f"{words}: {_count(voxels)} voxels{of}"

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Return the row and the column at a place of the plot, if there is a cell."""
        row, column = round(place.y()), round(place.x())
        rows, columns = len(self._confusion.rows), len(self._confusion.columns)
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def words_under(self, at: QPointF) -> str:
        """Return both classes of a cell with its voxels and its share."""
        cell = self.cell_at(self.getViewBox().mapSceneToView(at))
        return "" if cell is None or self._confusion.voxels is None else self._sentence(*cell)

    def _on_click(self, event: Any) -> None:
        box = self.getPlotItem().getViewBox()
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and box.sceneBoundingRect().contains(event.scenePos()):
            self._marked_cell = self.cell_at(box.mapSceneToView(event.scenePos()))
            self._mark()
            if self._marked_cell is not None:
                self.chosen.emit(self._marked_cell[0] + self._confusion.first)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the chooser above the table, and write what there is room for."""
        super().resizeEvent(event)
        if self.is_made and hasattr(self, "kind"):
            hint = self.kind.sizeHint()
            self.kind.setGeometry(UNIT, 4, hint.width(), 26)
            if self._confusion.voxels is not None:
                self.redraw()


def _count(voxels: float) -> str:
    """Return a number of voxels, which need not be whole."""
    return f"{voxels:,.0f}" if voxels >= 1000 else tidy(voxels)


def _connect(plot: ConfusionPlot, context: Context) -> None:
    session = context.session
    plot.chosen.connect(lambda index: session.show(class_index=index))

    def follow() -> None:
        plot.show_class(session.state.view.class_index)

    session.changed.connect(follow, max_args=0)
    follow()


def _table(context: Context) -> str:
    table: Confusion = context.controller.records["confusion"]
    voxels = np.zeros((0, 0)) if table.voxels is None else table.voxels
    rows = [[name, *cells] for name, cells in zip(table.rows, voxels.tolist(), strict=False)]
    experiment = context.session.state.experiment
    return table_csv(experiment, command_or_nothing(context), ["truth", *table.columns], rows)


PLOT = Plot(
    id="confusion",
    title="Confusion",
    order=36,
    make=ConfusionPlot,
    palette=ConfusionPlot.use,
    connect=_connect,
    records={"confusion": ConfusionPlot.show_confusion},
    table=_table,
)
