"""Batches in files: several volumes of one shape in one file, and their prediction."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.colours import decoded
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.detection import stem
from lossexplorer.volumes.formats.parts import PREDICTION_KEYS
from lossexplorer.volumes.formats.raw import RawVolume, describe
from lossexplorer.volumes.model.batch import Batch, batch_of
from lossexplorer.volumes.model.grid import OnGrid, on_grid
from lossexplorer.volumes.model.ids import whole_numbers
from lossexplorer.volumes.model.labels import label_volume
from lossexplorer.volumes.prediction_files import prediction_of
from lossexplorer.volumes.reading import labels_of, named, no_labels, read_raw
from lossexplorer.volumes.sample_volumes import SAMPLE_VOLUME_PREFIX, open_sample_volumes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.source import StrPath

Array = np.ndarray[Any, Any]


def open_batch(source: StrPath) -> Batch:
    """Open label volumes of one shape: those of a batch, or a single one.

    Parameters
    ----------
    source
        What `open_volume` opens, a batch of one; a sample volume that is a batch; or a file that
        holds a (sample, z, y, x) array.

    Returns
    -------
    Batch
        One volume per sample.

    Raises
    ------
    VolumeError
        As `open_volume`, or if no voxel of the batch is labelled.
    """
    text = os.fspath(source)
    if text.startswith(SAMPLE_VOLUME_PREFIX):
        return batch_of(open_sample_volumes(text.removeprefix(SAMPLE_VOLUME_PREFIX)))
    raw = decoded(read_raw(source), source)
    if raw.array.ndim != 4 or 1 in (raw.array.shape[0], raw.array.shape[-1]):
        return Batch((labels_of(raw, source),))
    batch = _labels(named(raw, source), source)
    if len(batch[0].classes) == 1:
        raise no_labels(raw)
    return batch


def read_batch_prediction(
    path: StrPath, truth: Batch
) -> tuple[Batch, tuple[Array, ...], tuple[str, ...]]:
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
    truth : Batch
        The truth, with those classes added that only the prediction has.
    prediction : tuple of numpy.ndarray
        For each sample, what `read_prediction` returns.
    notes : tuple of str
        What a person should know of how the file was read and placed, in sentences.

    Raises
    ------
    VolumeError
        As `read_prediction`, or if the number of samples differs.
    """
    raw = decoded(read_raw(path, keys=PREDICTION_KEYS), path)
    if len(truth) == 1 and (raw.array.ndim < 5 or raw.array.shape[1] == 1):
        alone = prediction_of(raw, truth[0])
        return Batch((alone.volume,)), (alone.array,), (*raw.notes, *alone.notes)
    if raw.array.ndim not in (4, 5) or len(raw.array) != len(truth):
        raise VolumeError(
            f"{raw.name} is {raw.array.ndim}D ({describe(raw.array.shape)}), the truth has "
            f"{len(truth)} sample{'s' if len(truth) > 1 else ''}: labels must be (sample, z, y, x) "
            "and probabilities (sample, class, z, y, x), with as many samples."
        )
    if raw.array.ndim == 5:
        found = list(map(prediction_of, _samples(raw), truth))
        arrays = tuple(each.array for each in found)
        return batch_of([each.volume for each in found]), arrays, _notes(raw, found)
    placed = [
        on_grid(sample.array, sample, volume, other="the truth")
        for sample, volume in zip(_samples(raw), truth, strict=True)
    ]
    predicted = _labels(replace(raw, array=np.stack([each.array for each in placed])), path)
    ids = [c.id for volume in (truth[0], predicted[0]) for c in volume.classes]
    return (
        Batch(tuple(volume.with_ids(ids) for volume in truth)),
        tuple(volume.with_ids(ids).labels for volume in predicted),
        _notes(raw, placed),
    )


def _samples(raw: RawVolume) -> list[RawVolume]:
    return [
        replace(raw, name=f"sample {number} of {raw.name}", array=array)
        for number, array in enumerate(raw.array)
    ]


def _notes(raw: RawVolume, samples: Sequence[OnGrid]) -> tuple[str, ...]:
    return (*raw.notes, *(note for sample in samples for note in sample.notes))


def _labels(raw: RawVolume, path: StrPath) -> Batch:
    volumes = [
        label_volume(
            whole_numbers(sample.array, sample.name, rounding=sample.rounding),
            sample,
            name=stem(raw.name),
            path=os.fspath(path),
        )
        for sample in _samples(raw)
    ]
    return batch_of(volumes)
