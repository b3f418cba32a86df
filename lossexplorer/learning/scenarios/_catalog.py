"""The catalogue of scenarios, found in the modules of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

import lossexplorer.learning.scenarios as package
from lossexplorer.core.parameters import closest
from lossexplorer.learning.scenarios._scenario import Scenario


def _found() -> dict[str, Scenario]:
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    found = sorted((module.SCENARIO for module in modules), key=lambda each: each.number)
    return {scenario.id: scenario for scenario in found}


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(_found())
"""Every scenario by its id, in the order in which they are shown."""


def scenarios() -> tuple[Scenario, ...]:
    """Return every scenario, in the order in which they are shown.

    Examples
    --------
    >>> [scenario.title for scenario in scenarios()][:2]
    ['Who reaches whom', 'What Keras prints']
    """
    return tuple(SCENARIOS.values())


def scenario_named(name: str) -> Scenario:
    """Return the scenario with an id.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such scenario; the message lists the ids.
    """
    if name not in SCENARIOS:
        raise closest(name, SCENARIOS, "scenario")
    return SCENARIOS[name]
