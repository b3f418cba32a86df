"""Volumes as NIfTI, NRRD and OME-Zarr, each written as a whole, with the names of classes beside.

NIfTI and NRRD keep where the voxels lie and which way their axes lead. OME-Zarr, which knows no
anatomical directions, keeps the spacing, and the origin of a truth that is an OME-Zarr itself.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from lossexplorer.core.files import replace_file, replace_folder
from lossexplorer.core.parameters import ParameterError
from lossexplorer.exports.volumes import ExportedVolume, What
from lossexplorer.volumes import Case, LabelVolume, parse_source
from lossexplorer.volumes.formats.raw import OwnPlace

_CHUNK = 64
_LONGEST_OF_NIFTI_1 = 32767


@dataclass(frozen=True)
class VolumeFormat:
    """A format that volumes are written in.

    Attributes
    ----------
    title : str
        For display.
    suffixes : tuple of str
        The endings of its files' names, in lower case, the usual one first.
    write : callable
        Takes the volume and the path to write to.
    """

    title: str
    suffixes: tuple[str, ...]
    write: Callable[[ExportedVolume, Path], None]
    is_folder: bool = False


def write_volume(volume: ExportedVolume, path: Path) -> tuple[Path, Path]:
    """Write a volume, and beside it a table with the ids and the names of its classes.

    Parameters
    ----------
    volume : ExportedVolume
        What is written.
    path : Path
        Where; its ending says in which format.

    Returns
    -------
    tuple of Path
        The volume's and the table's.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If the ending is of no format.
    OSError
        If a file cannot be written.
    """
    chosen, _ = format_of(path)
    put = replace_folder if chosen.is_folder else replace_file
    put(path, lambda unfinished: chosen.write(volume, unfinished))
    # The whole name, as a stem may be that of several volumes, and its table that of the truth.
    table = path.with_name(f"{path.name}.csv")
    text = names_csv(volume.names)
    replace_file(table, lambda file: file.write_text(text, encoding="utf-8", newline=""))
    return path, table


def format_of(path: Path) -> tuple[VolumeFormat, str]:
    """Return the format that a path's ending says, and the ending as it is written.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If it is of no format.

    Examples
    --------
    >>> found, suffix = format_of(Path("case.NII.gz"))
    >>> found.title, suffix
    ('NIfTI', '.NII.gz')
    """
    name = path.name.lower()
    for each in FORMATS:
        for suffix in sorted(each.suffixes, key=len, reverse=True):
            if name.endswith(suffix) and len(name) > len(suffix):
                return each, path.name[len(name) - len(suffix) :]
    endings = ", ".join(suffix for each in FORMATS for suffix in each.suffixes)
    raise ParameterError(f"{path.name} has an ending of no format; name a file with {endings}.")


def paths_of(path: Path, whats: tuple[What, ...]) -> dict[What, Path]:
    """Return where each volume goes: to the path, or, of several, to one with its own name.

    Examples
    --------
    >>> [str(each) for each in paths_of(Path("case.nii.gz"), ("labels", "error")).values()]
    ['case_labels.nii.gz', 'case_error.nii.gz']
    """
    if len(whats) == 1:
        return {whats[0]: path}
    _, suffix = format_of(path)
    stem = path.name[: len(path.name) - len(suffix)]
    return {what: path.with_name(f"{stem}_{what}{suffix}") for what in whats}


def check_places(paths: Iterable[Path], case: Case) -> None:
    """Refuse to write over a file that is open.

    Parameters
    ----------
    paths : iterable of Path
        Where volumes are to be written.
    case : Case
        What is open.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        Naming the file.
    """
    sources = [
        *case.sources.volumes,
        case.sources.prediction,
        case.sources.mask,
        case.sources.image,
    ]
    opened = {Path(parse_source(each).path).resolve() for each in sources if each}
    for path in paths:
        if path.resolve() in opened:
            raise ParameterError(f"{path} is open: name another file to export to.")


def names_csv(names: Mapping[int, str]) -> str:
    r"""Return a table of names as this program and spreadsheets read it.

    Examples
    --------
    >>> names_csv({0: "background", 3: "liver, left"})
    'id,label\n0,background\n3,"liver, left"\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("id", "label"), *names.items()])
    return text.getvalue()


def _write_nifti(volume: ExportedVolume, path: Path) -> None:
    with path.open("wb") as file:
        _nifti(volume).to_stream(file)


def _write_nifti_gz(volume: ExportedVolume, path: Path) -> None:
    with path.open("wb") as file, gzip.GzipFile("", "wb", 4, file, mtime=0) as stream:
        _nifti(volume).to_stream(stream)


def _nifti(volume: ExportedVolume) -> Any:
    """Return a volume as an image of nibabel."""
    import nibabel

    nib: Any = nibabel  # much of nibabel has no annotations
    array = _last_class(volume.array)
    large = max(array.shape) > _LONGEST_OF_NIFTI_1
    truth, affine = volume.truth, _anatomical(volume.truth)
    image = (nib.Nifti2Image if large else nib.Nifti1Image)(array, affine)
    if affine is None:
        image.header.set_sform(None, code=0)
        image.header.set_qform(None, code=0)
        image.header.set_zooms((*truth.spacing[::-1], 1.0)[: array.ndim])
    if truth.spacing_known or affine is not None:
        image.header.set_xyzt_units("mm")
    image.header["descrip"] = f"Loss Explorer: {volume.what}".encode()
    return image


def _write_nrrd(volume: ExportedVolume, path: Path) -> None:
    import nrrd

    truth, affine = volume.truth, _anatomical(volume.truth)
    several = volume.array.ndim == 4
    header: dict[str, Any] = {
        "kinds": ["domain"] * 3 + ["list"] * several,
        "encoding": "gzip",
    }
    if affine is not None:
        header["space"] = "right-anterior-superior"
        header["space directions"] = np.vstack([affine[:3, :3].T, *[[np.nan] * 3] * several])
        header["space origin"] = affine[:3, 3]
        header["space units"] = ["mm"] * 3
    elif truth.spacing_known:
        header["spacings"] = [*truth.spacing[::-1], *[np.nan] * several]
        header["units"] = ["mm"] * 3 + [""] * several
    with path.open("wb") as file:
        nrrd.write(cast("Any", file), volume.array, header, index_order="C")


def _write_ome_zarr(volume: ExportedVolume, path: Path) -> None:
    import zarr

    truth, several = volume.truth, volume.array.ndim == 4
    group = zarr.open_group(path, mode="w", zarr_format=3)
    chunks = tuple(min(length, _CHUNK) for length in volume.array.shape[-3:])
    group.create_array(
        "0",
        data=np.ascontiguousarray(volume.array),
        chunks=((1,) if several else ()) + chunks,
        dimension_names=["c", "z", "y", "x"][not several :],
    )
    group.attrs["ome"] = _ome_metadata(volume, truth, several=several)


def _ome_metadata(volume: ExportedVolume, truth: LabelVolume, *, several: bool) -> dict[str, Any]:
    unit = {"unit": "millimeter"} if truth.spacing_known else {}
    axes: list[dict[str, Any]] = [{"name": "c", "type": "channel"}] if several else []
    axes += [{"name": name, "type": "space", **unit} for name in "zyx"]
    own, edges = _own_place(truth), [float(edge) for edge in truth.spacing]
    if own is not None and not own.unit:
        edges = np.diag(own.affine)[2::-1].tolist()
    scale = {"type": "scale", "scale": [1.0] * several + edges}
    transformations: list[dict[str, Any]] = [scale]
    if own is not None and own.has_origin:
        origin = own.affine[2::-1, 3].tolist()
        transformations.append({"type": "translation", "translation": [0.0] * several + origin})
    metadata: dict[str, Any] = {
        "version": "0.5",
        "multiscales": [
            {
                "name": volume.what,
                "axes": axes,
                "datasets": [{"path": "0", "coordinateTransformations": transformations}],
            }
        ],
    }
    if volume.array.dtype.kind in "ui":
        properties = [{"label-value": id_, "name": name} for id_, name in volume.names.items()]
        metadata["image-label"] = {"version": "0.5", "properties": properties}
    return metadata


def _own_place(truth: LabelVolume) -> OwnPlace | None:
    """Return the place of a truth that is OME-Zarr itself, if it is in the unit of its spacing."""
    own = truth.own_place
    if own is None or own.coordinates != "OME-Zarr":
        return None
    return own if bool(own.unit) == truth.spacing_known else None


def _last_class(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array (class, z, y, x) or (z, y, x) with NIfTI's axes (x, y, z, class)."""
    return array.T if array.ndim == 3 else np.moveaxis(array, 0, -1).transpose(2, 1, 0, 3)


def _anatomical(truth: LabelVolume) -> np.ndarray[Any, Any] | None:
    """Return the affine in mm towards right, anterior and superior; an unknown origin is 0."""
    if truth.affine is None:
        return None
    found: np.ndarray[Any, Any] = np.nan_to_num(truth.affine, nan=0.0)
    return found


FORMATS = (
    VolumeFormat("NIfTI", (".nii.gz",), _write_nifti_gz),
    VolumeFormat("NIfTI", (".nii",), _write_nifti),
    VolumeFormat("NRRD", (".nrrd",), _write_nrrd),
    VolumeFormat("OME-Zarr", (".ome.zarr", ".zarr"), _write_ome_zarr, is_folder=True),
)
"""Every format, in the order in which dialogs list them."""
