"""Lengths in a file beside the voxels."""

import json

import nibabel as nib
import numpy as np
import pytest
import tifffile

from lossexplorer.volumes import read_labels
from lossexplorer.volumes.reading import read_raw
from tests.volumes.two_boxes import labels


def test_nnunet_puts_the_spacing_beside_a_tiff(tmp_path):
    tifffile.imwrite(tmp_path / "case_001.tif", labels(), metadata=None)
    (tmp_path / "case_001.json").write_text('{"spacing": [2.5, 0.9, 0.8]}')
    volume = read_labels(tmp_path / "case_001.tif")
    assert (volume.spacing, volume.spacing_known) == ((2.5, 0.9, 0.8), True)
    tifffile.imwrite(tmp_path / "case_001_0000.tif", labels(), metadata=None)
    assert read_raw(tmp_path / "case_001_0000.tif").spacing == (2.5, 0.9, 0.8)


def test_bids_gives_the_size_of_a_pixel_from_x_to_z(tmp_path):
    np.save(tmp_path / "sub-01_SPIM.npy", labels())
    beside = {"PixelSize": [0.25, 0.25, 2], "PixelSizeUnits": "um", "Manufacturer": "?"}
    (tmp_path / "sub-01_SPIM.json").write_text(json.dumps(beside))
    assert read_labels(tmp_path / "sub-01_SPIM.npy").spacing == (0.002, 0.00025, 0.00025)
    (tmp_path / "sub-01_SPIM.json").write_text(json.dumps(beside | {"PixelSizeUnits": "ell"}))
    raw = read_raw(tmp_path / "sub-01_SPIM.npy")
    assert raw.spacing is None
    assert "sub-01_SPIM.json gives lengths in 'ell'" in raw.notes[0]


def test_bids_gives_two_sizes_of_a_2d_image(tmp_path):
    beside = {"PixelSize": [0.25, 0.5], "PixelSizeUnits": "um"}
    (tmp_path / "sub-01_SEM.json").write_text(json.dumps(beside))
    np.save(tmp_path / "sub-01_SEM.npy", labels()[3])
    assert read_labels(tmp_path / "sub-01_SEM.npy").spacing == (0.00025, 0.0005, 0.00025)
    np.save(tmp_path / "sub-01_SEM.npy", labels())  # of which z is not said
    assert not read_labels(tmp_path / "sub-01_SEM.npy").spacing_known


def test_bids_calls_the_file_beside_an_ome_tiff_without_its_ending(tmp_path):
    tifffile.imwrite(tmp_path / "sub-01_SPIM.ome.tif", labels(), metadata={"axes": "ZYX"})
    beside = {"PixelSize": [0.25, 0.25, 2], "PixelSizeUnits": "um"}
    (tmp_path / "sub-01_SPIM.json").write_text(json.dumps(beside))
    assert read_labels(tmp_path / "sub-01_SPIM.ome.tif").spacing == (0.002, 0.00025, 0.00025)


def test_a_file_goes_before_the_file_beside_it(tmp_path):
    nib.save(nib.Nifti1Image(labels().T, np.diag([0.8, 0.9, 2.5, 1])), tmp_path / "v.nii.gz")
    (tmp_path / "v.json").write_text('{"spacing": [5, 0.9, 0.8]}')
    raw = read_raw(tmp_path / "v.nii.gz")
    assert raw.spacing == (2.5, 0.9, 0.8)
    assert "by v.json: the file itself is used" in raw.notes[0]


def test_a_pickle_beside_is_named_and_not_opened(tmp_path):
    np.savez(tmp_path / "v.npz", seg=labels())
    (tmp_path / "v.pkl").write_bytes(b"cos\nsystem\n(S'touch /tmp/opened'\ntR.")
    raw = read_raw(tmp_path / "v.npz")
    assert "v.pkl beside it is not opened" in raw.notes[0]


@pytest.mark.parametrize("text", ["[1, 2, 3]", "{", '{"spacing": [1, 2]}', '{"spacing": "1"}'])
def test_another_json_beside_says_nothing_of_lengths(tmp_path, text):
    np.save(tmp_path / "v.npy", labels())
    (tmp_path / "v.json").write_text(text)
    raw = read_raw(tmp_path / "v.npy")
    assert (raw.spacing, raw.notes) == (None, ())
