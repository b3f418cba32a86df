"""The panel below the stage: the plots, as tabs."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QSize
from qtpy.QtWidgets import QTabWidget, QWidget

from lossexplorer.app.context import Context
from lossexplorer.app.panels._panel import Panel
from lossexplorer.app.plots import PLOTS, Plot
from lossexplorer.app.theme import Palette
from lossexplorer.engine.messages import Answer
from lossexplorer.session import Response
from lossexplorer.volumes import LabelVolume

_SHARE = 0.246
"""Of the height of the window."""


class Plots(QTabWidget):
    """Every plot, as a tab, fed with what it has declared.

    Attributes
    ----------
    views : dict of str to QWidget
        Each plot's widget, by its id.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setDocumentMode(True)
        self.views: dict[str, QWidget] = {}
        for plot in PLOTS.values():
            self.views[plot.id] = plot.make()
            self.addTab(self.views[plot.id], plot.title)
        self._last: tuple[Any, ...] | None = None
        self._pending = False

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the height that it starts with."""
        return QSize(super().sizeHint().width(), round(_SHARE * self.window().height()))

    def use(self, palette: Palette) -> None:
        """Draw in a theme's colours."""
        self._feed("palette", palette)

    def open(self, volume: LabelVolume) -> None:
        """Begin anew with another volume."""
        self._last = None
        self._feed("volume", volume)

    def show_answer(self, answer: Answer) -> None:
        """Draw an answer; one that only shows another slice is no new step."""
        asked = (answer.request.controls, answer.request.losses)
        pending = any(result.pending for result in answer.losses)
        if asked != self._last:
            self._feed("answer", answer)
        elif self._pending and not pending:
            self._feed("completed", answer)
        else:
            return
        self._last, self._pending = asked, pending

    def begin_response(self, response: Response) -> None:
        """Draw curves against something else, or anew."""
        self._feed("response", response)

    def add_points(self, answers: list[Answer]) -> None:
        """Add points to the curves."""
        self._feed("points", answers)

    def _feed(self, what: str, value: object) -> None:
        """Give a value to the plots that take such ones."""
        for plot in PLOTS.values():
            take = _taking(plot, what)
            if take is not None:
                take(self.views[plot.id], value)


def _taking(plot: Plot[Any], what: str) -> Any:
    """Return the plot's function for a kind of value, or None."""
    take = getattr(plot, what)
    return plot.answer if take is None and what == "completed" else take


def _make(context: Context) -> Plots:
    plots, controller = Plots(), context.controller
    controller.answered.connect(plots.show_answer)
    controller.response_changed.connect(plots.begin_response)
    controller.explored.connect(plots.add_points)
    context.session.volume_changed.connect(plots.open)
    context.themes.changed.connect(plots.use)
    plots.use(context.themes.palette)
    return plots


PANEL = Panel(id="plots", title="Plots", area="bottom", order=30, make=_make)
