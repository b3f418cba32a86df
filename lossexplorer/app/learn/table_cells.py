"""The cells of Learn's tables, made from a step's numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from lossexplorer.app.learn.blocks import block_of
from lossexplorer.app.learn.shown import Shown
from lossexplorer.app.widgets.number_table import TableCell
from lossexplorer.core.numbers import subscript, tidy
from lossexplorer.learning.reports import GradientTable, LayerRow, MethodResult

_MOST_PAIRS = 3
UNDEFINED = "–"


def norm_text(norm: float) -> str:
    """Return a norm with four decimals, or with a power of ten; a bare 0 is exactly 0.

    Examples
    --------
    >>> norm_text(0.0), norm_text(0.00871), norm_text(8.5e-4), norm_text(float("nan"))
    ('0', '0.0087', '8.5e-4', 'NaN')
    """
    if norm == 0 or not math.isfinite(norm):
        return tidy(norm)
    if 1e-3 <= abs(norm) < 1e3:
        text = f"{norm:.4f}"
    else:
        mantissa, exponent = f"{norm:.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def cosine_text(cosine: float | None) -> str:
    """Return a cosine with two decimals, or a dash where there is none.

    Examples
    --------
    >>> cosine_text(0.114), cosine_text(-0.5), cosine_text(None)
    ('0.11', '−0.50', '–')
    """
    return UNDEFINED if cosine is None else f"{cosine:.2f}".replace("-", "−")


def layer_name(layer: str) -> str:
    """Return the block that a layer belongs to and its name there; a user's own name as it is.

    Examples
    --------
    >>> layer_name("x1_conv2"), layer_name("max_pooling3d"), layer_name("y1")
    ('x1 conv2', 'max_pooling3d', 'y1')
    """
    block = block_of(layer)
    return layer.replace("_", " ", 1) if layer != block else layer


TableCells = tuple[list[TableCell], list[list[TableCell]]]


def layer_cells(table: GradientTable, shown: Shown) -> TableCells:
    """Return headers and rows of the table of layers and losses, with the trunk last."""
    quiet, outputs = shown.palette.quiet, table.outputs
    headers = [TableCell("layer", quiet)]
    for place, output in enumerate(outputs, start=1):
        tip = f"‖λ ∂L/∂weights‖ of {output}'s loss; a bare 0 is exactly 0"
        headers.append(TableCell(f"‖λ{subscript(place)} g{subscript(place)}‖", quiet, tip))
    twos = list(combinations(outputs, 2))
    if len(twos) == 1:
        headers.append(
            TableCell("cos", quiet, "The cosine between the gradients of the two losses.")
        )
    elif len(twos) <= _MOST_PAIRS:
        places = combinations(range(1, len(outputs) + 1), 2)
        headers += [
            TableCell(f"cos {subscript(i)}{subscript(j)}", quiet, f"between {a} and {b}")
            for (a, b), (i, j) in zip(twos, places, strict=True)
        ]
    else:
        headers.append(
            TableCell("lowest cos", quiet, "The lowest cosine between two losses' gradients")
        )
    headers.append(TableCell("update", quiet, "‖change of the weights‖ in this step; 0 if frozen"))
    frozen = set(shown.setup.frozen)
    rows = [_layer_row(row, table, shown, is_frozen=row.name in frozen) for row in table.rows]
    if len(table.trunk.norms) == len(outputs) and table.trunk.weights:
        rows.append(_layer_row(table.trunk, table, shown, is_trunk=True))
    return headers, rows


def _layer_row(
    row: LayerRow,
    table: GradientTable,
    shown: Shown,
    *,
    is_frozen: bool = False,
    is_trunk: bool = False,
) -> list[TableCell]:
    quiet, warning, colors = shown.palette.quiet, shown.palette.warning, shown.colors
    tip = f"{row.weights:,} weights" + (", frozen: no update" if is_frozen else "")
    name = "whole trunk" if is_trunk else layer_name(row.name)
    cells = [TableCell(f"{name} · frozen" if is_frozen else name, "", tip, is_trunk)]
    for output, norm in zip(table.outputs, row.norms, strict=True):
        color = colors[output] if math.isfinite(norm) else warning
        said = f"{norm!r} of {output}'s loss" if norm else f"{output}'s loss: exactly 0"
        cells.append(TableCell(norm_text(norm), color if norm else quiet, said, is_trunk))
    twos = list(combinations(table.outputs, 2))
    found = [row.cosines.get(two) for two in twos]
    if len(twos) > _MOST_PAIRS:
        known = [cosine for cosine in found if cosine is not None]
        found = [min(known, default=None)]
    for cosine in found:
        is_conflict = cosine is not None and cosine < 0
        color = quiet if cosine is None else warning if is_conflict else ""
        said = "The two losses pull these weights against each other." if is_conflict else ""
        cells.append(TableCell(cosine_text(cosine), color, said, is_trunk))
    is_still = row.update == 0
    cells.append(TableCell(norm_text(row.update), quiet if is_still else "", "", is_trunk))
    return cells


def trunk_cells(table: GradientTable, shown: Shown) -> TableCells:
    """Return headers and rows of the losses' gradients on the trunk: norms and cosines."""
    quiet, outputs, gram = shown.palette.quiet, table.outputs, table.gram
    headers = [
        TableCell("loss of", quiet),
        TableCell("‖g‖", quiet, "‖∂L/∂weights‖ of the trunk, without λ"),
    ]
    headers.append(TableCell("‖λ g‖", quiet))
    headers += [TableCell(f"cos with {output}", quiet) for output in outputs]
    rows = []
    for i, output in enumerate(outputs):
        size = _root(gram[i][i])
        weighted = table.trunk.norms[i] if i < len(table.trunk.norms) else math.nan
        row = [
            TableCell(output, shown.colors[output]),
            TableCell(norm_text(size)),
            TableCell(norm_text(weighted), shown.colors[output] if weighted else quiet),
        ]
        for j in range(len(outputs)):
            whole = size * _root(gram[j][j])
            cosine = None if whole == 0 else gram[i][j] / whole
            color = quiet if cosine is None or i == j else ""
            if cosine is not None and cosine < 0:
                color = shown.palette.warning
            row.append(TableCell(cosine_text(cosine), color))
        rows.append(row)
    return headers, rows


def _root(square: float) -> float:
    return math.sqrt(square) if square > 0 else 0.0 if square == 0 else math.nan


def method_cells(
    methods: Sequence[MethodResult],
    titles: Mapping[str, str],
    tips: Mapping[str, str],
    shown: Shown,
) -> TableCells:
    """Return headers and rows of what each method would do; the one in use stands out.

    Parameters
    ----------
    methods : sequence of MethodResult
        Of the last step, or of the step to come.
    titles, tips : mapping of str to str
        What each method is called, and what it is and by whom.
    shown : Shown
        Has outputs and colours.
    """
    quiet, outputs = shown.palette.quiet, shown.outputs
    headers = [
        TableCell("combined by", quiet),
        TableCell("weights", quiet, "w of the direction d = Σ w g of the trunk, by output"),
    ]
    for place, output in enumerate(outputs, start=1):
        tip = f"The direction's projection on the gradient of {output}'s loss; if it is negative, "
        headers.append(TableCell(f"d · g{subscript(place)}", quiet, tip + "the loss rises."))
    rows = []
    for method in methods:
        is_used = method.name == shown.setup.training.method
        title = titles.get(method.name, method.name)
        row = [
            TableCell(f"▸ {title}" if is_used else title, "", tips.get(method.name, ""), is_used),
            TableCell(
                ", ".join(
                    UNDEFINED if is_left_out else _weight_text(weight)
                    for weight, is_left_out in zip(method.weights, method.left_out, strict=True)
                ),
                "",
                "",
                is_used,
            ),
        ]
        for rises, projection in zip(method.rising, method.projections, strict=True):
            color = shown.palette.warning if rises or not math.isfinite(projection) else ""
            text = f"{norm_text(projection)} ↑" if rises else norm_text(projection)
            row.append(TableCell(text, color, "This loss would rise." if rises else "", is_used))
        row += [TableCell(UNDEFINED, quiet)] * (len(outputs) - len(method.projections))
        rows.append(row[: len(headers)])
    return headers, rows


def _weight_text(weight: float) -> str:
    if not math.isfinite(weight):
        return tidy(weight)
    return f"{weight:.2f}".replace("-", "−") if abs(weight) < 1000 else tidy(weight)
