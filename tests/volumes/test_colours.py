"""Masks coded in colours, palettes, and the tables that say what a colour stands for."""

import pickle
import struct
import zlib

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK
import tifffile
from PIL import Image

from lossexplorer.volumes import (
    ColoursNeededError,
    VolumeError,
    find_colours,
    open_case,
    read_colours,
    read_labels,
    read_prediction,
    write_colours,
)
from lossexplorer.volumes.colour_tables import Colour
from lossexplorer.volumes.colours import proposed

PALETTE = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255], [64, 128, 64]], np.uint8)
TABLE = "id,name,color\n0,background,#000000\n3,liver,#ff0000\n5,kidney,0 0 255\n9,tree,#408040\n"
IDS = np.array([0, 3, 5, 9])


@pytest.fixture
def places() -> np.ndarray:
    """(y, x) = (4, 6), indices into the palette at places that no flip or transpose keeps."""
    array = np.zeros((4, 6), np.uint8)
    array[1, 2:] = 1
    array[3, :2] = 2
    array[0, 5] = 3
    return array


def refusal(read) -> str:
    with pytest.raises(VolumeError) as caught:
        read()
    message = str(caught.value)
    assert "\n" not in message
    return message


def values(path) -> np.ndarray:
    volume = read_labels(path)
    return np.array([c.id for c in volume.classes])[volume.labels]


# PNG


def png(path, array, mode=None, **more):
    Image.fromarray(array, mode).save(path, **more)
    return path


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated")
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_the_numbers_of_a_palette_are_ids(tmp_path, places, bits):
    image = Image.fromarray(places).convert("P")
    image.putdata(places.reshape(-1).tolist())
    image.putpalette(PALETTE.reshape(-1).tolist() + [0] * (3 * 252))
    image.save(tmp_path / "p.png", bits=bits)
    np.testing.assert_array_equal(values(tmp_path / "p.png"), places[None])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_shades_of_every_depth_are_ids(tmp_path, places, depth):
    """Written by hand from the PNG specification, in which a shade of 2 bits is 0, 1, 2 or 3."""
    shades = (places > 0).astype(int) if depth == 1 else places.astype(int)
    rows = b""
    for row in shades.tolist():
        bits = "".join(format(shade, f"0{depth}b") for shade in row)
        bits += "0" * (-len(bits) % 8)
        rows += b"\0" + bytes(int(bits[k : k + 8], 2) for k in range(0, len(bits), 8))
    header = struct.pack(">IIBBBBB", places.shape[1], places.shape[0], depth, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    (tmp_path / "g.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    np.testing.assert_array_equal(values(tmp_path / "g.png"), shades[None])


def test_what_png_cannot_say(tmp_path, places):
    volume = read_labels(png(tmp_path / "g.png", places, dpi=(72, 72)))
    assert not volume.spacing_known
    assert volume.notes == ("g.png is 2D (4 × 6) and is a volume of one slice.",)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_cut_png(tmp_path, kept):
    noise = np.random.default_rng(0).integers(0, 9, (60, 70)).astype(np.uint8)
    path = png(tmp_path / "c.png", noise)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    assert "c.png" in refusal(lambda: read_labels(path))


def test_an_absurd_size_is_refused_before_anything_is_allocated(tmp_path):
    for side, message in ((60_000, "3,600,000,000 voxels"), (20_000, "too short to hold them")):
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
        (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
        assert message in refusal(lambda: read_labels(tmp_path / "b.png"))


def test_an_animation(tmp_path, places):
    frames = [Image.fromarray(places), Image.fromarray(places + 1)]
    frames[0].save(tmp_path / "a.png", save_all=True, append_images=frames[1:])
    assert "an animation of 2 frames" in refusal(lambda: read_labels(tmp_path / "a.png"))


def test_opacity_of_shades(tmp_path, places):
    opaque = np.stack([places, np.full_like(places, 255)], axis=-1)
    np.testing.assert_array_equal(values(png(tmp_path / "o.png", opaque)), places[None])
    opaque[1, 2, 1] = 0
    expected = places.copy()
    expected[1, 2] = 0
    np.testing.assert_array_equal(values(png(tmp_path / "t.png", opaque)), expected[None])
    opaque[1, 2, 1] = 100
    path = png(tmp_path / "h.png", opaque)
    assert "half transparent" in refusal(lambda: read_labels(path))


# Colours in every format that has them


def write_tiff(path, colours):
    tifffile.imwrite(path, colours, photometric="rgb")


def write_planar_tiff(path, colours):
    planes = np.moveaxis(colours, -1, 0)
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate")


def write_lzw_tiff(path, colours):
    tifffile.imwrite(path, colours, photometric="rgb", compression="lzw")


def write_nifti(path, colours):
    typed = np.ascontiguousarray(colours).view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0]
    nib.save(nib.Nifti1Image(typed.T, np.eye(4)), path)


def write_nrrd(path, colours):
    kinds = ["RGB-color", *["domain"] * (colours.ndim - 1)]
    nrrd.write(str(path), np.moveaxis(colours.T, 0, 0), {"kinds": kinds})


def write_itk(path, colours):
    image = SimpleITK.GetImageFromArray(colours, isVector=True)
    SimpleITK.WriteImage(image, str(path), useCompression=True)


COLOURED = {
    "rgb.png": png,
    "rgb.tif": write_tiff,
    "planar.tif": write_planar_tiff,
    "lzw.tif": write_lzw_tiff,
    "rgb.nii.gz": write_nifti,
    "rgb.nrrd": write_nrrd,
    "rgb.mha": write_itk,
}


@pytest.mark.parametrize("name", COLOURED)
def test_a_table_beside_says_what_a_colour_stands_for(tmp_path, places, name):
    COLOURED[name](tmp_path / name, PALETTE[places])
    (tmp_path / f"{name.partition('.')[0]}.colors.csv").write_text(TABLE, encoding="utf-8")
    np.testing.assert_array_equal(values(tmp_path / name), IDS[places][None])
    classes = [(c.id, c.name) for c in read_labels(tmp_path / name).classes]
    assert classes == [(0, "background"), (3, "liver"), (5, "kidney"), (9, "tree")]


@pytest.mark.parametrize("name", ["rgb.tif", "rgb.nii.gz", "rgb.nrrd", "rgb.mha"])
def test_volumes_of_colours(tmp_path, places, name):
    stack = np.stack([places, places[::-1], np.roll(places, 1)])
    COLOURED[name](tmp_path / name, PALETTE[stack])
    (tmp_path / "colors.csv").write_text(TABLE, encoding="utf-8")
    np.testing.assert_array_equal(values(tmp_path / name), IDS[stack])


@pytest.mark.parametrize("name", COLOURED)
def test_without_a_table_the_colours_are_listed_with_what_to_write(tmp_path, places, name):
    COLOURED[name](tmp_path / name, PALETTE[places])
    message = refusal(lambda: read_labels(tmp_path / name))
    assert f"{name} is coded in colours, which no table explains: #000000 (17 voxels)" in message
    for colour in ("#ff0000 (4 voxels)", "#0000ff (2 voxels)", "#408040 (1 voxels)"):
        assert colour in message
    assert f"Write {name.partition('.')[0]}.colors.csv beside it" in message
    assert "0,background,#000000; 1,class 1,#ff0000" in message


def test_the_error_has_the_colours_and_survives_a_process_boundary(tmp_path, places):
    path = png(tmp_path / "m.png", PALETTE[places])
    with pytest.raises(ColoursNeededError) as caught:
        read_labels(path)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert error.counts == (
            ((0, 0, 0), 17),
            ((255, 0, 0), 4),
            ((0, 0, 255), 2),
            ((64, 128, 64), 1),
        )
        assert error.path == str(path)
    assert [c.id for c in proposed(caught.value.counts)] == [0, 1, 2, 3]


def test_a_colour_that_the_table_lacks(tmp_path, places):
    path = png(tmp_path / "m.png", PALETTE[places])
    lines = TABLE.splitlines()[:3]
    (tmp_path / "m.colors.csv").write_text("\n".join(lines), encoding="utf-8")
    message = refusal(lambda: read_labels(path))
    assert "colours that its table does not have: #0000ff (2 voxels), #408040 (1" in message
    assert "#ff0000" not in message
    assert "Add them to the table, or write m.colors.csv" in message
    with pytest.raises(ColoursNeededError) as caught:
        read_labels(path)
    table = read_colours(tmp_path / "m.colors.csv")
    taken = {each.id for each in table}
    found = {each.rgb: each.id for each in proposed(caught.value.counts, table)}
    # What the table has stays, and what it lacks is neither of its classes nor the background.
    assert [found[each.rgb] for each in table] == [each.id for each in table]
    free = [id_ for id_ in range(1, 9) if id_ not in taken][:2]
    assert [found[0, 0, 255], found[64, 128, 64]] == free


def test_black_is_background_where_the_table_has_none(tmp_path, places):
    path = png(tmp_path / "m.png", PALETTE[places])
    (tmp_path / "m.colors.csv").write_text(TABLE.replace("0,background,#000000\n", ""), "utf-8")
    np.testing.assert_array_equal(values(path), IDS[places][None])


def test_shades_of_grey_are_ids_unless_a_table_says_otherwise(tmp_path, places):
    path = png(tmp_path / "m.png", np.repeat(places[..., None] * 100, 3, axis=-1))
    volume = read_labels(path)
    assert [c.id for c in volume.classes] == [0, 44, 100, 200]  # 300 is 44 in a byte
    assert "m.png is a colour image in shades of grey, whose shades are the ids." in volume.notes
    table = "id,name,color\n1,a,#646464\n2,b,#c8c8c8\n3,c,#2c2c2c\n"
    (tmp_path / "m.colors.csv").write_text(table, encoding="utf-8")
    np.testing.assert_array_equal(values(path), places[None])


def test_opacity_of_colours(tmp_path, places):
    (tmp_path / "colors.csv").write_text(TABLE, encoding="utf-8")
    colours = np.concatenate([PALETTE[places], np.full((*places.shape, 1), 255, np.uint8)], axis=-1)
    colours[1, 2, 3] = 0
    expected = IDS[places]
    expected[1, 2] = 0
    np.testing.assert_array_equal(values(png(tmp_path / "t.png", colours)), expected[None])
    colours[1, 2, 3] = 7
    path = png(tmp_path / "h.png", colours)
    assert "half transparent pixels" in refusal(lambda: read_labels(path))


def test_a_photograph_is_no_mask_and_can_be_the_image(tmp_path, places):
    noise = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)
    many = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    path = png(tmp_path / "photo.png", many)
    assert "colours, so it is a picture" in refusal(lambda: read_labels(path))
    volume = read_labels(png(tmp_path / "m.png", places), image=png(tmp_path / "small.png", noise))
    luma = np.asarray(Image.fromarray(noise).convert("F"))
    np.testing.assert_allclose(volume.image[0], luma, atol=1)


def test_truth_and_prediction_in_colours(tmp_path, places):
    (tmp_path / "colors.csv").write_text(TABLE, encoding="utf-8")
    truth = png(tmp_path / "t.png", PALETTE[places])
    guess = png(tmp_path / "p.png", PALETTE[np.roll(places, 1)])
    volume, read = read_prediction(guess, read_labels(truth))
    np.testing.assert_array_equal(IDS[read], IDS[np.roll(places, 1)][None])
    case = open_case([truth], prediction=guess)
    np.testing.assert_array_equal(case.given[0], read)
    assert [c.name for c in volume.classes] == ["background", "liver", "kidney", "tree"]


# Tables


WRITTEN = {
    "id.csv": TABLE,
    "semicolons.csv": TABLE.replace(",", ";"),
    "columns.csv": "id,name,r,g,b\n0,background,0,0,0\n3,liver,255,0,0\n5,kidney,0,0,255\n"
    "9,tree,64,128,64\n",
    "words.csv": "Index,Label,Red,Green,Blue\n0,background,0,0,0\n3,liver,255,0,0\n"
    "5,kidney,0,0,255\n9,tree,64,128,64\n",
    "tabs.tsv": TABLE.replace(",", "\t"),
    "rows.json": '[{"id": 0, "name": "background", "color": [0, 0, 0]}, {"id": 3, "name": "liver",'
    '"color": "#FF0000"}, {"id": 5, "name": "kidney", "color": [0, 0, 255]}, {"id": 9, "name":'
    '"tree", "color": "(64, 128, 64)"}]',
    "snap.label": '# ITK-SNAP\n0 0 0 0 0 0 0 "background"\n3 255 0 0 1 1 1 "liver"\n'
    '5 0 0 255 1 1 1 "kidney"\n9 64 128 64 1 1 1 "tree"\n',
    "slicer.ctbl": "# Color table file\n0 background 0 0 0 0\n3 liver 255 0 0 255\n"
    "5 kidney 0 0 255 255\n9 tree 64 128 64 255\n",
    "freesurfer.txt": "0 background 0 0 0 0\n3 liver 255 0 0 0\n5 kidney 0 0 255 0\n"
    "9 tree 64 128 64 0\n",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_tables_with_ids(tmp_path, name):
    (tmp_path / name).write_text(WRITTEN[name], encoding="utf-8")
    assert [(c.id, c.name, c.rgb) for c in read_colours(tmp_path / name)] == [
        (0, "background", (0, 0, 0)),
        (3, "liver", (255, 0, 0)),
        (5, "kidney", (0, 0, 255)),
        (9, "tree", (64, 128, 64)),
    ]


WITHOUT_IDS = {
    "class_dict.csv": "name,r,g,b\nAnimal,64,128,64\nArchway,192,0,128\nVoid,0,0,0\n",
    "label_colors.txt": "64 128 64\tAnimal\n192 0 128\tArchway\n0 0 0\tVoid\n",
    "labelmap.txt": "# label:color_rgb:parts:actions\nAnimal:64,128,64::\nArchway:192,0,128::\n"
    "Void:0,0,0::\n",
    "colors.json": '{"Animal": [64, 128, 64], "Archway": "#c00080", "Void": [0, 0, 0]}',
}


@pytest.mark.parametrize("name", WITHOUT_IDS)
def test_tables_without_ids_count_from_1_and_void_is_0(tmp_path, name):
    (tmp_path / name).write_text(WITHOUT_IDS[name], encoding="utf-8")
    expected = (
        Colour((64, 128, 64), 1, "Animal"),
        Colour((192, 0, 128), 2, "Archway"),
        Colour((0, 0, 0), 0, "Void"),
    )
    assert read_colours(tmp_path / name) == expected
    (tmp_path / "masks").mkdir()
    assert find_colours(tmp_path / "m.png") == expected
    assert find_colours(tmp_path / "masks" / "m.png") == expected


def test_black_is_the_background_of_a_table_that_names_none(tmp_path):
    (tmp_path / "t.txt").write_text("255 0 0 a\n0 0 0 b\n0 255 0 c\n", encoding="utf-8")
    assert [(c.id, c.name) for c in read_colours(tmp_path / "t.txt")] == [
        (1, "a"),
        (0, "b"),
        (2, "c"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,name,color\n1,a,#ff0000\n2,b,#ff0000\n", "gives #ff0000 two ids, 1 and 2"),
        ("id,name,r,g,b\n1,a,256,0,0\n", "the colour (256, 0, 0); 255 is the most"),
    ],
)
def test_broken_tables(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert message in refusal(lambda: read_colours(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "id,label\n1,liver\n"),
        ("t.json", '{"1": "liver"}'),
        ("t.json", "{"),
        ("t.json", '{"labels": {"background": 0, "whole": [1, 2, 3]}}'),
        ("t.txt", "some notes\n"),
        ("t.txt", "1 liver 255 0 0\nand more\n"),
    ],
)
def test_what_is_no_table_of_colours(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_colours(tmp_path / name) == ()


def test_a_written_table_is_read_again(tmp_path):
    colours = proposed([((1, 2, 3), 5), ((255, 255, 255), 4), ((0, 0, 0), 1)])
    write_colours(tmp_path / "t.csv", colours)
    assert read_colours(tmp_path / "t.csv") == colours
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
