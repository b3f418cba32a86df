"""Several volumes of one shape in one file, as a network sees them, and their prediction."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.grid import check_same_grid
from lossexplorer.volumes.ids import whole_numbers
from lossexplorer.volumes.labels import LabelVolume, label_volume
from lossexplorer.volumes.numpy_files import PREDICTION_KEYS
from lossexplorer.volumes.prediction_files import prediction_of
from lossexplorer.volumes.raw import RawVolume, describe
from lossexplorer.volumes.reading import labels_of, no_labels, read_raw, stem
from lossexplorer.volumes.samples import SAMPLE_PREFIX, open_volume

if TYPE_CHECKING:
    from lossexplorer.volumes.reading import StrPath

Array = np.ndarray[Any, Any]
Batch = tuple[LabelVolume, ...]


def open_batch(source: StrPath) -> Batch:
    """Open label volumes of one shape: those of a batch, or a single one.

    Parameters
    ----------
    source
        What `open_volume` opens, a batch of one; or a file that holds a (sample, z, y, x) array.

    Returns
    -------
    tuple of LabelVolume
        One per sample, all with the same classes: those of the whole batch.

    Raises
    ------
    VolumeError
        As `open_volume`, or if no voxel of the batch is labelled.
    """
    if os.fspath(source).startswith(SAMPLE_PREFIX):
        return (open_volume(source),)
    raw = read_raw(source)
    if raw.array.ndim != 4 or 1 in (raw.array.shape[0], raw.array.shape[-1]):
        return (labels_of(raw, source),)
    batch = _labels(raw, source)
    if len(batch[0].classes) == 1:
        raise no_labels(raw)
    return batch


def read_batch_prediction(path: StrPath, truth: Batch) -> tuple[Batch, tuple[Array, ...]]:
    """Read a prediction of a batch.

    Parameters
    ----------
    path
        What `read_prediction` reads, for a batch of one; or a file that holds labels,
        (sample, z, y, x), or probabilities, (sample, class, z, y, x).
    truth
        The volumes that are predicted.

    Returns
    -------
    truth : tuple of LabelVolume
        The truth, with those classes added that only the prediction has.
    prediction : tuple of numpy.ndarray
        For each sample, what `read_prediction` returns.

    Raises
    ------
    VolumeError
        As `read_prediction`, or if the number of samples differs.
    """
    raw = read_raw(path, keys=PREDICTION_KEYS)
    if len(truth) == 1 and raw.array.ndim < 5:
        volume, found = prediction_of(raw, truth[0])
        return (volume,), (found,)
    if raw.array.ndim not in (4, 5) or len(raw.array) != len(truth):
        raise VolumeError(
            f"{raw.name} is {raw.array.ndim}D ({describe(raw.array.shape)}), the truth has "
            f"{len(truth)} sample{'s' if len(truth) > 1 else ''}: labels must be (sample, z, y, x) "
            "and probabilities (sample, class, z, y, x), with as many samples."
        )
    if raw.array.ndim == 5:
        pairs = list(map(prediction_of, _samples(raw), truth))
        return tuple(volume for volume, _ in pairs), tuple(found for _, found in pairs)
    for part, volume in zip(_samples(raw), truth, strict=True):
        check_same_grid(part, part.array.shape, volume, other="the truth")
    predicted = _labels(raw, path)
    ids = [c.id for volume in (truth[0], predicted[0]) for c in volume.classes]
    return (
        tuple(volume.with_ids(ids) for volume in truth),
        tuple(volume.with_ids(ids).labels for volume in predicted),
    )


def _samples(raw: RawVolume) -> list[RawVolume]:
    return [
        replace(raw, name=f"sample {number} of {raw.name}", array=array)
        for number, array in enumerate(raw.array)
    ]


def _labels(raw: RawVolume, path: StrPath) -> Batch:
    volumes = [
        label_volume(
            whole_numbers(part.array, part.name), part, name=stem(raw.name), path=os.fspath(path)
        )
        for part in _samples(raw)
    ]
    ids = [c.id for volume in volumes for c in volume.classes]
    return tuple(volume.with_ids(ids) for volume in volumes)
