"""Where the boxes and links of a network go, from left to right; data in, data out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lossexplorer.app.network.longest_path import Ends, Point, longest_path

_log = logging.getLogger(__name__)

COLUMN_GAP = 36.0
"""Between one column of boxes and the next, in pixels at zoom 1."""


@dataclass(frozen=True)
class Gaps:
    """Free space of a layout, in pixels at zoom 1.

    Attributes
    ----------
    column : float
        Between one column of boxes and the next.
    row : float
        Between the boxes of a column.
    passing : float
        Between a box and a link that passes it.
    """

    column: float
    row: float
    passing: float


USUAL_GAPS = Gaps(COLUMN_GAP, row=62.0, passing=44.0)
"""With room for a label above each box and one below."""

NARROW_GAPS = Gaps(column=16.0, row=10.0, passing=10.0)
"""For a picture without labels."""

_OPTIONS = {
    "direction": "leftright",
    "routing": {"port_sides": "facing_only", "centre_ports": "all"},
    # A trunk lies in the middle of its heads.
    "coords": {"placement": "brandes_koepf", "branch_style": "symmetric", "branch_bands": False},
    # Heads stay in the order of the outputs.
    "tuning": {"order": {"balance_rounds": 0}},
}


@dataclass(frozen=True)
class Placement:
    """Where everything is, in pixels at zoom 1; y grows downwards.

    Attributes
    ----------
    centers : mapping of str to (float, float)
        The centre (x, y) of each box.
    routes : mapping of (str, str) to tuple of (float, float)
        The points that each link goes through, from the border of its source to its target's.
    """

    centers: Mapping[str, Point]
    routes: Mapping[Ends, tuple[Point, ...]]


def place(
    sizes: Mapping[str, Point],
    links: Iterable[Ends],
    thickness: float = 0.0,
    gaps: Gaps = USUAL_GAPS,
) -> Placement:
    """Lay a network out; the same network always gives the same.

    Parameters
    ----------
    sizes : mapping of str to (float, float)
        Width and height of each box, in an order in which each comes after what it is given.
    links : iterable of (str, str)
        Source and target; each pair once.
    thickness : float
        How wide a link can become.
    gaps : Gaps
        The free space.
    """
    links = [link for link in links if link[0] != link[1]]
    try:
        return _layered(sizes, links, thickness, gaps)
    except Exception as error:  # noqa: BLE001  (a young package; the picture does without)
        _log.warning("The network is laid out plainly: %s: %s", type(error).__name__, error)
        return place_plainly(sizes, links, gaps)


def place_plainly(
    sizes: Mapping[str, Point], links: Iterable[Ends], gaps: Gaps = USUAL_GAPS
) -> Placement:
    """Lay a network out without the layout package."""
    return Placement(*longest_path(sizes, links, (gaps.column, gaps.row)))


def _layered(
    sizes: Mapping[str, Point], links: list[Ends], thickness: float, gaps: Gaps
) -> Placement:
    import graphlay

    graph = graphlay.Graph()
    for name, (width, height) in sizes.items():
        graph.node(name, width=width, height=height)
    for source, target in links:
        graph.edge(source, target, thickness=thickness)
    spacing = {
        "layer_gap": gaps.column,
        "node_gap": gaps.row,
        "dummy_gap": gaps.passing,
        "port_gap": 10.0,
        "edge_label_margin": 0.0,
    }
    drawn = graphlay.layout(graph, options=_OPTIONS | {"spacing": spacing})
    routes = {
        link: tuple((point["x"], point["y"]) for point in edge["points"])
        for link, edge in zip(links, drawn.edges, strict=True)
    }
    return Placement(drawn.positions(), routes)
