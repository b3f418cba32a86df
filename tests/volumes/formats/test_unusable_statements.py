"""Statements that cannot be used, and what is left unread: a note names them in every format."""

import json

import h5py
import mrcfile
import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK
import tifffile
import zarr

from lossexplorer.volumes import open_case, read_labels
from lossexplorer.volumes.reading import read_raw
from tests.volumes.two_boxes import SHAPE, labels

# A length of 0, or one that runs back, is no edge of a voxel.
WRONG = (2.5, 0.0, 0.8)


def write_nifti(path):
    image = nib.Nifti1Image(labels().T, None)
    image.header["pixdim"][1:4] = WRONG[::-1]
    image.to_filename(path)


def write_nrrd(path):
    nrrd.write(str(path), labels().T, {"spacings": list(WRONG[::-1])})


def write_mrc(path):
    with mrcfile.new(path) as file:
        file.set_data(labels(np.int8))
        file.voxel_size = (8.0, -9.0, 25.0)


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        file["labels"] = labels()
        file["labels"].attrs["element_size_um"] = WRONG


def write_ome_zarr(path):
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", data=labels())
    axes = [{"name": axis, "type": "space", "unit": "micrometer"} for axis in "zyx"]
    scale = {"type": "scale", "scale": [2.5, -0.9, 0.8]}
    level = {"path": "0", "coordinateTransformations": [scale]}
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [level]}]


def write_ome_tiff(path):
    sizes = {f"PhysicalSize{axis}": size for axis, size in zip("ZYX", WRONG, strict=True)}
    tifffile.imwrite(path, labels(), metadata={"axes": "ZYX", **sizes})


def write_metaimage(path):
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(labels()), str(path))
    text = path.read_bytes().replace(b"ElementSpacing = 1 1 1", b"ElementSpacing = 1 0 1")
    path.write_bytes(text)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("v.nii.gz", write_nifti),
        ("v.nrrd", write_nrrd),
        ("v.mrc", write_mrc),
        ("v.h5", write_hdf5),
        ("v.ome.zarr", write_ome_zarr),
        ("v.ome.tif", write_ome_tiff),
        ("v.mha", write_metaimage),
    ],
)
def test_lengths_that_no_voxel_has_are_named(tmp_path, name, write):
    write(tmp_path / name)
    volume = read_labels(tmp_path / name)
    assert not volume.spacing_known
    assert [c.voxels for c in volume.classes] == [3344, 256, 240]
    (note,) = volume.notes
    assert note.startswith(f"{name} gives ")
    assert "which no voxel has: it is not used, and 1 mm is assumed." in note


def test_lengths_in_a_file_beside_that_no_voxel_has(tmp_path):
    np.save(tmp_path / "v.npy", labels())
    (tmp_path / "v.json").write_text(json.dumps({"spacing": WRONG}), "utf-8")
    (note,) = read_raw(tmp_path / "v.npy").notes
    assert note.startswith("v.json gives spacing 2.5 × 0 × 0.8 mm")


def test_a_spacing_that_was_never_set_is_no_mistake(tmp_path):
    with mrcfile.new(tmp_path / "v.mrc") as file:
        file.set_data(labels(np.int8))
    assert read_raw(tmp_path / "v.mrc").notes == ()


@pytest.mark.parametrize("name", ["v.nhdr", "v.mhd"])
def test_bytes_behind_the_declared_voxels_are_named(tmp_path, name):
    """Without a number of bytes to skip, a header before the voxels is read as ids."""
    (tmp_path / "v.raw").write_bytes(b"x" * 77 + labels().tobytes())
    if name == "v.nhdr":
        header = "NRRD0005\ntype: uint8\ndimension: 3\nsizes: 24 20 8\nencoding: raw\n"
        header += "{}data file: v.raw\n\n"
        skipping = "byte skip: -1\n"
    else:
        header = "NDims = 3\nDimSize = 24 20 8\n{}ElementType = MET_UCHAR\n"
        header += "ElementDataFile = v.raw\n"
        skipping = "HeaderSize = -1\n"
    (tmp_path / name).write_text(header.format(""), "utf-8")
    (note,) = read_raw(tmp_path / name).notes
    assert note.startswith(f"{name} declares fewer voxels than its data hold")
    (tmp_path / name).write_text(header.format(skipping), "utf-8")
    raw = read_raw(tmp_path / name)
    assert raw.notes == ()
    np.testing.assert_array_equal(raw.array, labels())


def test_a_negative_spacing_of_nrrd_turns_the_axis_as_itk_does(tmp_path):
    truth, turned = tmp_path / "t.nrrd", tmp_path / "p.nrrd"
    nrrd.write(str(truth), labels().T, {"spacings": [0.8, 0.9, 2.5]})
    nrrd.write(str(turned), labels().T, {"spacings": [0.8, -0.9, 2.5]})
    assert SimpleITK.ReadImage(str(turned)).GetDirection()[4] == -1
    case = open_case([truth], prediction=turned)
    np.testing.assert_array_equal(case.predictions[0], labels()[:, ::-1])
    assert case.notes == ("p.nrrd was placed by its affine: turned round along y.",)
    np.testing.assert_array_equal(open_case([truth], prediction=truth).predictions[0], labels())


def test_vectors_of_bytes_are_colours_in_every_format_of_itk(tmp_path):
    colours = np.stack([labels() * 100, labels(), labels() * 0], axis=-1)
    image = SimpleITK.GetImageFromArray(colours, isVector=True)
    (tmp_path / "v.colors.csv").write_text(
        "id,name,color\n0,none,#000000\n1,a,#640100\n2,b,#c80200\n", "utf-8"
    )
    for name in ("v.nrrd", "v.mha"):
        SimpleITK.WriteImage(image, str(tmp_path / name))
        (volume,) = open_case([tmp_path / name]).batch
        np.testing.assert_array_equal(volume.labels, labels())


def test_a_2d_nifti_lies_on_the_pixels_of_other_2d_files(tmp_path):
    image = SimpleITK.GetImageFromArray(labels()[3])
    image.SetSpacing((0.8, 0.9))
    for name in ("s.nii.gz", "s.mha", "s.nrrd"):
        SimpleITK.WriteImage(image, str(tmp_path / name))
        assert read_labels(tmp_path / name).spacing == (0.8, 0.9, 0.8)
    case = open_case([tmp_path / "s.mha"], prediction=tmp_path / "s.nii.gz")
    np.testing.assert_array_equal(case.predictions[0][0], labels()[3])


def test_points_in_time_are_no_slices(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, labels(), imagej=True, metadata={"axes": "TYX"})
    volume = read_labels(path)
    assert volume.shape == SHAPE
    assert volume.notes == ("v.tif calls its 8 planes points in time; they are taken for slices.",)
    tifffile.imwrite(path, np.stack([labels()] * 2), imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(Exception, match="has 2 points along t; one is needed"):
        open_case([path])


def test_a_zarr_of_one_image_has_no_parts(tmp_path):
    write_ome_zarr(tmp_path / "v.ome.zarr")
    with pytest.raises(Exception, match="holds one volume and no parts, so there is no 'nix'"):
        read_labels(f"{tmp_path / 'v.ome.zarr'}::nix")
