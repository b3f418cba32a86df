"""What the pointer points at and clicks on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.components import ViewerModel
from psygnal import Signal
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from lossexplorer.engine.messages import Plane
from lossexplorer.viewer.picking import clicks, first_labelled, voxel_at
from lossexplorer.viewer.planes.three import ThreePlanes
from lossexplorer.volumes import LabelVolume


class Pointer:
    """Follows the pointer over a volume.

    Parameters
    ----------
    viewer : ViewerModel
        Which shows the volume.
    native : QWidget
        The widget of the canvas itself.
    truth_layer : callable
        Returns the layer of the truth, which covers the volume.
    three : ThreePlanes
        What is shown, if it is three planes.

    Attributes
    ----------
    volume : LabelVolume or None
        What is on the canvas; None while that changes.
    probed : Signal(object)
        The voxel (z, y, x) under the pointer, or None outside the volume.
    picked : Signal(object)
        The voxel (z, y, x) that was clicked; in 3D the first labelled one in the line of sight.
    led : Signal(object)
        The voxel (z, y, x) that the crosshair of three planes is to go to: a click or the pointer
        with Shift is there.
    """

    probed = Signal(object)
    picked = Signal(object)
    led = Signal(object)

    def __init__(
        self,
        viewer: ViewerModel,
        native: QWidget,
        truth_layer: Callable[[], Any],
        three: ThreePlanes,
    ) -> None:
        self._viewer, self._truth_layer, self._three = viewer, truth_layer, three
        self._across: int | None = None  # the axis that the plane below the pointer lies across
        self.volume: LabelVolume | None = None
        self._pointed: tuple[float, ...] | None = None  # in mm, where the pointer is
        self._leaving = _Leaving(native, self._point_nowhere)
        viewer.mouse_move_callbacks.append(self._on_move)
        viewer.mouse_drag_callbacks.append(clicks(self._on_click))
        for events in (viewer.dims.events.order, viewer.dims.events.ndisplay):
            events.connect(lambda _: self._point_nowhere())
        viewer.scene.camera.events.connect(lambda _: self._point_nowhere())
        three.looked_at.changed.connect(self._point_nowhere)

    def follow(self, plane: Plane | None) -> None:
        """Say what is under the pointer in another slice."""
        if self.volume is None or plane is None or self._pointed is None:
            return
        if self._across not in (None, plane.axis):
            return
        at = plane.index * self.volume.spacing[plane.axis]
        place = tuple(at if axis == plane.axis else v for axis, v in enumerate(self._pointed))
        self._point_at(place, self.volume)

    def _on_move(self, viewer: ViewerModel, event: Any) -> None:
        del viewer
        if self.volume is None:
            return
        axes = self._three.axes_of(event)
        self._across = None if axes is None else axes.axis
        place = self._three.place_of(event)
        self._point_at(place, self.volume)
        voxel = voxel_at(self.volume, place)
        if axes is not None and voxel is not None and "Shift" in event.modifiers:
            self.led.emit(voxel)

    def _point_nowhere(self) -> None:
        """Forget where the pointer was: it has left, or another place is under it."""
        if self._pointed is not None:
            self._pointed = None
            self.probed.emit(None)

    def _point_at(self, place: tuple[float, ...], volume: LabelVolume) -> None:
        self._pointed = place
        self.probed.emit(voxel_at(volume, place))

    def _on_click(self, event: Any) -> None:
        """Say which voxel was clicked."""
        volume = self.volume
        if volume is None:
            return
        if self._viewer.dims.ndisplay == 3:
            voxel = first_labelled(volume, self._truth_layer(), event)
        else:
            voxel = voxel_at(volume, self._three.place_of(event))
        if voxel is not None:
            self.picked.emit(voxel)
            if self._three.views:
                self.led.emit(voxel)


class _Leaving(QObject):
    """Says when the pointer leaves a widget."""

    def __init__(self, widget: QWidget, left: Callable[[], None]) -> None:
        super().__init__(widget)
        self._left = left
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Take no event."""
        if event.type() == QEvent.Type.Leave:
            self._left()
        return super().eventFilter(watched, event)
