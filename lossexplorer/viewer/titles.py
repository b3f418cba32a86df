"""The titles above the maps, at a size at which they fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lossexplorer.viewer.layers import TITLE_SIZE, Cell
from lossexplorer.viewer.maps import elided

_WIDTH_OF_A_LETTER = 0.82  # of its size in points, in pixels
_SMALLEST = 8  # points
_BESIDE = 14  # pixels


class Titles:
    """What is written above the maps."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def change(self, texts: Mapping[str, str]) -> None:
        """Have other texts for some maps, by the maps' names."""
        self._texts |= texts

    def fit(self, cells: Mapping[str, Cell], shown: Collection[str], width: float) -> None:
        """Write the titles at the size at which the longest fits into its cell, or cut it.

        Parameters
        ----------
        cells : mapping of str to Cell
            The cells, by the names of their maps.
        shown : collection of str
            The maps on screen, whose titles have to fit.
        width : float
            Of a cell, in pixels.
        """
        room = max(width - _BESIDE, 0)
        longest = max((len(text) for name, text in self._texts.items() if name in shown), default=1)
        # In whole points, for which napari measures the box behind the text.
        size = min(max(int(room / (longest * _WIDTH_OF_A_LETTER)), _SMALLEST), TITLE_SIZE)
        letters = round(room / (_SMALLEST * _WIDTH_OF_A_LETTER))
        for name, title in self._texts.items():
            layer, text = cells[name].map, elided(title, letters)
            if layer.name != text:
                layer.name = text
            if layer.name_overlay.font_size != size:
                layer.name_overlay.font_size = size
