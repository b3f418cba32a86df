"""The panes in their grid: their cells, in which order and which of their layers are shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image

from lossexplorer.engine.messages import PaintedMaps
from lossexplorer.session.appearance import Appearance
from lossexplorer.session.panes import DEFAULT_PANES, Pane
from lossexplorer.viewer import colormaps
from lossexplorer.viewer.maps import contrast_limits, hatching, shown_labels
from lossexplorer.viewer.panes.cells import (
    Cell,
    ShownTruth,
    make_cell,
    refilled,
    set_if_other,
    set_limits,
    show,
)
from lossexplorer.viewer.panes.gradient import GradientMap
from lossexplorer.viewer.panes.kinds import map_of
from lossexplorer.viewer.panes.solid import laid_down, stood_up
from lossexplorer.viewer.panes.titles import Titles
from lossexplorer.viewer.panes.truth import TruthMap
from lossexplorer.viewer.planes.axes import PlaneAxes
from lossexplorer.viewer.planes.slicing import slice_along, twin, unlink
from lossexplorer.volumes import LabelVolume

_SHAPES = ((1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (2, 3), (2, 4), (2, 4), (3, 3))
"""Rows and columns, by the number of panes less one."""
_PLANES_IN_A_ROW = 2
"""Of so many panes each has its three planes in a row; of more, each has them in a column."""
_NEAR = 1000
_PALE = 0.25
"""The opacity in 3D of the anatomy, whose brightest voxels would hide what is painted."""
_FORMER = "of the former volume"
_KEPT = tuple(pane.name for pane in DEFAULT_PANES)
"""Panes that are painted though they are not shown: pictures, values and `overlaid` need them."""
_LOWER, _UPPER = "truth", "gradient"
"""The panes of which maps are shown one over the other."""


class PaneGrid:
    """The panes of a volume and where they are.

    Parameters
    ----------
    viewer : ViewerModel
        Which has their layers.

    Attributes
    ----------
    cells : dict of str to Cell
        By the names of their panes.
    titles : Titles
        What is written above them.
    appearance : Appearance
        How maps and image look.
    planes : tuple of PlaneAxes
        What each pane shows of the volume; empty for the plane of the viewer alone.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.cells: dict[str, Cell] = {}
        self.titles = Titles()
        self._volume: LabelVolume | None = None
        self._layout = "side by side"
        self._panes: tuple[Pane, ...] = DEFAULT_PANES
        self._outlined, self._truth_shown = 0, 1
        self._truth = ShownTruth(np.zeros((0, 0, 0), np.uint8), None)
        self.appearance = Appearance()
        self._fitting: tuple[float, float] | None = None  # the ends that fit the image
        self.planes: tuple[PlaneAxes, ...] = ()
        self._twins: dict[str, list[list[Any]]] = {}  # of a cell's layers, for the further planes

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the panes side by side, from the upper left to the lower right."""
        return tuple(pane.name for pane in self._panes)

    def shape(self) -> tuple[int, int]:
        """Return rows and columns of the panes on screen."""
        return self._shape() if self._viewer.canvas.grid.enabled else (1, 1)

    def _shape(self) -> tuple[int, int]:
        count, planes = len(self._panes), len(self.planes)
        if not planes:
            return _SHAPES[count - 1]
        return (count, planes) if count <= _PLANES_IN_A_ROW else (planes, count)

    def views(self) -> list[tuple[str, PlaneAxes | None]]:
        """Return the pane and the plane of each view, from the upper left to the lower right."""
        if not self.planes:
            return [(name, None) for name in self.shown]
        if len(self.shown) <= _PLANES_IN_A_ROW:
            return [(name, axes) for name in self.shown for axes in self.planes]
        return [(name, axes) for axes in self.planes for name in self.shown]

    def maps_of(self, name: str) -> list[Any]:
        """Return the layers that show the map of a pane, one a plane."""
        place = self.cells[name].layers.index(self.cells[name].map)
        return [layers[place] for layers in self._layers_of(name)]

    def _layers_of(self, name: str) -> list[list[Any]]:
        """Return the layers of a pane, those of each plane by themselves."""
        return [self.cells[name].layers, *self._twins.get(name, [])]

    @property
    def gradients(self) -> list[tuple[Cell, GradientMap]]:
        """The panes of gradients, with what they show."""
        return [(c, c.content) for c in self.cells.values() if isinstance(c.content, GradientMap)]

    def anatomies(self) -> list[Any]:
        """Return the images that lie below maps."""
        cells = [c for c in self.cells.values() if c.content.pane.kind != "image"]
        return [cell.image for cell in cells if cell.image is not None]

    def truth_layer(self) -> Any:
        """Return the layer of the truth, which covers the volume."""
        return self.cells["truth"].map

    def others(self) -> list[Any]:
        """Return the layers in the viewer that are not the program's own."""
        own = {id(layer) for name in self.cells for some in self._layers_of(name) for layer in some}
        return [layer for layer in self._viewer.layers if id(layer) not in own]

    # Another volume

    def opening(self, volume: LabelVolume, planes: tuple[PlaneAxes, ...] = ()) -> Iterator[None]:
        """Show another volume, and planes of it as in `arrange`, in pieces of work as it yields."""
        before, layers = self._volume, self._viewer.layers
        # Without `batched_update`, napari arranges all cells again for each added or removed layer.
        with layers.batched_update():
            self._remove_twins(list(self._twins))
        self._volume, self.planes = volume, planes
        self._stand_up(False)
        self._outlined, self._truth_shown = 0, min(1, len(volume.classes) - 1)
        self._truth = ShownTruth(shown_labels(volume, self._truth_shown), hatching(volume))
        self._fitting = contrast_limits(volume)
        self.titles = Titles()
        for layer in self.others():  # hidden, they take no cell
            show(layer, False)
        is_near = before is not None and _is_near(before.spacing, volume.spacing)
        if before is not None and is_near and _has_what(before) == _has_what(volume):
            # Each at once: in a batch, labels were drawn without their texture where a process had
            # two canvases.
            self._remove([name for name in self.cells if name not in (*_KEPT, *self.shown)])
            for name, cell in self.cells.items():
                self.cells[name] = refilled(cell, map_of(cell.content.pane, volume), self._truth)
            self._arrange()
        else:
            yield from self._new_cells(volume)

    def _new_cells(self, volume: LabelVolume) -> Iterator[None]:
        """Make new cells, and keep other layers above them; yields as `opening` does."""
        layers, others = self._viewer.layers, self.others()
        with layers.batched_update():
            # Without layers napari has two dimensions, and fails where three are displayed: one
            # layer stays until there is another, with a name that no other has. In millimetres of
            # both volumes, a slider might have more steps than Qt counts.
            own = [layer for layer in layers if layer not in others]
            former = (own or others)[:1]
            for layer in [layer for layer in layers if layer not in former]:
                layers.remove(layer)
            for layer in own[:1]:
                layer.name, layer.scale = _FORMER, volume.spacing
            self.cells = {}
            for pane in dict.fromkeys((*DEFAULT_PANES, *self._panes)):
                cell = self.cells[pane.name] = make_cell(map_of(pane, volume), self._truth)
                yield
                layers.extend(cell.layers)
                while former:
                    layers.remove(former.pop())
                yield
            layers.extend(others)
            self._arrange()

    # Which panes

    def arrange(
        self, layout: str, panes: tuple[Pane, ...], planes: tuple[PlaneAxes, ...] = ()
    ) -> list[str]:
        """Show panes side by side, or the gradient over the truth; return those that are new.

        Parameters
        ----------
        layout : {"side by side", "overlaid"}
            The layout.
        panes : tuple of Pane
            What is shown side by side, from the upper left to the lower right.
        planes : tuple of PlaneAxes
            What each shows of the volume; empty for the plane of the viewer alone.
        """
        missing = [pane for pane in panes if pane.name not in self.cells]
        wanted = (layout, panes, planes)
        if wanted == (self._layout, self._panes, self.planes) and not missing:
            return []
        self._layout, self._panes, self.planes = wanted
        volume = self._volume
        if volume is None:
            return []
        with self._viewer.layers.batched_update():
            self._remove([n for n in self.cells if n not in _KEPT and n not in self.shown])
            for pane in missing:
                cell = self.cells[pane.name] = make_cell(map_of(pane, volume), self._truth)
                self._viewer.layers.extend(cell.layers)
                self._outline(cell)
            self._arrange()
        self.follow_display()
        # An active layer would take keys and clicks and let the user paint on the truth.
        self._viewer.layers.selection.clear()
        return [pane.name for pane in missing]

    def show_planes(self, planes: tuple[PlaneAxes, ...]) -> None:
        """Show other planes in the same panes, as `arrange` does."""
        self.arrange(self._layout, self._panes, planes)

    def _remove(self, names: list[str]) -> None:
        self._remove_twins(names)
        for name in names:
            self.titles.forget(name)
            for layer in self.cells.pop(name).layers:
                self._viewer.layers.remove(layer)

    def _remove_twins(self, names: list[str]) -> None:
        layers = [layer for name in names for some in self._twins.pop(name, []) for layer in some]
        if layers:
            unlink(layers)
            for layer in layers:
                self._viewer.layers.remove(layer)

    def _make_twins(self) -> None:
        """Have layers for each plane of each pane shown, and no others."""
        self._remove_twins([n for n in self._twins if n not in self.shown or not self.planes])
        for name in self.shown if self.planes else ():
            if name not in self._twins:
                own = self.cells[name].layers
                self._twins[name] = [[twin(layer) for layer in own] for _ in self.planes[1:]]
                for layers in self._twins[name]:
                    self._viewer.layers.extend(layers)
        for name in self.cells:
            for place, layers in enumerate(self._layers_of(name)):
                axes = self.planes[place] if self.planes and name in self.shown else None
                for layer in layers:
                    slice_along(layer, axes, self._viewer.dims)

    def _arrange(self) -> None:
        beside = self._layout == "side by side"
        self._make_twins()
        self._order(self.shown if beside else _KEPT)
        places = self._viewer.canvas.grid
        places.stride = max((len(cell.layers) for cell in self.cells.values()), default=2)
        places.shape = self._shape()
        places.spacing = 0.0
        places.enabled = beside
        for name, cell in self.cells.items():
            # Overlaid, the image is shown once, with truth and gradient above it and the outline on
            # top; error and prediction would hide truth and gradient. A cell of hidden layers has
            # no place in the grid.
            is_shown = beside and name in self.shown
            if cell.image is not None:
                show(cell.image, is_shown or (not beside and name == _LOWER))
            show(cell.map, is_shown or (not beside and name in (_LOWER, _UPPER)))
        self._look()
        self.show_outlines()

    def _order(self, names: tuple[str, ...]) -> None:
        """Have the layers of cells in this order, which is that of the grid."""
        layers = self._viewer.layers
        wanted = [name for name in names if name in self.cells]
        now = [name for name in self.cells if name in wanted]
        places = [layers.index(layer) for name in wanted for layer in self.cells[name].layers]
        if not self.planes and now == wanted and places == sorted(places):
            return
        hidden = [name for name in self.cells if name not in wanted]
        self.cells = {name: self.cells[name] for name in (*wanted, *hidden)}
        every = [self.cells[name].layers for name in self.cells]
        if self.planes:
            views = [self._layers_of(name)[self._place_of(axes)] for name, axes in self.views()]
            every = [*views, *(self.cells[name].layers for name in hidden)]
        for place, layer in enumerate(layer for group in every for layer in group):
            if layers[place] is not layer:
                layers.move(layers.index(layer), place)

    def _place_of(self, axes: PlaneAxes | None) -> int:
        return 0 if axes is None else self.planes.index(axes)

    def paint(self, maps: PaintedMaps, *, same_state: bool) -> list[str]:
        """Paint an answer's maps; return the names of the panes that show something else now.

        Parameters
        ----------
        maps : PaintedMaps
            The maps of a slice or of the volume.
        same_state : bool
            Whether what is painted in other slices is still valid.
        """
        found = []
        for name, cell in self.cells.items():
            painted = cell.content.painted
            was_blanked = not same_state and painted.clear()
            values = [(each.request.plane, cell.content.values(each)) for each in maps.slices]
            for plane, field in values:
                if field is not None:
                    painted.paint(plane, field)
            if was_blanked or any(field is not None for _, field in values):
                found.append(name)
        return found

    # What lies above the maps

    def outline(self, class_index: int) -> None:
        """Outline a class in the truth; the background has no outline."""
        if class_index != self._outlined:
            self._outlined = class_index
            for cell in self.cells.values():
                self._outline(cell)

    def _outline(self, cell: Cell) -> None:
        pane, volume = cell.content.pane, cell.content.volume
        if pane.kind != "truth" or volume.overlap is None:
            cell.outline.colormap = colormaps.outline(pane.class_of(self._outlined))

    def show_truth_of(self, class_index: int) -> bool:
        """Show another one of overlapping classes; return whether it is another one."""
        volume = self._volume
        if volume is None or volume.overlap is None or class_index == self._truth_shown:
            return False
        self._truth_shown = class_index
        self._truth.outlined[...] = shown_labels(volume, class_index)
        for cell in self.cells.values():
            if isinstance(cell.content, TruthMap):
                cell.content.show_class(class_index, self._truth.outlined)
            outlines = [cell.outline]
            if cell.content.pane.name in self._twins:
                place = cell.layers.index(cell.outline)
                outlines = [layers[place] for layers in self._layers_of(cell.content.pane.name)]
            for outline in outlines:
                if outline.visible:
                    outline.refresh()
        return True

    def show_outlines(self) -> None:
        """Outline the prediction, or the topmost map, and hatch what is ignored; not in 3D.

        There, napari fills outlines, and hatching would hide what is within and behind it.
        """
        self.hide_outlines()
        is_flat = self._viewer.dims.ndisplay == 2
        beside = self._layout == "side by side"
        for name, cell in self.cells.items():
            if cell.hatching is not None:
                is_shown = name in self.shown if beside else name == _UPPER
                show(cell.hatching, is_flat and is_shown)
            if is_flat and (self._is_outlined(cell) if beside else name == _UPPER):
                cell.outline.contour = 1
                show(cell.outline, True)

    def _is_outlined(self, cell: Cell) -> bool:
        """Whether a cell has an outline side by side; most maps show the boundary anyway."""
        pane, volume = cell.content.pane, cell.content.volume
        if self.appearance.outlines_truth and pane.name in self.shown:
            return True
        of_truth = pane.kind == "truth" and volume.overlap is not None
        return pane.name in self.shown and (cell.content.outlined or of_truth)

    def hide_outlines(self) -> None:
        """Hide every outline."""
        for cell in self.cells.values():
            if cell.outline.visible:
                cell.outline.visible = False
                cell.outline.contour = 0

    def follow_display(self) -> None:
        """Show slices or, in 3D, volumes: of gradients one for each sign, above a pale anatomy.

        A gradient is seen in 3D once it is painted as a whole.
        """
        is_flat = self._viewer.dims.ndisplay == 2
        for image in self.anatomies():
            opacity = 1.0 if is_flat else _PALE
            if image.opacity != opacity:
                image.opacity = opacity
        self._stand_up(not is_flat)
        for cell, content in self.gradients:
            self._fade(cell, content)
            if cell.positive is not None:
                show(cell.positive, cell.map.visible)

    def _fade(self, cell: Cell, content: GradientMap) -> None:
        """Have a gradient's opacity; in 3D none before it is painted as a whole."""
        is_seen = self._viewer.dims.ndisplay == 2 or content.painted.is_whole
        opacity = self.appearance.opacity("gradient") if is_seen else 0.0
        for layer in (cell.map, cell.positive):
            if layer is not None:
                set_if_other(layer, "opacity", opacity)

    def _stand_up(self, are_solid: bool) -> None:
        """Have a volume for each sign of every gradient, or none."""
        for cell, content in self.gradients:
            if (cell.positive is not None) != are_solid:
                changed = stood_up if are_solid else laid_down
                self.cells[content.pane.name] = changed(cell, self._viewer.layers)

    # How they look

    def show_appearance(self, appearance: Appearance) -> None:
        """Have other opacities, outlines, contrast or interpolation."""
        before, self.appearance = self.appearance, appearance
        if before == appearance:
            return
        self._look()
        if before.outlines_truth != appearance.outlines_truth:
            self.show_outlines()

    @property
    def image_ends(self) -> tuple[float, float] | None:
        """The values of the image that are black and white; None without an image."""
        return None if self._fitting is None else self.appearance.contrast or self._fitting

    @property
    def fitting_ends(self) -> tuple[float, float] | None:
        """Those that fit the image."""
        return self._fitting

    def _look(self) -> None:
        """Have every layer look as `appearance` says."""
        for cell in self.cells.values():
            if not isinstance(cell.content, GradientMap):
                set_if_other(cell.map, "opacity", self.appearance.opacity(cell.content.pane.kind))
            for layer in (cell.image, cell.map):
                if isinstance(layer, Image):
                    set_if_other(layer, "interpolation2d", self.appearance.interpolation)
            _set_ends(cell.image, self.image_ends)
        for cell, content in self.gradients:
            self._fade(cell, content)

    def fit_titles(self, width: float, height: float) -> None:
        """Write the titles so that they fit their panes, in a canvas of a size in pixels."""
        shown = self.shown if self._layout == "side by side" else (_LOWER, _UPPER)
        rows, columns = self.shape()
        self.titles.fit(self.cells, shown, width / columns, height / rows)

    def title_ends(self) -> list[float]:
        """Return how far the title of each view reaches, as `Titles.ends`; 0 if it has none."""
        ends = self.titles.ends
        if self._layout != "side by side":
            return [max(ends.values(), default=0.0)]
        first = self.planes[0] if self.planes else None
        return [ends.get(name, 0.0) if axes == first else 0.0 for name, axes in self.views()]


def _set_ends(image: Image | None, ends: tuple[float, float] | None) -> None:
    """Have other values black and white, if there is an image."""
    if image is not None and ends is not None and tuple(image.contrast_limits) != ends:
        set_limits(image, ends)


def _has_what(volume: LabelVolume) -> tuple[bool, bool]:
    """Return whether a volume has an image, and whether it has ignored voxels."""
    return volume.image is not None, volume.ignored is not None


def _is_near(spacing: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether layers of two spacings can be in the viewer together.

    Its sliders count the smallest voxels in the largest layer, which Qt has 31 bits for.
    """
    ratios = np.divide(spacing, other)
    return bool(ratios.max() < _NEAR and ratios.min() > 1 / _NEAR)
