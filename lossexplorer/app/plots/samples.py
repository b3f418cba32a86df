"""The value of every loss for each sample of a batch by itself, and pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QPointF, Qt, Signal

from lossexplorer.app.exports.copying import command_or_nothing
from lossexplorer.app.loss_pens import brush_of, outline_of, pen_of
from lossexplorer.app.plots._plot import Plot
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.edge_marks import Mark
from lossexplorer.app.widgets.outliers import has_place, usual_range
from lossexplorer.app.widgets.quiet_plot import LossPlot, finite
from lossexplorer.core.numbers import loss_value, tidy
from lossexplorer.exports.tables import table_csv
from lossexplorer.session.loss_colours import color_of
from lossexplorer.session.records.samples import SampleValues

if TYPE_CHECKING:
    from lossexplorer.app.context import Context


class SamplesPlot(LossPlot):
    """A group of bars for each sample; behind them, after the last one, the pooled values.

    The sample on screen has a band behind its bars.

    Attributes
    ----------
    chosen : Signal(int)
        The sample whose bars were clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(_bars)
        self._samples = SampleValues()
        self.scene().sigMouseClicked.connect(self._on_click)
        self.between = pg.InfiniteLine(angle=90, pen=pen_of("dice", dashed=True))
        self.between.hide()
        self.addItem(self.between)
        self.here = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        self.here.setZValue(-10)
        self.addItem(self.here, ignoreBounds=True)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        super().use(palette)
        self.here.setBrush(pg.mkBrush(palette.groove))

    def show_sample(self, sample: int) -> None:
        """Mark the sample that is on screen."""
        self.here.setRegion((sample - 0.5, sample + 0.5))

    def show_samples(self, samples: SampleValues) -> None:
        """Show other values."""
        self._samples = samples
        self.follow(samples.values)
        self.redraw()

    @property
    def count(self) -> int:
        """The number of samples."""
        return len(next(iter(self._samples.values.values()), ()))

    def draw(self) -> None:
        """Draw every bar."""
        values, pooled = self._samples.values, self._samples.pooled
        width = 0.8 / max(len(values), 1)
        heights = {name: [*each, pooled[name]] for name, each in values.items()}
        limits = usual_range([value for each in heights.values() for value in each])
        marks: list[Mark] = []
        for nth, (name, each) in enumerate(heights.items()):
            places = np.arange(len(each)) + (nth - (len(values) - 1) / 2) * width
            drawn = np.nan_to_num(finite(each))
            self.items_of[name].setOpts(x=places, height=drawn, width=width)
            marks += [
                Mark(float(place), tidy(value), color_of(name), nth)
                for place, value in zip(places, each, strict=True)
                if not has_place(value, limits)
            ]
        self.marks.show_marks(marks)
        count = self.count
        self.between.setValue(count - 0.5)
        self.between.setVisible(count > 0)
        named = [(float(n), f"sample {n + 1}" if count <= 12 else str(n + 1)) for n in range(count)]
        self.getPlotItem().getAxis("bottom").setTicks([[*named, (float(count), "pooled")]])
        self.show_range(x=(-0.5, count + 0.5), y=limits)
        self.say_below("each sample as if it were the batch; pooled: the batch, as on the cards")

    def words_under(self, at: QPointF) -> str:
        """Return the sample below the pointer, and its value of each loss."""
        nearest, count = round(self.getViewBox().mapSceneToView(at).x()), self.count
        if not 0 <= nearest <= count or not count:
            return ""
        title = "pooled" if nearest == count else f"sample {nearest + 1}"
        of = {
            name: self._samples.pooled[name] if nearest == count else each[nearest]
            for name, each in self._samples.values.items()
        }
        return "\n".join([title, *(f"{self.title(n)} {loss_value(v)}" for n, v in of.items())])

    def _on_click(self, event: Any) -> None:
        box = self.getPlotItem().getViewBox()
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and box.sceneBoundingRect().contains(event.scenePos()):
            nearest = round(box.mapSceneToView(event.scenePos()).x())
            if 0 <= nearest < self.count:
                self.chosen.emit(nearest)


def _bars(name: str) -> Any:
    return pg.BarGraphItem(x=[], height=[], width=0.1, brush=brush_of(name), pen=outline_of(name))


def _connect(plot: SamplesPlot, context: Context) -> None:
    session = context.session
    plot.chosen.connect(lambda sample: session.show(sample=sample))

    def follow() -> None:
        plot.show_sample(session.state.view.sample)

    session.changed.connect(follow, max_args=0)
    follow()


def _table(context: Context) -> str:
    samples: SampleValues = context.controller.records["samples"]
    columns = list(samples.values.values())
    rows = [[n + 1, *each] for n, each in enumerate(zip(*columns, strict=True))]
    rows.append(["pooled", *(samples.pooled[name] for name in samples.values)])
    experiment = context.session.state.experiment
    names = ["sample", *samples.values]
    return table_csv(experiment, command_or_nothing(context), names, rows)


PLOT = Plot(
    id="samples",
    title="Samples",
    order=38,
    make=SamplesPlot,
    palette=SamplesPlot.use,
    losses=SamplesPlot.name_losses,
    connect=_connect,
    records={"samples": SamplesPlot.show_samples},
    table=_table,
)
