"""Actions that open a scenario of the program each, and the one that saves one's own."""

from __future__ import annotations

from lossexplorer.app.actions._action import Action
from lossexplorer.app.context import Context
from lossexplorer.app.scenarios.menu import action_of, scenario_action
from lossexplorer.documents.scenario_list import built_in_scenarios


def _has_numbers(context: Context) -> bool:
    return context.session.case is not None


def _save(context: Context) -> None:
    from lossexplorer.app.scenarios.saving import ask

    ask(context)


ACTIONS = (
    Action(
        id="scenario.save",
        title="&Save as Scenario…",
        tip="What is on screen as a claim, with the numbers that it shows",
        run=_save,
        enabled=_has_numbers,
        workspaces=("explore",),
    ),
    *(action_of(each.document, scenario_action(each.name)) for each in built_in_scenarios()),
)
