"""Whole numbers and probabilities that were rounded on their way into a file."""

import nibabel as nib
import numpy as np
import pytest

from lossexplorer.volumes import VolumeError, open_case, read_labels, read_prediction

COUNTS = [(0, 3344), (1, 256), (2, 240)]


@pytest.fixture
def labels() -> np.ndarray:
    """(8, 20, 24) with 256 voxels of id 1 and 240 of id 2, as counted by hand from the boxes."""
    array = np.zeros((8, 20, 24), np.uint8)
    array[2:6, 4:12, 4:12] = 1
    array[1:5, 6:16, 14:20] = 2
    return array


def counts(path) -> list[tuple[int, int]]:
    return [(c.id, c.voxels) for c in read_labels(path).classes]


def refusal(read) -> str:
    with pytest.raises(VolumeError) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32])
def test_floats_that_nibabel_scales_into_an_integer_type(tmp_path, labels, dtype):
    image = nib.Nifti1Image(labels.T.astype(float), np.eye(4))
    image.set_data_dtype(dtype)
    nib.save(image, tmp_path / "v.nii.gz")
    assert nib.load(tmp_path / "v.nii.gz").dataobj.slope not in (0, 1)
    assert counts(tmp_path / "v.nii.gz") == COUNTS


@pytest.mark.parametrize("away", [1e-7, 1e-4, 9e-4])
def test_floats_a_thousandth_from_whole_numbers(tmp_path, labels, away):
    for name, sign in (("below.npy", -1), ("above.npy", 1)):
        np.save(tmp_path / name, labels + sign * away)
        assert counts(tmp_path / name) == COUNTS


def test_one_unit_in_the_last_place(tmp_path, labels):
    array = labels.astype(np.float32)
    array[array == 1] = np.nextafter(np.float32(1), np.float32(0))
    np.save(tmp_path / "v.npy", array)
    assert counts(tmp_path / "v.npy") == COUNTS


def scaled(path, stored, slope, inter=0.0):
    """A NIfTI file that stores these whole numbers with a scale."""
    image = nib.Nifti1Image(np.asarray(stored, np.uint8).T, np.eye(4))
    image.header.set_slope_inter(slope, inter)
    with path.open("wb") as file:
        image.header.write_to(file)
        file.write(bytes(4))
        file.write(np.asarray(stored, np.uint8).tobytes())
    return path


def test_half_a_step_and_no_more(tmp_path, labels):
    """In steps of 0.1 from 0.04, 1 is kept as 1.04 and 2 as 2.04; 0.24 is no whole number."""
    path = scaled(tmp_path / "v.nii", np.array([0, 10, 20], np.uint8)[labels], 0.1, 0.04)
    assert counts(path) == COUNTS
    path = scaled(tmp_path / "w.nii", np.array([0, 2, 20], np.uint8)[labels], 0.1, 0.04)
    message = refusal(lambda: read_labels(path))
    assert "w.nii holds the value 0.24" in message
    assert "labels are whole numbers" in message


def test_a_step_of_one_or_more_rounds_nothing(tmp_path, labels):
    path = scaled(tmp_path / "v.nii", labels, 1.5)
    assert "v.nii holds the value 1.5:" in refusal(lambda: read_labels(path))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(1.0021), "1.0021"),
        (np.float64(1.00100000001), "1.00100000001"),
        (np.float64(1.9980000000000002), "1.9980000000000002"),
        (np.float16(1.5), "1.5"),
    ],
)
def test_true_fractions_are_refused_in_all_their_digits(tmp_path, labels, value, text):
    array = labels.astype(value.dtype)
    array[3, 5, 5] = value
    np.save(tmp_path / "v.npy", array)
    assert f"v.npy holds the value {text}:" in refusal(lambda: read_labels(tmp_path / "v.npy"))


def probabilities(labels) -> np.ndarray:
    return (np.arange(3)[:, None, None, None] == labels) * np.float32(0.9) + np.float32(1 / 30)


@pytest.mark.parametrize("value", [1.0000001, 1.0000009, -1e-7, -9e-7])
def test_probabilities_a_millionth_beyond_their_range_are_clipped(tmp_path, labels, value):
    np.save(tmp_path / "t.npy", labels)
    array = probabilities(labels)
    array[0, 0, 0, 0] = value
    np.save(tmp_path / "p.npy", array)
    _, read = read_prediction(tmp_path / "p.npy", read_labels(tmp_path / "t.npy"))
    assert read[0, 0, 0, 0] == round(value)
    assert read.min() >= 0
    assert read.max() <= 1
    np.testing.assert_array_equal(read[:, 1:], array[:, 1:])


@pytest.mark.parametrize("value", [np.float32(1.0001), np.float32(-2e-6)])
def test_what_is_no_probability_is_refused_in_all_its_digits(tmp_path, labels, value):
    np.save(tmp_path / "t.npy", labels)
    array = probabilities(labels)
    array[1, 2, 3, 4] = value
    np.save(tmp_path / "p.npy", array)
    truth = read_labels(tmp_path / "t.npy")
    message = refusal(lambda: read_prediction(tmp_path / "p.npy", truth))
    assert f"p.npy holds {value!s} in channel 1 at the voxel (z, y, x) = (2, 3, 4)" in message


def test_probabilities_that_nibabel_scales_are_clipped_to_their_range(tmp_path, labels):
    """Stored as 0 … 255 with a step of 1/250, the largest is 1.02: the file has rounded nothing
    so far. With 1/254.9 it is 1.0004, within half a step of 1.
    """
    np.save(tmp_path / "t.npy", labels)
    truth = read_labels(tmp_path / "t.npy")
    stored = np.round(probabilities(labels) * 255).astype(np.uint8)
    stored[:, 0, 0, 0] = 255, 0, 0
    path = scaled(tmp_path / "p.nii", stored, 1 / 254.9)
    _, read = read_prediction(path, truth)
    assert read.max() == 1
    path = scaled(tmp_path / "q.nii", stored, 1 / 250)
    assert "q.nii holds 1.02" in refusal(lambda: read_prediction(path, truth))


def test_merged_probabilities_are_refused_in_all_their_digits(tmp_path, labels):
    np.save(tmp_path / "t.npy", labels)
    array = probabilities(labels)
    array[1:, 0, 0, 0] = 0.5, 0.5021
    np.save(tmp_path / "p.npy", array)
    case = open_case([tmp_path / "t.npy"], prediction=tmp_path / "p.npy")
    assert "add up to 1.0021, as those of a sigmoid" in refusal(
        lambda: case.with_classes("foreground").predictions
    )


def test_probabilities_that_are_rounded_beyond_1_still_look_like_such(tmp_path, labels):
    array = probabilities(labels)[1]
    array[0, 0, 0] = np.float32(1.0000001)
    np.save(tmp_path / "p.npy", array)
    message = refusal(lambda: read_labels(tmp_path / "p.npy"))
    assert "looks like a probability map, with values from 0.033333335 to 1.0000001." in message
