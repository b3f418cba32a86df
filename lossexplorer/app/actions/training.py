"""Actions on the training run."""

from __future__ import annotations

from collections.abc import Callable

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.app.learn.own_model import choose_own_model
from lossexplorer.app.learn.train_or_pause import train_or_pause


def _is_training(context: Context) -> bool:
    return context.trainer.run.status == "training"


def _has_network(context: Context) -> bool:
    return context.trainer.run.status not in ("empty", "failed")


def _action(
    name: str,
    title: str | Callable[[Context], str],
    run: Callable[[Context], object],
    *,
    tip: str = "",
    shortcut: str = "",
    enabled: Callable[[Context], bool] = lambda context: True,
) -> Action:
    return Action(
        id=f"training.{name}",
        title=title,
        run=run,
        tip=tip,
        shortcut=shortcut,
        enabled=enabled,
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
        "own_model",
        "&Own Model…",
        choose_own_model,
        tip="A .keras file with several outputs, or a Python file with build_model()",
    ),
)
