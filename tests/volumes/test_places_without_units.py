"""A file that says where it lies is placed, too, if its lengths have no known unit, or none at all.

Offsets in voxels do not depend on a unit.
"""

import h5py
import mrcfile
import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK
import tifffile
import zarr

from lossexplorer.volumes import VolumeError, open_case
from tests.volumes.two_boxes import labels

EDGES = np.array([0.8, 0.9, 2.5])  # x, y, z


def metaimage(path, voxels):
    """ITK takes a spacing that the header leaves out for 1."""
    header = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"
        f"Offset = {voxels} 0 0\nDimSize = 24 20 8\nElementType = MET_UCHAR\n"
        "ElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + labels().tobytes())


def in_furlongs(path, voxels, unit="furlong"):
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag(EDGES),
        "space origin": [voxels * 0.8, 3, 5],
        "space units": [unit] * 3,
    }
    nrrd.write(str(path), labels().T, header)


def in_pixels(path, voxels):
    in_furlongs(path, voxels, "pixel")


def ome_zarr(path, voxels):
    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.create_array("0", data=labels(), chunks=(8, 20, 24))
    moves = [
        {"type": "scale", "scale": EDGES[::-1].tolist()},
        {"type": "translation", "translation": [0.0, 0.0, voxels * 0.8]},
    ]
    group.attrs["ome"] = {
        "version": "0.5",
        "multiscales": [
            {
                "axes": [{"name": name, "type": "space"} for name in "zyx"],
                "datasets": [{"path": "0", "coordinateTransformations": moves}],
            }
        ],
    }


def hdf5(path, voxels):
    with h5py.File(path, "w") as file:
        array = file.create_dataset("labels", data=labels())
        array.attrs["resolution"] = EDGES[::-1]
        array.attrs["offset"] = [0.0, 0.0, voxels * 0.8]


def imagej(path, voxels):
    """ImageJ counts voxels from the first one to where its 0 is."""
    metadata = {"axes": "ZYX", "xorigin": 1 - voxels, "yorigin": 0, "zorigin": 0}
    tifffile.imwrite(path, labels(), imagej=True, metadata=metadata)


def mrc(path, voxels):
    with mrcfile.new(path, labels(np.int8)) as file:
        file.header.nxstart = 7 + int(voxels)


WRITERS = {
    "mha": metaimage,
    "nrrd": in_furlongs,
    "nhdr": in_pixels,
    "ome.zarr": ome_zarr,
    "h5": hdf5,
    "tif": imagej,
    "mrc": mrc,
}


@pytest.fixture(params=WRITERS)
def pair(request, tmp_path):
    """Write a truth, and a prediction so many voxels further along x."""

    def write(voxels):
        paths = [tmp_path / f"{name}.{request.param}" for name in ("t", "p")]
        for path, at in zip(paths, (0, voxels), strict=True):
            WRITERS[request.param](path, at)
        return paths

    return write


def test_an_offset_of_whole_voxels_is_placed(pair):
    truth, prediction = pair(4)
    case = open_case([truth], prediction=prediction)
    expected = np.zeros_like(labels())
    expected[..., 4:] = labels()[..., :-4]
    np.testing.assert_array_equal(case.predictions[0], expected)
    assert not case.batch[0].spacing_known
    (note,) = [text for text in case.notes if "placed by its affine" in text]
    assert f"{prediction.name} was placed by its affine: it begins 4 voxels along x from" in note


def test_metaimage_is_placed_as_itk_does(tmp_path):
    images = []
    for name, voxels in (("t.mha", 0), ("p.mha", 4)):
        metaimage(tmp_path / name, voxels)
        images.append(SimpleITK.ReadImage(str(tmp_path / name)))
    nearest = SimpleITK.sitkNearestNeighbor
    expected = SimpleITK.Resample(images[1], images[0], SimpleITK.Transform(), nearest, 0)
    case = open_case([tmp_path / "t.mha"], prediction=tmp_path / "p.mha")
    np.testing.assert_array_equal(case.predictions[0], SimpleITK.GetArrayFromImage(expected))


@pytest.mark.parametrize("name", ["mha", "nrrd", "ome.zarr", "h5"])
def test_a_part_of_a_voxel_is_refused(tmp_path, name):
    WRITERS[name](tmp_path / f"t.{name}", 0)
    WRITERS[name](tmp_path / f"p.{name}", 2.5)
    with pytest.raises(VolumeError, match=r"lies 2\.5 voxels along x from the truth"):
        open_case([tmp_path / f"t.{name}"], prediction=tmp_path / f"p.{name}")


def test_lengths_that_differ_without_a_unit_are_not_compared(tmp_path):
    """They are not used, as the notes say, and places in them cannot be compared."""
    hdf5(tmp_path / "t.h5", 0)
    hdf5(tmp_path / "p.h5", 4)
    with h5py.File(tmp_path / "p.h5", "r+") as file:
        file["labels"].attrs["resolution"] = [1.0, 1.0, 1.0]
    case = open_case([tmp_path / "t.h5"], prediction=tmp_path / "p.h5")
    np.testing.assert_array_equal(case.predictions[0], labels())
    assert "equal indices are taken for the same voxel" in case.notes[-1]


def test_a_place_without_the_size_of_a_voxel_is_named(tmp_path):
    """An origin in Å or µm is no offset in voxels."""
    with mrcfile.new(tmp_path / "v.mrc", labels(np.int8)) as file:
        file.header.origin = (8, 0, 0)
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_dataset("labels", data=labels()).attrs["offset"] = [0.0, 0.0, 2.0]
    plane = {f"Position{axis}": [3.0] * 8 for axis in "XYZ"}
    plane |= {f"Position{axis}Unit": ["µm"] * 8 for axis in "XYZ"}
    described = {"axes": "ZYX", "Plane": plane}
    tifffile.imwrite(tmp_path / "v.ome.tif", labels(), ome=True, metadata=described)
    for name in ("v.mrc", "v.h5", "v.ome.tif"):
        (note,) = open_case([tmp_path / name]).notes
        assert f"{name} says where its first voxel lies and not how large a voxel is" in note


def test_places_in_coordinates_of_two_kinds_are_named(tmp_path):
    nib.save(nib.Nifti1Image(labels().T, np.diag([1.0, 1.0, 1.0, 1.0])), tmp_path / "t.nii.gz")
    hdf5(tmp_path / "p.h5", 4)
    case = open_case([tmp_path / "t.nii.gz"], prediction=tmp_path / "p.h5")
    np.testing.assert_array_equal(case.predictions[0], labels())
    assert case.notes[-1] == (
        "p.h5 and the truth say where they lie in coordinates of different kinds, which cannot be "
        "compared: equal indices are taken for the same voxel."
    )
    np.save(tmp_path / "p.npy", labels())
    assert not open_case([tmp_path / "t.nii.gz"], prediction=tmp_path / "p.npy").notes
