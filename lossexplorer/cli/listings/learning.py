"""A training run as text for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from lossexplorer.headless.learning import Learning
from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.reports import LayerRow, StepReport
from lossexplorer.learning.setup import Setup
from lossexplorer.volumes.model.batch import Batch

_WIDTH = 11


def beginning(truth: Batch, setup: Setup) -> str:
    """Return what is trained, and the head of the list of steps."""
    first, training = truth[0], setup.training
    samples = f"{len(truth)} samples of " if len(truth) > 1 else ""
    size, patch = (" × ".join(map(str, shape)) for shape in (first.shape, training.patch))
    count = f"{training.batch} patch{'es' * (training.batch > 1)} of {patch}"
    lines = [f"{first.name}: {samples}{size} voxels, {len(first.classes)} classes; {count} a step"]
    for output in setup.outputs:
        cut = ", cut from the trunk" if output.is_cut else ""
        lines.append(
            f"{output.name}: {output.weight:g} × {output.loss.name} of {output.target}{cut}"
        )
    columns = [*(output.name for output in setup.outputs), "layers add", "total"]
    return "\n".join([*lines, "", "step" + "".join(name.rjust(_WIDTH) for name in columns)])


def step(report: StepReport) -> str:
    """Return a line for a step: each loss without λ, what the layers add, and the total."""
    numbers = (*report.losses, report.regularisation, report.total)
    return f"{report.step:4}" + "".join(f"{number:{_WIDTH}.6f}" for number in numbers)


def table(learning: Learning) -> str:
    """Return the table of layers and what each method would do, of the last step."""
    outputs = learning.table.outputs
    pairs = list(learning.table.trunk.cosines)
    frozen = {node.name for node in learning.graph.nodes if node.is_frozen}
    head = ["layer", "weights", *outputs, *(f"cos {one},{other}" for one, other in pairs)]
    rows = [[*head, "update", ""]]
    rows += [
        [*_cells(row, pairs), "frozen" if row.name in frozen else ""] for row in learning.table.rows
    ]
    rows.append([*_cells(learning.table.trunk, pairs), ""])
    methods = [["method", *(f"w {name}" for name in outputs), *(f"d·g {name}" for name in outputs)]]
    methods[0].append("")
    for result in learning.last.methods:
        rising = [name for name, rises in zip(outputs, result.rising, strict=True) if rises]
        remark = f"{', '.join(rising)} rise{'s' * (len(rising) == 1)}" if rising else ""
        numbers = map(_short, (*result.weights, *result.projections))
        methods.append([METHODS[result.name].title, *numbers, remark])
    number = learning.last.step
    return "\n".join(
        [
            f"‖λ ∂L/∂weights‖ before the update of step {number}; 0 is exactly 0",
            *_aligned(rows),
            "",
            "What each method would do: its weights w of the trunk's gradients g, and d·g of its "
            "direction",
            *_aligned(methods),
        ]
    )


def _cells(row: LayerRow, pairs: Sequence[tuple[str, str]]) -> list[str]:
    cosines = (row.cosines[pair] for pair in pairs)
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
