"""File formats: a module for each, which describes it as a `Format`.

To add a format, add a module and its entry in `FORMATS`: endings, first bytes and the reader are
in the description, and dialogs, messages and which reader is taken follow from it. The other
modules of this package are what the formats share: `format` (the description), `raw` (what a
reader returns), `parts` (which of several volumes in a file is meant), `detached` (voxels in a
file beside their header) and `detection` (which format a file has).
"""

from lossexplorer.volumes.formats import (
    dicom_seg,
    hdf5,
    metaimage,
    mrc,
    nifti,
    nrrd,
    numpy_files,
    ome_zarr,
    png,
    tiff,
)
from lossexplorer.volumes.formats.format import Format

__all__ = ["FORMATS", "READABLE_SUFFIXES"]

FORMATS: tuple[Format, ...] = (
    nifti.FORMAT,
    nrrd.FORMAT,
    metaimage.FORMAT,
    mrc.FORMAT,
    tiff.FORMAT,
    png.FORMAT,
    dicom_seg.FORMAT,
    numpy_files.NPY,
    numpy_files.NPZ,
    hdf5.FORMAT,
    ome_zarr.FORMAT,
)
"""What can be read, in the order in which messages and dialogs list it."""

READABLE_SUFFIXES: tuple[str, ...] = tuple(s for each in FORMATS for s in each.suffixes)
"""The endings of the files that can be opened, in lower case; upper case is read as well."""
