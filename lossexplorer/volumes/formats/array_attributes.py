"""What the attributes of an array in HDF5 or Zarr say about its axes, lengths and place.

There is no standard. Read are

- ``element_size_um``, (z, y, x) in µm, of Fiji's HDF5 plugins, PlantSeg and PyTorch-3DUNet;
- ``axistags`` of ilastik and vigra, JSON with a key and a resolution for each axis, with the units
  in ``axis_units``;
- ``resolution``, ``voxel_size`` or ``spacing`` for each axis with ``units`` or ``unit``, and
  ``offset`` or ``translation`` in the same, of funlib, CREMI and others; ``pixelResolution`` of N5,
  (x, y, z);
- names of the axes in ``axes``, ``axis_names``, ``_ARRAY_DIMENSIONS`` (xarray), the dimension names
  of Zarr 3 and the labels of HDF5's dimensions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.axes import are_axes
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.raw import OwnPlace, own_place
from lossexplorer.volumes.formats.statements import (
    no_unit,
    place_without_size,
    two_spacings,
    unknown_units,
    unusable,
)
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

_ELEMENT_SIZE = "element_size_um"
_AXIS_TAGS, _AXIS_UNITS = "axistags", "axis_units"
_LENGTHS = ("resolution", "voxel_size", "spacing")
_N5_LENGTHS = "pixelResolution"
_UNITS = ("units", "unit")
_OFFSETS = ("offset", "translation")
_NAMES = ("axes", "axis_names", "_ARRAY_DIMENSIONS")
ATTRIBUTES = frozenset(
    {_ELEMENT_SIZE, _AXIS_TAGS, _AXIS_UNITS, _N5_LENGTHS, *_LENGTHS, *_UNITS, *_OFFSETS, *_NAMES}
)
"""The names of those that are read."""

_LETTERS = {"channel": "c", "channels": "c", "class": "c", "time": "t", "sample": "t"}


@dataclass(frozen=True, eq=False)
class ArrayFacts:
    """The facts that are used here.

    Attributes
    ----------
    axes
        A letter of ``tczyx`` for each axis; empty if the axes are not named so. An image of one
        slice has no z.
    spacing, own_place, notes
        As in `lossexplorer.volumes.formats.raw.RawVolume`.
    """

    axes: str
    spacing: Spacing | None
    own_place: OwnPlace | None
    notes: tuple[str, ...]


def facts_of(
    name: str,
    attributes: Mapping[str, Any],
    dimensions: int,
    labels: Sequence[str | None] | None,
    chosen: str = "",
) -> ArrayFacts:
    """Return what the attributes of an array say.

    Parameters
    ----------
    name
        The name of the file, for notes.
    attributes
        By name.
    dimensions
        How many axes the array has.
    labels
        What the format itself calls the axes; None if it does not.
    chosen
        The letters of the axes that a person names; empty if nobody does.

    Raises
    ------
    VolumeError
        If somebody names the axes otherwise than the file.

    Examples
    --------
    >>> facts = facts_of("v.zarr", {"resolution": [4, 4, 40], "units": ["nm"] * 3,
    ...     "axes": ["x", "y", "z"]}, 3, None)
    >>> facts.axes, facts.spacing
    ('xyz', (4e-05, 4e-06, 4e-06))
    """
    tags = _tags(attributes)
    named = [_texts(attributes[key]) for key in _NAMES if key in attributes]
    tagged = [str(tag.get("key")) for tag in tags]
    all_names: list[Sequence[Any]] = [tagged, *named, list(labels or ())]
    axes = next(filter(None, (_letters(names, dimensions) for names in all_names)), chosen)
    if chosen not in ("", axes):
        raise VolumeError(f"{name} names its axes itself ({', '.join(axes)}); leave out @{chosen}.")
    stated = [
        _element_size(name, attributes),
        _tag_lengths(name, tags, axes, attributes),
        _lengths(name, attributes, axes, dimensions),
        _n5_lengths(name, attributes),
    ]
    notes = [note for each in stated for note in each.notes]
    known = [each for each in stated if each.spacing is not None]
    if not known:
        without = next((each for each in stated if each.sizes), _Lengths())
        place = _unitless_place(attributes, axes, without)
        if place is None:
            notes += place_without_size(name, _offsets(attributes, axes))
        return ArrayFacts(axes, None, place, tuple(notes))
    first = known[0]
    for other in known[1:]:
        notes += two_spacings(name, first.what, first.spacing, other.what, other.spacing)
    place = own_place("array", first.spacing, _origin(attributes, axes, first))
    return ArrayFacts(axes, first.spacing, place, tuple(notes))


@dataclass(frozen=True)
class _Lengths:
    """A statement about the spacing, and millimetres of one of its units, (z, y, x).

    Its `sizes` are in units of no known length.
    """

    what: str = ""
    spacing: Spacing | None = None
    units: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    sizes: tuple[float, ...] = ()


def _tags(attributes: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return ilastik's description of each axis; none if there is none."""
    found = attributes.get(_AXIS_TAGS)
    try:
        parsed = json.loads(found) if isinstance(found, (str, bytes)) else found
    except (ValueError, RecursionError):
        return []
    axes = parsed.get("axes") if isinstance(parsed, dict) else None
    tags = axes if isinstance(axes, list) else []
    return tags if all(isinstance(tag, dict) for tag in tags) else []


def _letters(names: Sequence[Any], dimensions: int) -> str:
    """Return a letter for each axis; empty if they are not those of a volume."""
    words = [str(name).strip().lower() for name in names]
    letters = [_LETTERS.get(word, word) for word in words]
    usual = len(letters) == dimensions and all(len(letter) == 1 for letter in letters)
    return "".join(letters) if usual and are_axes("".join(letters)) else ""


def _texts(value: Any) -> list[str]:
    """Return names of axes: a list of texts, of dictionaries with names, or letters of one text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return list(value)
    entries = value if isinstance(value, list) else np.asarray(value, object).ravel().tolist()
    return [
        str(each.get("name", "")) if isinstance(each, dict) else _text(each) for each in entries
    ]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _numbers(value: Any) -> list[float]:
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        return []
    return array.tolist() if array.ndim == 1 else []


def _of_space(values: Sequence[Any], axes: str) -> list[Any]:
    """Return values that stand for the axes as those of (z, y, x), or (y, x) of one slice."""
    space = [letter for letter in axes if letter in "zyx"]
    if axes and len(values) in (len(axes), len(space)):
        named = axes if len(values) == len(axes) else space
        return [values[named.index(letter)] for letter in "zyx" if letter in named]
    return list(values)[-3:]


def _element_size(name: str, attributes: Mapping[str, Any]) -> _Lengths:
    sizes = _numbers(attributes.get(_ELEMENT_SIZE))
    if len(sizes) != 3:
        return _of_other_axes(name, _ELEMENT_SIZE, attributes)
    unit = millimetres("um") or 0.0
    return _in_mm(name, _ELEMENT_SIZE, [size * unit for size in sizes], (unit,) * 3)


def _tag_lengths(
    name: str, tags: Sequence[Mapping[str, Any]], axes: str, attributes: Mapping[str, Any]
) -> _Lengths:
    """Return the resolutions of ilastik's axes, which are 0 where they are not known."""
    sizes = _numbers([tag.get("resolution", 0) for tag in tags])
    if not axes or len(sizes) != len(axes) or not all(_of_space(sizes, axes)):
        return _Lengths()
    units = attributes.get(_AXIS_UNITS)
    try:
        units = json.loads(units) if isinstance(units, (str, bytes)) else units
    except (ValueError, RecursionError):
        units = None
    if isinstance(units, dict):
        units = [units.get(letter, "") for letter in "zyx" if letter in axes]
    return _with_units(name, _AXIS_TAGS, _of_space(sizes, axes), units, "")


def _lengths(name: str, attributes: Mapping[str, Any], axes: str, dimensions: int) -> _Lengths:
    what = next((key for key in _LENGTHS if key in attributes), "")
    sizes = _numbers(attributes.get(what))
    is_slice = dimensions == 2 or (bool(axes) and "z" not in axes)
    if not (is_slice and len(sizes) == 2) and (len(sizes) not in {3, dimensions} or len(sizes) < 3):
        return _of_other_axes(name, what, attributes)
    units = next((attributes[key] for key in _UNITS if key in attributes), None)
    return _with_units(name, what, _of_space(sizes, axes), units, axes)


def _of_other_axes(name: str, what: str, attributes: Mapping[str, Any]) -> _Lengths:
    """Say that an attribute has not a length for each axis, if it is there and of numbers."""
    try:
        sizes = np.atleast_1d(np.asarray(attributes.get(what, ()), float)).ravel()
    except (TypeError, ValueError):
        return _Lengths()  # of something else, such as the name of a magnification
    if not sizes.size:
        return _Lengths()
    text = " × ".join(f"{size:g}" for size in sizes[:4]) + (" …" if sizes.size > 4 else "")
    return _Lengths(
        notes=(
            f"{name} gives {what} {text}, which is not a length for each axis of a volume: it is "
            "not used, and 1 mm is assumed.",
        )
    )


def _n5_lengths(name: str, attributes: Mapping[str, Any]) -> _Lengths:
    stated = attributes.get(_N5_LENGTHS)
    if not isinstance(stated, dict):
        return _Lengths()
    sizes = _numbers(stated.get("dimensions"))
    if len(sizes) != 3:
        return _Lengths()
    return _with_units(name, _N5_LENGTHS, sizes[::-1], stated.get("unit"), "")


def _with_units(name: str, what: str, sizes: Sequence[float], units: Any, axes: str) -> _Lengths:
    """Return lengths (z, y, x) in their units, or the note that these are not known."""
    if units is None:
        return _Lengths(notes=no_unit(name, what, sizes), sizes=tuple(sizes))
    texts = [units] if isinstance(units, str) else _of_space(_texts(units), axes)
    if isinstance(units, (str, bytes)) or len(texts) != len(sizes):
        texts = [_text(units)] * len(sizes)
    if all(is_no_length(text) for text in texts):
        return _Lengths(notes=no_unit(name, what, sizes), sizes=tuple(sizes))
    known = [length for length in map(millimetres, texts) if length is not None]
    if len(known) != len(sizes):
        return _Lengths(notes=unknown_units(name, texts), sizes=tuple(sizes))
    lengths = [size * unit for size, unit in zip(sizes, known, strict=True)]
    return _in_mm(name, what, lengths, known)


def _in_mm(name: str, what: str, lengths: Sequence[float], units: Sequence[float]) -> _Lengths:
    """Return lengths in mm, (z, y, x), or the note that they cannot be used."""
    if len(lengths) == 2:
        return _Lengths(what, slice_spacing(lengths), tuple(units))
    notes = unusable(name, what, lengths)
    return _Lengths(what, usable_spacing(lengths), tuple(units), notes)


def _origin(attributes: Mapping[str, Any], axes: str, first: _Lengths) -> list[float | None]:
    """Return where the first voxel lies in mm, (z, y, x), in the units of its lengths."""
    places = _offsets(attributes, axes)
    if len(places) != 3 or len(first.units) != 3:
        return [None, None, None]
    return [place * unit for place, unit in zip(places, first.units, strict=True)]


def _unitless_place(attributes: Mapping[str, Any], axes: str, stated: _Lengths) -> OwnPlace | None:
    """Return the place of an array whose lengths have no known unit, if they are of a volume."""
    places = _offsets(attributes, axes)
    if len(stated.sizes) != 3 or len(places) != 3:
        return None
    return own_place("array", stated.sizes, places, "")


def _offsets(attributes: Mapping[str, Any], axes: str) -> list[float]:
    """Return where the first voxel lies in the file's own lengths, (z, y, x)."""
    numbers = next((_numbers(attributes[key]) for key in _OFFSETS if key in attributes), [])
    return _of_space(numbers, axes)
