"""Whether two volumes lie on the same grid, and bringing one of them onto the other's."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.raw import MAX_VOXELS, RawVolume, describe
from lossexplorer.volumes.model.placing import (
    GridPlacement,
    described_offset,
    differing,
    listed,
    other_spacing,
    placement_of,
)
from lossexplorer.volumes.spacing import SPACING_TOLERANCE, are_equal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.model.labels import LabelVolume

Array = np.ndarray[Any, Any]
Kind = Literal["labels", "masks", "mask", "probabilities", "image"]

_FILLED: dict[Kind, str] = {
    "labels": "background",
    "masks": "in no class",
    "mask": "left out",
    "probabilities": "background with probability 1",
    "image": "its smallest value",
}


@dataclass(frozen=True, eq=False)
class OnGrid:
    """An array on the grid of a volume.

    Attributes
    ----------
    array
        Its last three axes are the volume's.
    volume
        The volume; it is larger than before if it leaves out background in which the array lies.
    notes
        What was done, in sentences; none if nothing was.
    """

    array: Array
    volume: LabelVolume
    notes: tuple[str, ...] = ()


def on_grid(
    array: Array,
    raw: RawVolume,
    volume: LabelVolume,
    *,
    other: str,
    kind: Kind = "labels",
    grows: bool = False,
) -> OnGrid:
    """Bring an array onto the grid of a volume.

    Where both files say where they lie, the array is turned and moved by whole voxels; what it
    lacks is background, what lies outside is left out. Otherwise equal indices are the same voxel.

    Parameters
    ----------
    array
        Of the file, with (z, y, x) as its last three axes.
    raw
        What the file says.
    volume
        The volume that it must fit.
    other
        What that volume is to the reader of the message, e.g. ``"the truth"``.
    kind
        What the array is. Background has id 0, or probability 1 in the first channel; an image has
        its smallest value there.
    grows
        Whether the volume can be continued with background, which is done if its file leaves out
        what is background around the objects.

    Raises
    ------
    VolumeError
        If the voxels of one do not fall upon those of the other: the axes are turned, the origins
        differ by parts of a voxel, or the spacings by more than 1 %; or, where a file does not say
        where it lies, if the shapes differ.
    """
    places = _places(raw, volume)
    if places is None:
        check_same_grid(raw, array.shape[-3:], volume, other=other)
        return OnGrid(array, volume, _two_kinds(raw, volume, other))
    placed = _placed(array, raw, volume, places, other, kind, grows)
    return replace(placed, notes=(*placed.notes, *_two_frames(raw, volume, other)))


def _placed(
    array: Array,
    raw: RawVolume,
    volume: LabelVolume,
    places: tuple[Array, Array, str],
    other: str,
    kind: Kind,
    grows: bool,
) -> OnGrid:
    """Return an array on the grid of a volume, by the affines of both."""
    own, base, unit = places
    shape = array.shape[-3:]
    found = placement_of(own, shape, base, volume.shape, name=raw.name, other=other, unit=unit)
    if not (_is_stated(own) and _is_stated(base)):
        if found.shape(shape) != volume.shape:
            raise _other_shape(raw.name, found.shape(shape), volume.shape, other)
        words = [*_turning(found), *_unstated(raw.name, own, other, base)]
        return OnGrid(found.turned(array), volume, _note(raw, words))
    if found == GridPlacement() and tuple(shape) == volume.shape:
        return OnGrid(array, volume)
    words = [*_turning(found), *_moving(found, shape, volume, other, unit)]
    before, after = found.beyond(shape, volume.shape)
    if grows and volume.leaves_out_background and any((*before, *after)):
        volume = _grown(volume, before, after, raw.name)
        found = found.moved(before)
        words.append(f"{other} is continued with background to {describe(volume.shape)} voxels")
    result = OnGrid(found.apply(array, volume.shape, _fill(array, kind)), volume)
    words += _filling(result, array, found, kind)
    return replace(result, notes=_note(raw, words))


def check_same_grid(
    raw: RawVolume, shape: Sequence[int], volume: LabelVolume, *, other: str
) -> None:
    """Refuse a volume of another shape or spacing than that of a volume.

    Parameters
    ----------
    raw
        What was read, with its name and spacing.
    shape
        Its shape along (z, y, x).
    volume, other
        As in `on_grid`.

    Raises
    ------
    VolumeError
        If the shapes differ, or the spacings differ by more than 1 % where both are known.
    """
    if tuple(shape) != volume.shape:
        raise _other_shape(raw.name, shape, volume.shape, other)
    if raw.spacing is not None and volume.spacing_known:
        both = enumerate(zip(raw.spacing, volume.spacing, strict=True))
        if axes := [axis for axis, (a, b) in both if abs(a - b) > SPACING_TOLERANCE * b]:
            raise other_spacing(raw.name, raw.spacing, other, volume.spacing, axes)


def _places(raw: RawVolume, volume: LabelVolume) -> tuple[Array, Array, str] | None:
    """Return both affines to the same coordinates, and their unit; None if there are none."""
    if raw.is_turned and volume.affine is not None:
        return _turned(volume.affine, volume.shape), volume.affine, "mm"
    if raw.affine is not None and volume.affine is not None:
        return raw.affine, volume.affine, "mm"
    own, other = raw.own_place, volume.own_place
    if own is None or other is None:
        return None
    if (own.coordinates, own.unit) != (other.coordinates, other.unit):
        return None
    # Without a unit, lengths are not used, and only equal ones have offsets that can be compared.
    edges = (np.sort(np.linalg.norm(each.affine[:3, :3], axis=0)) for each in (own, other))
    if not own.unit and not are_equal(*edges):
        return None
    return own.affine, other.affine, own.unit


def _two_kinds(raw: RawVolume, volume: LabelVolume, other: str) -> tuple[str, ...]:
    """Say that two files give places that cannot be compared, if both give one."""
    if not (_has_place(raw) and _has_place(volume)):
        return ()
    return (
        f"{raw.name} and {other} say where they lie in coordinates of different kinds, which "
        "cannot be compared: equal indices are taken for the same voxel.",
    )


def _has_place(volume: RawVolume | LabelVolume) -> bool:
    own = volume.own_place
    by_affine = volume.affine is not None and _is_stated(volume.affine)
    return by_affine or (own is not None and own.has_origin)


def _turned(affine: Array, shape: Sequence[int]) -> Array:
    """Return the affine of a volume whose axes are turned towards right, anterior and superior."""
    from nibabel import orientations

    directions = cast("Any", orientations).io_orientation(affine)
    back = cast("Any", orientations).inv_ornt_aff(directions, tuple(shape[::-1]))
    return np.asarray(affine @ back)


def _two_frames(raw: RawVolume, volume: LabelVolume, other: str) -> tuple[str, ...]:
    """Say that two files name different frames of reference, if they do."""
    if not raw.frame or not volume.frame or raw.frame == volume.frame:
        return ()
    return (
        f"{raw.name} and {other} name different frames of reference: their coordinates are taken "
        "as the same.",
    )


def _is_stated(affine: Array) -> bool:
    return bool(np.isfinite(affine[:3, 3]).all())


def _grown(
    volume: LabelVolume, before: Sequence[int], after: Sequence[int], name: str
) -> LabelVolume:
    shape = [sum(each) for each in zip(before, volume.shape, after, strict=True)]
    if math.prod(shape) > MAX_VOXELS:
        raise VolumeError(
            f"{name} and {volume.name} lie so far from each other that a grid of both has "
            f"{describe(shape)} voxels, more than the {MAX_VOXELS:,} that can be opened."
        )
    return volume.grown(before, after)


def _note(raw: RawVolume, words: Sequence[str]) -> tuple[str, ...]:
    by = "the directions of nnU-Net's reader" if raw.is_turned else "its affine"
    return (f"{raw.name} was placed by {by}: {'; '.join(words)}.",) if words else ()


def _turning(found: GridPlacement) -> list[str]:
    """Say how an array was turned."""
    words = []
    if found.axes != (0, 1, 2):
        order = listed(["zyx"[axis] for axis in found.axes])
        words.append(f"its axes are taken in the order {order}")
    if backwards := [axis for axis, back in zip("zyx", found.reversed, strict=True) if back]:
        words.append(f"turned round along {listed(backwards)}")
    return words


def _unstated(name: str, own: Array, other: str, base: Array) -> list[str]:
    """Say which of two files does not say where its first voxel lies, if one does."""
    if _is_stated(own) == _is_stated(base):
        return []
    silent = other if _is_stated(own) else name
    return [f"{silent} gives no origin, so both are taken to begin at the same voxel"]


def _moving(
    found: GridPlacement, shape: Sequence[int], volume: LabelVolume, other: str, unit: str
) -> list[str]:
    """Say how far an array was moved, or that its size is another one."""
    if any(found.start):
        offset = described_offset(np.asarray(found.start), np.asarray(volume.spacing), unit)
        return [f"it begins {offset} from {other}"]
    if found.shape(shape) != volume.shape:
        turned = describe(found.shape(shape))
        return [f"it is {turned} voxels (z, y, x) and {other} {describe(volume.shape)}"]
    return []


def _filling(result: OnGrid, array: Array, found: GridPlacement, kind: Kind) -> list[str]:
    """Say what was filled and what was left out."""
    words = []
    if found.covered(array.shape[-3:], result.volume.shape) < result.volume.voxel_count:
        words.append(f"what it lacks is {_FILLED[kind]}")
    if kind == "labels":
        lost = int(np.count_nonzero(array) - np.count_nonzero(result.array))
        if lost:
            words.append(f"{lost:,} of its labelled voxels lie outside and are left out")
    return words


def _fill(array: Array, kind: Kind) -> Array | float:
    """Return what stands where an array has no voxel."""
    if kind in ("labels", "masks", "mask"):
        return 0.0
    if kind == "image":
        return float(array.min())
    channels = np.zeros((array.shape[-4], 1, 1, 1))
    channels[0] = 1.0  # background
    return channels


def _other_shape(
    name: str, shape: Sequence[int], expected: Sequence[int], other: str
) -> VolumeError:
    return VolumeError(
        f"{name} is {describe(shape)} (z, y, x), {other} is {describe(expected)}: "
        f"{_difference(shape, expected)}"
    )


def _difference(shape: Sequence[int], expected: Sequence[int]) -> str:
    if tuple(shape[::-1]) == tuple(expected):
        return "the axes are in reverse order. Transpose it."
    both = enumerate(zip(shape, expected, strict=True))
    return differing([axis for axis, (a, b) in both if a != b])
