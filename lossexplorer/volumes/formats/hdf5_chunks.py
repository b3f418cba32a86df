"""Unpacking the chunks of an HDF5 dataset within its declared size.

The HDF5 library is not asked to unpack them: on damaged data it reads past its own memory (it ends
the process where a chunk unpacks to less than it should) and lets deflate fill the memory.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lossexplorer.volumes.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import h5py

# The numbers that HDF5 gives to filters.
_DEFLATE, _SHUFFLE, _FLETCHER32, _LZF = 1, 2, 3, 32000
_READABLE = (_DEFLATE, _SHUFFLE, _FLETCHER32, _LZF)

_SLACK = 1 << 10  # bytes that packing may add to a chunk

_LARGEST_CHUNK = 1 << 24
"""Voxels that a chunk may have beyond those of its dataset, e.g. 256 × 256 × 256."""


def read_chunks(name: str, dataset: h5py.Dataset) -> np.ndarray[Any, Any]:
    """Return the values of a chunked dataset.

    Parameters
    ----------
    name
        The name of the file, for messages.
    dataset
        Of plain numbers, whose size has been checked.

    Raises
    ------
    VolumeError
        If it is compressed in a way that cannot be read, or its chunks are of an impossible size.
    Exception
        Whatever the unpacking raises on damaged data.
    """
    filters = _filters(name, dataset)
    shape = dataset.chunks
    if math.prod(shape) > max(_LARGEST_CHUNK, 2 * math.prod(dataset.shape)):
        raise VolumeError(f"{name} is damaged: its chunks are too large. Copy or save it again.")
    # Booleans are stored as bytes; any byte would pass for one.
    dtype = np.dtype(np.uint8) if dataset.dtype.kind == "b" else dataset.dtype
    nbytes = math.prod(shape) * dtype.itemsize
    array = np.full(dataset.shape, dataset.fillvalue, dtype)

    for chunk in _stored_chunks(dataset, 2 * nbytes + _SLACK):
        # Without a buffer of our own, a damaged dataset overruns the one that h5py makes for it.
        buffer = bytearray(max(chunk.size, nbytes))
        dataset.id.read_direct_chunk(chunk.chunk_offset, out=buffer)
        packed = bytes(buffer[: chunk.size])
        used = [each for bit, each in enumerate(filters) if not chunk.filter_mask >> bit & 1]
        values = np.frombuffer(_unpacked(packed, used, dtype.itemsize, nbytes), dtype)
        box = tuple(
            slice(start, start + n) for start, n in zip(chunk.chunk_offset, shape, strict=True)
        )
        place = array[box]
        place[...] = values.reshape(shape)[tuple(slice(length) for length in place.shape)]
    return array.astype(bool) if dataset.dtype.kind == "b" else array


def _stored_chunks(dataset: h5py.Dataset, most: int) -> list[Any]:
    """List where the chunks lie; an error if there are more, or longer ones, than there can be."""
    count = math.prod(
        -(-n // length) for n, length in zip(dataset.shape, dataset.chunks, strict=True)
    )
    chunks: list[Any] = []

    def add(chunk: Any) -> None:
        chunks.append(chunk)
        if len(chunks) > count or chunk.size > most:
            raise ValueError(f"a chunk of {chunk.size} bytes, number {len(chunks)} of {count}")

    dataset.id.chunk_iter(add)
    return chunks


def _filters(name: str, dataset: h5py.Dataset) -> list[int]:
    """Return the numbers of the filters in the order in which they were applied."""
    created = dataset.id.get_create_plist()
    filters = [created.get_filter(index) for index in range(created.get_nfilters())]
    for number, _, _, title in filters:
        if number not in _READABLE:
            kind = title.decode("ascii", "replace") if title.isascii() else ""
            raise VolumeError(
                f"{name} is packed with {kind or f'the HDF5 filter {number}'}; save it without "
                "compression or with gzip."
            )
    return [number for number, *_ in filters]


def _unpacked(packed: bytes, filters: Sequence[int], itemsize: int, nbytes: int) -> bytes:
    """Undo the filters of a chunk; an error if it is not exactly as long as it should be."""
    import imagecodecs

    codecs = cast("Any", imagecodecs)
    data: Any = packed
    for number in reversed(filters):
        if number == _FLETCHER32:
            data, checksum = data[:-4], data[-4:]
            if int.from_bytes(checksum, "little") != codecs.h5checksum_fletcher32(data):
                raise ValueError("the checksum of a chunk differs")
        elif number == _DEFLATE:
            data = zlib.decompressobj().decompress(data, nbytes + 1)
        elif number == _LZF:
            data = codecs.lzf_decode(data, out=nbytes)
        else:
            data = np.frombuffer(data, np.uint8).reshape(itemsize, -1).T.tobytes()
    if len(data) != nbytes:
        raise ValueError(f"a chunk of {nbytes} bytes holds {len(data)}")
    return cast("bytes", data)
