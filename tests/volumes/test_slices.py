"""2D images, which are volumes of one slice."""

import mrcfile
import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK
import tifffile
import zarr
from h5py import File

from lossexplorer.volumes import open_case, read_labels, read_prediction


@pytest.fixture
def plane() -> np.ndarray:
    """(y, x) = (4, 5), with ids 0, 2 and 7 at places that no flip or transpose keeps."""
    array = np.zeros((4, 5), np.uint8)
    array[1, 2:] = 7
    array[3, :2] = 2
    return array


def write_h5(path, array):
    with File(path, "w") as file:
        file["labels"] = array


def write_mrc(path, array):
    with mrcfile.new(path, array.astype(np.int8)) as file:
        file.voxel_size = (4.0e6, 8.0e6, 1.0)


def write_itk(path, array):
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing((0.4, 0.8))
    SimpleITK.WriteImage(image, str(path))


def write_nrrd(path, array, **fields):
    nrrd.write(str(path), array.T, fields or {"spacings": [0.4, 0.8]})


def write_nifti(path, array):
    image = nib.Nifti1Image(array.T, np.diag([0.4, 0.8, 1, 1]))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


def write_ome(path, array):
    sizes = {"PhysicalSizeX": 400.0, "PhysicalSizeY": 800.0, "axes": "YX"}
    tifffile.imwrite(path, array, ome=True, photometric="minisblack", metadata=sizes)


def write_zarr(path, array):
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", data=array, chunks=array.shape)
    axes = [{"name": n, "type": "space", "unit": "millimeter"} for n in "yx"]
    levels = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [0.8, 0.4]}]}]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": levels}]


WRITERS = {
    "v.npy": np.save,
    "v.npz": lambda path, array: np.savez(path, labels=array),
    "v.h5": write_h5,
    "v.tif": lambda path, array: tifffile.imwrite(path, array, photometric="minisblack"),
    "v.ome.tif": write_ome,
    "v.mrc": write_mrc,
    "v.nii.gz": write_nifti,
    "v.nrrd": write_nrrd,
    "v.mha": write_itk,
    "v.zarr": write_zarr,
}
WITH_SPACING = ("v.ome.tif", "v.mrc", "v.nii.gz", "v.nrrd", "v.mha", "v.zarr")


@pytest.mark.parametrize("name", WRITERS)
def test_a_2d_image_is_one_slice_in_every_format(tmp_path, plane, name):
    WRITERS[name](tmp_path / name, plane)
    volume = read_labels(tmp_path / name)
    np.testing.assert_array_equal(np.array([0, 2, 7])[volume.labels], plane[None])
    assert volume.spacing_known == (name in WITH_SPACING)
    if volume.spacing_known:
        assert volume.spacing[1:] == pytest.approx((0.8, 0.4))


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "v.zarr"])
def test_it_is_said(tmp_path, plane, name):
    WRITERS[name](tmp_path / name, plane)
    note = f"{name} is 2D (4 × 5) and is a volume of one slice."
    assert open_case([tmp_path / name]).notes == (note,)


@pytest.mark.parametrize("name", ["v.ome.tif", "v.nrrd", "v.mha", "v.zarr"])
def test_a_slice_is_as_thick_as_its_pixels_are_wide_where_the_file_is_silent(tmp_path, plane, name):
    WRITERS[name](tmp_path / name, plane)
    assert read_labels(tmp_path / name).spacing[0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("fields", "spacing"),
    [
        ({"spacings": [4.0, 8.0], "units": ["um", "um"]}, (0.004, 0.008, 0.004)),
        ({"space dimension": 2, "space directions": [[0.0, 3.0], [4.0, 0.0]]}, (3.0, 4.0, 3.0)),
    ],
)
def test_nrrd_in_the_plane(tmp_path, plane, fields, spacing):
    write_nrrd(tmp_path / "v.nrrd", plane, **fields)
    assert read_labels(tmp_path / "v.nrrd").spacing == pytest.approx(spacing)


def test_an_mrc_image_whose_columns_are_y(tmp_path, plane):
    with mrcfile.new(tmp_path / "v.mrc", plane.T.astype(np.int8)) as file:
        file.header.mapc, file.header.mapr = 2, 1
    np.testing.assert_array_equal(
        np.array([0, 2, 7])[read_labels(tmp_path / "v.mrc").labels], plane[None]
    )


@pytest.mark.parametrize(
    "shape", [(4, 5), (1, 4, 5), (3, 4, 5), (3, 1, 4, 5), (1, 3, 4, 5), (1, 3, 1, 4, 5)]
)
def test_predictions_of_a_slice(tmp_path, plane, shape):
    np.save(tmp_path / "t.npy", plane)
    truth = read_labels(tmp_path / "t.npy")
    if 3 in shape:
        array = np.random.default_rng(0).random((3, 1, 4, 5)).astype(np.float32)
    else:
        array = np.roll(plane, 1)[None]
    np.save(tmp_path / "p.npy", array.reshape(shape))
    _, read = read_prediction(tmp_path / "p.npy", truth)
    expected = array if 3 in shape else np.searchsorted([0, 2, 7], array)
    np.testing.assert_array_equal(read, expected)


def test_slices_of_one_shape_are_a_batch(tmp_path, plane):
    np.save(tmp_path / "a.npy", plane)
    np.save(tmp_path / "b.npy", np.roll(plane, 1))
    case = open_case([tmp_path / "a.npy", tmp_path / "b.npy"])
    assert [volume.shape for volume in case.batch] == [(1, 4, 5)] * 2


def test_an_image_below_a_slice(tmp_path, plane):
    np.save(tmp_path / "t.npy", plane)
    np.save(tmp_path / "i.npy", plane * 2.5)
    volume = read_labels(tmp_path / "t.npy", image=tmp_path / "i.npy")
    np.testing.assert_array_equal(volume.image, plane[None] * 2.5)
