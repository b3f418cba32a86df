"""What a file holds before it is known to be labels, an image or probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.spacing import orientation_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lossexplorer.volumes.spacing import Spacing

MAX_VOXELS = 2**31
"""The largest number of values a file may declare, e.g. 1290 × 1290 × 1290 voxels.

Beyond it the header is far more likely to be damaged than the volume to be real, and no loss could
be computed on it.
"""

Shape = tuple[int, int, int]
"""Lengths of the axes (z, y, x)."""

_DEFLATE_RATIO = 1032
"""Deflate (gzip, zip, zlib) cannot expand one byte to more than this: a property of the format."""


@dataclass(frozen=True, eq=False)
class OwnPlace:
    """Where a volume lies in coordinates of its file's own, without anatomical directions.

    Attributes
    ----------
    coordinates
        Whose they are, e.g. ``"MRC"``: places in coordinates of one name can be compared.
    affine
        (4, 4), from indices (x, y, z) to lengths; its last column is NaN where the file does not
        say where its first voxel lies.
    unit
        What these lengths are in: mm, or empty where the file gives no unit that is known. Offsets
        in voxels are known all the same.
    """

    coordinates: str
    affine: np.ndarray[Any, Any]
    unit: str = "mm"

    @property
    def has_origin(self) -> bool:
        """Whether the file says where its first voxel lies."""
        return bool(np.isfinite(self.affine).all())


def own_place(
    coordinates: str,
    spacing: Sequence[float] | None,
    origin: Sequence[float | None],
    unit: str = "mm",
) -> OwnPlace | None:
    """Return the place of a volume whose axes run along those of its own coordinates.

    Parameters
    ----------
    coordinates, unit
        As in `OwnPlace`.
    spacing
        The edges of a voxel, (z, y, x); None where unknown, and then there is no place, as there is
        none with an edge of 0.
    origin
        (z, y, x) of the first voxel's centre; with None in it where it is unknown.

    Examples
    --------
    >>> own_place("MRC", (2.0, 1.0, 1.0), (10.0, 0.0, 0.0)).affine[2].tolist()
    [0.0, 0.0, 2.0, 10.0]
    """
    if spacing is None or not all(spacing):
        return None
    affine = np.diag([*spacing[::-1], 1.0])
    known = [value for value in origin if value is not None and math.isfinite(value)]
    affine[:3, 3] = known[::-1] if len(known) == 3 else math.nan
    return OwnPlace(coordinates, affine, unit)


@dataclass(frozen=True, eq=False)
class RawVolume:
    """The array of a file with what the file says about it.

    Attributes
    ----------
    name
        The name of the file, for messages.
    array
        (z, y, x), with further axes where the file has them; native byte order.
    spacing
        mm, (z, y, x), or None where the file has no usable one.
    affine
        (4, 4), from the file's indices (i, j, k), which are the array's (x, y, z), to mm towards
        right, anterior and superior (RAS+); None where the file does not say. Its last column is
        NaN where the file gives directions and no origin.
    own_place
        The place in coordinates of the file's own, where it has no anatomical ones.
    names
        Class names by id, as far as the file gives them.
    levels
        Shapes (z, y, x) of a multiscale image's levels, the finest first; empty for others.
    level
        The index in `levels` of the level that `array` is.
    frame
        The identifier of the coordinates' frame of reference, as DICOM has it; empty for others.
    is_turned
        Whether the array was made from a volume whose axes were turned towards right, anterior and
        superior, and has not been turned back, as nnU-Net leaves its probabilities.
    leaves_out_background
        Whether the file is one that leaves out what is background around the objects, so that a
        voxel outside of it is background.
    notes
        What a person should know of how the file was read, in sentences.
    rounding
        By how much the file can have changed a value: half a unit in the last place of what is
        stored, where whole numbers are stored with a scale. 0 for others.
    colour
        Whether the last axis has red, green and blue, and perhaps opacity, as bytes.
    axes
        Letters for the axes of `array`, of ``tczyx`` in this order, as far as the file or a person
        names them; else empty.
    segments
        The ids of the segments that the file lists, also of those without a voxel; empty where it
        lists none. If they overlap, `array` is (segment, z, y, x), 1 in each segment and else 0.
    """

    name: str
    array: np.ndarray[Any, Any]
    spacing: Spacing | None = None
    affine: np.ndarray[Any, Any] | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    levels: tuple[Shape, ...] = ()
    level: int = 0
    own_place: OwnPlace | None = None
    frame: str = ""
    is_turned: bool = False
    leaves_out_background: bool = False
    notes: tuple[str, ...] = ()
    rounding: float = 0.0
    colour: bool = False
    axes: str = ""
    segments: tuple[int, ...] = ()

    @property
    def has_overlap(self) -> bool:
        """Whether segments overlap, so that `array` has one mask for each."""
        return bool(self.segments) and self.array.ndim == 4 and len(self.array) > 1

    def segment_masks(self) -> np.ndarray[Any, Any]:
        """Return a mask of each of `segments`, (segment, z, y, x)."""
        if self.has_overlap:
            return self.array
        labels = squeeze_to_3d(self)
        return np.stack([labels == id_ for id_ in self.segments])

    @property
    def orientation(self) -> str | None:
        """Letters for the file axes (i, j, k), e.g. ``"LPS"``, or None where unknown."""
        return orientation_of(self.affine)


def describe(shape: Sequence[int]) -> str:
    """Write a shape for people.

    Examples
    --------
    >>> describe((25, 256, 256))
    '25 × 256 × 256'
    """
    return " × ".join(str(int(length)) for length in shape)


def check_declared(
    name: str, shape: Sequence[int], itemsize: int, stored: int, *, deflated: bool
) -> None:
    """Refuse a size that cannot be right, before anything is allocated for it.

    Parameters
    ----------
    name
        The name of the file, for the message.
    shape
        The lengths of all axes that the header declares.
    itemsize
        Bytes per value.
    stored
        How many bytes of the file can hold the values.
    deflated
        Whether these bytes are compressed with deflate.

    Raises
    ------
    VolumeError
        If an axis is empty or negative, the size exceeds `MAX_VOXELS`, or the file is too short to
        hold it.
    """
    lengths = [int(length) for length in shape]
    if not lengths or min(lengths) < 1:
        raise VolumeError(
            f"{name} declares the size {describe(lengths) or 'of a single number'}, "
            "which holds no voxel; a 3D volume is needed."
        )
    count = math.prod(lengths)
    if count > MAX_VOXELS:
        raise VolumeError(
            f"{name} declares {describe(lengths)} = {count:,} voxels, more than the {MAX_VOXELS:,} "
            "that can be opened. Crop or downsample it, or, if it is smaller than that, save it "
            "again: its header is damaged."
        )
    if count * itemsize > stored * (_DEFLATE_RATIO if deflated else 1):
        raise VolumeError(
            f"{name} is incomplete: it declares {describe(lengths)} voxels and is too short to "
            "hold them. Copy or download it again."
        )


def as_slice(raw: RawVolume) -> RawVolume:
    """Return a 2D image as a volume of one slice, with a note; anything else as it is."""
    shape = raw.array.shape[:-1] if raw.colour else raw.array.shape
    if len(shape) != 2:
        return raw
    note = f"{raw.name} is 2D ({describe(shape)}) and is a volume of one slice."
    return replace(raw, array=raw.array[None], notes=(*raw.notes, note))


def squeeze_to_3d(raw: RawVolume) -> np.ndarray[Any, Any]:
    """Return the array with surplus outer axes of length 1 removed, which has three axes.

    Raises
    ------
    VolumeError
        If what is left is not 3D.
    """
    array = raw.array
    while array.ndim > 3 and array.shape[-1] == 1:
        array = array[..., 0]
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 3:
        return array
    raise VolumeError(
        f"{raw.name} is {array.ndim}D ({describe(array.shape)}); a volume with one number per "
        "voxel is needed. Save one of its points in time or one of its channels; probabilities of "
        "classes are opened as a prediction."
    )


def without_time(raw: RawVolume) -> RawVolume:
    """Return five axes without the one of a single point in time, or of a batch of one."""
    array = raw.array
    if array.ndim == 5 and 1 in array.shape[:2]:
        return replace(raw, array=array[:, 0] if array.shape[1] == 1 else array[0])
    return raw
