"""The canvas: truth, prediction, error and gradient of a volume as layers of napari."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from napari.qt import QtViewer, get_qapp, get_stylesheet
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QWidget

from lossexplorer.engine.messages import PaintedMaps, Plane
from lossexplorer.viewer import colormaps, own_hands
from lossexplorer.viewer.color_limits import ColorLimits
from lossexplorer.viewer.directions import DirectionLabels, directions_of
from lossexplorer.viewer.layers import (
    BESIDE,
    MAPS,
    Cell,
    ShownTruth,
    make_cell_beside,
    make_cells,
    refill,
    set_limits,
)
from lossexplorer.viewer.maps import (
    error_categories,
    hatching,
    in_plane,
    labelled_box,
    shown_labels,
    truth_codes,
)
from lossexplorer.viewer.offers import LabelsOffer
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.viewer.picking import clicks, first_labelled, voxel_at
from lossexplorer.viewer.pixels import drawn_anew
from lossexplorer.viewer.thumbnails import thumbnail
from lossexplorer.viewer.time_slices import TimeSlices
from lossexplorer.viewer.titles import Titles
from lossexplorer.volumes import LabelVolume

Scale = Literal["automatic", "shared", "fixed"]
Camera = tuple[tuple[float, ...], float]
"""The point that the camera looks at, in mm, and its zoom."""

_NEAR = 1000


class SliceCanvas:
    """The canvas: four maps of one volume under one camera, over its image.

    Attributes
    ----------
    plane_changed : Signal(object)
        The `Plane` on screen, or None in 3D.
    probed : Signal(object)
        The voxel (z, y, x) under the pointer, or None outside the volume.
    picked : Signal(object)
        The voxel (z, y, x) that was clicked; in 3D the first labelled one in the line of sight.
    directions : DirectionLabels
        Letters at the edges, if the orientation of the volume is known.
    """

    plane_changed = Signal(object)
    probed = Signal(object)
    picked = Signal(object)

    def __init__(self) -> None:
        get_qapp()  # registers napari's icons with the application, which was made before napari
        self._viewer = ViewerModel(title="Loss Explorer", axis_labels=("z", "y", "x"))
        self._qt_viewer = QtViewer(self._viewer, show_welcome_screen=False)
        # Rows run down and columns to the right, whatever the user's settings of napari, because
        # the letters of the anatomical directions assume it.
        self._viewer.scene.camera.orientation2d = ("down", "right")
        # In every theme, because the colours of the maps are those of light on black.
        self._viewer.canvas.background_color_override = "black"
        # The window opens dropped files, as label volumes.
        self._qt_viewer.setAcceptDrops(False)
        self.directions = DirectionLabels(self._qt_viewer.canvas.native)
        self._brought: list[LabelsOffer] = []
        self._volume: LabelVolume | None = None
        self._cells: dict[str, Cell] = {}
        self._buffers: dict[str, PaintedVolume] = {}
        self._layout = "side by side"
        self._shown: tuple[str, ...] = MAPS
        self._limits, self._most_probable = ColorLimits(), math.nan
        self._titles = Titles()
        self._has_rim = False
        self._plane: Plane | None = None
        self._outlined = 0
        self._truth = ShownTruth(np.zeros((0, 0, 0), np.uint8), None)
        self._truth_shown = 1
        self._overlaps = False
        self._refreshing = TimeSlices(self._refresh, self._qt_viewer.canvas.native)
        own_hands.take_over(self._qt_viewer, self._viewer)
        self._viewer.mouse_move_callbacks.append(self._on_mouse_move)
        self._pointed: tuple[float, ...] | None = None  # in mm, where the pointer is
        self._leaving = _Leaving(self._qt_viewer.canvas.native, self._point_nowhere)
        for events in (self._viewer.dims.events.order, self._viewer.dims.events.ndisplay):
            events.connect(lambda _: self._point_nowhere())
        self._viewer.scene.camera.events.connect(lambda _: self._point_nowhere())
        self._viewer.mouse_drag_callbacks.append(clicks(self._on_click))
        self._viewer.dims.events.current_step.connect(self._on_dims)
        self._viewer.dims.events.order.connect(self._on_dims)
        self._viewer.dims.events.ndisplay.connect(self._on_dims)
        self._viewer.dims.events.ndisplay.connect(self._show_outline)
        self._viewer.dims.events.ndisplay.connect(self._show_gradient)
        for change in ("order", "ndisplay"):
            getattr(self._viewer.dims.events, change).connect(self._show_directions)

    @property
    def widget(self) -> QWidget:
        """The Qt widget: canvas and slice slider."""
        widget: QWidget = self._qt_viewer
        return widget

    @property
    def native(self) -> QWidget:
        """The widget of the canvas itself, which has the focus and is clicked."""
        native: QWidget = self._qt_viewer.canvas.native
        return native

    @property
    def plane(self) -> Plane | None:
        """The slice on screen, or None in 3D."""
        axes, dims = self._axes_on_screen(), self._viewer.dims
        if axes is None or self._volume is None:
            return None
        (axis,) = {0, 1, 2} - set(axes)
        # The slider has the steps of the finest layer, which need not be one of the program's.
        index = round(dims.point[axis - 3] / self._volume.spacing[axis])
        return Plane(axis, min(max(index, 0), self._volume.shape[axis] - 1))

    def _axes_on_screen(self) -> tuple[int, int] | None:
        """Return the axes (z, y, x) that run down and across the screen; None in 3D."""
        dims = self._viewer.dims
        if dims.ndisplay == 3:
            return None
        # Layers with more axes have their additional axes before z, y and x.
        down, across = (axis - (dims.ndim - 3) for axis in dims.displayed)
        return (down, across) if down >= 0 and across >= 0 else None

    def array(
        self, name: Literal["truth", "prediction", "error", "gradient", "beside"]
    ) -> NDArray[Any]:
        """Return the values that a map shows, shape (z, y, x)."""
        return np.asarray(self._cells[name].map.data)

    def thumbnail(self, class_index: int, size: tuple[int, int]) -> NDArray[np.uint8] | None:
        """Return a small picture of what is on screen, see `thumbnail`; None if nothing is open."""
        if self._volume is None:
            return None
        axes = self._axes_on_screen() or (1, 2)
        return thumbnail(
            self._volume, class_index, self._buffers["error"].array, self.plane, axes, size
        )

    def values_at(self, voxel: tuple[int, int, int]) -> tuple[float, float]:
        """Return predicted probability and gradient in a voxel, NaN where not painted."""
        prediction, gradient = (
            self._cells[name].map.data[voxel] for name in ("prediction", "gradient")
        )
        return float(prediction), float(gradient)

    @property
    def gradient_limit(self) -> float:
        """The gradient at the ends of the colour bar."""
        return self._limits.gradient

    @property
    def number_limits(self) -> tuple[float, float] | None:
        """The predicted numbers at the ends of their colours; None if they are probabilities."""
        return self._limits.numbers

    @property
    def most_probable(self) -> float:
        """The largest probability painted last; NaN before anything is painted."""
        return self._most_probable

    def open(self, volume: LabelVolume, plane: Plane) -> None:
        """Show another volume, at a slice.

        Parameters
        ----------
        volume : LabelVolume
            The truth, with or without an image.
        plane : Plane
            The slice to show.
        """
        for _ in self.opening(volume, plane):
            pass

    def opening(self, volume: LabelVolume, plane: Plane) -> Iterator[None]:
        """Show another volume as `open` does, yielding between pieces of the work.

        Events may be handled in between, but the canvas must not be used before the end.
        """
        self._volume = None  # events of the dims are ignored while layers change
        self._refreshing.forget()
        before = _has_what(self._cells[MAPS[0]]) if self._cells else None
        has_image = volume.image is not None
        codes = np.min_scalar_type(2 * len(volume.classes) - 1)
        self._truth_shown = min(1, len(volume.classes) - 1)
        outlined = shown_labels(volume, self._truth_shown)
        truth = ShownTruth(outlined, hatching(volume))
        self._buffers = {
            "truth": PaintedVolume(volume.shape, codes, outlined),
            "prediction": PaintedVolume(volume.shape, np.float32, np.nan),
            "error": PaintedVolume(volume.shape, np.uint8, 0),
            "gradient": PaintedVolume(volume.shape, np.float32, np.nan),
        }
        if BESIDE in self._cells:
            for layer in self._cells.pop(BESIDE).layers:
                self._viewer.layers.remove(layer)
        before_limits, self._limits = self._limits, ColorLimits()
        self._limits.keep_scale_of(before_limits)
        self._most_probable = math.nan
        self._outlined, self._has_rim = 0, False
        self._titles = Titles()
        for layer in self._other_layers():  # hidden, they take no cell
            _show(layer, False)
        self._truth, self._overlaps = truth, volume.overlap is not None
        alike = before == (has_image, truth.hatching is not None)
        if alike and _is_near(self._cells[MAPS[0]].map.scale, volume.spacing):
            refill(self._cells, volume, truth, self._buffers)
            self._arrange()
        else:
            yield from self._new_layers(volume)
        # An active layer would take keys and clicks and let the user paint on the truth.
        self._viewer.layers.selection.clear()
        self._volume = volume
        self._plane = plane  # the plane the caller expects; in 3D or along another axis it differs
        self._viewer.dims.set_point(plane.axis - 3, plane.index * volume.spacing[plane.axis])
        self.look_at_labels()
        self._on_dims()
        self._show_gradient()
        self._show_directions()

    def _new_layers(self, volume: LabelVolume) -> Iterator[None]:
        """Make new cells, and keep other layers above them; yields as `opening` does."""
        layers, others = self._viewer.layers, self._other_layers()
        # Without `batched_update`, napari arranges all cells again for each added layer.
        with layers.batched_update():
            del layers[:]  # `clear` would end that
            self._cells = {}
            for name, cell in make_cells(volume, self._truth, self._buffers):
                self._cells[name] = cell
                yield
                layers.extend(cell.layers)
                yield
            layers.extend(others)
            self._arrange()

    def _other_layers(self) -> list[Any]:
        """Return the layers in the viewer that are not the program's own."""
        own = {id(layer) for cell in self._cells.values() for layer in cell.layers}
        return [layer for layer in self._viewer.layers if id(layer) not in own]

    def offers(self) -> list[LabelsOffer]:
        """Return the Labels layers that can be chosen as the truth: those not of the program."""
        others = [
            LabelsOffer(layer, f"layer {layer.name}")
            for layer in self._other_layers()
            if isinstance(layer, Labels)
        ]
        return others + self._brought

    def bring(self, offers: Iterable[LabelsOffer]) -> None:
        """Offer layers that a plugin has read, in place of former layers of the same path."""
        new = list(offers)
        paths = {offer.path for offer in new}
        self._brought = [offer for offer in self._brought if offer.path not in paths] + new

    def arrange(self, layout: str, shown: tuple[str, ...] = MAPS) -> None:
        """Put the maps side by side, or one over another.

        Parameters
        ----------
        layout : {"side by side", "overlaid"}
            The layout.
        shown : tuple of str
            The maps that are shown side by side: four in two rows, fewer in one.
        """
        is_there = BESIDE not in shown or BESIDE in self._cells
        if (layout, shown) == (self._layout, self._shown) and is_there:
            return
        self._layout, self._shown = layout, shown
        with self._viewer.layers.batched_update():
            if not is_there and self._volume is not None:
                self._add_beside(self._volume)
            self._arrange()

    def _add_beside(self, volume: LabelVolume) -> None:
        """Make the cell of another prediction, behind that of the prediction."""
        self._buffers[BESIDE] = PaintedVolume(volume.shape, np.float32, np.nan)
        cell = self._cells[BESIDE] = make_cell_beside(volume, self._truth, self._buffers[BESIDE])
        layers = self._viewer.layers
        place = layers.index(self._cells["prediction"].layers[-1]) + 1
        for layer in reversed(cell.layers):
            layers.insert(place, layer)
        layers.selection.clear()

    def _arrange(self) -> None:
        beside = self._layout == "side by side"
        cells = self._viewer.canvas.grid
        cells.stride = max((len(cell.layers) for cell in self._cells.values()), default=2)
        cells.shape = (2, 2) if len(self._shown) == len(MAPS) else (1, len(self._shown))
        cells.spacing = 0.0
        cells.enabled = beside
        self.directions.make_room(for_title=beside and cells.shape[1] % 2 == 1)
        for name, cell in self._cells.items():
            # Overlaid, the image is shown once, with truth and gradient above it and the outline on
            # top; error and prediction would hide truth and gradient. A cell of hidden layers has
            # no place in the grid.
            is_shown = beside and name in self._shown
            if cell.image is not None:
                _show(cell.image, is_shown or (not beside and name == MAPS[0]))
            _show(cell.map, is_shown or (not beside and name in ("truth", "gradient")))
        self._show_outline()

    def look_at_labels(self) -> None:
        """Centre the labelled voxels and fill about half of the canvas with them."""
        if self._volume is None:
            return
        self._viewer.reset_view()
        offset = self._viewer.dims.ndim - 3
        shown = [axis - offset for axis in self._viewer.dims.displayed[-2:]]
        low, high = labelled_box(self._volume)
        edges = np.array(self._volume.spacing)
        whole = max((np.array(self._volume.shape) * edges)[shown])
        labelled = max((high - low + 1)[shown] * edges[shown])
        camera = self._viewer.scene.camera
        camera.center = tuple((low + high) / 2 * edges)
        camera.zoom *= float(np.clip(0.45 * whole / labelled, 1.0, 8.0))

    @property
    def camera(self) -> Camera:
        """What the camera looks at; it can be set to what it was."""
        camera = self._viewer.scene.camera
        return tuple(camera.center), camera.zoom

    @camera.setter
    def camera(self, camera: Camera) -> None:
        self._viewer.scene.camera.center, self._viewer.scene.camera.zoom = camera

    def look_at_all(self) -> None:
        """Fit the volume into the canvas."""
        self._viewer.reset_view()

    def toggle_3d(self) -> None:
        """Switch between a slice and the volume."""
        ndisplay = 2 if self._viewer.dims.ndisplay == 3 else 3
        if ndisplay == 3:
            self._hide_outline()  # beforehand, because napari warns of outlines in 3D
        self._viewer.dims.ndisplay = ndisplay

    def show_plane(self, plane: Plane) -> None:
        """Show a slice, along whatever axis it lies and from 3D, too."""
        if self._volume is None:
            return
        if self._viewer.dims.ndisplay == 3:
            self.toggle_3d()
        if self.plane is None or self.plane.axis != plane.axis:
            offset = self._viewer.dims.ndim - 3
            others = [axis for axis in range(3) if axis != plane.axis]
            order = [*range(offset), *(axis + offset for axis in (plane.axis, *others))]
            self._viewer.dims.order = tuple(order)
        self._viewer.dims.set_point(plane.axis - 3, plane.index * self._volume.spacing[plane.axis])

    def turn_to(self, plane: Plane | None) -> None:
        """Show a slice, or the volume in 3D, unless it is on screen."""
        if plane == self._plane or self._volume is None:
            return
        if plane is None:
            self.toggle_3d()
        else:
            self.show_plane(plane)

    def move_slice(self, by: int) -> None:
        """Show the slice that lies so many further on, as far as there are any."""
        plane = self.plane
        if plane is not None and self._volume is not None:
            last = self._volume.shape[plane.axis] - 1
            self.show_plane(replace(plane, index=min(max(plane.index + by, 0), last)))

    def roll_axes(self) -> None:
        """Show slices along the next axis."""
        self._viewer.dims.roll()

    def transpose(self) -> None:
        """Have what ran across the screen run down it."""
        self._viewer.dims.transpose()

    def show_class(self, class_index: int, gradient: str) -> None:
        """Outline a class, and name the class and the gradient above the maps.

        Parameters
        ----------
        class_index : int
            The class index; the background has no outline.
        gradient : str
            The name of the gradient.
        """
        if self._volume is None:
            return
        name = self._volume.classes[class_index].name
        titles = {
            "truth": f"Truth · {name}" if self._overlaps else "Truth",
            "prediction": f"Prediction · {name}",
            "error": f"Error · {name}",
            "gradient": gradient,
        }
        self.show_titles(titles, class_index)

    def show_titles(self, titles: Mapping[str, str], class_index: int) -> None:
        """Write titles above the maps, by the maps' names, and outline a class.

        Parameters
        ----------
        titles : mapping of str to str
            By the name of the map.
        class_index : int
            The class index; the background has no outline.
        """
        if self._volume is None:
            return
        self._titles.change(titles)
        self.fit_titles()
        self._show_truth_of(class_index)
        if class_index != self._outlined:
            self._outlined = class_index
            for name, cell in self._cells.items():
                if name != "truth" or not self._overlaps:
                    cell.outline.colormap = colormaps.outline(class_index)

    def _show_truth_of(self, class_index: int) -> None:
        """Show another one of overlapping classes."""
        volume = self._volume
        if volume is None or volume.overlap is None or class_index == self._truth_shown:
            return
        self._truth_shown = class_index
        self._truth.outlined[...] = shown_labels(volume, class_index)
        self._buffers["truth"].replace(self._truth.outlined)
        for cell in self._cells.values():
            if cell.outline.visible:
                cell.outline.refresh()
        self._refreshing.add(["truth"])

    def fit_titles(self) -> None:
        """Write the titles at the size at which the longest fits into its cell, or cut it."""
        cells = self._viewer.canvas.grid
        columns = max(cells.shape[1], 1) if cells.enabled else 1
        self._titles.fit(self._cells, self._shown, self.native.width() / columns)

    def set_scale(self, scale: Scale, fixed: float, sharing: Mapping[str, Hashable]) -> None:
        """Choose what the ends of the gradient's colours follow.

        Parameters
        ----------
        scale : {"automatic", "shared", "fixed"}
            The map that is painted, the widest of those that share it, or nothing.
        fixed : float
            The gradient at the high end of a fixed scale.
        sharing : mapping of str to hashable
            The losses or outputs that share one, with what each depends on as it is set.
        """
        limits, before = self._limits, self._limits.gradient
        limits.scale, limits.fixed, limits.sharing = scale, fixed, sharing
        if limits.gradient != before:
            self._refreshing.add(["gradient"])

    def show_maps(
        self,
        maps: PaintedMaps,
        *,
        same_state: bool,
        are_numbers: bool = False,
        of: str = "",
        subject: Hashable = None,
    ) -> None:
        """Show the maps of an answer.

        Parameters
        ----------
        maps : PaintedMaps
            The maps of a slice or of the volume.
        same_state : bool
            Whether only the slice changed since the last call, so that the maps painted in other
            slices are still valid.
        are_numbers : bool
            Whether what is predicted is no probability but a number, such as an intensity.
        of : str
            What is painted, where that is no loss but an output of a network.
        subject : hashable
            What the gradient depends on, as for `set_scale`.
        """
        if self._volume is None:
            return
        request = maps.request
        plane = request.plane
        assert maps.probability is not None  # the canvas requests all maps
        self._show_truth_of(request.class_index)
        truth = shown_labels(self._volume, request.class_index, plane)
        every, rim = self._volume.ignored, maps.rim
        ignored = np.zeros((), bool) if every is None else in_plane(every, plane)
        # In slices the prediction is below the hatching, which 3D has not.
        hides = plane is None and every is not None
        painted: dict[str, NDArray[Any]] = {
            "prediction": np.where(ignored, np.nan, maps.probability)
            if hides
            else maps.probability,
            "gradient": maps.gradient,
        }
        if maps.decided is not None:
            errors = error_categories(truth, maps.decided, request.class_index)
            counts = ~(np.isnan(maps.probability) | ignored)
            painted["error"] = np.where(counts, errors, np.uint8(0))
        if rim is not None or self._has_rim:
            rim = rim if rim is None else np.where(ignored, rim.dtype.type(0), rim)
            painted["truth"] = truth_codes(truth, rim, len(self._volume.classes))
        self._has_rim = maps.rim is not None
        for name, values in painted.items():
            if not same_state:
                self._buffers[name].clear()
            self._buffers[name].paint(plane, values)
        numbers = maps.probability if are_numbers else None
        painted_of = (request.wrt, of or request.loss, request.class_index)
        self._limits.follow_gradient(
            maps.gradient, same_state=same_state, of=painted_of, subject=subject
        )
        self._limits.follow_numbers(numbers, same_state=same_state)
        self._most_probable = float(np.nanmax(maps.probability, initial=0.0))
        self._refreshing.add(painted)

    def show_beside(self, maps: PaintedMaps, *, same_state: bool) -> None:
        """Show the probability of another prediction, as `show_maps` does; its cell is shown."""
        if self._volume is None or BESIDE not in self._buffers or maps.probability is None:
            return
        if not same_state:
            self._buffers[BESIDE].clear()
        self._buffers[BESIDE].paint(maps.request.plane, maps.probability)
        self._refreshing.add([BESIDE])

    def clear_maps(self) -> None:
        """Show truth and image alone: what is painted belongs to something else."""
        if self._volume is not None:
            for buffer in self._buffers.values():
                buffer.clear()
            self._limits.forget_gradients()
            self._most_probable, self._has_rim = math.nan, False
            self._refreshing.add(self._buffers)

    def finish(self) -> None:
        """Show at once maps that are painted but not drawn yet."""
        self._refreshing.finish()

    def image(self, scale: float) -> QImage:
        """Return what is on the canvas, drawn anew with `scale` pixels for each of the screen."""
        self.finish()
        return drawn_anew(self._qt_viewer.canvas, scale)

    def _refresh(self, name: str) -> Iterator[None]:
        """Have napari show the painted map, as `Layer.refresh` does; yields as `opening` does."""
        if name not in self._cells:
            return
        if name == "gradient":
            self._show_gradient()
        layer, ends = self._cells[name].map, self._limits.of_map(name)
        if name == "prediction" and layer.colormap != self._limits.colormap:
            layer.colormap = self._limits.colormap
            yield
        if ends is not None and tuple(layer.contrast_limits) != ends:
            set_limits(layer, ends)
            yield
        if layer.visible:
            layer.set_view_slice()
            yield
            layer.events.set_data()

    def set_theme(self, theme: str) -> None:
        """Use napari's dark or light theme."""
        self._viewer.theme = theme
        self._qt_viewer.setStyleSheet(get_stylesheet(theme))

    def close(self) -> None:
        """Free the layers and the OpenGL context."""
        self._volume = None
        self._refreshing.forget()
        self._viewer.layers.clear()
        self._qt_viewer.close()

    def _show_outline(self) -> None:
        """Outline the prediction, or the topmost map, and hatch what is ignored; not in 3D.

        There, napari fills outlines, and hatching would hide what is within and behind it.
        """
        self._hide_outline()
        is_flat = self._viewer.dims.ndisplay == 2
        beside = self._layout == "side by side"
        for name, cell in self._cells.items():
            if cell.hatching is not None:
                is_shown = name in self._shown if beside else name == MAPS[-1]
                _show(cell.hatching, is_flat and is_shown)
        if self._cells and is_flat:
            # Side by side, the other maps show the boundary anyway.
            names = ["prediction" if beside else MAPS[-1]]
            if beside and self._overlaps:
                names.append("truth")
            for name in names:
                self._cells[name].outline.contour = 1
                _show(self._cells[name].outline, True)

    def _show_gradient(self) -> None:
        """Show the gradient; in 3D once it is painted, because napari draws NaN as the low end."""
        if not self._cells:
            return
        is_flat = self._viewer.dims.ndisplay == 2
        opacity = 1.0 if is_flat or self._buffers["gradient"].is_whole else 0.0
        if self._cells["gradient"].map.opacity != opacity:
            self._cells["gradient"].map.opacity = opacity

    def _hide_outline(self) -> None:
        for cell in self._cells.values():
            if cell.outline.visible:
                cell.outline.visible = False
                cell.outline.contour = 0

    def _on_dims(self) -> None:
        if self._volume is None:
            return
        plane = self.plane
        if plane != self._plane:
            self._plane = plane
            self.plane_changed.emit(plane)
            if plane is not None and self._pointed is not None:
                z, y, x = self._pointed
                at = plane.index * self._volume.spacing[plane.axis]
                self._point_at(tuple(at if k == plane.axis else v for k, v in enumerate((z, y, x))))

    def _show_directions(self) -> None:
        axes = self._axes_on_screen()
        orientation = None if self._volume is None else self._volume.orientation
        if axes is None or orientation is None:
            self.directions.show_directions(None)
        else:
            down, across = axes
            self.directions.show_directions(directions_of(orientation, across, down))

    def _on_mouse_move(self, viewer: ViewerModel, event: Any) -> None:
        del viewer
        if self._volume is not None:
            self._point_at(tuple(event.position[-3:]))

    def _point_nowhere(self) -> None:
        """Forget where the pointer was: it has left, or another place is under it."""
        if self._pointed is not None:
            self._pointed = None
            self.probed.emit(None)

    def _point_at(self, place: tuple[float, ...]) -> None:
        assert self._volume is not None
        self._pointed = place
        self.probed.emit(voxel_at(self._volume, place))

    def _on_click(self, event: Any) -> None:
        """Say which voxel was clicked."""
        volume = self._volume
        if volume is None:
            return
        if self._viewer.dims.ndisplay == 3:
            voxel = first_labelled(volume, self._cells["truth"].map, event)
        else:
            voxel = voxel_at(volume, event.position)
        if voxel is not None:
            self.picked.emit(voxel)


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


def _has_what(cell: Cell) -> tuple[bool, bool]:
    """Return whether a cell has an image, and whether it has hatching."""
    return cell.image is not None, cell.hatching is not None


def _is_near(spacing: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether layers of two spacings can be in the viewer together.

    Its sliders count the smallest voxels in the largest layer, which Qt has 31 bits for.
    """
    ratios = np.divide(spacing, other)
    return bool(ratios.max() < _NEAR and ratios.min() > 1 / _NEAR)


def _show(layer: Any, visible: bool) -> None:
    """Show or hide a layer if needed, because napari draws a layer again even without a change."""
    if layer.visible != visible:
        layer.visible = visible
