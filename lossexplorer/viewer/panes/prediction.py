"""The panes of the prediction: the probability of a class, and the most probable class."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from lossexplorer.engine.messages import MapSubject, PaintedMaps
from lossexplorer.viewer import colormaps
from lossexplorer.viewer.colors import CONFIDENCES
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.viewer.panes.pane_map import PaneMap, categories

SURFACE = 0.5
"""The probability of which there is a surface in 3D."""


class ProbabilityMap(PaneMap):
    """The predicted probability of a class; in 3D the surface where it is ½."""

    outlined = True

    def blank(self) -> PaintedVolume:
        """Return NaN, which is transparent."""
        return PaintedVolume(self.volume.shape, np.float32, np.nan)

    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a layer of probabilities."""
        return Image(
            self.painted.array,
            name=self.layer_name,
            colormap=colormaps.probability(),
            contrast_limits=(0.0, 1.0),
            interpolation2d="nearest",
            blending="translucent_no_depth",
            rendering="iso",
            iso_threshold=SURFACE,
            **shared,
        )

    def values(self, maps: PaintedMaps) -> NDArray[Any] | None:
        """Return the probability of its class."""
        index = self.pane.class_of(maps.request.class_index)
        found = maps.of(MapSubject("probability", index))
        # In slices the prediction is below the hatching, which 3D has not.
        if found is None or maps.request.plane is not None or self.volume.ignored is None:
            return found
        return np.where(self.ignored(maps), np.nan, found)


class BesideMap(ProbabilityMap):
    """The probability that another descent predicts, which is painted by itself."""

    outlined = False

    @property
    def layer_name(self) -> str:
        """What its layer is called."""
        return "Prediction beside"

    def values(self, maps: PaintedMaps) -> NDArray[Any] | None:
        """Return nothing: the maps of an answer are those of the first prediction."""
        del maps
        return None


class DecidedMap(PaneMap):
    """The most probable class of every voxel, the paler the less probable it is."""

    def blank(self) -> PaintedVolume:
        """Return zeros, which are transparent."""
        codes = np.min_scalar_type(len(self.volume.classes) * CONFIDENCES)
        return PaintedVolume(self.volume.shape, codes, 0)

    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a layer of classes and confidences."""
        colors = colormaps.decided_colors(len(self.volume.classes))
        return categories(self.layer_name, self.painted.array, colors, shared)

    def color(self, layer: Any) -> None:
        """Have colours for each class."""
        layer.colormap = colormaps.decided_colors(len(self.volume.classes))

    def values(self, maps: PaintedMaps) -> NDArray[Any] | None:
        """Return the code of class and confidence, see `decided_codes`."""
        index = maps.request.class_index
        confidence = maps.of(MapSubject("confidence", index))
        if maps.decided is None or confidence is None:
            return None
        codes = decided_codes(maps.decided, confidence, len(self.volume.classes))
        return np.where(self.ignored(maps), 0, codes)


def decided_codes(
    decided: NDArray[np.unsignedinteger], confidence: NDArray[np.float32], classes: int
) -> NDArray[np.int64]:
    """Return a number for each class and shade of confidence; 0 where nothing is predicted.

    Parameters
    ----------
    decided : array of unsigned int
        The most probable class.
    confidence : array of float32
        Its probability, from 1 / classes to 1; NaN where there is none.
    classes : int
        How many classes there are.

    Examples
    --------
    Of two classes, where the probability is ½, ¾ and 1; there are 8 shades.

    >>> decided_codes(np.array([1, 1, 1]), np.array([0.5, 0.75, 1.0], np.float32), 2)
    array([ 8, 12, 15])
    """
    chance = 1 / classes
    share = (np.nan_to_num(confidence) - chance) / max(1 - chance, chance)
    shade = np.clip(share * CONFIDENCES, 0, CONFIDENCES - 1).astype(np.int64)
    return np.where(np.isnan(confidence), 0, decided.astype(np.int64) * CONFIDENCES + shade)
