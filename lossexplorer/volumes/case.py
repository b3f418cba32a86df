"""What is open: volumes, a prediction if one was read, and how they are seen."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.batch_files import open_batch, read_batch_prediction
from lossexplorer.volumes.model.batch import Batch, batch_of
from lossexplorer.volumes.model.grouping import (
    ClassSelection,
    grouped_prediction,
    grouped_volume,
    grouping_of,
)
from lossexplorer.volumes.model.ids import apply_table
from lossexplorer.volumes.model.ignoring import without_id, without_voxels
from lossexplorer.volumes.model.patches import patch_boxes
from lossexplorer.volumes.reading import read_mask, with_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lossexplorer.volumes.formats.raw import Shape
    from lossexplorer.volumes.model.labels import LabelVolume
    from lossexplorer.volumes.source import StrPath

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Case:
    """Label volumes, their prediction if it was read from a file, and how they are seen.

    Attributes
    ----------
    originals
        The volumes as they were read.
    given
        For each volume a prediction, (z, y, x) class indices or (class, z, y, x) probabilities;
        None if the prediction is simulated.
    given_name
        The name of the prediction's file, for display; empty if there is none.
    classes
        How ids become classes.
    patch
        The size (z, y, x) of the patches that the volumes are cut into; None to leave them whole.
    ignore
        The id whose voxels count nowhere; None if there is none.
    left_out
        For each volume, (z, y, x) of bool, True in the voxels that a mask leaves out; None without
        a mask.
    mask_name
        The name of the mask's file, for display; empty if there is none.
    given_notes
        What a person should know of how the prediction was read and placed, in sentences.
    """

    originals: Batch
    given: tuple[Array, ...] | None = None
    given_name: str = ""
    classes: ClassSelection = "each"
    patch: Shape | None = None
    ignore: int | None = None
    left_out: tuple[Array, ...] | None = None
    mask_name: str = ""
    given_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the files were read and placed, in sentences."""
        volumes = [note for each in self.originals for note in (*each.notes, *each.image_notes)]
        return tuple(dict.fromkeys([*volumes, *self.given_notes]))

    @cached_property
    def counted(self) -> Batch:
        """The volumes without what is ignored, each other class as it was read."""
        counted = tuple(self.originals)
        if self.ignore is not None:
            counted = tuple(without_id(volume, self.ignore) for volume in counted)
        if self.left_out is not None:
            counted = tuple(map(without_voxels, counted, self.left_out))
        return Batch(counted)

    @cached_property
    def batch(self) -> Batch:
        """The samples that losses and window see: without what is ignored, grouped and cut.

        Raises
        ------
        VolumeError
            If a chosen class is not there or a patch has no length.
        """
        grouped = self.counted
        if self.classes != "each":
            grouped = Batch(
                tuple(grouped_volume(v, grouping_of(v, self.classes)) for v in self.counted)
            )
        if self.patch is None:
            return grouped
        return Batch(
            tuple(
                volume.within(box)
                for volume in grouped
                for box in patch_boxes(volume.shape, self.patch)
            )
        )

    @cached_property
    def predictions(self) -> tuple[Array, ...] | None:
        """The samples' predictions, grouped and cut like them; None if they are simulated.

        Raises
        ------
        VolumeError
            If probabilities cannot be merged.
        """
        if self.given is None:
            return None
        grouping = grouping_of(self.counted[0], self.classes)
        grouped = [grouped_prediction(array, grouping) for array in self._counted_given]
        if self.patch is None:
            return tuple(grouped)
        boxes = patch_boxes(self.originals[0].shape, self.patch)
        return tuple(np.ascontiguousarray(p[..., z, y, x]) for p in grouped for z, y, x in boxes)

    @cached_property
    def _counted_given(self) -> list[Array]:
        """The given predictions without the class that is ignored, which becomes background."""
        assert self.given is not None
        ids = [c.id for c in self.originals[0].classes]
        if self.ignore not in ids:
            return list(self.given)
        index = ids.index(self.ignore)
        return [_without_class(array, index) for array in self.given]

    @cached_property
    def key(self) -> str:
        """A hash of what the losses see, in hexadecimal digits."""
        if self.predictions is None:
            return self.batch.key
        digest = hashlib.blake2b(self.batch.key.encode(), digest_size=16)
        for array in self.predictions:
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).data.cast("B"))
        return digest.hexdigest()

    def is_seen_as(self, other: Case) -> bool:
        """Return whether another case is of the same volumes, seen in the same way."""
        return (
            self.originals is other.originals
            and self.given is other.given
            and self.left_out is other.left_out
            and self.ignore == other.ignore
            and (self.classes, self.patch) == (other.classes, other.patch)
        )

    def with_classes(self, classes: ClassSelection) -> Case:
        """Return the same volumes with their ids grouped otherwise."""
        return _checked(replace(self, classes=classes))

    def with_ignored(self, ignore: int | None) -> Case:
        """Return the same volumes with the voxels of another id ignored, or of none."""
        return _checked(replace(self, ignore=ignore))

    def with_patch(self, patch: Shape | None) -> Case:
        """Return the same volumes cut otherwise."""
        return _checked(replace(self, patch=patch))

    def with_image(self, path: StrPath) -> Case:
        """Return the same volumes with the anatomy of the first one read from a file.

        Raises
        ------
        VolumeError
            If it cannot be read or does not fit.
        """
        first, *others = self.originals
        return replace(self, originals=Batch((with_image(first, path), *others)))

    def with_mask(self, path: StrPath | None) -> Case:
        """Return the same volumes with the voxels left out where a mask is 0, or without a mask.

        Parameters
        ----------
        path
            A file on the grid of the volumes, of whole numbers; one mask is that of all samples.

        Raises
        ------
        VolumeError
            If it cannot be read or does not fit, or no voxel would be left.
        """
        if path is None:
            return _checked(replace(self, left_out=None, mask_name=""))
        left_out = read_mask(path, self.originals[0])
        name = Path(os.fspath(path)).name
        return _checked(replace(self, left_out=(left_out,) * len(self.originals), mask_name=name))

    def with_prediction(self, path: StrPath | None) -> Case:
        """Return the same volumes with a prediction that is read from a file, or without one.

        Raises
        ------
        VolumeError
            If it cannot be read or does not fit.
        """
        if path is None:
            return replace(self, given=None, given_name="", given_notes=())
        originals, given, notes = read_batch_prediction(path, self.originals)
        name = Path(os.fspath(path)).name
        read = replace(self, originals=originals, given=given, given_name=name, given_notes=notes)
        return _checked(read)


def open_case(
    sources: Sequence[StrPath],
    *,
    image: StrPath | None = None,
    prediction: StrPath | None = None,
    classes: ClassSelection = "each",
    patch: Shape | None = None,
) -> Case:
    """Open label volumes, and what belongs to them.

    Parameters
    ----------
    sources
        What `open_batch` opens, one or more; several make one batch.
    image
        A file with the anatomy of the first.
    prediction
        A file with their prediction.
    classes, patch
        As in `Case`.

    Raises
    ------
    VolumeError
        If something cannot be read or does not fit.

    Examples
    --------
    >>> case = open_case(["sample:tumour"], patch=(25, 128, 128))
    >>> len(case.batch), case.batch.names
    (4, ('background', 'tumour'))
    """
    volumes = [volume for source in sources for volume in open_batch(source)]
    case = Case(batch_of(volumes), classes=classes, patch=patch)
    if image is not None:
        case = case.with_image(image)
    return _checked(case if prediction is None else case.with_prediction(prediction))


def case_of(volume: LabelVolume) -> Case:
    """Return a volume that was not read from a file as what is open."""
    return Case(Batch((volume,)))


def _without_class(prediction: Array, index: int) -> Array:
    """Return a prediction of which a class has become background."""
    if prediction.ndim == 4:
        found = np.delete(prediction, index, axis=0)
        found[0] += prediction[index]
        return found
    table = np.arange(int(prediction.max(initial=index)) + 1)
    table[index] = 0
    table[index + 1 :] -= 1
    return apply_table(table.astype(prediction.dtype), prediction)


def _checked(case: Case) -> Case:
    """Return the case, having made what can be refused or takes long: its samples and its key."""
    assert case.key
    return case
