"""Reading DICOM segmentation objects, which needs the optional library highdicom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.raw import MAX_VOXELS, RawVolume, check_declared
from lossexplorer.volumes.spacing import usable_spacing

if TYPE_CHECKING:
    from pathlib import Path

    from highdicom.seg import Segmentation

    from lossexplorer.volumes.formats.format import Wanted

# Segmentation Storage and Label Map Segmentation Storage.
_SEGMENTATIONS = {"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}

# Row, column and slice of a frame's corner to (i, j, k), and DICOM's coordinates, which grow
# towards left, posterior and superior, to RAS+.
_TO_IJK = [2, 1, 0, 3]
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_dicom_seg(path: Path, wanted: Wanted) -> RawVolume:
    """Read a DICOM segmentation object: (z, y, x), z along the normal of the slices.

    A segment's number becomes the id of a class, and its label the name. Slices without a segment
    are often left out of such a file: those between others come back empty, those at the ends are
    not in the volume.

    Raises
    ------
    VolumeError
        If highdicom is not installed, the file is no segmentation, the segments overlap or are
        fractional, or the slices are not a stack of even spacing.
    Exception
        Whatever highdicom raises on a damaged file.
    """
    del wanted
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            raise VolumeError(
                f"{path.name} is not a DICOM file, despite its name. "
                "Choose the file that the segmentation program saved."
            )
    try:
        from highdicom.seg import segread
        from pydicom.filereader import read_file_meta_info
    except ImportError as error:
        raise VolumeError(
            f"{path.name} is a DICOM file, and highdicom, which reads it, is not installed: "
            "pip install 'lossexplorer[dicom]'."
        ) from error
    facts = read_file_meta_info(path)
    kind = facts.MediaStorageSOPClassUID
    if kind not in _SEGMENTATIONS:
        raise VolumeError(
            f"{path.name} is a DICOM file of another kind ({kind.name}); a segmentation "
            "(DICOM-SEG) is needed. Convert an image series to NIfTI to open it beside the labels."
        )
    if facts.TransferSyntaxUID.is_deflated:
        # pydicom would inflate it whatever its size.
        raise VolumeError(f"{path.name} is deflated as a whole; save it uncompressed.")
    segmentation = segread(path)
    _check(path, segmentation)
    array, affine = _label_map(path.name, segmentation)
    names = {
        number: str(segmentation.get_segment_description(number).segment_label)
        for number in segmentation.segment_numbers
    }
    spacing = usable_spacing(np.linalg.norm(affine[:3, :3], axis=0)[::-1].tolist())
    return RawVolume(path.name, array, spacing, affine, names)


def _check(path: Path, segmentation: Segmentation) -> None:
    """Refuse what is no label map, or is larger than the file can hold."""
    if segmentation.SegmentationType == "FRACTIONAL":
        raise VolumeError(
            f"{path.name} holds fractional segments, probabilities or shares of a voxel. Export "
            "the segmentation as BINARY or LABELMAP."
        )
    bits = int(segmentation.BitsAllocated)
    frames = (int(segmentation.NumberOfFrames), segmentation.Rows, segmentation.Columns)
    compressed = segmentation.file_meta.TransferSyntaxUID.is_compressed
    check_declared(
        path.name,
        frames,
        max(1, bits // 8),
        2**62 if compressed else path.stat().st_size * (8 if bits == 1 else 1),
        deflated=False,
    )
    geometry = segmentation.get_volume_geometry()
    if geometry is None:
        raise VolumeError(
            f"{path.name} is no volume: its slices are not parallel, or not evenly spaced, or it "
            "does not say where they lie. Export the segmentation on an even grid."
        )
    check_declared(path.name, geometry.spatial_shape, 1, MAX_VOXELS, deflated=False)


def _label_map(name: str, segmentation: Segmentation) -> tuple[Any, Any]:
    try:
        volume = segmentation.get_volume(combine_segments=True)
    except RuntimeError:
        volume = None
    # Outside of the handler, because the error holds on to a cursor that locks highdicom's tables.
    if volume is None:
        raise VolumeError(
            f"{name} holds segments that overlap{_overlapping(segmentation)}; a voxel can be of "
            "one class. Export them without overlap."
        )
    # highdicom counts slices against their normal.
    volume = volume.flip_spatial(0)
    return volume.array, _LPS_TO_RAS @ volume.affine[:, _TO_IJK]


def _overlapping(segmentation: Segmentation) -> str:
    """Name two segments that share a voxel."""
    owner: Any = 0
    for number in segmentation.segment_numbers:
        volume = segmentation.get_volume(segment_numbers=[number], combine_segments=True)
        mask = volume.array > 0
        shared = int(np.where(mask, owner, 0).max())
        if shared:
            first, second = (
                f"{segmentation.get_segment_description(each).segment_label!r} ({each})"
                for each in (shared, number)
            )
            return f", {first} and {second}"
        owner = np.where(mask, number, owner)
    return ""


FORMAT = Format("DICOM segmentation", (".dcm",), read_dicom_seg)
