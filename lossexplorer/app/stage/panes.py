"""Which panes the canvas shows, and what is written above them."""

from __future__ import annotations

from collections.abc import Callable

from lossexplorer.core.numbers import tidy
from lossexplorer.session import State
from lossexplorer.session.panes import DEFAULT_PANES, Pane

# A network's output has no error map: it need be no class.
_OF_A_RUN = (Pane("truth"), Pane("prediction"), Pane("gradient"))
# Of two descents from one start, whose predictions are shown beside each other.
_OF_TWO_DESCENTS = (Pane("truth"), Pane("prediction"), Pane("beside"), Pane("gradient"))


def panes_shown(state: State) -> tuple[Pane, ...]:
    """Return the panes that the canvas shows side by side."""
    view, volume = state.view, state.volume
    if view.workspace == "learn":
        return _OF_A_RUN
    if view.descended and state.experiment.descent.beside:
        return _OF_TWO_DESCENTS
    if volume is None:
        return view.seen_panes

    def is_there(pane: Pane) -> bool:
        if pane.kind == "image":
            return volume.image is not None
        return pane.classes != "all" or volume.overlap is None

    return tuple(filter(is_there, view.seen_panes)) or DEFAULT_PANES


def gradient_title(state: State) -> str:
    """Return the name of the painted gradient, such as ``∂ Dice / ∂ logit``."""
    return _gradient_of(state.view.loss, state)


def _gradient_of(loss: str, state: State) -> str:
    return f"∂ {state.experiment.title(loss)} / ∂ {state.view.wrt}"


def pane_title(pane: Pane, state: State) -> str:
    """Return what is written above a pane while something is open.

    Parameters
    ----------
    pane : Pane
        The pane.
    state : State
        What is set.
    """
    volume, view = state.volume, state.view
    assert volume is not None
    name = volume.classes[pane.class_of(view.class_index)].name
    if pane.kind == "gradient":
        title = _gradient_of(pane.loss or view.loss, state)
        return title if pane.classes == "shown" else f"{title} · {name}"
    if pane.kind == "truth":
        return "Truth" if volume.overlap is None else f"Truth · {name}"
    if pane.kind in ("prediction", "error"):
        title = f"{pane.kind.title()} · {'all classes' if pane.classes == 'all' else name}"
        is_surface = view.plane is None and pane.kind == "prediction" and pane.classes != "all"
        return f"{title} · p = ½" if is_surface else title
    return pane.kind.title()


def pane_titles(state: State, limit_of: Callable[[Pane], float]) -> dict[str, str]:
    """Return what is written above panes, by their names: those shown, and the usual ones.

    A gradient with a scale of its own has its limit in its title.

    Parameters
    ----------
    state : State
        What is set, while something is open.
    limit_of : callable
        Returns the gradient at the high end of a pane's colours.
    """
    panes = panes_shown(state)
    gradients = [pane for pane in panes if pane.kind == "gradient"]
    titled = [pane for pane in (*DEFAULT_PANES, *panes) if pane.kind != "beside"]
    titles = {pane.name: pane_title(pane, state) for pane in titled}
    if len(gradients) > 1 and Pane("gradient") in panes:
        titles["gradient"] += " · chosen"
    if len(gradients) > 1 and state.view.scale == "automatic":
        titles |= {pane.name: with_limit(titles[pane.name], limit_of(pane)) for pane in gradients}
    return titles


def with_limit(title: str, limit: float) -> str:
    """Return the title of a gradient whose colours have a scale of their own.

    Examples
    --------
    >>> with_limit("∂ Dice / ∂ logit", 1.5e-5)
    '∂ Dice / ∂ logit  ±1.5e-5'
    """
    return f"{title}  ±{tidy(limit)}" if limit else title


def bar_of(state: State) -> tuple[str, Pane] | None:
    """Return the words at the colour bar of gradients, and the pane whose limits it shows.

    None if no gradient is shown.
    """
    panes = panes_shown(state) if state.view.layout == "side by side" else DEFAULT_PANES
    gradients = [pane for pane in panes if pane.kind == "gradient"]
    if not gradients or state.volume is None:
        return None
    if len(gradients) > 1 and state.view.scale != "automatic":
        return f"{len(gradients)} gradients, one scale", gradients[0]
    return pane_title(gradients[0], state), gradients[0]
