"""The truth of a batch, as the pipeline takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing
from lossexplorer.volumes import Batch

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True)
class Volume:
    """A label volume or a batch of label volumes, as the pipeline takes it.

    Attributes
    ----------
    labels : array of unsigned int, shape (sample, z, y, x)
        Class indices, or values of overlapping labels; (z, y, x) for a single sample.
    names : tuple of str
        The name of each class, background first.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).
    ignored : array of bool, shape (sample, z, y, x), or None
        The voxels that count nowhere; None if all voxels count. Of a single sample (z, y, x).
    members : array of bool, shape (class, value), or None
        Which classes the values of overlapping labels belong to, as in
        `lossexplorer.volumes.Overlap`; None if classes exclude each other.
    """

    labels: Labels
    names: tuple[str, ...]
    spacing: Spacing
    ignored: NDArray[np.bool_] | None = None
    members: NDArray[np.bool_] | None = None

    @property
    def samples(self) -> Labels:
        """The labels, shape (sample, z, y, x)."""
        return self.labels if self.labels.ndim == 4 else self.labels[None]

    def ignored_in(self, sample: int) -> NDArray[np.bool_] | None:
        """Return the voxels of a sample that count nowhere, (z, y, x); None if all count."""
        if self.ignored is None:
            return None
        found: NDArray[np.bool_] = self.ignored if self.ignored.ndim == 3 else self.ignored[sample]
        return found if found.any() else None

    def mask(self, sample: int, index: int) -> NDArray[np.bool_]:
        """Return where a class of a sample is, ignored voxels included: (z, y, x) of bool."""
        labels = self.samples[sample]
        found: NDArray[np.bool_] = (
            labels == index if self.members is None else self.members[index][labels]
        )
        return found


def volume_of(batch: Batch) -> Volume:
    """Return a batch as the pipeline takes it."""
    return Volume(
        np.stack([sample.labels for sample in batch]),
        batch.names,
        batch.spacing,
        ignored_of(batch),
        members_of(batch),
    )


def ignored_of(batch: Batch) -> NDArray[np.bool_] | None:
    """Return `Volume.ignored` of a batch."""
    if all(sample.ignored is None for sample in batch):
        return None
    return np.stack([_ignored(sample.ignored, sample.shape) for sample in batch])


def members_of(batch: Batch) -> NDArray[np.bool_] | None:
    """Return `Volume.members` of a batch."""
    overlap = batch[0].overlap
    return None if overlap is None else overlap.members


def _ignored(ignored: NDArray[Any] | None, shape: Sequence[int]) -> NDArray[np.bool_]:
    return np.zeros(shape, bool) if ignored is None else ignored
