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
    rank: dict[str, int] = {}
    links = [link for link in links if link[0] != link[1]]
    for name in sizes:
        before = [source for source, target in links if target == name]
        rank[name] = max((rank[s] + 1 for s in before if order[s] < order[name]), default=0)
    ways: dict[Ends, list[str]] = {}
    for source, target in links:
        columns = range(rank[source] + 1, rank[target])
        between = {f"{source}\0{target}\0{column}": column for column in columns}
        ways[source, target] = [source, *between, target]
        rank |= between
    givers: dict[str, list[str]] = {name: [] for name in rank}
    for way in ways.values():
        for source, target in pairwise(way):
            givers[target].append(source)
    at: dict[str, Point] = {}
    pitch = max((height for _, height in sizes.values()), default=0.0) + gaps[1]
    x = 0.0
    for column in range(max(rank.values(), default=-1) + 1):
        those = [name for name in rank if rank[name] == column]
        heights = {n: [at[giver][1] for giver in givers[n] if giver in at] for n in those}
        those.sort(key=lambda name: sum(heights[name]) / max(1, len(heights[name])))
        width = max(sizes[name][0] for name in those if name in sizes)
        for place, name in enumerate(those):
            at[name] = (x + width / 2, (place - (len(those) - 1) / 2) * pitch)
        x += width + gaps[0]
    routes = {}
    for (source, target), way in ways.items():
        begin = (at[source][0] + sizes[source][0] / 2, at[source][1])
        end = (at[target][0] - sizes[target][0] / 2, at[target][1])
        routes[source, target] = (begin, *(at[name] for name in way[1:-1]), end)
    return {name: at[name] for name in sizes}, routes
