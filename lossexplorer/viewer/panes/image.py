"""The pane of the image alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossexplorer.viewer import colormaps
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.viewer.panes.pane_map import PaneMap, categories


class ImageMap(PaneMap):
    """Nothing above the image but its title and an outline."""

    outlined = True

    def blank(self) -> PaintedVolume:
        """Return zeros, which are transparent."""
        return PaintedVolume(self.volume.shape, np.uint8, 0)

    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a layer without a colour."""
        return categories(self.layer_name, self.painted.array, colormaps.outline(0), shared)
