"""What the menu bar offers: lists of the actions' ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from lossexplorer.app.actions import ACTIONS, Action, plain
from lossexplorer.app.actions.appearance import interpolation_action
from lossexplorer.app.actions.exports import code_entries
from lossexplorer.app.actions.files import sample_volume_action
from lossexplorer.app.actions.panels import float_action, show_action
from lossexplorer.app.actions.panes import pane_entries, pinned_entries
from lossexplorer.app.actions.scale import scale_action
from lossexplorer.app.actions.view import (
    axis_action,
    convention_action,
    theme_action,
    workspace_action,
)
from lossexplorer.app.context import Context
from lossexplorer.app.panels import PANELS
from lossexplorer.app.scenarios.menu import groups, own_entries
from lossexplorer.app.theme import PALETTES
from lossexplorer.session.appearance import Interpolation
from lossexplorer.session.state import WORKSPACES, Scale, SideConvention, Workspace
from lossexplorer.volumes import SAMPLE_VOLUMES


@dataclass(frozen=True)
class Heading:
    """Words above the entries that follow."""

    text: str


Entries = Sequence["str | Action | Menu | Heading | None"]
"""An id of `ACTIONS`, an action made for this menu, a submenu, words, or None for a line."""


@dataclass(frozen=True)
class Menu:
    """A menu: its title and its entries.

    Attributes
    ----------
    entries : sequence or callable
        A function takes the `Context` and is asked whenever the entries are needed.
    entries_shown : callable, optional
        The entries when the menu is about to be shown, where more is said of them than can be
        found out at any time: whether files exist on a drive that may not answer.
    workspaces : tuple of str
        Where the menu bar has it; of a submenu this says nothing.
    """

    title: str
    entries: Entries | Callable[[Context], Entries]
    entries_shown: Callable[[Context], Entries] | None = None
    workspaces: tuple[Workspace, ...] = WORKSPACES

    def entries_in(self, context: Context) -> Entries:
        """Return the entries as they are now."""
        return self.entries(context) if callable(self.entries) else self.entries

    def shown_in(self, context: Context) -> Entries:
        """Return the entries for a menu that is about to be shown."""
        return self.entries_shown(context) if self.entries_shown else self.entries_in(context)


def _sample_volumes(shipped: bool) -> list[str]:
    """Return the actions of the sample volumes that ship as data, or of the phantoms."""
    return [
        sample_volume_action(name)
        for name, volume in SAMPLE_VOLUMES.items()
        if bool(volume.licence) is shipped
    ]


_FILE = Menu(
    "&File",
    [
        "file.open",
        "file.open_folder",
        "file.open_batch",
        "session.open",
        Menu(
            "Open &Recent",
            lambda context: context.files.recent_entries(),
            lambda context: context.files.checked_recent_entries(),
        ),
        Menu(
            "Open &Sample",
            [
                Heading("Data"),
                *_sample_volumes(True),
                None,
                Heading("Phantoms"),
                *_sample_volumes(False),
            ],
        ),
        Menu("&Truth from a Layer", lambda context: context.files.layer_entries()),
        "file.open_with_plugin",
        "session.reopen_last",
        "session.recover",
        None,
        "session.save",
        "session.save_as",
        None,
        "file.open_image",
        "file.open_prediction",
        "file.simulate",
        "file.open_mask",
        "file.remove_mask",
        None,
        Menu(
            "E&xport",
            [
                "export.picture",
                "export.movie",
                "export.volumes",
                "export.values",
                "export.code",
                None,
                "training.export_script",
                "training.export_tables",
                "training.export_picture",
            ],
        ),
        None,
        "file.quit",
    ],
)
_EDIT = Menu(
    "&Edit",
    [
        "edit.undo",
        "edit.redo",
        None,
        "loss.rename",
        "loss.once_more",
        None,
        "snapshots.keep",
        "snapshots.flip",
        "snapshots.compare_none",
        None,
        "session.copy",
        "session.paste",
        None,
        "edit.copy_card",
        "edit.copy_values",
        "edit.copy_plot_values",
        "edit.copy_command",
        Menu("Copy Losses as C&ode", code_entries),
        None,
        "edit.copy_window_picture",
        "edit.copy_canvas_picture",
        "edit.copy_plot_picture",
    ],
)
_TRAINING = Menu(
    "&Training",
    [
        "training.train",
        "training.step",
        "training.rewind",
        "training.new_seed",
        None,
        "training.own_model",
        "training.add_output",
        None,
        "training.cut",
        "training.freeze_trunk",
    ],
    workspaces=("learn",),
)
_PREDICTION = Menu(
    "&Prediction",
    ["descent.play", "descent.step", "descent.rewind", None, "prediction.reset"],
    workspaces=("explore",),
)
_PANELS = Menu(
    "&Panels",
    [
        *map(show_action, PANELS),
        None,
        *map(float_action, PANELS),
        None,
        "panel.next",
        "panel.previous",
        "panel.titles",
        "panel.reset",
    ],
)
_PLANE = Menu(
    "Pl&ane and Slice",
    [
        *map(axis_action, range(3)),
        "view.other_axis",
        "view.transpose",
        None,
        "view.next_slice",
        "view.previous_slice",
    ],
)
_MARKS = Menu(
    "Pin, R&uler and Line",
    ["view.unpin", "view.ruler", None, "view.line_from", "view.line_to"],
)
_SLICES = Menu(
    "Slice W&here",
    [
        "slices.next_class",
        "slices.previous_class",
        "view.fullest_slice",
        None,
        "slices.next_error",
        "slices.previous_error",
        "slices.most_errors",
        None,
        "slices.largest",
        "slices.smaller",
        "slices.larger",
        None,
        "slices.strip",
    ],
)
_SCALES = Menu("&Gradient Scale", [scale_action(scale) for scale in get_args(Scale)])
_CONVENTIONS = Menu("Or&ientation", [convention_action(each) for each in get_args(SideConvention)])
_APPEARANCE = Menu(
    "La&yers",
    [
        "view.appearance",
        "view.opaque",
        None,
        "view.outlines_truth",
        "view.outlines_prediction",
        None,
        Heading("Voxels of images and maps"),
        *(interpolation_action(each) for each in get_args(Interpolation)),
        None,
        "view.fit_contrast",
    ],
)
PANES = Menu(
    "Pa&nes",
    lambda context: [
        *pane_entries(context),
        None,
        Heading("Of one class, whichever the others show"),
        *pinned_entries(context),
        None,
        "panes.gradients",
        "panes.default",
    ],
)
"""What the canvas shows side by side."""
_VIEW = Menu(
    "&View",
    [
        *map(workspace_action, WORKSPACES),
        None,
        "view.side_by_side",
        "view.overlaid",
        "view.three_planes",
        PANES,
        "panes.menu",
        None,
        "view.look_at_labels",
        "view.look_at_all",
        _SCALES,
        _CONVENTIONS,
        _APPEARANCE,
        "view.toggle_3d",
        _PLANE,
        _SLICES,
        _MARKS,
        None,
        "view.next_class",
        "view.previous_class",
        None,
        "presenter.start",
        None,
        _PANELS,
        None,
        *map(theme_action, PALETTES),
    ],
)
_SCENARIOS = Menu(
    "&Scenarios",
    [
        *(Menu(group, actions) for group, actions in groups()),
        None,
        Menu("&Your Own", own_entries),
        "scenario.save",
    ],
)
_HELP = Menu(
    "&Help",
    [
        "help.manual",
        "help.tour",
        "help.commands",
        "help.shortcuts",
        None,
        "help.report",
        "help.about",
    ],
)

MENUS = (_FILE, _EDIT, _PREDICTION, _TRAINING, _VIEW, _SCENARIOS, _HELP)
"""The menus of the menu bar, from left to right."""


@dataclass(frozen=True)
class Offer:
    """An action and where the menus have it.

    Attributes
    ----------
    action : Action
        What is offered.
    path : tuple of str
        The titles of its menu and submenus, without marks of keys; empty if no menu has it.
    """

    action: Action
    path: tuple[str, ...]


def offers(context: Context) -> list[Offer]:
    """Return every action of the workspace on screen, in the order of the menus.

    Those that no menu has come last.
    """
    in_menus = [offer for menu in MENUS for offer in _offers(menu, context, ())]
    ids = {offer.action.id for offer in in_menus}
    others = [Offer(action, ()) for action in ACTIONS.values() if action.id not in ids]
    return [o for o in (*in_menus, *others) if o.action.is_offered_in(context)]


def _offers(menu: Menu, context: Context, above: tuple[str, ...]) -> Iterator[Offer]:
    path = (*above, plain(menu.title))
    for entry in menu.entries_in(context):
        if isinstance(entry, Menu):
            yield from _offers(entry, context, path)
        elif isinstance(entry, str):
            yield Offer(ACTIONS[entry], path)
        elif isinstance(entry, Action):
            yield Offer(entry, path)
