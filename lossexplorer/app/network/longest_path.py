"""A plain layered layout, for where the layout package is missing or fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

Point = tuple[float, float]
Ends = tuple[str, str]


def longest_path(
    sizes: Mapping[str, Point], links: Iterable[Ends], gaps: Point
) -> tuple[dict[str, Point], dict[Ends, tuple[Point, ...]]]:
    """Put each box as many columns to the right as the longest way to it has links.

    A link that spans several columns keeps a place free in each. Boxes of a column are ordered by
    the mean place of what comes before them (Sugiyama, Tagawa, Toda 1981, one sweep).

    Parameters
    ----------
    sizes : mapping of str to (float, float)
        Width and height of each box, in an order in which each comes after what it is given; a
        link against this order is drawn and does not count.
    links : iterable of (str, str)
        Source and target.
    gaps : (float, float)
        Free space between columns, and between the boxes of a column.

    Returns
    -------
    centers : dict
        The centre (x, y) of each box; y grows downwards.
    routes : dict
        The points that each link goes through, from the right of its source to its target's left.
    """
    order = {name: place for place, name in enumerate(sizes)}
    links = [link for link in links if link[0] != link[1]]
    rank = dict.fromkeys(sizes, 0)
    for name in sizes:
        before = [s for s, t in links if t == name and order[s] < order[name]]
        rank[name] = max((rank[source] + 1 for source in before), default=0)
    columns: list[list[object]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name in sizes:
        columns[rank[name]].append(name)
    ways: dict[Ends, list[object]] = {}
    for link in links:
        between = [(link, column) for column in range(rank[link[0]] + 1, rank[link[1]])]
        ways[link] = [link[0], *between, link[1]]
        for node, column in zip(between, range(rank[link[0]] + 1, rank[link[1]]), strict=True):
            columns[column].append(node)
    height = {name: size[1] for name, size in sizes.items()}
    x, at = 0.0, dict[object, Point]()
    for column in columns:
        sources: dict[object, list[float]] = {node: [] for node in column}
        for way in ways.values():
            for last, node in pairwise(way):
                if node in sources and last in at:
                    sources[node].append(at[last][1])
        column.sort(key=lambda node: sum(sources[node]) / max(1, len(sources[node])))
        width = max(sizes[name][0] for name in sizes if name in column)
        free = gaps[1] * (len(column) - 1)
        y = -(sum(height.get(node, 0.0) for node in column) + free) / 2  # type: ignore[call-overload]
        for node in column:
            tall = height.get(node, 0.0)  # type: ignore[call-overload]
            at[node] = (x + width / 2, y + tall / 2)
            y += tall + gaps[1]
        x += width + gaps[0]
    centers = {name: at[name] for name in sizes}
    routes = {}
    for (source, target), way in ways.items():
        begin = (centers[source][0] + sizes[source][0] / 2, centers[source][1])
        end = (centers[target][0] - sizes[target][0] / 2, centers[target][1])
        routes[source, target] = (begin, *(at[node] for node in way[1:-1]), end)
    return centers, routes
