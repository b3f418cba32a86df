"""Has the first frame of other panes, or of another size, be as those that follow."""

from __future__ import annotations

from typing import Any


class FirstFrame:
    """Lays the views of napari's grid out before they are drawn for the first time.

    vispy gives views their size while it draws them, and napari lets its cameras follow after the
    frame. So the first frame of new views showed a few voxels as large as a pane, and where a frame
    takes long, as in 3D, it stayed for seconds.

    Parameters
    ----------
    canvas : VispyCanvas
        The canvas.
    """

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        self._laid_out: list[Any] = []
        canvas._scene_canvas.events.draw.connect(self.lay_out)

    def lay_out(self, event: Any = None) -> None:
        """Give views and cameras their places, unless they have them."""
        del event
        canvas = self._canvas
        wanted = [canvas._scene_canvas.size, canvas.grid, *canvas.grid_cameras]
        if self._laid_out != wanted:
            self._laid_out = wanted
            canvas.grid._update_child_widget_dim()
            canvas.on_draw()
