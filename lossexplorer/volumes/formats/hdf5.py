"""Reading datasets of HDF5 files, and of no other file than the one that was named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lossexplorer.volumes.axes import in_order, sorted_axes
from lossexplorer.volumes.errors import VolumeError
from lossexplorer.volumes.formats.array_attributes import ATTRIBUTES, facts_of
from lossexplorer.volumes.formats.format import Format, Part
from lossexplorer.volumes.formats.hdf5_chunks import read_chunks
from lossexplorer.volumes.formats.parts import choose, unread
from lossexplorer.volumes.formats.raw import RawVolume, check_declared

if TYPE_CHECKING:
    from pathlib import Path

    import h5py

    from lossexplorer.volumes.formats.format import Wanted

_UNWRITTEN = 1 << 20
"""Chunks that were never written take no room: up to about 1 GiB of voxels is believed."""


def read_hdf5(path: Path, wanted: Wanted) -> RawVolume:
    """Read a dataset of an HDF5 file: the one wanted, the only volume, or the first of its keys.

    The array is as it lies in the file, (z, y, x) or (class, z, y, x), unless its attributes name
    its axes in another order; what else they say is in `array_attributes`.

    Raises
    ------
    PartNeededError
        If several datasets could be meant.
    VolumeError
        If it holds no dataset of numbers or not the one that is wanted, the values lie in another
        file, are packed in a way that cannot be read, or are of an impossible size.
    Exception
        Whatever h5py raises on a damaged file.
    """
    with _opened(path) as file:
        found, elsewhere = _datasets(file)
        if wanted.part in elsewhere or (elsewhere and not found):
            raise VolumeError(
                f"{path.name} says that {wanted.part or next(iter(elsewhere))!r} lies in another "
                "file, which is not opened. Open that file, or copy the values into this one."
            )
        parts = [_part(name, each) for name, each in found.items()]
        chosen = choose(path.name, parts, wanted)
        dataset = found[chosen.name]
        stored = min(dataset.id.get_storage_size(), path.stat().st_size)
        chunked = dataset.chunks is not None
        check_declared(
            path.name,
            dataset.shape,
            dataset.dtype.itemsize,
            max(stored, _UNWRITTEN) if chunked else stored,
            deflated=chunked,
        )
        array = read_chunks(path.name, dataset) if chunked else np.asarray(dataset[()])
        notes: tuple[str, ...] = unread(path.name, parts, chosen, wanted)
        if elsewhere and not wanted.part:
            listed = ", ".join(sorted(elsewhere)[:8])
            notes += (f"{path.name} says that {listed} lies in another file, which is not read.",)
        labels = [axis.label for axis in dataset.dims]
        facts = facts_of(path.name, _plain(dataset.attrs), dataset.ndim, labels, wanted.axes)
        return RawVolume(
            path.name,
            in_order(path.name, array, facts.axes),
            axes=sorted_axes(facts.axes),
            spacing=facts.spacing,
            own_place=facts.own_place,
            notes=(*notes, *facts.notes),
        )


def hdf5_parts(path: Path) -> list[Part]:
    """List the datasets of numbers in an HDF5 file, by their headers alone."""
    with _opened(path) as file:
        found, _ = _datasets(file)
        return [_part(name, each) for name, each in found.items()]


def _opened(path: Path) -> h5py.File:
    import h5py

    try:
        return h5py.File(path, "r")
    except BlockingIOError as error:
        raise VolumeError(
            f"{path.name} is being written by another program. Close it there first."
        ) from error


def _datasets(file: h5py.File) -> tuple[dict[str, h5py.Dataset], set[str]]:
    """Return the datasets of numbers by name, and the names of what would lie in other files.

    Only hard links are followed, which cannot leave the file.
    """
    import h5py

    found: dict[str, h5py.Dataset] = {}
    elsewhere: set[str] = set()

    def look(name: str, link: object) -> None:
        if isinstance(link, h5py.ExternalLink):
            elsewhere.add(name)
        elif isinstance(link, h5py.HardLink) and isinstance(node := file[name], h5py.Dataset):
            # Asked before the shape, for which HDF5 would open the files behind a virtual dataset.
            if node.is_virtual or node.external:
                elsewhere.add(name)
            elif _holds_numbers(node):
                found[name] = node

    file.visititems_links(look)
    return found, elsewhere


def _holds_numbers(dataset: h5py.Dataset) -> bool:
    import h5py

    try:
        dtype = dataset.dtype
        plain = dtype.kind in "buif" and dataset.shape is not None
        # Numbers of odd widths would be converted on reading; no program writes labels so.
        return plain and bool(dataset.id.get_type() == h5py.h5t.py_create(dtype, logical=True))
    except TypeError:  # a type that NumPy does not have
        return False


def _part(name: str, dataset: h5py.Dataset) -> Part:
    return Part(name, tuple(dataset.shape), str(dataset.dtype))


def _plain(attributes: h5py.AttributeManager) -> dict[str, Any]:
    """Return the attributes that are read, those of types that NumPy lacks left out."""
    found = {}
    for name in ATTRIBUTES & set(attributes):
        try:
            found[name] = attributes[name]
        except (OSError, TypeError, ValueError):
            continue  # lengths are no reason not to open the labels
    return found


FORMAT = Format(
    "HDF5",
    (".h5", ".hdf5", ".hdf"),
    read_hdf5,
    magic=(b"\x89HDF\r\n\x1a\n",),
    parts=hdf5_parts,
    takes_axes=True,
)
