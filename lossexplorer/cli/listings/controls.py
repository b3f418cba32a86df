"""What ``lossexplorer controls`` prints: every degradation, from its description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lossexplorer.cli.listings.descriptions import number, parameter_facts, parameter_table
from lossexplorer.core.lengths import ANY_SIZE, VolumeSize
from lossexplorer.core.parameters import Number, Parameter
from lossexplorer.predictions import GROUPS, IN_ORDER, Degradation, controls_of

_TOP = """# The controls

What degrades the prediction, in the order in which it is applied. At their defaults all of them
together change nothing: the prediction is the truth. What is random has a seed: the same values
give the same numbers.

Lengths are mm by the file's spacing wherever they are stored: in JSON, in tables of results and, if
no unit is typed, in `--set`. Typed they may end in `nm`, `µm` or `um`, `mm`, `cm`, `m` or in voxels
(`2vox`), volumes in `um3` or `vox`. The window shows a volume's lengths in nm, µm, mm or m, and a
number without a unit that is typed there has the unit shown.

The defaults and ranges of lengths below are those of volumes whose voxels measure 0.25 to 5 mm. In
others they are multiplied by the middle edge of a voxel in mm, rounded to 1, 2 or 5 times a power
of ten: for voxels of 2 × 0.25 × 0.25 µm by 0.0002, so 3 mm are 0.6 µm there. Sliders are no
wider than the volume. `lossexplorer controls FILE` lists what holds for a file.

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


def as_markdown(size: VolumeSize = ANY_SIZE) -> str:
    """Return the page of every control, with the lengths of a volume."""
    sections = ("\n".join(_section(*each, size)) for each in enumerate(IN_ORDER, start=1))
    return "\n".join([_TOP, *sections])


def _section(place: int, each: Degradation, size: VolumeSize) -> Iterator[str]:
    on_files = "; also on a prediction from a file" if each.on_given else ""
    yield f"## {place}. {each.title}\n"
    yield f"{each.summary}\n"
    needs = " Needs classes that exclude each other." if each.exclusive else ""
    yield (
        f"Acts on {_ACTS_ON[each.acts_on]}{on_files}. In the window under "
        f"{GROUPS[each.group]}.{needs}\n"
    )
    yield from parameter_table(_controls(each, size))
    if each.citation:
        yield f"Source: {each.citation}.\n"


def as_text(size: VolumeSize = ANY_SIZE) -> str:
    """Return each degradation's title and its controls, in blocks, with the lengths of a volume."""
    return "\n\n".join(
        "\n".join([f"{place}. {each.title}: {each.summary}", *_lines(each, size)])
        for place, each in enumerate(IN_ORDER, start=1)
    )


def _lines(each: Degradation, size: VolumeSize) -> Iterator[str]:
    width = max(len(control.name) for control in each.controls)
    for control in _controls(each, size):
        yield f"   {control.name.ljust(width)}  {control.meaning}{_lengths(control)}"


def _lengths(control: Parameter) -> str:
    """Return the default and the slider of a length."""
    if not isinstance(control, Number) or not control.power:
        return ""
    default, low, high = (number(control.shown(v)) for v in (control.default, *control.span))
    return f" [{default}, slider {low} to {high} {control.shown_unit}]"


def _controls(each: Degradation, size: VolumeSize) -> list[Parameter]:
    """Return the controls of a degradation as they are in a volume."""
    known = controls_of(size)
    return [known[control.name] for control in each.controls]


def as_json(size: VolumeSize = ANY_SIZE) -> str:
    """Return the descriptions as JSON, in the order in which they are applied, lengths in mm."""
    content = {"degradations": [_description(each, size) for each in IN_ORDER]}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _description(each: Degradation, size: VolumeSize) -> dict[str, Any]:
    return {
        "name": each.name,
        "title": each.title,
        "summary": each.summary,
        "group": each.group,
        "stage": each.acts_on,
        "on_given": each.on_given,
        "exclusive": each.exclusive,
        "citation": each.citation,
        "controls": [parameter_facts(control) for control in _controls(each, size)],
    }
