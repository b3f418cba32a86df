"""A training run as text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from lossexplorer.core.numbers import column_value
from lossexplorer.headless.learning import Learning
from lossexplorer.headless.truths import truth_line
from lossexplorer.learning.methods import METHODS, left_out_words
from lossexplorer.learning.reports import LayerRow, StepReport
from lossexplorer.learning.setup import Setup
from lossexplorer.volumes.model.batch import Batch

_WIDTH = 11


def beginning(truth: Batch, setup: Setup) -> str:
    """Return what is trained, and the titles of the list of steps."""
    first, training = truth[0], setup.training
    samples = f"{len(truth)} samples of " if len(truth) > 1 else ""
    size, patch = (" × ".join(map(str, shape)) for shape in (first.shape, training.patch))
    count = f"{training.batch} patch{'es' * (training.batch > 1)} of {patch}"
    lines = [f"{first.name}: {samples}{size} voxels, {len(first.classes)} classes; {count} a step"]
    lines.append(truth_line(truth))
    for output in setup.outputs:
        cut = ", cut from the trunk" if output.is_cut else ""
        lines.append(
            f"{output.name}: {output.weight:g} × {output.loss.name} of {output.target}{cut}"
        )
    columns = [*(output.name for output in setup.outputs), "layers add", "total"]
    return "\n".join([*lines, "", "step" + "".join(name.rjust(_WIDTH) for name in columns)])


def step_line(report: StepReport) -> str:
    """Return a line for a step: each loss without λ, what the layers add, and the total."""
    numbers = (*report.losses, report.regularisation, report.total)
    return f"{report.step:4}" + "".join(column_value(number).rjust(_WIDTH) for number in numbers)


def table(learning: Learning) -> str:
    """Return the table of layers and what each method would do, of the last step."""
    found = learning.table
    return "\n".join(
        [
            f"‖λ ∂L/∂weights‖ before the update of step {learning.last.step}; 0 is exactly 0",
            *_aligned(_layer_rows(learning)),
            "",
            "What each method would do: its weights w of the trunk's gradients g, and d·g of its "
            "direction",
            *_aligned(_direction_rows(learning)),
            *filter(None, [left_out_words(found.outputs, found.gram, learning.last.methods)]),
        ]
    )


def _layer_rows(learning: Learning) -> list[list[str]]:
    found = learning.table
    between = list(found.trunk.cosines)
    cosines = (f"cos {one},{other}" for one, other in between)
    frozen = {node.name for node in learning.graph.nodes if node.is_frozen}
    return [
        ["layer", "weights", *found.outputs, *cosines, "update", ""],
        *(
            [*_cells(row, between), "frozen" if row.name in frozen else ""]
            for row in (*found.rows, found.trunk)
        ),
    ]


def _direction_rows(learning: Learning) -> list[list[str]]:
    names = learning.table.outputs
    columns = (f"{symbol} {name}" for symbol in ("w", "d·g") for name in names)
    rows = [["method", *columns, ""]]
    for result in learning.last.methods:
        rising = list(compress(names, result.rising))
        left_out = list(compress(names, result.left_out))
        remarks = [f"{', '.join(rising)} rise{'s' * (len(rising) == 1)}"] if rising else []
        remarks += [f"without {', '.join(left_out)}"] if left_out else []
        numbers = map(_short, (*result.weights, *result.projections))
        rows.append([METHODS[result.name].title, *numbers, "; ".join(remarks)])
    return rows


def _cells(row: LayerRow, between: Sequence[tuple[str, str]]) -> list[str]:
    cosines = (row.cosines[both] for both in between)
    words = ("–" if cosine is None else f"{cosine:.4f}" for cosine in cosines)
    return [row.name, f"{row.weights:,}", *map(_short, row.norms), *words, _short(row.update)]


def _short(number: float) -> str:
    return f"{number:.4g}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of one length with the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *map(str.rjust, row[1:-1], widths[1:-1]), row[-1]]
        ).rstrip()
        for row in rows
    ]
