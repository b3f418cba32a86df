"""Reading OME-Zarr 0.4 and 0.5 and plain Zarr arrays: only the level that is asked for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lossexplorer.volumes.axes import in_order, sorted_axes
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.array_attributes import facts_of
from lossexplorer.volumes.formats.format import Format, Part
from lossexplorer.volumes.formats.ome_metadata import class_names, multiscale_count, multiscale_of
from lossexplorer.volumes.formats.parts import choose, no_parts, unread
from lossexplorer.volumes.formats.raw import MAX_VOXELS, RawVolume, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import zarr

    from lossexplorer.volumes.formats.format import Wanted

MAX_VOXELS_UNASKED = 2**27
"""The largest level that is opened without having been asked for, e.g. 512 × 512 × 512 voxels.

The scores of two classes, 4 bytes each, then take 1 GiB.
"""

ITSELF = "."
"""The part that is the image of a group which also has label images."""

_LABELS = "labels"


def read_ome_zarr(path: Path, wanted: Wanted) -> RawVolume:
    """Read one level of an OME-Zarr image, or a plain Zarr array.

    Where there are label images, below the image itself (``labels/NAME``) or below one in a group,
    as bioformats2raw writes it (``0/labels/NAME``), a label image is read: the one wanted, the only
    one, or the first of the wanted keys. The part ``.`` is the image itself. Only the headers are
    looked at to choose the level, and only its own chunks are read.

    Returns
    -------
    RawVolume
        (z, y, x), or (channel, z, y, x) with several channels. The spacing is known if the axes
        have a unit of length; the names are those of the label image's properties.

    Raises
    ------
    PartNeededError
        If several images could be meant.
    VolumeError
        If the folder is no Zarr, or what is wanted is not in it, is of an impossible size, leads
        out of the folder, or is packed in a way that cannot be read.
    Exception
        Whatever zarr raises on a damaged one.
    """
    from lossexplorer.volumes.formats.zarr_store import read_array

    part, notes = _choose(path, wanted)
    attributes = dict(_open(path, part).attrs)
    multiscale = multiscale_of(path.name, attributes)
    if multiscale is None:
        array = _array(path, part)
        _check_level(path, part, wanted.level, [array.shape])
        dimensions = getattr(array.metadata, "dimension_names", None)
        facts = facts_of(path.name, attributes, array.ndim, dimensions, wanted.axes)
        return RawVolume(
            path.name,
            in_order(path.name, read_array(path, part), facts.axes),
            facts.spacing,
            axes=sorted_axes(facts.axes),
            own_place=facts.own_place,
            notes=(*notes, *facts.notes),
        )
    if wanted.axes:
        raise VolumeError(
            f"{path.name} names its axes itself ({', '.join(multiscale.axes)}); leave out "
            f"@{wanted.axes}."
        )
    if (count := multiscale_count(attributes)) > 1:
        several = f"{path.name} describes {count} multiscale images; the first is read."
        notes = (*notes, several)
    paths = [_join(part, dataset) for dataset in multiscale.paths]
    shapes = [tuple(_array(path, each).shape) for each in paths]
    for shape in shapes:
        multiscale.check(path.name, shape)
    level = _check_level(path, part, wanted.level, shapes)
    spacing = multiscale.spacing(level)
    ordered = multiscale.ordered(read_array(path, paths[level]))
    return RawVolume(
        path.name,
        ordered,
        spacing,
        axes="czyx" if ordered.ndim == 4 else "",
        names=class_names(attributes),
        levels=tuple(multiscale.volume_shape(shape) for shape in shapes),
        level=level,
        own_place=multiscale.place(level),
        notes=(*notes, *multiscale.notes),
    )


def ome_zarr_parts(path: Path) -> list[Part]:
    """List the images and the plain arrays of a Zarr, by their headers alone."""
    return _parts(path) or [_part(path, "", ITSELF)]


def _choose(path: Path, wanted: Wanted) -> tuple[str, tuple[str, ...]]:
    """Return the path of the image or the array within the folder, and what is not read."""
    if not _is_node(path):
        raise VolumeError(
            f"{path.name} is not a Zarr folder, despite its name. Choose a folder that holds "
            "zarr.json, .zarray or .zgroup."
        )
    if wanted.part == ITSELF and _is_image(path, ""):
        return "", ()
    if wanted.part and wanted.part != ITSELF:
        from lossexplorer.volumes.formats.zarr_store import check_inside

        check_inside(path, wanted.part)
        if _is_node(path / wanted.part) and _is_image(path, wanted.part):
            return wanted.part, ()
    parts = _parts(path)
    if not (parts or wanted.part) and _is_image(path, ""):
        return "", ()
    if wanted.part == ITSELF:  # the image is wanted, and it is that of a group
        images = [each for each in parts if not _is_label(each)]
        chosen = choose(path.name, images, replace(wanted, part=""))
        return chosen.name, ()
    candidates = [each for each in parts if _is_label(each)] or parts
    if wanted.part and not parts and _is_image(path, ""):
        raise no_parts(path.name, wanted.part)
    chosen = choose(path.name, parts if wanted.part else candidates, wanted)
    return chosen.name, unread(path.name, parts, chosen, wanted)


def _is_label(part: Part) -> bool:
    return _LABELS in part.name.split("/")[:-1]


def _parts(path: Path) -> list[Part]:
    """List what can be opened below a folder: label images, arrays, and images that have labels."""
    if _is_image(path, ""):
        below = [_part(path, name, name) for name in _images(path, _LABELS)]
        return [*below, _part(path, "", ITSELF)] if below else []
    found: list[Part] = []
    for image in _images(path, ""):
        found += [_part(path, name, name) for name in _images(path, _join(image, _LABELS))]
        found.append(_part(path, image, image))
    return found


def _images(path: Path, group: str) -> Iterator[str]:
    """Yield the images and arrays below a group, not looking into images."""
    from lossexplorer.volumes.formats.zarr_store import check_inside

    waiting = [group]
    while waiting:
        at = waiting.pop(0)
        check_inside(path, at)
        folders = (path / at).iterdir() if (path / at).is_dir() else ()
        for folder in sorted(each for each in folders if _may_enter(each)):
            name = _join(at, folder.name)
            if not _is_image(path, name):
                waiting.append(name)
            else:
                yield name


def _may_enter(folder: Path) -> bool:
    # Links are not listed: they could lead outside, or in a circle.
    return _is_node(folder) and not folder.is_symlink()


def _is_node(folder: Path) -> bool:
    from lossexplorer.volumes.formats.zarr_store import MARKERS

    return any((folder / marker).is_file() for marker in MARKERS)


def _is_image(path: Path, part: str) -> bool:
    """Say whether a node is an array or has the metadata of an image."""
    import zarr

    node = _open(path, part)
    if isinstance(node, zarr.Array):
        return True
    return multiscale_of(path.name, dict(node.attrs)) is not None


def _part(path: Path, part: str, name: str) -> Part:
    multiscale = multiscale_of(path.name, dict(_open(path, part).attrs))
    array = _array(path, _join(part, multiscale.paths[0]) if multiscale else part)
    return Part(name, tuple(array.shape), str(array.dtype))


def _open(path: Path, part: str) -> zarr.Array[Any] | zarr.Group:
    from lossexplorer.volumes.formats.zarr_store import open_node

    return open_node(path, part)


def _array(path: Path, part: str) -> zarr.Array[Any]:
    import zarr

    array = _open(path, part)
    if not isinstance(array, zarr.Array):
        raise VolumeError(f"{path.name} is damaged: {part!r} should be an array. Copy it again.")
    if array.dtype.kind not in "buif":
        raise VolumeError(
            f"{path.name} holds values of type {array.dtype}; save the labels as integers."
        )
    return array


def _check_level(path: Path, part: str, level: int | None, shapes: Sequence[Sequence[int]]) -> int:
    """Return the level to read: the one asked for, or the finest that fits."""
    counts = [math.prod(shape) for shape in shapes]
    if min(counts) < 1:
        raise VolumeError(f"{path.name} holds no voxel; a 3D volume is needed.")
    if level is not None and level >= len(shapes):
        raise VolumeError(
            f"{path.name} has no level {level}; the coarsest of its {len(shapes)} is "
            f"{len(shapes) - 1}."
        )
    most = MAX_VOXELS_UNASKED if level is None else MAX_VOXELS
    fitting = [each for each, count in enumerate(counts) if count <= most]
    if level is None and fitting:
        return fitting[0]
    if level is not None and level in fitting:
        return level
    tried = len(shapes) - 1 if level is None else level
    size = f"{describe(shapes[tried])} = {counts[tried]:,} voxels"
    if level is None:
        remedy = (
            f"Ask for it with {path.name}::{part}@{tried}, or save a coarser level."
            if counts[tried] <= MAX_VOXELS
            else "Save a coarser level."
        )
        raise VolumeError(
            f"{path.name} has {size} at its coarsest level, more than the {most:,} that are opened "
            f"unasked. {remedy}"
        )
    remedy = f"Choose level {fitting[0]}." if fitting else "Save a coarser level."
    raise VolumeError(
        f"{path.name} has {size} at level {level}, more than the {most:,} that can be opened. "
        f"{remedy}"
    )


def _join(group: str, name: str) -> str:
    return f"{group}/{name}".strip("/")


FORMAT = Format(
    "OME-Zarr",
    (".ome.zarr", ".zarr"),
    read_ome_zarr,
    parts=ome_zarr_parts,
    folder=True,
    levels=True,
    takes_axes=True,
    image_part=ITSELF,
)
