"""Learn: the losses' gradients on the trunk, as arrows and as norms and cosines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.learn.table_cells import trunk_cells
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.number_table import NumberTable
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import QuietPlot
from lossexplorer.core.numbers import subscript
from lossexplorer.learning.reports import GradientTable

_NOTE = "λ g of each loss on the trunk's weights, and dashed their sum; the step goes against it."
_PROJECTED = " Of more than two losses, in the plane that holds most of them."


def plane_of(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors in a plane with the dot products of a Gram matrix.

    Of two vectors the plane holds both; of more it is the one that holds most of their squared
    lengths (principal axes: Torgerson 1952), and the vectors are their projections.

    Parameters
    ----------
    gram : array, shape (vector, vector)
        Dot products.

    Returns
    -------
    array, shape (vector, 2)
        The first vector that has a length lies along the first axis, to the right.

    Examples
    --------
    >>> plane_of(np.array([[1.0, 0.0], [0.0, 4.0]])).round(6).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    values, vectors = np.linalg.eigh(gram)
    sizes = np.sqrt(np.clip(values[::-1][:2], 0.0, None))
    places = np.zeros((len(gram), 2))
    found = vectors[:, ::-1][:, : len(sizes)] * sizes
    places[:, : found.shape[1]] = found
    lengths = np.linalg.norm(places, axis=1)
    with_length = np.flatnonzero(lengths > 1e-12 * max(lengths.max(initial=0.0), 1e-300))
    if with_length.size:
        x, y = places[with_length[0]] / lengths[with_length[0]]
        places = places @ np.array([[x, -y], [y, x]])
        others = places[:, 1][np.abs(places[:, 1]) > 1e-12 * lengths.max()]
        if others.size and others[0] < 0:
            places[:, 1] = -places[:, 1]
    return places


def weighted_gram(table: GradientTable, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dot products of λ g, shape (loss, loss)."""
    return np.array(table.gram, dtype=float) * np.outer(weights, weights)


def _room(end: float) -> float:
    """Return the room for a label beyond an end of the range, where arrows may lead."""
    return 0.25 if end else 0.1


class _Arrows(QuietPlot):
    """Arrows from one point."""

    def __init__(self) -> None:
        super().__init__()
        self.setAspectLocked(True)
        self.setMouseEnabled(False, False)
        self.getPlotItem().showGrid(x=False, y=False)
        for name in ("left", "bottom"):
            self.getPlotItem().hideAxis(name)
        self.setAccessibleName("gradients on the trunk, as arrows")
        self._items: list[Any] = []

    def give_range_back(self) -> None:
        """Keep the range, which cannot be changed: arrows are compared by their lengths."""

    def draw(self, ends: list[tuple[str, str, NDArray[np.float64], bool]]) -> None:
        """Draw an arrow for each label, colour, end and whether it is dashed."""
        for item in self._items:
            self.removeItem(item)
        self._items = []
        longest = max((float(np.linalg.norm(end)) for _, _, end, _ in ends), default=0.0)
        if not longest or not math.isfinite(longest):
            return
        for label, color, end, is_dashed in ends:
            x, y = end / longest
            if math.hypot(x, y) < 1e-3:
                continue
            style = Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine
            line = pg.PlotDataItem([0, x], [0, y], pen=plot_pen(color, width=2, style=style))
            tip = pg.ArrowItem(
                pos=(x, y), angle=180 - math.degrees(math.atan2(y, x)), brush=color, pen=None,
                headLen=11, tipAngle=32,
            )  # fmt: skip
            # The sum may end where one of its parts does: its label is on the other side.
            is_right = (x >= 0) != is_dashed
            text = pg.TextItem(
                label, color=color, anchor=(0.0 if is_right else 1.0, 1.0 if is_dashed else 0.5)
            )
            text.setPos(x + (0.03 if is_right else -0.03), y)
            self._items += [line, tip, text]
        for item in self._items:
            self.addItem(item)
        places = np.array([end / longest for _, _, end, _ in ends])
        (left, low), (right, high) = np.minimum(places.min(0), 0), np.maximum(places.max(0), 0)
        # Both at once: of a locked aspect the second of two calls would undo the first.
        self.getViewBox().setRange(
            xRange=(left - _room(left), right + _room(right)),
            yRange=(low - 0.12, high + 0.12),
            padding=0,
        )


class TrunkGradients(QWidget):
    """Arrows beside a table of norms and cosines.

    Attributes
    ----------
    arrows : QuietPlot
        λ g of each loss and their sum.
    table : NumberTable
        Their norms, and the cosine between each two.
    """

    def __init__(self) -> None:
        super().__init__()
        self.arrows = _Arrows()
        self.table = NumberTable("gradients on the trunk")
        self._note = QLabel(_NOTE)
        self._note.setObjectName("note")
        self._note.setWordWrap(True)
        right = QVBoxLayout()
        right.setSpacing(UNIT // 2)
        right.addWidget(self.table, 1)
        right.addWidget(self._note)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, UNIT // 2, 0, 0)
        row.setSpacing(2 * UNIT)
        row.addWidget(self.arrows, 1)
        row.addLayout(right, 1)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self.arrows.use(palette)

    def show_run(self, shown: Shown) -> None:
        """Show the trunk's gradients of the newest table."""
        table = shown.run.table
        if table is None or not table.gram:
            self.arrows.draw([])
            self.table.show_cells((), ())
            return
        weights = {output.name: output.weight for output in shown.setup.outputs}
        factors = np.array([weights.get(output, 1.0) for output in table.outputs])
        gram = weighted_gram(table, factors)
        places = plane_of(gram) if np.isfinite(gram).all() else np.zeros((len(gram), 2))
        ends = [
            (f"λ{subscript(n)} g{subscript(n)}", shown.colors[output], places[n - 1], False)
            for n, output in enumerate(table.outputs, start=1)
        ]
        self.arrows.draw([*ends, ("Σ λ g", shown.palette.text, places.sum(0), True)])
        self.table.show_cells(*trunk_cells(table, shown))
        self._note.setText(_NOTE + (_PROJECTED if len(table.outputs) > 2 else ""))


PLOT = Plot(
    id="trunk",
    title="Gradients on the trunk",
    order=30,
    make=TrunkGradients,
    palette=TrunkGradients.use,
    run=TrunkGradients.show_run,
    has_table=True,
    workspaces=("learn",),
)
