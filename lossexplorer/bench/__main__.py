"""The command line: ``python -m lossexplorer.bench``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lossexplorer.bench.machine import machine, set_threads
from lossexplorer.bench.rows import TableRow

_REPETITIONS, _FEW = 25, 7


class RowGroup(StrEnum):
    """A group of rows that can be measured alone."""

    SUMS = "sums"
    STEP = "step"
    COMPILERS = "compilers"
    FIELDS = "fields"
    TRAINING = "training"
    WINDOW = "window"
    GPU = "gpu"


def main(
    only: Annotated[
        list[RowGroup] | None, typer.Option(help="Measure one group; may be named several times.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"{_FEW} repetitions instead of {_REPETITIONS}.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(help="Write machine, rows and every repetition's time here.")
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Print instead where the time of a step goes.")
    ] = False,
) -> None:
    """Measure how fast Loss Explorer is on this machine, side by side with what it is held to."""
    environment = dict(os.environ)
    set_threads()
    console = Console(width=200)
    if profile:
        from lossexplorer.bench.profile import print_profile

        print_profile()
        return
    repetitions = _FEW if quick else _REPETITIONS
    found = []
    for group in only or list(RowGroup):
        for row in _rows(group, environment)(repetitions):
            console.print(f"{row.what}: {row.verdict}", highlight=False)
            found.append(row)
    _report(found, repetitions, json, console)


def _rows(group: RowGroup, environment: dict[str, str]) -> Callable[[int], Iterator[TableRow]]:
    from lossexplorer.bench import compilers, fields, gpu, steps, sums, training, window

    rows: dict[RowGroup, Callable[[int], Iterator[TableRow]]] = {
        RowGroup.SUMS: sums.rows,
        RowGroup.STEP: steps.rows,
        RowGroup.COMPILERS: compilers.rows,
        RowGroup.FIELDS: fields.rows,
        RowGroup.TRAINING: training.rows,
        RowGroup.WINDOW: partial(window.rows, environment=environment),
        RowGroup.GPU: gpu.rows,
    }
    return rows[group]


def _report(found: list[TableRow], repetitions: int, json: Path | None, console: Console) -> None:
    from lossexplorer.bench.gpu import device, has_gpu
    from lossexplorer.bench.table import print_table, write_json

    about = machine() | {"device": device()}
    print_table(found, console)
    versions = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    console.print(
        f"{about['processor']}, {about['cores']} cores, as many threads on either side; "
        f"{about['memory_gib']} GiB; {about['system']}; Python {about['python']}; {versions}; "
        f"the engine computes on {about['device']}. Medians of {repetitions} repetitions, "
        "quartiles in brackets; ratios are of medians, with the quartiles of the pairs.",
        highlight=False,
    )
    if has_gpu():
        console.print(
            "What ours is held against is computed on the processor, unless it says otherwise; "
            "with LOSSEXPLORER_DEVICE=cpu both sides are."
        )
    if json is not None:
        try:
            write_json(found, about, repetitions, json)
        except OSError as error:
            raise typer.BadParameter(f"{json} could not be written: {error}.") from error


if __name__ == "__main__":
    typer.run(main)
