"""Lengths, units, axes and places: whatever a file or the file beside it says."""

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

from lossexplorer.volumes import VolumeError, open_case, read_labels, read_prediction
from lossexplorer.volumes.reading import read_raw
from lossexplorer.volumes.spacing import millimetres

SHAPE = (8, 20, 24)


def labels(dtype=np.uint8):
    array = np.zeros(SHAPE, dtype)
    array[2:6, 4:12, 4:12] = 1
    array[1:5, 6:16, 14:20] = 2
    return array


# Units


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        # The 21 SI units of OME-XML and OME-Zarr, and the others, in metres as BIPM and NIST give
        # them.
        ("ym", 1e-24),
        ("am", 1e-18),
        ("fm", 1e-15),
        ("pm", 1e-12),
        ("Å", 1e-10),
        ("angstrom", 1e-10),
        ("nm", 1e-9),
        ("nanometer", 1e-9),
        ("micrometer", 1e-6),
        ("µm", 1e-6),
        ("\u03bcm", 1e-6),
        ("microns", 1e-6),
        ("mm", 1e-3),
        ("MM", 1e-3),
        ("Millimetres", 1e-3),
        ("cm", 1e-2),
        ("dm", 1e-1),
        ("m", 1),
        ("meters", 1),
        ("dam", 10),
        ("km", 1e3),
        ("Mm", 1e6),
        ("megameter", 1e6),
        ("Gm", 1e9),
        ("yottameter", 1e24),
        ("inch", 0.0254),
        ("thou", 0.0254e-3),
        ("foot", 0.3048),
        ("feet", 0.3048),
        ("yard", 0.9144),
        ("mile", 1609.344),
        ("parsec", 3.0856775814913673e16),
    ],
)
def test_units(unit, length):
    assert millimetres(unit) == pytest.approx(1e3 * length, rel=1e-12)


@pytest.mark.parametrize("unit", ["pixel", "furlong", "", "s", "mum"])
def test_what_is_no_unit_of_length(unit):
    assert millimetres(unit) is None


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


def test_imagej_takes_a_negative_distance_for_a_positive_one(tmp_path):
    assert imagej(tmp_path / "v.tif", spacing=-2.0, unit="micron").spacing[0] == 0.002


def test_imagej_with_an_unknown_unit_says_so(tmp_path):
    raw = imagej(tmp_path / "v.tif", spacing=2.0, unit="furlong")
    assert raw.spacing is None
    assert "v.tif gives lengths in 'furlong'" in raw.notes[0]
    raw = imagej(tmp_path / "v.tif", spacing=2.0, unit="pixel")
    assert (raw.spacing, raw.notes) == (None, ())
    raw = imagej(tmp_path / "v.tif", spacing=2.0)
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
    assert (raw.spacing, raw.notes) == (None, ())


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


# MetaImage


def meta(path, **entries):
    header = {
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "False",
        "TransformMatrix": "1 0 0 0 1 0 0 0 1",
        "Offset": "0 0 0",
        "ElementSpacing": "0.8 0.9 2.5",
        "DimSize": "24 20 8",
        "ElementType": "MET_UCHAR",
    } | entries
    lines = [f"{key} = {value}" for key, value in header.items() if value is not None]
    text = "\n".join([*lines, "ElementDataFile = LOCAL\n"])
    path.write_bytes(text.encode() + labels().tobytes())
    return read_raw(path)


def as_itk_reads(path):
    """The affine in RAS+ of what SimpleITK reads."""
    image = SimpleITK.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return np.diag([-1, -1, 1, 1]) @ affine


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"ElementSpacing": "0.8 -0.9 2.5"},
        {"ElementSpacing": "-0.8 0.9 -2.5", "Offset": "3 -4 5"},
        {"TransformMatrix": "0 1 0 -1 0 0 0 0 1", "ElementSpacing": "0.8 -0.9 2.5"},
        {"TransformMatrix": None, "Offset": "3 -4 5"},
    ],
)
def test_metaimage_is_placed_as_itk_reads_it(tmp_path, entries):
    raw = meta(tmp_path / "v.mha", **entries)
    assert raw.spacing == (2.5, 0.9, 0.8)
    np.testing.assert_allclose(raw.affine, as_itk_reads(tmp_path / "v.mha"), atol=1e-6)
    assert raw.notes == ()


def test_metaimage_statements_that_disagree(tmp_path):
    raw = meta(tmp_path / "v.mha", ElementSize="0.8 0.9 5")
    assert "of 5 × 0.9 × 0.8 mm by ElementSize: ElementSpacing is used." in raw.notes[0]
    # SimpleITK writes the letters that belong to a direction.
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(labels()), str(tmp_path / "itk.mha"))
    assert read_raw(tmp_path / "itk.mha").notes == ()
    raw = meta(tmp_path / "v.mha", AnatomicalOrientation="RAS")
    assert "towards LPI by AnatomicalOrientation and towards LPS by TransformMatrix" in raw.notes[0]
    assert meta(tmp_path / "v.mha", AnatomicalOrientation="???").notes == ()
    raw = meta(tmp_path / "v.mha", Position="1 2 3")
    assert "has Offset and another Position: Offset is used." in raw.notes[0]
    assert "'furlong'" in meta(tmp_path / "v.mha", DistanceUnits="furlong").notes[0]


def test_2d_metaimage_is_placed(tmp_path):
    plane = labels()[3]
    for name, origin in (("t.mha", (1.0, 2.0)), ("p.mha", (1.8, 2.0))):
        image = SimpleITK.GetImageFromArray(plane)
        image.SetSpacing((0.8, 0.9))
        image.SetOrigin(origin)
        SimpleITK.WriteImage(image, str(tmp_path / name))
    _, found = read_prediction(tmp_path / "p.mha", read_labels(tmp_path / "t.mha"))
    np.testing.assert_array_equal(found[0, :, 1:], plane[:, :-1])


def test_2d_nrrd_is_placed(tmp_path):
    plane = labels()[3]
    for name, x in (("t.nrrd", 1.0), ("p.nrrd", 1.8)):
        save_nrrd(
            tmp_path / name,
            plane.T,
            space_dimension=2,
            space_directions=np.diag([0.8, 0.9]),
            space_origin=np.array([x, 2.0]),
        )
    _, found = read_prediction(tmp_path / "p.nrrd", read_labels(tmp_path / "t.nrrd"))
    np.testing.assert_array_equal(found[0, :, 1:], plane[:, :-1])


# NIfTI


def test_nifti_statements_that_disagree(tmp_path):
    path = tmp_path / "v.nii"
    affine = np.diag([0.8, 0.9, 2.5, 1.0])
    image = nib.Nifti1Image(labels().T, affine)
    away = affine.copy()
    away[0, 3] = 40
    image.set_sform(affine, 1)
    image.set_qform(away, 1)
    nib.save(image, path)
    (note,) = read_raw(path).notes
    assert "sform and qform, that lie up to 40 mm apart: the sform is used" in note
    image.set_qform(affine, 1)
    nib.save(image, path)
    assert read_raw(path).notes == ()
    image.header["pixdim"][3] = 5
    image.set_qform(None, 0)
    nib.save(image, path)
    (note,) = read_raw(path).notes
    assert "5 × 0.9 × 0.8 mm (z, y, x) by its pixdim and of 2.5 × 0.9 × 0.8 mm by its sform" in note


def test_nifti_with_an_unknown_unit(tmp_path):
    image = nib.Nifti1Image(labels().T, np.diag([0.8, 0.9, 2.5, 1.0]))
    image.header["xyzt_units"] = 5
    nib.save(image, tmp_path / "v.nii")
    assert "unknown number 5: mm is assumed" in read_raw(tmp_path / "v.nii").notes[0]


# NRRD


def save_nrrd(path, array, **fields):
    nrrd.write(str(path), array, {name.replace("_", " "): value for name, value in fields.items()})
    return read_raw(path)


DIRECTIONS = np.diag([0.8, 0.9, 2.5])


@pytest.mark.parametrize("where", [0, 1, 3])
def test_nrrd_a_list_of_classes_on_any_axis(tmp_path, where):
    soft = np.random.default_rng(1).dirichlet(np.ones(3), SHAPE).transpose(2, 1, 0, 3)
    rows = np.insert(DIRECTIONS, where, np.nan, axis=0)
    kinds = ["domain"] * 3
    kinds.insert(where, "list")
    raw = save_nrrd(
        tmp_path / "p.nrrd",
        np.moveaxis(soft, -1, where),
        space="RAS",
        space_directions=rows,
        space_origin=np.zeros(3),
        kinds=kinds,
    )
    np.testing.assert_array_equal(raw.array, soft.T)
    assert raw.spacing == (2.5, 0.9, 0.8)


def test_nrrd_origin_in_its_units(tmp_path):
    raw = save_nrrd(
        tmp_path / "v.nrrd",
        labels().T,
        space="left-posterior-superior",
        space_units=["um"] * 3,
        space_directions=1000 * DIRECTIONS,
        space_origin=np.array([3000, 4000, 5000]),
    )
    assert raw.spacing == (2.5, 0.9, 0.8)
    np.testing.assert_allclose(raw.affine[:3, 3], [-3, -4, 5])
    np.testing.assert_allclose(raw.affine[:3, :3], np.diag([-0.8, -0.9, 2.5]))


def test_nrrd_axes_by_name_and_lengths_by_their_ends(tmp_path):
    raw = save_nrrd(
        tmp_path / "v.nrrd",
        labels().transpose(2, 0, 1),
        labels=["x", "z", "y"],
        axis_mins=[0, 0, 0],
        axis_maxs=[19.2, 20.0, 17.1],
        centerings=["cell", "cell", "node"],
        units=["mm", "mm", "mm"],
    )
    np.testing.assert_array_equal(raw.array, labels())
    assert raw.spacing == (2.5, 0.9, 0.8)


def test_nrrd_in_coordinates_without_directions(tmp_path):
    for name, x in (("t.nrrd", 10.0), ("p.nrrd", 11.6)):
        raw = save_nrrd(
            tmp_path / name,
            labels().T,
            space="scanner-xyz",
            space_directions=DIRECTIONS,
            space_origin=np.array([x, 0, 0]),
        )
        assert raw.affine is None
    _, found = read_prediction(tmp_path / "p.nrrd", read_labels(tmp_path / "t.nrrd"))
    np.testing.assert_array_equal(found[..., 2:], labels()[..., :-2])


def test_nrrd_without_an_origin_is_compared_by_index_and_says_so(tmp_path):
    affine = np.diag([0.8, 0.9, 2.5, 1.0])
    affine[0, 3] = 40
    nib.save(nib.Nifti1Image(labels().T, affine), tmp_path / "t.nii")
    save_nrrd(tmp_path / "p.nrrd", labels().T, space="RAS", space_directions=DIRECTIONS)
    case = open_case([tmp_path / "t.nii"], prediction=tmp_path / "p.nrrd")
    np.testing.assert_array_equal(case.predictions[0], labels())
    assert "p.nrrd gives no origin" in case.notes[0]


def test_nrrd_in_an_unknown_unit(tmp_path):
    raw = save_nrrd(tmp_path / "v.nrrd", labels().T, spacings=[1, 1, 2], units=["furlong"] * 3)
    assert raw.spacing is None
    assert "'furlong'" in raw.notes[0]


# MRC


def save_mrc(path, origin=(0, 0, 0), start=(0, 0, 0), angles=(90, 90, 90)):
    with mrcfile.new(path, data=labels(np.int8), overwrite=True) as file:
        file.voxel_size = 10.0
        file.header.origin.x, file.header.origin.y, file.header.origin.z = origin
        file.header.nxstart, file.header.nystart, file.header.nzstart = start
        file.header.cellb.alpha, file.header.cellb.beta, file.header.cellb.gamma = angles
    return read_raw(path)


def test_mrc_origin_and_first_indices_are_a_place(tmp_path):
    save_mrc(tmp_path / "t.mrc", origin=(100, 200, -50))
    save_mrc(tmp_path / "origin.mrc", origin=(130, 200, -60))
    save_mrc(tmp_path / "start.mrc", start=(13, 20, -6))
    truth = read_labels(tmp_path / "t.mrc")
    for name in ("origin.mrc", "start.mrc"):
        _, found = read_prediction(tmp_path / name, truth)
        np.testing.assert_array_equal(found[:-1, :, 3:], labels()[1:, :, :-3])
    save_mrc(tmp_path / "none.mrc")
    case = open_case([tmp_path / "t.mrc"], prediction=tmp_path / "none.mrc")
    np.testing.assert_array_equal(case.predictions[0], labels())
    assert "none.mrc gives no origin" in case.notes[0]


def test_mrc_statements_that_disagree(tmp_path):
    raw = save_mrc(tmp_path / "v.mrc", origin=(100, 0, 0), start=(5, 0, 0))
    assert "its origin is used" in raw.notes[0]
    assert raw.own_place.affine[0, 3] == pytest.approx(1e-5)
    assert save_mrc(tmp_path / "v.mrc", origin=(50, 0, 0), start=(5, 0, 0)).notes == ()
    assert "120°" in save_mrc(tmp_path / "v.mrc", angles=(90, 90, 120)).notes[0]


def test_imod_writes_the_origin_with_the_other_sign(tmp_path):
    for flags, expected in ((0, -1e-5), (4, 1e-5)):
        save_mrc(tmp_path / "v.mrc", origin=(100, 0, 0))
        content = bytearray((tmp_path / "v.mrc").read_bytes())
        content[152:160] = np.array([1146047817, flags], "<i4").tobytes()
        (tmp_path / "v.mrc").write_bytes(content)
        place = read_raw(tmp_path / "v.mrc").own_place
        assert place.affine[0, 3] == pytest.approx(expected)


# OME-Zarr


def save_ome_zarr(path, transformations, whole=None, unit="micrometer"):
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", data=labels(np.uint16))
    axes = [{"name": n, "type": "space"} | ({"unit": unit} if unit else {}) for n in "zyx"]
    image = {
        "version": "0.4",
        "axes": axes,
        "datasets": [{"path": "0", "coordinateTransformations": transformations}],
    }
    if whole:
        image["coordinateTransformations"] = whole
    group.attrs["multiscales"] = [image]
    return read_raw(path)


def scale(*numbers):
    return {"type": "scale", "scale": list(numbers)}


def translation(*numbers):
    return {"type": "translation", "translation": list(numbers)}


def test_ome_zarr_transformations_of_level_and_image_are_a_place(tmp_path):
    raw = save_ome_zarr(
        tmp_path / "t.zarr",
        [scale(2, 1, 1), translation(4, 0, 6)],
        [scale(1, 0.5, 0.5), translation(0, 0, 1)],
    )
    assert raw.spacing == (0.002, 0.0005, 0.0005)
    np.testing.assert_allclose(raw.own_place.affine[:3, 3], [0.004, 0, 0.004])
    save_ome_zarr(tmp_path / "p.zarr", [scale(2, 0.5, 0.5), translation(2, 0, 4)])
    truth = read_labels(tmp_path / "t.zarr")
    _, found = read_prediction(tmp_path / "p.zarr", truth)
    np.testing.assert_array_equal(found[:-1], labels()[1:])
    save_ome_zarr(tmp_path / "none.zarr", [scale(2, 0.5, 0.5)])
    _, found = read_prediction(tmp_path / "none.zarr", truth)
    np.testing.assert_array_equal(found, labels())


def test_ome_zarr_units(tmp_path):
    assert save_ome_zarr(tmp_path / "v.zarr", [scale(2, 1, 1)], unit="angstrom").spacing == (
        2e-7,
        1e-7,
        1e-7,
    )
    raw = save_ome_zarr(tmp_path / "v.zarr", [scale(2, 1, 1)], unit=None)
    assert raw.spacing is None
    assert "v.zarr gives the scale 2 × 1 × 1 without a unit of length" in raw.notes[0]


# Attributes of HDF5 and Zarr


def tags(axes, resolution=0):
    axes = [{"key": key, "typeFlags": 2, "resolution": resolution} for key in axes]
    return json.dumps({"axes": axes})


def save_hdf5(path, array, labels_of_axes=(), **attributes):
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("exported_data", data=array)
        for name, value in attributes.items():
            dataset.attrs[name] = value
        for number, name in enumerate(labels_of_axes):
            dataset.dims[number].label = name
    return read_raw(path)


def save_zarr(path, array, labels_of_axes=(), **attributes):
    names = {"dimension_names": list(labels_of_axes)} if labels_of_axes else {}
    zarr.create_array(path, data=array, attributes=attributes, overwrite=True, **names)
    return read_raw(path)


BOTH = pytest.mark.parametrize(("save", "name"), [(save_hdf5, "v.h5"), (save_zarr, "v.zarr")])


@BOTH
def test_axes_that_ilastik_names_are_put_in_order(tmp_path, save, name):
    soft = np.random.default_rng(1).dirichlet(np.ones(3), SHAPE)
    raw = save(tmp_path / name, soft, axistags=tags("zyxc"))
    np.testing.assert_array_equal(raw.array, np.moveaxis(soft, -1, 0))
    raw = save(tmp_path / name, labels().transpose(2, 1, 0), axistags=tags("xyz", 0.5))
    np.testing.assert_array_equal(raw.array, labels())
    assert raw.spacing is None
    assert "v" in raw.notes[0]
    assert "gives axistags 0.5 × 0.5 × 0.5 without a unit" in raw.notes[0]
    units = json.dumps(dict.fromkeys("xyz", "um"))
    raw = save(tmp_path / name, labels().T, axistags=tags("xyz", 0.5), axis_units=units)
    assert raw.spacing == (0.0005,) * 3


@BOTH
def test_axes_in_the_words_of_the_format(tmp_path, save, name):
    raw = save(tmp_path / name, labels().transpose(1, 2, 0), ["y", "x", "z"])
    np.testing.assert_array_equal(raw.array, labels())


@BOTH
@pytest.mark.parametrize("key", ["resolution", "voxel_size", "spacing"])
def test_lengths_with_units_and_an_offset(tmp_path, save, name, key):
    attributes = {key: [40, 4, 4], "units": ["nm"] * 3}
    raw = save(tmp_path / name, labels(), offset=[400, 0, 8], **attributes)
    assert raw.spacing == (4e-5, 4e-6, 4e-6)
    np.testing.assert_allclose(raw.own_place.affine[:3, 3], [8e-6, 0, 4e-4])
    raw = save(tmp_path / name, labels(), **{key: [40, 4, 4]})
    assert raw.spacing is None
    assert f"gives {key} 40 × 4 × 4 without a unit of length" in raw.notes[0]


@BOTH
def test_lengths_that_disagree(tmp_path, save, name):
    raw = save(
        tmp_path / name,
        labels(),
        element_size_um=[2.0, 0.5, 0.5],
        resolution=[4, 1, 1],
        unit="nanometer",
    )
    assert raw.spacing == (0.002, 0.0005, 0.0005)
    assert "by element_size_um and of 4e-06 × 1e-06 × 1e-06 mm by resolution" in raw.notes[0]


def test_n5_lengths_run_from_x_to_z(tmp_path):
    stated = {"dimensions": [4, 4, 40], "unit": "nm"}
    assert save_zarr(tmp_path / "v.zarr", labels(), pixelResolution=stated).spacing == (
        4e-5,
        4e-6,
        4e-6,
    )


# Files beside


def test_nnunet_puts_the_spacing_beside_a_tiff(tmp_path):
    tifffile.imwrite(tmp_path / "case_001.tif", labels(), metadata=None)
    (tmp_path / "case_001.json").write_text('{"spacing": [2.5, 0.9, 0.8]}')
    volume = read_labels(tmp_path / "case_001.tif")
    assert (volume.spacing, volume.spacing_known) == ((2.5, 0.9, 0.8), True)
    tifffile.imwrite(tmp_path / "case_001_0000.tif", labels(), metadata=None)
    assert read_raw(tmp_path / "case_001_0000.tif").spacing == (2.5, 0.9, 0.8)


def test_bids_gives_the_size_of_a_pixel_from_x_to_z(tmp_path):
    np.save(tmp_path / "sub-01_SPIM.npy", labels())
    beside = {"PixelSize": [0.25, 0.25, 2], "PixelSizeUnits": "um", "Manufacturer": "?"}
    (tmp_path / "sub-01_SPIM.json").write_text(json.dumps(beside))
    assert read_labels(tmp_path / "sub-01_SPIM.npy").spacing == (0.002, 0.00025, 0.00025)
    (tmp_path / "sub-01_SPIM.json").write_text(json.dumps(beside | {"PixelSizeUnits": "ell"}))
    raw = read_raw(tmp_path / "sub-01_SPIM.npy")
    assert raw.spacing is None
    assert "sub-01_SPIM.json gives lengths in 'ell'" in raw.notes[0]


def test_a_file_goes_before_the_file_beside_it(tmp_path):
    nib.save(nib.Nifti1Image(labels().T, np.diag([0.8, 0.9, 2.5, 1])), tmp_path / "v.nii.gz")
    (tmp_path / "v.json").write_text('{"spacing": [5, 0.9, 0.8]}')
    raw = read_raw(tmp_path / "v.nii.gz")
    assert raw.spacing == (2.5, 0.9, 0.8)
    assert "by v.json: the file itself is used" in raw.notes[0]


def test_a_pickle_beside_is_named_and_not_opened(tmp_path):
    np.savez(tmp_path / "v.npz", seg=labels())
    (tmp_path / "v.pkl").write_bytes(b"cos\nsystem\n(S'touch /tmp/opened'\ntR.")
    raw = read_raw(tmp_path / "v.npz")
    assert "v.pkl beside it is not opened" in raw.notes[0]


@pytest.mark.parametrize("text", ["[1, 2, 3]", "{", '{"spacing": [1, 2]}', '{"spacing": "1"}'])
def test_another_json_beside_says_nothing_of_lengths(tmp_path, text):
    np.save(tmp_path / "v.npy", labels())
    (tmp_path / "v.json").write_text(text)
    raw = read_raw(tmp_path / "v.npy")
    assert (raw.spacing, raw.notes) == (None, ())
