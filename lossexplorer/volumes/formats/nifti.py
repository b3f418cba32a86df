"""Reading NIfTI-1 and NIfTI-2 files."""

from __future__ import annotations

import gzip
import logging
from contextlib import ExitStack
from itertools import product
from typing import IO, TYPE_CHECKING, Any, cast
from xml.etree import ElementTree

import numpy as np

from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.format import Format
from lossexplorer.volumes.formats.raw import RawVolume, check_declared
from lossexplorer.volumes.formats.statements import two_spacings, unusable
from lossexplorer.volumes.names import id_of
from lossexplorer.volumes.spacing import Spacing, slice_spacing, usable_spacing

if TYPE_CHECKING:
    from pathlib import Path

    from lossexplorer.volumes.formats.format import Wanted


_GZIP_MAGIC = b"\x1f\x8b"

_APART = 0.05  # of a voxel: what quaternions and sines in 32 bits are rounded to over a volume

# The codes of the header's xyzt_units; where it is unset, mm is what is meant.
_MILLIMETRES_OF_CODE = {1: 1e3, 2: 1.0, 3: 1e-3}


def read_nifti(path: Path, wanted: Wanted) -> RawVolume:
    """Read a ``.nii`` or ``.nii.gz`` file; which of the two is told by the content.

    The file's (i, j, k) becomes the array's (k, j, i). The names are those of a label table in the
    header, as Connectome Workbench and TotalSegmentator write it. The affine is the sform, and the
    qform where there is none; that the two differ, or one from the zooms, is noted.

    The spacing is known if the header has three usable zooms, except where every value is as a
    program leaves it that knows no spacing: zooms of 1, no unit and no affine. Zooms of 1 with a
    unit or an affine were set on purpose.

    Raises
    ------
    VolumeError
        If the file is not NIfTI, is not NIfTI, or declares an impossible size.
    Exception
        Whatever nibabel raises on a damaged file.
    """
    del wanted
    import nibabel
    from nibabel.imageglobals import LoggingOutputSuppressor, logger

    nib: Any = nibabel  # much of nibabel has no annotations
    with ExitStack() as stack:
        # Header repairs would otherwise be printed to the terminal.
        stack.enter_context(LoggingOutputSuppressor())
        # And by Python, where a program has set up no logging, unless someone takes them.
        taker = logging.NullHandler()
        logger.addHandler(taker)
        stack.callback(logger.removeHandler, taker)
        file = stack.enter_context(path.open("rb"))
        compressed = file.read(2) == _GZIP_MAGIC
        file.seek(0)
        stream = cast("IO[bytes]", file)
        if compressed:
            stream = cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file)))
        image_class = nib.Nifti2Image if _is_nifti2(path.name, stream) else nib.Nifti1Image
        # Unchecked, because the check replaces a missing spacing by 1.
        header = image_class.header_class.from_fileobj(stream, check=False)
        dtype = header.get_data_dtype()
        check_declared(
            path.name,
            header.get_data_shape(),
            dtype.itemsize,
            path.stat().st_size,
            deflated=compressed,
        )
        stream.seek(0)
        holder = nib.FileHolder(fileobj=stream)
        image = image_class.from_file_map({"image": holder}, mmap=False)
        array = np.asanyarray(image.dataobj).T
        if dtype.names:  # red, green, blue, and perhaps opacity
            array = array.view(np.uint8).reshape(*array.shape, len(dtype.names))
        # The file ends here; gzip compares its checksum only when the end is reached.
        stream.read(1)
        slope = image.dataobj.slope
        known = header["sform_code"] > 0 or header["qform_code"] > 0
        affine = _affine(header, image.affine) if known else None
        # A slope of 1 or more makes one number of several: what is read then is no whole number.
        rounding = abs(float(slope)) / 2 if abs(slope) < 1 else 0.0
    names, notes = _label_table(header), _notes(path.name, header, affine)
    return RawVolume(
        path.name,
        array,
        _spacing(header),
        affine,
        names,
        rounding=rounding,
        colour=bool(dtype.names),
        notes=notes,
    )


def _is_nifti2(name: str, stream: IO[bytes]) -> bool:
    """Tell NIfTI-2 from NIfTI-1 by the header's length, its first value in either byte order."""
    start = stream.read(4)
    stream.seek(0)
    for order in ("little", "big"):
        length = int.from_bytes(start, cast("Any", order))
        if length in (348, 540):
            return length == 540
    raise VolumeError(
        f"{name} is not a NIfTI file, despite its name. "
        "Choose the file that the segmentation program saved."
    )


def _affine(header: Any, affine: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """Return the affine in mm, or None if it is not invertible."""
    unit = _MILLIMETRES_OF_CODE.get(int(header["xyzt_units"]) & 7, 1.0)
    in_mm = np.diag([unit, unit, unit, 1.0]) @ affine
    if header["dim"][0] == 2 and (spacing := _spacing(header)) is not None:
        # The third column is of no axis of the file: the slice is as thick as the spacing says.
        third = np.linalg.norm(in_mm[:3, 2])
        in_mm[:3, 2] *= spacing[0] / third if third else 1.0
    usable = np.isfinite(in_mm).all() and abs(np.linalg.det(in_mm[:3, :3])) > 0
    return in_mm if usable else None


def _notes(name: str, header: Any, affine: np.ndarray[Any, Any] | None) -> tuple[str, ...]:
    """Return what a person should know of statements that disagree or are not known."""
    notes: tuple[str, ...] = ()
    code = int(header["xyzt_units"]) & 7
    if code and code not in _MILLIMETRES_OF_CODE:
        notes += (f"{name} gives lengths in a unit of the unknown number {code}: mm is assumed.",)
    notes += unusable(name, "its pixdim", _lengths(header) or ())
    if affine is None:
        return notes
    lengths = np.linalg.norm(affine[:3, :3], axis=0)[::-1].tolist()
    form = "sform" if header["sform_code"] > 0 else "qform"
    notes += two_spacings(name, "its pixdim", _spacing(header), f"its {form}", lengths)
    if header["sform_code"] > 0 and header["qform_code"] > 0:
        notes += _two_forms(name, header, affine)
    return notes


def _two_forms(name: str, header: Any, affine: np.ndarray[Any, Any]) -> tuple[str, ...]:
    """Say that sform and qform place a corner of the volume differently, if they do."""
    other = _affine(header, header.get_qform())
    if other is None:
        return ()
    lengths = [*header.get_data_shape(), 1, 1][:3]
    ends = [(0, length - 1) for length in lengths]
    corners = np.array([[*corner, 1] for corner in product(*ends)])
    apart = np.linalg.norm((corners @ (affine - other).T)[:, :3], axis=1).max()
    if apart < _APART * np.linalg.norm(affine[:3, :3], axis=0).min():
        return ()
    return (
        f"{name} has two affines, sform and qform, that lie up to {apart:.4g} mm apart: the sform "
        "is used.",
    )


def _spacing(header: Any) -> Spacing | None:
    lengths = _lengths(header)
    return None if lengths is None else usable_spacing(lengths)


def _lengths(header: Any) -> list[float] | None:
    """Return the edges of a voxel in mm, (z, y, x), or None if they were never set."""
    zooms = [abs(float(zoom)) for zoom in header["pixdim"][1:4]]  # some programs mark a flip by -
    code = int(header["xyzt_units"]) & 7  # the three bits for space; the others are for time
    has_affine = header["sform_code"] > 0 or header["qform_code"] > 0
    if zooms == [1.0, 1.0, 1.0] and code == 0 and not has_affine:
        return None
    if not all(zooms) and header["sform_code"] > 0:
        zooms = np.linalg.norm(header.get_sform()[:3, :3], axis=0).tolist()
    unit = _MILLIMETRES_OF_CODE.get(code, 1.0)
    in_mm = [zoom * unit for zoom in reversed(zooms)]
    if header["dim"][0] == 2:  # the third one is of no axis, and left 0 or 1
        spacing = slice_spacing(in_mm[1:])
        return None if spacing is None else list(spacing)
    return in_mm


def _label_table(header: Any) -> dict[int, str]:
    """Return the names by id of an XML label table among the header's extensions."""
    for extension in header.extensions:
        if b"<LabelTable" not in extension.content:
            continue
        try:
            # Programs pad the text with spaces or zeros to a multiple of 16 bytes.
            table = ElementTree.fromstring(extension.content.strip(b" \n\0"))
        except ElementTree.ParseError:
            continue  # names are no reason not to open the labels
        found = ((id_of(each.get("Key", "")), each.text or "") for each in table.iter("Label"))
        return {id_: name.strip() for id_, name in found if id_ is not None}
    return {}


FORMAT = Format(
    "NIfTI",
    (".nii", ".nii.gz"),
    read_nifti,
    marks=((344, b"n+1\0"), (4, b"n+2\0\r\n\x1a\n")),
)
