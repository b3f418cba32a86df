"""Rows as a table for people, and as a file for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from lossexplorer.bench.measuring import Timing
from lossexplorer.bench.rows import Kind, TableRow
from lossexplorer.core.files import replace_file
from lossexplorer.core.numbers import duration, short

_HEADINGS = ("what", "ours", "against", "ratio", "at least", "aim", "verdict")
_SIGNS: dict[Kind, str] = {
    "faster": "≥ {}× faster",
    "times": "≤ {}×",
    "share": "≥ {} of it",
    "seconds": "≤ {}",
    "longest": "never > {}",
}


def print_table(rows: Sequence[TableRow], console: Console) -> None:
    """Print the rows as a table, and their notes below it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*cells(row))
    console.print(table)
    for note in dict.fromkeys(f"{row.what}: {row.note}" for row in rows if row.note):
        console.print(note)


def cells(row: TableRow) -> tuple[str, ...]:
    """Return a row's cells: medians with their quartiles in brackets, ratios likewise."""
    return (
        row.what,
        _timing(row.ours),
        f"{row.against_what}: {_timing(row.against)}" if row.against else "",
        _ratio(row),
        _bound(row.goal.kind, row.goal.at_least),
        _bound(row.goal.kind, row.goal.aim),
        row.verdict,
    )


def write_json(
    rows: Sequence[TableRow], machine: dict[str, Any], repetitions: int, path: Path
) -> None:
    """Write machine, rows and the times of all repetitions; a former file is replaced at the end.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    told = {
        "machine": machine,
        "repetitions": repetitions,
        "rows": [row.as_json() for row in rows],
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    replace_file(path, lambda file: file.write_text(text, encoding="utf-8"))


def _timing(timing: Timing | None) -> str:
    if timing is None:
        return "–"
    low, high = timing.quartiles
    return f"{duration(timing.median)} [{duration(low)}, {duration(high)}]"


def _ratio(row: TableRow) -> str:
    if row.value is None:
        return "–"
    if row.goal.kind == "longest":
        return f"longest {duration(row.value)}"
    if row.against is None or row.spread is None:
        return ""
    low, high = row.spread
    return f"{short(row.value)}× [{short(low)}, {short(high)}]"


def _bound(kind: Kind, bound: float | None) -> str:
    if bound is None:
        return ""
    return _SIGNS[kind].format(duration(bound) if kind in ("seconds", "longest") else f"{bound:g}")
