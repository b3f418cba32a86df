"""One asymmetric volume, written by each format's own library."""

from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import nrrd
import numpy as np
import pytest
import tifffile


def write_nifti(path: Path, array: np.ndarray) -> None:
    image = nib.Nifti1Image(np.asarray(array).T, np.diag([-0.5, -0.75, 2.5, 1.0]))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


def write_nrrd(path: Path, array: np.ndarray) -> None:
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag([0.5, 0.75, 2.5]),
        "encoding": "gzip",
    }
    nrrd.write(str(path), np.asarray(array).T, header)


def write_tiff(path: Path, array: np.ndarray) -> None:
    metadata = {"axes": "ZYX", "spacing": 2.5, "unit": "mm"}
    tifffile.imwrite(path, array, imagej=True, resolution=(2.0, 4 / 3), metadata=metadata)


def write_deflated_tiff(path: Path, array: np.ndarray) -> None:
    tifffile.imwrite(path, array, compression="zlib", photometric="minisblack")


def write_npz(path: Path, array: np.ndarray) -> None:
    np.savez_compressed(path, labels=array)


WRITERS: dict[str, Callable[[Path, np.ndarray], None]] = {
    "volume.nii": write_nifti,
    "volume.nii.gz": write_nifti,
    "volume.nrrd": write_nrrd,
    "volume.nhdr": write_nrrd,
    "volume.tif": write_tiff,
    "volume.tiff": write_deflated_tiff,
    "volume.npy": np.save,
    "volume.npz": write_npz,
}


@pytest.fixture
def ids() -> np.ndarray:
    """(z, y, x) = (3, 4, 5), with ids 0, 2, 7 and 200 at places that no flip or transpose keeps."""
    array = np.zeros((3, 4, 5), np.uint8)
    array[0, 1, 2:] = 7
    array[2, 0, 4] = 200
    array[1, 3, :2] = 2
    return array


@pytest.fixture(params=WRITERS)
def written(request: pytest.FixtureRequest, tmp_path: Path, ids: np.ndarray) -> Path:
    """The path of the volume, once for each kind of file."""
    path = tmp_path / request.param
    WRITERS[request.param](path, ids)
    return path


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str, np.ndarray], Path]:
    """Write an array as a file of the kind that its name says."""

    def write(name: str, array: np.ndarray) -> Path:
        path = tmp_path / name
        suffix = next(s for s in sorted(WRITERS, reverse=True) if name.endswith(s[6:]))
        WRITERS[suffix](path, array)
        return path

    return write
