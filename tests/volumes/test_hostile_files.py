"""Files made to fill the memory, to run code or to lead elsewhere are refused within a bound.

They are read in a process of their own, so that memory is measured whoever allocates it, and a
crash is seen.
"""

import gzip
import json
import pickle
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import h5py
import nibabel as nib
import numcodecs
import numpy as np
import pytest
import tifffile
import zarr

from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="measures memory as Linux does"
)

MIB = 1 << 20
EXPANDED = 512  # MiB of zeros in a bomb
CONTROL = "500 MiB taken on purpose"
MOST = 384  # MiB that reading any of these files may take, with the libraries that it loads

READ = """
import json, sys
from pathlib import Path
from lossexplorer.volumes import VolumeError, parts_of, read_labels

def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) >> 10

def grown_by(action):
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak
    before = status("VmRSS")
    action()
    return status("VmHWM") - before

def read_in_every_way():
    for read in (read_labels, parts_of):
        try:
            read(path)
        except VolumeError as error:
            messages.append(str(error))

print(grown_by(lambda: bytes([1]) * (500 << 20)), flush=True)
for path in sys.argv[1:]:
    messages = []
    grown = grown_by(read_in_every_way)
    print(json.dumps([messages, grown]), flush=True)
"""


@cache
def zeros(start: bytes) -> bytes:
    """A bomb behind the start of a gzip or a zlib stream; deflate can repeat a flushed block."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(64 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + block * (EXPANDED // 64) + zlib.compressobj(wbits=-15).flush()


GZIP = b"\x1f\x8b\x08" + bytes(7)
ZLIB = b"\x78\x9c"


def gzip_of(start: bytes) -> bytes:
    return gzip.compress(start) + zeros(GZIP)


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def trap(path: Path) -> np.ndarray:
    array = np.empty((1, 1, 1), object)
    array[0, 0, 0] = Trap(path.parent / "ran")
    return array


def nifti_header(shape) -> bytes:
    header = nib.Nifti1Header()
    header.set_data_shape(shape)
    header["magic"], header["vox_offset"] = b"n+1", 352
    return header.binaryblock + bytes(4)


def nifti_bomb(path):
    path.write_bytes(gzip_of(nifti_header((8, 8, 8))))


def nifti_of_a_huge_shape(path):
    path.write_bytes(gzip.compress(nifti_header((1000, 1000, 1000)) + bytes(1000)))


def nifti_that_nibabel_complains_of(path):
    path.write_bytes(nifti_header((2, 2, 2)).replace(b"n+1", b"n+9") + bytes([1]) * 8)


def nrrd_bomb(path):
    text = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 8 8\nencoding: gzip\n\n"
    path.write_bytes(text.encode() + zeros(GZIP))


def metaimage(path, **changes):
    fields = {"NDims": 3, "DimSize": "8 8 8", "ElementType": "MET_UCHAR"}
    fields |= {**changes, "ElementDataFile": changes.get("ElementDataFile", "LOCAL")}
    path.write_text("".join(f"{key} = {value}\n" for key, value in fields.items()), "ascii")


def metaimage_bomb(path):
    bomb = zeros(ZLIB)
    metaimage(path, CompressedData=True, CompressedDataSize=len(bomb))
    path.write_bytes(path.read_bytes() + bomb)


def tiff_bomb(path):
    tifffile.imwrite(path, np.ones((4, 5, 6), np.uint8), photometric="minisblack", metadata=None)
    bomb, offset = zeros(ZLIB), path.stat().st_size
    path.write_bytes(path.read_bytes() + bomb)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for page in tiff.pages:
            page.tags["Compression"].overwrite(8)
            page.tags["StripOffsets"].overwrite(offset)
            page.tags["StripByteCounts"].overwrite(len(bomb))


def tiff_circle(path):
    # Each page ends with where the next one begins, the last one's with 0.
    tifffile.imwrite(path, np.ones((4, 5, 6), np.uint8), photometric="minisblack", metadata=None)
    with tifffile.TiffFile(path) as tiff:
        first, last = tiff.pages[0].offset, tiff.pages[-1]
        end = last.offset + 2 + 12 * len(last.tags)
    data = bytearray(path.read_bytes())
    assert data[end : end + 4] == bytes(4)
    data[end : end + 4] = first.to_bytes(4, "little")
    path.write_bytes(data)


def npy_header(shape: str, *, version: int = 1, length: int = 0) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = (length or len(text)).to_bytes(2 * version, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text


def npz(path, start: bytes, *, name="labels", blocks=0, method=zipfile.ZIP_DEFLATED, level=1):
    archive = zipfile.ZipFile(path, "w", method, compresslevel=level)
    with archive, archive.open(f"{name}.npy", "w") as member:
        member.write(start)
        for _ in range(blocks):
            member.write(bytes(64 * MIB))


def npz_bomb(path):
    npz(path, npy_header("(8, 8, 8)"), blocks=EXPANDED // 64)


def npz_bomb_in_a_header(path):
    npz(path, npy_header("(8, 8, 8)", version=2, length=2**32 - 1), blocks=EXPANDED // 64)


def npz_packed_without_bound(path):
    start = npy_header("(1000, 1000, 1000)")
    npz(path, start, blocks=1, method=zipfile.ZIP_BZIP2, level=9)


def npz_out_of_its_folder(path):
    npz(path, npy_header("(1, 1, 1)") + b"\1", name="../../escaped")


def npy_of_a_huge_shape(path):
    path.write_bytes(npy_header("(1000, 1000, 1000)") + bytes(1000))


def npy_pickle(path):
    np.save(path, trap(path), allow_pickle=True)


def npz_pickle(path):
    np.savez(path, labels=trap(path))


def hdf5_chunk(path, packed, side=256, **packing):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("labels", (side,) * 3, "u1", chunks=(side,) * 3, **packing)
        data.id.write_direct_chunk((0, 0, 0), packed)


def hdf5_bomb(path):
    hdf5_chunk(path, zeros(ZLIB), side=64, compression="gzip")


def hdf5_chunk_of_a_few_bytes(path):
    hdf5_chunk(path, zlib.compress(b"few"), compression="gzip")


def hdf5_chunk_without_room_for_its_checksum(path):
    hdf5_chunk(path, b"abc", fletcher32=True)


def hdf5_of_a_huge_shape(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("labels", (2000, 1000, 1000), "u1", chunks=(100, 100, 100))


def zarr_chunk(path, codec, packed, **changes):
    shape = (64, 64, 64)
    array = {"shape": shape, "chunks": shape, "dtype": "u1", "zarr_format": 2, "fill_value": 0}
    zarr.create_array(path, compressors=codec, **array)
    (path / "0.0.0").write_bytes(packed)
    metadata = json.loads((path / ".zarray").read_text("utf-8"))
    (path / ".zarray").write_text(json.dumps(metadata | changes), "utf-8")


def zarr_gzip_bomb(path):
    zarr_chunk(path, numcodecs.GZip(), zeros(GZIP))


def zarr_gzip_bomb_in_a_second_member(path):
    zarr_chunk(path, numcodecs.GZip(), gzip.compress(bytes([1]) * 64**3) + zeros(GZIP))


def zarr_zlib_bomb(path):
    zarr_chunk(path, numcodecs.Zlib(), zeros(ZLIB))


def zarr_zstd_bomb(path):
    # A frame that does not say how long it is, of blocks that each repeat a byte 2**17 times.
    start, repeat = b"\x28\xb5\x2f\xfd\x00\x58", 1 << 17
    block = (repeat << 3 | 1 << 1).to_bytes(3, "little") + b"\1"
    last = (repeat << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\1"
    packed = start + block * (EXPANDED * MIB // repeat - 1) + last
    zarr_chunk(path, numcodecs.Zstd(), packed)


def zarr_blosc_that_is_cut(path):
    packed = numcodecs.Blosc("lz4").encode(np.arange(64**3, dtype=np.uint8))
    zarr_chunk(path, numcodecs.Blosc(), packed[:100])


def zarr_blosc_of_a_huge_length(path):
    packed = bytearray(numcodecs.Blosc("lz4").encode(bytes(64**3)))
    packed[4:8] = (2**31 - 64).to_bytes(4, "little")
    zarr_chunk(path, numcodecs.Blosc(), bytes(packed))


def zarr_lz4_of_a_huge_length(path):
    packed = (2**31 - 64).to_bytes(4, "little") + b"abc"
    zarr_chunk(path, numcodecs.LZ4(), packed)


def zarr_pickle(path):
    pickled = pickle.dumps(trap(path))
    zarr_chunk(path, None, pickled, dtype="|O", filters=[{"id": "pickle"}])


def zarr_of_a_huge_shape(path):
    zarr_chunk(path, None, b"", shape=[4096] * 3)


FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "bomb.nii.gz": (nifti_bomb, "every voxel is 0"),
    "huge.nii.gz": (nifti_of_a_huge_shape, "is incomplete"),
    "magic.nii": (nifti_that_nibabel_complains_of, ""),
    "bomb.nrrd": (nrrd_bomb, "every voxel is 0"),
    "escape.nhdr": (
        lambda path: path.write_text(
            "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n"
            "data file: ../secret.raw\n",
            "ascii",
        ),
        "outside of its folder",
    ),
    "bomb.mha": (metaimage_bomb, "damaged"),
    "escape.mhd": (
        lambda path: metaimage(path, DimSize="2 2 2", ElementDataFile="../secret.raw"),
        "outside of its folder",
    ),
    "bomb.tif": (tiff_bomb, "damaged"),
    "circle.tif": (tiff_circle, "lead round in a circle"),
    "bomb.npz": (npz_bomb, "every voxel is 0"),
    "header.npz": (npz_bomb_in_a_header, "damaged"),
    "bzip2.npz": (npz_packed_without_bound, "numpy.savez_compressed"),
    "escape.npz": (npz_out_of_its_folder, ""),
    "pickle.npz": (npz_pickle, "holds Python objects"),
    "pickle.npy": (npy_pickle, "holds Python objects"),
    "huge.npy": (npy_of_a_huge_shape, "is incomplete"),
    "bomb.h5": (hdf5_bomb, "damaged"),
    "few.h5": (hdf5_chunk_of_a_few_bytes, "damaged"),
    "checksum.h5": (hdf5_chunk_without_room_for_its_checksum, "damaged"),
    "huge.h5": (hdf5_of_a_huge_shape, "is incomplete"),
    "gzip.zarr": (zarr_gzip_bomb, "damaged"),
    "second.zarr": (zarr_gzip_bomb_in_a_second_member, "damaged"),
    "zlib.zarr": (zarr_zlib_bomb, "damaged"),
    "zstd.zarr": (zarr_zstd_bomb, "damaged"),
    "cut.zarr": (zarr_blosc_that_is_cut, "damaged"),
    "blosc.zarr": (zarr_blosc_of_a_huge_length, "damaged"),
    "lz4.zarr": (zarr_lz4_of_a_huge_length, "damaged"),
    "pickle.zarr": (zarr_pickle, ""),
    "huge.zarr": (zarr_of_a_huge_shape, "more than the 134,217,728"),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict[str, list | int]:
    """What was said of each file, and by how many MiB the process grew; MiB of the control."""
    folder = tmp_path_factory.mktemp("hostile") / "named"
    folder.mkdir()
    (folder.parent / "secret.raw").write_bytes(bytes(range(8)))
    for name, (write, _) in FILES.items():
        write(folder / name)
    paths = [str(folder / name) for name in FILES]
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", READ, *paths],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert not list(folder.rglob("ran"))
    assert not list(folder.parents[1].glob("escaped*"))
    control, *lines = done.stdout.splitlines()
    return {CONTROL: int(control), **dict(zip(FILES, map(json.loads, lines), strict=True))}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused(answers, name):
    messages, _ = answers[name]
    wanted = FILES[name][1]
    assert all(name in message and "\n" not in message for message in messages)
    assert any(wanted in message for message in messages) or not wanted
    assert "\0\1\2" not in str(messages)


@pytest.mark.alone
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_takes_little_memory(answers, name):
    _, grown = answers[name]
    assert grown < MOST


@pytest.mark.alone
def test_what_is_taken_is_seen(answers):
    assert 490 < answers[CONTROL] < 600


def test_the_traps_and_the_bombs_work(tmp_path):
    npy_pickle(tmp_path / "t.npy")
    np.load(tmp_path / "t.npy", allow_pickle=True)
    assert (tmp_path / "ran").exists()
    stream = zlib.decompressobj(wbits=31)
    rest, total = zeros(GZIP), 0
    while rest:
        total += len(stream.decompress(rest, 16 * MIB))
        rest = stream.unconsumed_tail
    assert total == EXPANDED * MIB
