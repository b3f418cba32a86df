"""``lossexplorer losses --page``: the page of losses, from their descriptions, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lossexplorer.conventions import conventions_of
from lossexplorer.losses import LOSSES, Loss
from lossexplorer.parameters import Choice, Flag, Number, Numbers, Parameter

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
    low, high = (_number(bound) for bound in loss.bounds)
    conventions = "; ".join(f"{c.library.name} {c.name}" for c in conventions_of(loss.name))
    facts = {
        "name": f"`{loss.name}`, in Keras `lossexplorer.keras.{loss.class_name}`",
        "needs": _NEEDS[loss.kind],
        "range": f"{low} to {high}",
        "perfect, all background": f"{_number(loss.perfect)}, {_number(loss.all_background)}",
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
    yield from _table(("", ""), facts.items())
    if loss.parameters:
        rows = ((f"`{p.name}`", _default(p), _allowed(p), p.meaning) for p in loss.parameters)
        yield from _table(("parameter", "default", "allowed", "meaning"), rows)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for row in (header, ("---",) * len(header), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−").replace("inf", "∞")


def _default(parameter: Parameter) -> str:
    if isinstance(parameter, Numbers):
        return parameter.text(parameter.default)
    if isinstance(parameter, Number):
        return _number(parameter.default)
    return str(parameter.default).lower() if isinstance(parameter, Flag) else parameter.default


def _allowed(parameter: Parameter) -> str:
    if isinstance(parameter, Number):
        return f"{_number(parameter.low)} to {_number(parameter.high)} {parameter.unit}".rstrip()
    if isinstance(parameter, Choice):
        return ", ".join(parameter.options)
    if isinstance(parameter, Flag):
        return "true, false"
    forms = {0: "a number", 1: "a number per class", 2: "a table of classes"}
    return ", ".join([*parameter.rules, *(forms[d] for d in parameter.dimensions)])
