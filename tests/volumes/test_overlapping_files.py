"""Truths whose classes may overlap, in every kind of file, and their predictions."""

import json

import h5py
import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK
import tifffile
import zarr

from lossexplorer.volumes import AxesNeededError, OverlapNeededError, VolumeError, open_case
from tests.volumes.conftest import write_dicom_seg

SHAPE = (4, 5, 6)
NAMES = ("whole", "core", "spot")


def masks() -> np.ndarray:
    """(class, z, y, x): one within another, and one that overlaps both; no flip keeps them."""
    found = np.zeros((3, *SHAPE), np.uint8)
    found[0, :3, 1:5, 1:5] = 1
    found[1, 1:3, 2:4, 2:4] = 1
    found[2, 2:, 3:, 3:] = 1
    return found


def masks_of(case, sample=0) -> np.ndarray:
    volume = case.batch[sample]
    return np.stack([volume.mask(index) for index in range(1, len(volume.classes))])


def probabilities(seed=0) -> np.ndarray:
    return np.random.default_rng(seed).random((3, *SHAPE)).astype(np.float32)


def write_layers(path, layers, segments) -> None:
    """Write a segmentation as 3D Slicer does: layers first, and what each segment is."""
    header = {
        "space": "left-posterior-superior",
        "kinds": ["list", "domain", "domain", "domain"],
        "space directions": [[np.nan] * 3, [0.5, 0, 0], [0, 0.75, 0], [0, 0, 2.5]],
        "space origin": [1, 2, 3],
    }
    for number, (name, layer, value) in enumerate(segments):
        header |= {
            f"Segment{number}_Name": name,
            f"Segment{number}_Layer": str(layer),
            f"Segment{number}_LabelValue": str(value),
        }
    nrrd.write(str(path), np.stack(layers).transpose(0, 3, 2, 1), header)


@pytest.mark.parametrize(
    "name", ["m.npy", "m.npz", "m.h5", "m.nii.gz", "m.tif", "m.ome.tif", "m.mha", "m.nrrd"]
)
def test_the_channels_of_a_file_are_classes(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".npy"):
        np.save(path, masks())
    elif name.endswith(".npz"):
        np.savez(path, labels=masks())
    elif name.endswith(".h5"):
        with h5py.File(path, "w") as file:
            file["labels"] = masks()
    elif name == "m.tif":
        tifffile.imwrite(path, masks().swapaxes(0, 1), imagej=True, metadata={"axes": "ZCYX"})
    elif name == "m.ome.tif":
        tifffile.imwrite(path, masks(), metadata={"axes": "CZYX"})
    elif name.endswith((".mha", ".nrrd")):
        image = SimpleITK.GetImageFromArray(np.moveaxis(masks(), 0, -1), isVector=True)
        SimpleITK.WriteImage(image, str(path))
    else:
        nib.save(nib.Nifti1Image(masks().T, np.diag([0.5, 0.75, 2.5, 1])), path)
    (tmp_path / "m.json").write_text(json.dumps(dict(enumerate(NAMES))), "utf-8")
    case = open_case([path], overlapping=True)
    np.testing.assert_array_equal(masks_of(case), masks())
    assert case.batch.names == ("background", *NAMES)
    assert [c.voxels for c in case.batch[0].classes[1:]] == masks().sum((1, 2, 3)).tolist()
    assert case.batch[0].classes[0].voxels == (masks().sum(0) == 0).sum()


def test_a_file_for_each_class(tmp_path):
    paths = [tmp_path / f"{name}.npy" for name in NAMES]
    for path, mask in zip(paths, masks() * np.array([1, 255, 7])[:, None, None, None], strict=True):
        np.save(path, mask)
    case = open_case(paths, overlapping=True)
    np.testing.assert_array_equal(masks_of(case), masks())
    assert case.batch.names == ("background", *NAMES)
    np.savez(tmp_path / "all.npz", **dict(zip(NAMES, masks(), strict=True)))
    parts = open_case([f"{tmp_path / 'all.npz'}::{name}" for name in NAMES], overlapping=True)
    assert (parts.key, parts.batch.names) == (case.key, case.batch.names)
    np.save(tmp_path / "both.npy", masks()[0] + masks()[1])
    with pytest.raises(VolumeError, match=r"both\.npy holds several numbers, such as 1 and 2"):
        open_case([*paths, tmp_path / "both.npy"], overlapping=True)


def test_a_channel_that_is_where_no_other_is_is_the_background(tmp_path):
    rest = masks().sum(0) == 0
    np.save(tmp_path / "m.npy", np.concatenate([rest[None], masks()]).astype(np.uint8))
    np.save(tmp_path / "p.npy", np.concatenate([np.ones((1, *SHAPE)), probabilities()]))
    case = open_case([tmp_path / "m.npy"], overlapping=True, prediction=tmp_path / "p.npy")
    np.testing.assert_array_equal(masks_of(case), masks())
    np.testing.assert_array_equal(case.predictions[0][1:], probabilities())
    assert case.batch.names[1:] == tuple(f"class {k}" for k in range(1, len(masks()) + 1))
    assert any("Channel 0 of m.npy is 1 where no other is" in note for note in case.notes)
    assert any("Channel 0 of p.npy is taken for the background" in note for note in case.notes)


def test_segments_of_dicom_that_overlap(tmp_path):
    names = dict(enumerate(NAMES, start=1))
    path = tmp_path / "over.dcm"
    write_dicom_seg(path, np.moveaxis(masks(), 0, -1), kind="BINARY", names=names)
    case = open_case([path])
    np.testing.assert_array_equal(masks_of(case), masks())
    assert case.batch.names == ("background", *NAMES)
    assert case.batch.spacing == (2.5, 0.75, 0.5)
    assert case.batch[0].orientation == "LPS"
    with pytest.raises(VolumeError, match="over holds segments that overlap"):
        open_case([path], overlapping=False)


def test_segments_of_a_prediction_are_found_by_their_names(tmp_path):
    """Also segments that do not overlap there, whose numbers are others."""
    truth, over, alone = tmp_path / "t.dcm", tmp_path / "over.dcm", tmp_path / "alone.dcm"
    stacked = np.moveaxis(masks(), 0, -1)
    write_dicom_seg(truth, stacked, kind="BINARY", names=dict(enumerate(NAMES, start=1)))
    write_dicom_seg(
        over, stacked[..., [2, 0, 1]], kind="BINARY", names={1: "Spot", 2: "Whole", 3: "Core"}
    )
    case = open_case([truth], prediction=over)
    np.testing.assert_array_equal(case.predictions[0][1:], masks())
    labels = np.where(masks()[2], 1, masks()[0] * 2).astype(np.uint8)
    write_dicom_seg(alone, labels, kind="BINARY", names={1: "spot", 2: "whole"})
    case = open_case([truth], prediction=alone)
    expected = [labels == 2, np.zeros(SHAPE), labels == 1]
    np.testing.assert_array_equal(case.predictions[0][1:], expected)


def test_an_overlapping_prediction_of_exclusive_classes_is_refused(tmp_path):
    truth, over = tmp_path / "t.dcm", tmp_path / "over.dcm"
    names = dict(enumerate(NAMES, start=1))
    write_dicom_seg(over, np.moveaxis(masks(), 0, -1), kind="BINARY", names=names)
    write_dicom_seg(truth, masks()[0] + masks()[1], names={1: "whole", 2: "core"})
    with pytest.raises(VolumeError, match=r"over\.dcm holds segments that overlap, and the class"):
        open_case([truth], prediction=over)


@pytest.mark.parametrize("values", [(1, 1, 1), (1, 2, 1)])
def test_layers_of_slicer_that_overlap(tmp_path, values):
    """Two segments in a layer, as Slicer packs what does not overlap, and one in another."""
    layer = masks()[0] * (1 - masks()[1]) * values[0]
    path = tmp_path / "layers.seg.nrrd"
    layers = [layer, masks()[1] * values[1], masks()[2] * values[2]]
    segments = [(name, k, values[k]) for k, name in enumerate(NAMES)]
    write_layers(path, layers, segments)
    case = open_case([path])
    expected = masks().copy()
    expected[0] = layer > 0
    np.testing.assert_array_equal(masks_of(case), expected)
    assert case.batch.names == ("background", *NAMES)
    assert case.batch.spacing == (2.5, 0.75, 0.5)


def test_layers_of_slicer_without_overlap_are_labels(tmp_path):
    """Their ids are counted where two have the same one."""
    apart = np.stack([masks()[1], (masks().sum(0) == 0).astype(np.uint8)])
    for values, ids in (((1, 1), [0, 1, 2]), ((3, 7), [0, 3, 7])):
        path = tmp_path / f"{values[0]}.seg.nrrd"
        layers = apart * np.array(values, np.uint8)[:, None, None, None]
        write_layers(path, layers, [("core", 0, values[0]), ("rest", 1, values[1])])
        case = open_case([path])
        assert case.batch[0].overlap is None
        assert [c.id for c in case.batch[0].classes] == ids
        assert case.batch.names == ("background", "core", "rest")
        np.testing.assert_array_equal(case.batch[0].labels, apart[0] + 2 * apart[1])


LABELS = {"background": 0, "whole tumour": [1, 2, 3], "core": [2, 3], "spot": 3}


def nnunet(folder, labels=LABELS):
    """A case of nnU-Net with the ids 0 to 3, of which 3 is within 2, and 2 within 1."""
    (folder / "labelsTr").mkdir(exist_ok=True)
    order = {"labels": labels, "regions_class_order": [1, 2, 3]}
    (folder / "dataset.json").write_text(json.dumps(order), "utf-8")
    ids = np.zeros(SHAPE, np.uint8)
    ids[:3, 1:, 1:], ids[1:3, 2:4, 2:5], ids[2, 3, 3:5] = 1, 2, 3
    path = folder / "labelsTr" / "case.nii.gz"
    nib.save(nib.Nifti1Image(ids.T, np.eye(4)), path)
    return path, ids


def test_regions_of_nnunet(tmp_path):
    path, ids = nnunet(tmp_path)
    case = open_case([path])
    expected = np.stack([ids > 0, ids > 1, ids > 2])
    np.testing.assert_array_equal(masks_of(case), expected)
    assert case.batch.names == ("background", "whole tumour", "core", "spot")
    said = "made of ids, as dataset.json says: whole tumour (1-3), core (2-3), spot (3)."
    assert any(said in note for note in case.notes)
    # As nnU-Net writes them: a channel per region, or the ids again.
    np.savez(tmp_path / "case.npz", probabilities=probabilities())
    given = case.with_prediction(tmp_path / "case.npz")
    np.testing.assert_array_equal(given.predictions[0][1:], probabilities())
    np.save(tmp_path / "ids.npy", np.roll(ids, 1, 2))
    given = case.with_prediction(tmp_path / "ids.npy")
    moved = np.roll(expected, 1, 3)
    np.testing.assert_array_equal(given.predictions[0], [np.zeros(SHAPE), *moved])
    np.save(tmp_path / "two.npy", probabilities()[:2])
    with pytest.raises(VolumeError, match="has 2 channels; expected 3, one for each of the overl"):
        case.with_prediction(tmp_path / "two.npy")
    exclusive = open_case([path], overlapping=False)
    assert exclusive.batch[0].overlap is None
    assert "dataset.json has regions; here the classes are ids instead." in exclusive.notes


def test_regions_of_an_empty_truth_are_absent(tmp_path):
    labels = {"background": 0, "whole": [1, 2], "core": [2]}
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}), "utf-8")
    np.save(tmp_path / "t.npy", np.zeros(SHAPE, np.uint8))
    np.save(tmp_path / "p.npy", probabilities()[:2])
    case = open_case([tmp_path / "t.npy"], prediction=tmp_path / "p.npy")
    assert [(c.name, c.voxels) for c in case.batch[0].classes[1:]] == [("whole", 0), ("core", 0)]
    assert not any("Neither" in note for note in case.notes)


def test_an_id_that_only_the_prediction_has_is_of_its_regions(tmp_path):
    path, ids = nnunet(tmp_path)
    only = np.where(ids == 3, 2, ids).astype(np.uint8)
    nib.save(nib.Nifti1Image(only.T, np.eye(4)), path)
    np.save(tmp_path / "ids.npy", ids)
    case = open_case([path], prediction=tmp_path / "ids.npy")
    np.testing.assert_array_equal(case.predictions[0][1:], [ids > 0, ids > 1, ids > 2])
    assert [c.voxels for c in case.batch[0].classes[1:]] == [(ids > 0).sum(), (ids > 1).sum(), 0]


def test_a_region_and_an_ignored_id(tmp_path):
    path, ids = nnunet(tmp_path, {"background": 0, "all": [1, 2], "core": [2], "ignore": 3})
    case = open_case([path], prediction=path)
    volume = case.batch[0]
    np.testing.assert_array_equal(volume.ignored, ids == 3)
    np.testing.assert_array_equal(masks_of(case), [(ids == 1) | (ids == 2), ids == 2])
    # What the prediction calls ignored is in no region.
    np.testing.assert_array_equal(case.predictions[0][1:], masks_of(case))


def test_an_ignored_id_is_no_class_where_each_id_is_one(tmp_path):
    labels = np.zeros(SHAPE, np.uint8)
    labels[1, 2:4], labels[2, 1:3], labels[0] = 1, 2, 3
    np.save(tmp_path / "t.npy", labels)
    np.save(tmp_path / "p.npy", probabilities())  # background first
    names = {"background": 0, "edema": 1, "core": 2, "ignore": 3}
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": names}), "utf-8")
    for ignore in ("declared", 3):
        case = open_case(
            [tmp_path / "t.npy"], prediction=tmp_path / "p.npy", overlapping=True, ignore=ignore
        )
        assert case.batch.names == ("background", "edema", "core")
        np.testing.assert_array_equal(case.predictions[0][1:], probabilities()[1:])


def test_labels_as_classes_with_a_probability_each(tmp_path):
    """A sigmoid for each of the ids, as multi-label networks have it."""
    ids = masks()[0] + masks()[1]
    np.save(tmp_path / "t.npy", ids * 4)
    np.save(tmp_path / "p.npy", probabilities()[:2])
    case = open_case([tmp_path / "t.npy"], overlapping=True, prediction=tmp_path / "p.npy")
    np.testing.assert_array_equal(masks_of(case), [ids == 1, ids == 2])
    np.testing.assert_array_equal(case.predictions[0][1:], probabilities()[:2])
    same = case.with_prediction(tmp_path / "t.npy")
    np.testing.assert_array_equal(same.predictions[0][1:], masks_of(case))


def test_one_number_per_voxel_says_nothing_of_masks_that_overlap(tmp_path):
    np.save(tmp_path / "m.npy", masks())
    np.save(tmp_path / "ids.npy", masks()[0])
    with pytest.raises(VolumeError, match="one number per voxel, and the 3 classes of the truth"):
        open_case([tmp_path / "m.npy"], overlapping=True, prediction=tmp_path / "ids.npy")
    np.save(tmp_path / "one.npy", masks()[0])
    np.save(tmp_path / "p.npy", probabilities()[0])
    truth = f"{tmp_path / 'one.npy'}::@zyx"
    one = open_case([truth], overlapping=True, prediction=tmp_path / "p.npy")
    np.testing.assert_array_equal(one.predictions[0][1], probabilities()[0])


def test_a_batch_has_one_table_of_values(tmp_path):
    """Of (sample, class, z, y, x), where the samples overlap otherwise."""
    other = masks()[[1, 0, 2], ::-1]
    np.save(tmp_path / "m.npy", np.stack([masks(), other]))
    np.save(tmp_path / "p.npy", np.stack([probabilities(), probabilities(1)]))
    case = open_case([tmp_path / "m.npy"], overlapping=True, prediction=tmp_path / "p.npy")
    np.testing.assert_array_equal(masks_of(case), masks())
    np.testing.assert_array_equal(masks_of(case, 1), other)
    first, second = (sample.overlap for sample in case.batch)
    assert first.ids == second.ids
    np.testing.assert_array_equal(first.members, second.members)
    np.testing.assert_array_equal(case.predictions[1][1:], probabilities(1))


def test_patches_and_groups_of_overlapping_classes(tmp_path):
    np.save(tmp_path / "m.npy", masks())
    np.save(tmp_path / "p.npy", probabilities())
    case = open_case(
        [tmp_path / "m.npy"], overlapping=True, prediction=tmp_path / "p.npy", patch=(2, 5, 6)
    )
    np.testing.assert_array_equal(masks_of(case, 1), masks()[:, 2:])
    np.testing.assert_array_equal(case.predictions[1][1:], probabilities()[:, 2:])
    one = case.with_patch(None).with_classes("foreground")
    assert one.batch[0].overlap is None
    np.testing.assert_array_equal(one.batch[0].labels, masks().any(0))
    np.testing.assert_array_equal(one.predictions[0][1], probabilities().max(0))
    two = case.with_patch(None).with_classes((1, 3))
    np.testing.assert_array_equal(masks_of(two), masks()[[0, 2]])
    np.testing.assert_array_equal(two.predictions[0][1:], probabilities()[[0, 2]])
    assert len({case.key, one.key, two.key}) == 3


def test_arrays_of_zeros_and_ones_are_samples_or_classes(tmp_path):
    np.save(tmp_path / "m.npy", masks())
    with pytest.raises(OverlapNeededError, match=r"m\.npy holds 3 arrays of zeros and ones"):
        open_case([tmp_path / "m.npy"], asks=True)
    case = open_case([tmp_path / "m.npy"])
    assert len(case.batch) == 3
    assert any("taken for samples of a batch" in note for note in case.notes)
    told = open_case([tmp_path / "m.npy"], overlapping=False, asks=True)
    assert (told.key, told.notes) == (case.key, ())
    np.save(tmp_path / "l.npy", masks() * 2)
    assert not open_case([tmp_path / "l.npy"], asks=True).notes


def test_masks_on_another_grid_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", masks()[0])
    np.save(tmp_path / "b.npy", masks()[1, :, :, 1:])
    with pytest.raises(VolumeError, match=r"b\.npy is 4 × 5 × 5 \(z, y, x\), a\.npy is 4 × 5 × 6"):
        open_case([tmp_path / "a.npy", tmp_path / "b.npy"], overlapping=True)


def test_masks_and_predictions_are_placed(tmp_path):
    """Files that begin a slice later lie a slice later, in no class before that."""
    here, later = np.diag([0.5, 0.75, 2.5, 1]), np.diag([0.5, 0.75, 2.5, 1])
    later[2, 3] = 2.5
    for name, array, affine in (
        ("whole", masks()[0], here),
        ("core", masks()[1, 1:], later),
        ("p", probabilities()[:2, 1:], later),
    ):
        nib.save(nib.Nifti1Image(array.T, affine), tmp_path / f"{name}.nii.gz")
    paths = [tmp_path / f"{name}.nii.gz" for name in ("whole", "core")]
    case = open_case(paths, overlapping=True, prediction=tmp_path / "p.nii.gz")
    np.testing.assert_array_equal(masks_of(case), [masks()[0], masks()[1]])
    expected = probabilities()[:2].copy()
    expected[:, 0] = 0
    np.testing.assert_array_equal(case.predictions[0][1:], expected)
    assert sum("what it lacks is in no class" in note for note in case.notes) == 2


def test_a_truth_of_segments_grows_to_its_prediction(tmp_path):
    """DICOM-SEG leaves out slices without a segment: the prediction's lie beyond the truth's."""
    stacked = np.moveaxis(masks(), 0, -1)
    names = dict(enumerate(NAMES, start=1))
    write_dicom_seg(tmp_path / "t.dcm", stacked, kind="BINARY", names=names)
    p = np.zeros((3, 6, *SHAPE[1:]), np.float32)
    p[:, 1:5] = probabilities()
    truth = open_case([tmp_path / "t.dcm"]).batch[0]
    start = truth.affine.copy()
    start[:3, 3] -= start[:3, 2]
    nib.save(nib.Nifti1Image(p.T, start), tmp_path / "p.nii.gz")
    case = open_case([tmp_path / "t.dcm"], prediction=tmp_path / "p.nii.gz")
    np.testing.assert_array_equal(masks_of(case)[:, 1:5], masks())
    assert masks_of(case)[:, [0, 5]].sum() == 0
    np.testing.assert_array_equal(case.predictions[0][1:], p)
    assert case.batch[0].classes[0].voxels == (masks().sum(0) == 0).sum() + 2 * 30
    np.save(tmp_path / "mask.npy", np.ones(SHAPE, np.uint8))
    masked = open_case([tmp_path / "t.dcm"], mask=tmp_path / "mask.npy")
    with pytest.raises(VolumeError, match=r"p\.nii\.gz goes on beyond t, which is continued"):
        masked.with_prediction(tmp_path / "p.nii.gz")


# Masks of one slice


def flat() -> np.ndarray:
    """Three masks of one slice, (class, y, x)."""
    return masks()[:, 1]


def test_masks_of_one_slice_and_a_class_in_slices_are_told_apart(tmp_path):
    """(3, 5, 6) of zeros and ones is either; nothing is taken for granted."""
    path = tmp_path / "flat.npy"
    np.save(path, flat())
    with pytest.raises(AxesNeededError, match=r"flat\.npy::@zyx or flat\.npy::@cyx\.$"):
        open_case([path], overlapping=True)
    classes = open_case([f"{path}::@cyx"], overlapping=True)
    assert np.array_equal(masks_of(classes), flat()[:, None])
    slices = open_case([f"{path}::@zyx"], overlapping=True)
    assert np.array_equal(masks_of(slices), flat()[None] != 0)


@pytest.mark.parametrize(
    ("axes", "stored"),
    [
        ("cyx", flat()),
        ("yxc", np.moveaxis(flat(), 0, -1)),
        ("xyc", flat().T),
        ("xyzc", masks().T),
        ("zcyx", masks().swapaxes(0, 1)),
        ("tcyx", flat()[None]),
    ],
)
@pytest.mark.parametrize("ending", [".npy", ".npz", ".h5", ".zarr"])
def test_axes_are_named_behind_the_file(tmp_path, axes, stored, ending):
    path = tmp_path / f"m{ending}"
    write_array(path, np.ascontiguousarray(stored))
    case = open_case([f"{path}::@{axes}"], overlapping=True)
    expected = masks() if "z" in axes else flat()[:, None]
    assert np.array_equal(masks_of(case), expected)


def write_array(path, array) -> None:
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, labels=array)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file["labels"] = array
    else:
        zarr.create_array(path, data=array)


def test_names_of_axes_that_do_not_fit_are_refused(tmp_path):
    np.save(tmp_path / "m.npy", masks())
    with pytest.raises(VolumeError, match=r"m\.npy has 4 axes \(3 × 4 × 5 × 6\), and @cyx names 3"):
        open_case([f"{tmp_path / 'm.npy'}::@cyx"], overlapping=True)
    tifffile.imwrite(tmp_path / "m.tif", flat(), photometric="minisblack")
    with pytest.raises(VolumeError, match=r"m\.tif is TIFF, which says what its axes are"):
        open_case([f"{tmp_path / 'm.tif'}::@cyx"], overlapping=True)
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["labels"] = flat()
        file["labels"].attrs["axes"] = ["z", "y", "x"]
    with pytest.raises(VolumeError, match=r"m\.h5 names its axes itself \(z, y, x\)"):
        open_case([f"{tmp_path / 'm.h5'}::@cyx"], overlapping=True)


def test_a_file_that_names_an_axis_of_channels_has_classes(tmp_path):
    """Of one slice, as h5py, Zarr 3, OME-Zarr and tifffile write it."""
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["labels"] = flat()
        for axis, letter in zip(file["labels"].dims, "cyx", strict=True):
            axis.label = letter
    zarr.create_array(tmp_path / "m.zarr", data=flat(), dimension_names=["c", "y", "x"])
    tifffile.imwrite(tmp_path / "m.ome.tif", flat(), metadata={"axes": "CYX"})
    tifffile.imwrite(tmp_path / "m.tif", flat(), imagej=True, metadata={"axes": "CYX"})
    for name in ("m.h5", "m.zarr", "m.ome.tif", "m.tif"):
        case = open_case([tmp_path / name], overlapping=True)
        assert np.array_equal(masks_of(case), flat()[:, None]), name


def test_channels_are_no_samples(tmp_path):
    """Nothing but the name of the axis tells (class, z, y, x) from (sample, z, y, x)."""
    zarr.create_array(tmp_path / "m.zarr", data=masks(), dimension_names=["c", "z", "y", "x"])
    with pytest.raises(
        OverlapNeededError, match=r"m\.zarr has 3 channels.*--overlapping.*--exclusive"
    ):
        open_case([tmp_path / "m.zarr"])
    assert len(open_case([tmp_path / "m.zarr"], overlapping=False).batch) == 3
    tifffile.imwrite(tmp_path / "m.tif", flat(), imagej=True, metadata={"axes": "CYX"})
    (note,) = open_case([tmp_path / "m.tif"]).notes
    assert note == "m.tif calls its 3 planes channels; they are taken for slices."


def test_a_class_axis_that_may_be_the_last_is_spoken_of(tmp_path):
    ids = np.moveaxis(masks() * np.uint8(3), 0, -1)
    np.save(tmp_path / "m.npy", ids)
    (note,) = open_case([tmp_path / "m.npy"]).notes
    assert note.startswith("m.npy is 4 × 5 × 6 × 3 and is taken for 4 samples of 5 × 6 × 3 voxels")
    assert open_case([f"{tmp_path / 'm.npy'}::@tzyx"]).notes == ()
    np.save(tmp_path / "n.npy", masks() * np.uint8(3))
    assert open_case([tmp_path / "n.npy"]).notes == ()


def test_the_spacing_of_a_slice_is_that_of_its_named_axes(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["labels"] = flat()
        file["labels"].attrs.update(axes=["c", "y", "x"], resolution=[1, 4.0, 8.0], units="um")
    case = open_case([tmp_path / "m.h5"], overlapping=True)
    assert case.batch.spacing == pytest.approx((0.008, 0.004, 0.008))


# Labels, each id of which is a class, with what only the prediction has


def test_an_empty_truth_of_labels_has_the_classes_of_its_prediction(tmp_path):
    np.save(tmp_path / "empty.npy", np.zeros((4, 5, 6), np.uint8))
    np.save(tmp_path / "ids.npy", masks()[0] * np.uint8(2))
    p = probabilities()
    np.save(tmp_path / "p.npy", p)
    of_ids = open_case([tmp_path / "empty.npy"], overlapping=True, prediction=tmp_path / "ids.npy")
    assert [(c.id, c.voxels) for c in of_ids.batch[0].classes[1:]] == [(1, 0)]
    assert of_ids.batch.names[1:] == ("class 2",)
    assert np.array_equal(of_ids.predictions[0][1:], masks()[:1])
    of_channels = open_case(
        [tmp_path / "empty.npy"], overlapping=True, prediction=tmp_path / "p.npy"
    )
    assert of_channels.batch.names[1:] == ("class 1", "class 2", "class 3")
    assert np.array_equal(of_channels.predictions[0][1:], p)
    with pytest.raises(VolumeError, match="holds no labelled voxel"):
        open_case([tmp_path / "empty.npy"], overlapping=True)


def test_an_id_or_a_channel_that_only_the_prediction_has_is_a_class(tmp_path):
    """A truth of the ids 1 and 3, of a task with three classes."""
    np.save(tmp_path / "t.npy", np.where(masks()[0], np.uint8(1), masks()[2] * np.uint8(3)))
    np.save(tmp_path / "ids.npy", masks()[1] * np.uint8(2))
    p = probabilities()
    np.save(tmp_path / "p.npy", p)
    np.save(tmp_path / "with_background.npy", np.concatenate([1 - p[:1], p]))
    truth = tmp_path / "t.npy"
    by_id = open_case([truth], overlapping=True, prediction=tmp_path / "ids.npy")
    assert by_id.batch.names[1:] == ("class 1", "class 2", "class 3")
    assert np.array_equal(by_id.predictions[0][2], masks()[1])
    for name in ("p.npy", "with_background.npy"):
        case = open_case([truth], overlapping=True, prediction=tmp_path / name)
        assert case.batch.names[1:] == ("class 1", "class 2", "class 3")
        assert np.array_equal(case.predictions[0][1:], p)
    np.save(tmp_path / "two.npy", p[:2])
    two = open_case([truth], overlapping=True, prediction=tmp_path / "two.npy")
    assert two.batch.names[1:] == ("class 1", "class 3")
