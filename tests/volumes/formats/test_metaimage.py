"""MetaImage files as ITK writes them, and damaged ones."""

import gzip

import numpy as np
import pytest
import SimpleITK

from lossexplorer.volumes import VolumeError, read_labels
from lossexplorer.volumes.reading import read_raw

HEADER = """ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
CompressedData = False
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = 0 0 0
ElementSpacing = 0.5 0.75 2.5
DimSize = 4 3 2
ElementType = MET_UCHAR
ElementDataFile = LOCAL
"""
VALUES = bytes(range(24))


def write(path, values=VALUES, **fields):
    lines = [line.partition(" = ") for line in HEADER.splitlines()]
    header = {key: value for key, _, value in lines}
    where = fields.pop("ElementDataFile", header.pop("ElementDataFile"))
    text = "".join(
        f"{k} = {v}\n" for k, v in {**header, **fields, "ElementDataFile": where}.items() if v
    )
    path.write_bytes(text.encode() + values)
    return path


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_raw(path)
    return str(caught.value)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("name", ["v.mha", "v.mhd"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_types(tmp_path, name, dtype, compressed):
    array = np.arange(60).reshape(3, 4, 5).astype(dtype)
    image = SimpleITK.GetImageFromArray(array)
    SimpleITK.WriteImage(image, str(tmp_path / name), useCompression=compressed)
    found = read_raw(tmp_path / name).array
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype


def test_oblique_axes(tmp_path, ids):
    # A turn by 30 degrees around z after one by 90 degrees around x.
    c, s = np.cos(np.pi / 6), 0.5
    turn = np.array([[c, 0, s], [s, 0, -c], [0, 1, 0]])
    image = SimpleITK.GetImageFromArray(ids)
    image.SetSpacing((0.5, 0.75, 2.5))
    image.SetOrigin((10.0, -20.0, 30.0))
    image.SetDirection(turn.ravel().tolist())
    SimpleITK.WriteImage(image, str(tmp_path / "oblique.mha"))
    raw = read_raw(tmp_path / "oblique.mha")
    assert raw.spacing == (2.5, 0.75, 0.5)
    for index in ((0, 0, 0), (4, 0, 0), (0, 3, 0), (1, 2, 2)):
        left, posterior, superior = image.TransformIndexToPhysicalPoint(index)
        place = raw.affine @ [*index, 1]
        np.testing.assert_allclose(place[:3], [-left, -posterior, superior], atol=1e-6)
    assert raw.orientation == "LSA"


def test_fields_that_other_programs_write(tmp_path):
    path = write(
        tmp_path / "f.mha",
        np.arange(24, dtype=">i2").tobytes(),
        ElementType="MET_SHORT",
        BinaryDataByteOrderMSB="",
        ElementByteOrderMSB="True",
        ElementSpacing="",
        ElementSize="500 750 2500",
        TransformMatrix="",
        Orientation="-1 0 0 0 1 0 0 0 1",
        Offset="",
        Position="10 20 30",
        DistanceUnits="um",
    )
    raw = read_raw(path)
    np.testing.assert_array_equal(raw.array.ravel(), np.arange(24))
    assert raw.spacing == (2.5, 0.75, 0.5)
    assert raw.orientation == "RPS"
    np.testing.assert_allclose(raw.affine[:3, 3], [-0.01, -0.02, 0.03])


def test_a_header_without_place(tmp_path):
    raw = read_raw(write(tmp_path / "bare.mha", TransformMatrix="", Offset="", ElementSpacing=""))
    assert (raw.spacing, raw.affine) == (None, None)


def test_four_axes(tmp_path):
    array = np.arange(120, dtype=np.uint8).reshape(2, 3, 4, 5)
    image = SimpleITK.GetImageFromArray(array, isVector=False)
    image.SetSpacing((0.5, 0.75, 2.5, 9.0))
    SimpleITK.WriteImage(image, str(tmp_path / "four.mha"))
    raw = read_raw(tmp_path / "four.mha")
    np.testing.assert_array_equal(raw.array, array)
    assert (raw.spacing, raw.orientation) == ((2.5, 0.75, 0.5), "LPS")


def test_skipped_bytes_before_the_values(tmp_path):
    (tmp_path / "v.raw").write_bytes(b"HEAD" + VALUES)
    for skip in (4, -1):
        path = write(tmp_path / "v.mhd", b"", HeaderSize=skip, ElementDataFile="v.raw")
        assert read_raw(path).array.tobytes() == VALUES


def test_gzip_is_read_as_zlib_is(tmp_path):
    path = write(tmp_path / "z.mha", gzip.compress(VALUES), CompressedData=True)
    assert read_raw(path).array.tobytes() == VALUES


def test_colours_and_vectors(tmp_path):
    image = SimpleITK.GetImageFromArray(np.zeros((2, 3, 4, 3), np.int16), isVector=True)
    SimpleITK.WriteImage(image, str(tmp_path / "rgb.mha"))
    assert "rgb.mha holds vectors, or colours that are not" in refusal(tmp_path / "rgb.mha")
    path = write(tmp_path / "array.mha", ElementType="MET_FLOAT_ARRAY")
    assert "array.mha holds vectors, or colours" in refusal(path)


@pytest.mark.parametrize("suffix", ["mhd", "nhdr"])
@pytest.mark.parametrize(
    "name", ["../v.raw", "a/../../v.raw", "/etc/hostname", r"..\v.raw", r"C:\v.raw", "C:v.raw"]
)
def test_a_data_file_outside_of_the_folder_is_not_opened(tmp_path, suffix, name):
    folder = tmp_path / "case"
    (folder / "a").mkdir(parents=True)
    (tmp_path / "v.raw").write_bytes(VALUES)
    path = folder / f"v.{suffix}"
    if suffix == "mhd":
        write(path, b"", ElementDataFile=name)
    else:
        path.write_text(
            "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4 3 2\nencoding: raw\n"
            f"data file: {name}\n\n",
            encoding="ascii",
        )
    message = refusal(path)
    assert f"v.{suffix} says that its voxels lie in {name!r}, outside of its folder" in message
    assert "Put that file beside the header" in message


def test_a_data_file_in_a_folder_below_or_missing(tmp_path):
    path = write(tmp_path / "v.mhd", b"", ElementDataFile="data/v.raw")
    assert "lie in 'data/v.raw', and there is no such file" in refusal(path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "v.raw").write_bytes(VALUES)
    assert read_raw(path).array.tobytes() == VALUES


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kept", [0.2, 0.7, 0.99])
def test_a_truncated_data_file_is_an_error(tmp_path, ids, kept, compressed):
    array = np.random.default_rng(1).integers(0, 9, (11, 13, 17)).astype(np.uint8)
    path = tmp_path / "t.mhd"
    image = SimpleITK.GetImageFromArray(array)
    SimpleITK.WriteImage(image, str(path), useCompression=compressed)
    values = path.with_suffix(".zraw" if compressed else ".raw")
    values.write_bytes(values.read_bytes()[: int(values.stat().st_size * kept)])
    assert "t.mhd" in refusal(path)


@pytest.mark.parametrize("missing", [1, 4])
def test_compressed_values_whose_checksum_is_cut_off_are_an_error(tmp_path, missing):
    """All voxels are there; zlib's checksum of four bytes, which comes last, is not."""
    path = tmp_path / "cut.mha"
    image = SimpleITK.GetImageFromArray(np.arange(60, dtype=np.uint8).reshape(3, 4, 5))
    SimpleITK.WriteImage(image, str(path), useCompression=True)
    path.write_bytes(path.read_bytes()[:-missing])
    assert "cut.mha is damaged or incomplete" in refusal(path)


def test_a_flipped_byte_in_compressed_values_is_noticed(tmp_path):
    array = np.random.default_rng(2).integers(0, 9, (11, 13, 17)).astype(np.uint8)
    path = tmp_path / "flipped.mha"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path), useCompression=True)
    data = bytearray(path.read_bytes())
    data[-300] ^= 16
    path.write_bytes(data)
    assert "flipped.mha" in refusal(path)


def test_a_bomb_is_inflated_no_further_than_declared(tmp_path):
    path = write(tmp_path / "bomb.mha", gzip.compress(bytes(1 << 26)), CompressedData=True)
    assert "its compressed voxels are not as many as it declares" in refusal(path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"DimSize": "4096 4096 4096"}, "declares 4096 × 4096 × 4096"),
        ({"DimSize": "4 3 500"}, "is incomplete: it declares 500 × 3 × 4 voxels"),
        ({"DimSize": "4 3 0"}, "declares the size 0 × 3 × 4, which holds no voxel"),
        ({"DimSize": "4 3 x"}, "cannot be read as MetaImage"),
        ({"DimSize": ""}, "is not a MetaImage file, despite its name, or its header is damaged"),
        ({"ElementType": "MET_STRING"}, "holds values of type 'MET_STRING'"),
        ({"BinaryData": "False"}, "holds its values as text"),
        ({"HeaderSize": "500"}, "is incomplete"),
        ({"TransformMatrix": "1 0 0 0 1 0 0 0 1 0"}, "cannot be read as MetaImage"),
    ],
)
def test_damaged_headers(tmp_path, fields, message):
    assert f"bad.mha {message}" in refusal(write(tmp_path / "bad.mha", **fields))


def test_two_axes(tmp_path):
    path = write(tmp_path / "flat.mha", DimSize="4 3", TransformMatrix="1 0 0 1")
    volume = read_labels(path)
    assert volume.shape == (1, 3, 4)
    beyond, is_2d = volume.notes
    assert beyond.startswith("flat.mha declares fewer voxels than its data hold")
    assert is_2d == "flat.mha is 2D (3 × 4) and is a volume of one slice."


def test_the_number_of_axes_is_never_trusted(tmp_path):
    # ITK's own reader corrupts its memory on this file.
    assert read_raw(write(tmp_path / "axes.mha", NDims=300)).array.shape == (2, 3, 4)
