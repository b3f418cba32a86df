"""Batches in files: several volumes of one shape in one file, and their prediction."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.colours import decoded
from lossexplorer.volumes.errors import AxesNeededError, OverlapNeededError, VolumeError
from lossexplorer.volumes.formats.detection import stem
from lossexplorer.volumes.formats.parts import PREDICTION_KEYS
from lossexplorer.volumes.formats.raw import RawVolume, describe, without_time
from lossexplorer.volumes.mask_files import masks_in, may_be_masks, open_masks
from lossexplorer.volumes.model.batch import Batch, batch_of
from lossexplorer.volumes.model.grid import OnGrid
from lossexplorer.volumes.model.ids import whole_numbers
from lossexplorer.volumes.model.labels import label_volume
from lossexplorer.volumes.model.overlapping import MOST_OVERLAPPING, NO_REGIONS
from lossexplorer.volumes.prediction_files import prediction_of
from lossexplorer.volumes.reading import labels_of, named, read_raw, takes_axes
from lossexplorer.volumes.sample_volumes import SAMPLE_VOLUME_PREFIX, open_sample_volumes
from lossexplorer.volumes.source import parse_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.model.labels import LabelVolume
    from lossexplorer.volumes.model.overlapping import Regions
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
        One volume per sample. No voxel need be labelled.

    Raises
    ------
    VolumeError
        As `open_volume`.
    """
    text = os.fspath(source)
    if text.startswith(SAMPLE_VOLUME_PREFIX):
        return batch_of(open_sample_volumes(text.removeprefix(SAMPLE_VOLUME_PREFIX)))
    return batch_in(decoded(read_raw(source), source), source)


def batch_in(raw: RawVolume, source: StrPath) -> Batch:
    """Return what `open_batch` does, of a file that has been read."""
    if raw.has_overlap:
        return Batch(tuple(masks_in(raw, source)))
    if not is_batch(raw):
        return Batch((labels_of(raw, source),))
    return _labels(named(raw, source), source)


def open_exclusive(sources: Sequence[StrPath], *, asks: bool, told: bool) -> Batch:
    """Open label volumes, whose classes exclude each other unless a file lists segments.

    Parameters
    ----------
    sources
        What `open_batch` opens; all of them make one batch.
    asks
        Whether a (n, z, y, x) array of zeros and ones is refused instead of opened as a batch, so
        that a person can be asked.
    told
        Whether somebody has said that it is a batch.

    Raises
    ------
    OverlapNeededError
        As `asks` says.
    VolumeError
        As `open_batch`.
    """
    volumes: list[LabelVolume] = []
    binary = 0
    for source in sources:
        if os.fspath(source).startswith(SAMPLE_VOLUME_PREFIX):
            volumes += open_batch(source)
            continue
        raw = decoded(read_raw(source), source)
        binary += raw.array.ndim == 3 and may_be_masks(raw)
        if not told and raw.axes.startswith("c") and is_batch(raw):
            raise OverlapNeededError(
                f"{raw.name} has {len(raw.array)} channels, and the truth one number per voxel. "
                "Masks of classes that may overlap are opened with --overlapping, samples of a "
                "batch with --exclusive."
            )
        unsure = not told and is_batch(raw) and not raw.has_overlap and may_be_masks(raw)
        if unsure and asks:
            raise OverlapNeededError(
                f"{raw.name} holds {len(raw.array)} arrays of zeros and ones, which are samples of "
                "a batch or masks of classes that may overlap. Say which."
            )
        if unsure:
            note = (
                f"{raw.name} holds {len(raw.array)} arrays of zeros and ones, which are taken for "
                "samples of a batch, and not for masks of overlapping classes."
            )
            raw = replace(raw, notes=(*raw.notes, note))
        elif not told and not raw.axes and is_batch(raw) and takes_axes(source):
            raw = replace(raw, notes=(*raw.notes, *_may_be_channels(raw)))
        volumes += batch_in(raw, source)
    if asks and not told and binary == len(sources) > 1:
        raise OverlapNeededError(
            f"{binary} files hold zeros and ones, which are samples of a batch or masks of classes "
            "that may overlap. Say which."
        )
    return batch_of(volumes)


def _may_be_channels(raw: RawVolume) -> tuple[str, ...]:
    """Say what the axes of an array are taken for, if its last one is as short as a class axis."""
    shape = raw.array.shape
    if shape[-1] >= min(shape[:-1]):
        return ()
    sample = describe(shape[1:])
    return (
        f"{raw.name} is {describe(shape)} and is taken for {shape[0]} samples of {sample} voxels "
        "(z, y, x). Axes in another order are named behind the file, such as ::@zyxc.",
    )


def open_overlapping(sources: Sequence[StrPath]) -> Batch:
    """Open a truth whose classes may overlap.

    Parameters
    ----------
    sources
        One file of masks, (class, z, y, x) or (sample, class, z, y, x), or of labels; or several
        files with a mask each.

    Returns
    -------
    Batch
        One volume per sample; for labels one volume whose classes exclude each other.

    Raises
    ------
    AxesNeededError
        If an array is as likely one class in a volume as a mask of one slice for each class.
    VolumeError
        If a file cannot be read, or holds something else.
    """
    for source in sources:
        if os.fspath(source).startswith(SAMPLE_VOLUME_PREFIX):
            raise VolumeError(
                f"{source} has classes that exclude each other; overlapping ones are opened from "
                "files."
            )
    if len(sources) > 1:
        return Batch((open_masks(sources),))
    raw = decoded(read_raw(sources[0], channels=True), sources[0])
    _check_axes_known(raw, sources[0])
    raw = without_time(_with_z(raw))
    if raw.array.ndim > 4 or is_batch(raw):
        return batch_of(masks_in(raw, sources[0]))
    volume = labels_of(raw, sources[0])
    if raw.segments:
        volume = volume.with_ids(raw.segments).with_names(raw.names)
    return Batch((volume,))


def _check_axes_known(raw: RawVolume, source: StrPath) -> None:
    """Refuse an array that is as likely one class in a volume as a mask of one slice per class."""
    if raw.axes or raw.array.ndim != 3 or not takes_axes(source) or raw.spacing is not None:
        return
    if 1 < len(raw.array) <= MOST_OVERLAPPING and raw.array.any() and may_be_masks(raw):
        named = parse_source(source)
        name = Path(named.path).name
        slices, channels = (str(replace(named.with_axes(a), path=name)) for a in ("zyx", "cyx"))
        raise AxesNeededError(
            f"{raw.name} is {describe(raw.array.shape)}, of zeros and ones: one class in "
            f"{len(raw.array)} slices, or {len(raw.array)} classes in one slice. Say which, with "
            f"{slices} or {channels}."
        )


def _with_z(raw: RawVolume) -> RawVolume:
    """Return masks of one slice with an axis z."""
    is_flat = "c" in raw.axes and "z" not in raw.axes and len(raw.axes) == raw.array.ndim
    return replace(raw, array=np.expand_dims(raw.array, -3)) if is_flat else raw


def is_batch(raw: RawVolume) -> bool:
    """Return whether a file of labels holds a (sample, z, y, x) array of several samples."""
    return raw.array.ndim == 4 and 1 not in (raw.array.shape[0], raw.array.shape[-1])


def read_batch_prediction(
    path: StrPath,
    truth: Batch,
    *,
    ignore: int | None = None,
    regions: Regions = NO_REGIONS,
    each_id: bool = False,
) -> tuple[Batch, tuple[Array, ...], tuple[str, ...]]:
    """Read a prediction of a batch.

    Parameters
    ----------
    path
        What `read_prediction` reads, for a batch of one; or a file that holds labels,
        (sample, z, y, x), or probabilities, (sample, class, z, y, x).
    truth
        The volumes that are predicted.
    ignore, regions, each_id
        As in `read_prediction`.

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
    raw = decoded(read_raw(path, keys=PREDICTION_KEYS, channels=True), path)
    predicted = partial(prediction_of, ignore=ignore, regions=regions, each_id=each_id)
    if len(truth) == 1 and (raw.array.ndim < 5 or raw.array.shape[1] == 1):
        alone = predicted(raw, truth[0])
        return Batch((alone.volume,)), (alone.array,), (*raw.notes, *alone.notes)
    if raw.array.ndim not in (4, 5) or len(raw.array) != len(truth) or raw.has_overlap:
        raise VolumeError(
            f"{raw.name} is {raw.array.ndim}D ({describe(raw.array.shape)}), the truth has "
            f"{len(truth)} sample{'s' if len(truth) > 1 else ''}: labels must be (sample, z, y, x) "
            "and probabilities (sample, class, z, y, x), with as many samples."
        )
    found = list(map(predicted, _samples(raw), truth))
    ids = [c.id for each in found for c in each.volume.classes]
    known = batch_of([each.volume for each in found])
    notes = dict.fromkeys([*raw.notes, *(note for each in found for note in each.notes)])
    return known, tuple(_with_ids(each, ids) for each in found), tuple(notes)


def _with_ids(predicted: OnGrid, ids: Sequence[int]) -> Array:
    """Return labels as indices into the classes of the whole batch; probabilities have all."""
    if predicted.array.ndim == 4:
        return predicted.array
    return replace(predicted.volume, labels=predicted.array, ignored=None).with_ids(ids).labels


def _samples(raw: RawVolume) -> list[RawVolume]:
    return [
        replace(raw, name=f"sample {number} of {raw.name}", array=array)
        for number, array in enumerate(raw.array)
    ]


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
