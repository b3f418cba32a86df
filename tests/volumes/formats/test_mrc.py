"""MRC files as mrcfile writes them, and damaged ones."""

import gzip

import mrcfile
import numpy as np
import pytest

from lossexplorer.volumes import VolumeError, read_labels
from lossexplorer.volumes.reading import read_raw


@pytest.fixture
def save_mrc(tmp_path):
    def save(array, name="v.mrc", **header):
        path = tmp_path / name
        with mrcfile.new(path, array, overwrite=True) as file:
            file.set_volume()
            for field, value in header.items():
                setattr(file.header, field, value)
        return path

    return save


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_raw(path)
    return str(caught.value)


@pytest.mark.parametrize("dtype", ["i1", "i2", "u2", "f2", "f4", ">i2", ">f4"])
def test_types(save_mrc, dtype):
    array = np.arange(60).reshape(3, 4, 5).astype(dtype)
    found = read_raw(save_mrc(array)).array
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype.newbyteorder("=")


def test_ids_stored_as_floats(save_mrc, ids):
    volume = read_labels(save_mrc(ids.astype(np.float32)))
    assert [(c.id, c.voxels) for c in volume.classes] == [(0, 54), (2, 2), (7, 3), (200, 1)]


def test_spacing_is_in_angstrom(tmp_path, ids):
    path = tmp_path / "a.mrc"
    with mrcfile.new(path, ids.astype(np.int16)) as file:
        file.set_volume()
        file.voxel_size = (13.48, 13.48, 20.0)
    raw = read_raw(path)
    assert raw.spacing == pytest.approx((20e-7, 13.48e-7, 13.48e-7), rel=1e-6)
    assert raw.affine is None


def test_a_spacing_of_zero_is_unknown(save_mrc, ids):
    path = save_mrc(ids.astype(np.int16))
    assert not read_labels(path).spacing_known
    assert read_raw(save_mrc(ids.astype(np.int16), mx=0, my=0, mz=0)).spacing is None


@pytest.mark.parametrize(
    ("columns", "rows", "sections"),
    [(1, 2, 3), (2, 1, 3), (3, 1, 2), (3, 2, 1), (1, 3, 2), (2, 3, 1), (0, 0, 0)],
)
def test_axis_order(tmp_path, ids, columns, rows, sections):
    # The file's order of axes is applied to the volume before it is written.
    order = {1: 2, 2: 1, 3: 0}  # x, y and z are axes 2, 1 and 0 of the array
    stored = ids.transpose([order[axis] for axis in (sections or 3, rows or 2, columns or 1)])
    path = tmp_path / "order.map"
    with mrcfile.new(path, np.ascontiguousarray(stored).astype(np.int16)) as file:
        file.set_volume()
        file.header.mapc, file.header.mapr, file.header.maps = columns, rows, sections
        # The cell is given along x, y and z, whichever axis they are in the file.
        file.header.mx, file.header.my, file.header.mz = 5, 4, 3
        file.header.cella.x, file.header.cella.y, file.header.cella.z = 50, 80, 90
    raw = read_raw(path)
    np.testing.assert_array_equal(raw.array, ids)
    assert raw.spacing == pytest.approx((30e-7, 20e-7, 10e-7))


def test_an_axis_order_that_is_none(save_mrc, ids):
    path = save_mrc(ids.astype(np.int16), mapc=1, mapr=1, maps=3)
    assert "v.mrc gives its axes the numbers [3, 1, 1] instead of 1, 2 and 3" in refusal(path)


def test_a_stack_of_volumes_keeps_its_outer_axis(tmp_path):
    array = np.arange(120, dtype=np.int16).reshape(2, 3, 4, 5)
    with mrcfile.new(tmp_path / "stack.mrc", array) as file:
        assert file.is_volume_stack()
    np.testing.assert_array_equal(read_raw(tmp_path / "stack.mrc").array, array)


@pytest.mark.parametrize(("flags", "expected"), [(0, 200), (1, -56)])
def test_bytes_of_imod_are_unsigned_unless_flagged(save_mrc, ids, flags, expected):
    # IMOD's stamp and flags at bytes 152 and 156 of the header.
    path = save_mrc(ids.view(np.int8))
    data = bytearray(path.read_bytes())
    data[152:160] = (1146047817).to_bytes(4, "little") + flags.to_bytes(4, "little")
    path.write_bytes(data)
    assert read_raw(path).array[2, 0, 4] == expected


def test_complex_and_packed_numbers(save_mrc, ids):
    assert "complex or packed numbers (mode 4)" in refusal(save_mrc(ids.astype(np.complex64)))
    assert "complex or packed numbers (mode 101)" in refusal(save_mrc(ids.view("i1"), mode=101))


def test_a_file_without_the_word_map(save_mrc, ids, tmp_path):
    path = save_mrc(ids.astype(np.int16), "colours.map")
    data = bytearray(path.read_bytes())
    data[208:212] = bytes(4)
    path.write_bytes(data)
    message = refusal(path)
    assert "colours.map is not an MRC file, despite its name" in message
    assert "MAP" in message
    packed = tmp_path / "packed.mrc"
    packed.write_bytes(gzip.compress(save_mrc(ids.astype(np.int16)).read_bytes()))
    assert "packed.mrc is not an MRC file" in refusal(packed)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"nx": 4096, "ny": 4096, "nz": 4096}, "declares 4096 × 4096 × 4096"),
        ({"nz": 40}, "is incomplete: it declares 40 × 4 × 5 voxels"),
        ({"nz": 2}, "is longer than its header says: it declares 2 × 4 × 5 voxels"),
        ({"nx": -5}, "holds no voxel"),
        ({"nsymbt": 2**31 - 1}, "is incomplete"),
        ({"nsymbt": -8}, "is longer than its header says"),
        ({"machst": [9, 9, 0, 0]}, "cannot be read as MRC"),
    ],
)
def test_damaged_headers(save_mrc, ids, header, message):
    path = save_mrc(ids.astype(np.int16), **header)
    assert message in refusal(path)


def test_truncated(save_mrc):
    path = save_mrc(np.ones((11, 13, 17), np.int16))
    data = path.read_bytes()
    for kept in (500, 1500, len(data) - 1):
        path.write_bytes(data[:kept])
        assert "v.mrc" in refusal(path)
