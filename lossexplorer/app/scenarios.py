"""Opens scenarios: what each starts with, and what it says, at one click."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lossexplorer.app.context import Context
from lossexplorer.engine.messages import LossSetting
from lossexplorer.losses import LOSSES

if TYPE_CHECKING:
    from lossexplorer.learning.scenarios import Scenario


def open_scenario(context: Context, scenario: Scenario) -> None:
    """Open what a scenario starts with, and say what there is to see."""
    _with_sample(context, scenario.start.sample, lambda: _begin(context, scenario))


def _with_sample(context: Context, sample: str, then: Callable[[], None]) -> None:
    """Do something once a sample volume is open, which is at once if it is open already."""
    source, volume = f"sample:{sample}", context.session.volume
    if volume is not None and volume.path == source:
        then()
        return
    files = context.files

    def end() -> None:
        files.opened.disconnect(on_opened)
        files.rejected.disconnect(on_rejected)

    def on_opened(case: object) -> None:
        del case
        end()
        then()

    def on_rejected(why: str) -> None:
        del why
        end()

    files.opened.connect(on_opened)
    files.rejected.connect(on_rejected)
    files.open([source])


def _begin(context: Context, scenario: Scenario) -> None:
    session, start = context.session, scenario.start
    label = f"Scenario {scenario.id}"
    if start.workspace == "learn":
        if start.setup is not None:
            session.set_up(start.setup, label)
        session.show(workspace="learn", output=start.shown)
    else:
        losses = tuple(
            LossSetting(
                weighed.loss.name,
                LOSSES[weighed.loss.name].complete(weighed.loss.parameters),
                weighed.weight,
            )
            for weighed in start.losses
        )
        session.set_scene(start.controls, losses, label, start.descent)
        session.show(workspace="explore", loss=start.shown)
    context.messages.say(
        f"{scenario.id} · {scenario.title}. {scenario.text} {scenario.claim} ({scenario.source})"
    )
