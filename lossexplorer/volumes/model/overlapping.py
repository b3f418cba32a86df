"""Classes that may overlap: from masks, or from the ids that regions are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.model.ids import index_dtype
from lossexplorer.volumes.model.labels import LabelClass, LabelVolume, Overlap, class_voxels

Array = np.ndarray[Any, Any]

Regions = Mapping[str, Sequence[int]]
"""The ids that each region is made of, by its name, such as ``{"whole tumour": (1, 2, 3)}``."""

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
    names = ("background", *regions)
    classes = tuple(
        LabelClass(k, name, n) for k, (name, n) in enumerate(zip(names, counts, strict=True))
    )
    return replace(volume, classes=classes, overlap=overlap)
