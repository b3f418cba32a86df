"""How descriptions of parameters are written out, as JSON and as Markdown."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lossexplorer.core.parameters import Choice, ClassIndex, Flag, Number, NumberArray, Parameter

# What a parameter is called in JSON, whatever its class is called.
_KINDS: dict[type, str] = {
    Number: "number",
    NumberArray: "numbers",
    Choice: "choice",
    ClassIndex: "classindex",
    Flag: "flag",
}


def parameter_facts(parameter: Parameter) -> dict[str, Any]:
    """Return everything that a parameter's description says, as JSON has it."""
    facts = {name: plain(value) for name, value in dataclasses.asdict(parameter).items()}
    return {"name": facts.pop("name"), "kind": _KINDS[type(parameter)], **facts}


def plain(value: Any) -> Any:
    """Return a value that JSON has: infinities as text, tuples as lists.

    Examples
    --------
    >>> plain((1.0, float("inf")))
    [1.0, 'inf']
    """
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table, and an empty one."""
    for row in (header, ("---",) * len(header), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
    yield ""


def number(value: float) -> str:
    """Return a number with a typographic minus and infinity.

    Examples
    --------
    >>> number(-1.5), number(float("inf"))
    ('−1.5', '∞')
    """
    return f"{value:g}".replace("-", "−").replace("inf", "∞")


def parameter_table(parameters: Iterable[Parameter]) -> Iterator[str]:
    """Yield a Markdown table of parameters: name, default, what is allowed, meaning."""
    rows = ((f"`{p.name}`", _default(p), _allowed(p), p.meaning) for p in parameters)
    yield from table(("parameter", "default", "allowed", "meaning"), rows)


def _default(parameter: Parameter) -> str:
    if isinstance(parameter, NumberArray):
        return parameter.text(parameter.default)
    if isinstance(parameter, Number):
        return number(parameter.shown(parameter.default))
    if isinstance(parameter, ClassIndex):
        return "the background" if parameter.default == 0 else f"class {parameter.default}"
    return str(parameter.default).lower() if isinstance(parameter, Flag) else parameter.default


def _allowed(parameter: Parameter) -> str:
    if isinstance(parameter, Number):
        ends = (number(parameter.shown(end)) for end in (parameter.low, parameter.high))
        allowed = f"{' to '.join(ends)} {parameter.shown_unit}".rstrip()
        return f"{allowed}{', whole' * parameter.whole}{', or one per class' * parameter.per_class}"
    if isinstance(parameter, Choice):
        return ", ".join(parameter.options)
    if isinstance(parameter, Flag):
        return "true, false"
    if isinstance(parameter, ClassIndex):
        return "the id of a class"
    forms = {0: "a number", 1: "a number per class", 2: "a table of classes"}
    return ", ".join([*parameter.rules, *(forms[d] for d in parameter.dimensions)])
