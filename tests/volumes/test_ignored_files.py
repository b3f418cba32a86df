"""Ids and masks whose voxels count nowhere, and truths without a label."""

import json

import nibabel as nib
import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.volumes import NoLabelsError, VolumeError, open_case, parse_ignored

IDS = {"background": 0, "edema": 1, "core": 2, "ignore": 3}


def labels() -> np.ndarray:
    """(z, y, x): the ids 1 and 2, and a plane of the id 3."""
    found = np.zeros((4, 5, 6), np.uint8)
    found[1:3, 1:4, 1:3], found[1:3, 1:4, 4:] = 1, 2
    found[0] = 3
    return found


def nnunet(folder, ids=IDS, *, levels=1, array=None):
    """A label file with nnU-Net's ``dataset.json`` so many folders above."""
    inner = folder.joinpath(*["labelsTr", "gt_segmentations"][:levels])
    inner.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps({"labels": ids}), "utf-8")
    path = inner / "case.nii.gz"
    array = labels() if array is None else array
    nib.save(nib.Nifti1Image(array.T, np.diag([0.5, 0.75, 2.5, 1])), path)
    return path


@pytest.mark.parametrize("levels", [0, 1, 2])
def test_the_ignore_label_of_nnunet_counts_nowhere(tmp_path, levels):
    case = open_case([nnunet(tmp_path, levels=levels)])
    assert case.ignore == 3
    assert case.batch.names == ("background", "edema", "core")
    np.testing.assert_array_equal(case.batch[0].ignored, labels() == 3)
    assert case.notes == (
        "30 of 120 voxels count nowhere: dataset.json says that the id 3 (ignore) is ignored.",
    )


def test_the_user_says_otherwise(tmp_path):
    path = nnunet(tmp_path)
    none = open_case([path], ignore=None)
    assert (none.batch[0].ignored, len(none.batch.names)) == (None, 4)
    assert none.notes == ("dataset.json says that the id 3 is ignored; here it is not.",)
    other = open_case([path], ignore=2)
    np.testing.assert_array_equal(other.batch[0].ignored, labels() == 2)
    assert other.notes == ("12 of 120 voxels count nowhere: the id 2 (core) is ignored.",)
    absent = open_case([path], ignore=9)
    assert absent.notes == ("No voxel has the id 9, so none is ignored.",)
    with pytest.raises(VolumeError, match="background, id 0, cannot be ignored"):
        open_case([path], ignore=0)


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        ({**IDS, "ignore": [3, 4]}, "several ids as ignore"),
        ({**IDS, "core": "two"}, None),
        ({**IDS, "core": [2, -1]}, r"dataset\.json has \[2, -1\] as core"),
        ({**IDS, "core": []}, r"dataset\.json has \[\] as core"),
    ],
)
def test_what_a_dataset_cannot_mean(tmp_path, ids, says):
    path = nnunet(tmp_path, ids)
    if says is None:  # not nnU-Net's
        assert open_case([path]).ignore is None
    else:
        with pytest.raises(VolumeError, match=says):
            open_case([path])


def test_files_of_two_datasets_must_agree(tmp_path):
    paths = []
    for name, ids in (("one", IDS), ("two", {**IDS, "ignore": 2, "core": 3})):
        (tmp_path / name).mkdir()
        paths.append(nnunet(tmp_path / name, ids))
    with pytest.raises(VolumeError, match="do not say the same of ids that are ignored"):
        open_case(paths)


def channels(count: int) -> np.ndarray:
    found = np.random.default_rng(0).dirichlet(np.ones(count), (4, 5, 6))
    return found.transpose(3, 0, 1, 2).astype(np.float32)


def test_a_prediction_has_a_channel_for_each_class_or_for_each_id(tmp_path):
    path = nnunet(tmp_path)
    np.savez(tmp_path / "classes.npz", probabilities=channels(3))
    case = open_case([path], prediction=tmp_path / "classes.npz")
    np.testing.assert_array_equal(case.predictions[0], channels(3))
    # Seen with the ignored id as a class, that class has the probability 0.
    whole = case.with_ignored(None).predictions[0]
    np.testing.assert_array_equal(whole, [*channels(3), np.zeros((4, 5, 6))])
    np.savez(tmp_path / "ids.npz", probabilities=channels(4))
    case = open_case([path], prediction=tmp_path / "ids.npz")
    p = channels(4)
    np.testing.assert_allclose(case.predictions[0], [p[0] + p[3], p[1], p[2]], rtol=1e-6)


def test_a_truth_that_lacks_a_class_still_has_its_channels(tmp_path):
    """With the ids 0, 1 and the ignored 3 in the truth, three channels are those of 0, 1 and 2."""
    array = np.where(labels() == 2, 0, labels()).astype(np.uint8)
    np.savez(tmp_path / "p.npz", probabilities=channels(3))
    case = open_case([nnunet(tmp_path, array=array)], prediction=tmp_path / "p.npz")
    np.testing.assert_array_equal(case.predictions[0], channels(3))
    assert [(c.id, c.voxels) for c in case.batch[0].classes] == [(0, 78), (1, 12), (2, 0)]
    np.savez(tmp_path / "two.npz", probabilities=channels(2))
    case = open_case([nnunet(tmp_path, array=array)], prediction=tmp_path / "two.npz")
    np.testing.assert_array_equal(case.predictions[0], channels(2))


def test_labels_of_the_ignored_id_are_predicted_as_background(tmp_path):
    path = nnunet(tmp_path)
    np.save(tmp_path / "p.npy", np.roll(labels(), 1, 0))
    case = open_case([path], prediction=tmp_path / "p.npy")
    expected = np.roll(labels(), 1, 0)
    np.testing.assert_array_equal(case.predictions[0], np.where(expected == 3, 0, expected))


def test_a_mask_leaves_voxels_out_beside_the_ignored_id(tmp_path):
    path = nnunet(tmp_path)
    mask = np.ones((4, 5, 6), np.uint8) * 7
    mask[:, :, 4:] = 0
    np.save(tmp_path / "mask.npy", mask)
    case = open_case([path], mask=tmp_path / "mask.npy")
    np.testing.assert_array_equal(case.batch[0].ignored, (labels() == 3) | (mask == 0))
    assert case.notes == (
        "30 of 120 voxels count nowhere: dataset.json says that the id 3 (ignore) is ignored.",
        "40 of 120 voxels count nowhere: the mask mask.npy is 0 there.",
    )
    assert case.batch[0].classes[2].voxels == 0
    # A mask for each sample of a batch, and one for both.
    np.save(tmp_path / "two.npy", np.stack([labels(), labels()[::-1]]))
    np.save(tmp_path / "masks.npy", np.stack([mask, mask[..., ::-1]]))
    batch = open_case([tmp_path / "two.npy"], ignore=None, mask=tmp_path / "masks.npy").batch
    np.testing.assert_array_equal(batch[1].ignored, mask[..., ::-1] == 0)
    both = open_case([tmp_path / "two.npy"], ignore=None, mask=tmp_path / "mask.npy").batch
    np.testing.assert_array_equal(both[1].ignored, mask == 0)
    np.save(tmp_path / "mask.npy", mask[1:])
    with pytest.raises(VolumeError, match=r"mask\.npy is 3 × 5 × 6 \(z, y, x\), the truth is 4"):
        case.with_mask(tmp_path / "mask.npy")


def test_patches_in_which_nothing_counts_are_left_out(tmp_path):
    np.save(tmp_path / "p.npy", labels())
    case = open_case([nnunet(tmp_path)], prediction=tmp_path / "p.npy", patch=(1, 5, 6))
    assert len(case.batch) == len(case.predictions) == 3
    np.testing.assert_array_equal(case.predictions[0], labels()[1:2])
    assert "1 of 4 patches are left out: no voxel of them counts." in case.notes


def empty(folder, *, shape=(4, 5, 6)):
    path = folder / "empty.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros(shape[::-1], np.uint8), np.eye(4)), path)
    return path


def test_an_empty_truth_opens_with_a_prediction(tmp_path):
    np.save(tmp_path / "p.npy", np.where(labels() == 3, 0, labels()))
    case = open_case([empty(tmp_path)], prediction=tmp_path / "p.npy")
    assert [(c.id, c.voxels) for c in case.batch[0].classes] == [(0, 120), (1, 0), (2, 0)]
    np.save(tmp_path / "p.npy", channels(3))
    case = open_case([empty(tmp_path)], prediction=tmp_path / "p.npy")
    assert [(c.id, c.voxels) for c in case.batch[0].classes] == [(0, 120), (1, 0), (2, 0)]
    with pytest.raises(
        NoLabelsError, match="no labelled voxel: every voxel is 0, and a prediction"
    ):
        case.with_prediction(None)
    with pytest.raises(NoLabelsError, match="Open it with a prediction"):
        open_case([empty(tmp_path)])


def test_an_empty_truth_and_an_empty_prediction_have_an_object_that_both_lack(tmp_path):
    case = open_case([empty(tmp_path)], prediction=empty(tmp_path))
    assert [(c.id, c.voxels) for c in case.batch[0].classes] == [(0, 120), (1, 0)]
    assert not case.predictions[0].any()
    (note,) = case.notes
    assert note.startswith("Neither empty nor empty.nii.gz has a labelled voxel")


def test_a_sample_of_a_batch_may_be_empty(tmp_path):
    np.save(tmp_path / "full.npy", labels())
    np.save(tmp_path / "none.npy", np.zeros_like(labels()))
    case = open_case([tmp_path / "none.npy", tmp_path / "full.npy"])
    assert [[c.voxels for c in each.classes[1:]] for each in case.batch] == [[0] * 3, [12, 12, 30]]


def test_a_truth_of_which_every_label_is_ignored_is_empty(tmp_path):
    path = nnunet(tmp_path, array=np.where(labels() == 3, 3, 0).astype(np.uint8))
    with pytest.raises(NoLabelsError, match="no labelled voxel: every voxel that counts is 0"):
        open_case([path])


@pytest.mark.parametrize("text", ["liver", "-1", "1.5", "³"])
def test_an_ignored_id_that_is_none(text):
    with pytest.raises(ParameterError, match="the ignored id must be an id such as 255, or none"):
        parse_ignored(text)


def test_a_mask_is_placed_and_what_it_lacks_is_left_out(tmp_path):
    """A mask that begins a slice later leaves the first slice out."""
    path = nnunet(tmp_path)
    later = np.diag([0.5, 0.75, 2.5, 1])
    later[2, 3] = 2.5
    mask = np.ones((3, 5, 6), np.uint8)
    mask[:, :, 4:] = 0
    nib.save(nib.Nifti1Image(mask.T, later), tmp_path / "mask.nii.gz")
    case = open_case([path], ignore=None, mask=tmp_path / "mask.nii.gz")
    expected = np.ones((4, 5, 6), bool)
    expected[1:] = mask == 0
    np.testing.assert_array_equal(case.batch[0].ignored, expected)
    (said,) = (note for note in case.notes if "placed by its affine" in note)
    assert said.endswith("what it lacks is left out.")


def test_a_mask_of_fractions_is_told_what_a_mask_is(tmp_path):
    path = nnunet(tmp_path)
    np.save(tmp_path / "m.npy", np.full(labels().shape, 0.5))
    with pytest.raises(VolumeError) as caught:
        open_case([path], mask=tmp_path / "m.npy")
    assert "m.npy holds the value 0.5: a mask is of whole numbers" in str(caught.value)
    assert "prediction" not in str(caught.value)
