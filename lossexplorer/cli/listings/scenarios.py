"""What ``lossexplorer scenarios`` prints: every scenario, the program's and the user's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from lossexplorer.core.numbers import column_value
from lossexplorer.documents.scenario_list import (
    ListedScenario,
    built_in_scenarios,
    own_folder,
    own_scenarios,
)
from lossexplorer.headless.checking import expected_content

_OWN = "Your own"

_TOP = """# The scenarios

A scenario is a session that makes a claim: it opens volumes, controls, losses and a view at one
click, says in two sentences what to look at, and states numbers that it must show, each with its
source. The numbers come from closed forms, articles, other libraries or a computation in float64,
never from a run of the program, and the tests hold the program to them.

In the window they are in the menu Scenarios, by groups. On the command line

```sh
lossexplorer scenarios --json
lossexplorer check background-haze volume-bias L6
lossexplorer check my-case.scenario.lossx
```

lists them and computes their numbers: `check` says of each number what it found, what was expected,
the tolerance and the source, and ends with exit code 1 if one differs. `check all` takes every one.

Scenarios > Save as Scenario… makes one of what is on screen. Your own are files that end in
`.scenario.lossx` in a folder that `lossexplorer scenarios` names; the name of a scenario is that of
its file. They have the form of a session ([schema](session.schema.json)) and, beside it, `title`,
`text`, `claim`, `source`, `notes` for the speaker, `shows` (the maps, plot, large numbers and
sliders of a talk) and `expected`. A number is named by its loss: `dice` is its value,
`dice.class.1` the term of class 1 (0 is the background), `norm.dice` the norm of its gradient in
the logits, `total` Σ λ L, and `norm.iou / norm.dice` a quotient. It may be stated at other
`controls` or `parameters` than those that the scenario opens with. A number that the program itself
has measured says so in its source.

This page is what `lossexplorer scenarios --page` prints.
"""


def listed() -> tuple[ListedScenario, ...]:
    """Return every scenario, in the order in which they are listed."""
    return (*built_in_scenarios(), *own_scenarios()[0])


def problems() -> tuple[str, ...]:
    """Return in sentences which of the user's scenarios cannot be read."""
    return own_scenarios()[1]


def as_text() -> str:
    """Return each scenario's name, title and claim, by groups."""
    blocks = []
    for group, members in groupby(listed(), _group):
        lines = [f"  {each.name}: {each.document.title}\n    {_claim(each)}" for each in members]
        blocks.append("\n".join([group, *lines]))
    return "\n\n".join([*blocks, f"Your own are in {own_folder()}."])


def _group(scenario: ListedScenario) -> str:
    return _OWN if scenario.origin == "own" else scenario.document.group


def _claim(scenario: ListedScenario) -> str:
    count = len(scenario.document.expected)
    numbers = "1 number" if count == 1 else f"{count} numbers"
    return f"{scenario.document.claim} ({numbers}; {scenario.document.source})"


def as_markdown() -> str:
    """Return the page of the program's scenarios, with the numbers that each must show."""
    blocks = [_TOP]
    for group, members in groupby(built_in_scenarios(), _group):
        blocks += [f"## {group}\n", *("\n".join(_section(each)) for each in members)]
    return "\n".join(blocks)


def _section(scenario: ListedScenario) -> Iterator[str]:
    document = scenario.document
    yield f"### {document.title}\n"
    yield f"`{scenario.name}`: {document.text}\n"
    yield f"{document.claim}\n"
    yield f"Source: {document.source}.\n"
    yield "| number | at | must be | source |"
    yield "| --- | --- | --- | --- |"
    for each in document.expected:
        value = column_value(each.value)
        # What the source of all is need not be repeated for each.
        source = "" if each.source == document.source else each.source
        cells = (f"`{each.what}` {each.meaning}".strip(), each.setting, value, source)
        yield "| " + " | ".join(map(_cell, cells)) + " |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


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
