"""One asymmetric volume, written by each format's own library."""

from collections.abc import Callable
from pathlib import Path

import highdicom
import mrcfile
import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK
import tifffile
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


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


def write_metaimage(path: Path, array: np.ndarray) -> None:
    image = SimpleITK.GetImageFromArray(np.asarray(array))
    image.SetSpacing((0.5, 0.75, 2.5))
    SimpleITK.WriteImage(image, str(path), useCompression=True)


def write_mrc(path: Path, array: np.ndarray) -> None:
    with mrcfile.new(path, np.asarray(array)) as file:
        file.set_volume()
        file.voxel_size = (0.5e7, 0.75e7, 2.5e7)


def ct_series(
    shape: tuple[int, int, int],
    *,
    pixel_spacing: tuple[float, float] = (0.75, 0.5),
    orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0),
    corners: np.ndarray | None = None,
) -> list[Dataset]:
    """The headers of CT slices 2.5 mm apart, or with their first pixels at these corners."""
    slices, rows, columns = shape
    if corners is None:
        corners = np.array([0, 0, 2.5]) * np.arange(slices)[:, None]
    same = {
        "SOPClassUID": CTImageStorage,
        "StudyInstanceUID": generate_uid(),
        "SeriesInstanceUID": generate_uid(),
        "FrameOfReferenceUID": generate_uid(),
        "Modality": "CT",
        "Rows": rows,
        "Columns": columns,
        "PixelSpacing": list(pixel_spacing),
        "SliceThickness": 2.5,
        "ImageOrientationPatient": list(orientation),
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
    }
    unknown = "PatientID PatientName PatientBirthDate PatientSex StudyDate StudyTime StudyID"
    same |= dict.fromkeys([*unknown.split(), "AccessionNumber", "ReferringPhysicianName"], "")
    series = []
    for number, corner in enumerate(corners, start=1):
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        for keyword, value in same.items():
            setattr(image, keyword, value)
        image.SOPInstanceUID = generate_uid()
        image.InstanceNumber = number
        image.SeriesNumber = 1
        image.ImagePositionPatient = [float(value) for value in corner]
        series.append(image)
    return series


def write_dicom_seg(
    path: Path,
    array: np.ndarray,
    *,
    kind: str = "LABELMAP",
    names: dict[int, str] | None = None,
    series: list[Dataset] | None = None,
) -> None:
    array = np.asarray(array)
    names = names or {id_: f"class {id_}" for id_ in np.unique(array).tolist() if id_}
    segments = [
        highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=label,
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=codes.SCT.Liver,
            algorithm_type="MANUAL",
        )
        for number, label in names.items()
    ]
    highdicom.seg.Segmentation(
        source_images=series or ct_series(array.shape[:3]),
        pixel_array=array,
        segmentation_type=kind,
        segment_descriptions=segments,
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="none",
        manufacturer_model_name="none",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path)


WRITERS: dict[str, Callable[[Path, np.ndarray], None]] = {
    "volume.nii": write_nifti,
    "volume.nii.gz": write_nifti,
    "volume.nrrd": write_nrrd,
    "volume.nhdr": write_nrrd,
    "volume.mha": write_metaimage,
    "volume.mhd": write_metaimage,
    "volume.mrc": write_mrc,
    "volume.map": write_mrc,
    "volume.rec": write_mrc,
    "volume.dcm": write_dicom_seg,
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
def slices() -> Callable[..., list[Dataset]]:
    """Make the headers of a CT series."""
    return ct_series


@pytest.fixture
def save_segmentation() -> Callable[..., None]:
    """Write a DICOM segmentation."""
    return write_dicom_seg


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str, np.ndarray], Path]:
    """Write an array as a file of the kind that its name says."""

    def write(name: str, array: np.ndarray) -> Path:
        path = tmp_path / name
        suffix = next(s for s in sorted(WRITERS, reverse=True) if name.endswith(s[6:]))
        WRITERS[suffix](path, array)
        return path

    return write
