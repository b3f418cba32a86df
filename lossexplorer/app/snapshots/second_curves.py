"""The dashed curves of a snapshot over the response curves of what is set now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg

from lossexplorer.app.loss_pens import pen_of
from lossexplorer.app.theme import Palette
from lossexplorer.app.widgets.pens import plot_pen
from lossexplorer.app.widgets.quiet_plot import curve_of, finite
from lossexplorer.app.widgets.reading import NamedCurve
from lossexplorer.engine.messages import loss_of
from lossexplorer.session import Response
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.snapshots import Snapshot

_DASHES = pg.QtCore.Qt.PenStyle.DashLine


class SecondCurves:
    """Draws the curves of a snapshot, dashed, where they are against the same.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
        What they are drawn in.

    Attributes
    ----------
    snapshot : Snapshot or None
        Whose curves; None for none.
    items : dict of str to pyqtgraph.PlotDataItem
        The curve of each loss.
    """

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self.snapshot: Snapshot | None = None
        self.items: dict[str, Any] = {}
        self._line = pg.InfiniteLine(angle=90)
        self._line.setZValue(4)
        self._line.hide()
        plot.addItem(self._line)

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._line.setPen(plot_pen(palette.text, width=1, style=_DASHES))

    def are_against(self, response: Response) -> bool:
        """Return whether there are curves against what other curves are drawn against."""
        own = self._response
        return own is not None and own.reference == response.reference

    def points(self, response: Response) -> dict[str, dict[float, float]]:
        """Return the value of each loss at each place of a slider; empty without such curves."""
        curves, own = self._curves, self._response
        if curves is None or own is None or not self.are_against(response):
            return {}
        # Of another volume the slider may have other ends.
        return {
            name: {response.scale.position(own.scale.value(at)): known[at] for at in known}
            for name, known in curves.points.items()
        }

    @property
    def _curves(self) -> Curves | None:
        return None if self.snapshot is None else self.snapshot.curves

    @property
    def _response(self) -> Response | None:
        return None if self._curves is None else self._curves.response

    def draw(self, response: Response, factor: Callable[[str], float]) -> None:
        """Draw every curve.

        Parameters
        ----------
        response : Response
            What the other curves are drawn against.
        factor : callable
            Returns what a loss's values are multiplied by.
        """
        points = self.points(response)
        for name in self.items.keys() - points.keys():
            self._plot.removeItem(self.items.pop(name))
        for name, known in points.items():
            if name not in self.items:
                self.items[name] = pg.PlotDataItem(connect="finite")
                self._plot.addItem(self.items[name])
            places = sorted(known)
            self.items[name].setPen(pen_of(name, dashed=True, width=width_of(name)))
            heights = finite([known[place] for place in places]) * factor(name)
            self.items[name].setData(np.array(places), heights)
        self._draw_line(response)

    def named(self, response: Response) -> Iterator[NamedCurve]:
        """Yield each curve under its name, with its values before they are scaled."""
        for name, known in self.points(response).items():
            values = [known[place] for place in sorted(known)]
            assert self.snapshot is not None  # else there are no points
            title = f"{self.snapshot.state.experiment.title(name)}, {self.snapshot.name},"
            yield curve_of(title, self.items[name], values)

    def _draw_line(self, response: Response) -> None:
        """Mark where the snapshot's hand was."""
        answer = None if self.snapshot is None else self.snapshot.answer
        if answer is None or not (
            self.are_against(response) and response.concerns(answer.question)
        ):
            self._line.hide()
            return
        self._line.show()
        self._line.setValue(response.scale.position(response.value(answer.question)))


def width_of(name: str) -> int:
    """Return how wide a loss's curves are while two of each are compared: of a scaled loss thin."""
    return 2 if loss_of(name).compares_with_1 else 1
