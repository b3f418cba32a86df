"""Actions on the panels around the stage."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.focus import move_focus
from lossexplorer.app.panels import PANELS, Panel


def show_action(panel: str) -> str:
    """Return the id of the action that shows or closes a panel."""
    return f"panel.show.{panel}"


def float_action(panel: str) -> str:
    """Return the id of the action that floats or docks a panel."""
    return f"panel.float.{panel}"


def _show(panel: Panel) -> Action:
    return Action(
        id=show_action(panel.id),
        title=f"&{panel.title}",
        tip=f"Show or close the panel {panel.title}",
        run=lambda context: context.panels.show(panel.id, not context.panels.is_shown(panel.id)),
        checked=lambda context: context.panels.is_shown(panel.id),
        shortcut=panel.shortcut,
        workspaces=panel.workspaces,
    )


def _float(panel: Panel) -> Action:
    return Action(
        id=float_action(panel.id),
        title=f"Float {panel.title}",
        tip=f"Have the panel {panel.title} as a window of its own, or dock it",
        run=lambda context: context.panels.float(panel.id, not context.panels.floats(panel.id)),
        enabled=lambda context: context.panels.is_shown(panel.id),
        checked=lambda context: context.panels.floats(panel.id),
        workspaces=panel.workspaces,
    )


ACTIONS = (
    *map(_show, PANELS.values()),
    *map(_float, PANELS.values()),
    Action(
        id="panel.next",
        title="Ne&xt Panel",
        tip="Give the focus to the canvas, or to the panel after the one that has it",
        shortcut="F6",
        run=lambda context: move_focus(context, 1),
    ),
    Action(
        id="panel.previous",
        title="Pre&vious Panel",
        tip="Give the focus to the panel before the one that has it",
        shortcut="Shift+F6",
        run=lambda context: move_focus(context, -1),
    ),
    Action(
        id="panel.titles",
        title="Panel T&itles",
        tip="Show a title on each panel, to move, float or close it with the mouse",
        run=lambda context: context.panels.show_titles(not context.panels.titles),
        checked=lambda context: context.panels.titles,
    ),
    Action(
        id="panel.reset",
        title="&Reset Panels",
        tip="Put every panel back to where it was at first",
        run=lambda context: context.panels.reset(),
    ),
)
