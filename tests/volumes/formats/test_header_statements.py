"""What headers say of lengths, axes and place, and where two statements disagree."""

import mrcfile
import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK

from lossexplorer.volumes import open_case, read_labels, read_prediction
from lossexplorer.volumes.reading import read_raw
from tests.volumes.two_boxes import SHAPE, labels

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


def test_nrrd_begins_where_its_axes_do(tmp_path):
    """ITK puts the first voxel half an edge behind the least end of an axis of cells."""
    header = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 24 20 8\nencoding: raw\n"
    for name, x in (("t.nrrd", 0.0), ("p.nrrd", 1.6)):
        ends = f"axis mins: {x} 0 0\naxis maxs: {x + 19.2} 18 20\ncenterings: cell cell cell\n\n"
        (tmp_path / name).write_bytes((header + ends).encode() + labels().tobytes())
        place = read_raw(tmp_path / name).own_place
        first = SimpleITK.ReadImage(str(tmp_path / name)).GetOrigin()
        np.testing.assert_allclose(place.affine[:3, 3], first)
    _, found = read_prediction(tmp_path / "p.nrrd", read_labels(tmp_path / "t.nrrd"))
    np.testing.assert_array_equal(found[..., 2:], labels()[..., :-2])
    assert not found[..., :2].any()
    for name, x in (("s.nrrd", 3.0), ("q.nrrd", 4.6)):
        place = f"space: LPS\nspacings: 0.8 0.9 2.5\nspace origin: ({x},0,0)\n\n"
        (tmp_path / name).write_bytes((header + place).encode() + labels().tobytes())
    _, found = read_prediction(tmp_path / "q.nrrd", read_labels(tmp_path / "s.nrrd"))
    np.testing.assert_array_equal(found[..., 2:], labels()[..., :-2])


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
