"""DICOM segmentations as highdicom writes them."""

import sys

import nibabel as nib
import numpy as np
import pydicom
import pytest

from lossexplorer.volumes import VolumeError, open_case, read_labels
from lossexplorer.volumes.reading import read_raw

NAMES = {1: "liver", 2: "kidney", 3: "tumour"}


@pytest.fixture
def organs() -> np.ndarray:
    """(z, y, x) = (4, 3, 5), each slice with a segment, at places that no flip keeps."""
    array = np.zeros((4, 3, 5), np.uint8)
    array[0, 1, 2:] = 1
    array[1, 2, :2] = 3
    array[2, 1, 1] = 1
    array[3, 0, 4] = 2
    return array


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_raw(path)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_ids_names_spacing_and_orientation(tmp_path, save_segmentation, organs, kind):
    path = tmp_path / "seg.dcm"
    save_segmentation(path, organs, kind=kind, names=NAMES)
    volume = read_labels(path)
    np.testing.assert_array_equal(volume.labels, organs)
    assert [(c.id, c.name) for c in volume.classes] == [(0, "background"), *NAMES.items()]
    assert volume.spacing == (2.5, 0.75, 0.5)
    assert volume.spacing_known
    assert volume.orientation == "LPS"


def test_labelmap_numbers_may_have_gaps(tmp_path, save_segmentation, organs):
    path = tmp_path / "gaps.dcm"
    sparse = np.array([0, 2, 7, 200], np.uint8)[organs]
    save_segmentation(path, sparse, names={2: "liver", 7: "kidney", 200: "tumour"})
    volume = read_labels(path)
    assert [(c.id, c.name) for c in volume.classes[1:]] == [
        (2, "liver"),
        (7, "kidney"),
        (200, "tumour"),
    ]


def test_an_oblique_stack_of_shuffled_slices(tmp_path, save_segmentation, slices, organs):
    c, s = np.cos(np.pi / 6), 0.5
    # Columns go along `across`, rows along `down`; the slices are stacked along their normal.
    across, down = np.array([c, s, 0]), np.array([0, 0, -1.0])
    normal = np.cross(across, down)
    corners = np.array([10.0, -20.0, 30.0]) + 4.0 * np.arange(4)[:, None] * normal
    order = [2, 0, 3, 1]
    series = slices(
        organs.shape,
        pixel_spacing=(0.8, 0.6),
        orientation=(*across, *down),
        corners=corners[order],
    )
    path = tmp_path / "oblique.dcm"
    save_segmentation(path, organs[order], names=NAMES, series=series)
    raw = read_raw(path)
    np.testing.assert_array_equal(raw.array, organs)
    assert raw.spacing == pytest.approx((4.0, 0.8, 0.6))
    for i, j, k in ((0, 0, 0), (4, 0, 0), (1, 2, 3)):
        left, posterior, superior = corners[k] + 0.6 * i * across + 0.8 * j * down
        place = raw.affine @ [i, j, k, 1]
        np.testing.assert_allclose(place[:3], [-left, -posterior, superior], atol=1e-6)


def test_slices_without_a_segment(tmp_path, save_segmentation, organs):
    organs[[0, 2]] = 0
    path = tmp_path / "sparse.dcm"
    organs[1, 0, 0] = 1
    wide = np.concatenate([organs, organs])
    save_segmentation(path, wide, kind="BINARY", names=NAMES)
    raw = read_raw(path)
    # The first slice is left out; the third, fifth and seventh come back.
    np.testing.assert_array_equal(raw.array, wide[1:])
    assert raw.affine[2, 3] == 2.5


def test_uneven_slices(tmp_path, save_segmentation, slices, organs):
    corners = np.array([0, 0, 1.0]) * np.array([0, 2.5, 5.0, 9.1])[:, None]
    path = tmp_path / "uneven.dcm"
    series = slices(organs.shape, corners=corners)
    save_segmentation(path, organs, names=NAMES, series=series)
    assert "uneven.dcm is no volume: its slices are not parallel, or not evenly" in refusal(path)


def test_overlapping_segments_are_a_mask_each(tmp_path, save_segmentation, organs):
    stacked = np.stack([organs == n for n in NAMES], axis=-1).astype(np.uint8)
    stacked[3, 0, 4, 2] = 1
    path = tmp_path / "over.dcm"
    save_segmentation(path, stacked, kind="BINARY", names=NAMES)
    raw = read_raw(path)
    np.testing.assert_array_equal(raw.array, np.moveaxis(stacked, -1, 0))
    assert raw.segments == tuple(NAMES)
    with pytest.raises(VolumeError, match=r"over\.dcm holds segments that overlap, and classes"):
        read_labels(path)


def test_fractional_segments(tmp_path, save_segmentation, organs):
    path = tmp_path / "shares.dcm"
    save_segmentation(path, (organs > 0) * 0.5, kind="FRACTIONAL", names={1: "liver"})
    assert "shares.dcm holds fractional segments" in refusal(path)
    assert "BINARY or LABELMAP" in refusal(path)


def test_another_kind_of_dicom_file(tmp_path, slices):
    image = slices((1, 3, 5))[0]
    image.PixelData = bytes(30)
    image.save_as(tmp_path / "ct.dcm", enforce_file_format=True)
    assert "ct.dcm is a DICOM file of another kind (CT Image Storage)" in refusal(
        tmp_path / "ct.dcm"
    )


def test_without_highdicom_the_extra_is_named(tmp_path, save_segmentation, organs, monkeypatch):
    path = tmp_path / "seg.dcm"
    save_segmentation(path, organs, names=NAMES)
    monkeypatch.setitem(sys.modules, "highdicom.seg", None)
    assert "pip install 'lossexplorer[dicom]'" in refusal(path)


def test_a_deflated_file_is_not_inflated(tmp_path, save_segmentation, organs):
    path = tmp_path / "deflated.dcm"
    save_segmentation(path, organs, names=NAMES)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    assert refusal(path) == "deflated.dcm is deflated as a whole; save it uncompressed."


def test_absurd_sizes(tmp_path, save_segmentation, organs):
    path = tmp_path / "huge.dcm"
    save_segmentation(path, organs, names=NAMES)
    dataset = pydicom.dcmread(path)
    dataset.Rows = dataset.Columns = 40_000
    dataset.save_as(path)
    assert "huge.dcm declares 4 × 40000 × 40000" in refusal(path)
    dataset.Rows = dataset.Columns = 4_000
    dataset.save_as(path)
    assert "huge.dcm is incomplete" in refusal(path)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_truncated(tmp_path, save_segmentation, organs, kind):
    path = tmp_path / "cut.dcm"
    save_segmentation(path, organs, kind=kind, names=NAMES)
    data = path.read_bytes()
    for kept in (140, 1000, len(data) // 2, len(data) - 20, len(data) - 2):
        path.write_bytes(data[:kept])
        assert "cut.dcm" in refusal(path)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_end_slices_that_are_left_out_are_background(tmp_path, save_segmentation, slices, kind):
    truth = np.zeros((8, 20, 24), np.uint8)
    truth[2:6, 4:12, 4:12] = 1
    truth[1:5, 6:16, 14:20] = 2
    later = np.roll(truth, 1, axis=0)
    series = slices(truth.shape)
    names = {1: "liver", 2: "kidney"}
    for name, array in (("truth.dcm", truth), ("later.dcm", later)):
        save_segmentation(tmp_path / name, array, kind=kind, names=names, series=series)
    case = open_case([tmp_path / "truth.dcm"], prediction=tmp_path / "later.dcm")
    found, (guess,) = case.batch[0].labels, case.predictions
    for index in (1, 2):
        both = np.count_nonzero((found == index) & (guess == index))
        sizes = np.count_nonzero(found == index) + np.count_nonzero(guess == index)
        # Four slices each, three of them shared: 1 − 2 · 3 / 8.
        assert 1 - 2 * both / sizes == 0.25
        assert np.count_nonzero(guess == index) == np.count_nonzero(later == index)
    (note,) = case.notes
    assert "it begins 1 voxel (2.5 mm) along z from the truth" in note
    assert "the truth is continued with background to 6 × 20 × 24 voxels" in note


def test_a_truth_without_its_end_slices_grows_to_a_prediction_of_the_whole_scan(
    tmp_path, save_segmentation, organs
):
    whole = np.zeros((7, 3, 5), np.uint8)
    whole[2:6] = organs
    save_segmentation(tmp_path / "t.dcm", whole, kind="BINARY", names=NAMES)
    raw = read_raw(tmp_path / "t.dcm")
    assert raw.array.shape == (4, 3, 5)
    affine = raw.affine.copy()
    affine[:3, 3] -= 2 * affine[:3, 2]
    wrong = whole.copy()
    wrong[6, 0, 0] = 1
    nib.save(nib.Nifti1Image(wrong.T, affine), tmp_path / "p.nii.gz")
    case = open_case([tmp_path / "t.dcm"], prediction=tmp_path / "p.nii.gz")
    np.testing.assert_array_equal(case.batch[0].labels, whole)
    np.testing.assert_array_equal(case.predictions[0], wrong)
    np.testing.assert_allclose(case.batch[0].affine, affine, atol=1e-5)
    image = np.random.default_rng(0).normal(size=whole.shape).astype(np.float32)
    nib.save(nib.Nifti1Image(image.T, affine), tmp_path / "i.nii.gz")
    both = {"prediction": tmp_path / "p.nii.gz", "image": tmp_path / "i.nii.gz"}
    case = open_case([tmp_path / "t.dcm"], **both)
    np.testing.assert_array_equal(case.batch[0].image, image)
    alone = open_case([tmp_path / "t.dcm"], image=tmp_path / "i.nii.gz")
    later = alone.with_prediction(tmp_path / "p.nii.gz").batch[0]
    np.testing.assert_array_equal(later.image[2:6], image[2:6])
    assert (later.image[[0, 1, 6]] == image[2:6].min()).all()


def test_another_frame_of_reference_is_named(tmp_path, save_segmentation, slices, organs):
    one, two = slices(organs.shape), slices(organs.shape)
    for image in two:
        image.FrameOfReferenceUID = "1.2.3"
    for name, series in (("t.dcm", one), ("same.dcm", one), ("p.dcm", two)):
        save_segmentation(tmp_path / name, organs, names=NAMES, series=series)
    same = open_case([tmp_path / "t.dcm"], prediction=tmp_path / "same.dcm")
    assert same.notes == ()
    (note,) = open_case([tmp_path / "t.dcm"], prediction=tmp_path / "p.dcm").notes
    assert "p.dcm and the truth name different frames of reference" in note


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_a_truth_of_one_slice_grows_to_a_prediction_of_several(
    tmp_path, save_segmentation, slices, kind
):
    """Both are of one scan, and leave out the slices without a segment."""
    scan = slices((6, 4, 5))
    one, two = np.zeros((2, 6, 4, 5), np.uint8)
    one[2, 1:3, 1:4] = 1
    two[2:4, 1:3, 1:4] = 1
    for name, array in (("t.dcm", one), ("p.dcm", two)):
        save_segmentation(tmp_path / name, array, kind=kind, names={1: "organ"}, series=scan)
    case = open_case([tmp_path / "t.dcm"], prediction=tmp_path / "p.dcm")
    assert case.batch[0].spacing == (2.5, 0.75, 0.5)
    np.testing.assert_array_equal(case.batch[0].labels, one[2:4])
    np.testing.assert_array_equal(case.predictions[0], two[2:4])


def test_one_slice_without_a_next_is_as_far_as_it_is_thick(tmp_path, save_segmentation):
    path = tmp_path / "v.dcm"
    save_segmentation(path, np.ones((1, 4, 5), np.uint8), kind="BINARY", names={1: "organ"})
    dataset = pydicom.dcmread(path)
    measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = 3.5
    dataset.save_as(path)
    raw = read_raw(path)
    assert raw.spacing == (3.5, 0.75, 0.5)
    assert "by SpacingBetweenSlices and of 2.5 × 0.75 × 0.5 mm by SliceThickness" in raw.notes[0]
    del measures.SpacingBetweenSlices
    dataset.save_as(path)
    raw = read_raw(path)
    assert (raw.spacing, raw.notes) == ((2.5, 0.75, 0.5), ())
