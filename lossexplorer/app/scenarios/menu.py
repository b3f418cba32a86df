"""The entries of the Scenarios menu: those of the program by groups, and the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import groupby

from lossexplorer.app.actions._action import Action, literal
from lossexplorer.app.context import Context
from lossexplorer.app.scenarios.opening import open_scenario
from lossexplorer.documents import ScenarioDocument
from lossexplorer.documents.scenario_list import (
    ListedScenario,
    built_in_scenarios,
    own_scenarios,
)


def scenario_action(name: str) -> str:
    """Return the id of the action that opens a scenario of the program."""
    return f"scenario.{name}"


def action_of(document: ScenarioDocument, id_: str = "") -> Action:
    """Return an action that opens a scenario."""
    number = f" ({document.name})" if document.measured else ""
    return Action(
        id=id_ or f"scenario.own.{document.name}",
        title=f"{literal(document.title)}{number}",
        tip=document.claim,
        run=partial(_run, document),
    )


def _run(document: ScenarioDocument, context: Context) -> None:
    open_scenario(context, document)


def groups() -> list[tuple[str, list[str]]]:
    """Return the program's scenarios by groups, as the ids of their actions."""
    return [
        (group, [scenario_action(each.name) for each in members])
        for group, members in groupby(built_in_scenarios(), lambda each: each.document.group)
    ]


def own_entries(context: Context) -> list[Action]:
    """Return an action for each of the user's own scenarios that can be read."""
    del context
    return _actions(own_scenarios()[0])


def _actions(scenarios: Iterable[ListedScenario]) -> list[Action]:
    return [action_of(each.document) for each in scenarios]
