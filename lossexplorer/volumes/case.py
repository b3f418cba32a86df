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
from lossexplorer.volumes.model.patches import patch_boxes
from lossexplorer.volumes.reading import with_image

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
    given_notes
        What a person should know of how the prediction was read and placed, in sentences.
    """

    originals: Batch
    given: tuple[Array, ...] | None = None
    given_name: str = ""
    classes: ClassSelection = "each"
    patch: Shape | None = None
    given_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the files were read and placed, in sentences."""
        volumes = [note for each in self.originals for note in (*each.notes, *each.image_notes)]
        return tuple(dict.fromkeys([*volumes, *self.given_notes]))

    @cached_property
    def batch(self) -> Batch:
        """The samples that losses and window see: grouped and cut.

        Raises
        ------
        VolumeError
            If a chosen class is not there or a patch has no length.
        """
        grouped = self.originals
        if self.classes != "each":
            grouped = Batch(
                tuple(grouped_volume(v, grouping_of(v, self.classes)) for v in self.originals)
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
        grouping = grouping_of(self.originals[0], self.classes)
        grouped = [grouped_prediction(array, grouping) for array in self.given]
        if self.patch is None:
            return tuple(grouped)
        boxes = patch_boxes(self.originals[0].shape, self.patch)
        return tuple(np.ascontiguousarray(p[..., z, y, x]) for p in grouped for z, y, x in boxes)

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
            and (self.classes, self.patch) == (other.classes, other.patch)
        )

    def with_classes(self, classes: ClassSelection) -> Case:
        """Return the same volumes with their ids grouped otherwise."""
        return _checked(replace(self, classes=classes))

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
    if prediction is not None:
        case = case.with_prediction(prediction)  # the truth can grow to it, and then has an image
    return _checked(case if image is None else case.with_image(image))


def case_of(volume: LabelVolume) -> Case:
    """Return a volume that was not read from a file as what is open."""
    return Case(Batch((volume,)))


def _checked(case: Case) -> Case:
    """Return the case, having made what can be refused or takes long: its samples and its key."""
    assert case.key
    return case
