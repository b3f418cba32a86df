"""``lossexplorer losses``: what every loss is, from its description."""

from __future__ import annotations

import json
from typing import Any

from lossexplorer.cli.descriptions import parameter_facts, plain
from lossexplorer.conventions import conventions_of
from lossexplorer.losses import LOSSES, Loss

_TOLD = (
    "name",
    "title",
    "class_name",
    "summary",
    "formula",
    "citation",
    "kind",
    "bounds",
    "perfect",
    "all_background",
    "finite_when_absent",
    "character",
    "false_positives",
    "false_negatives",
    "edge_cases",
)


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
        **{name: plain(getattr(loss, name)) for name in _TOLD},
        "parameters": [parameter_facts(parameter) for parameter in loss.parameters],
        "conventions": [
            {"library": each.library.name, "name": each.name} for each in conventions_of(loss.name)
        ],
    }
