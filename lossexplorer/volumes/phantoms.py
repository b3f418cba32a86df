"""Volumes made by a formula, each of which shows one thing about losses in its purest form.

Every function makes one sample volume, as a tuple: a single volume, or those of a batch.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.formats.raw import RawVolume
from lossexplorer.volumes.model.labels import LabelVolume, label_volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lossexplorer.volumes.spacing import Spacing

Array = np.ndarray[Any, Any]
Volumes = tuple[LabelVolume, ...]
Tube = tuple[Array, Array, float]
"""A straight tube: its two ends in mm, (z, y, x), and its radius in mm."""

_SHAPE = (64, 64, 64)
_MIDDLE = (32, 32, 32)
_MILLIMETRE = (1.0, 1.0, 1.0)

# Where a tube divides into two equal ones, Murray's law (1926) says how much narrower they are
# and by which angle they turn away.
_NARROWING = 2 ** (-1 / 3)
_TURN = math.acos(2 ** (-1 / 3))

_FIRST_BRANCH = 4.0  # mm, the radius
_GENERATIONS = 6  # the last of a radius of 1.26 mm, beyond half a voxel's diagonal: no gaps
_LENGTH = 3.8  # of a tube, in radii


def shells() -> Volumes:
    """Return three nested shells: a ball of 10 mm, and around it two shells of 5 mm each."""
    ids = np.zeros(_SHAPE, np.uint8)
    for id_, radius in ((3, 20), (2, 15), (1, 10)):
        ids[_ball(_MIDDLE, radius)] = id_
    return (_volume(ids, {1: "core", 2: "middle shell", 3: "outer shell"}),)


def plate() -> Volumes:
    """Return a plate of 48 × 48 mm across z, 4, 3, 2 and 1 mm thick in steps along x."""
    ids = np.zeros(_SHAPE, np.uint8)
    for number, thickness in enumerate((4, 3, 2, 1)):
        first = 8 + 12 * number
        ids[30 : 30 + thickness, 8:56, first : first + 12] = 1
    return (_volume(ids, {1: "plate"}),)


def vessels() -> Volumes:
    """Return a tree of tubes that divides five times in two, 4 mm in radius at its root.

    Slices are 1.5 mm apart.
    """
    spacing = (1.5, 1.0, 1.0)
    ids = np.zeros((48, 64, 64), np.uint8)
    up, across = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    root = np.array([6.0, 32.0, 32.0])
    for tube in _tree(root, up, across, _FIRST_BRANCH, _GENERATIONS):
        _draw(ids, tube, spacing)
    return (_volume(ids, {1: "vessel"}, spacing),)


def lesion() -> Volumes:
    """Return a lesion of 3 mm in radius, 2 mm from an organ of 20 mm in radius."""
    ids = np.zeros(_SHAPE, np.uint8)
    ids[_ball((32, 32, 26), 20)] = 1
    ids[_ball((32, 32, 51), 3)] = 2
    return (_volume(ids, {1: "organ", 2: "lesion"}),)


def absent() -> Volumes:
    """Return an organ of 20 mm in radius, and a lesion that no voxel belongs to."""
    ids = _ball(_MIDDLE, 20).astype(np.uint8)
    organ = _volume(ids, {1: "organ"})
    return (organ.with_ids([2]).with_names({2: "lesion"}),)


def imbalance() -> Volumes:
    """Return a batch of two: a structure of 20 mm in radius, and the same class of 3 mm."""
    balls = (_ball(_MIDDLE, radius).astype(np.uint8) for radius in (20, 3))
    return tuple(_volume(ball, {1: "structure"}) for ball in balls)


def blocks() -> Volumes:
    """Return a batch of two of 16³ voxels, with two blocks in the first and one in the second.

    Few enough voxels to compute every loss by hand.
    """
    first, second = np.zeros((2, 16, 16, 16), np.uint8)
    first[4:12, 4:12, 4:12] = 1
    first[2:4, 2:4, 2:4] = 2
    second[4:7, 4:7, 4:7] = 1
    names = {1: "large block", 2: "small block"}
    both = (_volume(first, names), _volume(second, {1: names[1]}))
    return tuple(each.with_ids([2]).with_names(names) for each in both)


def _volume(ids: Array, names: Mapping[int, str], spacing: Spacing = _MILLIMETRE) -> LabelVolume:
    raw = RawVolume("phantom", ids, spacing, names=names)
    return label_volume(ids, raw, name=raw.name, path="")


def _ball(middle: tuple[int, int, int], radius: int) -> Array:
    """Return where the distance to a voxel, in voxels, is at most the radius."""
    z, y, x = np.ogrid[tuple(slice(-m, n - m) for m, n in zip(middle, _SHAPE, strict=True))]
    inside: Array = z**2 + y**2 + x**2 <= radius**2
    return inside


def _tree(
    start: Array, along: Array, across: Array, radius: float, generations: int
) -> Iterator[Tube]:
    """Yield a tube and those that it divides into.

    Parameters
    ----------
    start
        Where it begins, mm (z, y, x).
    along, across
        Perpendicular unit vectors: its direction, and that in which it divides.
    radius
        Its radius in mm.
    generations
        How many tubes follow each other, at least 1.
    """
    end = start + _LENGTH * radius * along
    yield start, end, radius
    if generations == 1:
        return
    turned = np.cross(along, across)
    for side in (-1, 1):
        direction = math.cos(_TURN) * along + side * math.sin(_TURN) * across
        yield from _tree(end, direction, turned, radius * _NARROWING, generations - 1)


def _draw(ids: Array, tube: Tube, spacing: Spacing) -> None:
    """Set the voxels whose centres lie in a tube with round ends to 1."""
    start, end, radius = tube
    edges = np.array(spacing)
    low = np.floor((np.minimum(start, end) - radius) / edges).astype(int)
    high = np.ceil((np.maximum(start, end) + radius) / edges).astype(int) + 1
    box = tuple(slice(max(0, a), b) for a, b in zip(low, high, strict=True))
    block = ids[box]
    offsets = np.array([cut.start for cut in box]).reshape(3, 1, 1, 1)
    places = (np.indices(block.shape) + offsets) * edges.reshape(3, 1, 1, 1)
    axis = end - start
    # The share of the way from start to end at which the tube is closest to each place.
    share = np.clip(np.einsum("i,i...", axis, places) - axis @ start, 0, axis @ axis) / (
        axis @ axis
    )
    nearest = start.reshape(3, 1, 1, 1) + axis.reshape(3, 1, 1, 1) * share
    block[((places - nearest) ** 2).sum(0) <= radius**2] = 1
