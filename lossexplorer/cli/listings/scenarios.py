"""What ``lossexplorer scenarios`` prints: every scenario, the program's and the user's own."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from lossexplorer.documents.scenario_list import (
    ListedScenario,
    built_in_scenarios,
    own_folder,
    own_scenarios,
)
from lossexplorer.headless.checking import expected_content

_OWN = "Your own"


def listed() -> tuple[ListedScenario, ...]:
    """Return every scenario, in the order in which they are listed."""
    return (*built_in_scenarios(), *own_scenarios()[0])


def problems() -> tuple[str, ...]:
    """Return in sentences which of the user's scenarios cannot be read."""
    return own_scenarios()[1]


def as_text() -> str:
    """Return each scenario's name, title and claim, by groups."""
    blocks = []
    for group, members in groupby(listed(), lambda each: each.document.group or _OWN):
        lines = [f"  {each.name}: {each.document.title}\n    {_claim(each)}" for each in members]
        blocks.append("\n".join([group, *lines]))
    return "\n\n".join([*blocks, f"Your own are in {own_folder()}."])


def _claim(scenario: ListedScenario) -> str:
    count = len(scenario.document.expected)
    numbers = "1 number" if count == 1 else f"{count} numbers"
    return f"{scenario.document.claim} ({numbers}; {scenario.document.source})"


def as_json() -> str:
    """Return the scenarios as JSON, with the numbers that each must show."""
    content = {"scenarios": [_facts(scenario) for scenario in listed()]}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _facts(scenario: ListedScenario) -> dict[str, Any]:
    document = scenario.document
    return {
        "name": scenario.name,
        "title": document.title,
        "group": document.group,
        "origin": scenario.origin,
        "file": None if scenario.path is None else str(scenario.path),
        "text": document.text,
        "claim": document.claim,
        "source": document.source,
        "expected": [expected_content(each) for each in document.expected],
    }
