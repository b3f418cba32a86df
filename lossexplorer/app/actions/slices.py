"""Actions on the slices along the axis on screen: which one is gone to."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.app.stage.slice_search import Sought
from lossexplorer.app.stage.slice_strip import is_useful

_ALONG = "Along the axis that the slices on the canvas lie along"


def _is_shown(context: Context) -> bool:
    return context.settings.value.slice_strip


def _toggle(context: Context) -> None:
    context.settings.update(slice_strip=not _is_shown(context))


def _search(name: str, title: str, what: Sought, by: int, shortcut: str) -> Action:
    return Action(
        id=f"slices.{name}",
        title=title,
        tip=_ALONG,
        shortcut=shortcut,
        workspaces=("explore",),
        enabled=lambda context: is_useful(context.session.state),
        run=lambda context: context.slice_search.go(what, by),
    )


ACTIONS = (
    Action(
        id="slices.strip",
        title="Slices Str&ip",
        tip="Below the slider: what each slice has of the class, its errors and the gradients",
        workspaces=("explore",),
        checked=_is_shown,
        run=_toggle,
    ),
    _search("next_class", "Next Slice with the &Class", "class", 1, "Shift+Right"),
    _search("previous_class", "Previous Slice with the C&lass", "class", -1, "Shift+Left"),
    _search("next_error", "Next Slice with an &Error", "error", 1, "Alt+Right"),
    _search("previous_error", "Previous Slice with an E&rror", "error", -1, "Alt+Left"),
    _search("smaller", "Slice with the Next &Smaller Share of ‖g‖²", "share", 1, "Alt+Shift+Right"),
    _search("larger", "Slice with the Next L&arger Share of ‖g‖²", "share", -1, "Alt+Shift+Left"),
    _search("most_errors", "Slice with Most Err&ors", "most errors", 1, "Ctrl+M"),
    _search("largest", "Slice with the Lar&gest Share of ‖g‖²", "largest share", 1, "Shift+M"),
)
