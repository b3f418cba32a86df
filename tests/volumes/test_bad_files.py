"""Whatever is wrong with a file is one plain sentence that names it and what would be right."""

import gzip
import re
import zipfile
from dataclasses import replace

import nibabel as nib
import nrrd
import numpy as np
import pytest
import tifffile

from lossexplorer.volumes import MAX_VOXELS, READABLE_SUFFIXES, VolumeError, read_labels
from lossexplorer.volumes.formats import detection


def refusal(path, **more) -> str:
    with pytest.raises(VolumeError) as caught:
        read_labels(path, **more)
    message = str(caught.value)
    assert "\n" not in message
    assert re.search(r"[.)]$", message)
    return message


def test_missing_file(tmp_path):
    message = refusal(tmp_path / "absent.nii.gz")
    assert "absent.nii.gz does not exist" in message
    assert "Check the name" in message


def test_folder(tmp_path):
    folder = tmp_path / "case.nii"
    folder.mkdir()
    assert refusal(folder) == "case.nii is a folder; choose a file in it."


def test_name_that_no_file_can_have():
    assert "cannot be opened" in refusal("a\0b.nii")


@pytest.mark.parametrize("name", ["scan.xyz", "labels"])
def test_unsupported_suffix(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    message = refusal(tmp_path / name)
    assert name in message
    assert all(suffix in message for suffix in READABLE_SUFFIXES)


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
def test_empty_file(tmp_path, suffix):
    path = tmp_path / f"nothing{suffix}"
    path.write_bytes(b"")
    assert refusal(path) == f"nothing{suffix} is empty (0 bytes). Copy or save it again."


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
@pytest.mark.parametrize("content", [b"hello", b"This is not a volume. " * 100, bytes(1000)])
def test_wrong_content(tmp_path, suffix, content):
    path = tmp_path / f"text{suffix}"
    path.write_bytes(content)
    message = refusal(path)
    assert f"text{suffix} is not a" in message
    assert "despite its name" in message


@pytest.mark.parametrize(
    ("right", "wrong", "kind"),
    [
        (".nrrd", ".nii", "NRRD"),
        (".tif", ".npy", "TIFF"),
        (".npy", ".nii.gz", "NumPy"),
        (".npz", ".npy", "NumPy archive"),
    ],
)
def test_content_of_another_kind_names_the_right_suffix(save, ids, right, wrong, kind):
    path = save(f"volume{right}", ids)
    path = path.rename(path.with_name(f"misnamed{wrong}"))
    message = refusal(path)
    assert f"misnamed{wrong} is not a" in message
    assert f"it is a {kind} file; name it {right}" in message


def test_gzip_of_something_else(tmp_path):
    path = tmp_path / "text.nii.gz"
    path.write_bytes(gzip.compress(b"This is not a volume. " * 100))
    assert "text.nii.gz is not a NIfTI file" in refusal(path)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9, 0.99])
def test_truncated(save, kept):
    array = np.random.default_rng(1).integers(0, 9, (11, 13, 17)).astype(np.uint8)
    for name in ("t.nii", "t.nii.gz", "t.nrrd", "t.tiff", "t.npy", "t.npz"):
        path = save(name, array)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * kept)])
        message = refusal(path)
        assert name in message
        assert re.search(r"damaged|incomplete", message)
        assert re.search(r"Copy|save it again", message)


def test_truncated_stack_of_pages_does_not_open_with_fewer_slices(tmp_path):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        for plane in np.ones((6, 20, 20), np.uint8):
            writer.write(plane, contiguous=False, metadata=None)
    data = path.read_bytes()
    for kept in (0.5, 0.7, 0.95):
        path.write_bytes(data[: int(len(data) * kept)])
        assert "pages.tif" in refusal(path)


def test_a_flipped_byte_in_gzip_data_is_noticed(save):
    array = np.random.default_rng(2).integers(0, 9, (11, 13, 17)).astype(np.uint8)
    for name in ("f.nii.gz", "f.nrrd", "f.npz"):
        path = save(name, array)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0x10
        path.write_bytes(data)
        assert name in refusal(path)


def test_4d(save):
    assert refusal(save("time.npy", np.ones((2, 3, 4, 5), int))) == (
        "time.npy is 4D (2 × 3 × 4 × 5); a volume with one number per voxel is needed. Save one of "
        "its points in time or one of its channels; probabilities of classes are opened as a "
        "prediction."
    )


def test_fractions(save):
    array = np.zeros((2, 3, 4))
    array[1, 0, 0] = 0.25
    message = refusal(save("map.npy", array))
    assert "map.npy holds the value 0.25" in message
    assert "looks like a probability map, with values from 0 to 0.25. Choose the label" in message
    message = refusal(save("map.npy", 10 * array - 3))
    assert "map.npy holds the value -0.5" in message
    assert "looks like an intensity image, with values from -3 to -0.5. Choose the" in message


def test_nan_and_infinity_and_giants(save):
    array = np.ones((2, 3, 4), np.float32)
    array[1, 2, 3] = np.nan
    message = refusal(save("nan.npy", array))
    assert "nan.npy holds NaN" in message
    assert "(1, 2, 3)" in message
    for value in (np.inf, -np.inf, 1e30):
        array[1, 2, 3] = value
        assert f"holds the value {value:g}" in refusal(save("big.npy", array))


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
def test_negative_ids(save, dtype):
    array = np.array([[[0, -3, 5, -1024]]], dtype)
    message = refusal(save("ct.npy", array))
    assert "ct.npy holds the negative id -1024" in message
    assert "Renumber" in message


def test_all_zero(save):
    message = refusal(save("blank.nii.gz", np.zeros((2, 3, 4), np.uint8)))
    assert "blank.nii.gz holds no labelled voxel: every voxel is 0" in message


@pytest.mark.parametrize("dtype", [np.complex64, "U3", "M8[s]", [("r", "u1"), ("g", "u1")]])
def test_other_types(tmp_path, dtype):
    np.save(tmp_path / "odd.npy", np.zeros((2, 3, 4), dtype))
    message = refusal(tmp_path / "odd.npy")
    assert "odd.npy holds" in message
    assert "save the labels as" in message


def test_objects_are_never_unpickled(tmp_path):
    array = np.full((2, 2, 2), {"a": 1}, object)
    np.save(tmp_path / "objects.npy", array, allow_pickle=True)
    np.savez(tmp_path / "objects.npz", labels=array)
    for name in ("objects.npy", "objects.npz"):
        assert f"{name} holds Python objects" in refusal(tmp_path / name)


def test_colours_that_are_no_bytes(tmp_path):
    tifffile.imwrite(tmp_path / "rgb.tif", np.zeros((5, 16, 16, 3), np.uint16), photometric="rgb")
    assert "rgb.tif is a colour image whose colours are not red" in refusal(tmp_path / "rgb.tif")
    kinds = {"kinds": ["RGB-color", "domain", "domain", "domain"]}
    nrrd.write(str(tmp_path / "rgb.nrrd"), np.zeros((3, 4, 5, 6), np.uint16), kinds)
    assert "rgb.nrrd is a colour image of the kind rgb-color" in refusal(tmp_path / "rgb.nrrd")
    kinds = {"kinds": ["HSV-color", "domain", "domain", "domain"]}
    nrrd.write(str(tmp_path / "hsv.nrrd"), np.zeros((3, 4, 5, 6), np.uint8), kinds)
    assert "hsv.nrrd is a colour image of the kind hsv-color" in refusal(tmp_path / "hsv.nrrd")


def test_npz_without_a_known_name(tmp_path, ids):
    np.savez(tmp_path / "two.npz", one=ids, two=ids)
    message = refusal(tmp_path / "two.npz")
    assert "two.npz holds several arrays: one (3 × 4 × 5, uint8), two (3 × 4 × 5" in message
    assert "e.g. two.npz::one." in message
    with zipfile.ZipFile(tmp_path / "none.npz", "w") as archive:
        archive.writestr("readme.txt", "no arrays here")
    assert "none.npz holds no array" in refusal(tmp_path / "none.npz")


def npy_header(shape) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


HUGE = (4096, 4096, 4096)


def test_absurd_sizes_are_refused_before_anything_is_allocated(tmp_path):
    (tmp_path / "huge.npy").write_bytes(npy_header(HUGE))
    with zipfile.ZipFile(tmp_path / "huge.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.npy", npy_header(HUGE))
    header = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4096 4096 4096\nencoding: gzip\n\n"
    (tmp_path / "huge.nrrd").write_bytes(header.encode() + gzip.compress(b"x"))
    nifti = nib.Nifti1Header()
    nifti.set_data_shape(HUGE)
    (tmp_path / "huge.nii").write_bytes(nifti.binaryblock)
    (tmp_path / "huge.nii.gz").write_bytes(gzip.compress(nifti.binaryblock))
    for name in ("huge.npy", "huge.npz", "huge.nrrd", "huge.nii", "huge.nii.gz"):
        message = refusal(tmp_path / name)
        assert f"{name} declares 4096 × 4096 × 4096" in message
        assert f"{MAX_VOXELS:,}" in message
        assert "Crop or downsample" in message


def test_a_size_that_the_file_cannot_hold(tmp_path):
    (tmp_path / "short.npy").write_bytes(npy_header((500, 500, 500)) + bytes(1000))
    nifti = nib.Nifti1Header()
    nifti.set_data_shape((500, 500, 500))
    (tmp_path / "short.nii.gz").write_bytes(gzip.compress(nifti.binaryblock + bytes(1000)))
    for name in ("short.npy", "short.nii.gz"):
        message = refusal(tmp_path / name)
        assert f"{name} is incomplete" in message
        assert "500 × 500 × 500" in message


def test_a_gzip_bomb_behind_a_small_nrrd_header_is_read_no_further_than_declared(tmp_path):
    header = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 8 8\nencoding: gzip\n\n"
    path = tmp_path / "bomb.nrrd"
    path.write_bytes(header.encode() + gzip.compress(bytes(1 << 26)))
    assert "bomb.nrrd" in refusal(path)


@pytest.mark.parametrize("shape", ["()", "(0, 3, 4)", "(-1, 3, 4)"])
def test_no_voxels(tmp_path, shape):
    (tmp_path / "no.npy").write_bytes(npy_header(shape) + bytes(12))
    message = refusal(tmp_path / "no.npy")
    assert "no.npy" in message


def test_nrrd_without_its_data_file_or_with_an_unknown_encoding(tmp_path, ids):
    nrrd.write(str(tmp_path / "apart.nhdr"), ids.T, {"encoding": "raw"})
    (tmp_path / "apart.raw").unlink()
    message = refusal(tmp_path / "apart.nhdr")
    assert "'apart.raw'" in message
    assert "beside the header" in message
    text = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: hex\n\n0101010101010101"
    (tmp_path / "hex.nrrd").write_text(text, encoding="ascii")
    assert "'hex'; save it with raw or gzip" in refusal(tmp_path / "hex.nrrd")


def test_nrrd_header_without_end(tmp_path):
    (tmp_path / "endless.nrrd").write_bytes(b"NRRD0004\n" + b"# x\n" * 300_000)
    assert "its header does not end" in refusal(tmp_path / "endless.nrrd")


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (7, "is compressed with JPEG, which changes the values; save it"),
        (34712, "is compressed with JPEG2000; save it"),
        (12345, "is compressed with 12345; save it"),
    ],
)
def test_tiff_with_a_compression_that_cannot_be_read(tmp_path, number, message):
    path = tmp_path / "pressed.tif"
    tifffile.imwrite(path, np.ones((4, 5, 6), np.uint8), photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages[0].tags["Compression"].overwrite(number)
    answer = refusal(path)
    assert f"pressed.tif {message}" in answer
    assert "deflate (ZIP), LZW or Zstandard" in answer


def test_tiff_whose_data_are_not_of_the_declared_shape(tmp_path, ids):
    path = tmp_path / "bits.tif"
    tifffile.imwrite(path, ids, compression="zlib", photometric="minisblack", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for page in tiff.pages:
            page.tags["BitsPerSample"].overwrite(40)
    assert "bits.tif" in refusal(path)


def test_not_enough_memory(save, ids, monkeypatch):
    def exhausted(_path, _wanted):
        raise MemoryError

    formats = tuple(replace(each, read=exhausted) for each in detection.FORMATS)
    monkeypatch.setattr(detection, "FORMATS", formats)
    message = refusal(save("large.npy", ids))
    assert "large.npy does not fit into the memory" in message


def test_image_on_another_grid(save, tmp_path, ids):
    labels = save("l.nii.gz", ids)
    message = refusal(labels, image=save("i.npy", np.zeros((3, 4, 6))))
    assert "i.npy is 3 × 4 × 6 (z, y, x), the label volume is 3 × 4 × 5: axis x differs." in message
    nrrd.write(str(tmp_path / "s.nrrd"), ids.T, {"spacings": [0.5, 0.75, 3]})
    message = refusal(labels, image=tmp_path / "s.nrrd")
    assert "s.nrrd has a spacing of 3 × 0.75 × 0.5 mm" in message
    message = refusal(labels, image=save("c.npy", ids.astype(np.complex64)))
    assert "c.npy" in message
    assert "real numbers" in message
