"""Which of several volumes in a file is opened, what is said of the others, and what is refused."""

import nibabel as nib
import numpy as np
import pytest
import tifffile
import zarr
from h5py import ExternalLink, File

from lossexplorer.volumes import (
    PartNeededError,
    VolumeError,
    open_case,
    parts_of,
    read_labels,
    with_image,
)
from lossexplorer.volumes.reading import read_raw


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_raw(path)
    return str(caught.value)


@pytest.fixture
def image(ids) -> np.ndarray:
    return (np.random.default_rng(0).random(ids.shape) * 1000).astype(np.uint16)


def test_a_format_of_one_volume_has_no_part_and_says_so(written):
    if written.suffix == ".npz":
        assert "holds no 'liver'; it holds labels (3 × 4 × 5, uint8)" in refusal(
            f"{written}::liver"
        )
    else:
        message = refusal(f"{written}::liver")
        assert f"{written.name} holds one volume and no parts, so there is no 'liver'" in message
        assert "Leave out ::liver" in message


def test_a_format_without_levels_says_so(written):
    message = refusal(f"{written}::@1")
    assert f"{written.name} has no levels to choose from; leave out @1" in message


def write_series(path, *stacks):
    with tifffile.TiffWriter(path, ome=True) as writer:
        for name, array in stacks:
            axes = "ZYX" if array.ndim == 3 else "CZYX"
            writer.write(array, photometric="minisblack", metadata={"axes": axes, "Name": name})
    return path


def test_the_series_of_an_ome_tiff_are_parts(tmp_path, ids, image):
    path = write_series(tmp_path / "two.ome.tif", ("raw", image), ("labels", ids))
    assert [(part.name, part.shape) for part in parts_of(path)] == [
        ("raw", (3, 4, 5)),
        ("labels", (3, 4, 5)),
    ]
    for source in (path, f"{path}::labels", f"{path}::1"):
        np.testing.assert_array_equal(read_raw(source).array, ids)
    np.testing.assert_array_equal(read_raw(f"{path}::raw").array, image)
    assert "holds no 'liver'; it holds raw (3 × 4 × 5, uint16), labels" in refusal(f"{path}::liver")
    assert read_labels(path).notes == (
        "two.ome.tif holds more than labels, which is opened: raw (3 × 4 × 5, uint16) is not read.",
    )
    assert read_labels(f"{path}::labels").notes == ()


def test_series_of_which_none_is_called_labels_are_asked_for(tmp_path, ids, image):
    path = write_series(tmp_path / "two.ome.tif", ("a", image), ("b", ids))
    with pytest.raises(PartNeededError, match=r"e\.g\. two\.ome\.tif::a") as caught:
        read_raw(path)
    assert [part.name for part in caught.value.parts] == ["a", "b"]
    np.testing.assert_array_equal(read_raw(f"{path}::b").array, ids)


def test_series_of_one_name_are_numbered(tmp_path, ids, image):
    path = write_series(tmp_path / "two.ome.tif", ("a", image), ("a", ids))
    assert [part.name for part in parts_of(path)] == ["0", "1"]
    np.testing.assert_array_equal(read_raw(f"{path}::1").array, ids)


def test_channels_of_one_series_of_several(tmp_path, ids, image):
    both = np.stack([image, ids.astype(np.uint16)])
    path = write_series(tmp_path / "two.ome.tif", ("a", image), ("b", both))
    assert [part.name for part in parts_of(path)] == ["a", "b/0", "b/1"]
    for name in ("b/1", "1/1"):
        np.testing.assert_array_equal(read_raw(f"{path}::{name}").array, ids)


def test_each_series_has_its_own_spacing(tmp_path, ids, image):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for size, array in ((1.0, image), (2.0, ids)):
            sizes = {f"PhysicalSize{axis}": size for axis in "XYZ"}
            writer.write(array, photometric="minisblack", metadata={"axes": "ZYX", **sizes})
    assert read_raw(f"{path}::0").spacing == pytest.approx((1e-3,) * 3)
    assert read_raw(f"{path}::1").spacing == pytest.approx((2e-3,) * 3)


def test_a_thumbnail_is_not_taken_for_the_stack_and_is_named(tmp_path, ids):
    path = tmp_path / "v.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(np.zeros((2, 3, 3), np.uint8), photometric="rgb", metadata=None)
        for plane in ids:
            writer.write(plane, photometric="minisblack", contiguous=False, metadata=None)
    raw = read_raw(path)
    np.testing.assert_array_equal(raw.array, ids)
    assert "(2 × 3, uint8) is not read" in raw.notes[0]


def group_of(folder, version):
    return zarr.open_group(folder, mode="w", zarr_format=version)


def write_image(group, array):
    group.create_array("0", data=array, chunks=array.shape)
    axes = [{"name": n, "type": "space", "unit": "micrometer"} for n in "zyx"]
    scale = [{"type": "scale", "scale": [2.0, 0.25, 0.25]}]
    levels = [{"path": "0", "coordinateTransformations": scale}]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": levels}]


@pytest.fixture
def bf2raw(tmp_path, ids, image):
    """Images in groups with numbers, as bioformats2raw lays them out, one with a label image."""
    root = group_of(tmp_path / "bf2raw.zarr", 2)
    root.attrs["bioformats2raw.layout"] = 3
    first = root.create_group("0")
    write_image(first, image)
    write_image(first.create_group("labels").create_group("cells"), ids)
    return tmp_path / "bf2raw.zarr"


def test_a_label_image_below_an_image_in_a_group(bf2raw, ids, image):
    volume = read_labels(bf2raw)
    np.testing.assert_array_equal(np.array([0, 2, 7, 200])[volume.labels], ids)
    assert volume.spacing == pytest.approx((2e-3, 2.5e-4, 2.5e-4))
    assert volume.notes == (
        "bf2raw.zarr holds more than 0/labels/cells, which is opened: 0 (3 × 4 × 5, uint16) is not "
        "read.",
    )
    np.testing.assert_array_equal(read_raw(f"{bf2raw}::0").array, image)
    np.testing.assert_array_equal(with_image(volume, bf2raw).image, image)
    assert "holds no '0/labels/liver'; it holds 0/labels/cells" in refusal(
        f"{bf2raw}::0/labels/liver"
    )


def test_label_images_below_two_images_are_asked_for(bf2raw, ids, image):
    second = zarr.open_group(bf2raw, mode="a").create_group("1")
    write_image(second, image)
    write_image(second.create_group("labels").create_group("nuclei"), ids)
    with pytest.raises(PartNeededError) as caught:
        read_raw(bf2raw)
    assert [p.name for p in caught.value.parts] == ["0/labels/cells", "1/labels/nuclei"]
    names = {part.name for part in parts_of(bf2raw)}
    assert names == {"0", "0/labels/cells", "1", "1/labels/nuclei"}


def test_a_second_multiscale_in_a_group_is_named(bf2raw):
    cells = zarr.open_group(bf2raw, mode="a")["0/labels/cells"]
    cells.attrs["multiscales"] = [*cells.attrs["multiscales"] * 2]
    notes = read_raw(f"{bf2raw}::0/labels/cells").notes
    assert notes == ("bf2raw.zarr describes 2 multiscale images; the first is read.",)


def write_npz(path, **arrays):
    np.savez(path, **arrays)


def write_h5(path, **arrays):
    with File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array


@pytest.mark.parametrize(("name", "write"), [("v.npz", write_npz), ("v.h5", write_h5)])
def test_arrays_beside_the_labels_are_named_and_the_image_is_not_the_labels(
    tmp_path, ids, image, name, write
):
    path = tmp_path / name
    write(path, labels=ids, image=image)
    volume = read_labels(path)
    assert volume.notes == (
        f"{name} holds more than labels, which is opened: image (3 × 4 × 5, uint16) is not read.",
    )
    both = with_image(volume, str(path))
    np.testing.assert_array_equal(both.image, image)
    assert both.notes == both.image_notes == ()


def test_a_dataset_in_another_file_is_named(tmp_path, ids):
    write_h5(tmp_path / "other.h5", data=ids)
    with File(tmp_path / "v.h5", "w") as file:
        file["labels"] = ids
        file["image"] = ExternalLink("other.h5", "data")
    note = "v.h5 says that image lies in another file, which is not read."
    assert read_labels(tmp_path / "v.h5").notes == (note,)


def test_what_is_left_unread_of_a_prediction_is_said_as_long_as_it_is_used(tmp_path, ids, image):
    np.save(tmp_path / "t.npy", ids)
    write_npz(tmp_path / "p.npz", prediction=ids, uncertainty=image)
    case = open_case([tmp_path / "t.npy"], prediction=tmp_path / "p.npz")
    assert len(case.notes) == 1
    assert "p.npz holds more than prediction" in case.notes[0]
    assert "uncertainty (3 × 4 × 5, uint16) is not read" in case.notes[0]
    assert case.with_prediction(None).notes == ()


def test_notes_are_no_part_of_what_is_computed(tmp_path, ids, image):
    write_npz(tmp_path / "a.npz", labels=ids, image=image)
    write_npz(tmp_path / "b.npz", labels=ids)
    a, b = (open_case([tmp_path / name]) for name in ("a.npz", "b.npz"))
    assert a.notes != b.notes
    assert a.key == b.key


def test_a_nifti_header_says_nothing_of_parts(tmp_path, ids):
    nib.save(nib.Nifti1Image(ids.T, np.eye(4)), tmp_path / "v.nii.gz")
    assert parts_of(tmp_path / "v.nii.gz") == ()
