"""Whose norm each line of the picture shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from lossexplorer.app.network.folding import Box, Link
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.reports import GradientTable, LayerRow


@dataclass(frozen=True)
class Line:
    """What a link carries of one loss.

    Attributes
    ----------
    norm : float
        ‖λ ∂L/∂weights‖ of the layer that the link leads to; exactly 0 if the loss does not come
        to it.
    is_cut : bool
        Whether the gradient comes to that layer and is stopped before the one in front of it.
    """

    norm: float
    is_cut: bool = False


class Reach:
    """Finds the norms that the lines into each layer show.

    A line into a layer with weights shows that layer's own norm. A layer without weights (input,
    activation, pooling, concatenation) shows, for each loss, that of the nearest layers with
    weights behind it on the way to the loss; if there are none, of the nearest in front of it. The
    way never crosses an edge where this loss is cut. Of several nearest layers the largest norm
    counts, and NaN before any number.

    Parameters
    ----------
    graph : NetworkGraph
        The layers.
    """

    def __init__(self, graph: NetworkGraph) -> None:
        self._outputs = tuple(graph.outputs)
        self._weighted = {node.name for node in graph.nodes if node.weights}
        self._shown = {output: _nearest(graph, output) for output in graph.outputs}

    def fits(self, table: GradientTable) -> bool:
        """Return whether a table is about this network."""
        return table.outputs == self._outputs and self._weighted == {r.name for r in table.rows}

    def norm(self, layer: str, output: str, rows: Mapping[str, LayerRow]) -> float:
        """Return the norm that a line of an output's loss into a layer shows."""
        place = self._outputs.index(output)
        return _largest(rows[name].norms[place] for name in self._shown[output].get(layer, ()))

    def lines(self, link: Link, rows: Mapping[str, LayerRow]) -> tuple[Line, ...]:
        """Return what a link carries of each loss, in the model's order."""
        return tuple(self._line(link, output, rows) for output in self._outputs)

    def _line(self, link: Link, output: str, rows: Mapping[str, LayerRow]) -> Line:
        edges = link.edges
        whole = _largest(self.norm(e.target, output, rows) for e in edges if output not in e.cut)
        if whole != 0 or output not in link.cut:
            return Line(whole)
        return Line(_largest(self.norm(e.target, output, rows) for e in edges), is_cut=True)


def _largest(norms: Iterable[float]) -> float:
    norms = tuple(norms)
    return math.nan if any(map(math.isnan, norms)) else max(norms, default=0.0)


def _nearest(graph: NetworkGraph, output: str) -> dict[str, tuple[str, ...]]:
    """Return the layers with weights whose norm is shown for one loss, for each layer."""
    order = {node.name: place for place, node in enumerate(graph.nodes)}
    before: dict[str, list[str]] = {name: [] for name in order}
    behind: dict[str, list[str]] = {name: [] for name in order}
    for edge in graph.edges:
        if output not in edge.cut and order[edge.source] < order[edge.target]:
            before[edge.target].append(edge.source)
            behind[edge.source].append(edge.target)
    names = list(order)
    weighted = {node.name for node in graph.nodes if node.weights}
    leading = {graph.outputs[output]}
    for name in reversed(names):
        leading |= {name} if leading.intersection(behind[name]) else set()
    later: dict[str, dict[str, None]] = {}
    for name in reversed(names):
        those = (later[next_] for next_ in behind[name] if next_ in leading)
        later[name] = {name: None} if name in weighted else _joined(those)
    earlier: dict[str, dict[str, None]] = {}
    for name in names:
        those = (earlier[last] for last in before[name])
        earlier[name] = {name: None} if name in weighted else _joined(those)
    shown = {name: tuple(later[name] or earlier[name]) for name in names if name in leading}
    return shown | {name: (name,) for name in weighted}


def _joined(those: Iterable[dict[str, None]]) -> dict[str, None]:
    return {name: None for names in those for name in names}


def combined(box: Box, rows: Mapping[str, LayerRow], outputs: Sequence[str]) -> LayerRow | None:
    """Return the row of all weights of a box as if they were one layer's.

    The squares of the parts' norms add up, and so do the dot products that the cosines are made of.

    Parameters
    ----------
    box : Box
        The layers.
    rows : mapping of str to LayerRow
        The table's rows by layer.
    outputs : sequence of str
        The outputs, in the order of the norms.

    Returns
    -------
    LayerRow or None
        None if no layer of the box has a row.
    """
    inside = [rows[layer.name] for layer in box.layers if layer.name in rows]
    if len(inside) < 2:
        return inside[0] if inside else None
    norms = tuple(math.hypot(*column) for column in zip(*(r.norms for r in inside), strict=True))
    cosines = {
        (outputs[i], outputs[j]): _cosine(inside, (outputs[i], outputs[j]), norms, (i, j))
        for i, j in combinations(range(len(outputs)), 2)
    }
    update = math.hypot(*(row.update for row in inside))
    return LayerRow(box.name, box.weights, norms, cosines, update)


def _cosine(
    inside: Sequence[LayerRow],
    outputs: tuple[str, str],
    norms: Sequence[float],
    places: tuple[int, int],
) -> float | None:
    i, j = places
    if norms[i] == 0 or norms[j] == 0:
        return None
    dot = sum((row.cosines.get(outputs) or 0.0) * row.norms[i] * row.norms[j] for row in inside)
    return dot / (norms[i] * norms[j])
