"""What drags on the canvas set: the profile's line, the ruler and the image's contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lossexplorer.core.numbers import tidy
from lossexplorer.engine.messages import Voxel
from lossexplorer.session import Session
from lossexplorer.session.appearance import dragged, window_and_level
from lossexplorer.session.state import Point

if TYPE_CHECKING:
    from lossexplorer.viewer.canvas import SliceCanvas

_Ends = tuple[float, float]


def connect_hands(session: Session, canvas: SliceCanvas) -> None:
    """Have drags on a canvas set what they show."""
    hands = canvas.hands
    began: list[_Ends] = []  # the contrast at the beginning of the drag

    def begin() -> None:
        ends = canvas.panes.image_ends
        began[:] = [] if ends is None else [ends]

    def contrast(right: float, up: float) -> None:
        fitting = canvas.panes.fitting_ends
        if began and fitting is not None:
            ends = dragged(began[0], fitting, right, up)
            _set_contrast(session, ends)
            window, level = map(tidy, window_and_level(ends))
            canvas.marks.say(f"window {window} · level {level}", canvas.hands.at)

    def measure(ends: tuple[Point, Point]) -> None:
        if session.volume is not None:
            first, last = (_within(end, session.volume.shape) for end in ends)
            session.show(ruler=(first, last))

    def draw(ends: tuple[Point, Point]) -> None:
        if session.volume is not None:
            first, last = (_voxel(end, session.volume.shape) for end in ends)
            session.show(line=(first, last))

    hands.contrasting.connect(begin)
    hands.contrasted.connect(contrast)
    hands.uncontrasted.connect(lambda: _set_contrast(session, None))
    hands.measured.connect(measure)
    hands.lined.connect(draw)


def _set_contrast(session: Session, ends: _Ends | None) -> None:
    session.show(appearance=replace(session.state.view.appearance, contrast=ends))


def _within(place: Point, shape: Sequence[int]) -> Point:
    """Return the nearest place that is in the volume, whose voxels reach half a voxel further."""
    z, y, x = (min(max(at, -0.5), n - 0.501) for at, n in zip(place, shape, strict=True))
    return z, y, x


def _voxel(place: Point, shape: Sequence[int]) -> Voxel:
    z, y, x = (min(max(round(at), 0), n - 1) for at, n in zip(place, shape, strict=True))
    return z, y, x
