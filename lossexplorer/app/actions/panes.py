"""Actions on the panes of the canvas."""

from __future__ import annotations

from functools import partial

from lossexplorer.app.actions._action import Action, literal
from lossexplorer.app.context import Context
from lossexplorer.app.stage.panes import pane_title
from lossexplorer.session.panes import (
    DEFAULT_PANES,
    MOST_PANES,
    Pane,
    offered,
    pinned,
    with_pane,
    without,
)


def choose_panes(context: Context, panes: tuple[Pane, ...]) -> None:
    """Show other panes, and remember them for the next start."""
    context.session.show(panes=panes)
    context.settings.update(panes=panes)


def switch_pane(context: Context, pane: Pane) -> None:
    """Add a pane, or remove it if it is there."""
    panes = context.session.state.view.panes
    change = without if pane in panes else with_pane
    choose_panes(context, change(panes, pane))


def can_switch(context: Context, pane: Pane) -> bool:
    """Return whether a pane can be added, or removed: one stays, and there are nine at most."""
    panes = context.session.state.view.panes
    return len(panes) > 1 if pane in panes else len(panes) < MOST_PANES


def _has_volume(context: Context) -> bool:
    return context.session.volume is not None


def pane_entries(context: Context) -> list[Action]:
    """Return an action for each pane that can be added or removed."""
    state, volume = context.session.state, context.session.volume
    if volume is None:
        return []
    losses, has_image = state.experiment.shown, volume.image is not None
    panes = list(offered(losses, has_image=has_image, overlaps=volume.overlap is not None))
    return [_entry(context, pane) for pane in panes]


def pinned_entries(context: Context) -> list[Action]:
    """Return an action for each pane that stays at one class, that shown now, and of those shown.

    A comparison of classes has such panes: another class is then shown in the other panes alone.
    """
    state, volume = context.session.state, context.session.volume
    if volume is None:
        return []
    index, loss = state.view.class_index, state.view.loss
    kinds = (Pane("prediction"), Pane("error"), Pane("gradient", loss))
    shown = [pane for pane in state.view.panes if isinstance(pane.classes, int)]
    panes = dict.fromkeys((*(pinned(pane, index) for pane in kinds), *shown))
    return [_entry(context, pane) for pane in panes]


def _entry(context: Context, pane: Pane) -> Action:
    follows = pane.kind == "gradient" and not pane.loss
    is_pinned = isinstance(pane.classes, int)
    which = " (the Loss Chosen)" if follows else " (Pinned)" if is_pinned else ""
    title = literal(pane_title(pane, context.session.state))
    return Action(
        id=f"panes.{pane.name}",
        title=f"{title}{which}",
        tip="Add it to the canvas, or remove it",
        run=partial(switch_pane, pane=pane),
        enabled=partial(can_switch, pane=pane),
        checked=lambda context: pane in context.session.state.view.panes,
        workspaces=("explore",),
    )


def _compare_gradients(context: Context) -> None:
    """Show the gradients of as many losses as there is room for, below the maps."""
    losses = context.session.state.experiment.shown
    maps = [pane for pane in DEFAULT_PANES if pane.kind != "gradient"]
    gradients = [Pane("gradient", loss) for loss in losses][: MOST_PANES - len(maps)]
    choose_panes(context, (*maps, *gradients))


ACTIONS = (
    Action(
        id="panes.menu",
        title="Add or Re&move a Pane…",
        tip="What the canvas shows side by side: 1 to 9 panes",
        shortcut="P",
        run=lambda context: context.stage.pane_menu_wanted.emit(),
        enabled=_has_volume,
        workspaces=("explore",),
    ),
    Action(
        id="panes.gradients",
        title="&Gradients of All Losses",
        tip="Truth, prediction and error above the gradients of up to six losses",
        shortcut="Shift+G",
        run=_compare_gradients,
        enabled=_has_volume,
        workspaces=("explore",),
    ),
    Action(
        id="panes.default",
        title="The &Four Usual Panes",
        tip="Truth, prediction, error and the gradient of the loss that is chosen",
        shortcut="Shift+P",
        run=lambda context: choose_panes(context, DEFAULT_PANES),
        checked=lambda context: context.session.state.view.panes == DEFAULT_PANES,
        workspaces=("explore",),
    ),
)
