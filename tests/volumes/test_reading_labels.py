"""Files of every kind, read back."""

import nibabel as nib
import nrrd
import numpy as np
import pytest
import tifffile

from lossexplorer.volumes import READABLE_SUFFIXES, read_labels
from lossexplorer.volumes.formats.detection import stem

SPACING = (2.5, 0.75, 0.5)
MEDICAL = {
    "volume.nii",
    "volume.nii.gz",
    "volume.nrrd",
    "volume.nhdr",
    "volume.mha",
    "volume.mhd",
    "volume.dcm",
}
MICROSCOPY = {"volume.tif", "volume.mrc", "volume.map", "volume.rec"}


def test_every_kind_gives_the_same_labels(written, ids):
    volume = read_labels(written)
    assert [c.id for c in volume.classes] == [0, 2, 7, 200]
    assert [c.name for c in volume.classes] == ["background", "class 2", "class 7", "class 200"]
    assert [c.voxels for c in volume.classes] == [54, 2, 3, 1]
    restored = np.array([c.id for c in volume.classes])[volume.labels]
    np.testing.assert_array_equal(restored, ids)
    assert volume.labels.dtype == np.uint8
    assert volume.labels.flags.c_contiguous
    assert volume.shape == (3, 4, 5)
    assert volume.voxel_count == 60
    assert volume.name == "volume"
    assert volume.path == str(written)


def test_spacing_and_orientation_where_the_file_has_them(written):
    volume = read_labels(written)
    if written.name in MEDICAL | MICROSCOPY:
        assert volume.spacing == SPACING
        assert volume.spacing_known
    else:
        assert volume.spacing == (1.0, 1.0, 1.0)
        assert not volume.spacing_known
    # The NIfTI affine points left and posterior, as the spaces of the other formats do.
    assert volume.orientation == ("LPS" if written.name in MEDICAL else None)


def test_every_readable_suffix_is_covered(written):
    assert written.name.removeprefix("volume") in READABLE_SUFFIXES


@pytest.mark.parametrize("suffix", READABLE_SUFFIXES)
def test_stem(suffix):
    assert stem(f"a.b{suffix}") == "a.b"
    assert stem(f"a.b{suffix.upper()}") == "a.b"


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "<i2", ">i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", ">f4", "f8"]
)
def test_every_numeric_type_is_read(tmp_path, dtype):
    array = np.zeros((2, 3, 4), dtype)
    array[1, 2, 3] = 1
    np.save(tmp_path / "typed.npy", array)
    volume = read_labels(tmp_path / "typed.npy")
    np.testing.assert_array_equal(volume.labels, array.astype(int))
    assert volume.labels.dtype == np.uint8


@pytest.mark.parametrize("top", [255, 256, 65_536, 2**24 + 5, 2**40, 2**63 - 1, 2**64 - 1])
def test_large_ids_are_kept(tmp_path, top):
    array = np.zeros((2, 2, 2), np.uint64)
    array[0, 1, 0] = 3
    array[1, 0, 1] = top
    np.save(tmp_path / "large.npy", array)
    volume = read_labels(tmp_path / "large.npy")
    assert [(c.id, c.voxels) for c in volume.classes] == [(0, 6), (3, 1), (top, 1)]
    assert volume.labels[1, 0, 1] == 2
    assert volume.labels.dtype == np.uint8


def test_the_label_type_grows_with_the_number_of_classes(tmp_path):
    for count, dtype in ((256, np.uint8), (257, np.uint16), (65_537, np.uint32)):
        np.save(tmp_path / "many.npy", np.arange(count).reshape(count, 1, 1))
        volume = read_labels(tmp_path / "many.npy")
        assert volume.labels.dtype == dtype
        np.testing.assert_array_equal(volume.labels[:, 0, 0], np.arange(count))


def test_background_comes_first_even_where_no_voxel_is_0(save):
    volume = read_labels(save("full.npy", np.full((2, 2, 2), 4)))
    assert [(c.id, c.name, c.voxels) for c in volume.classes] == [
        (0, "background", 0),
        (4, "class 4", 8),
    ]
    assert (volume.labels == 1).all()


@pytest.mark.parametrize("shape", [(3, 4, 5, 1), (1, 3, 4, 5), (1, 1, 3, 4, 5, 1)])
def test_outer_axes_of_length_1_are_removed(save, ids, shape):
    volume = read_labels(save("wide.npy", ids.reshape(shape)))
    assert volume.shape == (3, 4, 5)


def test_a_single_slice_stays_a_volume(save):
    assert read_labels(save("slice.npy", np.ones((1, 4, 5), int))).shape == (1, 4, 5)


@pytest.mark.parametrize(
    ("unit", "factor"), [("meter", 1e3), ("mm", 1.0), ("micron", 1e-3), ("unknown", 1.0)]
)
def test_nifti_units(tmp_path, ids, unit, factor):
    image = nib.Nifti1Image(ids.T, np.diag([0.3, 0.7, 2.5, 1.0]))
    image.header.set_xyzt_units(unit, "sec")
    nib.save(image, tmp_path / "unit.nii")
    volume = read_labels(tmp_path / "unit.nii")
    assert volume.spacing == pytest.approx([2.5 * factor, 0.7 * factor, 0.3 * factor], rel=1e-6)
    assert volume.spacing_known


def nifti_header(ids, zooms, *, unit="unknown", image_class=nib.Nifti1Image):
    image = image_class(ids.T, None)
    image.header["pixdim"][1:4] = zooms
    image.header.set_xyzt_units(unit)
    return image


@pytest.mark.parametrize(
    ("zooms", "unit", "expected"),
    [
        ((1, 1, 1), "unknown", ((1, 1, 1), False)),  # as left by a program that knows no spacing
        ((1, 1, 1), "mm", ((1, 1, 1), True)),
        ((2, 1, 1), "unknown", ((1, 1, 2), True)),
        ((1, 1, 0), "mm", ((1, 1, 1), False)),
        ((np.nan, 1, 2), "mm", ((1, 1, 1), False)),
        ((-3, 1, 2), "mm", ((2, 1, 3), True)),
    ],
)
def test_nifti_without_affine(tmp_path, ids, zooms, unit, expected):
    nib.save(nifti_header(ids, zooms, unit=unit), tmp_path / "bare.nii.gz")
    volume = read_labels(tmp_path / "bare.nii.gz")
    assert (volume.spacing, volume.spacing_known) == expected
    assert volume.orientation is None


def test_nifti_takes_the_spacing_of_the_affine_where_the_zooms_are_unset(tmp_path, ids):
    image = nifti_header(ids, (2, 2, 2))
    image.header.set_sform(np.diag([2, 3, 4, 1]), code=1)
    image.header["pixdim"][1:4] = 0
    path = tmp_path / "sform.nii"
    path.write_bytes(image.header.binaryblock + bytes(4) + ids.tobytes())
    volume = read_labels(path)
    assert (volume.spacing, volume.spacing_known) == ((4, 3, 2), True)


def test_nifti_2_and_scaled_floats_and_a_gzipped_file_named_nii(tmp_path, ids):
    nib.save(nib.Nifti2Image(ids.T, np.diag([1, 2, 3, 1])), tmp_path / "two.nii")
    assert read_labels(tmp_path / "two.nii").spacing == (3, 2, 1)
    image = nib.Nifti1Image(ids.T.astype(np.float32), np.diag([1, 2, 3, 1]))
    nib.save(image, tmp_path / "float.nii.gz")
    (tmp_path / "float.nii").write_bytes((tmp_path / "float.nii.gz").read_bytes())
    assert [c.id for c in read_labels(tmp_path / "float.nii").classes] == [0, 2, 7, 200]


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("name", ["e.nrrd", "e.nhdr"])
def test_nrrd_encodings(tmp_path, ids, encoding, name):
    nrrd.write(str(tmp_path / name), ids.T.astype(">i4"), {"encoding": encoding})
    volume = read_labels(tmp_path / name)
    assert [c.voxels for c in volume.classes] == [54, 2, 3, 1]
    assert not volume.spacing_known


@pytest.mark.parametrize(
    ("fields", "spacing", "orientation"),
    [
        ({"spacings": [0.5, 0.75, 2.5]}, SPACING, None),
        ({"spacings": [0.5, np.nan, 2.5]}, None, None),
        ({"spacings": [500, 750, 2500], "units": ["um", "um", "um"]}, SPACING, None),
        ({"spacings": [5, 7, 25], "units": ["pixel", "pixel", "pixel"]}, None, None),
        (
            {
                "space": "RAS",
                "space directions": [[0, 0.5, 0], [-0.75, 0, 0], [0, 0, -2.5]],
                "space units": ["mm", "mm", "mm"],
            },
            SPACING,
            "ALI",
        ),
        ({"space dimension": 3, "space directions": np.diag([0.5, 0.75, 2.5])}, SPACING, None),
        (
            {
                "space": "left-anterior-superior",
                "space directions": np.diag([500, 750, 2500]),
                "space units": ["um", "micron", "microns"],
            },
            SPACING,
            "LAS",
        ),
    ],
)
def test_nrrd_spacing_and_orientation(tmp_path, ids, fields, spacing, orientation):
    path = tmp_path / "fields.nrrd"
    nrrd.write(str(path), ids.T, fields)
    volume = read_labels(path)
    assert volume.spacing == (spacing or (1, 1, 1))
    assert volume.spacing_known == (spacing is not None)
    assert volume.orientation == orientation


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_nrrd_header_with_a_micro_sign(tmp_path, ids, encoding):
    path = tmp_path / "micro.nrrd"
    fields = {"spacings": [500, 750, 2500], "units": ["mum", "mum", "mum"]}
    nrrd.write(str(path), ids.T, fields)
    path.write_bytes(path.read_bytes().replace(b"mum", "µm".encode(encoding)))
    assert read_labels(path).spacing == SPACING


def test_nrrd_with_an_axis_that_is_not_spatial(tmp_path, ids):
    fields = {
        "space": "left-posterior-superior",
        "kinds": ["list", "domain", "domain", "domain"],
        "space directions": [[np.nan] * 3, [0.5, 0, 0], [0, 0.75, 0], [0, 0, 2.5]],
    }
    nrrd.write(str(tmp_path / "list.seg.nrrd"), ids.T[None], fields)
    volume = read_labels(tmp_path / "list.seg.nrrd")
    assert (volume.shape, volume.spacing, volume.orientation) == ((3, 4, 5), SPACING, "LPS")


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"spacing": 2500.0, "unit": "um"}, SPACING),
        ({"spacing": 2.5, "unit": "pixel"}, None),
        ({"spacing": 2.5}, None),
        # ImageJ leaves out a distance of 1.
        ({"unit": "um"}, (0.001, 0.75, 0.5)),
    ],
)
def test_tiff_spacing(tmp_path, ids, metadata, expected):
    path = tmp_path / "ij.tif"
    tifffile.imwrite(
        path, ids, imagej=True, resolution=(1 / 500, 1 / 750), metadata={"axes": "ZYX", **metadata}
    )
    volume = read_labels(path)
    assert volume.spacing_known == (expected is not None)
    assert volume.spacing == pytest.approx(expected or (1, 1, 1), rel=1e-5)


def test_tiff_of_separate_pages_and_of_bits(tmp_path, ids):
    with tifffile.TiffWriter(tmp_path / "pages.tif") as writer:
        for plane in ids:
            writer.write(plane, contiguous=False, metadata=None)
    assert read_labels(tmp_path / "pages.tif").shape == (3, 4, 5)
    mask = np.zeros((3, 16, 64), bool)
    mask[1, 2, 3] = True
    path = tmp_path / "bits.tif"
    tifffile.imwrite(path, mask, photometric="minisblack")
    assert read_labels(path).classes[1].voxels == 1


@pytest.mark.parametrize("key", ["labels", "truth", "seg", "arr_0", "prediction", "probabilities"])
def test_npz_with_several_arrays_takes_the_one_of_a_known_name(tmp_path, ids, key):
    np.savez(tmp_path / "several.npz", other=np.zeros(3), **{key: ids})
    assert read_labels(tmp_path / "several.npz").shape == (3, 4, 5)


def test_npz_with_one_array_of_any_name(tmp_path, ids):
    np.savez(tmp_path / "one.npz", anything=ids)
    assert read_labels(tmp_path / "one.npz").shape == (3, 4, 5)


def test_image_beside_the_labels(save, ids):
    image = np.arange(60, dtype=np.int16).reshape(3, 4, 5) - 30
    volume = read_labels(save("l.nii.gz", ids), image=save("i.nrrd", image))
    np.testing.assert_array_equal(volume.image, image)
    assert volume.image.dtype == np.int16
    assert volume.image.flags.c_contiguous


def test_a_name_in_capitals(save, ids):
    path = save("volume.nii.gz", ids)
    capital = path.rename(path.with_name("CASE.NII.GZ"))
    assert read_labels(capital).name == "CASE"
