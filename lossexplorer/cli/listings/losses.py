"""What ``lossexplorer losses`` prints: every loss, from its description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lossexplorer.cli.listings.descriptions import (
    number,
    parameter_facts,
    parameter_table,
    plain,
    table,
)
from lossexplorer.conventions import conventions_of
from lossexplorer.losses import LOSSES, Loss

_IN_JSON = (
    "name",
    "title",
    "class_name",
    "summary",
    "formula",
    "citation",
    "kind",
    "exclusive",
    "bounds",
    "perfect",
    "all_background",
    "finite_when_absent",
    "character",
    "false_positives",
    "false_negatives",
    "edge_cases",
)


_TOP = """# The losses

Per class, over the voxels of one sample, of the batch or of all classes (pooling): I = Σpg, P = Σp,
G = Σg, FP = P − I, FN = G − I, N voxels; p is the predicted probability, g the truth. Perfect and
all-background are the values, with the defaults, of predictions of a cube of 3³ voxels in 9³.

This page is what `lossexplorer losses --page` prints.
"""

_NEEDS = {
    "sums": "class sums: a move of a parameter sums nothing again",
    "voxels": "sums of its own over the voxels",
    "field": "the whole field",
}

_CHARACTERS = {
    "two-valued": "one value on the object and one beside it, whatever a voxel's own p",
    "local": "decided by the voxel's own p alone",
    "mixed": "decided by the voxel's own p and by the class sums",
    "rank": "decided by the rank of the voxel's error",
    "distance": "decided by a distance map",
    "shape": "decided by the neighbourhood's shape",
}


def as_text() -> str:
    """Return each loss's name, title, formula and citation, in blocks."""
    width = max(map(len, LOSSES))
    indent = " " * (width + 2)
    return "\n\n".join(
        f"{name.ljust(width)}  {loss.title}\n{indent}{loss.formula}\n{indent}{loss.citation}"
        for name, loss in LOSSES.items()
    )


def as_json() -> str:
    """Return the descriptions as JSON, in which infinity is the text ``"inf"`` or ``"-inf"``."""
    content = {"losses": [_description(loss) for loss in LOSSES.values()]}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def _description(loss: Loss) -> dict[str, Any]:
    return {
        **{name: plain(getattr(loss, name)) for name in _IN_JSON},
        "parameters": [parameter_facts(parameter) for parameter in loss.parameters],
        "conventions": [
            {"library": each.library.name, "name": each.name} for each in conventions_of(loss.name)
        ],
    }


def as_markdown() -> str:
    """Return the page of every loss."""
    return "\n".join([_TOP, *("\n".join(_section(loss)) for loss in LOSSES.values())])


def _section(loss: Loss) -> Iterator[str]:
    low, high = (number(bound) for bound in loss.bounds)
    conventions = "; ".join(f"{c.library.name} {c.name}" for c in conventions_of(loss.name))
    facts = {
        "name": f"`{loss.name}`, in Keras `lossexplorer.keras.{loss.class_name}`",
        "needs": _NEEDS[loss.kind]
        + ("; classes that exclude each other" if loss.exclusive else ""),
        "range": f"{low} to {high}",
        "perfect, all background": f"{number(loss.perfect)}, {number(loss.all_background)}",
        "perfect with an absent class": "finite" if loss.finite_when_absent else "not finite",
        "gradient in p": _CHARACTERS[loss.character],
        "false positives": loss.false_positives,
        "false negatives": loss.false_negatives,
        "edge cases": loss.edge_cases,
        "source": loss.citation,
        "conventions": conventions or "none",
    }
    yield f"## {loss.title}\n"
    yield f"{loss.summary}\n"
    yield f"    {loss.formula}\n"
    yield from table(("", ""), facts.items())
    if loss.parameters:
        yield from parameter_table(loss.parameters)
