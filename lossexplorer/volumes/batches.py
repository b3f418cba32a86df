"""Several volumes of one shape in one file, as a network sees them, and their prediction."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.numpy_files import PREDICTION_KEYS
from lossexplorer.volumes.formats.raw import RawVolume, describe
from lossexplorer.volumes.grid import check_same_grid
from lossexplorer.volumes.ids import whole_numbers
from lossexplorer.volumes.labels import LabelVolume, label_volume
from lossexplorer.volumes.prediction_files import prediction_of
from lossexplorer.volumes.reading import labels_of, named, no_labels, read_raw, stem
from lossexplorer.volumes.samples import SAMPLE_PREFIX, open_sample_batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lossexplorer.volumes.formats.raw import Shape
    from lossexplorer.volumes.reading import StrPath
    from lossexplorer.volumes.spacing import Spacing

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Batch:
    """Label volumes of one shape, spacing and set of classes: the samples that a loss sees at once.

    Attributes
    ----------
    samples
        At least one. All have the same classes, those of the whole batch, though not in the same
        numbers of voxels.

    Raises
    ------
    VolumeError
        If a shape or a spacing differs, naming which.
    """

    samples: tuple[LabelVolume, ...]

    def __post_init__(self) -> None:
        first = self.samples[0]
        for number, sample in enumerate(self.samples[1:], start=1):
            raw = RawVolume(f"{sample.name} (sample {number})", sample.labels, sample.spacing)
            check_same_grid(raw, sample.shape, first, other=f"{first.name} (sample 0)")

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[LabelVolume]:
        return iter(self.samples)

    def __getitem__(self, index: int) -> LabelVolume:
        return self.samples[index]

    @property
    def names(self) -> tuple[str, ...]:
        """The classes' names, background first."""
        return tuple(c.name for c in self.samples[0].classes)

    @property
    def spacing(self) -> Spacing:
        """Voxel edges in mm, (z, y, x)."""
        return self.samples[0].spacing

    @property
    def voxel_count(self) -> int:
        """The number of voxels of all samples."""
        return sum(sample.voxel_count for sample in self.samples)

    @property
    def key(self) -> str:
        """A hash of the content, in hexadecimal digits; see `LabelVolume.key`."""
        if len(self.samples) == 1:
            return self.samples[0].key
        keys = "".join(sample.key for sample in self.samples)
        return hashlib.blake2b(keys.encode(), digest_size=16).hexdigest()


def batch_of(volumes: Sequence[LabelVolume]) -> Batch:
    """Return volumes as one batch, with the classes of all of them.

    Raises
    ------
    VolumeError
        If a shape or a spacing differs.
    """
    ids = [c.id for volume in volumes for c in volume.classes]
    names = {c.id: c.name for volume in volumes for c in volume.classes}
    return Batch(tuple(volume.with_ids(ids).with_names(names) for volume in volumes))


def parse_patch(text: str | None) -> Shape | None:
    """Read the size of a patch as a person writes it; None for the whole volume.

    Parameters
    ----------
    text
        One length for all axes, or three, (z, y, x), with x, × or * between them.

    Raises
    ------
    VolumeError
        If it is neither.

    Examples
    --------
    >>> parse_patch("64"), parse_patch("8 x 64 × 64")
    ((64, 64, 64), (8, 64, 64))
    """
    if text is None or not text.strip():
        return None
    try:
        lengths = [int(part) for part in re.split(r"[x×*]", text)]
    except ValueError:
        lengths = []
    if len(lengths) not in (1, 3) or min(lengths) < 1:
        raise VolumeError(f"A patch is 64 or 8x64x64 (z, y, x) voxels, not {text!r}.")
    z, y, x = lengths * (3 // len(lengths))
    return z, y, x


def patch_boxes(shape: Sequence[int], size: Sequence[int]) -> list[tuple[slice, ...]]:
    """Return the patches of one size that cover a volume.

    Where the size does not divide the volume, the last patch of an axis is moved back to end with
    the volume, as in sliding-window inference; it then shares voxels with the one before.

    Parameters
    ----------
    shape
        Of the volume, (z, y, x).
    size
        Of a patch, at least 1; where the volume is smaller, all of it.

    Raises
    ------
    VolumeError
        If a length is below 1.

    Examples
    --------
    >>> [box[2] for box in patch_boxes((1, 1, 5), (1, 1, 2))]
    [slice(0, 2, None), slice(2, 4, None), slice(3, 5, None)]
    """
    if min(size) < 1:
        raise VolumeError(f"A patch of {describe(size)} voxels is empty; lengths start at 1.")
    lengths = [min(int(n), whole) for n, whole in zip(size, shape, strict=True)]
    starts = [
        sorted({min(start, whole - n) for start in range(0, whole, n)})
        for n, whole in zip(lengths, shape, strict=True)
    ]
    return [
        tuple(slice(s, s + n) for s, n in zip(corner, lengths, strict=True))
        for corner in product(*starts)
    ]


def open_batch(source: StrPath) -> Batch:
    """Open label volumes of one shape: those of a batch, or a single one.

    Parameters
    ----------
    source
        What `open_volume` opens, a batch of one; a sample that is a batch; or a file that holds a
        (sample, z, y, x) array.

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
    if text.startswith(SAMPLE_PREFIX):
        return batch_of(open_sample_batch(text.removeprefix(SAMPLE_PREFIX)))
    raw = read_raw(source)
    if raw.array.ndim != 4 or 1 in (raw.array.shape[0], raw.array.shape[-1]):
        return Batch((labels_of(raw, source),))
    batch = _labels(named(raw, source), source)
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
    truth : Batch
        The truth, with those classes added that only the prediction has.
    prediction : tuple of numpy.ndarray
        For each sample, what `read_prediction` returns.

    Raises
    ------
    VolumeError
        As `read_prediction`, or if the number of samples differs.
    """
    raw = read_raw(path, keys=PREDICTION_KEYS)
    if len(truth) == 1 and (raw.array.ndim < 5 or raw.array.shape[1] == 1):
        volume, found = prediction_of(raw, truth[0])
        return Batch((volume,)), (found,)
    if raw.array.ndim not in (4, 5) or len(raw.array) != len(truth):
        raise VolumeError(
            f"{raw.name} is {raw.array.ndim}D ({describe(raw.array.shape)}), the truth has "
            f"{len(truth)} sample{'s' if len(truth) > 1 else ''}: labels must be (sample, z, y, x) "
            "and probabilities (sample, class, z, y, x), with as many samples."
        )
    if raw.array.ndim == 5:
        pairs = list(map(prediction_of, _samples(raw), truth))
        return batch_of([volume for volume, _ in pairs]), tuple(found for _, found in pairs)
    for part, volume in zip(_samples(raw), truth, strict=True):
        check_same_grid(part, part.array.shape, volume, other="the truth")
    predicted = _labels(raw, path)
    ids = [c.id for volume in (truth[0], predicted[0]) for c in volume.classes]
    return (
        Batch(tuple(volume.with_ids(ids) for volume in truth)),
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
    return batch_of(volumes)
