"""Patches of a volume with what each output is to predict: the batch of every training step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ParameterError
from lossexplorer.learning.images import input_image
from lossexplorer.learning.networks.head import Head
from lossexplorer.learning.setup import Setup
from lossexplorer.learning.targets import LabelledPatch, Target, heads, target_named
from lossexplorer.learning.targets._classes import coarser
from lossexplorer.learning.truths import require_fit
from lossexplorer.volumes.model.batch import Batch
from lossexplorer.volumes.model.labels import LabelVolume

_STREAM = 2
"""Tells the random numbers of the patches from those of the noise, for one seed."""

_ANYWHERE = 4
"""Of so many patches one lies anywhere, the others touch a labelled voxel."""


@dataclass(frozen=True)
class Place:
    """Where a patch lies.

    Attributes
    ----------
    sample : int
        The index of the volume in the batch.
    corner : tuple of int
        Its first voxel, (z, y, x); negative along an axis that is shorter than the patch.
    """

    sample: int
    corner: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class PatchBatch:
    """What one training step sees.

    Attributes
    ----------
    x : array of float32, shape (patch, z, y, x, 1)
        The network's input.
    targets : mapping of str to array of float32, shape (patch, z, y, x, channel)
        What each output is to predict, on the output's own grid; if voxels are ignored, with one
        more channel, 1 where a voxel counts, as `lossexplorer.learning.counted.OfCounted` takes it.
    places : tuple of Place
        Where the patches lie.
    """

    x: NDArray[np.float32]
    targets: Mapping[str, NDArray[np.float32]]
    places: tuple[Place, ...]


class PatchSource:
    """Cuts the batch of each step out of volumes: a pure function of seed and step.

    Three of four patches touch a labelled voxel: a class is drawn among those that are there, each
    as likely as the others, then one of its voxels, then a patch that holds it. The fourth lies
    anywhere, and so do all if nothing is labelled. Every patch holds a voxel that counts. Where a
    volume is shorter than a patch, as a
    single slice is, its outermost voxels are repeated, labels and image alike.

    Parameters
    ----------
    volume : LabelVolume or Batch
        The volume, or volumes of one shape and one set of classes.
    setup : Setup
        Patch size, patches a step, seed, input and targets.

    Raises
    ------
    ParameterError
        If a target is unknown or does not fit the truth, or a length, the number of patches or an
        intensity is not allowed.

    Examples
    --------
    >>> from lossexplorer.volumes.sample_volumes import open_sample_volume
    >>> batch = PatchSource(open_sample_volume("tumour"), Setup()).batch(step=1)
    >>> batch.x.shape, {name: array.shape for name, array in batch.targets.items()}
    ((2, 16, 32, 32, 1), {'y1': (2, 16, 32, 32, 2), 'y2': (2, 16, 32, 32, 1)})
    """

    def __init__(self, volume: LabelVolume | Batch, setup: Setup) -> None:
        training = setup.training
        if len(training.patch) != 3 or min(training.patch) < 1:
            raise ParameterError(
                f"A patch has three lengths (z, y, x) of at least 1 voxel, not {training.patch}."
            )
        if training.batch < 1:
            raise ParameterError(f"A step has at least one patch, not {training.batch}.")
        samples = (volume,) if isinstance(volume, LabelVolume) else volume.samples
        if training.seed < 0:
            raise ParameterError(f"The seed must be at least 0, not {training.seed}.")
        self._samples: Sequence[LabelVolume] = samples
        self._size, self._count, self._seed = training.patch, training.batch, training.seed
        self.leaves_out = any(sample.ignored is not None for sample in samples)
        for sample in samples:
            require_fit(setup, sample)
        self._targets = {output.name: target_named(output.target) for output in setup.outputs}
        self._images = [
            input_image(sample, setup.image, training.seed, index)
            for index, sample in enumerate(self._samples)
        ]
        self._labelled = [_voxels_by_class(sample) for sample in self._samples]
        self._counted = [
            None if sample.ignored is None else np.flatnonzero(~sample.ignored)
            for sample in self._samples
        ]
        self._classes = max(2, len(self._samples[0].classes))
        self.heads: dict[str, Head] = heads(setup, self._samples[0])

    @property
    def bytes_of_a_batch(self) -> int:
        """How many bytes the arrays of one step have."""
        heads = self.heads
        if self.leaves_out:
            heads = {k: replace(head, channels=head.channels + 1) for k, head in heads.items()}
        return batch_bytes(self._size, self._count, heads)

    def batch(self, step: int) -> PatchBatch:
        """Return the patches of a step.

        Parameters
        ----------
        step : int
            Its number, from 1.
        """
        random = np.random.default_rng([self._seed, _STREAM, step])
        first = (step - 1) * self._count
        places = tuple(self._place(random, first + index) for index in range(self._count))
        return PatchBatch(
            x=np.stack([self._patch(place, self._size).image[..., None] for place in places]),
            targets={
                name: np.stack([self._values(name, place, self._size) for place in places])
                for name in self._targets
            },
            places=places,
        )

    def region(
        self, output: str, corner: tuple[int, int, int], size: tuple[int, int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the network's input in a region of the first volume, and an output's target.

        Parameters
        ----------
        output : str
            The output's name.
        corner, size : tuple of int
            The region's first voxel and its lengths, (z, y, x).

        Returns
        -------
        image : array of float32, shape (z, y, x)
            The input.
        target : array of float32, shape (z, y, x, channel)
            What the output is to predict, on its own grid, as in `PatchBatch.targets`.
        """
        place = Place(0, corner)
        return self._patch(place, size).image, self._values(output, place, size)

    def _place(self, random: np.random.Generator, number: int) -> Place:
        """Draw the place of the patch of this number, counted from the first of step 1."""
        sample = int(random.integers(len(self._samples)))
        shape, by_class = self._samples[sample].shape, self._labelled[sample]
        voxel: Sequence[int | None] = (None, None, None)
        voxels = self._counted[sample]
        if by_class and number % _ANYWHERE != _ANYWHERE - 1:
            voxels = by_class[int(random.integers(len(by_class)))]
        if voxels is not None:
            chosen = np.unravel_index(voxels[int(random.integers(len(voxels)))], shape)
            voxel = [int(index) for index in chosen]
        ranges = map(_corners, shape, self._size, voxel)
        z, y, x = (int(random.integers(low, high + 1)) for low, high in ranges)
        return Place(sample, (z, y, x))

    def _patch(
        self, place: Place, size: Sequence[int], margin: tuple[int, int, int] = (0, 0, 0)
    ) -> LabelledPatch:
        sample = self._samples[place.sample]
        axes = _axes(place, size, margin, sample.shape)
        image = self._images[place.sample]
        return LabelledPatch(
            sample.labels[axes], image[axes], sample.spacing, self._classes, sample.overlap
        )

    def _values(self, output: str, place: Place, size: Sequence[int]) -> NDArray[np.float32]:
        values = self._to_predict(self._targets[output], place, size)
        if not self.leaves_out:
            return values
        counted = self._counts(place, size, self.heads[output].scale)
        return np.concatenate([values, counted.astype(np.float32)[..., None]], axis=-1)

    def _counts(self, place: Place, size: Sequence[int], scale: int) -> NDArray[np.bool_]:
        """Return which voxels of a patch count, on a grid coarser by `scale`."""
        sample = self._samples[place.sample]
        axes = _axes(place, size, (0, 0, 0), sample.shape)
        ignored = np.zeros(tuple(size), bool) if sample.ignored is None else sample.ignored[axes]
        return coarser(~ignored, scale)

    def _to_predict(self, target: Target, place: Place, size: Sequence[int]) -> NDArray[np.float32]:
        sample = self._samples[place.sample]
        wanted = target.margin(sample.spacing)
        # Beyond the volume nothing is nearer than in it, for its outermost voxels are repeated.
        z, y, x = (min(m, whole - 1) for m, whole in zip(wanted, sample.shape, strict=True))
        margin = z, y, x
        values = target.values(self._patch(place, size, margin))
        kept = zip(margin, values.shape[:3], strict=True)
        return values[tuple(slice(m, length - m) for m, length in kept)]


def batch_bytes(patch: Sequence[int], count: int, heads: Mapping[str, Head]) -> int:
    """Return how many bytes the input and the targets of one step have.

    Parameters
    ----------
    patch : sequence of int
        Voxels along (z, y, x).
    count : int
        Patches a step.
    heads : mapping of str to Head
        The output layers by the output's name.

    Examples
    --------
    >>> batch_bytes((16, 32, 32), 2, {"y1": Head(2, "softmax", 1), "y2": Head(2, "softmax", 2)})
    425984
    """
    numbers = math.prod(patch)
    for head in heads.values():
        numbers += head.channels * math.prod(max(1, length // head.scale) for length in patch)
    return 4 * count * numbers


def _axes(
    place: Place, size: Sequence[int], margin: Sequence[int], shape: Sequence[int]
) -> tuple[NDArray[np.intp], ...]:
    """Return the indices of a patch's voxels; beyond the volume, its outermost are repeated."""
    return np.ix_(
        *(
            np.clip(np.arange(corner - m, corner + n + m), 0, whole - 1)
            for corner, n, m, whole in zip(place.corner, size, margin, shape, strict=True)
        )
    )


def _corners(whole: int, length: int, voxel: int | None) -> tuple[int, int]:
    """Return the first and the last corner that a patch can have along an axis.

    Parameters
    ----------
    whole, length : int
        Voxels of the volume and of the patch.
    voxel : int or None
        What the patch holds; None if it can lie anywhere.
    """
    last = whole - length
    if last < 0:  # the volume lies in the middle of the patch
        return last // 2, last // 2
    if voxel is None:
        return 0, last
    return max(0, voxel - length + 1), min(last, voxel)


def _voxels_by_class(volume: LabelVolume) -> list[NDArray[np.intp]]:
    """Return the flat indices of the counted voxels of each class that is there, no background."""
    if volume.overlap is not None:
        masks = (volume.mask(index).reshape(-1) for index in range(1, len(volume.classes)))
        return [voxels for voxels in map(np.flatnonzero, masks) if len(voxels)]
    flat = volume.labels.reshape(-1)
    labelled = np.flatnonzero(volume.labelled)
    of_class = flat[labelled]
    ordered = labelled[np.argsort(of_class, kind="stable")]
    counts = np.bincount(of_class, minlength=len(volume.classes))[1:]
    return [voxels for voxels in np.split(ordered, np.cumsum(counts)[:-1]) if len(voxels)]
