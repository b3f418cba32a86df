"""Scenarios: claims about several losses as data, each with the numbers that it must show.

A scenario is one module, found here: what opens in the window, what is claimed, by whom, and which
numbers prove it. The numbers come from articles, other libraries and formulas; `Scenario.measure`
finds them again with the code that the program itself runs. No module imports Keras before it is
asked to measure, so the window's process can list them.
"""

from __future__ import annotations

from lossexplorer.learning.scenarios._catalog import SCENARIOS, scenario_named, scenarios
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start, WeighedLoss

__all__ = [
    "SCENARIOS",
    "Expectation",
    "Scenario",
    "Start",
    "WeighedLoss",
    "scenario_named",
    "scenarios",
]
