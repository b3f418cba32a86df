"""Which loss reaches what, in a sentence: computed of the network and of a step's table."""

from __future__ import annotations

from collections.abc import Sequence

from lossexplorer.app.learn.blocks import blocks
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.reports import GradientTable
from lossexplorer.learning.setup import Output

_LISTED = 4


def reached(graph: NetworkGraph, output: str) -> frozenset[str]:
    """Return the layers that an output's loss reaches: back from the output, but over no cut."""
    sources: dict[str, list[str]] = {}
    for edge in graph.edges:
        if output not in edge.cut:
            sources.setdefault(edge.target, []).append(edge.source)
    found: set[str] = set()
    waiting = [graph.outputs[output]]
    while waiting:
        layer = waiting.pop()
        if layer not in found:
            found.add(layer)
            waiting += sources.get(layer, [])
    return frozenset(found)


def reach_words(graph: NetworkGraph, output: Output, table: GradientTable | None) -> str:
    """Return which blocks of the network an output's loss reaches, and which never.

    Parameters
    ----------
    graph : NetworkGraph
        With its cuts and frozen layers.
    output : Output
        Whose loss it is about.
    table : GradientTable or None
        The numbers of a step, if there are any: where one is not 0 that should be, this is said.
    """
    layers = reached(graph, output.name)
    found = blocks(graph)
    to = [block for block, names in found.items() if layers.intersection(names)]
    never = [block for block in found if block not in to]
    name = f"{output.name}'s loss"
    if not to:
        sentences = [f"{name} reaches the output's own layer alone."]
    else:
        sentences = [f"{name} reaches {listed(to)}."]
    if never:
        subject, verb = ("that block's", "is") if len(never) == 1 else ("their", "are")
        many = "gradient" if len(never) == 1 else "gradients"
        sentences.append(
            f"It never reaches {listed(never)}: {subject} {many} {verb} exactly 0 in every step."
        )
    if output.is_cut:
        sentences.append("stop_gradient cuts it off where its branch leaves the trunk.")
    elif output.weight == 0:
        sentences.append("Its λ is 0: the gradient is 0, though batch normalization still moves.")
    frozen = [
        block
        for block in to
        if any(node.is_frozen and node.name in found[block] for node in graph.nodes)
    ]
    if frozen:
        verb = "is" if len(frozen) == 1 else "are"
        sentences.append(f"{listed(frozen)} {verb} frozen: the gradient passes, no update.")
    return " ".join((*sentences, *_contradictions(graph, output.name, layers, table)))


def _contradictions(
    graph: NetworkGraph, output: str, layers: frozenset[str], table: GradientTable | None
) -> list[str]:
    """Return a sentence if the numbers of a step say otherwise than the network."""
    if table is None or output not in table.outputs:
        return []
    place = table.outputs.index(output)
    others = [row.name for row in table.rows if row.name not in layers and row.norms[place] != 0]
    known = {node.name for node in graph.nodes}
    if not others or not known.issuperset(row.name for row in table.rows):
        return []
    return [f"But in this step {listed(others)} got a gradient of it that is not 0."]


def listed(names: Sequence[str]) -> str:
    """Return names as they are listed in a sentence.

    Examples
    --------
    >>> listed(["x1"]), listed(["x1", "x3"]), listed([f"x{n}" for n in range(1, 9)])
    ('x1', 'x1 and x3', 'x1, x2, x3 and 5 more')
    """
    shown = list(names)
    if len(shown) > _LISTED:
        shown = [*shown[: _LISTED - 1], f"{len(shown) - _LISTED + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
