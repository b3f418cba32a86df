"""Statements of files that would change numbers and were once passed over without a word."""

import math

import h5py
import nibabel as nib
import nrrd
import numpy as np
import pytest
import tifffile
import zarr

from lossexplorer.volumes import open_case


def labels():
    ids = np.zeros((4, 5, 6), np.uint8)
    ids[1:3, 1:4, 2:5] = 1
    return ids


SHEARED = np.array([[0.8, 0.4, 0, 0], [0, 0.9, 0, 0], [0, 0, 2.5, 0], [0, 0, 0, 1.0]])
ANGLE = math.degrees(math.acos(0.4 / math.hypot(0.4, 0.9)))


def test_axes_that_are_not_at_right_angles_are_named(tmp_path):
    """As the two libraries read them back: y has the length √(0.4² + 0.9²)."""
    nib.save(nib.Nifti1Image(labels().T, SHEARED), tmp_path / "v.nii")
    header = {
        "space": "right-anterior-superior",
        "space directions": SHEARED[:3, :3].T,
        "space origin": [0, 0, 0],
    }
    nrrd.write(str(tmp_path / "v.nrrd"), labels().T, header)
    nrrd.write(str(tmp_path / "w.nrrd"), labels().T, {**header, "space": "scanner-xyz"})
    for name in ("v.nii", "v.nrrd", "w.nrrd"):
        case = open_case([tmp_path / name])
        assert f"{name} has axes at 90°, 90°, {ANGLE:.4g}° to each other" in " ".join(case.notes)
        assert case.batch.spacing == pytest.approx((2.5, math.hypot(0.4, 0.9), 0.8))


def test_oblique_axes_at_right_angles_are_nothing_to_name(tmp_path):
    turned = np.eye(4)
    c, s = math.cos(0.3), math.sin(0.3)
    turned[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.diag([0.8, 0.9, 2.5])
    nib.save(nib.Nifti1Image(labels().T, turned), tmp_path / "v.nii")
    assert open_case([tmp_path / "v.nii"]).notes == ()


def test_lengths_in_pixels_are_said_not_to_be_used(tmp_path):
    written = {"spacing": 2.5, "unit": "pixel", "axes": "ZYX"}
    tifffile.imwrite(
        tmp_path / "v.tif", labels(), imagej=True, resolution=(1 / 0.8, 1 / 0.9), metadata=written
    )
    sizes = {"X": 0.8, "Y": 0.9, "Z": 2.5}
    described = {f"PhysicalSize{axis}": size for axis, size in sizes.items()}
    described |= {f"PhysicalSize{axis}Unit": "pixel" for axis in "XYZ"}
    tifffile.imwrite(tmp_path / "v.ome.tif", labels(), metadata={"axes": "ZYX", **described})
    pixels = {"spacings": [0.8, 0.9, 2.5], "units": ["pixel"] * 3}
    nrrd.write(str(tmp_path / "v.nrrd"), labels().T, pixels)
    for name in ("v.tif", "v.ome.tif", "v.nrrd"):
        (note,) = open_case([tmp_path / name]).notes
        assert note.startswith(f"{name} gives ")
        assert "2.5 × 0.9 × 0.8 without a unit of length: it is not used" in note


def test_lengths_along_some_axes_alone_are_said_not_to_be_used(tmp_path):
    mixed = ["um", "um", "pixel"]
    nrrd.write(str(tmp_path / "v.nrrd"), labels().T, {"spacings": [0.8, 0.9, 2], "units": mixed})
    with h5py.File(tmp_path / "v.h5", "w") as file:
        array = file.create_dataset("labels", data=labels())
        array.attrs.update({"resolution": [2, 0.9, 0.8], "units": mixed[::-1]})
    group = zarr.open_group(tmp_path / "v.zarr", mode="w", zarr_format=3)
    group.create_array("0", data=labels(), chunks=(4, 5, 6))
    axes = [{"name": "z", "type": "space"}]
    axes += [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
    scale = {"type": "scale", "scale": [2.0, 0.9, 0.8]}
    image = {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    for name in ("v.nrrd", "v.h5", "v.zarr"):
        case = open_case([tmp_path / name])
        assert not case.batch[0].spacing_known
        (note,) = case.notes
        assert "along some axes and no unit of length along others" in note


def test_a_file_of_pixels_of_1_needs_no_words(tmp_path):
    tifffile.imwrite(tmp_path / "v.tif", labels(), imagej=True, metadata={"axes": "ZYX"})
    assert open_case([tmp_path / "v.tif"]).notes == ()


def test_a_file_in_which_0_is_white_is_not_turned_round(tmp_path):
    """tifffile returns what is stored; Pillow would return 255 minus it."""
    tifffile.imwrite(tmp_path / "v.tif", labels(), photometric="miniswhite")
    case = open_case([tmp_path / "v.tif"])
    assert np.array_equal(case.batch[0].labels, tifffile.imread(tmp_path / "v.tif"))
    assert case.notes == ("v.tif says that 0 is white; its numbers are taken as they are stored.",)
