"""Lengths, axes and places of TIFF files and OME-XML."""

import numpy as np
import pytest
import tifffile

from lossexplorer.volumes import VolumeError, open_case, read_labels, read_prediction
from lossexplorer.volumes.reading import read_raw
from tests.volumes.two_boxes import labels

# TIFF


def imagej(path, resolution=(4, 4), **metadata):
    tifffile.imwrite(
        path, labels(), imagej=True, resolution=resolution, metadata={"axes": "ZYX", **metadata}
    )
    return read_raw(path)


def test_imagej_leaves_out_a_distance_of_1(tmp_path):
    raw = imagej(tmp_path / "v.tif", unit="um")
    assert raw.spacing == (0.001, 0.00025, 0.00025)
    assert raw.notes == ()


def test_imagej_gives_z_and_y_units_of_their_own(tmp_path):
    raw = imagej(tmp_path / "v.tif", spacing=500.0, unit="um", zunit="nm")
    assert raw.spacing == (0.0005, 0.00025, 0.00025)
    raw = imagej(tmp_path / "v.tif", spacing=2.0, unit="um", yunit="nm", zunit="mm")
    assert raw.spacing == (2.0, 0.25e-6, 0.25e-3)


def test_a_2d_image_of_imagej_is_as_thick_as_its_pixels_are_wide(tmp_path):
    """ImageJ writes the distance of slices of stacks alone."""
    path = tmp_path / "v.tif"
    metadata = {"unit": "um", "zunit": "mm"}
    tifffile.imwrite(path, labels()[3], imagej=True, resolution=(4, 2), metadata=metadata)
    assert read_raw(path).spacing == (0.00025, 0.0005, 0.00025)


def test_imagej_with_a_length_along_some_axes_says_so(tmp_path):
    raw = imagej(tmp_path / "v.tif", spacing=2.0, unit="um", zunit="pixel")
    assert raw.spacing is None
    assert "'um' along some axes and no unit of length along others" in raw.notes[0]


def test_imagej_takes_a_negative_distance_for_a_positive_one(tmp_path):
    assert imagej(tmp_path / "v.tif", spacing=-2.0, unit="micron").spacing[0] == 0.002


def test_imagej_with_an_unknown_unit_says_so(tmp_path):
    raw = imagej(tmp_path / "v.tif", spacing=2.0, unit="furlong")
    assert raw.spacing is None
    assert "v.tif gives lengths in 'furlong'" in raw.notes[0]
    for no_length in ({"unit": "pixel"}, {}):
        raw = imagej(tmp_path / "v.tif", spacing=2.0, **no_length)
        assert raw.spacing is None
        assert "without a unit" in raw.notes[0]


def test_imagej_counts_voxels_to_where_its_0_is(tmp_path):
    imagej(tmp_path / "t.tif", spacing=2.0, unit="um", xorigin=0.0, yorigin=0.0)
    imagej(tmp_path / "p.tif", spacing=2.0, unit="um", xorigin=-3.0, yorigin=0.0)
    case = open_case([tmp_path / "t.tif"], prediction=tmp_path / "p.tif")
    np.testing.assert_array_equal(case.predictions[0][..., 3:], labels()[..., :-3])
    assert "3 voxels (0.00075 mm) along x" in case.notes[0]


def test_tags_that_disagree_with_a_description_are_named(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(
        path,
        labels(),
        imagej=True,
        resolution=(20000, 20000),
        resolutionunit="CENTIMETER",
        metadata={"axes": "ZYX", "unit": "um", "spacing": 2},
    )
    raw = read_raw(path)
    assert raw.spacing == (0.002, 5e-8, 5e-8)
    assert "by ImageJ's description and of 0.002 × 0.0005 × 0.0005 mm" in raw.notes[0]
    assert "ImageJ's description is used" in raw.notes[0]
    ome = {f"PhysicalSize{axis}": 0.25 for axis in "XYZ"}
    tifffile.imwrite(
        tmp_path / "v.ome.tif",
        labels(),
        resolution=(20000, 20000),
        resolutionunit="CENTIMETER",
        metadata={"axes": "ZYX", **ome},
    )
    raw = read_raw(tmp_path / "v.ome.tif")
    assert raw.spacing == (0.00025,) * 3
    assert "OME-XML is used" in raw.notes[0]


def test_a_resolution_without_the_distance_of_slices_is_named(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(
        path, labels(), resolution=(20, 10), resolutionunit="CENTIMETER", metadata=None
    )
    raw = read_raw(path)
    assert raw.spacing is None
    assert "pixels of 1 × 0.5 mm (y, x) and no distance of the slices" in raw.notes[0]
    for print_ in ({"INCH": 72}, {"INCH": 300}, {"CENTIMETER": 118.11}):
        ((unit, pixels),) = print_.items()
        tifffile.imwrite(
            path, labels(), resolution=(pixels, pixels), resolutionunit=unit, metadata=None
        )
        assert (read_raw(path).spacing, read_raw(path).notes) == (None, ())


def test_the_resolution_of_a_2d_tiff_is_its_spacing(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(
        path, labels()[3], resolution=(20, 10), resolutionunit="CENTIMETER", metadata=None
    )
    # A 2D image is one slice as thick as its pixels are wide.
    assert read_raw(path).spacing == (0.5, 1.0, 0.5)


def test_tifffile_names_axes_in_any_order_and_the_distance_of_slices(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(
        path,
        np.ascontiguousarray(labels().transpose(2, 0, 1)),
        resolution=(20, 10),
        resolutionunit="CENTIMETER",
        metadata={"axes": "XZY", "spacing": 2.0, "unit": "um"},
    )
    raw = read_raw(path)
    np.testing.assert_array_equal(raw.array, labels())
    assert raw.spacing == (0.002, 1.0, 0.5)


# OME-XML


def ome_tiff(path, **metadata):
    tifffile.imwrite(path, labels(np.uint16), metadata={"axes": "ZYX", **metadata})
    return read_raw(path)


def test_ome_xml_in_any_unit(tmp_path):
    sizes = {f"PhysicalSize{axis}": 2.5 for axis in "XYZ"}
    raw = ome_tiff(
        tmp_path / "v.ome.tif",
        **sizes,
        PhysicalSizeXUnit="Å",
        PhysicalSizeYUnit="nm",
        PhysicalSizeZUnit="cm",
    )
    assert raw.spacing == (25.0, 2.5e-6, 2.5e-7)
    raw = ome_tiff(tmp_path / "v.ome.tif", **sizes, PhysicalSizeZUnit="reference frame")
    assert raw.spacing is None
    assert "lengths in 'µm' along some axes and no unit of length along others" in raw.notes[0]


def test_ome_xml_without_one_of_the_sizes_says_so(tmp_path):
    raw = ome_tiff(tmp_path / "v.ome.tif", PhysicalSizeX=0.5, PhysicalSizeY=0.5)
    assert raw.spacing is None
    assert "v.ome.tif gives a physical size and none along z" in raw.notes[0]


def test_the_position_of_planes_is_a_place(tmp_path):
    sizes = {f"PhysicalSize{axis}": 0.5 for axis in "XYZ"}
    for name, x in (("t.ome.tif", 100.0), ("p.ome.tif", 99.0), ("part.ome.tif", 99.9)):
        planes = {}
        for axis, place in zip("XYZ", (x, -7.0, 3.0), strict=True):
            planes |= {f"Position{axis}": [place] * 8, f"Position{axis}Unit": ["µm"] * 8}
        ome_tiff(tmp_path / name, **sizes, Plane=planes)
    truth = read_labels(tmp_path / "t.ome.tif")
    _, found = read_prediction(tmp_path / "p.ome.tif", truth)
    np.testing.assert_array_equal(found[..., :-2], labels()[..., 2:])
    with pytest.raises(VolumeError, match=r"-0.2 voxels .* along x from the truth"):
        read_prediction(tmp_path / "part.ome.tif", truth)
