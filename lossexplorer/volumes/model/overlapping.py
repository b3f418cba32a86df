"""Classes that may overlap: from masks, or from the ids that regions are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.model.ids import apply_table, index_dtype
from lossexplorer.volumes.model.labels import LabelClass, LabelVolume, Overlap, class_voxels

Array = np.ndarray[Any, Any]

Regions = Mapping[str, Sequence[int]]
"""The ids that each region is made of, by its name, such as ``{"whole tumour": (1, 2, 3)}``."""

NO_REGIONS: Regions = {}
"""Classes are ids, or masks."""

MOST_OVERLAPPING = 62
"""The largest number of masks: a voxel's classes are the bits of a 64-bit number."""


def overlapping_labels(masks: Sequence[Array]) -> tuple[Array, Overlap]:
    """Return labels and overlap of masks.

    Parameters
    ----------
    masks
        (z, y, x) of bool or of whole numbers of which 0 is outside, one per class, of one shape; 1
        to `MOST_OVERLAPPING`.

    Examples
    --------
    >>> labels, overlap = overlapping_labels([np.array([[[0, 1, 1]]]), np.array([[[0, 0, 1]]])])
    >>> labels.tolist(), overlap.ids
    ([[[0, 1, 2]]], (0, 1, 3))
    >>> overlap.members.tolist()
    [[True, False, False], [False, True, True], [False, False, True]]
    """
    bits = np.zeros(masks[0].shape, np.int64)
    for number, mask in enumerate(masks):
        bits[np.asarray(mask) != 0] |= 1 << number
    # The value 0, in no class, is always there: what enters the volume has it.
    ids, labels = np.unique(np.append(bits.reshape(-1), 0), return_inverse=True)
    labels = labels[:-1].reshape(bits.shape).astype(index_dtype(len(ids)))
    rows = [ids == 0, *((ids >> number) & 1 == 1 for number in range(len(masks)))]
    return labels, Overlap(np.array(rows), tuple(ids.tolist()))


def overlapping_volume(
    base: LabelVolume, masks: Sequence[Array], names: Sequence[str]
) -> LabelVolume:
    """Return a volume whose classes are masks that may overlap.

    Parameters
    ----------
    base
        A volume of the same shape, with everything else but labels and classes.
    masks
        As in `overlapping_labels`.
    names
        What each class is called.
    """
    labels, overlap = overlapping_labels(masks)
    counts = class_voxels(labels, len(masks) + 1, overlap, None)
    return replace(
        base, labels=labels, classes=_classes(names, counts), overlap=overlap, ignored=None
    )


def with_common_values(volumes: Sequence[LabelVolume]) -> list[LabelVolume]:
    """Return volumes of masks with the same values for the same classes, as samples of a batch.

    Parameters
    ----------
    volumes
        Of which some have overlapping classes.

    Raises
    ------
    VolumeError
        If classes of one overlap and those of another exclude each other, or their numbers differ.
    """
    tables = [volume.overlap for volume in volumes]
    first = volumes[0]
    for volume, table in zip(volumes, tables, strict=True):
        if table is None or tables[0] is None or len(volume.classes) != len(first.classes):
            raise VolumeError(
                f"{volume.name} and {first.name} have {_counted(volume)} and {_counted(first)}; "
                "the samples of a batch have the same classes."
            )
    found = [table for table in tables if table is not None]
    columns = {
        id_: column
        for table in found
        for id_, column in zip(table.ids, table.members.T, strict=True)
    }
    ids = sorted(columns)
    common = Overlap(np.array([columns[id_] for id_ in ids]).T, tuple(ids))
    place = {id_: index for index, id_ in enumerate(ids)}
    dtype = index_dtype(len(ids))
    return [
        replace(
            volume,
            labels=apply_table(np.array([place[id_] for id_ in table.ids], dtype), volume.labels),
            overlap=common,
        )
        for volume, table in zip(volumes, found, strict=True)
    ]


def region_masks(prediction: Array, file_ids: Sequence[int], regions: Regions) -> Array:
    """Return a hard prediction of regions from one of ids.

    Parameters
    ----------
    prediction
        (z, y, x), indices into the ids.
    file_ids
        The ids of the classes that regions are made of, the background first.
    regions
        The ids that each is made of.

    Returns
    -------
    numpy.ndarray
        (class, z, y, x) float32, 1 in each region; the background has a row of zeros.
    """
    found = np.zeros((len(regions) + 1, *prediction.shape), np.float32)
    for row, ids in zip(found[1:], regions.values(), strict=True):
        row[...] = apply_table(np.isin(file_ids, list(ids)), prediction)
    return found


def each_id(volume: LabelVolume) -> Regions:
    """Return regions of one id each, all of a volume's but the background.

    Examples
    --------
    >>> from lossexplorer.volumes.model.labels import LabelClass
    >>> classes = tuple(LabelClass(k, name, 1) for k, name in ((0, "background"), (4, "core")))
    >>> each_id(LabelVolume(np.array([[[0, 1]]]), classes, (1.0, 1.0, 1.0), True, "v", "v.npy"))
    {'core': (4,)}
    """
    classes = volume.classes[1:]
    named = {c.name: (c.id,) for c in classes}
    if len(named) == len(classes):
        return named
    return {f"{c.name} ({c.id})": (c.id,) for c in classes}  # two classes of one name


def with_regions(volume: LabelVolume, regions: Regions) -> LabelVolume:
    """Return a volume with regions as its classes, each made of several ids; they may overlap.

    Parameters
    ----------
    volume
        A volume whose classes exclude each other.
    regions
        At least one. Ids that the volume lacks belong to no voxel.

    Raises
    ------
    VolumeError
        If a region has no id or that of the background, or the classes overlap already.

    Notes
    -----
    As nnU-Net's ``regions``: Isensee et al. 2021, Nature Methods 18, 203–211.
    """
    if volume.overlap is not None:
        raise VolumeError(f"{volume.name} has overlapping classes; regions are made of ids.")
    for name, ids in regions.items():
        if not ids or 0 in ids:
            raise VolumeError(
                f"The region {name} of {volume.name} must be made of ids of objects, not of "
                f"{', '.join(map(str, ids)) or 'none'}."
            )
    file_ids = [c.id for c in volume.classes]
    rows = np.array([np.isin(file_ids, list(ids)) for ids in regions.values()])
    members = np.array([~rows.any(axis=0), *rows])
    overlap = Overlap(members, tuple(file_ids))
    counts = class_voxels(volume.labels, len(members), overlap, volume.ignored)
    return replace(volume, classes=_classes(tuple(regions), counts), overlap=overlap)


def _classes(names: Sequence[str], counts: Sequence[int]) -> tuple[LabelClass, ...]:
    together = zip(("background", *names), counts, strict=True)
    return tuple(LabelClass(k, name, n) for k, (name, n) in enumerate(together))


def _counted(volume: LabelVolume) -> str:
    kind = "overlapping" if volume.overlap is not None else "exclusive"
    return f"{len(volume.classes) - 1} {kind} classes"
