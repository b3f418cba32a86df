"""The pane of the truth: its classes, with their uncertain rims."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import PaintedMaps, Plane
from lossexplorer.session.panes import Pane
from lossexplorer.viewer import colormaps
from lossexplorer.viewer.colors import INSTANCE_COLORS
from lossexplorer.viewer.maps import in_plane, instance_colors, shown_labels, truth_codes
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.viewer.panes.pane_map import PaneMap, categories
from lossexplorer.volumes import LabelVolume


class TruthMap(PaneMap):
    """The classes of the truth; of overlapping ones, the class that is shown; or instances."""

    def __init__(self, pane: Pane, volume: LabelVolume) -> None:
        self._shown, self._has_rim = min(1, len(volume.classes) - 1), False
        super().__init__(pane, volume)

    def blank(self) -> PaintedVolume:
        """Return the labels."""
        codes = np.min_scalar_type(2 * self._colors - 1)
        return PaintedVolume(self.volume.shape, codes, self._colored(self._shown))

    @property
    def _colors(self) -> int:
        """How many colours the truth has, with that of the background."""
        return len(self.volume.classes) if self.volume.instance_ids is None else 1 + INSTANCE_COLORS

    def _colored(self, class_index: int, plane: Plane | None = None) -> NDArray[np.unsignedinteger]:
        """Return the number of each voxel's colour."""
        labels = shown_labels(self.volume, class_index, plane)
        if self.volume.instance_ids is None:
            return labels
        return np.where(labels > 0, instance_colors(in_plane(self.volume.instance_ids, plane)), 0)

    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a layer of labels."""
        colors = colormaps.class_colors(self._colors)
        return categories(self.layer_name, self.painted.array, colors, shared)

    def color(self, layer: Any) -> None:
        """Have a colour for each class."""
        layer.colormap = colormaps.class_colors(self._colors)

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
        shown = maps.request.class_index, maps.request.plane
        colored = self._colored(*shown)
        if rim is not None and self.volume.instance_ids is not None:
            # The rim is that of the class; an instance keeps its colour within it.
            rim = np.where(shown_labels(self.volume, *shown) == rim, colored, rim)
        return truth_codes(colored, rim, self._colors)
