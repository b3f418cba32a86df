"""Any damage gives a valid volume or a `VolumeError`, and nothing else."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yaozarrs import v04, v05

from lossexplorer.volumes import VolumeError, parts_of, read_labels, read_prediction


def write_hdf5(path: Path, array: np.ndarray) -> None:
    packing = {"chunks": (2, 2, 3), "compression": "gzip", "shuffle": True, "fletcher32": True}
    with h5py.File(path, "w") as file:
        file.create_dataset("scan/image", data=array.astype(np.float32))
        file.create_dataset("scan/labels", data=array, **packing)
        file["scan/labels"].attrs["element_size_um"] = [2500.0, 750.0, 500.0]


def write_plain_hdf5(path: Path, array: np.ndarray) -> None:
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("labels", data=array)


def write_zarr(path: Path, array: np.ndarray, version: int, **packing: object) -> None:
    axes = [{"name": name, "type": "space", "unit": "millimeter"} for name in "zyx"]
    scale = {"coordinateTransformations": [{"type": "scale", "scale": [2.5, 0.75, 0.5]}]}
    image = {"axes": axes, "datasets": [{"path": "0", **scale}], "name": "v"}
    names = {"properties": [{"label-value": 7, "name": "nucleus"}]}
    if version == 2:
        v04.Multiscale.model_validate(image)
        attributes = {"multiscales": [image], "image-label": names}
    else:
        v05.Multiscale.model_validate(image)
        attributes = {"ome": {"version": "0.5", "multiscales": [image], "image-label": names}}
    group = zarr.open_group(path, mode="w", zarr_format=version, attributes=attributes)
    group.create_array("0", data=array, chunks=(2, 2, 3), **packing)


def write_zarr_2(path: Path, array: np.ndarray) -> None:
    write_zarr(path, array, 2)


def write_zarr_3(path: Path, array: np.ndarray) -> None:
    write_zarr(path, array, 3, shards=(4, 4, 6))


OWN_WRITERS = {
    "packed.h5": write_hdf5,
    "plain.h5": write_plain_hdf5,
    "two.zarr": write_zarr_2,
    "three.zarr": write_zarr_3,
}

NAMES = [
    "v.nii",
    "v.nii.gz",
    "v.nrrd",
    "v.nhdr",
    "v.mha",
    "v.mhd",
    "v.mrc",
    "v.dcm",
    "v.tif",
    "v.tiff",
    "v.npy",
    "v.npz",
    *OWN_WRITERS,
]

# What a header holds where it matters: nothing, the extremes of each width, and one too many.
EXTREMES = [
    edge * width for width in (1, 2, 4, 8) for edge in (b"\0", b"\xff", b"\x7f", b"\x80", b"\1")
]
NUMBERS = [b"-1", b"0", b"1", b"65536", b"9" * 10, b"9" * 30, b"1e999", b"nan", b"0.5", b"[]", b"x"]

cuts = st.tuples(st.just("cut"), st.integers(0), st.just(b""))
places = st.integers(0) | st.integers(0, 400)
flips = st.tuples(st.just("flip"), places, st.binary(min_size=1, max_size=1))
patches = st.tuples(st.just("patch"), places, st.sampled_from(EXTREMES))
numbers = st.tuples(st.just("number"), st.integers(0, 60), st.sampled_from(NUMBERS))
damages = st.lists(cuts | flips | flips | patches | numbers, min_size=1, max_size=3)


def damaged(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, number, value in changes:
        if kind == "number":
            found = list(re.finditer(rb"(?<![\w.])-?\d+(\.\d+)?(?![\w.])", data[:4000]))
            if found:
                start, stop = found[number % len(found)].span()
                data = data[:start] + value + data[stop:]
            continue
        place = number % max(1, len(data))
        if kind == "cut":
            data = data[:place]
        elif kind == "flip":
            flipped = bytes([data[place] ^ value[0]]) if data else b""
            data = data[:place] + flipped + data[place + 1 :]
        else:
            data = data[:place] + value + data[place + len(value) :]
    return data


def check(path: Path, truth) -> None:
    """Read a file in every way."""
    volume = None
    for read in (read_labels, lambda p: read_prediction(p, truth), parts_of):
        try:
            result = read(path)
        except VolumeError as error:
            message = str(error)
            assert path.name in message
            assert "\n" not in message
        else:
            volume = result if read is read_labels else volume
    if volume is None:
        return
    assert volume.labels.ndim == 3
    assert sum(c.voxels for c in volume.classes) == volume.voxel_count
    assert volume.labels.max() < len(volume.classes)
    assert volume.classes[0].id == 0
    assert all(np.isfinite(s) and s > 0 for s in volume.spacing)


def fuzz(name: str, folder: Path, save, ids, examples: int, *, seeded: bool) -> None:
    path = folder / name
    (OWN_WRITERS.get(name) or (lambda path, array: save(path.name, array)))(path, ids)
    truth = read_labels(path)
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    original = {each: each.read_bytes() for each in files}

    @settings(
        max_examples=examples,
        derandomize=seeded,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, len(files) - 1), damages)
    def run(which, changes):
        chosen = files[which]
        chosen.write_bytes(damaged(original[chosen], changes))
        try:
            check(path, truth)
        finally:
            chosen.write_bytes(original[chosen])

    run()


@pytest.mark.parametrize("count", [15, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(name, count, tmp_path, save, ids, capfd):
    fuzz(name, tmp_path, save, ids, count, seeded=True)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "count",
    [pytest.param(300, marks=pytest.mark.slow), pytest.param(2000, marks=pytest.mark.long)],
)
@pytest.mark.parametrize("name", NAMES)
def test_other_damaged_files_at_each_run(name, count, tmp_path, save, ids, capfd):
    fuzz(name, tmp_path, save, ids, count, seeded=False)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["v.nii.gz", "v.nrrd", "v.mha", "v.npz", "v.npy", "packed.h5"])
def test_a_file_cut_anywhere_near_its_end_is_refused(name, tmp_path, save, ids):
    path = tmp_path / name
    (OWN_WRITERS.get(name) or (lambda path, array: save(path.name, array)))(path, ids)
    data = path.read_bytes()
    for missing in range(1, 20):
        path.write_bytes(data[:-missing])
        with pytest.raises(VolumeError, match=re.escape(name)):
            read_labels(path)
