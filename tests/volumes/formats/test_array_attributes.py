"""Lengths, axes and places of OME-Zarr, and of arrays in HDF5 and Zarr."""

import json

import h5py
import numpy as np
import pytest
import zarr

from lossexplorer.volumes import read_labels, read_prediction
from lossexplorer.volumes.reading import read_raw
from tests.volumes.two_boxes import SHAPE, labels

# OME-Zarr


def save_ome_zarr(path, transformations, whole=None, unit="micrometer"):
    group = zarr.open_group(path, mode="w", zarr_format=2)
    group.create_array("0", data=labels(np.uint16))
    axes = [{"name": n, "type": "space"} | ({"unit": unit} if unit else {}) for n in "zyx"]
    image = {
        "version": "0.4",
        "axes": axes,
        "datasets": [{"path": "0", "coordinateTransformations": transformations}],
    }
    if whole:
        image["coordinateTransformations"] = whole
    group.attrs["multiscales"] = [image]
    return read_raw(path)


def scale(*numbers):
    return {"type": "scale", "scale": list(numbers)}


def translation(*numbers):
    return {"type": "translation", "translation": list(numbers)}


def test_ome_zarr_transformations_of_level_and_image_are_a_place(tmp_path):
    raw = save_ome_zarr(
        tmp_path / "t.zarr",
        [scale(2, 1, 1), translation(4, 0, 6)],
        [scale(1, 0.5, 0.5), translation(0, 0, 1)],
    )
    assert raw.spacing == (0.002, 0.0005, 0.0005)
    np.testing.assert_allclose(raw.own_place.affine[:3, 3], [0.004, 0, 0.004])
    save_ome_zarr(tmp_path / "p.zarr", [scale(2, 0.5, 0.5), translation(2, 0, 4)])
    truth = read_labels(tmp_path / "t.zarr")
    _, found = read_prediction(tmp_path / "p.zarr", truth)
    np.testing.assert_array_equal(found[:-1], labels()[1:])
    save_ome_zarr(tmp_path / "none.zarr", [scale(2, 0.5, 0.5)])
    _, found = read_prediction(tmp_path / "none.zarr", truth)
    np.testing.assert_array_equal(found, labels())


def test_ome_zarr_units(tmp_path):
    assert save_ome_zarr(tmp_path / "v.zarr", [scale(2, 1, 1)], unit="angstrom").spacing == (
        2e-7,
        1e-7,
        1e-7,
    )
    raw = save_ome_zarr(tmp_path / "v.zarr", [scale(2, 1, 1)], unit=None)
    assert raw.spacing is None
    assert "v.zarr gives the scale 2 × 1 × 1 without a unit of length" in raw.notes[0]


# Attributes of HDF5 and Zarr


def tags(axes, resolution=0):
    axes = [{"key": key, "typeFlags": 2, "resolution": resolution} for key in axes]
    return json.dumps({"axes": axes})


def save_hdf5(path, array, labels_of_axes=(), **attributes):
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset("exported_data", data=array)
        for name, value in attributes.items():
            dataset.attrs[name] = value
        for number, name in enumerate(labels_of_axes):
            dataset.dims[number].label = name
    return read_raw(path)


def save_zarr(path, array, labels_of_axes=(), **attributes):
    names = {"dimension_names": list(labels_of_axes)} if labels_of_axes else {}
    zarr.create_array(path, data=array, attributes=attributes, overwrite=True, **names)
    return read_raw(path)


BOTH = pytest.mark.parametrize(("save", "name"), [(save_hdf5, "v.h5"), (save_zarr, "v.zarr")])


@BOTH
def test_axes_that_ilastik_names_are_put_in_order(tmp_path, save, name):
    soft = np.random.default_rng(1).dirichlet(np.ones(3), SHAPE)
    raw = save(tmp_path / name, soft, axistags=tags("zyxc"))
    np.testing.assert_array_equal(raw.array, np.moveaxis(soft, -1, 0))
    raw = save(tmp_path / name, labels().transpose(2, 1, 0), axistags=tags("xyz", 0.5))
    np.testing.assert_array_equal(raw.array, labels())
    assert raw.spacing is None
    assert "v" in raw.notes[0]
    assert "gives axistags 0.5 × 0.5 × 0.5 without a unit" in raw.notes[0]
    units = json.dumps(dict.fromkeys("xyz", "um"))
    raw = save(tmp_path / name, labels().T, axistags=tags("xyz", 0.5), axis_units=units)
    assert raw.spacing == (0.0005,) * 3


@BOTH
def test_axes_in_the_words_of_the_format(tmp_path, save, name):
    raw = save(tmp_path / name, labels().transpose(1, 2, 0), ["y", "x", "z"])
    np.testing.assert_array_equal(raw.array, labels())


@BOTH
@pytest.mark.parametrize("key", ["resolution", "voxel_size", "spacing"])
def test_lengths_with_units_and_an_offset(tmp_path, save, name, key):
    attributes = {key: [40, 4, 4], "units": ["nm"] * 3}
    raw = save(tmp_path / name, labels(), offset=[400, 0, 8], **attributes)
    assert raw.spacing == (4e-5, 4e-6, 4e-6)
    np.testing.assert_allclose(raw.own_place.affine[:3, 3], [8e-6, 0, 4e-4])
    raw = save(tmp_path / name, labels(), **{key: [40, 4, 4]})
    assert raw.spacing is None
    assert f"gives {key} 40 × 4 × 4 without a unit of length" in raw.notes[0]


@BOTH
def test_lengths_that_disagree(tmp_path, save, name):
    raw = save(
        tmp_path / name,
        labels(),
        element_size_um=[2.0, 0.5, 0.5],
        resolution=[4, 1, 1],
        unit="nanometer",
    )
    assert raw.spacing == (0.002, 0.0005, 0.0005)
    assert "by element_size_um and of 4e-06 × 1e-06 × 1e-06 mm by resolution" in raw.notes[0]


def test_n5_lengths_run_from_x_to_z(tmp_path):
    stated = {"dimensions": [4, 4, 40], "unit": "nm"}
    assert save_zarr(tmp_path / "v.zarr", labels(), pixelResolution=stated).spacing == (
        4e-5,
        4e-6,
        4e-6,
    )


@BOTH
def test_lengths_of_other_axes_are_named(tmp_path, save, name):
    raw = save(tmp_path / name, labels()[3], resolution=[0.5, 0.25], units="um")
    assert (raw.spacing, raw.notes[:-1]) == ((0.00025, 0.0005, 0.00025), ())
    for attributes, words in (
        ({"resolution": [0.5, 0.25], "units": "um"}, "resolution 0.5 × 0.25"),
        ({"voxel_size": 0.5, "units": "um"}, "voxel_size 0.5"),
        ({"element_size_um": [2.0, 0.5]}, "element_size_um 2 × 0.5"),
    ):
        raw = save(tmp_path / name, labels(), **attributes)
        assert raw.spacing is None
        assert f"gives {words}, which is not a length for each axis of a volume" in raw.notes[0]
    assert save(tmp_path / name, labels(), resolution="high").notes == ()
