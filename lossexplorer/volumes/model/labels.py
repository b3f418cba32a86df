"""Label volumes: classes, spacing, and the way from a file's numbers to class indices."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.model.ids import apply_table, count_ids, index_dtype, to_indices
from lossexplorer.volumes.spacing import orientation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lossexplorer.volumes.formats.raw import OwnPlace, RawVolume, Shape
    from lossexplorer.volumes.spacing import Spacing

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LabelClass:
    """One class of a label volume.

    Attributes
    ----------
    id
        The number that stands for the class in the file.
    name
        What to call it, e.g. ``"background"``, ``"precentral L"`` or ``"class 7"``.
    voxels
        How many voxels belong to it.
    """

    id: int
    name: str
    voxels: int

    @property
    def is_named(self) -> bool:
        """Whether something says what to call it.

        Examples
        --------
        >>> LabelClass(7, "class 7", 1).is_named, LabelClass(7, "liver", 1).is_named
        (False, True)
        """
        return self.name != _unnamed(self.id)


@dataclass(frozen=True, eq=False)
class Overlap:
    """Which classes the values of overlapping labels belong to.

    A voxel of several classes has a label of its own, as in a Venn diagram, so that labels stay one
    array whatever overlaps.

    Attributes
    ----------
    members
        (class, value) of bool: whether a voxel of this value belongs to the class. Row 0, the
        background, has the values that belong to no other class.
    ids
        (value,), the number that stands for each value in a file of labels, where there is one;
        else the sum of 2^(k − 1) over the classes k of the value.
    """

    members: Array
    ids: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class LabelVolume:
    """A 3D label volume with its classes and its spacing.

    Attributes
    ----------
    labels
        (z, y, x), C-contiguous, read-only, of the smallest unsigned type; each value is an index
        into `classes`, or, if classes overlap, into the columns of `Overlap.members`.
    classes
        Ascending by id. The first is always the background, id 0, even where no voxel is 0.
        Overlapping classes have the ids 1, 2, … in their order.
    spacing
        mm, (z, y, x).
    spacing_known
        False if the file has none and 1 mm is assumed.
    name
        A short name for display.
    path
        The file as it was named, or ``"sample:NAME"``.
    affine
        (4, 4), from the file's indices (i, j, k), which are (x, y, z) of `labels`, to mm towards
        right, anterior and superior (RAS+); None if unknown. Its last column is NaN if the origin
        is unknown.
    image
        (z, y, x), the anatomy on the same grid, or None.
    levels
        Shapes (z, y, x) of a multiscale image's levels, the finest first; empty for others.
    level
        The index in `levels` of this volume.
    overlap
        Which classes each value of `labels` belongs to; None if classes exclude each other.
    ignored
        (z, y, x) of bool, True in voxels that count nowhere; None if all voxels count. The voxels
        of a class do not include them.
    own_place
        As in `RawVolume`: the place where there are no anatomical directions.
    frame
        As in `RawVolume`: the identifier of the coordinates' frame of reference.
    instance_ids
        (z, y, x), the id that a voxel has in the file, where ids are those of instances of the
        one class; None where they are those of classes.
    leaves_out_background
        As in `RawVolume`: whether what lies outside of the volume is background.
    notes
        What a person should know of how the file was read, in sentences.
    image_notes
        The same of the image.
    """

    labels: Array
    classes: tuple[LabelClass, ...]
    spacing: Spacing
    spacing_known: bool
    name: str
    path: str
    affine: Array | None = None
    image: Array | None = None
    levels: tuple[Shape, ...] = ()
    level: int = 0
    overlap: Overlap | None = None
    ignored: Array | None = None
    own_place: OwnPlace | None = None
    frame: str = ""
    instance_ids: Array | None = None
    leaves_out_background: bool = False
    notes: tuple[str, ...] = ()
    image_notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # The key stands for the content, so the content must not change. The
        # caller's own array stays writable.
        frozen = self.labels.view()
        frozen.flags.writeable = False
        object.__setattr__(self, "labels", frozen)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The lengths of the axes (z, y, x)."""
        z, y, x = self.labels.shape
        return z, y, x

    @cached_property
    def orientation(self) -> str | None:
        """The directions in which the file's axes (i, j, k) increase, e.g. ``"LPS"``, or None.

        The axes of `labels` are these in reverse order.
        """
        return orientation_of(self.affine)

    @property
    def voxel_count(self) -> int:
        """The number of voxels."""
        return math.prod(self.shape)

    @cached_property
    def key(self) -> str:
        """A hash of the labels, the spacing and the class ids, in hexadecimal digits.

        Two volumes with the same key give the same losses. Names and the image do not count.
        """
        digest = hashlib.blake2b(digest_size=16)
        facts = (self.shape, self.labels.dtype.str, self.spacing, [c.id for c in self.classes])
        digest.update(repr(facts).encode())
        digest.update(np.ascontiguousarray(self.labels).data.cast("B"))
        if self.overlap is not None:
            digest.update(b"overlap" + self.overlap.members.tobytes())
        if self.ignored is not None:
            digest.update(b"ignored" + np.packbits(self.ignored).tobytes())
        return digest.hexdigest()

    def mask(self, index: int) -> Array:
        """Return where a class is: (z, y, x) of bool, ignored voxels left out.

        Parameters
        ----------
        index
            An index into `classes`.
        """
        found: Array = self.labels == index
        if self.overlap is not None:
            found = apply_table(self.overlap.members[index], self.labels)
        return found if self.ignored is None else found & ~self.ignored

    @property
    def labelled(self) -> Array:
        """Where any class but the background is: (z, y, x) of bool, ignored voxels left out."""
        found: Array = self.labels != 0
        if self.overlap is not None:
            found = apply_table(~self.overlap.members[0], self.labels)
        return found if self.ignored is None else found & ~self.ignored

    def classes_at(self, voxel: tuple[int, int, int]) -> tuple[int, ...]:
        """Return the indices of a voxel's classes; several only if classes overlap.

        Parameters
        ----------
        voxel
            (z, y, x); whether it is ignored does not matter.
        """
        value = int(self.labels[voxel])
        if self.overlap is None:
            return (value,)
        return tuple(np.flatnonzero(self.overlap.members[:, value]).tolist())

    def within(self, box: tuple[slice, ...]) -> LabelVolume:
        """Return the voxels within a box, with all classes, also those that it lacks.

        Parameters
        ----------
        box
            A slice without a stride along each of (z, y, x).
        """
        labels = np.ascontiguousarray(self.labels[box])
        ignored = None if self.ignored is None else np.ascontiguousarray(self.ignored[box])
        counts = class_voxels(labels, len(self.classes), self.overlap, ignored)
        corner = [cut.indices(n)[0] for cut, n in zip(box, self.shape, strict=True)]
        return replace(
            self._beginning_at(corner),
            labels=labels,
            classes=tuple(replace(c, voxels=n) for c, n in zip(self.classes, counts, strict=True)),
            image=None if self.image is None else np.ascontiguousarray(self.image[box]),
            ignored=ignored,
            instance_ids=None if self.instance_ids is None else self.instance_ids[box],
            leaves_out_background=False,
        )

    def grown(self, before: Sequence[int], after: Sequence[int]) -> LabelVolume:
        """Return the volume continued with background by some voxels on each side.

        Parameters
        ----------
        before, after
            Numbers of voxels along (z, y, x). An image is continued with its smallest value.
        """
        widths = list(zip(before, after, strict=True))
        labels = np.pad(self.labels, widths)
        background, *others = self.classes
        added = labels.size - self.labels.size
        image = self.image
        if image is not None:
            image = np.pad(image, widths, constant_values=image.min())
        return replace(
            self._beginning_at([-voxels for voxels in before]),
            labels=labels,
            classes=(replace(background, voxels=background.voxels + added), *others),
            image=image,
            ignored=None if self.ignored is None else np.pad(self.ignored, widths),
        )

    def _beginning_at(self, corner: Sequence[int]) -> LabelVolume:
        """Return the volume with the place of another voxel (z, y, x) as that of its first."""
        place = self.own_place
        return replace(
            self,
            affine=None if self.affine is None else _moved(self.affine, corner),
            own_place=place and replace(place, affine=_moved(place.affine, corner)),
        )

    def with_ids(self, ids: Iterable[int]) -> LabelVolume:
        """Return the same volume whose classes also hold these ids.

        Parameters
        ----------
        ids
            Non-negative ids. Those that the volume lacks become classes of 0 voxels.

        Returns
        -------
        LabelVolume
            Classes ascending by id, labels remapped to them; the volume itself if nothing is new.

        Raises
        ------
        VolumeError
            If an id is negative, or classes overlap and an id is new.

        Examples
        --------
        >>> volume = LabelVolume(np.array([[[0, 1]]], np.uint8), (LabelClass(0, "background", 1),
        ...     LabelClass(5, "class 5", 1)), (1.0, 1.0, 1.0), False, "two", "two.npy")
        >>> wider = volume.with_ids([3])
        >>> [c.id for c in wider.classes], wider.labels.tolist()
        ([0, 3, 5], [[[0, 2]]])
        """
        classes = {c.id: c for c in self.classes}
        new = {int(i) for i in ids} - classes.keys()
        if not new:
            return self
        if self.overlap is not None:
            raise VolumeError(
                f"{self.name} has overlapping classes, of which none has the id {min(new)}."
            )
        if min(new) < 0:
            raise VolumeError(f"{self.name} cannot have the class {min(new)}: ids start at 0.")
        classes |= {i: LabelClass(i, _unnamed(i), 0) for i in new}
        ordered = sorted(classes)
        position = {id_: index for index, id_ in enumerate(ordered)}
        table = np.array([position[c.id] for c in self.classes], index_dtype(len(ordered)))
        return replace(
            self,
            labels=apply_table(table, self.labels),
            classes=tuple(classes[i] for i in ordered),
        )

    def with_names(self, names: Mapping[int, str]) -> LabelVolume:
        """Return the same volume with other class names.

        Parameters
        ----------
        names
            Names by id; a class without one keeps its own.
        """
        classes = tuple(replace(c, name=names.get(c.id, c.name)) for c in self.classes)
        return replace(self, classes=classes)

    def with_image(self, image: Array | None, notes: tuple[str, ...] = ()) -> LabelVolume:
        """Return the same volume with this anatomy, (z, y, x) of the same shape, or without one."""
        if image is not None and image.shape != self.shape:
            raise ValueError(f"the image has the shape {image.shape}, the labels {self.shape}")
        return replace(self, image=image, image_notes=notes)


def class_voxels(
    labels: Array, classes: int, overlap: Overlap | None, ignored: Array | None
) -> list[int]:
    """Return how many voxels that count belong to each class.

    Parameters
    ----------
    labels, overlap, ignored
        As in `LabelVolume`.
    classes
        The number of classes.
    """
    values = classes if overlap is None else overlap.members.shape[1]
    flat = labels.reshape(-1) if ignored is None else labels[~ignored]
    counts = np.bincount(flat, minlength=values)
    if overlap is not None:
        counts = overlap.members @ counts
    return [int(count) for count in counts]


def label_volume(ids: Array, raw: RawVolume, *, name: str, path: str) -> LabelVolume:
    """Make a label volume of an array of ids.

    Parameters
    ----------
    ids
        (z, y, x), non-negative integers.
    raw
        What the file says about its spacing, its place, its names and its levels.
    name, path
        As in `LabelVolume`.
    """
    present, counts = count_ids(ids)
    if present[0] != 0:
        present, counts = np.insert(present, 0, 0), np.insert(counts, 0, 0)
    classes = tuple(
        LabelClass(i, raw.names.get(i) or (_unnamed(i) if i else "background"), n)
        for i, n in zip(present.tolist(), counts.tolist(), strict=True)
    )
    return LabelVolume(
        labels=to_indices(ids, present),
        classes=classes,
        spacing=raw.spacing or (1.0, 1.0, 1.0),
        spacing_known=raw.spacing is not None,
        name=name,
        path=path,
        affine=raw.affine,
        levels=raw.levels,
        level=raw.level,
        own_place=raw.own_place,
        frame=raw.frame,
        leaves_out_background=raw.leaves_out_background,
        notes=raw.notes,
    )


def _unnamed(class_id: int) -> str:
    """Return what a class is called that nothing names."""
    return f"class {class_id}"


def _moved(affine: Array, corner: Sequence[int]) -> Array:
    moved = affine.copy()
    moved[:3, 3] += affine[:3, :3] @ np.asarray(corner[::-1], float)
    return moved
