"""Actions on the training run."""

from __future__ import annotations

from collections.abc import Callable

from lossexplorer.app.actions._action import Action, always
from lossexplorer.app.context import Context
from lossexplorer.app.learn.exports import export_picture, export_script, export_tables
from lossexplorer.app.learn.own_model import choose_own_model
from lossexplorer.app.learn.train_or_pause import train_or_pause
from lossexplorer.learning.descriptions import MOST_OUTPUTS
from lossexplorer.learning.setup import BuiltNetwork, Output
from lossexplorer.session.setup_editor import SetupEditor


def _is_training(context: Context) -> bool:
    return context.trainer.run.status == "training"


def _has_network(context: Context) -> bool:
    return context.trainer.run.status not in ("empty", "failed")


def _shown_output(context: Context) -> Output:
    state = context.session.state
    return state.experiment.setup.output(state.view.output)


def _trunk(context: Context) -> tuple[str, ...]:
    graph = context.trainer.run.graph
    return () if graph is None else graph.trunk


def _is_trunk_frozen(context: Context) -> bool:
    trunk = _trunk(context)
    return bool(trunk) and set(trunk) <= set(context.session.state.experiment.setup.frozen)


def _freeze_trunk(context: Context) -> None:
    is_frozen = not _is_trunk_frozen(context)
    SetupEditor(context.session).set_frozen(_trunk(context), is_frozen, "the trunk")


def _can_add_output(context: Context) -> bool:
    setup = context.session.state.experiment.setup
    return isinstance(setup.network, BuiltNetwork) and len(setup.outputs) < MOST_OUTPUTS


def _action(
    name: str,
    title: str | Callable[[Context], str],
    run: Callable[[Context], object],
    *,
    tip: str = "",
    shortcut: str = "",
    enabled: Callable[[Context], bool] = always,
    checked: Callable[[Context], bool] | None = None,
) -> Action:
    return Action(
        id=f"training.{name}",
        title=title,
        run=run,
        tip=tip,
        shortcut=shortcut,
        enabled=enabled,
        checked=checked,
        workspaces=("learn",),
    )


ACTIONS = (
    _action(
        "train",
        lambda context: "&Pause" if _is_training(context) else "&Train",
        lambda context: train_or_pause(context.trainer),
        tip="Train until it is paused",
        shortcut="Space",
        enabled=lambda context: context.trainer.run.status not in ("empty", "stopped"),
    ),
    _action(
        "step",
        "&Step",
        lambda context: context.trainer.step(),
        tip="Train one step",
        shortcut="N",
        enabled=lambda context: _has_network(context) and context.trainer.run.status != "stopped",
    ),
    _action(
        "rewind",
        "&Rewind",
        lambda context: context.trainer.rewind(),
        tip="Back to step 0: the same weights and the same patches",
        shortcut="Home",
        enabled=_has_network,
    ),
    _action(
        "new_seed",
        "&New Seed",
        lambda context: context.trainer.new_seed(),
        tip="Other initial weights and other patches",
    ),
    _action(
        "cut",
        lambda context: f"&Cut Before {context.session.state.view.output}",
        lambda context: SetupEditor(context.session).toggle_cut(context.session.state.view.output),
        tip="Stop the gradient (stop_gradient) where the shown output's branch leaves the trunk",
        shortcut="Ctrl+Shift+K",
        checked=lambda context: _shown_output(context).is_cut,
    ),
    _action(
        "freeze_trunk",
        "&Freeze the Trunk",
        _freeze_trunk,
        tip="Do not update the layers that lead to several outputs (trainable = False)",
        shortcut="Ctrl+F",
        enabled=_has_network,
        checked=_is_trunk_frozen,
    ),
    _action(
        "add_output",
        "&Add an Output",
        lambda context: SetupEditor(context.session).add_output(),
        tip="One more branch of the small network, with a target and a loss",
        enabled=_can_add_output,
    ),
    _action(
        "export_script",
        "&Export as a Keras Script…",
        export_script,
        tip="A script that trains the same network on the same patches with Keras alone",
        shortcut="Ctrl+E",
        enabled=_has_network,
    ),
    _action(
        "export_tables",
        "Save C&urves and Table as CSV…",
        export_tables,
        enabled=_has_network,
    ),
    _action(
        "export_picture",
        "Save the Net&work as SVG…",
        export_picture,
        enabled=_has_network,
    ),
    _action(
        "own_model",
        "&Own Model…",
        choose_own_model,
        tip="A .keras file with several outputs, or a Python file with build_model()",
    ),
)
