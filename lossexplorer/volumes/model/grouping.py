"""Volumes of many labels seen as fewer classes: all foreground as one, or a chosen few."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from lossexplorer.core.numbers import exact
from lossexplorer.core.parameters import ParameterError
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.model.ids import apply_table, index_dtype
from lossexplorer.volumes.model.labels import LabelClass, LabelVolume, Overlap, class_voxels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Array = np.ndarray[Any, Any]

ClassSelection = Literal["each", "foreground"] | tuple[int, ...]
"""Each id a class of its own, all of them one class, or these ids and the others background."""

_MOST_UNNAMED = 255
"""More ids than this that nothing names are those of instances."""

_MOST_IDS = 1 << 20  # a range such as 1-9999999999 must not fill the memory
_RANGE = re.compile(r"\s*(\d+)\s*(?:[-–]\s*(\d+)\s*)?", re.ASCII)
_ROUNDING = 1e-3  # by which float32 probabilities that were added up may exceed 1


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which class of a volume becomes which.

    Attributes
    ----------
    table
        (old class,), of the smallest unsigned type: the index of the new class.
    classes
        The new classes, background first, with the voxels of those that they are made of.
    values
        (old value of overlapping labels,), the new value; None if classes exclude each other.
    overlap
        Which of the new classes each new value belongs to; None if they exclude each other.
    """

    table: Array
    classes: tuple[LabelClass, ...]
    values: Array | None = None
    overlap: Overlap | None = None


def instance_count(volumes: Iterable[LabelVolume]) -> int:
    """Return how many ids are those of instances of one class; 0 where each id is a class.

    A file says nowhere whether its ids are classes or instances; more than 255 that have voxels and
    no name are instances.

    Parameters
    ----------
    volumes
        The samples, as they were read.

    Examples
    --------
    >>> def cells(count):
    ...     ids = np.arange(1 + count).reshape(1, 1, -1)
    ...     classes = tuple(LabelClass(i, f"class {i}", 1) for i in range(1 + count))
    ...     return LabelVolume(ids, classes, (1.0, 1.0, 1.0), False, "cells", "cells.tif")
    >>> instance_count([cells(255)]), instance_count([cells(256)])
    (0, 256)
    """
    unnamed = {
        c.id
        for volume in volumes
        if volume.overlap is None
        for c in volume.classes[1:]
        if c.voxels and not c.is_named
    }
    return len(unnamed) if len(unnamed) > _MOST_UNNAMED else 0


def parse_classes(text: str | None) -> ClassSelection | None:
    """Read a class selection as a person writes it.

    Parameters
    ----------
    text
        ``each``, ``foreground``, or ids and ranges of them, separated by commas; None if nothing is
        said.

    Returns
    -------
    ClassSelection or None
        Ids ascending, without repetition; None for what is usual.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If it is none of these.

    Examples
    --------
    >>> parse_classes("foreground"), parse_classes("9, 1-3")
    ('foreground', (1, 2, 3, 9))
    """
    if text is None:
        return None
    word = text.strip().lower()
    if word in ("each", "foreground"):
        return cast("Literal['each', 'foreground']", word)
    ids: set[int] = set()
    for each in text.split(","):
        found = _RANGE.fullmatch(each)
        if found is None:
            raise ParameterError(
                f"classes must be each, foreground or ids such as 1,5,9 or 1-5,9; not {text!r}."
            )
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise ParameterError(f"classes {each.strip()!r} counts down; write {last}-{first}.")
        if len(ids) + last - first >= _MOST_IDS:
            raise ParameterError(f"classes {each.strip()!r} are more than {_MOST_IDS:,} ids.")
        ids.update(range(first, last + 1))
    return tuple(sorted(ids))


def classes_text(selected: ClassSelection | None) -> str:
    """Write a class selection as `parse_classes` reads it; nothing for None.

    Examples
    --------
    >>> classes_text((1, 2, 3, 9)), classes_text("each")
    ('1-3,9', 'each')
    """
    if isinstance(selected, tuple):
        return ",".join(_runs(selected))
    return selected or ""


def grouping_of(volume: LabelVolume, selected: ClassSelection) -> Grouping:
    """Return which class of a volume becomes which.

    Parameters
    ----------
    volume
        Its background stays background.
    selected
        With ``"foreground"``, all others become the class of id 1; with ids, these keep id and
        name, and all others become background.

    Raises
    ------
    VolumeError
        If the volume has no class of a chosen id, or none but the background is chosen; the message
        lists those that there are.

    Examples
    --------
    >>> nuclei = LabelVolume(np.array([[[0, 1, 2, 2]]], np.uint8), (LabelClass(0, "background", 1),
    ...     LabelClass(5, "a", 1), LabelClass(9, "b", 2)), (1.0, 1.0, 1.0), False, "n", "n.npy")
    >>> grouping_of(nuclei, "foreground").classes[1]
    LabelClass(id=1, name='foreground', voxels=3)
    >>> grouping_of(nuclei, (9,)).table.tolist()
    [0, 0, 1]
    """
    old = volume.classes
    kept: tuple[LabelClass, ...]
    if selected == "each":
        return _grouping(volume, np.arange(len(old), dtype=index_dtype(len(old))), old)
    if selected == "foreground":
        table = (np.arange(len(old)) > 0).astype(np.uint8)
        kept = (old[0], LabelClass(1, "foreground", 0))
    else:
        chosen = _checked(volume, set(selected))
        kept = tuple(c for c in old if c.id in chosen)
        new = {c.id: index for index, c in enumerate(kept)}
        table = np.array([new.get(c.id, 0) for c in old], index_dtype(len(kept)))
    return _grouping(volume, table, kept)


def _grouping(volume: LabelVolume, table: Array, kept: Sequence[LabelClass]) -> Grouping:
    """Return a grouping with the voxels of the new classes."""
    if volume.overlap is None:
        voxels = np.zeros(len(kept), np.int64)
        np.add.at(voxels, table, [c.voxels for c in volume.classes])
        counted = zip(kept, voxels.tolist(), strict=True)
        return Grouping(table, tuple(replace(c, voxels=n) for c, n in counted))
    old = volume.overlap
    members = np.zeros((len(kept), old.members.shape[1]), bool)
    for row, new in zip(old.members[1:], table[1:].tolist(), strict=True):
        members[new] |= row
    members[0] = ~members[1:].any(axis=0)
    overlap = Overlap(members, old.ids)
    counts = class_voxels(volume.labels, len(kept), overlap, volume.ignored)
    classes = tuple(replace(c, voxels=n) for c, n in zip(kept, counts, strict=True))
    if len(kept) == 2:
        return Grouping(table, classes, members[1].astype(np.uint8))
    values = np.arange(members.shape[1], dtype=index_dtype(members.shape[1]))
    return Grouping(table, classes, values, overlap)


def grouped_volume(volume: LabelVolume, grouping: Grouping) -> LabelVolume:
    """Return a volume with its classes grouped.

    Parameters
    ----------
    volume
        The one that `grouping_of` was asked about, or another with the same classes.
    grouping
        Which class becomes which.
    """
    table = grouping.table if grouping.values is None else grouping.values
    return replace(
        volume,
        labels=apply_table(table, volume.labels),
        classes=grouping.classes,
        overlap=grouping.overlap,
    )


def with_instance_ids(volume: LabelVolume, read: LabelVolume) -> LabelVolume:
    """Return a volume whose foreground is one class with the ids of its instances.

    Parameters
    ----------
    volume
        With the class.
    read
        The same volume with each id a class.
    """
    ids = np.array([c.id for c in read.classes])
    table = ids.astype(np.min_scalar_type(int(ids[-1])))
    return replace(volume, instance_ids=apply_table(table, read.labels))


def grouped_prediction(prediction: Array, grouping: Grouping) -> Array:
    """Return a prediction of a volume with its classes grouped.

    Parameters
    ----------
    prediction
        (z, y, x) class indices, or (class, z, y, x) float32 probabilities, as `read_prediction`
        returns them.
    grouping
        Which class becomes which.

    Returns
    -------
    numpy.ndarray
        Indices into the new classes, or their probabilities: those of merged classes added up.

    Raises
    ------
    VolumeError
        If probabilities add up to more than 1, as those of a sigmoid can: then their sum is no
        probability.
    """
    if grouping.values is not None:
        return _grouped_overlapping(prediction, grouping)
    if prediction.ndim == 3:
        return apply_table(grouping.table, prediction)
    if len(grouping.table) == len(grouping.classes):  # nothing is merged
        return prediction
    merged = np.zeros((len(grouping.classes), *prediction.shape[1:]), np.float32)
    for old, new in enumerate(grouping.table.tolist()):
        merged[new] += prediction[old]
    if (highest := merged.max()) > 1 + _ROUNDING:
        raise VolumeError(
            "The prediction's classes cannot be merged: their probabilities add up to "
            f"{exact(highest)}, as those of a sigmoid can. Look at each "
            "class, or apply a softmax before saving."
        )
    return np.minimum(merged, 1, out=merged)


def _grouped_overlapping(prediction: Array, grouping: Grouping) -> Array:
    """Return probabilities of overlapping classes; of merged ones the largest, as of a union."""
    found = np.zeros((len(grouping.classes), *prediction.shape[1:]), np.float32)
    for old, new in enumerate(grouping.table.tolist()):
        if new:
            np.maximum(found[new], prediction[old], out=found[new])
    if grouping.overlap is None:
        found[0] = 1 - found[1]
    return found


def _checked(volume: LabelVolume, chosen: set[int]) -> set[int]:
    """Return the chosen ids with that of the background, having refused unknown ones."""
    there = [c.id for c in volume.classes]
    unknown = sorted(chosen.difference(there))
    if unknown or not chosen - {0}:
        what = f"class{'es' if len(unknown) > 1 else ''} {_shortened(unknown)}" if unknown else None
        raise VolumeError(
            f"{volume.name} has no {what or 'foreground among the chosen classes'}; "
            f"there are {_shortened(there[1:])}."
        )
    return chosen | {0}


def _shortened(ids: Sequence[int], most: int = 20) -> str:
    """Write ascending ids as `classes_text` does, the first so many runs of them."""
    runs = _runs(ids)
    return ",".join(runs[:most]) + (", …" if len(runs) > most else "")


def _runs(ids: Sequence[int]) -> list[str]:
    """Write each run of consecutive ids, which ascend."""
    breaks = [0, *(i for i, (a, b) in enumerate(pairwise(ids), start=1) if b != a + 1), len(ids)]
    ends = ((ids[first], ids[last - 1]) for first, last in pairwise(breaks))
    return [f"{first}-{last}" if last > first else str(first) for first, last in ends]
