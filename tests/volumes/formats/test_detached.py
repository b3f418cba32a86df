"""Voxels in other files than their header: skipped bytes and lines, and sets of files.

What a header says is read as ITK reads it, whose formats these are.
"""

import bz2
import gzip

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from lossexplorer.volumes import VolumeError, read_labels
from lossexplorer.volumes.reading import read_raw

NRRD = """NRRD0005
type: unsigned char
dimension: 3
sizes: 24 20 8
"""
META = """ObjectType = Image
NDims = 3
DimSize = 24 20 8
ElementType = MET_UCHAR
ElementSpacing = 1 1 1
"""


@pytest.fixture
def labels() -> np.ndarray:
    """(8, 20, 24) with 256 voxels of id 1 and 240 of id 2, as counted by hand from the boxes."""
    array = np.zeros((8, 20, 24), np.uint8)
    array[2:6, 4:12, 4:12] = 1
    array[1:5, 6:16, 14:20] = 2
    return array


def header(path, text, *entries, following=""):
    path.write_text("\n".join([text.strip(), *entries]) + f"\n{following}\n", encoding="utf-8")
    return path


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_raw(path)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_an_nrrd_header_over_a_nifti_file_takes_the_last_bytes(tmp_path, labels, suffix):
    image = nib.Nifti1Image(labels.T, np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"some more bytes"))
    nib.save(image, tmp_path / f"v{suffix}")
    encoding = "gzip" if suffix.endswith("gz") else "raw"
    path = header(
        tmp_path / "v.nhdr", NRRD, f"encoding: {encoding}", "byte skip: -1", f"data file: v{suffix}"
    )
    volume = read_labels(path)
    assert [(c.id, c.voxels) for c in volume.classes] == [(0, 3344), (1, 256), (2, 240)]
    np.testing.assert_array_equal(read_raw(path).array, labels)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2"])
@pytest.mark.parametrize("lines", [0, 2])
@pytest.mark.parametrize("skip", [0, 7, -1])
@pytest.mark.parametrize("spelling", ["{} skip", "{}skip"])
def test_lines_are_skipped_before_unpacking_and_bytes_after(
    tmp_path, labels, encoding, lines, skip, spelling
):
    pack = {"raw": bytes, "gzip": gzip.compress, "bzip2": bz2.compress}[encoding]
    before = b"" if skip == 0 else b"\0\1\2\3\4\5\6"
    data = b"a line\n" * lines + pack(before + labels.tobytes())
    (tmp_path / "v.raw").write_bytes(data)
    path = header(
        tmp_path / "v.nhdr",
        NRRD,
        f"encoding: {encoding}",
        f"{spelling.format('line')}: {lines}",
        f"{spelling.format('byte')}: {skip}",
        "data file: v.raw",
    )
    np.testing.assert_array_equal(read_raw(path).array, labels)


def test_values_in_text_behind_lines(tmp_path, labels):
    text = "a line\n" + " ".join(map(str, labels.reshape(-1)))
    (tmp_path / "v.txt").write_text(text, encoding="ascii")
    entries = ("encoding: ascii", "line skip: 1", "data file: v.txt")
    np.testing.assert_array_equal(
        read_raw(header(tmp_path / "v.nhdr", NRRD, *entries)).array, labels
    )
    path = header(tmp_path / "w.nhdr", NRRD, *entries, "byte skip: -1")
    assert "byte skip: -1 of values that are text" in refusal(path)


@pytest.mark.parametrize("skip", ["line skip: -1", "byte skip: -2", "byte skip: 1"])
def test_a_skip_that_cannot_be_is_refused(tmp_path, labels, skip):
    (tmp_path / "v.raw").write_bytes(labels.tobytes())
    path = header(tmp_path / "v.nhdr", NRRD, "encoding: raw", skip, "data file: v.raw")
    assert "v.nhdr" in refusal(path)


def test_too_much_before_the_last_bytes_is_refused(tmp_path, labels):
    (tmp_path / "v.gz").write_bytes(gzip.compress(bytes(1 << 21) + labels.tobytes()))
    path = header(tmp_path / "v.nhdr", NRRD, "encoding: gzip", "byte skip: -1", "data file: v.gz")
    assert "more than 1,048,576 bytes stand before its values" in refusal(path)


def test_a_data_file_that_is_compressed_and_is_said_to_be_raw(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (8, 20, 24), np.uint8)
    (tmp_path / "v.raw.gz").write_bytes(gzip.compress(bytes(99) + noise.tobytes()))
    path = header(
        tmp_path / "v.nhdr", NRRD, "encoding: raw", "byte skip: -1", "data file: v.raw.gz"
    )
    assert "says that its data file is raw, and it is compressed" in refusal(path)


SETS = {
    "LIST": [f"slice{n:02}.raw" for n in range(1, 9)],
    "LIST 2": [f"slice{n:02}.raw" for n in range(1, 9)],
    "slice%02d.raw 1 8 1": [],
    "slice%02d.raw 8 1 -1": [],
}


@pytest.mark.parametrize("where", SETS)
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_an_nrrd_set_of_files(tmp_path, labels, where, encoding):
    order = slice(None, None, -1) if where.endswith("-1") else slice(None)
    for number, plane in enumerate(labels[order], start=1):
        data = b"HEAD" + plane.tobytes()
        packed = gzip.compress(data) if encoding == "gzip" else data
        (tmp_path / f"slice{number:02}.raw").write_bytes(packed)
    names = "\n".join(SETS[where])
    entries = (f"encoding: {encoding}", "byte skip: 4", f"data file: {where}")
    path = header(tmp_path / "set.nhdr", NRRD, *entries, following=names)
    read = read_raw(path).array
    np.testing.assert_array_equal(read, labels)
    if encoding == "raw":
        itk = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
        np.testing.assert_array_equal(read, itk)


@pytest.mark.parametrize("where", ["LIST", "LIST 2", "slice%02d.raw 1 8 1"])
def test_a_metaimage_set_of_files(tmp_path, labels, where):
    for number, plane in enumerate(labels, start=1):
        (tmp_path / f"slice{number:02}.raw").write_bytes(plane.tobytes())
    entry = f"ElementDataFile = {where}"
    path = header(tmp_path / "set.mhd", META, entry, following="\n".join(SETS[where]))
    read = read_raw(path).array
    np.testing.assert_array_equal(read, labels)
    itk = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    np.testing.assert_array_equal(read, itk)


@pytest.mark.parametrize("kind", ["nhdr", "mhd"])
@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("LIST", "names no file"),
        ("v%02d.raw 5 1 1", "names no file"),
        ("v%02d.raw 1 8 0", "names no file"),
        ("v%02d.raw 1 99999999 1", "names no file or more than 65,536"),
        ("v%02d.raw 1 2 1", "'v01.raw', and there is no such file"),
        ("../v%02d.raw 1 2 1", "outside of its folder"),
    ],
)
def test_a_set_that_cannot_be_is_refused(tmp_path, kind, where, message):
    text, key = (NRRD, "data file:") if kind == "nhdr" else (META, "ElementDataFile =")
    more = ["encoding: raw"] if kind == "nhdr" else []
    assert message in refusal(header(tmp_path / f"v.{kind}", text, *more, f"{key} {where}"))


@pytest.mark.parametrize("kind", ["nhdr", "mhd"])
def test_a_set_that_does_not_divide_the_volume_is_refused(tmp_path, kind):
    for number in (1, 2, 3):
        (tmp_path / f"v{number}.raw").write_bytes(bytes(1000))
    text, key = (NRRD, "data file:") if kind == "nhdr" else (META, "ElementDataFile =")
    sizes = text.replace("24 20 8", "2 2 5")
    more = ["encoding: raw"] if kind == "nhdr" else []
    path = header(tmp_path / f"v.{kind}", sizes, *more, f"{key} v%d.raw 1 3 1")
    assert "over 3 files, which cannot hold as many each" in refusal(path)


def test_metaimage_of_compressed_voxels_somewhere_in_a_file(tmp_path):
    (tmp_path / "v.zraw").write_bytes(b"HEAD")
    path = header(
        tmp_path / "v.mhd",
        META,
        "CompressedData = True",
        "HeaderSize = -1",
        "ElementDataFile = v.zraw",
    )
    assert "HeaderSize = -1 of compressed voxels" in refusal(path)
