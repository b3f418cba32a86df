"""The curves of a training run and its table of layers as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lossexplorer.core.files import replace_file
from lossexplorer.learning.reports import GradientTable, StepReport


def curves_csv(outputs: Sequence[str], reports: Sequence[StepReport]) -> str:
    r"""Return a row for each step: its losses, their factors and the total.

    Parameters
    ----------
    outputs : sequence of str
        The outputs' names, in the order of the losses.
    reports : sequence of StepReport
        The steps.

    Returns
    -------
    str
        Columns ``step``, the loss of each output, its factor in the direction
        (``weight of y1``), ``regularisation`` and ``total``; NaN and infinity are ``nan`` and
        ``inf``.

    Examples
    --------
    >>> report = StepReport(1, (0.5, 2.0), (1.0, 0.1), regularisation=0.0, total=0.7)
    >>> print(curves_csv(("y1", "y2"), [report]).replace("\r\n", "\n"), end="")
    step,y1,y2,weight of y1,weight of y2,regularisation,total
    1,0.5,2.0,1.0,0.1,0.0,0.7
    """
    factors = [f"weight of {name}" for name in outputs]
    header = ["step", *outputs, *factors, "regularisation", "total"]
    rows = ([r.step, *r.losses, *r.weights, r.regularisation, r.total] for r in reports)
    return _text([header, *rows])


def table_csv(table: GradientTable) -> str:
    """Return a row for each layer with weights, and one for the trunk as a whole.

    Parameters
    ----------
    table : GradientTable
        Layers and losses.

    Returns
    -------
    str
        Columns ``layer``, ``weights``, the norm of λ ∂L/∂weights for each output, the cosine
        between each two, empty where one of them is 0, and the norm of the ``update``.
    """
    between = list(table.trunk.cosines)
    header = ["layer", "weights", *(f"norm of {name}" for name in table.outputs)]
    header += [f"cosine of {one} and {other}" for one, other in between] + ["update"]
    rows = (
        [row.name, row.weights, *row.norms, *(row.cosines[both] for both in between), row.update]
        for row in (*table.rows, table.trunk)
    )
    return _text([header, *rows])


def write_csv(
    path: Path,
    outputs: Sequence[str],
    reports: Sequence[StepReport],
    table: GradientTable | None,
) -> None:
    """Write the curves, and beside them a table of layers if there is one.

    Parameters
    ----------
    path : Path
        Of the curves; the table goes into a file of the same name that ends in ``.layers.csv``.
    outputs : sequence of str
        The outputs' names.
    reports : sequence of StepReport
        The steps.
    table : GradientTable or None
        The table, which may be about a step to come.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    _write(path, curves_csv(outputs, reports))
    if table is not None:
        _write(path.with_suffix(".layers.csv"), table_csv(table))


def _text(rows: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


def _write(path: Path, text: str) -> None:
    replace_file(path, lambda file: file.write_text(text, encoding="utf-8", newline=""))
