"""Says what is under the pointer: the voxel, its class, prediction and gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from lossexplorer.app.stage.painter import Painter
from lossexplorer.app.stage.panes import pane_title, panes_shown
from lossexplorer.app.widgets.voxel_text import truth_text
from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import Voxel
from lossexplorer.session import Session
from lossexplorer.session.panes import Pane

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas


class PointerLine(QObject):
    """A line of words about the voxel under the pointer; it has values only of what is set.

    Parameters
    ----------
    session : Session
        What is open and shown.
    painter : Painter
        What is on the canvas.

    Attributes
    ----------
    voxel : (int, int, int) or None
        The voxel (z, y, x) below the pointer; None where there is none.
    said : Signal(str)
        The line, empty where there is no voxel.
    """

    said = Signal(str)

    def __init__(self, session: Session, painter: Painter) -> None:
        super().__init__()
        self._session, self._painter = session, painter
        self.voxel: Voxel | None = None
        painter.painted.connect(self.say)

    def point_at(self, voxel: Voxel | None) -> None:
        """Say what is in another voxel."""
        self.voxel = voxel
        self.say()

    def say(self) -> None:
        """Say what is under the pointer now."""
        voxel, volume, canvas = self.voxel, self._session.volume, self._painter.canvas
        if voxel is None or volume is None or canvas is None:
            self.said.emit("")
            return
        probability, gradient = canvas.values_at(voxel)
        z, y, x = voxel
        texts = [f"z {z}  y {y}  x {x}", f"truth {truth_text(volume, voxel)}"]
        if self._painter.is_current and not math.isnan(probability):  # painted
            texts += [
                f"prediction {tidy(probability)}",
                f"{self._painter.gradient_title} {tidy(gradient)}",
                *self._other_gradients(canvas, voxel),
            ]
        self.said.emit("     ".join(texts))

    def _other_gradients(self, canvas: SliceCanvas, voxel: Voxel) -> Iterator[str]:
        """Yield what panes of other gradients than the chosen one show in a voxel."""
        state = self._session.state
        for pane in panes_shown(state):
            is_other = pane.kind == "gradient" and pane != Pane("gradient")
            is_other &= pane.name in canvas.panes.cells  # else it was chosen just now
            value = float(canvas.array(pane.name)[voxel]) if is_other else math.nan
            title = pane_title(pane, state) if is_other else ""
            if title not in ("", self._painter.gradient_title) and not math.isnan(value):
                short = title.replace(f" / ∂ {state.view.wrt}", "")  # as of the first
                yield f"{short} {tidy(value)}"
