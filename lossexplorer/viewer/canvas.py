"""The canvas: panes of one volume as layers of napari, under one camera."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from napari.layers import Labels
from napari.qt import QtViewer, get_qapp, get_stylesheet
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QWidget

from lossexplorer.engine.messages import Plane
from lossexplorer.session.appearance import Appearance
from lossexplorer.session.panes import Pane
from lossexplorer.session.state import SideConvention
from lossexplorer.viewer import own_hands
from lossexplorer.viewer.directions import DirectionLabels
from lossexplorer.viewer.first_frame import FirstFrame
from lossexplorer.viewer.hands import Hands
from lossexplorer.viewer.marked import Marked
from lossexplorer.viewer.marks import Marks
from lossexplorer.viewer.navigation import Navigation
from lossexplorer.viewer.offers import LabelsOffer
from lossexplorer.viewer.panes.grid import PaneGrid
from lossexplorer.viewer.panes.painting import PaintedPanes
from lossexplorer.viewer.panes_viewer import PanesViewer
from lossexplorer.viewer.pixels import drawn_anew
from lossexplorer.viewer.places import ScreenPlaces
from lossexplorer.viewer.planes.axes import PlaneAxes, plane_name, three_planes
from lossexplorer.viewer.planes.three import ThreePlanes
from lossexplorer.viewer.pointer import Pointer
from lossexplorer.viewer.sliders import span_of
from lossexplorer.viewer.thumbnails import thumbnail
from lossexplorer.viewer.turning import Turning
from lossexplorer.volumes import LabelVolume

Scale = Literal["automatic", "shared", "fixed"]

BESIDE = Pane("beside")


class SliceCanvas:
    """The canvas: panes of one volume under one camera, each over its image.

    Attributes
    ----------
    plane_changed : Signal(object)
        The `Plane` on screen, or None in 3D.
    panes : PaneGrid
        What is shown beside each other.
    maps : PaintedPanes
        What is painted on them.
    navigation : Navigation
        Which slice is on screen, and where the camera looks.
    pointer : Pointer
        What is pointed at and clicked.
    three : ThreePlanes
        What is shown of each pane, if it is three planes.
    directions : DirectionLabels
        Letters at the edges, if the orientation of the volume is known.
    places : ScreenPlaces
        Where places of the volume are in pixels.
    marks : Marks
        What is drawn above the panes.
    hands : Hands
        Drags on the canvas that are not napari's.
    turning : Turning
        Draws volumes in larger steps while the camera moves.
    """

    plane_changed = Signal(object)

    def __init__(self) -> None:
        get_qapp()  # registers napari's icons with the application, which was made before napari
        self._viewer = PanesViewer(title="Loss Explorer", axis_labels=("z", "y", "x"))
        # Nobody reads napari's tips, and what a tip says of keys may be a warning.
        self._qt_viewer = QtViewer(self._viewer, show_welcome_screen=False, tips=())
        # Rows run down and columns to the right, whatever the user's settings of napari, because
        # the letters of the anatomical directions assume it.
        self._viewer.scene.camera.orientation2d = ("down", "right")
        # In every theme, because the colours of the maps are those of light on black.
        self._viewer.canvas.background_color_override = "black"
        # The window opens dropped files, as label volumes.
        self._qt_viewer.setAcceptDrops(False)
        self._first_frame = FirstFrame(self._qt_viewer.canvas)
        self.directions = DirectionLabels(self.native)
        self.panes = PaneGrid(self._viewer)
        self.three = ThreePlanes(self._qt_viewer, self._viewer)
        self._shows_three = False
        self._labelled: object = None  # what has letters at its edges
        # Outlines go beforehand, because napari warns of them in 3D.
        self.navigation = Navigation(self._viewer, self._prepare_3d, self.three)
        self._brought: list[LabelsOffer] = []
        self._volume: LabelVolume | None = None
        self._plane: Plane | None = None
        self.turning = Turning(self._qt_viewer, self.panes.anatomies)
        own_hands.take_over(self._qt_viewer, self._viewer)
        self.pointer = Pointer(self._viewer, self.native, self.panes.truth_layer, self.three)
        self.places = ScreenPlaces(
            self._viewer, self.native, self.navigation, self.panes.shape, self.three
        )
        self.marks = Marks(self.native, self._viewer, self.places)
        self.three.looked_at.changed.connect(self.marks.follow, max_args=0)
        self.maps = PaintedPanes(self._viewer, self.native, self.panes, self.marks.show_outlines)
        self.hands = Hands(self.native, self.places, self.marks)
        events = self._viewer.dims.events
        for change in (events.current_step, events.order, events.ndisplay):
            change.connect(self._on_dims)
        # Outlines of gradients are in the viewer, and sliced, only after this.
        events.ndisplay.connect(self.panes.follow_display)
        events.ndisplay.connect(self.panes.show_outlines)
        for change in (events.order, events.ndisplay):
            change.connect(self._show_directions)

    @property
    def widget(self) -> QWidget:
        """The Qt widget: canvas and slice slider."""
        widget: QWidget = self._qt_viewer
        return widget

    def slider_span(self) -> tuple[QWidget, float, float] | None:
        """Return the slider of the slices on screen, and from where to where its slices are on it.

        The handle is in the middle of a slice's place. None if there is no slider.
        """
        plane = self.navigation.plane
        if plane is None or self._volume is None:
            return None
        slider = self._qt_viewer.dims.slider_widgets[plane.axis - 3].slider
        last = self._volume.shape[plane.axis] - 1
        return None if not last or not slider.isVisible() else (slider, *span_of(slider, last))

    @property
    def native(self) -> QWidget:
        """The widget of the canvas itself, which has the focus and is clicked."""
        native: QWidget = self._qt_viewer.canvas.native
        return native

    # What is on it

    def array(self, name: str) -> NDArray[Any]:
        """Return the values that a pane shows, by its name, shape (z, y, x)."""
        return np.asarray(self.panes.cells[name].map.data)

    def thumbnail(self, class_index: int, size: tuple[int, int]) -> NDArray[np.uint8] | None:
        """Return a small picture of what is on screen, see `thumbnail`; None if nothing is open."""
        if self._volume is None:
            return None
        axes = self.navigation.axes_on_screen() or (1, 2)
        plane, error = self.navigation.plane, self.array("error")
        return thumbnail(self._volume, class_index, error, plane, axes, size)

    def values_at(self, voxel: tuple[int, int, int]) -> tuple[float, float]:
        """Return predicted probability and gradient in a voxel, NaN where not painted."""
        prediction, gradient = (self.array(name)[voxel] for name in ("prediction", "gradient"))
        return float(prediction), float(gradient)

    # Another volume

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
        self._use(None)  # events of the dims are ignored while layers change
        self.maps.forget()
        yield from self.panes.opening(volume, self._planes_of(volume))
        # An active layer would take keys and clicks and let the user paint on the truth.
        self._viewer.layers.selection.clear()
        self._use(volume)
        self._attach_planes()
        self._plane = plane  # the plane the caller expects; in 3D or along another axis it differs
        self.navigation.set_point(plane, volume)
        self.navigation.look_at_labels()
        self._on_dims()
        self.panes.follow_display()
        self._show_directions()

    def _use(self, volume: LabelVolume | None) -> None:
        self._volume = self.navigation.volume = self.pointer.volume = volume
        self.maps.use(volume)
        self.hands.has_image = volume is not None and volume.image is not None

    # Layers of others

    def offers(self) -> list[LabelsOffer]:
        """Return the Labels layers that can be chosen as the truth: those not of the program."""
        others = [
            LabelsOffer(layer, f"layer {layer.name}")
            for layer in self.panes.others()
            if isinstance(layer, Labels)
        ]
        return others + self._brought

    def bring(self, offers: Iterable[LabelsOffer]) -> None:
        """Offer layers that a plugin has read, in place of former layers of the same path."""
        new = list(offers)
        paths = {offer.path for offer in new}
        self._brought = [offer for offer in self._brought if offer.path not in paths] + new

    # Panes

    def arrange(self, layout: str, panes: Sequence[Pane], *, three: bool = False) -> bool:
        """Put panes side by side, or the gradient over the truth.

        Parameters
        ----------
        layout : {"side by side", "overlaid"}
            The layout.
        panes : sequence of Pane
            What is shown side by side, from the upper left to the lower right.
        three : bool
            Whether each shows three planes, and not one alone.

        Returns
        -------
        bool
            Whether a pane is there that was not, on which nothing is painted yet.
        """
        before, had = set(self.panes.cells), self.panes.planes
        self._shows_three = three
        new = self.panes.arrange(layout, tuple(panes), self._planes_of(self._volume))
        for name in before - set(self.panes.cells):
            self.maps.forget_pane(name)
        if self.panes.planes or had:
            self._attach_planes()
        if bool(self.panes.planes) != bool(had):
            self.navigation.look_at_labels()
        views = self.panes.views() if layout == "side by side" else self.panes.views()[:1]
        labelled = (views, self.panes.shape())
        if labelled != self._labelled:
            self._labelled = labelled
            self.directions.show_panes(self.panes.shape(), len(views))
            self._show_directions()
        return bool(new)

    def _planes_of(self, volume: LabelVolume | None) -> tuple[PlaneAxes, ...]:
        """Return the planes that are to be shown of a volume; none for that of the sliders."""
        if volume is None or not self._shows_three:
            return ()
        return three_planes(volume.orientation, self.navigation.convention)

    def _attach_planes(self) -> None:
        """Have a camera and a crosshair for each plane on screen."""
        if self.three.attach([axes for _, axes in self.panes.views() if axes is not None]):
            self._show_directions()

    def cross_at(self, voxel: tuple[int, int, int]) -> None:
        """Have the planes go through a voxel (z, y, x), if there are three."""
        if self._volume is not None and self.three.views:
            self.three.cross_at(voxel, self._volume)
            for axes in self.panes.planes:
                self.pointer.follow(Plane(axes.axis, voxel[axes.axis]))

    def _prepare_3d(self) -> None:
        """Hide what napari does not draw in 3D as it does in slices."""
        if self._shows_three:  # each would show the whole volume
            self._shows_three = False
            self.panes.show_planes(())
            self._attach_planes()
            self.navigation.look_at_labels()  # there is more room in fewer views
        self.panes.hide_outlines()

    @property
    def _count(self) -> int:
        """How many panes there are on the screen."""
        return len(self.panes.views()) if self._viewer.canvas.grid.enabled else 1

    def show_appearance(self, appearance: Appearance) -> None:
        """Have other opacities, outlines, contrast or interpolation."""
        had = self.panes.appearance.outlines_prediction
        self.panes.show_appearance(appearance)
        if had != appearance.outlines_prediction:
            self.maps.outline_prediction()

    @property
    def image_ends(self) -> tuple[float, float] | None:
        """The values of the image that are black and white; None without an image."""
        return self.panes.image_ends

    def mark(self, marked: Marked) -> None:
        """Draw something above each pane."""
        self.marks.show_marked(marked, self._count)

    def show_titles(self, titles: Mapping[str, str], class_index: int) -> None:
        """Write titles above the panes, by the panes' names, and outline a class.

        Parameters
        ----------
        titles : mapping of str to str
            By the name of the pane.
        class_index : int
            The class index; the background has no outline.
        """
        if self._volume is None:
            return
        self.panes.titles.change(titles)
        self.fit_titles()
        self.maps.show_truth_of(class_index)
        self.panes.outline(class_index)

    def fit_titles(self) -> None:
        """Write the titles at the size at which the longest fits into its pane, or cut it."""
        self.panes.fit_titles(self.native.width(), self.native.height())
        self.directions.leave_room(self.panes.title_ends())

    def image(self, scale: float) -> QImage:
        """Return what is on the canvas, drawn anew with `scale` pixels for each of the screen."""
        self.maps.finish()
        self._first_frame.lay_out()
        return drawn_anew(self._qt_viewer.canvas, scale)

    # The widget

    def set_theme(self, theme: str, style: str = "") -> None:
        """Use napari's dark or light theme, and a style sheet above it."""
        self._viewer.theme = theme
        self._qt_viewer.setStyleSheet(get_stylesheet(theme) + style)

    def close(self) -> None:
        """Free the layers and the OpenGL context."""
        self._use(None)
        self.maps.forget()
        self.turning.finish()
        self._viewer.layers.clear()
        self._qt_viewer.close()

    def _on_dims(self) -> None:
        if self._volume is None:
            return
        plane = self.navigation.plane
        if plane != self._plane:
            self._plane = plane
            self.plane_changed.emit(plane)
            self.pointer.follow(plane)

    def _show_directions(self) -> None:
        navigation, convention = self.navigation, self.navigation.convention
        navigation.turn()
        planes = [axes for _, axes in self.panes.views()]
        directions = [navigation.directions(axes) for axes in planes]
        is_said = any(directions) and convention != "as stored"
        self.directions.show_directions(directions, convention if is_said else "")
        orientation = None if self._volume is None else self._volume.orientation
        names = [plane_name(orientation, axes.axis) for axes in planes if axes is not None]
        self.directions.show_names(names)
        self.maps.let_through()

    def use_convention(self, convention: SideConvention) -> None:
        """Turn slices as radiologists or neurologists see them, or show them as stored."""
        if convention != self.navigation.convention:
            self.navigation.convention = convention
            if self.panes.planes:  # the planes may lie otherwise
                self.panes.show_planes(self._planes_of(self._volume))
                self._attach_planes()
            self._show_directions()
