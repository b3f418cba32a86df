"""What is open: volumes, a prediction if one was read, and how they are seen."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.batch_files import read_batch_prediction
from lossexplorer.volumes.case_notes import (
    id_notes,
    instance_notes,
    mask_notes,
    overlap_notes,
)
from lossexplorer.volumes.case_sources import CaseSources, arrays_sha256, labels_sha256
from lossexplorer.volumes.errors import NoLabelsError, VolumeError
from lossexplorer.volumes.model.batch import Batch
from lossexplorer.volumes.model.grouping import (
    ClassSelection,
    grouped_prediction,
    grouped_volume,
    grouping_of,
    instance_count,
    with_instance_ids,
)
from lossexplorer.volumes.model.ids import apply_table
from lossexplorer.volumes.model.ignoring import without_id, without_voxels
from lossexplorer.volumes.model.overlapping import each_id, region_masks, with_regions
from lossexplorer.volumes.model.patches import patch_boxes
from lossexplorer.volumes.nnunet import NO_DATASET, Dataset
from lossexplorer.volumes.reading import read_mask, with_image
from lossexplorer.volumes.source import parse_source

if TYPE_CHECKING:
    from lossexplorer.volumes.formats.raw import Shape
    from lossexplorer.volumes.model.overlapping import Regions
    from lossexplorer.volumes.model.patches import PatchBox
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
        For each volume a prediction, as `read_prediction` returns it; None if the prediction is
        simulated.
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
    placed_mask_notes
        What a person should know of how the mask was read and placed, in sentences.
    declared_regions
        The ids that each class is made of, if a file says so; else empty.
    each_id
        Whether each id is a class with a probability of its own.
    dataset
        What nnU-Net's ``dataset.json`` beside the files says.
    given_notes
        What a person should know of how the prediction was read and placed, in sentences.
    sources
        What all this was opened from.
    """

    originals: Batch
    given: tuple[Array, ...] | None = None
    given_name: str = ""
    classes: ClassSelection = "each"
    patch: Shape | None = None
    ignore: int | None = None
    left_out: tuple[Array, ...] | None = None
    mask_name: str = ""
    placed_mask_notes: tuple[str, ...] = ()
    declared_regions: Regions = field(default_factory=dict)
    each_id: bool = False
    dataset: Dataset = NO_DATASET
    given_notes: tuple[str, ...] = ()
    sources: CaseSources = CaseSources()  # noqa: RUF009 - a frozen value

    @cached_property
    def regions(self) -> Regions:
        """The ids that each class is made of, if classes are regions, which may overlap."""
        found = each_id(self.originals[0]) if self.each_id else self.declared_regions
        # An ignored id is no class, also where each id is one by itself.
        return {name: ids for name, ids in found.items() if set(ids) != {self.ignore}}

    @cached_property
    def _instances(self) -> int:
        return 0 if self.regions else instance_count(self.originals)

    @property
    def usual_classes(self) -> ClassSelection:
        """How ids become classes where nobody says it: each is one, but for those of instances."""
        return "foreground" if self._instances else "each"

    @property
    def ids_as_one(self) -> int:
        """How many ids are one class because they are taken for instances; 0 if none are."""
        return self._instances if self.classes == "foreground" else 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how the files were read and placed, in sentences."""
        volumes = [note for each in self.originals for note in (*each.notes, *each.image_notes)]
        said = [
            *instance_notes(self.ids_as_one, self.originals[0].name),
            *self.ignored_notes,
            *overlap_notes(self.batch, self.regions, self.dataset),
        ]
        return tuple(dict.fromkeys([*volumes, *said, *self.placed_mask_notes, *self.given_notes]))

    @cached_property
    def ignored_notes(self) -> tuple[str, ...]:
        """How many voxels count nowhere, and why, in sentences."""
        by_id = id_notes(self.originals, self.ignore, self.dataset)
        by_mask = mask_notes(self.left_out, self.mask_name) if self.left_out else ()
        return (*by_id, *by_mask, *self._empty_patch_notes)

    @cached_property
    def counted(self) -> Batch:
        """The volumes without what is ignored, each other class as it was read."""
        counted = tuple(self.originals)
        if self.ignore is not None:
            counted = tuple(without_id(volume, self.ignore) for volume in counted)
        if self.left_out is not None:
            counted = tuple(map(without_voxels, counted, self.left_out))
        if self.regions:
            counted = tuple(with_regions(volume, self.regions) for volume in counted)
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
        if self.ids_as_one:
            grouped = Batch(tuple(map(with_instance_ids, grouped, self.counted)))
        if self.patch is None:
            return grouped
        boxes = self._boxes(self.patch)
        return Batch(tuple(grouped[sample].within(box) for sample, box in boxes))

    def _boxes(self, patch: Shape) -> list[tuple[int, PatchBox]]:
        """Return the patches, each a sample and a box, without those in which no voxel counts."""
        return [
            (sample, box)
            for sample, volume in enumerate(self.counted)
            for box in patch_boxes(volume.shape, patch)
            if volume.ignored is None or not volume.ignored[box].all()
        ]

    @property
    def _empty_patch_notes(self) -> tuple[str, ...]:
        if self.patch is None:
            return ()
        there = len(self._boxes(self.patch))
        every = len(patch_boxes(self.originals[0].shape, self.patch)) * len(self.originals)
        if there == every:
            return ()
        return (f"{every - there} of {every} patches are left out: no voxel of them counts.",)

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
        boxes = self._boxes(self.patch)
        return tuple(np.ascontiguousarray(grouped[n][..., z, y, x]) for n, (z, y, x) in boxes)

    @cached_property
    def _counted_given(self) -> list[Array]:
        """The given predictions of the classes that count: the ignored one becomes background."""
        assert self.given is not None
        if self.originals[0].overlap is not None:
            return list(self.given)
        ids = [c.id for c in self.originals[0].classes]
        given = list(self.given)
        if self.ignore in ids:
            index = ids.index(self.ignore)
            given = [
                _without_class(array, index) if self._is_by_id(array) else array for array in given
            ]
            ids.remove(self.ignore)
        if not self.regions:
            return given
        return [
            region_masks(array, ids, self.regions) if self._is_by_id(array) else array
            for array in given
        ]

    def _is_by_id(self, prediction: Array) -> bool:
        """Return whether a given prediction is of ids, and not of regions."""
        return prediction.ndim == 3 or not self.regions

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

    @property
    def contents(self) -> str:
        """A hash of the volumes as they were read, see `labels_sha256`."""
        return labels_sha256(self.originals)

    @property
    def given_contents(self) -> str:
        """A hash of the given prediction; empty if there is none."""
        return "" if self.given is None else arrays_sha256(self.given)

    @property
    def mask_contents(self) -> str:
        """A hash of the mask; empty if there is none."""
        return "" if self.left_out is None else arrays_sha256(self.left_out)

    @property
    def image_contents(self) -> str:
        """A hash of the first volume's image; empty if it has none."""
        image = self.originals[0].image
        return "" if image is None else arrays_sha256([image])

    def hash_contents(self) -> None:
        """Make the hashes, which takes a second per gigabyte and is done once for what is read."""
        for each in (self.contents, self.given_contents, self.mask_contents, self.image_contents):
            del each

    def is_seen_as(self, other: Case) -> bool:
        """Return whether another case is of the same volumes, seen in the same way."""
        return (
            self.originals is other.originals
            and self.given is other.given
            and self.left_out is other.left_out
            and (self.ignore, self.regions) == (other.ignore, other.regions)
            and self.each_id == other.each_id
            and (self.classes, self.patch) == (other.classes, other.patch)
        )

    def has_volumes_of(self, other: Case) -> bool:
        """Return whether another case was opened from the same, however the two are seen."""
        if len(self.originals) != len(other.originals):
            return False
        both = zip(self.originals, other.originals, strict=True)
        return all(a.labels is b.labels or (a.path and a.path == b.path) for a, b in both)

    def with_classes(self, classes: ClassSelection) -> Case:
        """Return the same volumes with their ids grouped otherwise."""
        return checked(replace(self, classes=classes))

    def with_ignored(self, ignore: int | None) -> Case:
        """Return the same volumes with the voxels of another id ignored, or of none."""
        return checked(replace(self, ignore=ignore))

    def with_patch(self, patch: Shape | None) -> Case:
        """Return the same volumes cut otherwise."""
        return checked(replace(self, patch=patch))

    def with_image(self, path: StrPath) -> Case:
        """Return the same volumes with the anatomy of the first one read from a file.

        Raises
        ------
        VolumeError
            If it cannot be read or does not fit.
        """
        first, *others = self.originals
        sources = replace(self.sources, image=os.fspath(path))
        return replace(self, originals=Batch((with_image(first, path), *others)), sources=sources)

    def with_mask(self, path: StrPath | None) -> Case:
        """Return the same volumes with the voxels left out where a mask is 0, or without a mask.

        Parameters
        ----------
        path
            A file on the grid of the volumes, of whole numbers, with one mask, which is that of all
            samples, or with one for each.

        Raises
        ------
        VolumeError
            If it cannot be read or does not fit, or no voxel would be left.
        """
        if path is None:
            sources = replace(self.sources, mask="")
            case = replace(self, left_out=None, mask_name="", placed_mask_notes=(), sources=sources)
            return checked(case)
        return checked(masked(self, path))

    def with_prediction(self, path: StrPath | None) -> Case:
        """Return the same volumes with a prediction that is read from a file, or without one.

        Raises
        ------
        VolumeError
            If it cannot be read or does not fit.
        """
        if path is None:
            sources = replace(self.sources, prediction="")
            case = replace(self, given=None, given_name="", given_notes=(), sources=sources)
            return checked(case)
        return checked(predicted(self, path))


def masked(case: Case, path: StrPath) -> Case:
    """Return a case with the voxels left out in which the mask of a file is 0; unchecked.

    Raises
    ------
    VolumeError
        If it cannot be read or does not fit.
    """
    left_out, notes = read_mask(path, tuple(case.originals))
    name = Path(os.fspath(path)).name
    return replace(
        case,
        left_out=left_out,
        mask_name=name,
        placed_mask_notes=notes,
        sources=replace(case.sources, mask=os.fspath(path)),
    )


def predicted(case: Case, path: StrPath) -> Case:
    """Return a case with the prediction of a file; unchecked.

    Raises
    ------
    VolumeError
        If it cannot be read or does not fit.
    """
    originals, given, notes = read_batch_prediction(
        path, case.originals, ignore=case.ignore, regions=case.regions, each_id=case.each_id
    )
    name = Path(os.fspath(path)).name
    if case.left_out is not None and originals[0].shape != case.originals[0].shape:
        raise VolumeError(
            f"{name} goes on beyond {case.originals[0].name}, which is continued with background, "
            f"and the mask {case.mask_name} does not. Remove the mask, and open it again behind "
            "the prediction."
        )
    if len(originals[0].classes) == 1 and not case.declared_regions:
        # A loss of the background alone says nothing of the objects that both rightly lack.
        originals = Batch(tuple(volume.with_ids([1]) for volume in originals))
        notes = (
            *notes,
            f"Neither {originals[0].name} nor {name} has a labelled voxel: class 1 stands for an "
            "object that both lack.",
        )
    return replace(
        case,
        originals=originals,
        given=given,
        given_name=name,
        given_notes=notes,
        sources=replace(case.sources, prediction=os.fspath(path)),
    )


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


def checked(case: Case) -> Case:
    """Return the case, having made what can be refused or takes long: its samples and its key.

    Raises
    ------
    NoLabelsError
        If the prediction is to be simulated and no voxel is labelled.
    VolumeError
        As `Case.batch` and `Case.predictions`.
    """
    if case.given is None and not any(c.voxels for v in case.counted for c in v.classes[1:]):
        name = Path(parse_source(case.originals[0].path).path).name
        counting = " that counts" if case.ignored_notes else ""
        raise NoLabelsError(
            f"{name} holds no labelled voxel: every voxel{counting} is 0, and a prediction is "
            "simulated from labels. Open it with a prediction, or choose a volume in which the "
            "classes are numbered from 1."
        )
    assert case.key
    return case
