"""Exported volumes, read by nibabel, pynrrd and zarr, and again by this program."""

import csv
import json

import nibabel as nib
import nrrd
import numpy as np
import pytest
import zarr
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader

from lossexplorer.core.parameters import ParameterError
from lossexplorer.exports.volumes import parse_whats
from lossexplorer.exports.writing import format_of, paths_of
from lossexplorer.headless.evaluation import chosen_losses, evaluate, opened
from lossexplorer.headless.exports import VolumesWanted, class_of_id, export_volumes

# Oblique: x and y are turned by an angle whose cosine and sine are 0.8 and 0.6, and x is reversed.
AFFINE = np.array(
    [
        [-0.8 * 0.5, 0.6 * 0.75, 0, 12.0],
        [0.6 * 0.5, 0.8 * 0.75, 0, -7.0],
        [0, 0, 2.5, 30.0],
        [0, 0, 0, 1.0],
    ]
)
LOSSES = chosen_losses(["dice", "cross_entropy"], ["cross_entropy=0.5"])
CONTROLS = ["grow=0.6mm", "softness=0.8mm", "shift_x=1vox"]
EVERY = parse_whats("probabilities,labels,error,gradient")


def labels():
    found = np.zeros((6, 9, 11), np.uint16)
    found[1:4, 2:6, 2:7], found[2:5, 5:8, 5:9] = 3, 700
    return found


@pytest.fixture
def truth(tmp_path):
    """Labels with ids 3 and 700 in an oblique NIfTI, with names beside."""
    image = nib.Nifti1Image(labels().T, AFFINE)
    image.header.set_xyzt_units("mm")
    path = tmp_path / "truth.nii.gz"
    nib.save(image, path)
    (tmp_path / "truth.json").write_text(json.dumps({"3": "liver", "700": "vessel, left"}))
    return path


def exported(truth, out, wanted, prediction=None, controls=CONTROLS):
    case, values = opened([str(truth)], prediction, controls, LOSSES)
    said = list(export_volumes(case, values, LOSSES, wanted, out))
    assert said[: len(wanted.whats)] == [
        f"{path} and {path.name}.csv are written." for path in paths_of(out, wanted.whats).values()
    ]
    return paths_of(out, wanted.whats)


def values_of(truth, prediction, controls):
    found = evaluate(str(truth), prediction and str(prediction), controls, LOSSES)
    return [each.value for each in found.losses]


def read(path):
    """An array (…, z, y, x) and the affine to RAS, by the format's own library."""
    if path.name.endswith(".nrrd"):
        array, header = nrrd.read(str(path), index_order="F")
        assert header["space"] == "right-anterior-superior"
        affine = np.eye(4)
        affine[:3, :3] = np.asarray(header["space directions"])[:3, :3].T
        affine[:3, 3] = header["space origin"]
        return array.T, affine
    image = nib.load(path)
    array = np.asarray(image.dataobj)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert np.allclose(image.header.get_zooms()[:3], (0.5, 0.75, 2.5))
    return array.T, image.affine


@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".nrrd"])
def test_grid_and_numbers(truth, tmp_path, ending):
    """The other library finds the truth's affine, and a softmax, its decision and its errors."""
    paths = exported(truth, tmp_path / f"out{ending}", VolumesWanted(EVERY))
    arrays = {}
    for what, path in paths.items():
        arrays[what], affine = read(path)
        assert affine == pytest.approx(AFFINE, abs=1e-6)
    p, decided = arrays["probabilities"], arrays["labels"]
    assert p.shape == (3, 6, 9, 11)
    assert p.sum(0) == pytest.approx(np.ones((6, 9, 11)), abs=1e-5)
    ids = np.array([0, 3, 700])
    assert np.array_equal(decided, ids[p.argmax(0)])
    for index, id_ in enumerate(ids):
        is_true, is_predicted = labels() == id_, decided == id_
        errors = np.where(is_true, np.where(is_predicted, 1, 3), np.where(is_predicted, 2, 0))
        assert np.array_equal(arrays["error"][index], errors)


@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".ome.zarr"])
def test_opened_again_they_give_the_same_numbers(truth, tmp_path, ending):
    simulated = values_of(truth, None, CONTROLS)
    paths = exported(truth, tmp_path / f"out{ending}", VolumesWanted(EVERY))
    again = values_of(truth, paths["probabilities"], [])
    assert again == pytest.approx(simulated, rel=2e-6)
    # A hard prediction of a hard truth.
    hard = values_of(truth, paths["labels"], [])[0]
    dice = [
        2
        * np.sum((labels() == id_) & (ids == id_))
        / (np.sum(labels() == id_) + np.sum(ids == id_))
        for ids in [np.asarray(read_labels(paths["labels"]))]
        for id_ in (0, 3, 700)
    ]
    assert hard == pytest.approx(1 - np.mean(dice), rel=1e-6)


def read_labels(path):
    if path.suffix == ".zarr":
        return zarr.open(path / "0", mode="r")[...]
    return read(path)[0]


def test_the_gradient_is_that_of_central_differences(truth, tmp_path):
    """Of Dice in the probability of a voxel, by evaluating two changed predictions."""
    wanted = VolumesWanted(parse_whats("probabilities,gradient"), "dice", "probability")
    paths = exported(truth, tmp_path / "out.nii", wanted)
    p, _ = read(paths["probabilities"])
    gradient, _ = read(paths["gradient"])
    assert gradient.shape == p.shape
    step = 2.0**-4
    for index, voxel in ((1, (2, 4, 4)), (2, (3, 6, 6)), (0, (0, 0, 0))):
        ends = []
        for sign in (1, -1):
            moved = p.astype(float)
            moved[(index, *voxel)] += sign * step
            ends.append(dice(moved))
        slope = (ends[0] - ends[1]) / (2 * step)
        assert gradient[(index, *voxel)] == pytest.approx(slope, rel=1e-3)


def dice(p):
    g = labels() == np.array([0, 3, 700])[:, None, None, None]
    inside, sizes = (p * g).sum((1, 2, 3)), p.sum((1, 2, 3)) + g.sum((1, 2, 3))
    return np.mean(1 - 2 * inside / sizes)


@pytest.mark.parametrize("ending", [".nii.gz", ".nrrd", ".ome.zarr"])
def test_names_are_beside(truth, tmp_path, ending):
    paths = exported(truth, tmp_path / f"out{ending}", VolumesWanted(EVERY))
    names = {"0": "background", "3": "liver", "700": "vessel, left"}
    with (tmp_path / f"out_probabilities{ending}.csv").open(newline="") as file:
        assert {row["id"]: row["label"] for row in csv.DictReader(file)} == names
    again, _ = opened([str(paths["labels"])], None, [], LOSSES)
    assert [c.name for c in again.batch[0].classes] == list(names.values())
    errors, _ = opened([str(paths["labels"])], None, [], LOSSES, classes=(3,))
    assert errors.batch.names == ("background", "liver")


def test_volumes_of_one_stem_have_a_table_each(truth, tmp_path):
    """And the table of names that was there before is left alone."""
    own = "id,label\n0,background\n3,something else\n700,another\n"
    (tmp_path / "case.csv").write_text(own)
    exported(truth, tmp_path / "case.nii.gz", VolumesWanted(("labels",)))
    exported(truth, tmp_path / "case.nrrd", VolumesWanted(("error",)))
    assert (tmp_path / "case.csv").read_text() == own
    again, _ = opened([str(tmp_path / "case.nii.gz")], None, [], LOSSES)
    assert again.batch.names == ("background", "liver", "vessel, left")
    with (tmp_path / "case.nrrd.csv").open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)][1] == "true positive"


def test_ome_zarr_as_its_own_library_reads_it(truth, tmp_path):
    paths = exported(truth, tmp_path / "out.ome.zarr", VolumesWanted(EVERY))
    for what, kinds in (("probabilities", "czyx"), ("labels", "zyx")):
        node = next(iter(Reader(parse_url(paths[what]))()))
        axes = node.metadata["axes"]
        assert "".join(axis["name"] for axis in axes) == kinds
        assert {axis.get("unit") for axis in axes if axis["type"] == "space"} == {"millimeter"}
        (scale,) = node.metadata["coordinateTransformations"][0]
        assert scale["scale"][-3:] == pytest.approx([2.5, 0.75, 0.5])
    attributes = dict(zarr.open_group(paths["labels"], mode="r").attrs)["ome"]
    assert attributes["image-label"]["properties"][2] == {
        "label-value": 700,
        "name": "vessel, left",
    }


def test_a_place_without_a_unit_is_kept_in_ome_zarr(tmp_path):
    """Opened again, the export lies on its truth, whose axes name no unit."""
    group = zarr.open_group(tmp_path / "t.ome.zarr", mode="w", zarr_format=3)
    group.create_array("0", data=labels(), chunks=labels().shape)
    moves = [
        {"type": "scale", "scale": [2.0, 0.5, 0.25]},
        {"type": "translation", "translation": [0.0, 3.0, 1.0]},
    ]
    axes = [{"name": name, "type": "space"} for name in "zyx"]
    datasets = [{"path": "0", "coordinateTransformations": moves}]
    image = {"axes": axes, "datasets": datasets}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    wanted = VolumesWanted(parse_whats("labels"))
    paths = exported(tmp_path / "t.ome.zarr", tmp_path / "out.ome.zarr", wanted, controls=[])
    attributes = dict(zarr.open_group(paths["labels"], mode="r").attrs)["ome"]
    (multiscale,) = attributes["multiscales"]
    assert multiscale["datasets"][0]["coordinateTransformations"] == moves
    case, _ = opened([str(tmp_path / "t.ome.zarr")], str(paths["labels"]), [])
    np.testing.assert_array_equal(case.predictions[0], case.batch[0].labels)
    assert not [note for note in case.notes if "lie" in note or "placed" in note]


def test_a_folder_that_is_no_zarr_stays(truth, tmp_path):
    kept = tmp_path / "out.zarr"
    kept.mkdir()
    (kept / "thesis.txt").write_text("years")
    with pytest.raises(FileExistsError):
        exported(truth, kept, VolumesWanted(("labels",)))
    assert (kept / "thesis.txt").read_text() == "years"


def test_a_zarr_is_replaced_as_a_whole(truth, tmp_path):
    out = tmp_path / "out.zarr"
    for controls in ([], ["grow=2mm"]):
        exported(truth, out, VolumesWanted(("labels",)), controls=controls)
    assert np.count_nonzero(zarr.open(out / "0", mode="r")[...]) > np.count_nonzero(labels())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.zarr",
        "out.zarr.csv",
        "truth.json",
        "truth.nii.gz",
    ]


def test_one_class_has_no_axis_of_its_own(truth, tmp_path):
    case, _ = opened([str(truth)], None, [], LOSSES)
    wanted = VolumesWanted(EVERY, class_index=class_of_id(case, 700))
    paths = exported(truth, tmp_path / "out.nii", wanted, controls=[])
    for what, path in paths.items():
        found, _ = read(path)
        assert found.shape == (6, 9, 11)
        if what == "labels":
            assert np.array_equal(found, np.where(labels() == 700, 700, 0))
        if what == "error":
            assert np.array_equal(found == 1, labels() == 700)


def test_overlapping_classes_have_a_channel_each(tmp_path):
    masks = np.zeros((2, 4, 6, 7), np.uint8)
    masks[0, 1:3, 1:5, 1:5], masks[1, 1:4, 2:6, 3:7] = 1, 1
    truth = tmp_path / "masks.npy"
    np.save(truth, masks)
    from lossexplorer.headless.truths import TruthOptions

    options = TruthOptions(overlapping=True)
    losses = chosen_losses(["dice"], [])
    case, values = opened([str(truth)], None, ["softness=1"], losses, options=options)
    wanted = VolumesWanted(parse_whats("probabilities,labels"), "dice")
    out = tmp_path / "out.nii.gz"
    list(export_volumes(case, values, losses, wanted, out))
    found = np.asarray(nib.load(tmp_path / "out_probabilities.nii.gz").dataobj).T
    assert found.shape == masks.shape
    before = evaluate(str(truth), None, ["softness=1"], losses, options=options)
    after = evaluate(
        str(truth), str(tmp_path / "out_probabilities.nii.gz"), [], losses, options=options
    )
    assert after.losses[0].value == pytest.approx(before.losses[0].value, rel=2e-6)


def test_what_is_cropped_is_background(truth, tmp_path):
    """A voxel outside of the extent that the losses see has no gradient.

    1 mm is two voxels along x, the nearest to one along y, and none along z.
    """
    wanted = VolumesWanted(parse_whats("probabilities,gradient"), "dice")
    paths = exported(truth, tmp_path / "out.nii", wanted, controls=["margin=-1", "softness=1"])
    p, _ = read(paths["probabilities"])
    gradient, _ = read(paths["gradient"])
    assert np.isfinite(p).all()
    assert p.sum(0) == pytest.approx(np.ones(p.shape[1:]), abs=1e-5)
    inside = np.zeros(p.shape[1:], bool)
    inside[:, 1:-1, 2:-2] = True
    assert (p[0][~inside] == 1).all()
    assert not gradient[:, ~inside].any()
    assert np.abs(gradient[:, inside]).min() > 0


def test_what_is_open_is_not_written_over(truth):
    before = truth.read_bytes()
    with pytest.raises(ParameterError, match="is open"):
        exported(truth, truth, VolumesWanted(("labels",)))
    assert truth.read_bytes() == before


@pytest.mark.parametrize("name", ["out", "out.txt", ".nii.gz"])
def test_an_ending_of_no_format(truth, tmp_path, name):
    with pytest.raises(ParameterError, match=r"\.nii\.gz.*\.nrrd.*\.zarr"):
        format_of(tmp_path / name)


def test_parse_whats_refuses():
    with pytest.raises(ParameterError, match="did you mean 'labels'"):
        parse_whats("label")
    with pytest.raises(ParameterError, match="Name what"):
        parse_whats(" , ")
