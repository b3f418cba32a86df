"""What the header of a NRRD file says about axes, lengths and place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.formats.raw import OwnPlace, own_place
from lossexplorer.volumes.formats.statements import no_unit, two_spacings, unknown_units, unusable
from lossexplorer.volumes.spacing import (
    Spacing,
    is_no_length,
    millimetres,
    slice_spacing,
    usable_spacing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Array = np.ndarray[Any, Any]

# Signs that turn the coordinates of a named space into (right, anterior, superior).
_TO_RAS = {
    "right-anterior-superior": (1, 1, 1),
    "left-anterior-superior": (-1, 1, 1),
    "left-posterior-superior": (-1, -1, 1),
}
_TO_RAS |= {"".join(w[0] for w in name.split("-")): signs for name, signs in _TO_RAS.items()}
_TIME = ("", "-time", "t")  # what the name of a space can end in, the last two with time

_SPATIAL = {"domain", "space", "???", "none", ""}


@dataclass(frozen=True, eq=False)
class NrrdPlace:
    """The facts that are used here.

    Attributes
    ----------
    order
        The file's axes that are x, y and z.
    spacing, affine, own_place, notes
        As in `lossexplorer.volumes.formats.raw.RawVolume`.
    """

    order: tuple[int, ...]
    spacing: Spacing | None
    affine: Array | None
    own_place: OwnPlace | None
    notes: tuple[str, ...]

    def ordered(self, array: Array) -> Array:
        """Return an array, whose axes are the file's reversed, as (…, z, y, x) or (…, y, x)."""
        if len(self.order) not in {2, 3}:
            return array
        space = [array.ndim - 1 - axis for axis in reversed(self.order)]
        others = [axis for axis in range(array.ndim) if axis not in space]
        return array.transpose(*others, *space)


def place_of(name: str, header: Mapping[str, Any]) -> NrrdPlace:
    """Return what a header says about axes, lengths and place.

    An axis of a list, such as one of classes, comes before those of space, wherever the file has
    it. Directions go before names of axes, and both before their order.

    Parameters
    ----------
    name
        The name of the file, for notes.
    header
        As pynrrd reads it.
    """
    order = _order(header)
    if len(order) == 2:
        return _place_of_slice(name, header, order)
    units = _units(header, order)
    lengths = [1.0 if not unit else millimetres(unit) for unit in units]
    known = [length for length in lengths if length is not None]
    if len(known) != 3 or len(order) != 3:
        return _unitless_place(name, header, order, units)
    rows = _directions(header, order)
    spacings = _spacings(header, order, known)
    if rows is None:
        useless = unusable(name, "spacings", (spacings or [])[::-1])
        place = _place_of_axes(header, order, known, _usable(spacings))
        return NrrdPlace(order, _usable(spacings), None, place, useless)
    rows = rows * known
    own = np.linalg.norm(rows, axis=1)
    spacing = usable_spacing(own[::-1].tolist())
    notes = two_spacings(
        name, "its field space directions", spacing, "its field spacings", _usable(spacings)
    )
    notes += unusable(name, "space directions of", own[::-1].tolist())
    affine = np.eye(4)
    affine[:3, :3] = rows.T
    affine[:3, 3] = _origin(header) * np.asarray(known)
    if not abs(np.linalg.det(affine[:3, :3])) > 0:
        return NrrdPlace(order, spacing, None, None, notes)
    space = _space(header)
    if space not in _TO_RAS:
        place = OwnPlace(f"NRRD {space}", affine)
        return NrrdPlace(order, spacing, None, place, notes)
    return NrrdPlace(order, spacing, np.diag([*_TO_RAS[space], 1]) @ affine, None, notes)


def _unitless_place(
    name: str, header: Mapping[str, Any], order: tuple[int, ...], units: Sequence[str]
) -> NrrdPlace:
    """Return what a header says whose lengths have no known unit: offsets in voxels are known."""
    rows = _directions(header, order)
    sizes: Any = _spacings(header, order, [1.0] * len(order))
    if rows is not None:
        sizes = np.linalg.norm(rows, axis=1)
    notes = unknown_units(name, units)
    if sizes is not None and all(map(is_no_length, units)):
        notes += no_unit(name, "lengths of", list(sizes)[::-1])
    if rows is None:
        return NrrdPlace(order, None, None, None, notes)
    affine = np.eye(4)
    affine[:3, :3] = rows.T
    affine[:3, 3] = _origin(header)
    usable = abs(np.linalg.det(affine[:3, :3])) > 0
    kind = f"NRRD {_space(header)} in {', '.join(units)}"
    return NrrdPlace(order, None, None, OwnPlace(kind, affine, "") if usable else None, notes)


def _place_of_slice(name: str, header: Mapping[str, Any], order: tuple[int, ...]) -> NrrdPlace:
    """Return what the header of a 2D image says, which lies in coordinates of its own."""
    units = [*_units(header, order), "", ""][:2]
    lengths = [1.0 if not unit else millimetres(unit) for unit in units]
    known = [length for length in lengths if length is not None]
    notes: tuple[str, ...] = ()
    if is_unitless := len(known) != 2:
        known, notes = [1.0, 1.0], unknown_units(name, units)
    directions = header.get("space directions")
    if directions is None:
        own = None if is_unitless else _spacings(header, order, known)
        return NrrdPlace(order, slice_spacing(own[::-1]) if own else None, None, None, notes)
    rows = np.asarray(directions, float)[list(order)]
    edges = np.linalg.norm(rows, axis=1) * known
    spacing = slice_spacing(edges[::-1].tolist())
    if spacing is None or rows.shape != (2, 2):
        return NrrdPlace(order, None, None, None, notes)
    affine = np.diag([1.0, 1.0, spacing[0], 1.0])
    affine[:2, :2] = (rows * known).T
    origin = np.asarray(header.get("space origin", (math.nan,) * 2), float)[:2]
    affine[:3, 3] = [*(origin * known), 0.0] if np.isfinite(origin).all() else math.nan
    usable = abs(np.linalg.det(affine[:3, :3])) > 0
    unit = "" if is_unitless else "mm"
    place = OwnPlace(f"NRRD {_space(header)} 2D", affine, unit) if usable else None
    return NrrdPlace(order, None if is_unitless else spacing, None, place, notes)


def _order(header: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the file's axes that are x, y and z; others if they are not three."""
    count = int(header["dimension"])
    directions = header.get("space directions")
    if directions is not None:
        rows = np.asarray(directions, float)[:, :3]
        return tuple(axis for axis, row in enumerate(rows) if np.isfinite(row).all() and row.any())
    kinds = [str(kind).lower() for kind in header.get("kinds", [""] * count)]
    space = [axis for axis in range(count) if axis < len(kinds) and kinds[axis] in _SPATIAL]
    labels = [str(label).strip('" ').lower() for label in header.get("labels", ())]
    named = [labels.index(letter) for letter in "xyz" if labels.count(letter) == 1]
    return tuple(named) if len(named) == 3 else tuple(space)


def _units(header: Mapping[str, Any], order: Sequence[int]) -> list[str]:
    """Return the units of x, y and z, empty where there are none."""
    if "space units" in header:
        return [str(unit).strip('" ') for unit in header["space units"]][:3]
    units = [str(unit).strip('" ') for unit in header.get("units", ())]
    return [units[axis] if axis < len(units) else "" for axis in order]


def _directions(header: Mapping[str, Any], order: Sequence[int]) -> Array | None:
    """Return the (3, 3) matrix whose rows are the ways along x, y and z, or None."""
    if header.get("space directions") is None:
        return None
    rows = np.asarray(header["space directions"], float)[list(order), :3]
    return rows if rows.shape == (3, 3) else None


def _origin(header: Mapping[str, Any]) -> Array:
    """Return where the first voxel lies, NaN if it is not said."""
    origin = np.asarray(header.get("space origin", (math.nan,) * 3), float)[:3]
    return origin if np.isfinite(origin).all() and origin.shape == (3,) else np.full(3, np.nan)


def _spacings(
    header: Mapping[str, Any], order: Sequence[int], units: Sequence[float]
) -> list[float] | None:
    """Return the spacing of axes without directions in mm, (x, y, z); None if it is not given."""
    numbers = _numbers(header)
    if not order or max(order) >= len(numbers):
        return None
    return [abs(numbers[axis]) * unit for axis, unit in zip(order, units, strict=True)]


def _numbers(header: Mapping[str, Any]) -> list[float]:
    """Return the lengths along the file's axes in their units, negative where one runs back."""
    return [float(value) for value in header.get("spacings", ())] or _extents(header)


def _signs(header: Mapping[str, Any], order: Sequence[int]) -> list[float]:
    """Return −1 where x, y or z runs backwards, else 1."""
    numbers = _numbers(header)
    return [-1.0 if axis < len(numbers) and numbers[axis] < 0 else 1.0 for axis in order]


def _place_of_axes(
    header: Mapping[str, Any],
    order: Sequence[int],
    units: Sequence[float],
    spacing: Spacing | None,
) -> OwnPlace | None:
    """Return the place of a file without directions, whose axes run along its coordinates.

    As ITK has it, negative spacings turn axes, and the first voxel lies half an edge behind the
    least end of its axis.
    """
    first = _origin(header)
    if not np.isfinite(first).all():
        first = _first_of_axes(header, order)
    place = own_place("NRRD axes", spacing, (first * units)[::-1].tolist())
    return place and OwnPlace(place.coordinates, place.affine * [*_signs(header, order), 1.0])


def _first_of_axes(header: Mapping[str, Any], order: Sequence[int]) -> Array:
    """Return the centres of the first voxels along x, y and z, NaN if they are not said."""
    mins, numbers = header.get("axis mins", header.get("axismins", ())), _numbers(header)
    if max(order) >= min(len(mins), len(numbers)):
        return np.full(3, np.nan)
    halves = [0.0 if _is_node(header, axis) else numbers[axis] / 2 for axis in order]
    return np.array([float(mins[axis]) + half for axis, half in zip(order, halves, strict=True)])


def _is_node(header: Mapping[str, Any], axis: int) -> bool:
    """Tell whether the ends of an axis are centres of voxels, and not their edges."""
    centers = list(header.get("centerings", header.get("centers", ())))
    return axis < len(centers) and str(centers[axis]).lower() == "node"


def _extents(header: Mapping[str, Any]) -> list[float]:
    """Return the spacings that follow from the ends of the axes; none if these are not given."""
    ends = [header.get(f"axis {end}", header.get(f"axis{end}", ())) for end in ("mins", "maxs")]
    sizes = [int(size) for size in header["sizes"]]
    if any(len(end) != len(sizes) for end in ends):
        return []
    # Between centres of nodes lies a voxel less than between the edges of cells.
    nodes = [_is_node(header, axis) for axis in range(len(sizes))]
    return [
        (float(high) - float(low)) / max(1, size - is_node)
        for low, high, size, is_node in zip(*ends, sizes, nodes, strict=True)
    ]


def _usable(spacings: Sequence[float] | None) -> Spacing | None:
    return None if spacings is None else usable_spacing(spacings[::-1])


def _space(header: Mapping[str, Any]) -> str:
    """Return the name of the space, without the time that it can have."""
    space = str(header.get("space", "")).lower()
    names = [space.removesuffix(ending) for ending in _TIME]
    return next((name for name in names if name in _TO_RAS), space)
