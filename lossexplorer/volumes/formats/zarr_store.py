"""Opening Zarr folders so that nothing outside of them is read and nothing fills the memory.

It imports zarr and is imported only when a Zarr is opened.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, cast

import imagecodecs
import numpy as np
import zarr
from zarr.core.codec_pipeline import BatchedCodecPipeline
from zarr.registry import register_pipeline
from zarr.storage import LocalStore, WrapperStore

from lossexplorer.volumes.errors import VolumeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from zarr.abc.store import ByteRequest
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, BufferPrototype, NDBuffer

MARKERS = ("zarr.json", ".zarray", ".zgroup")
"""The files that make a folder a Zarr array or group."""

# Numcodecs also offers pickle and other codecs that make objects: those are never to run.
_CODECS = {
    "blosc",
    "bytes",
    "crc32c",
    "gzip",
    "lz4",
    "sharding_indexed",
    "transpose",
    "zlib",
    "zstd",
}

_MOST_CHUNKS = 1 << 16  # each costs about a tenth of a millisecond
_LARGEST_CHUNK = 1 << 24
"""Voxels that a chunk may have beyond those of its array, e.g. 256 × 256 × 256."""

_HARMLESS = 1 << 18
"""Bytes that gzip cannot expand to more than a quarter of a gibibyte."""

_BLOSC_HEADER = 16


def open_node(folder: Path, path: str = "") -> zarr.Array[Any] | zarr.Group:
    """Open an array or a group of a Zarr folder for reading.

    Parameters
    ----------
    folder
        What the user named. No file outside of it is read.
    path
        Of the node in it; empty for the folder itself.

    Raises
    ------
    VolumeError
        If the way to it leads out of the folder.
    Exception
        Whatever zarr raises if there is no such node or it is damaged.
    """
    check_inside(folder, path)
    return zarr.open(store=_Inside(LocalStore(folder, read_only=True)), path=path, mode="r")


def check_inside(folder: Path, path: str) -> None:
    """Refuse a path or a link that leads out of a folder.

    Raises
    ------
    VolumeError
        If it does.
    """
    reached = (folder / path).resolve()
    if ".." in PurePath(path).parts or not reached.is_relative_to(folder.resolve()):
        raise VolumeError(
            f"{folder.name} leads out of its folder at {path!r}, which is not followed. Copy what "
            "belongs to it into the folder."
        )


def read_array(folder: Path, path: str) -> np.ndarray[Any, Any]:
    """Read all of an array, whose size has been checked.

    Parameters
    ----------
    folder, path
        As for `open_node`.

    Raises
    ------
    VolumeError
        If it is packed in a way that cannot be read, or its chunks are of an impossible size.
    Exception
        Whatever zarr raises on damaged data.
    """
    pipeline = f"{_BoundedPipeline.__module__}.{_BoundedPipeline.__qualname__}"
    with zarr.config.set({"codec_pipeline.path": pipeline}):
        array = cast("zarr.Array[Any]", open_node(folder, path))
        _check_packing(folder.name, array)
        return np.asarray(array[...])


def _check_packing(name: str, array: zarr.Array[Any]) -> None:
    for codec in _codec_names(array.metadata.to_dict()):
        if codec not in _CODECS:
            raise VolumeError(
                f"{name} is packed with {codec!r}; save it with blosc, zstd or gzip compression."
            )
    voxels = math.prod(array.shape)
    for shape in (array.chunks, array.shards or array.chunks):
        count = math.prod(-(-n // length) for n, length in zip(array.shape, shape, strict=True))
        if count > _MOST_CHUNKS or math.prod(shape) > max(_LARGEST_CHUNK, 8 * voxels):
            raise VolumeError(
                f"{name} is cut into chunks of an unusable size "
                f"({' × '.join(map(str, shape))}). Save it again with chunks of about 64 × 64 × 64."
            )


def _codec_names(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Yield what packs an array, also within shards, in either version of Zarr."""
    packers = [*(metadata.get("filters") or ()), metadata.get("compressor")]
    yield from (str(packer["id"]) for packer in packers if packer)
    for key in ("codecs", "index_codecs"):
        for codec in metadata.get(key) or ():
            yield str(codec["name"])
            yield from _codec_names(codec.get("configuration") or {})


class _Inside(WrapperStore[LocalStore]):
    """A folder out of which no link leads."""

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        check_inside(self._store.root, key)
        return await super().get(key, prototype, byte_range)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        wanted = list(key_ranges)
        for key, _ in wanted:
            check_inside(self._store.root, key)
        return await super().get_partial_values(prototype, wanted)

    async def exists(self, key: str) -> bool:
        check_inside(self._store.root, key)
        return await super().exists(key)


@dataclass(frozen=True)
class _BoundedPipeline(BatchedCodecPipeline):
    """Refuses a chunk that would unpack to more than it should before it is unpacked."""

    async def decode_batch(
        self, chunk_bytes_and_specs: Iterable[tuple[Buffer | None, ArraySpec]]
    ) -> Iterable[NDBuffer | None]:
        chunks = list(chunk_bytes_and_specs)
        names = list(
            _codec_names({"codecs": [codec.to_dict() for codec in self.bytes_bytes_codecs]})
        )
        if compressor := getattr(self.array_bytes_codec, "compressor", None):  # Zarr 2
            names.append(compressor.codec_id)
        for data, spec in chunks:
            if data is not None:
                itemsize = spec.dtype.to_native_dtype().itemsize
                _check_chunk(names, bytes(data.as_buffer_like()), math.prod(spec.shape) * itemsize)
        return await super().decode_batch(chunks)


register_pipeline(_BoundedPipeline)


def _check_chunk(codecs: list[str], data: bytes, nbytes: int) -> None:
    """Raise an error if a chunk is cut or unpacks to more than its voxels and their index need."""
    codecs_of_imagecodecs = cast("Any", imagecodecs)
    if "crc32c" in codecs:
        data = data[:-4]
    most = 2 * nbytes + (1 << 16)
    if "blosc" in codecs:
        # Its header is believed by the library: it says how long the chunk is before and after.
        unpacked, packed = (int.from_bytes(data[at : at + 4], "little") for at in (4, 12))
        if len(data) < _BLOSC_HEADER or packed != len(data) or unpacked > most:
            raise ValueError(f"a chunk of {nbytes} bytes has a wrong header")
    elif "zstd" in codecs:
        codecs_of_imagecodecs.zstd_decode(data, out=most)
    elif "lz4" in codecs:
        if int.from_bytes(data[:4], "little") > most:
            raise ValueError(f"a chunk of {nbytes} bytes has a wrong header")
    elif {"gzip", "zlib"} & set(codecs) and len(data) > _HARMLESS:
        stream = zlib.decompressobj(wbits=47)  # either
        stream.decompress(data, most)
        if not stream.eof or stream.unused_data:
            raise ValueError(f"a chunk of {nbytes} bytes unpacks to more than {most}")
