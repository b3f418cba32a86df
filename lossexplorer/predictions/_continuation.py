"""Scores beyond one side of a volume, where each voxel has the class of the nearest one in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing
from lossexplorer.predictions._scores import Planes, continued

Floats = NDArray[np.float32]

# Voxels of the places that are measured in one call, which starts a thread and waits for it.
_AT_ONCE = 2**15
# Places of one call are so far from each other, in mm, that the nearest member is in the same one.
_APART = 1e9


@dataclass(frozen=True)
class VolumeSide:
    """A side of a volume.

    Attributes
    ----------
    axis : int
        The axis of (z, y, x) that it ends.
    is_first : bool
        Whether it is before the first plane of the axis; else after the last one.
    """

    axis: int
    is_first: bool


def scores_beyond(
    labels: NDArray[np.unsignedinteger],
    classes: int,
    spacing: Spacing,
    side: VolumeSide,
    planes: int,
) -> Floats:
    """Return the scores in the planes beyond a side, as `class_scores` of the continued labels.

    The square of a distance is that along the axis plus that within a plane, so a class's planes
    are looked at one by one, those near the side first, until none can be nearer.

    Parameters
    ----------
    labels : array, shape (z, y, x)
        Class indices.
    classes : int
        Number of classes.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    side : VolumeSide
        The side.
    planes : int
        The number of planes.

    Returns
    -------
    array of float32, shape (class, z, y, x)
        Scores in mm, with `planes` as the length of the side's axis.

    Examples
    --------
    >>> labels = np.array([[[0, 0, 1, 1, 1]]], dtype=np.uint8)
    >>> scores_beyond(labels, 2, (1.0, 1.0, 2.0), VolumeSide(2, True), 3)[1, 0, 0].tolist()
    [-5.0, -4.0, -3.0]
    """
    slices = np.moveaxis(labels, side.axis, 0)
    slices = np.ascontiguousarray(slices if side.is_first else slices[::-1])
    edge, *edges = spacing[side.axis], *(e for axis, e in enumerate(spacing) if axis != side.axis)
    found = np.empty((classes, planes, *slices.shape[1:]), np.float32)
    inside = np.full(found.shape[1:], np.inf, np.float32)
    for index, squares in enumerate(found):
        _nearest(slices == index, edge, edges, squares)
        np.minimum(inside, squares, out=inside, where=slices[0] != index)
    inside[np.isinf(inside)] = 0
    for index, squares in enumerate(found):
        own = slices[0] == index
        half = np.where(own, np.float32(0.5), np.float32(-0.5))
        np.multiply(np.sqrt(np.where(own, inside, squares)), half, out=squares)
    ordered = found[:, ::-1] if side.is_first else found
    return np.moveaxis(ordered, 1, side.axis + 1)


def continued_scores(
    scores: Iterable[Floats],
    labels: NDArray[np.unsignedinteger],
    classes: int,
    spacing: Spacing,
    planes: Planes,
    measure: Callable[[NDArray[np.unsignedinteger], Planes, VolumeSide, int], Floats] | None = None,
) -> Iterator[Floats]:
    """Yield scores with planes beyond the border, class by class.

    They are those of the continued labels, of which only the planes beyond the border are measured.

    Parameters
    ----------
    scores : iterable of array of float32, shape (z, y, x)
        The scores of each class in the volume, in mm.
    labels : array, shape (z, y, x)
        Class indices.
    classes : int
        Number of classes.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    planes : Planes
        The planes to add.
    measure : callable, optional
        Takes labels, the planes by which they are continued, a side and a number of planes, and
        returns the scores there; by default it is `scores_beyond`.

    Examples
    --------
    >>> labels = np.array([[[0, 0, 1]]], dtype=np.uint8)
    >>> inner = np.array([[[[1.0, 0.5, -0.5]]], [[[-1.0, -0.5, 0.5]]]], np.float32)
    >>> planes = (0, 0), (0, 0), (1, 0)
    >>> [c.ravel().tolist() for c in continued_scores(inner, labels, 2, (1.0, 1.0, 1.0), planes)]
    [[1.5, 1.0, 0.5, -0.5], [-1.5, -1.0, -0.5, 0.5]]
    """
    beyond: list[tuple[VolumeSide, Floats]] = []
    for axis, counts in enumerate(planes):
        z, y, x = (each if a < axis else (0, 0) for a, each in enumerate(planes))
        for is_first, count in zip((True, False), counts, strict=True):
            if count:
                side = VolumeSide(axis, is_first)
                there = (
                    scores_beyond(labels, classes, spacing, side, count)
                    if measure is None
                    else measure(labels, (z, y, x), side, count)
                )
                beyond.append((side, there))
        z, y, x = (counts if each == axis else (0, 0) for each in range(3))
        labels = continued(labels, (z, y, x))
    for index, score in enumerate(scores):
        for side, there in beyond:
            both = (there[index], score) if side.is_first else (score, there[index])
            score = np.concatenate(both, axis=side.axis)  # noqa: PLW2901
        yield score


def _nearest(
    member: NDArray[np.bool_], edge: float, edges: Sequence[float], squares: Floats
) -> None:
    """Set the squared distances from the planes beyond the first place to the nearest member.

    Parameters
    ----------
    member : array of bool, shape (place, …)
        The voxels of a class. The first place continues beyond the side.
    edge : float
        The distance of two slices.
    edges : sequence of float
        A voxel's edges within a place.
    squares : array, shape (plane, …)
        The result, the plane next to the first place first; infinite without a member.
    """
    squares[...] = np.inf
    far = np.arange(1, len(squares) + 1)
    # A member behind another one is nearer to nothing.
    first = np.where(member.any(axis=0), member.argmax(axis=0), -1)
    places = np.unique(first[first >= 0])
    at_once = max(1, _AT_ONCE // first.size)
    for some in np.split(places, range(at_once, len(places), at_once)):
        along = (np.where(some > 0, some + far[:, None], 0) * edge) ** 2
        if (along.min(axis=1, initial=np.inf) >= squares.max(axis=(1, 2))).all():
            break
        within = _within(first == some[:, None, None], edges)
        for plane, square in zip(squares, along.astype(np.float32), strict=True):
            np.minimum(plane, (within + square[:, None, None]).min(axis=0), out=plane)


def _within(members: NDArray[np.bool_], edges: Sequence[float]) -> Floats:
    """Return the squared distances to the nearest member in the same place, (place, …)."""
    import edt

    found: Floats
    if len(members) == 1:  # the pass along a third axis takes as long as the other two
        found = edt.edtsq(~members[0], anisotropy=tuple(edges), parallel=1)[None]
    else:
        found = edt.edtsq(~members, anisotropy=(_APART, *edges), parallel=1)
    return found
