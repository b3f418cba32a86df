"""Predictions from files, hard and soft."""

import h5py
import nibabel as nib
import nrrd
import numpy as np
import pytest
import tifffile
import zarr

from lossexplorer.volumes import VolumeError, read_labels, read_prediction


@pytest.fixture
def truth(save, ids):
    return read_labels(save("truth.nii.gz", ids))


def refusal(path, truth) -> str:
    with pytest.raises(VolumeError) as caught:
        read_prediction(path, truth)
    assert path.name in str(caught.value)
    return str(caught.value)


def soft(channels, seed=0):
    values = np.random.default_rng(seed).random((channels, 3, 4, 5))
    return values / values.sum(axis=0)


@pytest.mark.parametrize("name", ["p.nii.gz", "p.nrrd", "p.tif", "p.npy", "p.npz"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_hard_prediction_with_the_truths_ids(truth, save, ids, name, dtype):
    same, prediction = read_prediction(save(name, ids[::-1].astype(dtype)), truth)
    assert same is truth
    assert prediction.dtype == np.uint8
    np.testing.assert_array_equal(prediction, truth.labels[::-1])


def test_hard_prediction_with_new_ids_extends_the_truth(truth, save, ids):
    guess = ids.astype(np.int32)
    guess[0, 0, 0] = 100_000
    guess[0, 0, 1] = 3
    wider, prediction = read_prediction(save("p.npy", guess), truth)
    found = np.array([c.id for c in wider.classes])
    assert found.tolist() == [0, 2, 3, 7, 200, 100_000]
    np.testing.assert_array_equal(found[prediction], guess)
    np.testing.assert_array_equal(found[wider.labels], ids)
    assert [c.voxels for c in wider.classes] == [54, 2, 0, 3, 1, 0]


def test_a_prediction_may_be_all_background(truth, save, ids):
    same, prediction = read_prediction(save("none.nii.gz", np.zeros_like(ids)), truth)
    assert same is truth
    assert not prediction.any()


@pytest.mark.parametrize("name", ["soft.npy", "soft.npz"])
def test_one_channel_per_class(truth, save, name):
    values = soft(4)
    same, prediction = read_prediction(save(name, values), truth)
    assert same is truth
    assert prediction.dtype == np.float32
    assert prediction.shape == (4, 3, 4, 5)
    assert prediction.flags.c_contiguous
    np.testing.assert_allclose(prediction, values, rtol=1e-6)


def test_one_channel_per_id(truth, save, ids):
    values = soft(201)
    wider, prediction = read_prediction(save("wide.npy", values), truth)
    assert [c.id for c in wider.classes] == list(range(201))
    np.testing.assert_array_equal(wider.labels, ids)
    np.testing.assert_array_equal(prediction, values.astype(np.float32))


def test_bounds_and_one_hot_integers_are_probabilities(truth, save):
    hot = np.arange(4)[:, None, None, None] == truth.labels
    for dtype in (bool, np.uint8, np.float16):
        _, prediction = read_prediction(save("hot.npy", hot.astype(dtype)), truth)
        np.testing.assert_array_equal(prediction.argmax(axis=0), truth.labels)


@pytest.mark.parametrize("channels", [2, 3, 5, 200])
def test_wrong_number_of_channels(truth, save, channels):
    message = refusal(save("n.npy", soft(channels)), truth)
    assert f"has {channels} channels; expected 4" in message
    assert "0, 2, 7, 200" in message
    assert "at least 201" in message


@pytest.mark.parametrize(
    ("value", "shown", "remedy"),
    [
        (np.nan, "nan", "Replace it"),
        (-1e-5, "-1e-05", "softmax"),
        (1.00001, "1.00001", "softmax"),
        (np.inf, "inf", "softmax"),
    ],
)
def test_values_outside_0_and_1(truth, save, value, shown, remedy):
    values = soft(4)
    values[2, 1, 3, 4] = value
    message = refusal(save("scores.npy", values), truth)
    assert f"holds {shown} in channel 2 at the voxel (z, y, x) = (1, 3, 4)" in message
    assert "between 0 and 1" in message
    assert remedy in message


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (lambda a: np.moveaxis(a, 0, -1), "numpy.moveaxis(array, -1, 0)"),
        (lambda a: a.transpose(0, 3, 2, 1), "array.transpose(0, 3, 2, 1)"),
        (lambda a: a.T, "array.transpose()"),
    ],
)
def test_another_layout_is_recognised(truth, save, move, words):
    message = refusal(save("layout.npy", np.ascontiguousarray(move(soft(4)))), truth)
    assert words in message
    assert "(class, z, y, x)" in message


def test_probabilities_of_another_shape(truth, save):
    message = refusal(save("s.npy", soft(4)[:, :, :, :4]), truth)
    assert "s.npy is 3 × 4 × 4 (z, y, x), the truth is 3 × 4 × 5: axis x differs" in message


def save_nifti(path, values, **axes):
    """Probabilities as (i, j, k, class), on the grid of the truth."""
    array = np.asarray(values).T.astype(np.float32)
    nib.save(nib.Nifti1Image(np.expand_dims(array, **axes) if axes else array, AFFINE), path)


def save_hdf5(path, values):
    with h5py.File(path, "w") as file:
        file.create_dataset("exported/predictions", data=values, compression="gzip")


def save_zarr(path, values):
    zarr.create_array(path, data=np.asarray(values))


def save_nnunet(path, values):
    np.savez_compressed(path, probabilities=np.asarray(values, np.float16))


def save_old_nnunet(path, values):
    np.savez_compressed(path, softmax=np.asarray(values, np.float32))


def save_tiff(path, values):
    tifffile.imwrite(path, np.asarray(values, np.float32), metadata={"axes": "CZYX"})


AFFINE = np.diag([-0.5, -0.75, 2.5, 1.0])

SOFT_WRITERS = {
    "p.nii.gz": save_nifti,
    "p.nii": lambda path, values: save_nifti(path, values, axis=3),  # (i, j, k, time, class)
    "p.h5": save_hdf5,
    "p.zarr": save_zarr,
    "p.npz": save_nnunet,
    "p.ome.tif": save_tiff,
    "old.npz": save_old_nnunet,
}


@pytest.mark.parametrize("name", SOFT_WRITERS)
def test_probabilities_in_other_formats(truth, tmp_path, name):
    values = soft(4)
    SOFT_WRITERS[name](tmp_path / name, values)
    same, prediction = read_prediction(tmp_path / name, truth)
    assert same is truth
    assert prediction.dtype == np.float32
    np.testing.assert_allclose(prediction, values, rtol=2**-11)  # of half precision
    SOFT_WRITERS[name](tmp_path / f"wrong_{name}", values[:3])
    assert "has 3 channels; expected 4" in refusal(tmp_path / f"wrong_{name}", truth)


@pytest.mark.parametrize("name", ["p.h5", "p.zarr"])
def test_labels_in_other_formats(truth, tmp_path, ids, name):
    SOFT_WRITERS[name](tmp_path / name, ids[::-1])
    same, prediction = read_prediction(tmp_path / name, truth)
    assert same is truth
    np.testing.assert_array_equal(prediction, truth.labels[::-1])


def test_probabilities_on_another_grid(truth, tmp_path):
    path = tmp_path / "p.nii.gz"
    array = soft(4).T.astype(np.float32)
    nib.save(nib.Nifti1Image(array, np.diag([-0.5, -0.75, 3.0, 1.0])), path)
    assert "3 × 0.75 × 0.5 mm (z, y, x), the truth 2.5 × 0.75 × 0.5 mm: axis z differs." in (
        refusal(path, truth)
    )
    shifted = AFFINE.copy()
    shifted[1, 3] = 0.3
    nib.save(nib.Nifti1Image(array, shifted), path)
    assert "p.nii.gz lies -0.4 voxels (-0.3 mm) along y from the truth" in refusal(path, truth)


def test_channels_of_a_sigmoid_need_not_add_up_to_1(truth, save):
    values = soft(4) / 2
    values[3, 2, 3, 4] = 1
    _, prediction = read_prediction(save("p.npy", values), truth)
    np.testing.assert_array_equal(prediction, values.astype(np.float32))


def test_complex_probabilities(truth, save):
    assert "floats from 0 to 1" in refusal(save("c.npy", soft(4).astype(complex)), truth)


def test_probabilities_without_class_axis(truth, save):
    for values in (soft(4)[1], soft(4)[1:2]):
        message = refusal(save("p.npy", values), truth)
        assert "probabilities need a class axis first" in message
        assert "(class, z, y, x)" in message


def test_a_truth_whose_last_axis_has_length_1(save):
    truth = read_labels(save("thin.npy", np.array([[[0], [1]]])))
    values = np.full((2, 1, 2, 1), 0.5)
    _, prediction = read_prediction(save("p.npy", values), truth)
    assert prediction.shape == (2, 1, 2, 1)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((3, 4, 6), "axis x differs"),
        ((2, 4, 6), "axes z and x differ"),
        ((5, 4, 3), "reverse order. Transpose it"),
    ],
)
def test_another_shape(truth, save, shape, words):
    message = refusal(save("p.npy", np.ones(shape, int)), truth)
    assert " × ".join(map(str, shape)) in message
    assert "the truth is 3 × 4 × 5" in message
    assert words in message


def test_another_spacing(truth, tmp_path, ids):
    path = tmp_path / "p.nrrd"
    nrrd.write(str(path), ids.T, {"spacings": [0.5, 0.75, 2.53]})
    message = refusal(path, truth)
    assert "2.53 × 0.75 × 0.5 mm" in message
    assert "2.5 × 0.75 × 0.5 mm: axis z differs." in message
    nrrd.write(str(path), ids.T, {"spacings": [0.5, 0.74, 2.5]})
    assert "0.5 mm: axis y differs." in refusal(path, truth)
    nrrd.write(str(path), ids.T, {"spacings": [0.5, 0.75, 2.52]})  # within 1 %
    read_prediction(path, truth)


def test_another_orientation(truth, tmp_path, ids):
    path = tmp_path / "p.nii.gz"
    mirrored = np.diag([0.5, 0.75, 2.5, 1.0])
    mirrored[:2, 3] = -4 * 0.5, -3 * 0.75
    nib.save(nib.Nifti1Image(ids[:, ::-1, ::-1].T, mirrored), path)
    same, prediction = read_prediction(path, truth)
    assert same is truth
    np.testing.assert_array_equal(prediction, truth.labels)


def test_truth_and_prediction_in_one_file(tmp_path, ids):
    path = tmp_path / "both.npz"
    np.savez(path, truth=ids, prediction=ids[::-1])
    truth, prediction = read_prediction(path, read_labels(path))
    np.testing.assert_array_equal(prediction, truth.labels[::-1])


def test_bad_labels_are_refused_as_in_any_label_file(truth, save, ids):
    assert "negative id -1" in refusal(save("n.npy", ids.astype(int) - 1), truth)
    assert "flat.npy is 1 × 4 × 5 (z, y, x), the truth is 3 × 4 × 5: axis z differs" in refusal(
        save("flat.npy", ids[0]), truth
    )


def test_labels_of_more_slices_are_no_channels_of_a_truth_of_one(tmp_path):
    """A NIfTI says that its third axis is z; zeros and ones in it are labels."""
    ids = np.zeros((2, 4, 5), np.uint8)
    ids[0, 1, 2], ids[1, 2, 3] = 1, 1
    np.save(tmp_path / "t.npy", ids[0])
    nib.save(nib.Nifti1Image(ids.T, np.eye(4)), tmp_path / "p.nii.gz")
    truth = read_labels(tmp_path / "t.npy")
    with pytest.raises(VolumeError, match=r"p\.nii\.gz is 2 × 4 × 5 .* axis z differs"):
        read_prediction(tmp_path / "p.nii.gz", truth)
    nib.save(nib.Nifti1Image(ids[:1].T, np.eye(4)), tmp_path / "t.nii.gz")
    _, found = read_prediction(tmp_path / "p.nii.gz", read_labels(tmp_path / "t.nii.gz"))
    np.testing.assert_array_equal(found, ids[:1])
