"""What is open: batches, patches, grouping, and their predictions along."""

import json

import numpy as np
import pytest

from lossexplorer.volumes import (
    VolumeError,
    batch_of,
    case_of,
    open_batch,
    open_case,
    open_sample_volume,
)


def test_a_patch_lies_where_it_lay():
    tumour = open_sample_volume("tumour")
    box = (slice(4, 9), slice(10, 200), slice(20, 250))
    inner = tumour.within(box)
    corner = np.array([20, 10, 4, 1])
    np.testing.assert_allclose(inner.affine @ [0, 0, 0, 1], tumour.affine @ corner)
    moved = tumour.affine @ np.add(corner, [1, 2, 3, 0])
    np.testing.assert_allclose(inner.affine @ [1, 2, 3, 1], moved)
    np.testing.assert_array_equal(inner.image, tumour.image[box])
    assert inner.classes[1].voxels == (tumour.labels[box] == 1).sum()
    assert [c.id for c in inner.classes] == [0, 1]


def two_volumes(tmp_path):
    first = np.zeros((4, 5, 6), np.uint8)
    second = first.copy()
    first[1, 1, 1], second[2, 2, 2:4] = 3, 9
    for name, array in (("first", first), ("second", second)):
        np.save(tmp_path / f"{name}.npy", array)
    return tmp_path / "first.npy", tmp_path / "second.npy"


def test_a_batch_has_the_classes_of_all_its_volumes(tmp_path):
    case = open_case(two_volumes(tmp_path))
    assert [[c.id for c in sample.classes] for sample in case.batch] == [[0, 3, 9]] * 2
    assert [[c.voxels for c in sample.classes[1:]] for sample in case.batch] == [[1, 0], [0, 2]]
    assert case.batch[1].labels.max() == 2
    assert case.key != open_case(two_volumes(tmp_path)[:1]).key


def test_volumes_of_another_shape_or_spacing_are_no_batch(tmp_path):
    tumour, nodule = open_sample_volume("tumour"), open_sample_volume("nodule")
    with pytest.raises(VolumeError, match=r"nodule \(sample 1\) is 48 × 512 × 512"):
        batch_of([tumour, nodule])


def test_a_prediction_is_grouped_and_cut_with_the_volume(tmp_path):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, (4, 6, 8)).astype(np.uint8)
    p = rng.dirichlet(np.ones(4), (4, 6, 8)).transpose(3, 0, 1, 2).astype(np.float32)
    np.save(tmp_path / "t.npy", labels)
    np.save(tmp_path / "p.npy", p)
    np.save(tmp_path / "l.npy", labels[::-1])
    case = open_case([tmp_path / "t.npy"], prediction=tmp_path / "p.npy", patch=(4, 3, 8))
    assert case.given_name == "p.npy"
    upper, lower = case.predictions
    np.testing.assert_array_equal(upper, p[:, :, :3])
    np.testing.assert_array_equal(lower, p[:, :, 3:])
    one = case.with_patch(None).with_classes("foreground")
    (merged,) = one.predictions
    np.testing.assert_allclose(merged, [p[0], p[1:].sum(axis=0)], rtol=1e-6)
    np.testing.assert_array_equal(one.batch[0].labels, labels > 0)
    chosen = one.with_prediction(tmp_path / "l.npy").with_classes((2,))
    (indices,) = chosen.predictions
    np.testing.assert_array_equal(indices, labels[::-1] == 2)
    assert chosen.with_prediction(None).predictions is None


def test_every_way_of_seeing_has_its_own_key(tmp_path):
    labels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 4
    np.save(tmp_path / "t.npy", labels)
    np.save(tmp_path / "p.npy", labels)
    case = open_case([tmp_path / "t.npy"])
    ways = [
        case,
        case.with_classes("foreground"),
        case.with_classes((1, 2)),
        case.with_patch((1, 3, 4)),
        case.with_patch((2, 3, 2)),
        case.with_prediction(tmp_path / "p.npy"),
    ]
    assert len({way.key for way in ways}) == len(ways)
    assert case.key == case_of(case.batch[0]).key == open_case([tmp_path / "t.npy"]).key


@pytest.mark.parametrize("wrong", [{"classes": (77,)}, {"patch": (0, 1, 1)}])
def test_what_cannot_be_is_refused_at_once(tmp_path, wrong):
    with pytest.raises(VolumeError):
        open_case(["sample:tumour"], **wrong)


def test_a_batch_in_one_file_has_its_names(tmp_path):
    labels = np.zeros((2, 3, 4, 5), np.uint8)
    labels[0, 1, 1, 1], labels[1, 2, 2, 2] = 1, 2
    np.save(tmp_path / "both.npy", labels)
    (tmp_path / "both.json").write_text(json.dumps({"liver": 1, "vessel": 2}), "utf-8")
    assert open_batch(tmp_path / "both.npy").names == ("background", "liver", "vessel")


def test_an_image_fits_the_first_volume(tmp_path):
    case = open_case(["sample:tumour"])
    np.save(tmp_path / "image.npy", np.ones(case.batch[0].shape, np.float32))
    assert case.with_image(tmp_path / "image.npy").batch[0].image.min() == 1
    np.save(tmp_path / "wrong.npy", np.ones((2, 3, 4), np.float32))
    with pytest.raises(VolumeError, match=r"wrong\.npy is 2 × 3 × 4"):
        case.with_image(tmp_path / "wrong.npy")
