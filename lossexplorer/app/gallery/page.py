"""The page of the gallery, made from the scenarios' files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from lossexplorer.core.numbers import exact
from lossexplorer.documents.scenario import ScenarioDocument
from lossexplorer.documents.scenario_list import ListedScenario, built_in_scenarios

PAGE = Path(__file__).parents[3] / "resources/docs/gallery.md"
"""The page; its pictures are in the folder ``gallery`` beside it."""

_TOP = """# Gallery

Every [scenario](scenarios.md) that ships with the program, as its page of a
[talk](presenting.md); networks are trained for five steps there. Each is opened with Scenarios in
the menu, or with `lossexplorer --scenario NAME`. The numbers are those that it must show, which
`lossexplorer check all` computes; where each is from is on the page of the scenarios.

Page and pictures are written by `python -m lossexplorer.app.gallery`, which opens every scenario
and refuses a page that shows another number than the one that is stated."""


def picture_name(name: str) -> str:
    """Return where the picture of a scenario is, from the page.

    Examples
    --------
    >>> picture_name("thin-plate")
    'gallery/thin-plate.webp'
    """
    return f"gallery/{name}.webp"


def as_markdown() -> str:
    """Return the page: title, claim, picture and numbers of every scenario, by groups."""
    blocks = [_TOP]
    for group, members in groupby(built_in_scenarios(), lambda each: each.document.group):
        blocks += [f"## {group}", *("\n\n".join(_section(each)) for each in members)]
    return "\n\n".join(blocks) + "\n"


def _section(scenario: ListedScenario) -> Iterator[str]:
    document = scenario.document
    yield f"### {document.title}"
    yield f"`{scenario.name}`: {document.claim}"
    yield f"![{document.title}]({picture_name(scenario.name)})"
    yield "\n".join(_numbers(document))


def _numbers(document: ScenarioDocument) -> Iterator[str]:
    for each in document.expected:
        where = f" at {each.setting}" if each.setting else ""
        meaning = f" {each.meaning}" if each.meaning else ""
        yield f"- `{each.what}`{meaning}{where}: {exact(each.value)}"
