"""What is drawn in 3D while the camera moves: less of the volumes, looked at in larger steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from napari._vispy.visuals.volume import Volume
from napari.qt import QtViewer
from qtpy.QtCore import QObject, QTimer
from vispy.scene import ArcballCamera

from lossexplorer.viewer.boxes import box_of, draw_within

FULL, PREVIEW = 0.8, 3.2
"""From one sample along a line of sight to the next, in voxels: at rest, and while it turns."""
_REST_MS = 250


class Turning(QObject):
    """Draws volumes in larger steps while the camera turns, moves or zooms, and fully at rest.

    While it moves, the anatomy below a map is not drawn, and of a map the box alone in which
    something is seen: most lines of sight would be followed through an empty volume.

    A drag turns from where it began. vispy has it begin with the first move, but while a frame is
    drawn Qt merges the moves: a quick drag is one move, to its end, and turned nothing.

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
        events = qt_viewer.canvas._scene_canvas.events
        events.mouse_press.connect(self._on_press)
        events.mouse_move.connect(self._on_drag, position="last")  # once vispy has turned a pane

    def _on_press(self, event: Any) -> None:
        if event.button != 1 or event.modifiers:
            return
        canvas = self._qt_viewer.canvas
        for view in (canvas.view, *canvas.grid_views):
            if isinstance(view.camera, ArcballCamera):
                place = view.get_transform("canvas", "visual").map(event.pos)
                view.camera._event_value = place[:2]

    def _on_drag(self, event: Any) -> None:
        """Have all panes turn with the one that is dragged, and be previews, in the next frame.

        napari does so at the end of that frame, which is a slow one.
        """
        if event.is_dragging and self._qt_viewer.viewer.dims.ndisplay == 3:
            canvas = self._qt_viewer.canvas
            for camera in (canvas.camera, *canvas.grid_cameras):
                camera.on_draw(None)

    def finish(self) -> None:
        """Draw everything fully."""
        self._rest.stop()
        if self.is_preview:
            self.is_preview = False
            self._use(FULL)

    def _on_move(self) -> None:
        if self._qt_viewer.viewer.dims.ndisplay == 3:
            begins, self.is_preview = not self.is_preview, True
            if begins:
                self._use(PREVIEW)
            self._rest.start()

    def _use(self, stride: float) -> None:
        below = list(self._below())
        for layer, volume in self._drawn():
            volume.relative_step_size = stride
            if layer in below:
                volume.visible = layer.visible and not self.is_preview
            else:
                is_cut = self.is_preview and layer.visible
                draw_within(volume, box_of(layer) if is_cut else None)

    def volumes(self) -> Iterator[Any]:
        """Yield what draws the layers in 3D."""
        for _, volume in self._drawn():
            yield volume

    def _drawn(self) -> Iterator[tuple[Any, Any]]:
        for layer, drawn in self._qt_viewer.canvas.layer_to_visual.items():
            if isinstance(drawn.node, Volume):
                yield layer, drawn.node
