"""Actions on how maps and image look, and on what is marked on the canvas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.session.appearance import FADED, Appearance, Interpolation


def change_appearance(context: Context, **what: Any) -> None:
    """Have other attributes of `Appearance`, by their names."""
    session = context.session
    session.show(appearance=replace(session.state.view.appearance, **what))


def _appearance(context: Context) -> Appearance:
    return context.session.state.view.appearance


def _is_open(context: Context) -> bool:
    return context.session.volume is not None


def _has_image(context: Context) -> bool:
    volume = context.session.volume
    return volume is not None and volume.image is not None


def _outlines(of: str, title: str, shortcut: str) -> Action:
    name = f"outlines_{of}"
    return Action(
        id=f"view.{name}",
        title=title,
        tip=f"The class shown, as the {of} has it, in every pane",
        shortcut=shortcut,
        enabled=_is_open,
        checked=lambda context: bool(getattr(_appearance(context), name)),
        run=lambda context: change_appearance(
            context, **{name: not getattr(_appearance(context), name)}
        ),
    )


def interpolation_action(name: Interpolation) -> str:
    """Return the id of the action that chooses an interpolation."""
    return f"view.interpolation.{name}"


def _interpolation(name: Interpolation, title: str, tip: str) -> Action:
    return Action(
        id=interpolation_action(name),
        title=title,
        tip=tip,
        group="interpolation",
        checked=lambda context: _appearance(context).interpolation == name,
        run=lambda context: change_appearance(context, interpolation=name),
    )


def _is_marked(context: Context) -> bool:
    view = context.session.state.view
    return view.pinned is not None or view.ruler is not None


def _unmark(context: Context) -> None:
    """Remove what was marked last: the pinned voxel, and then the ruler."""
    is_pinned = context.session.state.view.pinned is not None
    context.session.show(**({"pinned": None} if is_pinned else {"ruler": None}))


def _say_how_to_measure(context: Context) -> None:
    context.messages.say("Hold Ctrl and drag on a pane to measure a length. Esc removes the ruler.")


ACTIONS = (
    Action(
        id="view.appearance",
        title="&Layers…",
        tip="Opacity of the maps, outlines, contrast of the image, interpolation",
        shortcut="O",
        enabled=_is_open,
        run=lambda context: context.stage.appearance_wanted.emit(),
    ),
    _outlines("truth", "Outline the &Truth in Every Pane", "Shift+T"),
    _outlines("prediction", "Outline the &Prediction in Every Pane", "Shift+O"),
    _interpolation("nearest", "&Nearest", "Each voxel is seen as a square of one colour"),
    _interpolation(
        "linear", "L&inear", "Images, probabilities and gradients blend from voxel to voxel"
    ),
    Action(
        id="view.fit_contrast",
        title="Contrast That &Fits the Image",
        tip="A drag with the right button changes it: to the right the window, upwards the level",
        enabled=lambda context: _has_image(context) and _appearance(context).contrast is not None,
        run=lambda context: change_appearance(context, contrast=None),
    ),
    Action(
        id="view.opaque",
        title="All Maps &Opaque",
        tip="As opaque as they are at first",
        enabled=lambda context: any(_appearance(context).opacity(kind) < 1 for kind in FADED),
        run=lambda context: change_appearance(context, **dict.fromkeys(FADED, 1.0)),
    ),
    Action(
        id="view.ruler",
        title="R&uler",
        tip="Ctrl and a drag on a pane measures a length in mm and voxels",
        enabled=_is_open,
        run=_say_how_to_measure,
    ),
    Action(
        id="view.unpin",
        title="Unpin the Values, or Remove the Ruler",
        tip="List the values in the clicked voxel no longer; without one, the ruler goes",
        shortcut="Esc",
        enabled=_is_marked,
        run=_unmark,
    ),
)
