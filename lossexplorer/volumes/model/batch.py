"""Label volumes of one shape and one set of classes, as a network sees them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lossexplorer.core.lengths import VolumeSize
from lossexplorer.volumes.formats.raw import RawVolume
from lossexplorer.volumes.model.grid import check_same_grid
from lossexplorer.volumes.model.overlapping import with_common_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lossexplorer.volumes.model.labels import LabelClass, LabelVolume
    from lossexplorer.volumes.spacing import Spacing


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

    @cached_property
    def classes(self) -> tuple[LabelClass, ...]:
        """The classes with their voxels in all samples, background first."""
        each = zip(*(sample.classes for sample in self.samples), strict=True)
        return tuple(replace(same[0], voxels=sum(c.voxels for c in same)) for same in each)

    @property
    def spacing(self) -> Spacing:
        """Voxel edges in mm, (z, y, x)."""
        return self.samples[0].spacing

    @property
    def size(self) -> VolumeSize:
        """The shape of a sample and the edges of its voxels."""
        return VolumeSize(self.spacing, self.samples[0].shape)

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
    """Return volumes as one batch, with every class that one of the volumes has.

    Raises
    ------
    VolumeError
        If a shape or a spacing differs, or their classes overlap and are not as many.
    """
    if any(volume.overlap is not None for volume in volumes):
        volumes = with_common_values(volumes)
    ids = [c.id for volume in volumes for c in volume.classes]
    names = {c.id: c.name for volume in volumes for c in volume.classes}
    return Batch(tuple(volume.with_ids(ids).with_names(names) for volume in volumes))
