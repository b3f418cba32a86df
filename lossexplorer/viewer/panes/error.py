"""The panes of the error: of a class, and of all classes together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import MapSubject, PaintedMaps
from lossexplorer.viewer import colormaps
from lossexplorer.viewer.maps import all_error_categories, error_categories, shown_labels
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.viewer.panes.pane_map import PaneMap, categories


class ErrorMap(PaneMap):
    """True and false positives, and false negatives, of a class or of all."""

    def blank(self) -> PaintedVolume:
        """Return zeros, which are transparent."""
        return PaintedVolume(self.volume.shape, np.uint8, 0)

    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a layer of error categories."""
        return categories(self.layer_name, self.painted.array, colormaps.error_colors(), shared)

    def values(self, maps: PaintedMaps) -> NDArray[Any] | None:
        """Return the categories; none where the volume is cropped or ignored."""
        request, shown = maps.request, maps.request.class_index
        index = self.pane.class_of(shown)
        decided = maps.of(MapSubject("decided", index))
        if decided is None:  # classes that exclude each other are decided about together
            decided = maps.decided
        if decided is None or maps.probability is None:
            return None
        truth = shown_labels(self.volume, index, request.plane)
        if self.pane.classes == "all":
            errors = all_error_categories(truth, decided)
        else:
            errors = error_categories(truth, decided, index)
        counts = ~(np.isnan(maps.probability) | self.ignored(maps))
        return np.where(counts, errors, np.uint8(0))
