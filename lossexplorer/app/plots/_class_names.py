"""The names of classes along an axis, of which there is room for some."""

from __future__ import annotations

import math
from collections.abc import Sequence

_LETTERS = 16
Ticks = list[tuple[float, str]]


def short_name(name: str) -> str:
    """Return a name without its middle, if it is long.

    Examples
    --------
    >>> short_name("liver"), short_name("left lateral ventricle")
    ('liver', 'left lat…entricle')
    """
    half = _LETTERS // 2
    return name if len(name) <= _LETTERS else f"{name[:half]}…{name[1 - half :]}"


def ticks_in(
    words: Sequence[str], needed: float, room: float, chosen: int | None = None
) -> list[Ticks]:
    """Return the ticks that are written, every nth and the chosen one, and all of them.

    Parameters
    ----------
    words : sequence of str
        A name for each place.
    needed, room : float
        The pixels of the widest name and of the axis.
    chosen : int, optional
        The place that is written in any case.
    """
    ticks = [(float(place), word) for place, word in enumerate(words)]
    each_nth = max(1, math.ceil(needed * len(words) / max(room, 1)))
    written = [
        tick
        for tick in ticks
        if tick[0] == chosen
        or (tick[0] % each_nth == 0 and (chosen is None or abs(tick[0] - chosen) >= each_nth))
    ]
    return [written, ticks]
