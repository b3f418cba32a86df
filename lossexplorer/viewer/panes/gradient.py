"""The pane of a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from lossexplorer.engine.messages import MapSubject, PaintedMaps
from lossexplorer.viewer import colormaps
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.viewer.panes.pane_map import PaneMap


class GradientMap(PaneMap):
    """The gradient of a loss, or of the total, in a class."""

    def blank(self) -> PaintedVolume:
        """Return NaN, which is transparent in slices."""
        return PaintedVolume(self.volume.shape, np.float32, np.nan)

    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a layer from blue to red."""
        return Image(
            self.painted.array,
            name=self.layer_name,
            colormap=colormaps.diverging(),
            contrast_limits=(-1.0, 1.0),
            interpolation2d="nearest",
            blending="translucent_no_depth",
            **shared,
        )

    def color(self, layer: Any) -> None:
        """Have no limits yet."""
        layer.contrast_limits_range = layer.contrast_limits = (-1.0, 1.0)

    def subject(self, maps: PaintedMaps) -> MapSubject:
        """Return which of an answer's maps it shows."""
        (found,) = self.pane.subjects(
            maps.request.loss, maps.request.class_index, overlaps=self.volume.overlap is not None
        )
        return found

    def values(self, maps: PaintedMaps) -> NDArray[Any] | None:
        """Return the gradient."""
        return maps.of(self.subject(maps))
