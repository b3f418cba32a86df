"""From a file to a label volume and its image."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.colours import decoded, grey
from lossexplorer.volumes.errors import NoLabelsError, VolumeError
from lossexplorer.volumes.formats.beside import with_lengths_beside
from lossexplorer.volumes.formats.detection import detect, format_named, stem
from lossexplorer.volumes.formats.format import Format, Part, Wanted
from lossexplorer.volumes.formats.parts import IMAGE_KEYS, LABEL_KEYS, UnreadNote, no_parts
from lossexplorer.volumes.formats.raw import RawVolume, as_slice, squeeze_to_3d
from lossexplorer.volumes.formats.statements import not_at_right_angles
from lossexplorer.volumes.model.grid import on_grid
from lossexplorer.volumes.model.ids import whole_numbers
from lossexplorer.volumes.model.labels import LabelVolume, label_volume
from lossexplorer.volumes.names import find_names
from lossexplorer.volumes.source import Source, StrPath, parse_source

if TYPE_CHECKING:
    from collections.abc import Sequence

Array = np.ndarray[Any, Any]

_MASK_WANTED = "a mask is of whole numbers, 0 in voxels that count nowhere. Save it as integers."


def read_labels(path: StrPath, *, image: StrPath | None = None) -> LabelVolume:
    """Read a label volume from a file.

    Parameters
    ----------
    path
        A file with one of `READABLE_SUFFIXES`. Its values are whole numbers, stored as integers,
        booleans or floats. Surplus outer axes of length 1 are removed.
    image
        A file with the anatomy on the same grid, if there is one.

    Returns
    -------
    LabelVolume
        (z, y, x) labels, their classes, and the spacing in mm. A file indexed (i, j, k) becomes the
        array (k, j, i); nothing is reoriented or resampled.

    Raises
    ------
    VolumeError
        If a file cannot be read, the labels are not a 3D volume of whole non-negative numbers, no
        voxel is labelled, or the image does not fit the labels.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two.npy")
    ...     np.save(path, np.array([[[0, 3], [3, 9]]]))
    ...     volume = read_labels(path)
    >>> [(c.id, c.voxels) for c in volume.classes], volume.labels.tolist()
    ([(0, 1), (3, 2), (9, 1)], [[[0, 1], [1, 2]]])
    """
    raw = read_raw(path)
    if raw.has_overlap:
        raise VolumeError(
            f"{raw.name} holds segments that overlap, and classes that exclude each other are "
            "needed here. Open it in the window or with evaluate, which take classes that overlap."
        )
    volume = labelled(labels_of(raw, path), raw.name)
    return volume if image is None else with_image(volume, image)


def labels_of(raw: RawVolume, path: StrPath) -> LabelVolume:
    """Return the labels of a file that has been read, of which none need be there."""
    raw = named(decoded(raw, path), path)
    ids = whole_numbers(squeeze_to_3d(raw), raw.name, rounding=raw.rounding)
    return label_volume(ids, raw, name=stem(raw.name), path=os.fspath(path))


def labelled(volume: LabelVolume, name: str) -> LabelVolume:
    """Return a volume, having refused one in which every voxel is 0.

    Parameters
    ----------
    volume
        The volume.
    name
        What to call it in the message.
    """
    if len(volume.classes) == 1:
        raise NoLabelsError(
            f"{name} holds no labelled voxel: every voxel is 0. "
            "Choose a volume in which the classes are numbered from 1."
        )
    return volume


def read_mask(
    path: StrPath, volumes: Sequence[LabelVolume]
) -> tuple[tuple[Array, ...], tuple[str, ...]]:
    """Read a mask of label volumes.

    Parameters
    ----------
    path
        A file of whole numbers with one mask, which is that of all samples, or with one for each.
    volumes
        The samples of a batch.

    Returns
    -------
    left_out : tuple of numpy.ndarray
        For each sample (z, y, x) of bool, True where the mask is 0, and where it has no voxel.
    notes : tuple of str
        What a person should know of how the file was read and placed, in sentences.

    Raises
    ------
    VolumeError
        If the file cannot be read, holds no whole numbers, or lies on another grid.
    """
    raw = decoded(read_raw(path), path)
    several = raw.array.ndim == 4 and len(volumes) == len(raw.array) > 1
    masks = list(raw.array) if several else [squeeze_to_3d(raw)] * len(volumes)
    placed = [
        on_grid(mask, raw, volume, other="the truth", kind="mask")
        for mask, volume in zip(masks, volumes, strict=True)
    ]
    left_out = [
        whole_numbers(each.array, raw.name, explanation=_MASK_WANTED, rounding=raw.rounding) == 0
        for each in placed
    ]
    notes = dict.fromkeys([*raw.notes, *(note for each in placed for note in each.notes)])
    return tuple(left_out), tuple(notes)


def named(raw: RawVolume, path: StrPath) -> RawVolume:
    """Return the same with the class names that lie beside the file, which go before its own."""
    return replace(raw, names={**raw.names, **find_names(parse_source(path).path)})


def with_image(volume: LabelVolume, path: StrPath) -> LabelVolume:
    """Return the volume with its anatomy read from a file.

    Raises
    ------
    VolumeError
        If the file cannot be read, is not a 3D volume of real numbers, or does not fit the labels.
    """
    raw = read_raw(str(_image_of(parse_source(path), volume)), keys=IMAGE_KEYS)
    image = squeeze_to_3d(grey(raw))
    if image.dtype.kind not in "buif":
        raise VolumeError(
            f"{raw.name} holds values of type {image.dtype}; an image of real numbers is needed."
        )
    placed = on_grid(image, raw, volume, other="the label volume", kind="image")
    notes = (*raw.notes, *placed.notes)
    if parse_source(path).path == parse_source(volume.path).path:
        # Labels and image are parts of one file: neither of them is left unread.
        notes, kept = (
            tuple(note for note in each if not isinstance(note, UnreadNote))
            for each in (notes, volume.notes)
        )
        volume = replace(volume, notes=kept)
    return volume.with_image(np.ascontiguousarray(placed.array), notes)


def _image_of(source: Source, volume: LabelVolume) -> Source:
    """Return where the image is: beside the labels in a file of both, and at their level."""
    known = format_named(Path(source.path).name)
    if known is not None and known.image_part and not source.part:
        source = source.with_part(known.image_part)
    if volume.levels and source.level is None:
        source = source.at_level(volume.level)
    return source


def read_raw(
    path: StrPath, *, keys: Sequence[str] = LABEL_KEYS, channels: bool = False
) -> RawVolume:
    """Read what a file holds, whatever it means.

    Parameters
    ----------
    path
        A file with one of `READABLE_SUFFIXES`, and, behind ``::``, what of it (see `Source`).
    keys
        The names to look for in a file of several arrays, the first found is taken.
    channels
        Whether all channels are read, as classes, if nothing chooses one.

    Raises
    ------
    VolumeError
        If the file cannot be read.
    """
    source, ends = parse_source(path), os.fspath(path).endswith("::")
    path = _local_path(source)
    chosen = detect(path)
    _check_wanted(path, chosen, source)
    if ends and not source.path.endswith("::"):
        raise VolumeError(f"{path.name}:: names no part behind ::. Leave out ::, or name one.")
    try:
        # Libraries warn of what is unusual in a file; a person is told only what prevents reading.
        with warnings.catch_warnings(action="ignore"):
            wanted = Wanted(source.array, source.level, keys, channels, source.axes)
            raw = chosen.read(path, wanted)
    except VolumeError:
        raise
    except MemoryError as error:
        raise VolumeError(
            f"{path.name} does not fit into the memory of this computer. Crop or downsample it."
        ) from error
    except Exception as error:
        # Readers raise anything on a damaged file, from KeyError to zlib.error.
        raise _damaged(path, chosen) from error
    raw = with_lengths_beside(raw, path, stem(path.name))
    place = raw.own_place.affine if raw.affine is None and raw.own_place else raw.affine
    raw = replace(raw, notes=(*raw.notes, *not_at_right_angles(raw.name, place)))
    native = raw.array.astype(raw.array.dtype.newbyteorder("="), copy=False)
    return as_slice(replace(raw, array=native))


def _check_wanted(path: Path, chosen: Format, source: Source) -> None:
    """Refuse a part or a level that the format cannot have."""
    if source.array and chosen.parts is None:
        raise no_parts(path.name, source.array)
    if source.axes and not chosen.takes_axes:
        raise VolumeError(
            f"{path.name} is {chosen.name}, which says what its axes are; leave out @{source.axes}."
        )
    if source.level is not None and not chosen.levels:
        raise VolumeError(
            f"{path.name} has no levels to choose from; leave out @{source.level}. Levels are "
            "those of an OME-Zarr."
        )


def takes_axes(path: StrPath) -> bool:
    """Return whether a file is of a format whose arrays have axes that it need not name."""
    return detect(_local_path(parse_source(path))).takes_axes


def parts_of(path: StrPath) -> tuple[Part, ...]:
    """List the volumes that a file holds, for a person to choose from.

    Parameters
    ----------
    path
        A file with one of `READABLE_SUFFIXES`.

    Returns
    -------
    tuple of Part
        Empty if the format has a single volume in a file.

    Raises
    ------
    VolumeError
        If the file cannot be read.
    """
    path = _local_path(parse_source(path))
    chosen = detect(path)
    if chosen.parts is None:
        return ()
    try:
        with warnings.catch_warnings(action="ignore"):
            return tuple(chosen.parts(path))
    except VolumeError:
        raise
    except Exception as error:
        raise _damaged(path, chosen) from error


def _local_path(source: Source) -> Path:
    if not source.path:
        raise VolumeError("The name of a volume is empty. Name a file.")
    if "://" in source.path:
        raise VolumeError(
            f"{source.path} is an address in a network, and nothing is read from there. "
            "Download it and open the copy."
        )
    return Path(source.path)


def _damaged(path: Path, chosen: Format) -> VolumeError:
    return VolumeError(
        f"{path.name} cannot be read as {chosen.name}: it is damaged, incomplete or of another "
        "kind. Copy or save it again."
    )
