"""Actions that open a scenario each."""

from __future__ import annotations

from functools import partial

from lossexplorer.app.actions._action import Action, literal
from lossexplorer.app.context import Context
from lossexplorer.app.scenarios import open_scenario
from lossexplorer.learning.scenarios import SCENARIOS


def scenario_action(name: str) -> str:
    """Return the id of the action that opens a scenario."""
    return f"scenario.{name}"


def _run(name: str, context: Context) -> None:
    open_scenario(context, SCENARIOS[name])


ACTIONS = tuple(
    Action(
        id=scenario_action(name),
        title=f"{literal(scenario.title)} ({scenario.id})",
        tip=scenario.claim,
        run=partial(_run, name),
    )
    for name, scenario in SCENARIOS.items()
)
