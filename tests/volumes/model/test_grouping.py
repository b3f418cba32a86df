"""Grouping classes: laws on random volumes, and the words for what is wrong."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossexplorer.core.parameters import ParameterError
from lossexplorer.volumes import VolumeError, open_sample_volume, read_labels
from lossexplorer.volumes.formats.raw import RawVolume
from lossexplorer.volumes.model.grouping import (
    classes_text,
    grouped_prediction,
    grouped_volume,
    grouping_of,
    parse_classes,
)
from lossexplorer.volumes.model.labels import label_volume


def volume_of(ids, names=None):
    ids = np.asarray(ids)
    return label_volume(ids, RawVolume("v", ids, names=names or {}), name="v", path="v.npy")


@st.composite
def volumes(draw):
    """A volume of sparse ids, as ids, and some of those that are there."""
    known = draw(st.lists(st.integers(1, 12_000), min_size=1, max_size=6, unique=True))
    size = draw(st.integers(len(known), 24))
    values = known + draw(st.lists(st.sampled_from([0, *known]), min_size=size, max_size=size))
    ids = np.array(draw(st.permutations(values))).reshape(1, 1, -1)
    return ids, tuple(draw(st.lists(st.sampled_from(known), min_size=1, unique=True)))


def ids_of(volume):
    return np.array([c.id for c in volume.classes])[volume.labels]


@given(volumes())
def test_all_foreground_is_every_label_above_zero(drawn):
    ids, _ = drawn
    volume = volume_of(ids)
    found = grouped_volume(volume, grouping_of(volume, "foreground"))
    assert (found.labels == (ids > 0)).all()
    assert [(c.id, c.name) for c in found.classes] == [(0, "background"), (1, "foreground")]
    assert [c.voxels for c in found.classes] == [(ids == 0).sum(), (ids > 0).sum()]


@given(volumes())
def test_each_id_a_class_changes_nothing(drawn):
    volume = volume_of(drawn[0])
    found = grouped_volume(volume, grouping_of(volume, "each"))
    assert found.key == volume.key
    assert found.classes == volume.classes


@given(volumes())
def test_chosen_ids_stay_and_the_others_are_background(drawn):
    ids, chosen = drawn
    names = {i: f"name of {i}" for i in chosen}
    volume = volume_of(ids, names)
    found = grouped_volume(volume, grouping_of(volume, chosen))
    assert (ids_of(found) == np.where(np.isin(ids, chosen), ids, 0)).all()
    assert {c.id: c.name for c in found.classes[1:]} == names
    assert sum(c.voxels for c in found.classes) == ids.size
    assert [c.voxels for c in found.classes] == np.bincount(found.labels.ravel()).tolist()


@given(volumes(), st.data())
def test_probabilities_of_merged_classes_are_added(drawn, data):
    ids, chosen = drawn
    volume = volume_of(ids)
    shape = (len(volume.classes), *ids.shape)
    seed = data.draw(st.integers(0, 2**32 - 1))
    p = np.random.default_rng(seed).dirichlet(np.ones(shape[0]), ids.shape)
    p = np.ascontiguousarray(np.moveaxis(p, -1, 0), np.float32)
    for selected in ("foreground", chosen, "each"):
        grouping = grouping_of(volume, selected)
        merged = grouped_prediction(p, grouping)
        assert merged.dtype == np.float32
        assert merged.sum(0, dtype="f8") == pytest.approx(np.ones(ids.shape), abs=1e-6)
        # A decided prediction is the same as labels and as probabilities.
        hard = np.eye(shape[0], dtype=np.float32)[volume.labels.ravel()].T.reshape(shape)
        as_indices = grouped_prediction(volume.labels, grouping)
        assert (grouped_prediction(hard, grouping).argmax(0) == as_indices).all()
    foreground = grouped_prediction(p, grouping_of(volume, "foreground"))
    assert foreground[0] == pytest.approx(p[0])
    assert foreground[1] == pytest.approx(1 - p[0], abs=1e-6)


def test_probabilities_stay_probabilities_despite_rounding():
    volume = volume_of(np.arange(11).reshape(1, 1, -1))
    p = np.full((11, 1, 1, 11), np.float32(0.1))
    p[0] = 0
    assert sum(p).max() > 1  # ten times a tenth, which is what this is about
    assert grouped_prediction(p, grouping_of(volume, "foreground")).max() <= 1


def test_the_channels_of_a_sigmoid_cannot_be_added():
    volume = volume_of([[[0, 1, 2]]])
    p = np.full((3, 1, 1, 3), np.float32(0.9))
    with pytest.raises(VolumeError, match=r"add up to 1\.8.*sigmoid.*softmax"):
        grouped_prediction(p, grouping_of(volume, "foreground"))
    assert grouped_prediction(p, grouping_of(volume, (1, 2))) is p
    assert grouped_prediction(p, grouping_of(volume, "each")) is p


def test_the_grid_and_the_image_stay():
    nuclei = open_sample_volume("nuclei")
    found = grouped_volume(nuclei, grouping_of(nuclei, "foreground"))
    assert found.image is nuclei.image
    assert (found.spacing, found.path) == (nuclei.spacing, nuclei.path)
    assert found.classes[1].voxels == np.count_nonzero(nuclei.labels)


class Counted(np.ndarray):
    """An array that adds up how many of its elements are read."""

    read = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        Counted.read += np.size(found)
        return found.view(np.ndarray) if isinstance(found, Counted) else found

    def __array_ufunc__(self, ufunc, method, *inputs, **more):
        return getattr(ufunc, method)(*map(self.counted, inputs), **more)

    def __array_function__(self, function, types, arguments, more):
        return function(*map(self.counted, arguments), **more)

    def counted(self, argument):
        if not isinstance(argument, Counted):
            return argument
        Counted.read += argument.size
        return argument.view(np.ndarray)


@pytest.mark.parametrize("chosen", [1, 2500, 4999])
def test_each_voxel_is_read_once_however_many_ids_are_chosen(monkeypatch, chosen):
    """A loop over 5,000 ids would take minutes for a volume of 30 million voxels."""
    monkeypatch.setattr(Counted, "read", 0)
    plain = volume_of(np.arange(30_000, dtype=np.uint16).reshape(30, 50, 20) % 10_000)
    volume = replace(plain, labels=plain.labels.view(Counted))
    ids = tuple(range(1, 2 * chosen, 2))
    found = grouped_volume(volume, grouping_of(volume, ids))
    assert Counted.read == volume.voxel_count
    assert [c.id for c in found.classes] == [0, *ids]
    assert all(c.voxels == 3 for c in found.classes[1:])
    np.testing.assert_array_equal(
        ids_of(found), np.where(np.isin(ids_of(plain), ids), ids_of(plain), 0)
    )


def test_what_is_read_is_counted():
    """Whichever way a loop over the ids would look at the voxels."""
    array = np.arange(6).view(Counted)
    ways = (
        lambda: array == 3,
        lambda: np.isin(array, [1, 2]),
        lambda: np.where(array, 1, 0),
        lambda: array[:],
        lambda: array.reshape(2, 3)[array.reshape(2, 3).view(np.ndarray) > -1],
    )
    for way in ways:
        before = Counted.read
        way()
        assert Counted.read - before == 6


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("each", "each"),
        (" Foreground ", "foreground"),
        ("5", (5,)),
        ("9,1, 5,9", (1, 5, 9)),
        ("1-5,9", (1, 2, 3, 4, 5, 9)),
        ("1 – 3", (1, 2, 3)),
        ("0,2", (0, 2)),
    ],
)
def test_a_class_selection_as_it_is_written(text, selected):
    assert parse_classes(text) == selected
    assert parse_classes(classes_text(selected)) == selected


@given(st.sets(st.integers(0, 60), min_size=1))
def test_what_is_written_is_read_again(ids):
    selected = tuple(sorted(ids))
    assert parse_classes(classes_text(selected)) == selected


@pytest.mark.parametrize("text", ["", "liver", "1,", "1;2", "-3", "1-", "1-2-3", "1.5", "²"])
def test_a_choice_that_is_none(text):
    with pytest.raises(ParameterError, match=r"each, foreground or ids such as 1,5,9 or 1-5,9"):
        parse_classes(text)


def test_a_range_that_counts_down_or_fills_the_memory():
    with pytest.raises(ParameterError, match=r"'9-5' counts down; write 5-9"):
        parse_classes("1,9-5")
    with pytest.raises(ParameterError, match=r"'1-99999999999' are more than"):
        parse_classes("1-99999999999")


def test_unknown_ids_are_answered_with_those_that_there_are(tmp_path):
    np.save(tmp_path / "liver.npy", np.array([[[0, 1, 2, 3, 7]]]))
    volume = read_labels(tmp_path / "liver.npy")
    with pytest.raises(VolumeError, match=r"^liver has no class 5; there are 1-3,7\.$"):
        grouping_of(volume, (1, 5))
    with pytest.raises(VolumeError, match=r"^liver has no classes 4-6,8; there are 1-3,7\.$"):
        grouping_of(volume, (1, 4, 5, 6, 8))
    # What the message lists can be typed.
    assert grouping_of(volume, parse_classes("1-3,7")).classes == volume.classes
    many = volume_of(np.arange(0, 200, 2).reshape(1, 1, -1))
    with pytest.raises(VolumeError, match=r"there are 2,4,6,.*,40, …\.$"):
        grouping_of(many, (1,))


def test_the_background_alone_is_no_choice():
    with pytest.raises(VolumeError, match=r"no foreground among the chosen classes; there are 1,4"):
        grouping_of(volume_of([[[0, 1, 4]]]), (0,))


@pytest.mark.alone
def test_ten_thousand_ids_in_thirty_million_voxels():
    """A loop over the ids would take minutes."""
    ids = np.arange(30_000_000).reshape(300, 500, 200) % 10_000
    volume = volume_of(ids.astype(np.uint16))
    start = time.perf_counter()
    found = grouped_volume(volume, grouping_of(volume, tuple(range(1, 10_000, 2))))
    assert time.perf_counter() - start < 3
    assert len(found.classes) == 5001
    assert all(c.voxels == 3000 for c in found.classes[1:])
