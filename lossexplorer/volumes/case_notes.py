"""Sentences about what of a case counts nowhere, and whether its classes may overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.model.grouping import classes_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lossexplorer.volumes.model.labels import LabelVolume
    from lossexplorer.volumes.model.overlapping import Regions
    from lossexplorer.volumes.nnunet import Dataset

Array = np.ndarray[Any, Any]

_LISTED = 8


def id_notes(
    originals: Iterable[LabelVolume], ignore: int | None, dataset: Dataset
) -> tuple[str, ...]:
    """Say how many voxels are ignored for their id, or that those of an ignore label are not.

    Parameters
    ----------
    originals
        The volumes as they were read.
    ignore
        The id, or None.
    dataset
        What ``dataset.json`` says.
    """
    volumes = list(originals)
    there = [c for volume in volumes for c in volume.classes if c.id == ignore]
    of = sum(volume.voxel_count for volume in volumes)
    if ignore is not None and not there and ignore != dataset.ignore:
        return (f"No voxel has the id {ignore}, so none is ignored.",)
    if there:
        voxels = sum(c.voxels for c in there)
        told = f"{dataset.name} says that " if ignore == dataset.ignore else ""
        return (
            f"{voxels:,} of {of:,} voxels count nowhere: {told}the id {ignore} ({there[0].name}) "
            "is ignored.",
        )
    if dataset.ignore is not None and ignore != dataset.ignore:
        return (f"{dataset.name} says that the id {dataset.ignore} is ignored; here it is not.",)
    return ()


def instance_notes(ids: int, name: str) -> tuple[str, ...]:
    """Say that ids are taken for those of instances, and are one class.

    Parameters
    ----------
    ids
        How many; 0 says nothing.
    name
        The volume's.
    """
    if not ids:
        return ()
    return (
        f"{name} has {ids:,} ids without names. They are taken for instances, so all foreground is "
        "one class.",
    )


def mask_notes(left_out: Sequence[Array], name: str) -> tuple[str, ...]:
    """Say how many voxels a mask leaves out.

    Parameters
    ----------
    left_out
        For each volume (z, y, x) of bool, True in the voxels.
    name
        The mask's file.
    """
    voxels = sum(int(np.count_nonzero(each)) for each in left_out)
    of = sum(each.size for each in left_out)
    return (f"{voxels:,} of {of:,} voxels count nowhere: the mask {name} is 0 there.",)


def overlap_notes(
    volumes: Iterable[LabelVolume], regions: Regions, dataset: Dataset
) -> tuple[str, ...]:
    """Say that classes may overlap, what regions are made of, and how many voxels are of several.

    Parameters
    ----------
    volumes
        The samples, as they are seen.
    regions
        The ids that each class is made of; empty if the classes are no regions.
    dataset
        What ``dataset.json`` says.
    """
    samples = [volume for volume in volumes if volume.overlap is not None]
    if not samples:
        if dataset.regions and not regions:
            return (f"{dataset.name} has regions; here the classes are ids instead.",)
        return _made_of(regions, dataset)
    shared = sum(map(_shared, samples))
    said = (
        "Classes may overlap: each has a probability of its own, and there is no background "
        f"class. {shared:,} voxels are of several classes."
    )
    return (said, *_made_of(regions, dataset))


def _made_of(regions: Regions, dataset: Dataset) -> tuple[str, ...]:
    if not regions:
        return ()
    made = [
        f"{name} ({classes_text(tuple(sorted(ids)))})"
        for name, ids in list(regions.items())[:_LISTED]
    ]
    more = ", …" if len(regions) > _LISTED else ""
    told = f", as {dataset.name} says" if regions == dataset.regions else ""
    return (f"Classes are regions, made of ids{told}: {', '.join(made)}{more}.",)


def _shared(volume: LabelVolume) -> int:
    """Return how many voxels that count are of several classes."""
    assert volume.overlap is not None
    labels = volume.labels if volume.ignored is None else volume.labels[~volume.ignored]
    counts = np.bincount(labels.reshape(-1), minlength=len(volume.overlap.ids))
    return int(counts[volume.overlap.members[1:].sum(axis=0) > 1].sum())
