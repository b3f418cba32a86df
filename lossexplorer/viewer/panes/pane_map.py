"""What a pane shows of a volume: its voxels, as they are painted, and their colours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from lossexplorer.engine.messages import PaintedMaps
from lossexplorer.session.panes import Pane
from lossexplorer.viewer.maps import in_plane
from lossexplorer.viewer.painted import PaintedVolume
from lossexplorer.volumes import LabelVolume


class PaneMap(ABC):
    """The map of a pane.

    Parameters
    ----------
    pane : Pane
        What it is to show.
    volume : LabelVolume
        Of what.

    Attributes
    ----------
    pane, volume
        As given.
    painted : PaintedVolume
        The voxels that its layer shows.
    """

    outlined: ClassVar[bool] = False
    """Whether the class shown is outlined above it, side by side with other panes."""

    def __init__(self, pane: Pane, volume: LabelVolume) -> None:
        self.pane, self.volume = pane, volume
        self.painted = self.blank()

    @property
    def layer_name(self) -> str:
        """What its layer is called until it has a title."""
        return self.pane.name.capitalize()

    @abstractmethod
    def blank(self) -> PaintedVolume:
        """Return the voxels before anything is painted."""

    @abstractmethod
    def layer(self, shared: dict[str, Any]) -> Any:
        """Return a new layer that shows `painted`.

        Parameters
        ----------
        shared : dict
            What all layers of the volume have in common, as keyword arguments.
        """

    def color(self, layer: Any) -> None:
        """Give a layer that showed another volume the colours of this one, if those differ."""
        del layer

    def values(self, maps: PaintedMaps) -> NDArray[Any] | None:
        """Return what an answer has to paint, in its slice; None for nothing."""
        del maps
        return None

    def ignored(self, maps: PaintedMaps) -> NDArray[np.bool_]:
        """Return which voxels of the answer's slice count nowhere; one False for none."""
        every = self.volume.ignored
        return np.zeros((), bool) if every is None else in_plane(every, maps.request.plane)


def categories(name: str, array: NDArray[Any], colors: Any, shared: dict[str, Any]) -> Labels:
    """Return a layer of numbers of which each has a colour, and in 3D a smooth surface."""
    return Labels(
        array,
        name=name,
        colormap=colors,
        opacity=1.0,
        blending="translucent_no_depth",
        rendering="iso_categorical",
        iso_gradient_mode="smooth",
        **shared,
    )
