"""Actions on how things are shown."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.theme import PALETTES
from lossexplorer.session.state import Workspace


def theme_action(name: str) -> str:
    """Return the id of the action that chooses a theme."""
    return f"view.theme.{name}"


def _theme(name: str) -> Action:
    return Action(
        id=theme_action(name),
        title=f"&{name.title()}",
        tip=f"The {name} theme",
        run=lambda context: context.themes.use(name),
        checked=lambda context: context.themes.palette.name == name,
        group="theme",
    )


def workspace_action(name: Workspace) -> str:
    """Return the id of the action that shows a workspace."""
    return f"view.{name}"


def _workspace(name: Workspace, title: str, tip: str, shortcut: str) -> Action:
    return Action(
        id=workspace_action(name),
        title=title,
        tip=tip,
        shortcut=shortcut,
        run=lambda context: context.session.show(workspace=name),
        checked=lambda context: context.session.state.view.workspace == name,
        group="workspace",
    )


ACTIONS = (
    _workspace("explore", "&Explore", "What losses make of one prediction", "Alt+1"),
    _workspace("learn", "L&earn", "Train a network with several outputs and losses", "Alt+2"),
    Action(
        id="view.side_by_side",
        title="&Side by Side",
        shortcut="Ctrl+1",
        run=lambda context: context.session.show(layout="side by side"),
        checked=lambda context: context.session.state.view.layout == "side by side",
        group="layout",
    ),
    Action(
        id="view.overlaid",
        title="&Overlaid",
        shortcut="Ctrl+2",
        run=lambda context: context.session.show(layout="overlaid"),
        checked=lambda context: context.session.state.view.layout == "overlaid",
        group="layout",
    ),
    Action(
        id="view.look_at_labels",
        title="Look at the &Labels",
        shortcut="Ctrl+L",
        run=lambda context: context.stage.do(lambda canvas: canvas.look_at_labels()),
    ),
    Action(
        id="view.look_at_all",
        title="Look at the &Whole Volume",
        shortcut="Ctrl+0",
        run=lambda context: context.stage.do(lambda canvas: canvas.look_at_all()),
    ),
    Action(
        id="view.toggle_3d",
        title="Slice or &3D",
        shortcut="Ctrl+3",
        run=lambda context: context.stage.do(lambda canvas: canvas.toggle_3d()),
    ),
    *map(_theme, PALETTES),
)
