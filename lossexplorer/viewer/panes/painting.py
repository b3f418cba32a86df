"""What is painted on the panes: maps, and the colours they have."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray
from qtpy.QtWidgets import QWidget

from lossexplorer.engine.messages import PaintedMaps, Plane
from lossexplorer.session.panes import Pane
from lossexplorer.viewer.color_limits import ColorLimits
from lossexplorer.viewer.panes.grid import PaneGrid
from lossexplorer.viewer.panes.prediction import ProbabilityMap
from lossexplorer.viewer.panes.solid import ends_of, set_ends
from lossexplorer.viewer.time_slices import TimeSlices
from lossexplorer.volumes import LabelVolume

Scale = Literal["automatic", "shared", "fixed"]

BESIDE = Pane("beside")


class PaintedPanes:
    """Paints the maps of answers on the panes, each in its colours, and draws them soon.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers the panes are.
    native : QWidget
        The widget of the canvas.
    panes : PaneGrid
        What is shown beside each other.
    outline : callable
        Outlines masks of slices, by their planes.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        native: QWidget,
        panes: PaneGrid,
        outline: Callable[[Mapping[Plane, NDArray[np.bool_]]], None],
    ) -> None:
        self._viewer, self._panes, self._outline = viewer, panes, outline
        self._volume: LabelVolume | None = None
        self._limits, self._most_probable = ColorLimits(), math.nan
        self._predicted: dict[Plane, NDArray[np.bool_]] = {}
        self._refreshing = TimeSlices(self._refresh, native)
        viewer.dims.events.ndisplay.connect(self._color_predictions)

    def forget(self) -> None:
        """Have nothing painted: what comes next is of another volume."""
        self._refreshing.forget()
        before, self._limits = self._limits, ColorLimits()
        self._limits.keep_scale_of(before)
        self._most_probable = math.nan

    def use(self, volume: LabelVolume | None) -> None:
        """Paint what is of a volume, or nothing while there is none."""
        self._volume = volume
        self._forget_prediction()

    def _forget_prediction(self) -> None:
        """Outline no prediction until the next is painted."""
        self._predicted = {}
        self.outline_prediction()

    def forget_pane(self, name: str) -> None:
        """Have no colours of a pane that is gone."""
        self._limits.forget_pane(name)

    @property
    def gradient_limit(self) -> float:
        """The gradient of the chosen loss at the ends of the colour bar."""
        return self._limits.gradient()

    def limit_of(self, pane: Pane) -> float:
        """Return the gradient at the high end of a pane's colours; 0 before it is painted."""
        return self._limits.gradient(pane.name)

    @property
    def number_limits(self) -> tuple[float, float] | None:
        """The predicted numbers at the ends of their colours; None if they are probabilities."""
        return self._limits.numbers

    @property
    def most_probable(self) -> float:
        """The largest probability painted last; NaN before anything is painted."""
        return self._most_probable

    def set_scale(self, scale: Scale, fixed: float, sharing: Mapping[str, Hashable]) -> None:
        """Choose what the ends of the gradients' colours follow.

        Parameters
        ----------
        scale : {"automatic", "shared", "fixed"}
            The map that is painted, the widest of those that share it, or nothing.
        fixed : float
            The gradient at the high end of a fixed scale.
        sharing : mapping of str to hashable
            The losses or outputs that share one, with what each depends on as it is set.
        """
        limits, before = self._limits, self._gradient_limits()
        limits.scale, limits.fixed, limits.sharing = scale, fixed, sharing
        after = self._gradient_limits()
        self._refreshing.add(name for name, limit in after.items() if before[name] != limit)

    def _gradient_limits(self) -> dict[str, float]:
        names = [content.pane.name for _, content in self._panes.gradients]
        return {name: self._limits.gradient(name) for name in names}

    def show_truth_of(self, class_index: int) -> None:
        """Show the truth of a class, or of all."""
        if self._panes.show_truth_of(class_index):
            self._refreshing.add(["truth"])

    def show(
        self,
        maps: PaintedMaps,
        *,
        same_state: bool,
        are_numbers: bool = False,
        of: str = "",
        subjects: Mapping[str, Hashable] | None = None,
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
        subjects : mapping of str to hashable, optional
            What the gradient of each loss depends on, as for `set_scale`.
        """
        if self._volume is None:
            return
        request = maps.request
        assert maps.probability is not None  # the canvas requests all maps
        self.show_truth_of(request.class_index)
        before = self._gradient_limits()
        painted = self._panes.paint(maps, same_state=same_state)
        for _, content in self._panes.gradients:
            subject, found = content.subject(maps), [content.values(e) for e in maps.slices]
            painted_now = [field.ravel() for field in found if field is not None]
            if painted_now:
                gradient = np.concatenate(painted_now)
                depends = (subjects or {}).get(subject.loss)
                key = (request.wrt, of or subject.loss, subject.class_index)
                self._limits.follow_gradient(
                    gradient,
                    same_state=same_state,
                    of=key,
                    subject=depends,
                    pane=content.pane.name,
                )
            elif not same_state:
                self._limits.blank_pane(content.pane.name)
        self._limits.follow_numbers(
            maps.probability if are_numbers else None, same_state=same_state
        )
        self._predicted = _decided(maps)
        self.outline_prediction()
        self._most_probable = float(np.nanmax(maps.probability, initial=0.0))
        after = self._gradient_limits()
        self._refreshing.add([*painted, *(n for n in after if after[n] != before[n])])

    def show_beside(self, maps: PaintedMaps, *, same_state: bool) -> None:
        """Show the probability of another prediction, as `show` does; its cell is shown."""
        cell = self._panes.cells.get(BESIDE.name)
        if self._volume is None or cell is None or maps.probability is None:
            return
        if not same_state:
            cell.content.painted.clear()
        for each in maps.slices:
            if each.probability is not None:
                cell.content.painted.paint(each.request.plane, each.probability)
        self._refreshing.add([BESIDE.name])

    def clear(self) -> None:
        """Show truth and image alone: what is painted belongs to something else."""
        if self._volume is None:
            return
        for cell in self._panes.cells.values():
            cell.content.painted.clear()
        self._limits.forget_gradients()
        self._most_probable = math.nan
        self._forget_prediction()
        self._refreshing.add(self._panes.cells)

    def wait_for(self, is_preceded: Callable[[], bool]) -> None:
        """Have maps wait to be drawn while numbers are about to come, until `draw` is called."""
        self._refreshing.is_preceded = is_preceded

    def draw(self) -> None:
        """Draw maps that waited for numbers."""
        self._refreshing.draw()

    def let_through(self) -> None:
        """Have the canvas drawn once though maps wait: letters and marks above it have moved."""
        self._refreshing.let_through()

    def finish(self) -> None:
        """Show at once maps that are painted but not drawn yet."""
        self._refreshing.finish()

    def outline_prediction(self) -> None:
        """Outline what is predicted of the class shown in the slices that were painted last."""
        masks = self._predicted if self._panes.appearance.outlines_prediction else {}
        self._outline(masks)

    def _refresh(self, name: str) -> Iterator[None]:
        """Have napari show the painted map, as `Layer.refresh` does; yields as `opening` does."""
        if name not in self._panes.cells:
            return
        cell = self._panes.cells[name]
        if name == "gradient" or cell.content.pane.kind == "gradient":
            self._panes.follow_display()
        layer, ends = cell.map, self._limits.of_pane(cell.content.pane)  # whose twins follow it
        if type(cell.content) is ProbabilityMap and self._color_prediction(layer):
            yield
        cell = self._panes.cells.get(name, cell)
        if ends is not None and ends_of(cell) != ends:
            set_ends(cell, ends)
            yield
        if name not in self._panes.cells:  # removed in between
            return
        for drawn in (*self._panes.maps_of(name), cell.positive):
            if drawn is not None and drawn.visible:
                drawn.set_view_slice()
                yield
                drawn.events.set_data()

    def _color_predictions(self) -> None:
        """Have predictions in the colours of slices or of surfaces."""
        for cell in self._panes.cells.values():
            if isinstance(cell.content, ProbabilityMap):
                self._color_prediction(cell.map)

    def _color_prediction(self, layer: Any) -> bool:
        """Have a prediction in its colours; return whether they are others now.

        A number that is no probability has no surface of its own.
        """
        are_numbers = self._limits.numbers is not None
        is_surface = self._viewer.dims.ndisplay == 3 and not are_numbers
        wanted = self._limits.surface if is_surface else self._limits.colormap
        if layer.colormap == wanted:
            return False
        layer.colormap = wanted
        layer.rendering = "mip" if are_numbers else "iso"
        return True


def _decided(maps: PaintedMaps) -> dict[Plane, NDArray[np.bool_]]:
    """Return where the class shown is predicted, in each slice of an answer."""
    return {
        each.request.plane: each.decided == each.request.class_index
        for each in maps.slices
        if each.request.plane is not None and each.decided is not None
    }
