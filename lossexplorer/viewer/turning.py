"""What is drawn in 3D while the camera moves: the same volumes, looked at in larger steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from napari._vispy.visuals.volume import Volume
from napari.qt import QtViewer
from qtpy.QtCore import QObject, QTimer

FULL, PREVIEW = 0.8, 3.2
"""From one sample along a line of sight to the next, in voxels: at rest, and while it turns."""
_REST_MS = 250


class Turning(QObject):
    """Draws volumes in larger steps while the camera turns, moves or zooms, and fully at rest.

    While it moves the anatomy below a map is not drawn: it takes half of the time.

    Parameters
    ----------
    qt_viewer : QtViewer
        Which shows them.
    below : callable
        Returns the layers below maps.

    Attributes
    ----------
    is_preview : bool
        Whether larger steps are taken now.
    """

    def __init__(self, qt_viewer: QtViewer, below: Callable[[], Iterable[Any]]) -> None:
        super().__init__()
        self._qt_viewer, self._below, self.is_preview = qt_viewer, below, False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.finish)
        events = qt_viewer.viewer.scene.camera.events
        for change in (events.angles, events.zoom, events.center):
            change.connect(self._on_move)
        qt_viewer.viewer.dims.events.ndisplay.connect(self.finish)

    def finish(self) -> None:
        """Draw everything fully."""
        self._rest.stop()
        if self.is_preview:
            self.is_preview = False
            self._use(FULL)

    def _on_move(self) -> None:
        if self._qt_viewer.viewer.dims.ndisplay == 3:
            self.is_preview = True
            self._use(PREVIEW)
            self._rest.start()

    def _use(self, stride: float) -> None:
        for volume in self.volumes():
            if volume.relative_step_size != stride:
                volume.relative_step_size = stride
                volume.update()
        drawn = self._qt_viewer.canvas.layer_to_visual
        for layer in self._below():
            if layer in drawn:  # the camera moves while layers are removed, too
                drawn[layer].node.visible = layer.visible and not self.is_preview

    def volumes(self) -> Iterator[Any]:
        """Yield what draws the layers in 3D."""
        for drawn in self._qt_viewer.canvas.layer_to_visual.values():
            if isinstance(drawn.node, Volume):
                yield drawn.node
