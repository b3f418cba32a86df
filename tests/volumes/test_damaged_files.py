"""Any damage gives a valid volume or a `VolumeError`, and nothing else."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lossexplorer.volumes import VolumeError, read_labels, read_prediction

NAMES = ["v.nii", "v.nii.gz", "v.nrrd", "v.tif", "v.tiff", "v.npy", "v.npz"]

BOUNDED = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def check(name: str, data: bytes, truth) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        try:
            volume = read_labels(path)
            read_prediction(path, truth)
        except VolumeError as error:
            message = str(error)
        else:
            message = ""
    if message:
        assert name in message
        return
    assert volume.labels.ndim == 3
    assert sum(c.voxels for c in volume.classes) == volume.voxel_count
    assert volume.labels.max() < len(volume.classes)
    assert volume.classes[0].id == 0
    assert all(np.isfinite(s) and s > 0 for s in volume.spacing)


@pytest.mark.parametrize("name", NAMES)
def test_cut_off(name, save, ids):
    path = save(name, ids)
    data, truth = path.read_bytes(), read_labels(path)

    @BOUNDED
    @given(st.integers(0, len(data)))
    def cut(length):
        check(name, data[:length], truth)

    cut()


@pytest.mark.parametrize("name", NAMES)
def test_flipped_bytes(name, save, ids):
    path = save(name, ids)
    data, truth = path.read_bytes(), read_labels(path)
    places = st.integers(0, len(data) - 1) | st.integers(0, min(len(data) - 1, 120))

    @BOUNDED
    @given(st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=3))
    def flip(changes):
        damaged = bytearray(data)
        for place, mask in changes:
            damaged[place] ^= mask
        check(name, bytes(damaged), truth)

    flip()
