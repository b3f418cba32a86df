"""The catalogue of actions, found in the modules of this package."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import lossexplorer.app.actions as package
from lossexplorer.app.actions._action import Action
from lossexplorer.app.discovery import modules_of


def _found() -> dict[str, Action]:
    actions: dict[str, Action] = {}
    for module in modules_of(package):
        for action in module.ACTIONS:
            if action.id in actions:
                raise ValueError(f"Two actions are called {action.id!r}.")
            actions[action.id] = action
    return actions


ACTIONS: Mapping[str, Action] = MappingProxyType(_found())
"""Every action by id."""
