"""Actions on how things are shown."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.app.theme import PALETTES
from lossexplorer.session.state import SideConvention, Workspace


def theme_action(name: str) -> str:
    """Return the id of the action that chooses a theme."""
    return f"view.theme.{name}"


_PLANES = dict(zip("SIAPRL", ["Axial"] * 2 + ["Coronal"] * 2 + ["Sagittal"] * 2, strict=True))
"""The names of slices along a direction of the body."""


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


def _has_class(context: Context) -> bool:
    """Return whether there may be voxels of the class shown."""
    case, volume = context.session.case, context.session.volume
    if case is None or volume is None:
        return False
    return (
        case.given is not None or volume.classes[context.session.state.view.class_index].voxels > 0
    )


def _show_fullest_plane(context: Context) -> None:
    plane = context.session.fullest_plane()
    if plane is not None:
        context.stage.do(lambda canvas: canvas.navigation.show_plane(plane))


def _is_flat(context: Context) -> bool:
    """Return whether slices are shown."""
    return context.session.state.view.plane is not None


def _is_one_plane(context: Context) -> bool:
    """Return whether slices along one axis are shown."""
    return _is_flat(context) and not context.session.state.view.shows_three


def _toggle_three_planes(context: Context) -> None:
    """Show three planes, side by side and in slices, or one again."""
    session = context.session
    if session.state.view.shows_three:
        session.show(planes="one")
        return
    if session.state.view.plane is None:
        context.stage.do(lambda canvas: canvas.navigation.toggle_3d())
    session.show(planes="three", layout="side by side")


def _slice(name: str, title: str, by: int, shortcut: str) -> Action:
    return Action(
        id=f"view.{name}_slice",
        title=title,
        tip="Along the axis that the slices on the canvas lie along",
        shortcut=shortcut,
        run=lambda context: context.stage.do(lambda canvas: canvas.navigation.move_slice(by)),
        enabled=_is_flat,
    )


def axis_action(axis: int) -> str:
    """Return the id of the action that shows slices along an axis (z, y, x)."""
    return f"view.along_{'zyx'[axis]}"


def _along(axis: int) -> Action:
    def title(context: Context) -> str:
        volume = context.session.volume
        orientation = None if volume is None else volume.orientation
        name = "" if orientation is None else f" ({_PLANES[orientation[2 - axis]]})"
        return f"Slices Along {'zyx'[axis]}{name}"

    def is_shown(context: Context) -> bool:
        plane = context.session.state.view.plane
        return plane is not None and plane.axis == axis

    return Action(
        id=axis_action(axis),
        title=title,
        tip="In every pane, through the point that the sliders show",
        shortcut="ZYX"[axis],
        run=lambda context: context.stage.do(lambda canvas: canvas.navigation.show_axis(axis)),
        enabled=lambda context: context.session.volume is not None,
        checked=is_shown,
        group="axis",
    )


def convention_action(convention: SideConvention) -> str:
    """Return the id of the action that turns slices by a convention."""
    return f"view.convention.{convention.replace(' ', '_')}"


def _convention(convention: SideConvention, title: str, tip: str) -> Action:
    return Action(
        id=convention_action(convention),
        title=title,
        tip=tip,
        run=lambda context: context.session.show(convention=convention),
        checked=lambda context: context.session.state.view.convention == convention,
        group="convention",
    )


def _class(name: str, title: str, by: int, shortcut: str) -> Action:
    return Action(
        id=f"view.{name}_class",
        title=title,
        tip="A click on a region of the canvas, on a bar or on a row of a card shows its class",
        shortcut=shortcut,
        run=lambda context: context.session.move_class(by),
        enabled=lambda context: context.session.case is not None,
    )


ACTIONS = (
    _workspace("explore", "&Explore", "What losses make of one prediction", "Alt+1"),
    _workspace("learn", "Lea&rn", "Train a network with several outputs and losses", "Alt+2"),
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
        id="view.three_planes",
        title="&Three Planes",
        tip="Of up to six panes, with a crosshair: a click goes there, Shift + move goes along",
        shortcut="Ctrl+4",
        run=_toggle_three_planes,
        enabled=lambda context: context.session.volume is not None,
        checked=lambda context: context.session.state.view.shows_three,
        workspaces=("explore",),
    ),
    Action(
        id="view.look_at_labels",
        title="Loo&k at the Labels",
        shortcut="Ctrl+L",
        run=lambda context: context.stage.do(lambda canvas: canvas.navigation.look_at_labels()),
    ),
    Action(
        id="view.look_at_all",
        title="Look at the &Whole Volume",
        shortcut="Ctrl+0",
        run=lambda context: context.stage.do(lambda canvas: canvas.navigation.look_at_all()),
    ),
    Action(
        id="view.toggle_3d",
        title="Slice or &3D",
        shortcut="Ctrl+3",
        run=lambda context: context.stage.do(lambda canvas: canvas.navigation.toggle_3d()),
    ),
    _slice("next", "Ne&xt Slice", 1, "Right"),
    _slice("previous", "Pre&vious Slice", -1, "Left"),
    Action(
        id="view.other_axis",
        title="Slices Along Another &Axis",
        shortcut="A",
        run=lambda context: context.stage.do(lambda canvas: canvas.navigation.roll_axes()),
        enabled=_is_flat,
    ),
    Action(
        id="view.transpose",
        title="Swap Rows and Columns",
        tip="What runs across the canvas runs down it",
        shortcut="T",
        run=lambda context: context.stage.do(lambda canvas: canvas.navigation.transpose()),
        enabled=_is_one_plane,
    ),
    *map(_along, range(3)),
    _convention("as stored", "&As Stored", "Rows of the file run down and columns to the right"),
    _convention("radiological", "&Radiological", "The patient's right is on the left"),
    _convention("neurological", "&Neurological", "The patient's right is on the right"),
    _class("next", "Next &Class", 1, "."),
    _class("previous", "Previous Class", -1, ","),
    Action(
        id="view.fullest_slice",
        title="Slice with &Most of the Class",
        tip="Along the axis that the slices on the canvas lie along",
        shortcut="M",
        run=_show_fullest_plane,
        enabled=_has_class,
    ),
    *map(_theme, PALETTES),
)
