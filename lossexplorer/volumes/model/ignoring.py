"""Voxels that count nowhere: those of an id, or those that a mask leaves out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lossexplorer.core.parameters import ParameterError
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.model.ids import apply_table, index_dtype
from lossexplorer.volumes.model.labels import LabelVolume, class_voxels

if TYPE_CHECKING:
    from lossexplorer.volumes.spacing import Spacing

Array = np.ndarray[Any, Any]

Ignored = int | None | Literal["declared"]
"""The id whose voxels count nowhere, none, or the one that a file beside the labels names."""


def parse_ignored(text: str | None) -> Ignored:
    """Read which id is ignored as a person writes it.

    Parameters
    ----------
    text
        An id, or ``none``; what a file beside the labels names if there is no text.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If it is neither.

    Examples
    --------
    >>> parse_ignored("255"), parse_ignored("none"), parse_ignored(None)
    (255, None, 'declared')
    """
    if text is None or not text.strip():
        return "declared"
    word = text.strip().lower()
    if word == "none":
        return None
    if not re.fullmatch(r"[0-9]{1,20}", word):
        raise ParameterError(f"the ignored id must be an id such as 255, or none; not {text!r}.")
    return int(word)


def ignored_text(ignore: Ignored) -> str:
    """Write which id is ignored as `parse_ignored` reads it.

    Examples
    --------
    >>> ignored_text(255), ignored_text(None), ignored_text("declared")
    ('255', 'none', '')
    """
    if ignore == "declared":
        return ""
    return "none" if ignore is None else str(ignore)


def without_id(volume: LabelVolume, ignored: int) -> LabelVolume:
    """Return a volume in which the voxels of an id count nowhere.

    What they belong to is not known, so they get the label of the nearest voxel that counts: a
    simulated prediction has no boundary where the truth has none.

    Parameters
    ----------
    volume
        A volume whose classes exclude each other.
    ignored
        The id; a volume without it is returned as it is.

    Raises
    ------
    VolumeError
        If the id is the background's, or no voxel of the volume would be left, or its classes
        overlap and the id is one of theirs.

    Examples
    --------
    >>> from lossexplorer.volumes.model.labels import LabelClass
    >>> volume = LabelVolume(np.array([[[0, 1, 1, 2]]], np.uint8), (LabelClass(0, "background", 1),
    ...     LabelClass(1, "a", 2), LabelClass(9, "unsure", 1)), (1.0, 1.0, 1.0), True, "v", "v.npy")
    >>> known = without_id(volume, 9)
    >>> known.labels.tolist(), known.ignored.tolist()
    ([[[0, 1, 1, 1]]], [[[False, False, False, True]]])
    >>> [(c.id, c.voxels) for c in known.classes]
    [(0, 1), (1, 2)]
    """
    index = next((k for k, c in enumerate(volume.classes) if c.id == ignored), None)
    if index is None:
        return volume
    if index == 0:
        raise VolumeError(
            f"{volume.name}: the background, id 0, cannot be ignored. Ignore another id, or leave "
            "voxels out with a mask."
        )
    if volume.overlap is not None:
        raise VolumeError(
            f"{volume.name} has overlapping classes, of which none can be ignored: leave voxels "
            "out with a mask."
        )
    there = volume.labels == index
    table = np.arange(len(volume.classes))
    table[index:] -= 1
    labels = apply_table(table.astype(index_dtype(len(volume.classes) - 1)), _filled(volume, there))
    classes = tuple(c for c in volume.classes if c.id != ignored)
    return without_voxels(replace(volume, labels=labels, classes=classes), there)


def without_voxels(volume: LabelVolume, ignored: Array) -> LabelVolume:
    """Return a volume of which some voxels count nowhere, with those that did not count before.

    Parameters
    ----------
    volume
        The volume.
    ignored
        (z, y, x) of bool, True in the voxels.

    Raises
    ------
    VolumeError
        If no voxel of the volume would be left.
    """
    every = ignored if volume.ignored is None else ignored | volume.ignored
    if every.all():
        raise VolumeError(f"All voxels of {volume.name} are ignored: no voxel is left that counts.")
    counts = class_voxels(volume.labels, len(volume.classes), volume.overlap, every)
    classes = tuple(replace(c, voxels=n) for c, n in zip(volume.classes, counts, strict=True))
    return replace(volume, classes=classes, ignored=every if every.any() else None)


def _filled(volume: LabelVolume, unknown: Array) -> Array:
    """Return the labels with those of unknown voxels from the nearest other voxel."""
    if unknown.all():
        raise VolumeError(f"All voxels of {volume.name} are ignored: no voxel is left that counts.")
    if not unknown.any():
        return volume.labels
    found: Array = volume.labels[tuple(_nearest(unknown, volume.spacing))]
    return found


def _nearest(unknown: Array, spacing: Spacing) -> Array:
    """Return the place (axis, z, y, x) of the nearest known voxel, by distances in mm."""
    from scipy import ndimage

    places: Array = ndimage.distance_transform_edt(
        unknown, sampling=spacing, return_distances=False, return_indices=True
    )
    return places
