"""The texts of the picture: titles, labels, and what is said on hovering and choosing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from lossexplorer.app.network.folding import Box, Link
from lossexplorer.app.network.reach import Line
from lossexplorer.core.numbers import subscript, tidy
from lossexplorer.learning.network_graph import LayerNode
from lossexplorer.learning.reports import LayerRow

MOST_INSIDE = 12
"""How many layers of a nested model are listed."""


def loss_symbol(place: int) -> str:
    """Return the symbol of the loss of an output, by its place from 0.

    Examples
    --------
    >>> loss_symbol(0), loss_symbol(11)
    ('L₁', 'L₁₂')
    """
    return f"L{subscript(place + 1)}"


def title(name: str) -> str:
    """Return a layer's name as the picture writes it: the part of the network, then the layer.

    Examples
    --------
    >>> title("x1_conv1"), title("batch_normalization_3")
    ('x1 · conv1', 'batch_normalization_3')
    """
    match = _part_and_layer(name)
    return f"{match[1]} · {match[2]}" if match else name


def short_title(name: str) -> str:
    """Return a layer's name without the part of the network.

    Examples
    --------
    >>> short_title("x1_down2"), short_title("max_pooling3d")
    ('down2', 'max_pooling3d')
    """
    match = _part_and_layer(name)
    return match[2] if match else name


def _part_and_layer(name: str) -> re.Match[str] | None:
    return re.fullmatch(r"([xy]\d+)_(.+)", name)


def box_title(box: Box) -> str:
    """Return the first line of a box."""
    return f"{len(box.layers)} layers" if box.is_folded else title(box.name)


def box_detail(box: Box) -> str:
    """Return the second line of a box."""
    if box.is_folded:
        return box.name
    layer = box.layers[0]
    calls = f"called {layer.calls} ×" if layer.calls > 1 else ""
    return " · ".join(text for text in (layer.detail, calls) if text)


def inside_lines(layer: LayerNode) -> tuple[str, ...]:
    """Return a line for each layer of a nested model, or for the first of them."""
    inside = [node for node in layer.inside if node.kind != "InputLayer"]
    lines = [f"{node.name}  {node.detail}".strip() for node in inside[:MOST_INSIDE]]
    more = len(inside) - MOST_INSIDE
    return (*lines, f"and {more} more") if more > 0 else tuple(lines)


def label(row: LayerRow, outputs: Sequence[str], *, is_first: bool) -> str:
    """Return what is written beside a layer with weights.

    Of three losses or more, the lowest cosine of two is written.

    Parameters
    ----------
    row : LayerRow
        Its norms and cosines.
    outputs : sequence of str
        The outputs, in the order of the norms.
    is_first : bool
        Whether no layer before it has a cosine, so that the symbols are written out.
    """
    not_finite = [place for place, norm in enumerate(row.norms) if not math.isfinite(norm)]
    if not_finite:
        return f"{_symbols(not_finite)} not finite"
    reaching = [place for place, norm in enumerate(row.norms) if norm != 0]
    if len(outputs) < 2:
        return "" if reaching else "L₁ exactly 0"
    if len(reaching) < 2:
        zero = _symbols(place for place in range(len(outputs)) if place not in reaching)
        only = f"only {_symbols(reaching)} · " if reaching else ""
        return f"{only}{zero} exactly 0"
    known = [cosine for cosine in row.cosines.values() if cosine is not None]
    if not known:
        return ""
    symbols, equals = ("g₁, g₂", "=") if len(outputs) == 2 else ("gᵢ, gⱼ", "≥")
    lowest = f"{min(known):.2f}".replace("-", "−")
    if is_first:
        return f"cos({symbols}) {equals} {lowest}"
    return f"cos {lowest}" if len(outputs) == 2 else f"cos ≥ {lowest}"


def _symbols(places: Iterable[int]) -> str:
    return ", ".join(loss_symbol(place) for place in places)


def norm_text(norm: float) -> str:
    """Return a norm as a number, or that it is exactly 0.

    Examples
    --------
    >>> norm_text(0.0), norm_text(0.0087)
    ('exactly 0', '0.0087')
    """
    return "exactly 0" if norm == 0 else tidy(norm)


def box_words(box: Box, row: LayerRow | None, outputs: Sequence[str]) -> str:
    """Return what is said about a box, a fact a line.

    Parameters
    ----------
    box : Box
        The box.
    row : LayerRow or None
        What the losses do to its weights; None if that is not known, or if it has none.
    outputs : sequence of str
        All outputs, in the order of the norms.
    """
    lines = _folded_words(box) if box.is_folded else _layer_words(box.layers[0])
    lines.append(f"{box.weights:,} weights" if box.weights else "no weights")
    lines += _row_words(row, outputs) if row is not None else []
    return "\n".join([*lines, *_frozen_words(box)])


def _folded_words(box: Box) -> list[str]:
    return [f"{box.name}: {len(box.layers)} layers", "a double click or O shows them"]


def _layer_words(layer: LayerNode) -> list[str]:
    shape = " × ".join("?" if size is None else str(size) for size in layer.shape[1:])
    lines = [f"{layer.name}: {layer.kind} {layer.detail}".rstrip(), f"gives {shape}"]
    if layer.calls > 1:
        lines.append(f"shared: the model calls it {layer.calls} times")
    if layer.inside:
        lines.append("a model of its own; a double click or O lists its layers")
    return lines


def _row_words(row: LayerRow, outputs: Sequence[str]) -> list[str]:
    lines = [
        f"‖λ ∂{loss_symbol(place)}/∂weights‖ {norm_text(norm)}"
        for place, norm in enumerate(row.norms)
    ]
    for first, second in combinations(range(len(outputs)), 2):
        cosine = row.cosines.get((outputs[first], outputs[second]))
        if cosine is not None:
            lines.append(f"cos(g{subscript(first + 1)}, g{subscript(second + 1)}) {tidy(cosine)}")
    return [*lines, f"update {norm_text(row.update)}"]


def _frozen_words(box: Box) -> list[str]:
    frozen = sum(layer.is_frozen for layer in box.layers if layer.weights)
    if not frozen:
        return []
    if not box.is_folded:
        return ["frozen: the gradient passes, the weights are not updated"]
    return [f"{frozen} layers are frozen"]


def caption(box: Box, norms: Sequence[float] | None, weights: Mapping[str, float]) -> str:
    """Return a sentence on which loss reaches a box.

    Parameters
    ----------
    box : Box
        The box.
    norms : sequence of float or None
        The norms of its weights by loss; None if they are not known.
    weights : mapping of str to float
        λ of each output.
    """
    name = box.name if box.is_folded else title(box.name)
    if norms is None:
        return f"{name} leads to {_listed(box.outputs)}."
    reached = [place for place, norm in enumerate(norms) if norm != 0]
    zero = [place for place, norm in enumerate(norms) if norm == 0]
    values = ", ".join(f"{loss_symbol(place)} {norm_text(norms[place])}" for place in reached)
    sentence = f"{name}: reached by {values}" if reached else f"{name}: reached by no loss"
    if zero and reached:
        sentence += f"; {_symbols(zero)} exactly 0"
    off = [place for place, weight in enumerate(weights.values()) if weight == 0]
    sentence += f" ({', '.join(f'λ{subscript(place + 1)} = 0' for place in off)})" if off else ""
    return f"{sentence}.{' Frozen: not updated.' if box.is_frozen else ''}"


def not_frozen(box: Box) -> str:
    """Return why a box cannot be frozen."""
    if box.is_folded:
        return f"{box.name}: show its layers with O, then freeze one of them."
    return f"{title(box.name)} has no weights to freeze."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def link_words(link: Link, lines: Sequence[Line]) -> str:
    """Return what is said about a link, a fact a line; `lines` is empty without a table."""
    words = [f"{link.source} → {link.target}"]
    for place, line in enumerate(lines):
        stopped = ", stopped here" if line.is_cut else ""
        words.append(f"{loss_symbol(place)} {norm_text(line.norm)}{stopped}")
    if link.cut:
        words.append(f"stop_gradient for {_listed(link.cut)}; a click mends it")
    elif link.head:
        words.append(f"a click cuts {link.head}'s gradient here (stop_gradient)")
    return "\n".join(words)


def loss_words(place: int, output: str, weight: float | None, loss: str) -> str:
    """Return what is said about the loss of an output."""
    name = f"{loss_symbol(place)}: {loss + ' of ' if loss else 'the loss of '}{output}"
    return name if weight is None else f"{name}, λ{subscript(place + 1)} = {tidy(weight)}"
