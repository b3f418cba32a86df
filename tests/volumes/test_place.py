"""Two files that say where they lie are compared in place, with SimpleITK as the judge."""

import json
from itertools import permutations, product

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK

from lossexplorer.volumes import VolumeError, open_case, read_labels, read_prediction
from lossexplorer.volumes.prediction_files import prediction_of
from lossexplorer.volumes.reading import read_raw
from tests.volumes.two_boxes import labels

SPACING = (2.5, 0.9, 0.8)
AFFINE = np.diag([0.8, 0.9, 2.5, 1.0])
AFFINE[:3, 3] = -10, -20, 5


def save(path, array, affine=AFFINE):
    nib.save(nib.Nifti1Image(np.asarray(array).T, affine), path)
    return path


def moved(voxels, affine=AFFINE):
    """The affine of an array whose first voxel lies so many voxels (x, y, z) further on."""
    result = affine.copy()
    result[:3, 3] += affine[:3, :3] @ np.asarray(voxels, float)
    return result


@pytest.fixture
def truth(tmp_path):
    return read_labels(save(tmp_path / "truth.nii.gz", labels()))


def resampled(path, truth_path):
    """What SimpleITK finds of a file on the grid of another one."""
    image, target = (SimpleITK.ReadImage(str(each)) for each in (path, truth_path))
    found = SimpleITK.Resample(
        image, target, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0
    )
    return SimpleITK.GetArrayFromImage(found)


def refusal(path, truth):
    with pytest.raises(VolumeError) as caught:
        read_prediction(path, truth)
    return str(caught.value)


def note(path, truth):
    (text,) = prediction_of(read_raw(path), truth).notes
    return text


@pytest.mark.parametrize("axes", list(permutations(range(3))))
@pytest.mark.parametrize("flips", list(product([False, True], repeat=3)))
def test_every_order_and_direction_of_axes_is_turned_back(tmp_path, truth, axes, flips):
    codes = nib.orientations.ornt2axcodes(
        [[axis, -1 if flip else 1] for axis, flip in zip(axes, flips, strict=True)]
    )
    turned = nib.Nifti1Image(labels().T, AFFINE).as_reoriented(nib.orientations.axcodes2ornt(codes))
    nib.save(turned, tmp_path / "p.nii.gz")
    same, found = read_prediction(tmp_path / "p.nii.gz", truth)
    assert same is truth
    np.testing.assert_array_equal(found, labels())
    np.testing.assert_array_equal(found, resampled(tmp_path / "p.nii.gz", truth.path))
    if axes != (0, 1, 2) or any(flips):
        assert "placed by its affine" in note(tmp_path / "p.nii.gz", truth)


@pytest.mark.parametrize("voxels", [(1, 0, 0), (0, -2, 0), (3, 4, -5), (-23, 19, 7)])
def test_a_whole_voxel_offset_is_placed_as_simpleitk_resamples_it(tmp_path, truth, voxels):
    path = save(tmp_path / "p.nii.gz", labels(), moved(voxels))
    _, found = read_prediction(path, truth)
    np.testing.assert_array_equal(found, resampled(path, truth.path))


@pytest.mark.parametrize("box", [np.s_[2:7, 3:18, 1:21], np.s_[:, :, 5:]])
def test_a_crop_is_padded_and_a_larger_field_is_cropped(tmp_path, truth, box):
    corner = [cut.indices(99)[0] for cut in box[::-1]]
    path = save(tmp_path / "crop.nii.gz", labels()[box], moved(corner))
    _, found = read_prediction(path, truth)
    inside = np.zeros_like(labels())
    inside[box] = labels()[box]
    np.testing.assert_array_equal(found, inside)
    _, back = read_prediction(truth.path, read_labels(path))
    np.testing.assert_array_equal(back, labels()[box])


def test_the_note_says_what_was_done(tmp_path, truth):
    path = save(tmp_path / "p.nii.gz", labels()[::-1, :, ::-1], moved((2, 0, -1)) @ FLIP_X)
    text = note(path, truth)
    assert "turned round along x" in text
    assert "it begins -1 voxel (-2.5 mm) along z and 2 voxels (1.6 mm) along x from the truth" in (
        text
    )
    assert "what it lacks is background" in text


FLIP_X = np.diag([-1.0, 1.0, 1.0, 1.0])
FLIP_X[0, 3] = 23


def test_the_note_counts_what_is_left_out(tmp_path, truth):
    path = save(tmp_path / "p.nii.gz", labels(), moved((0, 0, 3)))
    lost = np.count_nonzero(labels()[5:])
    assert f"{lost} of its labelled voxels lie outside and are left out" in note(path, truth)


def test_probabilities_are_placed_with_background_around(tmp_path, truth):
    soft = np.random.default_rng(3).dirichlet(np.ones(3), (8, 20, 24)).transpose(3, 0, 1, 2)
    path = tmp_path / "p.nii.gz"
    nib.save(nib.Nifti1Image(soft.T.astype(np.float32), moved((0, -4, 2))), path)
    _, found = read_prediction(path, truth)
    expected = np.zeros((3, 8, 20, 24), np.float32)
    expected[0] = 1
    expected[:, 2:, :-4] = soft[:, :-2, 4:]
    np.testing.assert_array_equal(found, expected)
    assert "background with probability 1" in note(path, truth)


def test_probabilities_are_turned(tmp_path, truth):
    soft = np.random.default_rng(3).dirichlet(np.ones(3), (8, 20, 24)).transpose(3, 0, 1, 2)
    image = nib.Nifti1Image(soft.T.astype(np.float32), AFFINE)
    turned = image.as_reoriented(nib.orientations.axcodes2ornt(("S", "L", "A")))
    nib.save(turned, tmp_path / "p.nii.gz")
    _, found = read_prediction(tmp_path / "p.nii.gz", truth)
    np.testing.assert_array_equal(found, soft.astype(np.float32))


def test_an_image_is_placed_below_the_labels(tmp_path, truth):
    image = np.random.default_rng(0).normal(size=(10, 20, 24)).astype(np.float32)
    path = save(tmp_path / "i.nii.gz", image, moved((0, 0, -1)))
    case = open_case([truth.path], image=path)
    np.testing.assert_array_equal(case.batch[0].image, image[1:9])
    assert "i.nii.gz was placed by its affine" in case.notes[0]
    case = open_case([truth.path], image=save(tmp_path / "j.nii.gz", image[:8], moved((0, 0, 1))))
    np.testing.assert_array_equal(case.batch[0].image[1:], image[:7])
    assert (case.batch[0].image[0] == image[:8].min()).all()


def test_40_mm_to_the_right_is_no_perfect_prediction(tmp_path, truth):
    path = save(tmp_path / "p.nii.gz", labels(), moved((50, 0, 0)))
    text = refusal(path, truth)
    assert "50 voxels (40 mm) along x from the truth" in text
    assert "no voxel" in text


@pytest.mark.parametrize("part", [0.5, -0.25, 0.011])
def test_a_part_of_a_voxel_is_refused_with_the_offset(tmp_path, truth, part):
    path = save(tmp_path / "p.nii.gz", labels(), moved((0, part, 3)))
    text = refusal(path, truth)
    assert f"3 voxels (7.5 mm) along z and {part:.4g} voxels ({part * 0.9:.4g} mm) along y" in text
    assert "Resample it" in text


def test_less_than_a_hundredth_of_a_voxel_is_none(tmp_path, truth):
    path = save(tmp_path / "p.nii.gz", labels(), moved((0.009, -0.009, 0.005)))
    same, found = read_prediction(path, truth)
    assert same is truth
    np.testing.assert_array_equal(found, labels())
    assert not prediction_of(read_raw(path), truth).notes


@pytest.mark.parametrize("angle", [0.1, 5, 30, 45])
@pytest.mark.parametrize("axis", range(3))
def test_a_turn_is_refused_with_its_angle(tmp_path, truth, angle, axis):
    turn = np.eye(4)
    one, two = [other for other in range(3) if other != axis]
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn[[one, one, two, two], [one, two, one, two]] = cosine, -sine, sine, cosine
    path = save(tmp_path / "p.nii.gz", labels(), turn @ AFFINE)
    assert f"turned by {angle:g}° against the truth" in refusal(path, truth)


def test_oblique_volumes_of_one_affine_are_one_grid(tmp_path):
    turn = SimpleITK.Euler3DTransform()
    turn.SetRotation(0.2, -0.3, 0.1)
    affine = AFFINE.copy()
    affine[:3, :3] = np.reshape(turn.GetMatrix(), (3, 3)) @ AFFINE[:3, :3]
    truth = read_labels(save(tmp_path / "t.nii.gz", labels(), affine))
    path = save(tmp_path / "p.nii.gz", labels(), moved((3, 0, -1), affine))
    _, found = read_prediction(path, truth)
    expected = np.zeros_like(labels())
    expected[:-1, :, 3:] = labels()[1:, :, :-3]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("ending", ["p.nrrd", "p.mha", "p.mhd", "p.nii"])
@pytest.mark.parametrize("voxels", [(0, 0, 0), (2, -3, 1)])
def test_every_format_is_brought_to_one_frame(tmp_path, truth, ending, voxels):
    image = SimpleITK.GetImageFromArray(labels())
    image.SetSpacing(SPACING[::-1])
    x, y, z = moved(voxels)[:3, 3]
    image.SetOrigin((-x, -y, z))
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    path = tmp_path / ending
    SimpleITK.WriteImage(image, str(path))
    _, found = read_prediction(path, truth)
    np.testing.assert_array_equal(found, resampled(path, truth.path))
    # And without a direction of its own, which ITK has run towards left and posterior.
    image.SetDirection(np.eye(3).ravel().tolist())
    image.SetOrigin((-x - 23 * 0.8, -y - 19 * 0.9, z))
    SimpleITK.WriteImage(image, str(path))
    _, found = read_prediction(path, truth)
    np.testing.assert_array_equal(found, resampled(path, truth.path))


@pytest.mark.parametrize(
    ("name", "key"),
    [("plans.json", "image_reader_writer"), ("dataset.json", "overwrite_image_reader_writer")],
)
def test_probabilities_that_nnunet_left_turned_are_turned_back(tmp_path, name, key):
    """NibabelIOWithReorient predicts on ``as_reoriented(io_orientation(affine))``."""
    lps = np.diag([-0.8, -0.9, 2.5, 1.0])
    image = nib.Nifti1Image(labels().T, lps)
    nib.save(image, tmp_path / "t.nii.gz")
    truth = read_labels(tmp_path / "t.nii.gz")
    turned = image.as_reoriented(nib.orientations.io_orientation(lps))
    hot = np.arange(3)[:, None, None, None] == np.asarray(turned.dataobj).T
    np.savez(tmp_path / "p.npz", probabilities=hot.astype(np.float16))
    (tmp_path / name).write_text(json.dumps({key: "NibabelIOWithReorient"}))
    _, found = read_prediction(tmp_path / "p.npz", truth)
    np.testing.assert_array_equal(found.argmax(axis=0), truth.labels)
    assert "turned round along y and x" in note(tmp_path / "p.npz", truth)
    (tmp_path / name).write_text(json.dumps({key: "SimpleITKIO"}))
    _, found = read_prediction(tmp_path / "p.npz", truth)
    np.testing.assert_array_equal(found, hot)


def test_two_affines_of_a_2d_file(tmp_path):
    image = nib.Nifti1Image(labels()[3].T, np.diag([0.8, 0.9, 1.0, 1.0]))
    image.set_qform(np.diag([0.8, 0.9, 1.0, 1.0]), 1)
    nib.save(image, tmp_path / "v.nii")
    assert not [text for text in read_raw(tmp_path / "v.nii").notes if "affine" in text]


@pytest.mark.parametrize("far", [1e9, 1e30, -1e38])
def test_an_absurd_origin_is_far_away(tmp_path, truth, far):
    affine = AFFINE.copy()
    affine[0, 3] = far
    path = save(tmp_path / "p.nii.gz", labels(), affine)
    assert "along x from the truth" in refusal(path, truth)


def test_absurd_directions_are_refused(tmp_path, truth):
    path = tmp_path / "p.nrrd"
    huge = {"space": "RAS", "space directions": np.diag([1e200, 1e200, 1e5])}
    nrrd.write(str(path), labels().T, huge | {"space origin": np.zeros(3)})
    assert "p.nrrd" in refusal(path, truth)
