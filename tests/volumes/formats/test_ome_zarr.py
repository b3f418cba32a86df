"""OME-Zarr folders as ome-zarr writes them, plain Zarr, and what they must not lead to."""

import json
import pickle
import shutil
import warnings
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from ome_zarr.format import FormatV04, FormatV05
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec

from lossexplorer.volumes import VolumeError, parts_of, read_labels, read_prediction
from lossexplorer.volumes.errors import PartNeededError
from lossexplorer.volumes.formats.ome_zarr import MAX_VOXELS_UNASKED

with warnings.catch_warnings(action="ignore"):  # it warns of a class of its own when imported
    from ome_zarr.writer import write_multiscale, write_multiscale_labels

FORMATS = {"0.4": FormatV04(), "0.5": FormatV05()}


def refusal(path) -> str:
    with pytest.raises(VolumeError) as caught:
        read_labels(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def axes(names="zyx", unit="millimeter", **scale):
    """What the writer is told about the axes; those of space have a unit."""
    space = [name for name in names if name in "zyx"]
    return {
        "axes": names,
        "axes_units": dict.fromkeys(space, unit) if unit else None,
        "scale": dict.fromkeys(names, 1.0) | scale,
    }


@pytest.fixture
def pyramid() -> list[np.ndarray]:
    """Labels at three levels, each of other ids, so that they cannot be mistaken."""
    levels = [np.zeros((4, 8 >> n, 12 >> n), np.uint16) for n in range(3)]
    for number, level in enumerate(levels):
        level[1, 0, :2] = 3
        level[2, -1, -1] = 1000 + number
    return levels


@pytest.fixture(params=FORMATS)
def group(request, tmp_path):
    """An empty group of one version of the format, with what writes it."""
    version = FORMATS[request.param]
    root = zarr.open_group(tmp_path / "v.ome.zarr", mode="w", zarr_format=version.zarr_format)
    return root, version


@pytest.fixture
def image(group, pyramid, tmp_path) -> Path:
    """An image with one label image."""
    root, version = group
    options = axes(z=2.5, y=0.5, x=0.25) | {"fmt": version}
    write_multiscale([level.astype(np.float32) / 7 for level in pyramid], root, **options)
    properties = [{"label-value": 3, "class": "nucleus"}, {"label-value": 1000, "area": 12}]
    metadata = {"properties": properties}
    write_multiscale_labels(pyramid, root, "cells", label_metadata=metadata, **options)
    return tmp_path / "v.ome.zarr"


def test_the_only_label_image_of_an_image(image, pyramid):
    volume = read_labels(image)
    found = np.array([c.id for c in volume.classes])[volume.labels]
    np.testing.assert_array_equal(found, pyramid[0])
    assert [(c.id, c.name) for c in volume.classes] == [
        (0, "background"),
        (3, "nucleus"),
        (1000, "class 1000"),
    ]
    assert volume.spacing == (2.5, 0.5, 0.25)
    assert volume.levels == ((4, 8, 12), (4, 4, 6), (4, 2, 3))
    assert volume.level == 0
    assert volume.affine is None
    assert volume.name == "v"


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_level_that_was_asked_for(image, pyramid, level):
    for source in (f"{image}::@{level}", f"{image}::labels/cells@{level}"):
        volume = read_labels(source)
        found = np.array([c.id for c in volume.classes])[volume.labels]
        np.testing.assert_array_equal(found, pyramid[level])
        assert volume.level == level
        assert volume.spacing == (2.5, 0.5 * 2**level, 0.25 * 2**level)
    assert "v.ome.zarr has no level 3; the coarsest of its 3 is 2." in refusal(f"{image}::@3")


def test_the_label_image_by_its_own_path(image, pyramid):
    volume = read_labels(image / "labels" / "cells")
    assert volume.shape == pyramid[0].shape
    assert volume.name == "cells"
    assert volume.classes[1].name == "nucleus"


def test_the_image_itself(image):
    labels = read_labels(image)
    assert [p.name for p in parts_of(image)] == ["labels/cells", "."]
    assert parts_of(image)[1].dtype == "float32"
    for path in (f"{image}::.", image):
        assert read_labels(image, image=path).image[1, 0, 0] == np.float32(3 / 7)
    coarse = read_labels(f"{image}::@1", image=image)
    assert coarse.image.shape == coarse.shape != labels.shape
    assert labels.image is None
    assert "v.ome.zarr holds the value 0.428571" in refusal(f"{image}::.")


def test_several_label_images(image, group, pyramid):
    root, version = group
    write_multiscale_labels(pyramid, root, "nuclei", fmt=version, **axes())
    with pytest.raises(PartNeededError) as caught:
        read_labels(image)
    assert [p.name for p in caught.value.parts] == ["labels/cells", "labels/nuclei"]
    assert {p.shape for p in caught.value.parts} == {(4, 8, 12)}
    assert "labels/cells (4 × 8 × 12, uint16)" in str(caught.value)
    assert "v.ome.zarr::labels/cells" in str(caught.value)
    assert read_labels(f"{image}::labels/nuclei").classes[1].name == "class 3"
    assert "holds no 'labels/bones'; it holds labels/cells" in refusal(f"{image}::labels/bones")


def test_a_multiscale_of_integers_without_labels(group, pyramid, tmp_path):
    root, version = group
    write_multiscale(pyramid, root, fmt=version, **axes(unit="micrometer"))
    volume = read_labels(tmp_path / "v.ome.zarr")
    assert volume.shape == (4, 8, 12)
    assert volume.spacing[0] == 1e-3


def test_a_scale_of_all_levels_multiplies_theirs(group, pyramid, tmp_path):
    root, version = group
    write_multiscale(pyramid, root, fmt=version, **axes(z=2.5, y=0.5, x=0.25))
    attributes = dict(root.attrs)
    metadata = attributes.get("ome", attributes)["multiscales"][0]
    metadata["coordinateTransformations"] = [{"type": "scale", "scale": [2.0, 3.0, 4.0]}]
    root.attrs.update(attributes)
    assert read_labels(tmp_path / "v.ome.zarr").spacing == (5.0, 1.5, 1.0)


@pytest.mark.parametrize(
    ("names", "shape", "expected"),
    [
        ("tczyx", (1, 1, 3, 4, 5), (3, 4, 5)),
        ("czyx", (1, 3, 4, 5), (3, 4, 5)),
        ("tzyx", (1, 3, 4, 5), (3, 4, 5)),
        ("tcyx", (1, 1, 4, 5), (1, 4, 5)),
        ("yx", (4, 5), (1, 4, 5)),
    ],
)
def test_axes_of_length_one(group, tmp_path, names, shape, expected):
    root, version = group
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    write_multiscale([array], root, fmt=version, **axes(names))
    volume = read_labels(tmp_path / "v.ome.zarr")
    np.testing.assert_array_equal(volume.labels, array.reshape(expected))
    assert volume.levels == (expected,)
    assert volume.spacing_known


def test_axes_in_another_order_become_z_y_x(group, tmp_path):
    root, version = group
    array = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)
    write_multiscale([array], root, fmt=version, **axes("xyz", y=2.0, z=3.0))
    volume = read_labels(tmp_path / "v.ome.zarr")
    np.testing.assert_array_equal(volume.labels, array.T)
    assert volume.spacing == (3.0, 2.0, 1.0)


def test_several_points_in_time(group, tmp_path):
    root, version = group
    write_multiscale([np.ones((2, 3, 4, 5), np.uint8)], root, fmt=version, **axes("tzyx"))
    message = refusal(tmp_path / "v.ome.zarr")
    assert message == "v.ome.zarr has 2 points along t; one is needed. Save one of them."


@pytest.mark.parametrize("unit", [None, "parsec"])
def test_a_unit_of_no_use(group, pyramid, tmp_path, unit):
    root, version = group
    write_multiscale(pyramid[:1], root, fmt=version, **axes(unit=unit))
    volume = read_labels(tmp_path / "v.ome.zarr")
    assert not volume.spacing_known


def test_channels_are_classes(group, tmp_path):
    root, version = group
    np.save(tmp_path / "t.npy", np.arange(60).reshape(3, 4, 5) % 2)
    truth = read_labels(tmp_path / "t.npy")
    values = np.random.default_rng(0).random((2, 3, 4, 5)).astype(np.float32)
    write_multiscale([values], root, fmt=version, **axes("czyx"))
    same, prediction = read_prediction(tmp_path / "v.ome.zarr", truth)
    assert same is truth
    np.testing.assert_array_equal(prediction, values)


def forget_chunks(level: Path) -> None:
    """Leave of an array what says how large it is, and rubbish in the place of its values."""
    for entry in level.iterdir():
        if entry.name in ("zarr.json", ".zarray", ".zattrs"):
            continue
        for chunk in [entry] if entry.is_file() else [e for e in entry.rglob("*") if e.is_file()]:
            chunk.write_bytes(b"rubbish")


def declare(level: Path, shape) -> None:
    """Change the declared shape of an array, and nothing else."""
    path = next(level / name for name in ("zarr.json", ".zarray") if (level / name).is_file())
    metadata = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(metadata | {"shape": shape}), "utf-8")


def levels_of(folder: Path) -> list[Path]:
    return sorted(e for e in folder.iterdir() if (e / ".zarray").is_file() or (e / "c").is_dir())


def test_only_the_chosen_level_is_read(image, pyramid):
    finest, middle, _ = levels_of(image / "labels" / "cells")
    forget_chunks(finest)
    forget_chunks(middle)
    volume = read_labels(f"{image}::@2")
    found = np.array([c.id for c in volume.classes])[volume.labels]
    np.testing.assert_array_equal(found, pyramid[2])
    assert "damaged" in refusal(image)


def test_the_finest_level_that_fits_is_opened_unasked(image):
    finest, middle, coarsest = levels_of(image / "labels" / "cells")
    declare(finest, [4000, 40_000, 40_000])
    declare(middle, [513, 512, 512])
    volume = read_labels(image)
    assert volume.level == 2
    assert volume.levels == ((4000, 40_000, 40_000), (513, 512, 512), (4, 2, 3))
    assert volume.spacing == (2.5, 2.0, 1.0)
    message = refusal(f"{image}::@0")
    assert "4000 × 40000 × 40000 = 6,400,000,000,000 voxels at level 0" in message
    assert "Choose level 1." in message
    declare(coarsest, [512, 1024, 1024])
    message = refusal(image)
    assert "v.ome.zarr has 512 × 1024 × 1024 = 536,870,912 voxels at its coarsest" in message
    assert f"{MAX_VOXELS_UNASKED:,}" in message
    assert "v.ome.zarr::labels/cells@2" in message
    declare(coarsest, [40_000, 40_000, 40_000])
    assert "Save a coarser level" in refusal(image)


PLAIN = {
    "blosc": (2, numcodecs.Blosc(), None),
    "zlib": (2, numcodecs.Zlib(), None),
    "lz4": (2, numcodecs.LZ4(), None),
    "gzip 2": (2, numcodecs.GZip(), None),
    "none": (3, None, None),
    "gzip": (3, [GzipCodec()], None),
    "zstd": (3, [ZstdCodec(checksum=True), Crc32cCodec()], None),
    "sharded": (3, [BloscCodec()], (4, 8, 12)),
}


@pytest.mark.parametrize(("version", "packing", "shards"), PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("dtype", ["u1", ">u2", "<i8"])
def test_plain_arrays(tmp_path, version, packing, shards, dtype):
    array = np.random.default_rng(0).integers(0, 9, (5, 9, 11)).astype(dtype)
    options = {"shape": array.shape, "dtype": dtype, "zarr_format": version, "chunks": (2, 4, 6)}
    root = zarr.create_array(tmp_path / "a.zarr", compressors=packing, shards=shards, **options)
    root[:] = array
    volume = read_labels(tmp_path / "a.zarr")
    np.testing.assert_array_equal(volume.labels, array)
    assert not volume.spacing_known
    assert volume.levels == ()


def test_a_group_without_metadata(tmp_path, ids):
    root = zarr.open_group(tmp_path / "g.zarr", mode="w")
    root.create_array("a/one", data=ids)
    root.create_array("two", data=ids.astype(np.int32))
    (tmp_path / "g.zarr" / "notes").mkdir()
    with pytest.raises(PartNeededError) as caught:
        read_labels(tmp_path / "g.zarr")
    assert [p.name for p in caught.value.parts] == ["two", "a/one"]
    assert read_labels(f"{tmp_path / 'g.zarr'}::a/one").shape == ids.shape
    root.create_array("labels", data=ids)
    assert read_labels(tmp_path / "g.zarr").shape == ids.shape
    zarr.open_group(tmp_path / "e.zarr", mode="w")
    assert refusal(tmp_path / "e.zarr").startswith("e.zarr holds no array of numbers")


def test_no_zarr(tmp_path):
    (tmp_path / "v.zarr").mkdir()
    assert "v.zarr is not a Zarr folder, despite its name" in refusal(tmp_path / "v.zarr")
    (tmp_path / "v.zarr" / "inner").mkdir()
    assert "inner is not a Zarr folder" in refusal(tmp_path / "v.zarr" / "inner")


@pytest.mark.parametrize("address", ["https://example.org/v.zarr", "s3://b/v.zarr::labels/a"])
def test_nothing_is_read_from_a_network(address):
    assert "is an address in a network, and nothing is read from there" in refusal(address)


def test_an_older_version(image):
    path = next(image / name for name in ("zarr.json", ".zattrs") if (image / name).is_file())
    text = path.read_text("utf-8")
    path.write_text(text.replace('"axes"', '"axis"'), "utf-8")
    assert "not those of OME-Zarr 0.4 or 0.5" in refusal(image)


@pytest.fixture
def secret(tmp_path) -> Path:
    """An array outside of the folder that is opened."""
    zarr.create_array(tmp_path / "secret", data=np.full((4, 8, 12), 5, np.uint16))
    return tmp_path / "secret"


@pytest.mark.parametrize("path", ["../../../secret", "..", "s0/../../../../secret"])
def test_a_level_outside_of_the_folder(image, secret, path):
    folder = image / "labels" / "cells"
    metadata = next(folder / name for name in ("zarr.json", ".zattrs") if (folder / name).is_file())
    first = levels_of(folder)[0].name
    text = metadata.read_text("utf-8").replace(json.dumps(first), json.dumps(path))
    assert path in text
    metadata.write_text(text, "utf-8")
    assert "v.ome.zarr has image metadata that are not those of OME-Zarr" in refusal(image)


def test_a_part_outside_of_the_folder(image, secret):
    for part in ("../secret", "labels/../../secret", ".."):
        message = refusal(f"{image}::{part}")
        assert f"v.ome.zarr leads out of its folder at '{part}', which is not followed" in message
    assert "v.ome.zarr holds no" in refusal(f"{image}::{secret}")


def test_links_out_of_the_folder(image, secret, tmp_path):
    finest, *_ = levels_of(image / "labels" / "cells")
    chunk = next(e for e in finest.rglob("*") if e.is_file() and e.name[-1].isdigit())
    stolen = tmp_path / "stolen"
    shutil.move(chunk, stolen)
    chunk.symlink_to(stolen)
    assert "leads out of its folder" in refusal(image)
    shutil.rmtree(finest)
    finest.symlink_to(secret, target_is_directory=True)
    assert "leads out of its folder" in refusal(image)
    shutil.rmtree(image / "labels" / "cells")
    (image / "labels" / "cells").symlink_to(secret, target_is_directory=True)
    assert "leads out of its folder" in refusal(f"{image}::labels/cells")
    assert "labels/cells" not in [p.name for p in parts_of(image)]


def test_links_in_a_circle_end(image):
    (image / "labels" / "again").symlink_to(image / "labels", target_is_directory=True)
    assert read_labels(image).shape == (4, 8, 12)


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_pickles_are_never_loaded(tmp_path):
    mark = tmp_path / "ran"
    store = tmp_path / "p.zarr"
    trapped = np.array([Trap(mark)], object)
    packed = numcodecs.Pickle().encode(trapped)
    zarr.create_array(store, shape=(1, 1, 1), dtype="u1", zarr_format=2, compressors=None)
    (store / "0.0.0").write_bytes(packed)
    path = store / ".zarray"
    metadata = json.loads(path.read_text("utf-8"))
    for change in (
        {"dtype": "|O", "filters": [{"id": "pickle"}]},
        {"filters": [{"id": "pickle"}]},
        {"compressor": {"id": "pickle"}},
    ):
        path.write_text(json.dumps(metadata | change), "utf-8")
        assert "p.zarr" in refusal(store)
    assert not mark.exists()
    pickle.loads(packed)
    assert mark.exists()  # the trap works


def test_a_codec_that_cannot_be_trusted(tmp_path):
    options = {"shape": (4, 4, 4), "dtype": "u2", "zarr_format": 2}
    zarr.create_array(tmp_path / "d.zarr", filters=[numcodecs.Delta("u2")], **options)[:] = 3
    assert "d.zarr is packed with 'delta'; save it with blosc, zstd or gzip" in refusal(
        tmp_path / "d.zarr"
    )


@pytest.mark.parametrize("chunks", [[1, 1, 1], [4000, 4000, 4000]])
def test_chunks_of_absurd_sizes(tmp_path, chunks):
    zarr.create_array(tmp_path / "c.zarr", shape=(500, 500, 500), dtype="u1", zarr_format=2)
    path = tmp_path / "c.zarr" / ".zarray"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"chunks": chunks}), "utf-8")
    assert "c.zarr is cut into chunks of an unusable size" in refusal(tmp_path / "c.zarr")
