"""Which voxel is pointed at, and when it is clicked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lossexplorer.engine.messages import Voxel
from lossexplorer.volumes import LabelVolume

_LEFT = 1  # the button, as vispy counts
_STILL = 4  # pixels that the pointer may move during a click


def clicks(clicked: Callable[[Any], object]) -> Callable[[Any, Any], Iterator[None]]:
    """Return what napari calls with a pressed button: it hands on clicks, and not drags.

    Parameters
    ----------
    clicked : callable
        Takes the event of a left button that is released where it was pressed, without Alt, Ctrl
        or Shift, which napari has gestures for.
    """

    def on_press(viewer: object, event: Any) -> Iterator[None]:
        del viewer
        start = np.array(event.pos)
        is_click = event.button == _LEFT and not event.modifiers
        yield
        while event.type == "mouse_move":
            is_click &= bool(np.abs(np.array(event.pos) - start).max() <= _STILL)
            yield
        if is_click:
            clicked(event)

    return on_press


def voxel_at(volume: LabelVolume, position: Sequence[float]) -> Voxel | None:
    """Return the voxel at a position; None outside the volume.

    Parameters
    ----------
    volume : LabelVolume
        What is on the canvas.
    position : sequence of float
        Along z, y, x, in mm from the centre of the first voxel; other axes before them are ignored.
    """
    z, y, x = (
        round(place / edge) for place, edge in zip(position[-3:], volume.spacing, strict=True)
    )
    inside = all(0 <= v < n for v, n in zip((z, y, x), volume.shape, strict=True))
    return (z, y, x) if inside else None


def first_labelled(volume: LabelVolume, layer: Any, event: Any) -> Voxel | None:
    """Return the first labelled voxel in the line of sight of an event in 3D; None if it has none.

    Parameters
    ----------
    volume : LabelVolume
        What is on the canvas.
    layer : napari.layers.Layer
        A layer that covers the volume.
    event : napari.utils.events.Event
        Where the pointer is.
    """
    near, far = layer.get_ray_intersections(
        event.position, event.view_direction, list(event.dims_displayed)
    )
    if near is None or far is None:
        return None
    # Half a voxel at the most from one sample to the next.
    count = 2 * int(np.ceil(np.abs(far - near).max())) + 1
    samples = np.rint(np.linspace(near[-3:], far[-3:], count)).astype(int)
    samples = np.clip(samples, 0, np.array(volume.shape) - 1)
    seen = np.flatnonzero(volume.labelled[tuple(samples.T)])
    if not seen.size:
        return None
    z, y, x = samples[seen[0]].tolist()
    return z, y, x
