"""Files that are no volumes: what they are, and what to do with them."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FIRST_BYTES = 1024
"""So many bytes of a file tell what it is."""


@dataclass(frozen=True)
class _Kind:
    """A kind of file that is no volume.

    Attributes
    ----------
    is_a
        What such a file is, as the end of a sentence that begins with its name.
    remedy
        What to do.
    endings
        Of the names of such files, in lower case.
    starts
        Matches their first bytes; None if any do.
    """

    is_a: str
    remedy: str
    endings: tuple[str, ...] = ()
    starts: re.Pattern[bytes] | None = None


def _starts(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


_UNPACK = "Unpack it, and open the file in it."
_FILL = (
    "Fill it into voxels on the grid of the image, for example in 3D Slicer (Segmentations, export "
    "as a labelmap)."
)
_AS_PNG = "Save the labels as PNG or TIFF, which keep every value."

# Told by the first bytes, whatever the name.
_BY_CONTENT = (
    _Kind(
        "a pointer of Git LFS and not the file itself, which was not downloaded",
        "Run git lfs pull in its folder.",
        starts=_starts(rb"version https://git-lfs"),
    ),
    _Kind(
        "a pointer of git-annex and not the file itself, which was not downloaded",
        "Run git annex get, or datalad get, for it.",
        starts=_starts(rb"/annex/objects/|\.\./[./]*\.git/annex/"),
    ),
    _Kind(
        "a web page (HTML), as a failed download leaves one",
        "Download the file again; the page may say why it failed.",
        starts=_starts(rb"\s*(<!--.{0,200}?-->\s*)?(<!doctype html|<html)"),
    ),
    _Kind(
        "an error message of a server (XML), as a failed download leaves one",
        "Download the file again.",
        starts=_starts(rb"\s*(<\?xml[^>]*>\s*)?<error>"),
    ),
    _Kind("a surface (GIfTI) and no volume", _FILL, starts=_starts(rb"\s*<\?xml.{0,400}<gifti")),
    _Kind(
        "a VTK file",
        "Save it from the program that made it as NRRD or NIfTI if it is an image; a surface is "
        "filled into voxels first, for example in 3D Slicer.",
        (".vti", ".vtr", ".vts", ".vtu", ".mhdx"),
        _starts(rb"# vtk datafile|\s*(<\?xml[^>]*>\s*)?<vtkfile"),
    ),
    _Kind("a surface (PLY) and no volume", _FILL, starts=_starts(rb"ply\r?\n")),
    _Kind("a surface (FreeSurfer) and no volume", _FILL, starts=_starts(rb"\xff\xff[\xfe\xff]")),
    _Kind("a surface (STL) and no volume", _FILL, starts=_starts(rb"solid [^\n]*\n\s*facet")),
    _Kind(
        "a JPEG image, whose values are changed by its compression",
        _AS_PNG,
        (),
        _starts(rb"\xff\xd8\xff"),
    ),
    _Kind("a GIF image", _AS_PNG, (), _starts(rb"GIF8[79]a")),
    _Kind("a WebP image", _AS_PNG, (), _starts(rb"RIFF....WEBP")),
    _Kind("a PDF document", "Choose the label volume.", starts=_starts(rb"%PDF")),
    _Kind(
        "a MATLAB file",
        "Save the labels with niftiwrite, or with h5create and h5write into an .h5 file.",
        (".mat",),
        _starts(rb"MATLAB [57]"),
    ),
    _Kind("a 7z archive", _UNPACK, starts=_starts(rb"7z\xbc\xaf\x27\x1c")),
    _Kind("a RAR archive", _UNPACK, starts=_starts(rb"Rar!\x1a\x07")),
    _Kind("a tar archive", _UNPACK, starts=_starts(rb".{257}ustar")),
    _Kind(
        "a NetCDF or MINC file",
        "Convert it to NIfTI, for example with mnc2nii.",
        starts=_starts(rb"CDF[\1\2\5]"),
    ),
    _Kind(
        "a Python pickle, which is not opened because it can run any program",
        "Save the array with numpy.save.",
        (".pkl", ".pickle", ".joblib"),
        _starts(rb"\x80[\2-\5][\x95c\]}()\x8c]"),
    ),
)

# Told by the name, where the first bytes tell no format.
_BY_ENDING = (
    *_BY_CONTENT,
    _Kind(
        "a surface and no volume",
        _FILL,
        (
            ".stl",
            ".obj",
            ".ply",
            ".gii",
            ".vtk",
            ".vtp",
            ".off",
            ".glb",
            ".gltf",
            ".3mf",
            ".wrl",
            ".dae",
            ".surf",
            ".pial",
            ".white",
            ".inflated",
            ".fsb",
        ),
    ),
    _Kind("an archive", _UNPACK, (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".7z", ".rar")),
    _Kind(
        "a table",
        "Choose the label volume; a table of many pairs is evaluated with lossexplorer evaluate "
        "--manifest.",
        (".csv", ".tsv", ".xlsx", ".xls", ".ods"),
    ),
    _Kind(
        "a text and no volume",
        "Choose the label volume; names of classes are found by themselves beside it.",
        (".txt", ".json", ".yaml", ".yml", ".xml", ".md", ".log"),
    ),
    _Kind(
        "a drawing of contours and no volume",
        "Fill the contours into voxels on the grid of the image.",
        (".geojson", ".svg", ".roi"),
    ),
    _Kind(
        "a PyTorch file, which is not opened because it can run any program",
        "Save the array with numpy.save(path, tensor.numpy()).",
        (".pt", ".pth", ".ckpt"),
    ),
    _Kind("a FreeSurfer volume", "Convert it with mri_convert to .nii.gz.", (".mgz", ".mgh")),
    _Kind(
        "one of the two files of an Analyze or NIfTI pair",
        "Save it as one .nii.gz file, for example with nibabel.",
        (".hdr", ".img", ".img.gz", ".hdr.gz"),
    ),
    _Kind("a MINC file", "Convert it with mnc2nii to NIfTI.", (".mnc",)),
    _Kind("a NetCDF file", "Save the labels as HDF5 (.h5) or NumPy (.npy).", (".nc", ".nc4")),
    _Kind(
        "a file of a microscope's program",
        "Save it as OME-TIFF, for example with Fiji, or open it with a napari plugin (File > Open "
        "with a Plugin).",
        (".czi", ".lif", ".nd2", ".oib", ".oif", ".lsm", ".ims", ".vsi", ".svs", ".ndpi", ".zvi"),
    ),
    _Kind("a tractogram and no volume", "Choose the label volume.", (".trk", ".tck")),
    _Kind(
        "a data file without its header",
        "Open the header beside it (.mhd or .nhdr).",
        (".raw", ".zraw"),
    ),
    _Kind("a JPEG image, whose values are changed by its compression", _AS_PNG, (".jpg", ".jpeg")),
    _Kind("an image", _AS_PNG, (".gif", ".webp", ".bmp")),
    _Kind("a file compressed with gzip", "Unpack it with gunzip.", (".gz", ".bz2", ".xz", ".zst")),
)


def stranger_by_content(path: Path, start: bytes) -> str:
    """Return what a file is that its first bytes show to be no volume, and what to do.

    Parameters
    ----------
    path
        The file.
    start
        Its first `FIRST_BYTES`.

    Returns
    -------
    str
        Two sentences; empty if the first bytes are none of a kind known here.

    Examples
    --------
    >>> from pathlib import Path
    >>> stranger_by_content(Path("ct.nii.gz"), b"<!DOCTYPE html><html>")
    'ct.nii.gz is a web page (HTML), as a failed download leaves one. Download the file again; the \
page may say why it failed.'
    """
    for kind in _BY_CONTENT:
        if kind.starts is not None and kind.starts.match(start):
            return _sentences(path, kind)
    return ""


def stranger_by_name(path: Path) -> str:
    """Return what a file's name says that it is, and what to do; empty for a name not known here.

    Examples
    --------
    >>> from pathlib import Path
    >>> stranger_by_name(Path("liver.stl"))[:41]
    'liver.stl is a surface and no volume. Fil'
    """
    name = path.name.lower()
    for kind in _BY_ENDING:
        if name.endswith(kind.endings):
            return _zipped(path) or _sentences(path, kind)
    return ""


def _sentences(path: Path, kind: _Kind) -> str:
    return f"{path.name} is {kind.is_a}. {kind.remedy}"


def _zipped(path: Path) -> str:
    """Say which kind of files an archive holds; empty if it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except (zipfile.BadZipFile, OSError):
        return ""
    if not path.name.lower().endswith(".zip"):
        return ""
    dicom = sum(name.lower().endswith((".dcm", ".ima")) for name in names)
    if dicom:
        return (
            f"{path.name} is an archive of {dicom} DICOM files. Unpack it; a segmentation "
            "(DICOM-SEG) among them can be opened, an image series is converted to NIfTI first."
        )
    return f"{path.name} is an archive of {len(names)} files. {_UNPACK}"
