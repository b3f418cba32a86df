"""Every class's term of every loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QFontMetricsF, QResizeEvent
from qtpy.QtWidgets import QComboBox, QLineEdit

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.loss_pens import brush_of, outline_of
from lossexplorer.app.plots._class_names import short_name, ticks_in
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import UNIT, Palette
from lossexplorer.app.widgets.edge_marks import Mark
from lossexplorer.app.widgets.outliers import has_place, usual_range
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.core.numbers import loss_value, tidy
from lossexplorer.exports.tables import classes_csv
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.class_terms import ClassTerms

if TYPE_CHECKING:
    from lossexplorer.app.context import Context

_FEW = 8
"""So many classes are seen at a glance: they need no order and no search."""
_AXIS = 60  # pixels of the values beside the bars
_BEYOND = 40  # pixels that the names of the first and the last of many reach beyond the bars
ORDERS = ("by id", "by value", "by size")


class ClassPlot(LossPlot):
    """Every class's term of every loss, as groups of bars.

    Of many classes the groups can be ordered and searched. The chosen class is marked; a bar that
    would leave the others no height is cut off, with its value at the edge.

    Attributes
    ----------
    order : QComboBox
        How the groups are ordered: by the ids in the file, by the value of the loss whose gradient
        is painted, or by the voxels of the truth; the last two from the largest.
    search : QLineEdit
        Only classes whose names have this text are shown.
    chosen : Signal(int)
        The class that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(_class_bars)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.getPlotItem().getAxis("bottom").setStyle(hideOverlappingLabels=_BEYOND)
        self._shown = ClassTerms()
        self._places: dict[int, int] = {}
        self._chosen = pg.BarGraphItem(x=[], height=[], width=1.0, pen=None)
        self._chosen.setZValue(-10)
        self.getViewBox().addItem(self._chosen, ignoreBounds=True)
        self.getViewBox().sigRangeChanged.connect(self._mark_chosen)
        self.order, self.search = QComboBox(self), QLineEdit(self)
        self.order.addItems(ORDERS)
        self.order.setObjectName("small")
        self.order.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.order.setAccessibleName("order of the classes")
        self.search.setPlaceholderText("find a class…")
        self.search.setObjectName("search")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("find a class")
        self.order.activated.connect(lambda _index: self._arrange())
        self.search.textChanged.connect(lambda _text: self._arrange())
        for widget in (self.order, self.search):
            widget.hide()

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self._chosen.setOpts(brush=pg.mkBrush(palette.groove))

    def show_terms(self, terms: ClassTerms) -> None:
        """Show every class of every loss."""
        before, self._shown = self._shown, terms
        if terms.classes != before.classes:
            self.search.clear()
            are_many = len(terms.classes) - terms.first > _FEW
            self.order.setVisible(are_many)
            self.search.setVisible(are_many)
            if not are_many:
                self.order.setCurrentIndex(0)
            margins = (8, 32, _BEYOND, 0) if are_many else (8, 8, 16, 0)
            self.getPlotItem().setContentsMargins(*margins)
        self.follow(terms.terms)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep order and search above the bars."""
        super().resizeEvent(event)
        if self.is_made and hasattr(self, "search"):
            width = min(160, self.width() // 2 - UNIT)
            self.search.setGeometry(self.width() - width - UNIT, 2, width, 26)
            hint = self.order.sizeHint()
            self.order.setGeometry(self.search.x() - hint.width() - UNIT, 2, hint.width(), 26)
            self._name_classes(self.classes)

    def _arrange(self) -> None:
        self.redraw()
        self.give_range_back()

    @property
    def classes(self) -> list[int]:
        """The indices of the classes that are shown, from left to right."""
        shown, wanted = self._shown, self.search.text().casefold().strip()
        found = [
            index
            for index, name in enumerate(shown.classes)
            if index >= shown.first and wanted in name.casefold()
        ]
        keys = {
            ORDERS[0]: lambda index: (index,),
            ORDERS[1]: self._by_value,
            ORDERS[2]: lambda index: (-shown.sizes[index],),
        }
        return sorted(found, key=keys[self.order.currentText()])

    def _by_value(self, index: int) -> tuple[float, ...]:
        """Return the key that puts what is not finite first, then the largest."""
        terms = self._shown.terms
        of = terms.get(self._shown.loss) or next(iter(terms.values()), ())
        value = of[index] if index < len(of) else math.nan
        if index in self._left_out(self._shown.loss):
            return (2, 0.0)
        return (1, -value) if math.isfinite(value) else (0, 0.0)

    def _left_out(self, loss: str) -> set[int]:
        """Return the classes that a loss leaves out."""
        counted = self._shown.counted.get(loss, ())
        return {index for index, is_counted in enumerate(counted) if not is_counted}

    def _on_click(self, event: Any) -> None:
        box = self.getPlotItem().getViewBox()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if box.sceneBoundingRect().contains(event.scenePos()):
            index = self.class_at(box.mapSceneToView(event.scenePos()).x())
            if index is not None:
                self.chosen.emit(index)

    def class_at(self, place: float) -> int | None:
        """Return the class whose bars are at a place along the axis of classes, if there is one."""
        nearest, classes = round(place), self.classes
        return classes[nearest] if 0 <= nearest < len(classes) else None

    def draw(self) -> None:
        """Draw every bar."""
        shown, classes = self._shown, self.classes
        self._places = {index: place for place, index in enumerate(classes)}
        width = 0.8 / max(len(shown.terms), 1)
        limits = usual_range([terms[index] for terms in shown.terms.values() for index in classes])
        marks: list[Mark] = []
        for nth, (name, terms) in enumerate(shown.terms.items()):
            heights = np.array([terms[index] for index in classes], dtype=float)
            offset = (nth - (len(shown.terms) - 1) / 2) * width
            places = np.arange(len(heights)) + offset
            drawn = np.nan_to_num(finite(heights))
            self.items_of[name].setOpts(x=places, height=drawn, width=width)
            left_out = self._left_out(name)
            marks += [
                Mark(float(place), tidy(float(height)), color_of(name), nth)
                for place, height, index in zip(places, heights, classes, strict=True)
                if index not in left_out and not has_place(float(height), limits)
            ]
        self.marks.show_marks(marks)
        self._name_classes(classes)
        self.show_range(x=(-0.5, max(len(classes), 1) - 0.5), y=limits)
        self._mark_chosen()

    def _name_classes(self, classes: Sequence[int]) -> None:
        """Write the classes' names below the groups, and which are absent."""
        shown = self._shown
        names = [shown.classes[index] for index in classes]
        words = [short_name(name) + (" (absent)" if name in shown.absent else "") for name in names]
        # Names of many classes would overlap: the rest show on zoom.
        metrics = QFontMetricsF(self.font())
        widest = max((metrics.horizontalAdvance(word) for word in words), default=0.0) + UNIT
        ticks = ticks_in(words, widest, self.width() - _AXIS, self._places.get(shown.chosen))
        self.getPlotItem().getAxis("bottom").setTicks(ticks)

    def _mark_chosen(self, *_: Any) -> None:
        """Put a band behind the bars of the chosen class, as high as what is seen."""
        place = self._places.get(self._shown.chosen)
        low, high = self.getViewBox().viewRange()[1]
        if place is None:
            self._chosen.setOpts(x=[], height=[], y0=[])
        else:
            self._chosen.setOpts(x=[place], height=[high - low], y0=[low])

    def words_under(self, at: QPointF) -> str:
        """Return the class below or above which the pointer is, and its term of each loss."""
        nearest = round(self.getViewBox().mapSceneToView(at).x())
        classes = self.classes
        if not 0 <= nearest < len(classes):
            return ""
        index, shown = classes[nearest], self._shown
        terms = [
            f"{self.title(name)} "
            + ("–" if index in self._left_out(name) else loss_value(terms[index]))
            for name, terms in shown.terms.items()
        ]
        return "\n".join([f"{shown.classes[index]} · {shown.sizes[index]:,} voxels", *terms])

    def terms(self, name: str) -> list[float]:
        """Return the classes' terms drawn for a loss."""
        return list(self._shown.terms[name])


def _class_bars(name: str) -> Any:
    return pg.BarGraphItem(x=[], height=[], width=0.1, brush=brush_of(name), pen=outline_of(name))


def _connect(plot: ClassPlot, context: Context) -> None:
    plot.chosen.connect(lambda index: context.session.show(class_index=index))


def _table(context: Context) -> str:
    experiment = context.session.state.experiment
    assert experiment.case is not None
    terms, classes = context.controller.records["class_terms"], experiment.case.batch.classes
    return classes_csv(terms, classes, experiment, command_or_nothing(context))


PLOT = Plot(
    id="classes",
    title="Classes",
    order=30,
    make=ClassPlot,
    palette=ClassPlot.use,
    connect=_connect,
    losses=ClassPlot.name_losses,
    records={"class_terms": ClassPlot.show_terms},
    table=_table,
)
