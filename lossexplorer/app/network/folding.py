"""What the picture of a network has: a box for a layer, or for several of a large network."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lossexplorer.learning.network_graph import LayerEdge, LayerNode, NetworkGraph

MOST_LAYERS = 20
"""A network of more layers is folded."""

BOXES = 6
"""Into about how many boxes it is folded, beside one for each head, input and output."""


@dataclass(frozen=True)
class Box:
    """A box of the picture.

    Attributes
    ----------
    name : str
        The layer's name; of several layers, the first and the last.
    layers : tuple of LayerNode
        What it stands for: one layer, or several that lead to the same outputs.
    """

    name: str
    layers: tuple[LayerNode, ...]

    @property
    def is_folded(self) -> bool:
        """Whether it stands for several layers."""
        return len(self.layers) > 1

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs that its layers lead to."""
        return self.layers[0].outputs

    @property
    def weights(self) -> int:
        """The number of trainable weights of its layers."""
        return sum(layer.weights for layer in self.layers)

    @property
    def is_frozen(self) -> bool:
        """Whether no variable in it is updated."""
        weighted = [layer for layer in self.layers if layer.weights]
        return bool(weighted) and all(layer.is_frozen for layer in weighted)


@dataclass(frozen=True)
class Link:
    """A connection of two boxes.

    Attributes
    ----------
    source, target : str
        Names of boxes.
    edges : tuple of LayerEdge
        The connections of layers that it stands for.
    head : str
        The output that alone is behind it, whose gradient can be cut here; else empty.
    """

    source: str
    target: str
    edges: tuple[LayerEdge, ...]
    head: str = ""

    @property
    def cut(self) -> tuple[str, ...]:
        """The outputs whose gradient is stopped in each of its edges."""
        first, *others = (edge.cut for edge in self.edges)
        return tuple(name for name in first if all(name in cut for cut in others))


@dataclass(frozen=True)
class FoldedGraph:
    """Boxes and links in an order in which each box comes after what it is given."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]

    def box_of(self, layer: str) -> Box:
        """Return the box that holds a layer.

        Raises
        ------
        KeyError
            If there is none.
        """
        for box in self.boxes:
            if any(node.name == layer for node in box.layers):
                return box
        raise KeyError(layer)


def fold(graph: NetworkGraph, opened: Collection[str] = ()) -> FoldedGraph:
    """Return the boxes and links of a network.

    A network of up to `MOST_LAYERS` layers has a box for each. In a larger one, layers that follow
    one another and lead to the same outputs share a box, because the same losses reach them.
    Inputs and the layers that give an output have their own. What a layer leads to never grows
    along the network, so that boxes have no cycle if layers have none.

    Parameters
    ----------
    graph : NetworkGraph
        The layers.
    opened : collection of str
        The names of boxes whose layers are shown; of many layers, in boxes again.
    """
    boxes = [box for run in _runs(graph) for box in _boxes(run, len(graph.nodes), opened)]
    order = {node.name: place for place, node in enumerate(graph.nodes)}
    boxes.sort(key=lambda box: order[box.layers[0].name])
    return FoldedGraph(tuple(boxes), tuple(_links(graph, boxes)))


def _boxes(run: Sequence[LayerNode], whole: int, opened: Collection[str]) -> Iterator[Box]:
    """Yield the boxes of a run of layers that is a part of so many."""
    most = math.ceil(whole / BOXES) if whole > MOST_LAYERS else 1
    pieces = math.ceil(len(run) / most)
    ends = [len(run) * piece // pieces for piece in range(pieces + 1)]
    for begin, end in pairwise(ends):
        layers = tuple(run[begin:end])
        first, last = layers[0].name, layers[-1].name
        box = Box(first if len(layers) == 1 else f"{first} … {last}", layers)
        if box.is_folded and box.name in opened:
            yield from _boxes(layers, len(layers), opened)
        else:
            yield box


def _runs(graph: NetworkGraph) -> Iterator[Sequence[LayerNode]]:
    """Yield layers that lead to the same outputs, without an input or an output between them."""
    alone = {*graph.inputs, *graph.outputs.values()}
    runs: dict[tuple[str, ...], list[LayerNode]] = {}
    for node in graph.nodes:
        if node.name in alone:
            if node.outputs in runs:
                yield runs.pop(node.outputs)
            yield [node]
        else:
            runs.setdefault(node.outputs, []).append(node)
    yield from runs.values()


def _links(graph: NetworkGraph, boxes: Sequence[Box]) -> Iterator[Link]:
    box_of = {layer.name: box.name for box in boxes for layer in box.layers}
    edges: dict[tuple[str, str], list[LayerEdge]] = {}
    for edge in graph.edges:
        ends = box_of[edge.source], box_of[edge.target]
        if ends[0] != ends[1]:
            edges.setdefault(ends, []).append(edge)
    for (source, target), those in edges.items():
        heads = {_head(graph, edge) for edge in those}
        head = heads.pop() if len(heads) == 1 else ""
        yield Link(source, target, tuple(those), head)


def _head(graph: NetworkGraph, edge: LayerEdge) -> str:
    """Return the output that alone is behind an edge which leaves the trunk, or nothing."""
    if edge.cut:
        return edge.cut[0]
    outputs = {node.name: node.outputs for node in graph.nodes}
    leaves = len(outputs[edge.source]) > 1 and len(outputs[edge.target]) == 1
    return outputs[edge.target][0] if leaves and edge.source not in graph.inputs else ""
