"""Reading DICOM segmentation objects, which needs the optional library highdicom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.raw import MAX_VOXELS, RawVolume, check_declared
from lossexplorer.volumes.formats.statements import two_spacings
from lossexplorer.volumes.spacing import usable_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from highdicom.seg import Segmentation
    from pydicom import Dataset
    from pydicom.uid import UID

    from lossexplorer.volumes.formats.format import Wanted

# Segmentation Storage and Label Map Segmentation Storage.
_SEGMENTATIONS = {"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}

_CONTOURS = (
    "Convert it to a label volume on the grid of its image, for example in 3D Slicer (SlicerRT) or "
    "with plastimatch."
)
_OTHERS = {
    "1.2.840.10008.5.1.4.1.1.481.3": (
        "a DICOM structure set (RTSTRUCT), which holds contours and no voxels",
        _CONTOURS,
    ),
    "1.2.840.10008.5.1.4.1.1.66.5": (
        "a DICOM surface segmentation, which holds surfaces and no voxels",
        _CONTOURS,
    ),
    "1.2.840.10008.5.1.4.1.1.481.2": (
        "a DICOM dose distribution",
        "Choose a segmentation (DICOM-SEG).",
    ),
    "1.2.840.10008.1.3.10": (
        "a directory of DICOM files (DICOMDIR)",
        "Choose a segmentation (DICOM-SEG) of those that it lists.",
    ),
}

# A file begins with 128 bytes of anything and the word DICM. Some programs leave these out: it then
# begins with an element of the group 2 or 8.
_MARKS = (
    (128, b"DICM"),
    (0, b"\x02\x00\x00\x00UL\x04\x00"),
    *((0, b"\x08\x00" + bytes([element, 0])) for element in (0x00, 0x05, 0x08, 0x16)),
)

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_DEFLATED_WITHIN = 1 << 12  # bytes, within which a file says so

# Row, column and slice of a frame's corner to (i, j, k), and DICOM's coordinates, which grow
# towards left, posterior and superior, to RAS+.
_TO_IJK = [2, 1, 0, 3]
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def read_dicom_seg(path: Path, wanted: Wanted) -> RawVolume:
    """Read a DICOM segmentation object: (z, y, x), z along the normal of the slices.

    A segment's number becomes the id of a class, and its label the name. Segments that overlap are
    a mask each, (segment, z, y, x). Slices without a segment
    are often left out of such a file: those between others come back empty, those at the ends are
    not in the volume.

    Raises
    ------
    VolumeError
        If highdicom is not installed, the file is no segmentation, the segments are fractional,
        or the slices are not a stack of even spacing.
    Exception
        Whatever highdicom raises on a damaged file.
    """
    del wanted
    with path.open("rb") as file:
        start = file.read(_DEFLATED_WITHIN)
    if not any(start[at:].startswith(mark) for at, mark in _MARKS):
        raise VolumeError(
            f"{path.name} is not a DICOM file, despite its name. "
            "Choose the file that the segmentation program saved."
        )
    try:
        from highdicom.seg import Segmentation
    except ImportError as error:
        raise VolumeError(
            f"{path.name} is a DICOM file, and highdicom, which reads it, is not installed: "
            "pip install 'lossexplorer[dicom]'."
        ) from error
    if _DEFLATED in start:
        # pydicom would inflate it whatever its size.
        raise VolumeError(f"{path.name} is deflated as a whole; save it uncompressed.")
    segmentation = Segmentation.from_dataset(_dataset(path), copy=False)
    _check(path, segmentation)
    array, affine = _voxels(path.name, segmentation)
    notes: tuple[str, ...] = ()
    if array.shape[-3] == 1:
        affine, notes = _of_one_slice(path.name, segmentation, affine)
    names = {
        number: str(segmentation.get_segment_description(number).segment_label)
        for number in segmentation.segment_numbers
    }
    spacing = usable_spacing(np.linalg.norm(affine[:3, :3], axis=0)[::-1].tolist())
    return RawVolume(
        path.name,
        array,
        spacing,
        affine,
        names,
        segments=tuple(names),
        frame=str(segmentation.get("FrameOfReferenceUID", "")),
        leaves_out_background=True,
        notes=notes,
    )


def _dataset(path: Path) -> Dataset:
    """Read a segmentation from a file that may lack what a DICOM file begins with."""
    from pydicom import dcmread
    from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

    # Without the beginning, what it would say is guessed from the elements.
    kind = dcmread(path, force=True, specific_tags=["SOPClassUID"]).get("SOPClassUID")
    if kind not in _SEGMENTATIONS:
        raise VolumeError(_of_another_kind(path.name, kind))
    dataset = dcmread(path, force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, _ = dataset.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def _of_another_kind(name: str, kind: UID | None) -> str:
    """Say what a DICOM file is that is no segmentation, and what to do."""
    title = kind.name if kind is not None else "of no kind that it names"
    for number, (words, remedy) in _OTHERS.items():
        if kind == number:
            return f"{name} is {words} ({title}). {remedy}"
    return (
        f"{name} is a DICOM file of another kind ({title}); a segmentation (DICOM-SEG) is needed. "
        "Convert an image series to NIfTI to open it beside the labels."
    )


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


def _voxels(name: str, segmentation: Segmentation) -> tuple[Any, Any]:
    """Return a label map, or, if segments overlap, a mask of each, and the affine."""
    numbers = list(segmentation.segment_numbers)
    try:
        array, affine = _label_map(segmentation, numbers)
    except RuntimeError:
        array = None
    # Outside of the handler, because the error holds on to a cursor that locks highdicom's tables.
    if array is None:
        one, affine = _label_map(segmentation, numbers[:1])
        check_declared(name, (len(numbers), *one.shape), 1, MAX_VOXELS, deflated=False)
        masks = (_label_map(segmentation, [number])[0] > 0 for number in numbers)
        array = np.stack([mask.astype(np.uint8) for mask in masks])
    return array, affine


def _label_map(segmentation: Segmentation, numbers: Sequence[int]) -> tuple[Any, Any]:
    """Return the label map of some segments, (z, y, x), and the affine."""
    volume: Any = segmentation.get_volume(segment_numbers=numbers, combine_segments=True)
    # highdicom counts slices against their normal.
    volume = volume.flip_spatial(0)
    return volume.array, _LPS_TO_RAS @ volume.affine[:, _TO_IJK]


def _of_one_slice(name: str, segmentation: Segmentation, affine: Any) -> tuple[Any, Any]:
    """Return the affine of one slice alone, and a note if its distance is not its thickness.

    Without a distance to a next slice highdicom takes 1 mm; here it is the thickness.
    """
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    groups = [shared, *segmentation.get("PerFrameFunctionalGroupsSequence", ())]
    measured = next(each for each in groups if "PixelMeasuresSequence" in each)
    measures = measured.PixelMeasuresSequence[0]
    y, x = map(float, measures.PixelSpacing)
    thickness = float(measures.SliceThickness or 0.0) or x
    z = float(measures.get("SpacingBetweenSlices") or thickness)
    found = affine.copy()
    found[:3, 2] *= z / np.linalg.norm(affine[:3, 2])
    both = (z, y, x), (thickness, y, x)
    return found, two_spacings(name, "SpacingBetweenSlices", both[0], "SliceThickness", both[1])


FORMAT = Format("DICOM segmentation", (".dcm",), read_dicom_seg, marks=_MARKS, any_name=True)
