"""The pane of the truth: its classes, with their uncertain rims."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import PaintedMaps
from lossexplorer.session.panes import Pane
from lossexplorer.viewer import colormaps
from lossexplorer.viewer.maps import shown_labels, truth_codes
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.viewer.panes.pane_map import PaneMap, categories
from lossexplorer.volumes import LabelVolume


class TruthMap(PaneMap):
    """The classes of the truth; of overlapping ones, the class that is shown."""

    def __init__(self, pane: Pane, volume: LabelVolume) -> None:
        self._shown, self._has_rim = min(1, len(volume.classes) - 1), False
        super().__init__(pane, volume)

    def blank(self) -> PaintedVolume:
        """Return the labels."""
        codes = np.min_scalar_type(2 * len(self.volume.classes) - 1)
        return PaintedVolume(self.volume.shape, codes, shown_labels(self.volume, self._shown))

    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a layer of labels."""
        colors = colormaps.class_colors(len(self.volume.classes))
        return categories(self.layer_name, self.painted.array, colors, shared)

    def color(self, layer: Any) -> None:
        """Have a colour for each class."""
        layer.colormap = colormaps.class_colors(len(self.volume.classes))

    def show_class(self, class_index: int, labels: NDArray[np.unsignedinteger]) -> None:
        """Show another one of overlapping classes, whose labels these are."""
        self._shown = class_index
        self.painted.replace(labels)

    def values(self, maps: PaintedMaps) -> NDArray[Any] | None:
        """Return the labels with their rims, if there are or were any."""
        rim = maps.rim
        if rim is None and not self._has_rim:
            return None
        self._has_rim = rim is not None
        if rim is not None:
            rim = np.where(self.ignored(maps), rim.dtype.type(0), rim)
        truth = shown_labels(self.volume, maps.request.class_index, maps.request.plane)
        return truth_codes(truth, rim, len(self.volume.classes))
