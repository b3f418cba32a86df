"""HDF5 files as h5py writes them, and what they must not lead to."""

import pickle
import subprocess
import sys
import zlib

import h5py
import numpy as np
import pytest

from lossexplorer.volumes import VolumeError, parts_of, read_labels
from lossexplorer.volumes.errors import PartNeededError


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_labels(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def save(path, array, name="labels", **options):
    with h5py.File(path, "a") as file:
        file.create_dataset(name, data=array, **options)
    return path


@pytest.mark.parametrize("suffix", ["h5", "hdf5", "hdf", "HDF5"])
def test_one_dataset(tmp_path, ids, suffix):
    path = save(tmp_path / f"v.{suffix}", ids, "entry/data")
    with h5py.File(path, "a") as file:
        file["entry/data"].attrs["element_size_um"] = [2500.0, 750.0, 500.0]
    volume = read_labels(path)
    np.testing.assert_array_equal(np.array([0, 2, 7, 200])[volume.labels], ids)
    assert [c.id for c in volume.classes] == [0, 2, 7, 200]
    assert volume.spacing == (2.5, 0.75, 0.5)
    assert volume.spacing_known
    assert volume.affine is None
    assert volume.name == "v"


@pytest.mark.parametrize("value", [[1.0, 2.0], [0.0, 1.0, 1.0], [np.nan] * 3, "1 1 1", 3.0])
def test_an_attribute_that_is_no_spacing(tmp_path, ids, value):
    path = save(tmp_path / "v.h5", ids)
    with h5py.File(path, "a") as file:
        file["labels"].attrs["element_size_um"] = value
    assert not read_labels(path).spacing_known


PACKINGS = {
    "none": {},
    "gzip": {"compression": "gzip"},
    "lzf": {"compression": "lzf"},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "shuffled lzf": {"compression": "lzf", "shuffle": True},
    "checksum": {"fletcher32": True},
}


@pytest.mark.parametrize("packing", PACKINGS.values(), ids=PACKINGS)
@pytest.mark.parametrize("dtype", ["u1", ">u2", "<i4", "<i8", ">f4", "?"])
def test_packed_chunks(tmp_path, packing, dtype):
    # Noise does not shrink, so that h5py leaves some chunks unpacked; edges cut chunks.
    noise = np.random.default_rng(0).integers(0, 100, (5, 9, 11)) * (np.arange(11) > 4)
    array = noise.astype(dtype)
    path = save(tmp_path / "v.h5", array, chunks=(2, 4, 8), **packing)
    volume = read_labels(path)
    found = np.array([c.id for c in volume.classes])[volume.labels]
    np.testing.assert_array_equal(found, array)


def test_chunks_that_were_never_written_have_the_fill_value(tmp_path):
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("l", (4, 4, 8), "u2", chunks=(4, 4, 4), fillvalue=9)
        data[:, :, 5] = 3
    expected = np.full((4, 4, 8), 9)
    expected[:, :, 5] = 3
    volume = read_labels(path)
    np.testing.assert_array_equal(np.array([0, 3, 9])[volume.labels], expected)


def test_several_datasets(tmp_path, ids):
    path = save(tmp_path / "v.h5", ids, "a/one")
    save(path, ids.astype(">u2")[:2], "b/two")
    save(path, np.ones(7), "b/times")
    with pytest.raises(PartNeededError) as caught:
        read_labels(path)
    assert str(caught.value) == (
        "v.h5 holds several arrays: a/one (3 × 4 × 5, uint8), b/two (2 × 4 × 5, >u2). "
        "Say which one to open, e.g. v.h5::a/one."
    )
    parts = [(p.name, p.shape, p.dtype) for p in caught.value.parts]
    assert parts == [("a/one", (3, 4, 5), "uint8"), ("b/two", (2, 4, 5), ">u2")]
    assert pickle.loads(pickle.dumps(caught.value)).parts == caught.value.parts
    assert {p.name for p in parts_of(path)} == {"a/one", "b/two", "b/times"}
    assert read_labels(f"{path}::b/two").shape == (2, 4, 5)
    assert read_labels(f"{path}::/b/two").shape == (2, 4, 5)
    assert "v.h5 holds no 'b/three'; it holds a/one" in refusal(f"{path}::b/three")
    assert "v.h5 is 1D (7)" in refusal(f"{path}::b/times")


def test_a_known_name_is_preferred_if_only_one_dataset_has_it(tmp_path, ids):
    path = save(tmp_path / "v.h5", ids, "scan/labels")
    save(path, ids.astype(float), "scan/raw")
    assert read_labels(path).shape == ids.shape
    save(path, ids, "other/labels")
    assert "holds several arrays" in refusal(path)


def test_nothing_to_read(tmp_path):
    path = save(tmp_path / "v.h5", "text", "note")
    assert refusal(path) == "v.h5 holds no array of numbers; save the labels in it."
    assert refusal(f"{path}::note") == "v.h5 holds no 'note'; it holds no array of numbers."


@pytest.mark.parametrize("packing", [{"scaleoffset": 4}, {"compression": "szip"}])
def test_a_filter_that_cannot_be_undone(tmp_path, ids, packing):
    try:
        path = save(tmp_path / "v.h5", ids.astype("u2"), chunks=(3, 4, 4), **packing)
    except ValueError:
        pytest.skip("this HDF5 library does not write it")
    assert "v.h5 is packed with" in refusal(path)
    assert "with gzip" in refusal(path)


@pytest.fixture
def elsewhere(tmp_path):
    """Another file, which the one that is opened must not lead to."""
    other = tmp_path / "other"
    other.mkdir()
    return save(other / "secret.h5", np.full((2, 3, 4), 5, "u1"))


def test_an_external_link_is_not_followed(tmp_path, elsewhere):
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        file["labels"] = h5py.ExternalLink(elsewhere, "/labels")
        file["group"] = h5py.ExternalLink(elsewhere, "/")
        assert file["group/labels"][0, 0, 0] == 5  # it would lead there
    for source in (path, f"{path}::labels"):
        assert "v.h5 says that" in refusal(source)
        assert "lies in another file, which is not opened" in refusal(source)
    assert "v.h5" in refusal(f"{path}::group/labels")
    assert parts_of(path) == ()


def test_a_soft_link_is_no_dataset(tmp_path, ids):
    path = save(tmp_path / "v.h5", ids, "here")
    with h5py.File(path, "a") as file:
        file["alias"] = h5py.SoftLink("/here")
        file["nowhere"] = h5py.SoftLink("/gone")
    assert read_labels(path).shape == ids.shape
    assert "v.h5 holds no 'alias'; it holds here" in refusal(f"{path}::alias")


def test_a_virtual_dataset_is_not_followed(tmp_path, elsewhere):
    path = tmp_path / "v.h5"
    layout = h5py.VirtualLayout((2, 3, 4), "u1")
    layout[...] = h5py.VirtualSource(elsewhere, "labels", (2, 3, 4))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("labels", layout)
        assert file["labels"][0, 0, 0] == 5
    assert "lies in another file" in refusal(path)


def test_external_storage_is_not_read(tmp_path):
    (tmp_path / "secret.raw").write_bytes(bytes([5]) * 24)
    path = tmp_path / "v.h5"
    outside = [(str(tmp_path / "secret.raw"), 0, 24)]
    with h5py.File(path, "w") as file:
        data = file.create_dataset("labels", (2, 3, 4), "u1", external=outside)
        assert data[0, 0, 0] == 5
    assert "lies in another file" in refusal(path)


def one_chunk(path, packed, shape=(64, 64, 64), **options):
    """A dataset of a single chunk with these bytes in the place of packed values."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset("labels", shape, "u1", chunks=shape, **options)
        data.id.write_direct_chunk((0, 0, 0), packed)
    return path


@pytest.mark.parametrize("length", [0, 10, 64**3 - 1, 64**3 + 1])
def test_a_chunk_of_another_length(tmp_path, length):
    # The HDF5 library reads past its memory here, and the process may end.
    path = one_chunk(tmp_path / "v.h5", zlib.compress(bytes([1]) * length), compression="gzip")
    assert "v.h5 cannot be read as HDF5: it is damaged" in refusal(path)


def test_a_chunk_shorter_than_its_checksum(tmp_path):
    path = one_chunk(tmp_path / "v.h5", b"abc", fletcher32=True)
    assert "damaged" in refusal(path)


def test_a_wrong_checksum(tmp_path):
    path = one_chunk(tmp_path / "v.h5", bytes([1]) * (64**3 + 4), fletcher32=True)
    assert "damaged" in refusal(path)


def test_absurd_sizes(tmp_path):
    path = tmp_path / "v.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("huge", (4096, 4096, 4096), "u1", chunks=(64, 64, 64))
        file.create_dataset("empty", (2000, 1000, 1000), "u1", chunks=(64, 64, 64))
        file.create_dataset("unwritten", (1000, 1000, 1000), "u1")
        file.create_dataset("none", (0, 3, 4), "u1")
        file.create_dataset(
            "flat", (2, 3, 4), "u1", chunks=(1000, 1000, 1000), maxshape=(None,) * 3
        )
    assert "v.h5 declares 4096 × 4096 × 4096" in refusal(f"{path}::huge")
    assert "v.h5 is incomplete: it declares 2000 × 1000 × 1000" in refusal(f"{path}::empty")
    assert "v.h5 is incomplete: it declares 1000 × 1000 × 1000" in refusal(f"{path}::unwritten")
    assert "holds no voxel" in refusal(f"{path}::none")
    assert "v.h5 is damaged: its chunks are too large" in refusal(f"{path}::flat")


def test_a_file_that_is_being_written(tmp_path, ids):
    path = save(tmp_path / "v.h5", ids)
    writer = "import h5py, sys; f = h5py.File(sys.argv[1], 'a'); print('open', flush=True); input()"
    command = [sys.executable, "-c", writer, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as other:
        assert other.stdout.readline() == b"open\n"
        message = refusal(path)
        other.communicate(b"\n")
    assert message == "v.h5 is being written by another program. Close it there first."
    assert read_labels(path).shape == ids.shape


@pytest.mark.parametrize("extra", [-4096, 4096])
def test_a_chunk_of_another_length_without_filters(tmp_path, extra):
    # Asked for such a chunk, h5py makes a buffer of the right length, and the library overruns it.
    path = one_chunk(tmp_path / "v.h5", bytes([1]) * (64**3 + extra))
    assert "v.h5 cannot be read as HDF5: it is damaged" in refusal(path)
