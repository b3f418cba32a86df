"""What the colours on the canvas mean, as the legend says it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lossexplorer.app.stage.legend import Legend
from lossexplorer.app.stage.panes import bar_of, panes_shown
from lossexplorer.session import State
from lossexplorer.session.panes import Pane

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas


def is_hatched(state: State) -> bool:
    """Return whether the canvas hatches ignored voxels: there are some, and it shows a slice."""
    volume = state.volume
    return volume is not None and volume.ignored is not None and state.view.plane is not None


def explain(legend: Legend, state: State, canvas: SliceCanvas | None, gradient_title: str) -> None:
    """Say in a legend what the colours on the canvas mean.

    Parameters
    ----------
    legend : Legend
        What says it.
    state : State
        What is open and shown.
    canvas : SliceCanvas or None
        Whose colours they are; None before it is there.
    gradient_title : str
        The name of the chosen gradient.
    """
    panes, learns = panes_shown(state), state.view.workspace == "learn"
    legend.panes.setVisible(not learns and state.volume is not None)
    legend.appearance.setVisible(state.volume is not None)
    legend.count_panes(len(state.view.seen_panes), len(state.view.panes))
    legend.show_panes({pane.kind for pane in panes if pane.classes != "all"})
    legend.show_errors({pane.classes for pane in panes if pane.kind == "error"})
    legend.show_ignored(is_hatched(state))
    _explain_gradients(legend, state, canvas, gradient_title)
    legend.scale.show_scale(state.view.scale)
    numbers = None if canvas is None else canvas.maps.number_limits
    if learns and numbers is not None:
        legend.show_numbers(*numbers)
    else:
        shown = canvas if learns else None
        legend.show_probability(math.nan if shown is None else shown.maps.most_probable)


def _explain_gradients(
    legend: Legend, state: State, canvas: SliceCanvas | None, gradient_title: str
) -> None:
    bar, learns = bar_of(state), state.view.workspace == "learn"
    if learns or bar is None or canvas is None:
        is_shown = learns or bar is not None or state.volume is None
        title, limit = gradient_title if is_shown else "", _limit(canvas, Pane("gradient"))
    else:
        title, pane = bar
        limit = _limit(canvas, pane)
    legend.show_gradient(title, limit)


def _limit(canvas: SliceCanvas | None, pane: Pane) -> float:
    """Return the gradient at the end of a pane's colours; NaN before it is known."""
    limit = 0.0 if canvas is None else canvas.maps.limit_of(pane)
    is_painted = canvas is not None and not math.isnan(canvas.maps.most_probable)
    return limit if limit or is_painted else math.nan
