"""Files that are no label volumes: the sentence says what they are and what to do."""

import gzip
import io
import pickle
import zipfile

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from pydicom import dcmread
from pydicom.uid import generate_uid

from lossexplorer.volumes import VolumeError, open_case, read_labels
from lossexplorer.volumes.reading import read_raw


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_labels(path)
    message = str(caught.value)
    assert path.name in message
    assert "damaged" not in message
    return message


def zipped(**files) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return data.getvalue()


MESH = b"solid liver\n facet normal 0 0 1\n"
GIFTI = b'<?xml version="1.0"?>\n<!DOCTYPE GIFTI SYSTEM "gifti.dtd">\n<GIFTI Version="1.0">'
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("name", "content", "what", "remedy"),
    [
        ("liver.stl", MESH, "a surface", "3D Slicer"),
        ("liver.stl", bytes(80) + b"\1\0\0\0", "a surface", "voxels"),
        ("liver.obj", b"v 0 0 0\n", "a surface", "voxels"),
        ("liver.ply", b"ply\nformat ascii 1.0\n", "a surface", "voxels"),
        ("liver.off", b"OFF\n8 6 0\n", "a surface", "voxels"),
        ("lh.gii", GIFTI, "a surface", "voxels"),
        ("lh.pial", b"\xff\xff\xfecreated by", "a surface", "voxels"),
        ("liver.vtk", b"# vtk DataFile Version 3.0\nx\nASCII\nDATASET POLYDATA", "VTK", "NRRD"),
        ("liver.vtp", b'<VTKFile type="PolyData">', "VTK", "voxels"),
        ("mask.nii.gz", b"<!DOCTYPE html>\n<html><body>404</body>", "web page", "Download"),
        ("mask.nii.gz", b"\n <html><head>", "web page", "Download"),
        ("mask.nii.gz", b'<?xml version="1.0"?>\n<Error><Code>AccessDenied', "server", "Download"),
        ("mask.nii.gz", LFS, "pointer of Git LFS", "git lfs pull"),
        ("mask.tif", LFS, "pointer of Git LFS", "git lfs pull"),
        ("mask.nii.gz", b"/annex/objects/MD5E-s1--0.nii.gz\n", "git-annex", "git annex get"),
        ("mask.pkl", pickle.dumps({"spacing": [1, 1, 1]}), "Python pickle", "numpy.save"),
        ("mask.npy", pickle.dumps([1, 2, 3]), "Python pickle", "numpy.save"),
        ("mask.pth", b"PK\3\4", "PyTorch", "numpy.save"),
        ("mask.mat", b"MATLAB 7.3 MAT-file, Platform: GLNXA64", "MATLAB", "niftiwrite"),
        ("mask.mat", b"MATLAB 5.0 MAT-file", "MATLAB", "niftiwrite"),
        ("mask.h5", b"MATLAB 7.3 MAT-file" + bytes(500) + b"\x89HDF\r\n", "MATLAB", "h5write"),
        ("pairs.csv", b"truth,prediction\n", "a table", "--manifest"),
        ("dataset.json", b"{}", "a text", "label volume"),
        ("series.zip", zipped(a_dcm="x", b_dcm="y"), "2 DICOM files", "Unpack"),
        ("masks.zip", zipped(a_nii="x"), "an archive of 1 files", "Unpack"),
        ("masks.tar.gz", gzip.compress(b"x", mtime=0), "an archive", "Unpack"),
        ("mask.nrrd.gz", gzip.compress(b"NRRD0004", mtime=0), "compressed with gzip", "gunzip"),
        ("mask.mgz", gzip.compress(b"\0\0\0\1", mtime=0), "FreeSurfer", "mri_convert"),
        ("mask.img", b"\0\1\2", "Analyze", ".nii.gz"),
        ("mask.mnc", b"CDF\1", "MINC", "mnc2nii"),
        ("cells.czi", b"ZISRAWFILE", "microscope", "OME-TIFF"),
        ("mask.jpg", b"\xff\xd8\xff\xe0", "JPEG", "PNG"),
        ("mask.png", b"\xff\xd8\xff\xe0", "JPEG", "PNG"),
        ("mask.raw", b"\0\1\2", "without its header", ".mhd"),
        ("report.pdf", b"%PDF-1.7", "PDF", "label volume"),
        ("roi.geojson", b"{}", "contours", "voxels"),
    ],
)
def test_what_it_is_and_what_to_do(tmp_path, name, content, what, remedy):
    path = tmp_path / name
    path.write_bytes(content)
    message = refusal(path)
    assert what in message
    assert remedy in message


@pytest.mark.parametrize(
    ("right", "wrong", "kind"),
    [
        (".nrrd", "", "NRRD"),
        (".nii", "", "NIfTI"),
        (".nii", ".xyz", "NIfTI"),
        (".mha", ".dat", "MetaImage"),
        (".mrc", ".st", "MRC"),
        (".npy", ".bak", "NumPy"),
    ],
)
def test_a_volume_of_another_name_is_recognised(save, ids, right, wrong, kind):
    path = save(f"volume{right}", ids)
    path = path.rename(path.with_name(f"misnamed{wrong}"))
    message = refusal(path)
    assert f"is a {kind} file by its content" in message
    assert f"a name that ends in {right}" in message


# DICOM


@pytest.fixture
def segmentation(tmp_path, ids, save_segmentation):
    path = tmp_path / "seg.dcm"
    save_segmentation(path, ids)
    return path


def same(path, ids):
    np.testing.assert_array_equal(read_raw(path).array, ids)


@pytest.mark.parametrize("name", ["seg", "1.2.840.113654", "IM0001.ima", "seg.dicom", "SEG.DCM"])
def test_a_dicom_segmentation_of_any_name(segmentation, ids, name):
    same(segmentation.rename(segmentation.with_name(name)), ids)


@pytest.mark.parametrize("preamble", [b"II*\0", b"MM\0*", b"NRRD", b"\x93NUMPY", b"PK\3\4", b"{"])
def test_a_dicom_segmentation_under_any_preamble(segmentation, ids, preamble):
    data = segmentation.read_bytes()
    segmentation.write_bytes(preamble + data[len(preamble) :])
    same(segmentation, ids)


def test_a_dicom_segmentation_without_a_preamble(segmentation, ids):
    segmentation.write_bytes(segmentation.read_bytes()[132:])
    same(segmentation, ids)
    same(segmentation.rename(segmentation.with_name("seg")), ids)


@pytest.mark.parametrize("implicit", [False, True])
def test_a_dicom_segmentation_without_file_meta_information(tmp_path, segmentation, ids, implicit):
    dataset = dcmread(segmentation)
    data = io.BytesIO()
    dataset.preamble = None
    del dataset.file_meta
    dataset.save_as(data, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    (tmp_path / "bare").write_bytes(data.getvalue())
    assert data.getvalue()[:2] == b"\x08\x00"
    same(tmp_path / "bare", ids)


def another_kind(path, uid, series):
    dataset = series[0]
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = uid
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize(
    ("uid", "what"),
    [
        ("1.2.840.10008.5.1.4.1.1.2", "of another kind (CT Image Storage)"),
        ("1.2.840.10008.5.1.4.1.1.4", "of another kind (MR Image Storage)"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "structure set (RTSTRUCT), which holds contours"),
        ("1.2.840.10008.5.1.4.1.1.66.5", "surface segmentation"),
        ("1.2.840.10008.5.1.4.1.1.481.2", "dose distribution"),
    ],
)
@pytest.mark.parametrize("name", ["x.dcm", "x"])
def test_another_kind_of_dicom_is_named(tmp_path, slices, uid, what, name):
    path = another_kind(tmp_path / name, uid, slices((3, 4, 5)))
    assert what in refusal(path)


def test_a_folder_of_dicom_files(tmp_path, slices):
    folder = tmp_path / "series"
    folder.mkdir()
    for number, each in enumerate(slices((3, 4, 5))):
        another_kind(folder / f"IM{number}", "1.2.840.10008.5.1.4.1.1.2", [each])
    message = refusal(folder)
    assert "series is a folder of DICOM files" in message
    assert "dcm2niix" in message


# Images


def test_an_intensity_image_of_whole_numbers(tmp_path):
    """Noise of 1,000 values: two neighbours differ in 999 of 1,000 cases."""
    values = np.random.default_rng(0).integers(1, 1001, (20, 50, 60))
    np.save(tmp_path / "mr.npy", values)
    message = refusal(tmp_path / "mr.npy")
    assert "looks like an intensity image" in message
    assert "1,000 different values" in message
    assert "99.9" in message
    assert "Choose the label volume" in message


def test_a_smooth_intensity_image_of_bytes(tmp_path):
    noise = np.random.default_rng(0).normal(size=(20, 50, 60))
    image = SimpleITK.GetImageFromArray(noise)
    smooth = SimpleITK.GetArrayFromImage(SimpleITK.SmoothingRecursiveGaussian(image, 2.0))
    scaled = np.interp(smooth, (smooth.min(), smooth.max()), (0, 255)).astype(np.uint8)
    np.save(tmp_path / "ct.npy", scaled)
    assert "looks like an intensity image" in refusal(tmp_path / "ct.npy")


def test_many_instances_are_labels(tmp_path):
    """5,000 cubes of two voxels' edge that touch: of neighbours along x, half differ."""
    ids = np.arange(1, 5001).reshape(10, 20, 25).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    np.save(tmp_path / "cells.npy", ids)
    assert len(read_labels(tmp_path / "cells.npy").classes) == 5001


def test_few_values_are_labels_however_they_lie(tmp_path):
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).integers(0, 100, (20, 50, 60)))
    assert len(read_labels(tmp_path / "noise.npy").classes) == 100


def test_an_intensity_image_is_no_prediction(save, ids):
    values = np.random.default_rng(0).integers(1, 60000, (20, 50, 60), np.uint16)
    truth = save("t.npy", (values > 40000).astype(np.uint8))
    with pytest.raises(VolumeError, match=r"p\.npy looks like an intensity image"):
        open_case([truth], prediction=save("p.npy", values))


@pytest.mark.parametrize(
    ("intent", "shape", "what"),
    [
        ("vector", (5, 4, 3, 1, 3), "5D"),
        ("displacement vector", (5, 4, 3, 1, 3), "5D"),
    ],
)
def test_a_field_of_vectors(tmp_path, intent, shape, what):
    image = nib.Nifti1Image(np.ones(shape, np.float32), np.eye(4))
    image.header.set_intent(intent)
    nib.save(image, tmp_path / "field.nii.gz")
    message = refusal(tmp_path / "field.nii.gz")
    assert what in message
    assert "one number per voxel" in message


def test_complex_numbers(tmp_path):
    image = nib.Nifti1Image(np.ones((5, 4, 3), np.complex64), np.eye(4))
    nib.save(image, tmp_path / "phase.nii.gz")
    assert "complex64" in refusal(tmp_path / "phase.nii.gz")
