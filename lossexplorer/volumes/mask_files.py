"""Truths of masks that may overlap: one file of several masks, or one file per mask."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.colours import decoded
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.detection import stem
from lossexplorer.volumes.formats.raw import RawVolume, squeeze_to_3d, without_time
from lossexplorer.volumes.model.grid import on_grid
from lossexplorer.volumes.model.ids import whole_numbers
from lossexplorer.volumes.model.labels import LabelVolume, label_volume
from lossexplorer.volumes.model.overlapping import MOST_OVERLAPPING, overlapping_volume
from lossexplorer.volumes.reading import named, read_raw
from lossexplorer.volumes.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.source import StrPath

Array = np.ndarray[Any, Any]

_LISTED = 3


def open_masks(sources: Sequence[StrPath]) -> LabelVolume:
    """Open several files, each with the mask of one class, as a volume whose classes may overlap.

    Parameters
    ----------
    sources
        Files on one grid, or placed on that of the first, each with 0 outside of its class and one
        other number inside. A class is called as its file, or as its part of a file.

    Raises
    ------
    VolumeError
        If a file cannot be read, has more than one number inside, or lies on another grid.
    """
    raws = [decoded(read_raw(source), source) for source in sources]
    masks = [_mask(squeeze_to_3d(raw), raw, "") for raw in raws]
    path = os.fspath(sources[0])
    first = label_volume(masks[0].astype(np.uint8), raws[0], name=stem(raws[0].name), path=path)
    placed = [
        on_grid(mask, raw, first, other=raws[0].name, kind="masks")
        for raw, mask in zip(raws, masks, strict=True)
    ]
    names = _names_of(sources)
    _check_count(raws[0].name, names)
    read = [note for raw in raws for note in raw.notes]
    notes = dict.fromkeys([*read, *(note for each in placed for note in each.notes)])
    base = replace(first, notes=tuple(notes))
    volume = overlapping_volume(base, [each.array for each in placed], names)
    more = ", …" if len(names) > _LISTED else ""
    return replace(volume, name=", ".join(names[:_LISTED]) + more)


def masks_in(raw: RawVolume, path: StrPath) -> list[LabelVolume]:
    """Return a file of masks as volumes whose classes may overlap, one per sample.

    Parameters
    ----------
    raw
        What was read: (class, z, y, x), or (sample, class, z, y, x).
    path
        As it was named.

    Raises
    ------
    VolumeError
        If it holds something else than masks.
    """
    raw = without_time(named(raw, path))
    if raw.array.ndim == 4:
        return [_of_channels(raw, path)]
    return [
        _of_channels(replace(raw, name=f"sample {number} of {raw.name}", array=array), path)
        for number, array in enumerate(raw.array)
    ]


def may_be_masks(raw: RawVolume) -> bool:
    """Return whether all values are 0 or 1, so that samples can be masks of classes as well."""
    array = raw.array
    return array.dtype.kind in "buif" and bool(((array == 0) | (array == 1)).all())


def _of_channels(raw: RawVolume, path: StrPath) -> LabelVolume:
    array = raw.array
    masks = [_mask(channel, raw, f" in channel {k}") for k, channel in enumerate(array)]
    has_rest = not raw.segments and len(masks) > 1 and _is_rest(masks[0], masks[1:])
    names = _channel_names(raw, len(masks), first=0 if has_rest else 1)
    notes = raw.notes
    if has_rest:
        masks, names = masks[1:], names[1:]
        notes = (
            *notes,
            f"Channel 0 of {raw.name} is 1 where no other is, so it is the background and no "
            "class.",
        )
    _check_count(raw.name, names)
    name, source = stem(raw.name), os.fspath(path)
    first = label_volume(masks[0].astype(np.uint8), raw, name=name, path=source)
    return overlapping_volume(replace(first, notes=notes), masks, names)


def _mask(array: Array, raw: RawVolume, where: str) -> Array:
    """Return where a mask is not 0, having refused one of several numbers."""
    ids = whole_numbers(array, raw.name, rounding=raw.rounding)
    inside: Array = ids != 0
    if inside.any() and (ids[inside] != ids[inside][0]).any():
        lowest, highest = ids[inside].min(), ids[inside].max()
        raise VolumeError(
            f"{raw.name} holds several numbers{where}, such as {lowest} and {highest}; a mask of "
            "a class is 0 outside and one number inside. Labels of classes that exclude each other "
            "are opened as one file, alone."
        )
    return inside


def _is_rest(mask: Array, others: Sequence[Array]) -> bool:
    """Return whether a mask is where none of the others is, and not nowhere."""
    return bool(mask.any() and not (mask == np.any(others, axis=0)).any())


def _channel_names(raw: RawVolume, count: int, *, first: int) -> list[str]:
    """Return the names of masks, which tables count from 0 or from 1.

    Those without a name are counted from `first`, which is 0 for one of the background.
    """
    numbers = raw.segments or range(1, count + 1)
    if not raw.segments and set(raw.names) == set(range(count)):
        numbers = range(count)
    return [raw.names.get(n) or f"class {k}" for k, n in enumerate(numbers, start=first)]


def _names_of(sources: Sequence[StrPath]) -> list[str]:
    """Return what the classes of several files are called: as the files, or as their parts."""
    named_sources = [parse_source(source) for source in sources]
    stems = [stem(Path(each.path).name) for each in named_sources]
    if len(set(stems)) == len(stems):
        return stems
    parts = [each.array.rpartition("/")[2] for each in named_sources]
    return [part or name for part, name in zip(parts, stems, strict=True)]


def _check_count(name: str, names: Sequence[str]) -> None:
    if len(names) > MOST_OVERLAPPING:
        raise VolumeError(
            f"{name} is one of {len(names)} masks; at most {MOST_OVERLAPPING} classes may overlap. "
            "Open some of them."
        )
