"""DICOM segmentations as highdicom writes them."""

import sys

import numpy as np
import pydicom
import pytest

from lossexplorer.volumes import VolumeError, read_labels
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
