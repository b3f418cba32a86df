"""The sample volumes against what is known about them."""

import numpy as np
import pytest

from lossexplorer.core.resources import resource
from lossexplorer.volumes import (
    SAMPLE_VOLUMES,
    VolumeError,
    open_batch,
    open_sample_volume,
    open_sample_volumes,
    open_volume,
    read_names,
)
from lossexplorer.volumes.sample_volumes import ShippedFiles


def test_tumour():
    volume = open_sample_volume("tumour")
    assert volume.shape == (25, 256, 256)
    assert volume.spacing == pytest.approx((6.5, 0.78, 0.78), abs=0.005)
    assert [(c.name, c.voxels) for c in volume.classes[1:]] == [("tumour", 4137)]
    assert volume.orientation == "LAS"
    # The tumour takes up contrast, so labels and image that fit differ in brightness.
    inside, outside = volume.labels == 1, volume.image > 0
    assert volume.image[inside].mean() > 1.2 * volume.image[outside & ~inside].mean()


def test_nodule():
    volume = open_sample_volume("nodule")
    assert volume.shape == (48, 512, 512)
    assert volume.spacing == pytest.approx((5.0, 0.57, 0.57), abs=0.005)
    assert [(c.name, c.voxels) for c in volume.classes[1:]] == [("nodule", 837)]
    assert volume.image is None


def test_brain():
    volume = open_sample_volume("brain")
    assert volume.shape == (155, 182, 146)
    assert volume.spacing == (1.0, 1.0, 1.0)
    assert volume.spacing_known
    assert volume.orientation == "RAS"
    assert [c.id for c in volume.classes] == list(range(84))
    names = [c.name for c in volume.classes]
    assert {"background", "precentral L", "precentral R", "brainstem"} <= set(names)
    assert len(set(names)) == 84
    # In a right-anterior-superior volume, x grows to the right.
    left, right = (
        np.argwhere(volume.labels == names.index(f"precentral {side}"))[:, 2].mean()
        for side in "LR"
    )
    assert left < right


def test_nuclei():
    volume = open_sample_volume("nuclei")
    assert volume.shape == (31, 61, 57)
    assert len(volume.classes) == 52
    assert volume.classes[-1].id == 162
    assert volume.classes[-1].name == "nucleus 162"
    assert not volume.spacing_known
    assert volume.image.shape == volume.shape
    inside = volume.labels > 0
    assert volume.image[inside].mean() > volume.image[~inside].mean()


@pytest.mark.parametrize("name", SAMPLE_VOLUMES)
def test_every_sample_is_described_and_opens_under_its_name(name):
    sample = SAMPLE_VOLUMES[name]
    assert sample.name == name
    assert sample.title
    assert sample.description
    for volume in open_sample_volumes(name):
        assert (volume.name, volume.path) == (name, f"sample:{name}")
        assert len(volume.classes) > 1


@pytest.mark.parametrize("name", ["tumour", "nodule", "brain", "nuclei"])
def test_shipped_files_have_a_licence_and_a_citation(name):
    sample = SAMPLE_VOLUMES[name]
    assert sample.citation
    notice = resource("samples", "NOTICE.md").read_text(encoding="utf-8")
    (row,) = [line for line in notice.splitlines() if line.startswith(f"| {name} ")]
    assert row.endswith(f"| {sample.licence} |")
    files = sample.make
    for file in (files.labels, files.image, files.names):
        if file is not None:
            assert resource("samples", file).is_file()
            assert f"`{file}`" in row


def test_every_shipped_file_belongs_to_a_sample():
    used = {
        file
        for sample in SAMPLE_VOLUMES.values()
        if isinstance(files := sample.make, ShippedFiles)
        for file in (files.labels, files.image, files.names)
    }
    assert {path.name for path in resource("samples").iterdir()} == used - {None} | {"NOTICE.md"}


def test_phantoms_need_no_licence_and_say_so():
    notice = resource("samples", "NOTICE.md").read_text(encoding="utf-8")
    phantoms = [s for s in SAMPLE_VOLUMES.values() if not isinstance(s.make, ShippedFiles)]
    assert [s.name for s in phantoms] == [
        *["shells", "plate", "vessels", "lesion", "absent", "imbalance", "blocks"]
    ]
    for sample in phantoms:
        assert (sample.licence, sample.citation) == ("", "")
        assert f"`{sample.name}`" in notice


def test_a_batch_is_no_single_volume():
    with pytest.raises(VolumeError, match=r"sample:imbalance is a batch of 2 volumes") as caught:
        open_volume("sample:imbalance")
    assert "evaluate" in str(caught.value)
    assert len(open_batch("sample:imbalance")) == 2
    assert len(open_batch("sample:lesion")) == 1


def test_open_volume_takes_a_sample_or_a_file(save, ids):
    volume = open_volume("sample:nuclei")
    assert (volume.name, volume.path) == ("nuclei", "sample:nuclei")
    assert open_volume(save("mine.npy", ids)).name == "mine"


def test_an_unknown_sample_is_answered_with_the_names():
    with pytest.raises(VolumeError) as caught:
        open_volume("sample:tumor")
    message = str(caught.value)
    assert all(name in message for name in SAMPLE_VOLUMES)
    assert "Did you mean 'tumour'?" in message
    with pytest.raises(VolumeError) as caught:
        open_sample_volume("qqq")
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"id,label\nx,cortex\n", b"number,label\n1,cortex\n", b"id,label\n1\n", b"\xff\xfe"]
)
def test_a_broken_table_of_names(tmp_path, content):
    path = tmp_path / "names.csv"
    path.write_bytes(content)
    with pytest.raises(VolumeError, match=r"names\.csv.*id.*label"):
        read_names(path)


def test_names_follow_their_hemisphere(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("id,label,hemisphere\n3,insula,R\n9,pons,B\n", encoding="utf-8")
    assert read_names(path) == {3: "insula R", 9: "pons"}
    path.write_text("id,label\n3,liver\n", encoding="utf-8")
    assert read_names(path) == {3: "liver"}
