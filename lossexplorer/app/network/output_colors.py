"""The colour of each output, the same in the picture, on the cards and in the plots."""

from __future__ import annotations

from lossexplorer.app.theme import Palette

OUTPUT_COLORS = {
    "dark": ("#4cb2f5", "#ffb454", "#7fd88f", "#ff8ac2", "#b9a1ff"),
    "light": ("#0f74bd", "#c45500", "#1f7f3c", "#bf2f7c", "#6a48c9"),
}
"""By the palette's name: blue, orange, green, pink, violet, in the order of the outputs."""


def output_color(place: int, palette: Palette) -> str:
    """Return the colour of an output and its loss, as ``#rrggbb``.

    Parameters
    ----------
    place : int
        The output's place in the model's order, from 0; the sixth has the colour of the first.
    palette : Palette
        The theme.

    Examples
    --------
    >>> from lossexplorer.app.theme import DARK
    >>> output_color(1, DARK)
    '#ffb454'
    """
    colors = OUTPUT_COLORS[palette.name]
    return colors[place % len(colors)]
