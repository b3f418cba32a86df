"""OME-TIFF, channels and compressions."""

import re

import numpy as np
import pytest
import tifffile

from lossexplorer.volumes import VolumeError, parts_of, read_labels
from lossexplorer.volumes.reading import read_raw

SIZES = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.75, "PhysicalSizeZ": 2.5}


def write_ome(path, array, axes="ZYX", **metadata):
    metadata = {"axes": axes, **metadata}
    tifffile.imwrite(path, array, ome=True, photometric="minisblack", metadata=metadata)
    return path


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_raw(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("units", "scale"),
    [({}, 1e-3), ({"X": "nm", "Y": "nm", "Z": "nm"}, 1e-6), (dict.fromkeys("XYZ", "mm"), 1.0)],
)
def test_spacing_and_its_units(tmp_path, ids, units, scale):
    units = {f"PhysicalSize{axis}Unit": unit for axis, unit in units.items()}
    volume = read_labels(write_ome(tmp_path / "v.ome.tif", ids, **SIZES, **units))
    assert volume.spacing == pytest.approx((2.5 * scale, 0.75 * scale, 0.5 * scale))
    assert volume.spacing_known
    np.testing.assert_array_equal(np.array([0, 2, 7, 200])[volume.labels], ids)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.75},
        {**SIZES, "PhysicalSizeZUnit": "pixel"},
        {**SIZES, "PhysicalSizeZUnit": "reference frame"},
    ],
)
def test_spacing_that_is_not_there(tmp_path, ids, metadata):
    assert read_raw(write_ome(tmp_path / "v.ome.tif", ids, **metadata)).spacing is None


@pytest.mark.parametrize("axes", ["TCZYX", "TZCYX", "CZYX", "TZYX"])
def test_axes_of_length_1(tmp_path, ids, axes):
    shape = tuple(ids.shape["ZYX".index(axis)] if axis in "ZYX" else 1 for axis in axes)
    path = write_ome(tmp_path / "v.ome.tif", ids.reshape(shape), axes, **SIZES)
    assert read_labels(path).shape == (3, 4, 5)
    assert parts_of(path) == ()


@pytest.mark.parametrize("axes", ["CZYX", "ZCYX", "TCZYX"])
def test_channels_are_parts(tmp_path, ids, axes):
    both = np.stack([np.arange(60).reshape(3, 4, 5), ids], axis=1 if axes == "ZCYX" else 0)
    both = both.astype(np.uint8)[None] if "T" in axes else both.astype(np.uint8)
    names = {"Channel": {"Name": ["image", "cells"]}}
    path = write_ome(tmp_path / "v.ome.tif", both, axes, **SIZES, **names)
    assert [(part.name, part.shape, part.dtype) for part in parts_of(path)] == [
        ("image", (3, 4, 5), "uint8"),
        ("cells", (3, 4, 5), "uint8"),
    ]
    for part in ("cells", "1"):
        raw = read_raw(f"{path}::{part}")
        np.testing.assert_array_equal(raw.array, ids)
        assert raw.spacing == pytest.approx((2.5e-3, 0.75e-3, 0.5e-3))
    message = refusal(path)
    assert "v.ome.tif holds several arrays: image (3 × 4 × 5, uint8), cells (3 × 4 ×" in message
    assert "e.g. v.ome.tif::image." in message
    assert "holds no '2'; it holds image" in refusal(f"{path}::2")


def test_channels_without_names_are_numbered(tmp_path, ids):
    path = tmp_path / "hyper.tif"
    both = np.stack([ids, ids[::-1]], axis=1)
    tifffile.imwrite(path, both, imagej=True, metadata={"axes": "ZCYX"})
    assert [part.name for part in parts_of(path)] == ["0", "1"]
    np.testing.assert_array_equal(read_raw(f"{path}::1").array, ids[::-1])


def test_a_stack_whose_slices_were_saved_as_channels(tmp_path, ids):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, ids, imagej=True)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.series[0].axes == "CYX"
    np.testing.assert_array_equal(read_raw(path).array, ids)
    assert parts_of(path) == ()


def test_an_ome_tiff_that_lacks_planes_is_an_error(tmp_path, ids):
    path = write_ome(tmp_path / "v.ome.tif", ids)
    text = path.read_bytes()
    # As many bytes as before, so that the offsets in the file stay right.
    path.write_bytes(text.replace(b'SizeZ="3"', b'SizeZ="4"').replace(b'Count="3"', b'Count="4"'))
    assert "v.ome.tif" in refusal(path)


def replace_planes(path, planes):
    """Write another list of planes, in which ``OWN`` stands for the UUID of the file."""
    with tifffile.TiffFile(path) as tiff:
        text = tiff.ome_metadata
    own = re.search(r'UUID="(urn:uuid:[^"]+)"', text)[1]
    text, count = re.subn("<TiffData.*(?=</Pixels>)", planes.replace("OWN", own), text)
    assert count == 1
    tifffile.tiffcomment(path, text.encode())


def test_other_files_of_a_set_are_not_opened(tmp_path, ids, monkeypatch):
    folder = tmp_path / "set"
    folder.mkdir()
    path = write_ome(folder / "a.ome.tif", ids)
    write_ome(tmp_path / "other.ome.tif", ids)
    replace_planes(
        path,
        '<TiffData FirstZ="0" IFD="0" PlaneCount="1"><UUID FileName="a.ome.tif">OWN</UUID>'
        '</TiffData><TiffData FirstZ="1" IFD="0" PlaneCount="1">'
        '<UUID FileName="../other.ome.tif">urn:uuid:1</UUID></TiffData>',
    )
    opened = []
    init = tifffile.TiffFile.__init__
    monkeypatch.setattr(
        tifffile.TiffFile,
        "__init__",
        lambda self, file, *a, **k: (opened.append(str(file)), init(self, file, *a, **k))[1],
    )
    assert "a.ome.tif is one file of a set" in refusal(path)
    assert opened == [str(path)]


def test_a_description_in_another_file(tmp_path, ids):
    path = write_ome(tmp_path / "part.ome.tif", ids)
    text = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">'
        '<BinaryOnly MetadataFile="set.companion.ome" UUID="urn:uuid:1"/></OME>'
    )
    tifffile.tiffcomment(path, text.encode())
    assert "part.ome.tif is one file of a set" in refusal(path)


def test_a_renamed_file_keeps_its_planes(tmp_path, ids):
    path = write_ome(tmp_path / "before.ome.tif", ids)
    replace_planes(
        path,
        '<TiffData IFD="0" PlaneCount="3"><UUID FileName="before.ome.tif">OWN</UUID></TiffData>',
    )
    after = path.rename(tmp_path / "after.ome.tif")
    np.testing.assert_array_equal(read_raw(after).array, ids)


@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "lzma", "packbits"])
@pytest.mark.parametrize("dtype", ["u1", "i2", ">u4", "f4", "?"])
@pytest.mark.parametrize("layout", [{}, {"tile": (16, 16)}, {"rowsperstrip": 7}])
def test_lossless_compressions(tmp_path, compression, dtype, layout):
    array = np.random.default_rng(3).integers(0, 100, (3, 20, 30)).astype(dtype)
    path = tmp_path / "pressed.tif"
    order = ">" if dtype.startswith(">") else "<"
    more = {"photometric": "minisblack", "byteorder": order, **layout}
    tifffile.imwrite(path, array, compression=compression, **more)
    found = read_raw(path).array
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype.newbyteorder("=")


def test_lzw_with_a_predictor(tmp_path):
    array = np.random.default_rng(4).integers(0, 60_000, (3, 20, 30)).astype(np.uint16)
    path = tmp_path / "predicted.tif"
    more = {"photometric": "minisblack", "predictor": True}
    tifffile.imwrite(path, array, compression="lzw", **more)
    np.testing.assert_array_equal(read_raw(path).array, array)


def test_damaged_lzw_does_not_end_the_process(tmp_path):
    # These bytes make the decoder that tifffile uses write past its memory.
    data = bytes.fromhex("6b2050382416 0d070a4261505808")
    path = tmp_path / "bytes.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(
            iter([data] * 3),
            shape=(3, 6, 10),
            dtype=np.uint8,
            compression="lzw",
            photometric="minisblack",
        )
    assert "bytes.tif" in refusal(path)


def test_lzw_that_claims_more_than_the_file_has(tmp_path, ids):
    path = tmp_path / "claims.tif"
    more = {"photometric": "minisblack", "metadata": None}
    tifffile.imwrite(path, ids, compression="lzw", **more)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for page in tiff.pages:
            page.tags["StripByteCounts"].overwrite(2**31)
    assert "claims.tif is damaged: a slice claims more data than the file has" in refusal(path)


@pytest.mark.parametrize(
    ("compression", "bound"), [("lzw", 3412), ("lzma", 7100), ("zstd", 32768), ("packbits", 64)]
)
def test_nothing_expands_further_than_is_allowed(tmp_path, compression, bound):
    array = np.zeros((1, 4096, 4096), np.uint8)
    path = tmp_path / "zeros.tif"
    more = {"photometric": "minisblack", "metadata": None, "rowsperstrip": 4096}
    tifffile.imwrite(path, array, compression=compression, **more)
    assert array.nbytes / path.stat().st_size < bound
    assert not read_raw(path).array.any()


def test_lossy_compression(tmp_path, ids):
    path = tmp_path / "lossy.tif"
    tifffile.imwrite(path, ids, compression="jpeg", photometric="minisblack")
    assert "lossy.tif is compressed with JPEG, which changes the values" in refusal(path)


@pytest.mark.parametrize("compression", ["zlib", "lzw", "zstd", "lzma"])
def test_absurd_sizes(tmp_path, compression):
    path = tmp_path / "huge.tif"
    tifffile.imwrite(path, np.zeros((5, 8, 8), np.uint8), compression=compression)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for page in tiff.pages:
            page.tags["ImageLength"].overwrite(60_000)
            page.tags["ImageWidth"].overwrite(60_000)
    assert "huge.tif" in refusal(path)
