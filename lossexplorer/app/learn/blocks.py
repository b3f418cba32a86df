"""The blocks of a network that its layers belong to: x1, x2, … where they are named so."""

from __future__ import annotations

import re

from lossexplorer.learning.network_graph import NetworkGraph


def block_of(layer: str) -> str:
    """Return the block that a layer belongs to: a built network's, or else the layer itself.

    Examples
    --------
    >>> block_of("x1_conv2"), block_of("y1"), block_of("dense_3")
    ('x1', 'y1', 'dense_3')
    """
    block = re.match(r"[xy]\d+(?=_|$)", layer)
    return block[0] if block else layer


def blocks(graph: NetworkGraph) -> dict[str, tuple[str, ...]]:
    """Return the layers with weights of each block, in the order of the network.

    Layers that give an output are left out: which loss reaches them is no question.
    """
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        if node.weights and node.name not in graph.outputs.values():
            found.setdefault(block_of(node.name), []).append(node.name)
    return {block: tuple(layers) for block, layers in found.items()}
