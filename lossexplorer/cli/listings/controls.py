"""What ``lossexplorer controls`` prints: every degradation, from its description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lossexplorer.cli.listings.descriptions import parameter_facts, parameter_table
from lossexplorer.predictions import GROUPS, IN_ORDER, Degradation

_TOP = """# The controls

What degrades the prediction, in the order in which it is applied. At their defaults all of them
together change nothing: the prediction is the truth. Lengths are in mm by the file's spacing, or,
typed, in voxels (`2vox`). What is random has a seed: the same values give the same numbers.

This page is what `lossexplorer controls --page` prints.
"""

_ACTS_ON = {
    "labels": "the labels, before distances are measured",
    "scores": "the signed distances",
    "fused scores": "the signed distances, voxel by voxel",
    "decision": "the passage from distances to probabilities",
    "field": "the probabilities of the volume",
    "fused probabilities": "the probabilities, voxel by voxel",
    "truth": "the truth",
    "extent": "truth and prediction",
}


def as_markdown() -> str:
    """Return the page of every control."""
    sections = ("\n".join(_section(*each)) for each in enumerate(IN_ORDER, start=1))
    return "\n".join([_TOP, *sections])


def _section(place: int, each: Degradation) -> Iterator[str]:
    on_files = "; also on a prediction from a file" if each.on_given else ""
    yield f"## {place}. {each.title}\n"
    yield f"{each.summary}\n"
    needs = " Needs classes that exclude each other." if each.exclusive else ""
    yield (
        f"Acts on {_ACTS_ON[each.acts_on]}{on_files}. In the window under "
        f"{GROUPS[each.group]}.{needs}\n"
    )
    yield from parameter_table(each.controls)
    if each.citation:
        yield f"Source: {each.citation}.\n"


def as_text() -> str:
    """Return each degradation's title and its controls, in blocks."""
    return "\n\n".join(
        "\n".join([f"{place}. {each.title}: {each.summary}", *_lines(each)])
        for place, each in enumerate(IN_ORDER, start=1)
    )


def _lines(each: Degradation) -> Iterator[str]:
    width = max(len(control.name) for control in each.controls)
    for control in each.controls:
        yield f"   {control.name.ljust(width)}  {control.meaning}"


def as_json() -> str:
    """Return the descriptions as JSON, in the order in which they are applied."""
    content = {"degradations": [_description(each) for each in IN_ORDER]}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _description(each: Degradation) -> dict[str, Any]:
    return {
        "name": each.name,
        "title": each.title,
        "summary": each.summary,
        "group": each.group,
        "stage": each.acts_on,
        "on_given": each.on_given,
        "exclusive": each.exclusive,
        "citation": each.citation,
        "controls": [parameter_facts(control) for control in each.controls],
    }
