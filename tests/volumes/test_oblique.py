"""Rotated axes keep their lengths; sheared ones are told from them."""

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from lossexplorer.volumes import read_labels
from lossexplorer.volumes.reading import read_raw
from lossexplorer.volumes.spacing import right_angled

TURN = Rotation.from_euler("zyx", [25, -40, 65], degrees=True).as_matrix()
LENGTHS = np.array([0.5, 0.75, 2.5])
TO_LPS = np.diag([-1.0, -1.0, 1.0])


def save_nifti(path, ids):
    image = nib.Nifti1Image(ids.T, None)
    affine = np.eye(4)
    affine[:3, :3] = TURN * LENGTHS
    affine[:3, 3] = 10, -20, 30
    image.set_sform(affine, code=1)
    image.header["pixdim"][1:4] = LENGTHS
    nib.save(image, path)


def save_nrrd(path, ids):
    header = {
        "space": "left-posterior-superior",
        "space directions": (TO_LPS @ TURN * LENGTHS).T,
        "space origin": [-10, 20, 30],
    }
    nrrd.write(str(path), ids.T, header)


def save_metaimage(path, ids):
    image = SimpleITK.GetImageFromArray(ids)
    image.SetSpacing(LENGTHS.tolist())
    image.SetOrigin((-10.0, 20.0, 30.0))
    image.SetDirection((TO_LPS @ TURN).ravel().tolist())
    SimpleITK.WriteImage(image, str(path))


@pytest.mark.parametrize(
    ("name", "save"),
    [("v.nii.gz", save_nifti), ("v.nrrd", save_nrrd), ("v.mha", save_metaimage)],
)
def test_lengths_along_rotated_axes(tmp_path, ids, name, save):
    save(tmp_path / name, ids)
    volume = read_labels(tmp_path / name)
    assert volume.spacing == pytest.approx((2.5, 0.75, 0.5), rel=1e-6)
    np.testing.assert_allclose(volume.affine[:3, :3], TURN * LENGTHS, atol=1e-6)
    np.testing.assert_allclose(volume.affine[:3, 3], [10, -20, 30], atol=1e-5)
    np.testing.assert_allclose(
        np.linalg.norm(volume.affine[:3, :3], axis=0), volume.spacing[::-1], rtol=1e-6
    )
    assert right_angled(volume.affine)


@pytest.mark.parametrize(
    ("degrees", "expected"), [(0, True), (0.04, True), (0.1, False), (15, False), (-60, False)]
)
@pytest.mark.parametrize("axes", [(0, 1), (1, 2), (2, 0)])
def test_right_angled(degrees, axes, expected):
    # One axis leans towards another, as in a CT with a tilted gantry, and all are turned.
    lean = np.eye(3)
    lean[axes[0], axes[1]] = np.tan(np.deg2rad(degrees))
    affine = np.eye(4)
    affine[:3, :3] = TURN @ lean * LENGTHS
    assert right_angled(affine) == expected


def test_a_sheared_volume_has_its_lengths_along_the_axes(tmp_path, ids):
    header = {
        "space": "left-posterior-superior",
        "space directions": [[0.5, 0, 0], [0, 0.75, 0], [0, 1.5, 2.0]],
    }
    nrrd.write(str(tmp_path / "tilted.nrrd"), ids.T, header)
    raw = read_raw(tmp_path / "tilted.nrrd")
    assert raw.spacing == (2.5, 0.75, 0.5)
    assert not right_angled(raw.affine)
