"""``lossexplorer losses --page``: the page of losses, from their descriptions, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from lossexplorer.cli.descriptions import number, parameter_table, table
from lossexplorer.conventions import conventions_of
from lossexplorer.losses import LOSSES, Loss

_HEAD = """# The losses

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


def as_markdown() -> str:
    """Return the page of every loss."""
    return "\n".join([_HEAD, *("\n".join(_section(loss)) for loss in LOSSES.values())])


def _section(loss: Loss) -> Iterator[str]:
    low, high = (number(bound) for bound in loss.bounds)
    conventions = "; ".join(f"{c.library.name} {c.name}" for c in conventions_of(loss.name))
    facts = {
        "name": f"`{loss.name}`, in Keras `lossexplorer.keras.{loss.class_name}`",
        "needs": _NEEDS[loss.kind],
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
