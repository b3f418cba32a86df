"""napari's viewer where the canvas needs it to be otherwise: its grid, and back from 3D."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from napari.components import ViewerModel
from napari.components.canvas import Canvas
from napari.components.grid import GridCanvas
from pydantic import Field


class ViewGrid(GridCanvas):  # type: ignore[misc]  # napari has no types
    """A grid that says what is in all of its views in a time proportional to the layers.

    napari looks at all layers several times to find one layer's place, does so for every layer in
    every view, and asks for every view again for each layer that it has arranged. Three planes of
    six panes are eighteen views with some sixty layers: that took the window eight seconds.
    """

    def iter_viewboxes(
        self, layers: Sequence[Any]
    ) -> Iterator[tuple[tuple[int, int], tuple[int, ...]]]:
        """Yield row and column of each view, and the indices of the layers in it."""
        if not self.enabled:
            yield from super().iter_viewboxes(layers)
            return
        rows, columns = self.actual_shape(layers)
        group_of, occupied = self._viewbox_groups(layers)
        views = {group: place % (rows * columns) for place, group in enumerate(occupied)}
        found = defaultdict[int, list[int]](list)
        for index in self._effective_indices(layers):
            found[views[group_of[index]]].append(index)
        for view in range(rows * columns):
            yield divmod(view, columns), tuple(found[view])


class PanesViewer(ViewerModel):  # type: ignore[misc]
    """A viewer with such a grid, which shows the same slice before 3D and after.

    Attributes
    ----------
    canvas : Canvas
        As napari's, except for the grid.
    """

    canvas: Canvas = Field(default_factory=lambda: Canvas(grid=ViewGrid()), frozen=True)

    def _on_ndisplay_changed(self) -> None:
        """Leave 3D for the slice of before, wherever the camera looks.

        napari goes to the slice in which the camera's centre is: that of the labels, or the first
        one if a frame was drawn since slices are shown.
        """
        if self.dims.ndisplay == 2:
            camera, depth = self.scene.camera, self.dims.point[self.dims.order[-3]]
            camera.center = (depth, *camera.center[-2:])
        super()._on_ndisplay_changed()
