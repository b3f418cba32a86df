"""Names of classes from files beside the labels and from the labels' own headers."""

import json

import nibabel as nib
import nrrd
import numpy as np
import pytest

from lossexplorer.volumes import VolumeError, read_labels, read_names
from lossexplorer.volumes.names import find_names

ORGANS = {2: "liver", 7: "left kidney", 200: "tumour"}

# As ITK-SNAP's "Save Label Descriptions" writes it.
ITK_SNAP = """\
################################################
# ITK-SnAP Label Description File
# File format:
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
# Fields:
#    IDX:   Zero-based index
#    -A-:   Label transparency (0.00 .. 1.00)
################################################
    0     0    0    0        0  0  0    "Clear Label"
    2   255    0    0        1  1  1    "liver"
    7     0  255    0     0.25  1  0    "left kidney"
  200     0    0  255        1  1  1    "tumour"
"""

# After 3D Slicer's developer guide: spaces within names are written as underscores.
SLICER = """\
# Color table file /home/someone/Segmentation-label_ColorTable.ctbl
# 4 values
0 Background 0 0 0 0
2 liver 216 101 79 255
7 left_kidney 241 214 145 255
200 tumour 111 184 210 255
"""

FREESURFER = """\
#No. Label Name:                            R   G   B   A

0   Unknown                                 0   0   0   0
2   Left-Cerebral-White-Matter              245 245 245 0
7   Left_Cerebellum                         220 248 164 0
"""

SLICER_CSV = """\
LabelValue,Name,Color_R,Color_G,Color_B,Color_A
2,liver,216,101,79,255
7,"left kidney",241,214,145,255
200,tumour,111,184,210,255
"""

BIDS_TSV = "index\tname\tabbreviation\n2\tliver\tL\n7\tleft kidney\tK\n200\ttumour\tT\n"

TABLES = {
    "volume.csv": "id,label\n2,liver\n7,left kidney\n200,tumour\n",
    "volume.tsv": BIDS_TSV,
    "volume.label": ITK_SNAP,
    "volume.lbl": ITK_SNAP,
    "volume.txt": ITK_SNAP,
    "volume.ctbl": SLICER,
    "volume.json": json.dumps({str(id_): name for id_, name in ORGANS.items()}),
    "volume_labels.csv": SLICER_CSV,
    "volume_labels.json": json.dumps({name: id_ for id_, name in ORGANS.items()}),
    "dataset.json": json.dumps({"labels": {"background": 0, "liver": 2, "left kidney": 7}}),
    "../dataset.json": json.dumps({"labels": {"0": "background", "2": "liver"}, "modality": {}}),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "labels").mkdir()
    return tmp_path / "labels"


@pytest.fixture
def labels(folder, ids):
    np.save(folder / "volume.npy", ids)
    return folder / "volume.npy"


@pytest.mark.parametrize("name", TABLES)
def test_every_kind_of_table_names_the_classes(labels, name):
    assert find_names(labels) == {}
    (labels.parent / name).write_text(TABLES[name], encoding="utf-8")
    names = [c.name for c in read_labels(labels).classes]
    assert names[1] == "liver"
    if not name.endswith("dataset.json"):
        assert names[2:] == ["left kidney", "tumour"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ({"1": "liver", "2": "spleen"}, {1: "liver", 2: "spleen"}),
        ({"liver": 1, "spleen": 2}, {1: "liver", 2: "spleen"}),
        ([{"id": 1, "name": "liver"}, {"id": "2", "name": "spleen"}], {1: "liver", 2: "spleen"}),
        ([{"label-value": 1, "label": "liver"}], {1: "liver"}),
        ({"labels": [{"value": 4, "structure": "pons"}]}, {4: "pons"}),
        # Regions of nnU-Net are unions of the classes.
        ({"labels": {"background": 0, "whole": [1, 2], "core": 2}}, {0: "background", 2: "core"}),
    ],
)
def test_json(tmp_path, text, expected):
    path = tmp_path / "names.json"
    path.write_text(json.dumps(text), encoding="utf-8")
    assert read_names(path) == expected


def test_tables_of_text(tmp_path):
    path = tmp_path / "FreeSurferColorLUT.txt"
    path.write_text(FREESURFER, encoding="utf-8")
    assert read_names(path) == {
        0: "Unknown",
        2: "Left-Cerebral-White-Matter",
        7: "Left_Cerebellum",
    }
    path.write_text(SLICER, encoding="utf-8")
    assert read_names(path)[7] == "left kidney"
    path.write_text(ITK_SNAP, encoding="utf-8")
    assert read_names(path) == {0: "Clear Label", **ORGANS}


def test_a_table_of_a_german_spreadsheet(tmp_path):
    path = tmp_path / "namen.csv"
    path.write_bytes("Index;Name\r\n1;Läsion\r\n".encode("cp1252"))
    assert read_names(path) == {1: "Läsion"}


@pytest.mark.parametrize(
    "name",
    ["case.nii.gz", "case.nii", "case.seg.nrrd", "case.ome.tif", "case.mha", "case.ome.zarr"],
)
def test_the_stem_of_a_label_file(tmp_path, name):
    (tmp_path / "case.csv").write_text("id,label\n1,liver\n", encoding="utf-8")
    assert find_names(tmp_path / name) == {1: "liver"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("volume.json", '{"EchoTime": 0.03, "Manufacturer": "none"}'),
        ("volume.json", '{"Rows": 512, "Columns": 512}'),
        ("volume.json", "[1, 2]"),
        ("volume.json", "3"),
        ("volume.csv", "case,volume\na,1\n"),
        ("volume.txt", "Segmented by hand on Monday.\n1 2 3 4 5 6\n"),
        ("volume.txt", "x" * (5 << 20)),
        ("dataset.json", '{"name": "a study"}'),
    ],
)
def test_other_files_beside_the_labels_are_passed_over(labels, name, text):
    (labels.parent / name).write_text(text, encoding="utf-8")
    assert [c.name for c in read_labels(labels).classes][1:] == ["class 2", "class 7", "class 200"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("volume.json", '{"1": "liver"'),
        ("volume.json", "[" * 100_000),
        ("volume.json", '[{"id": 2.5, "name": "liver"}]'),
        ("volume.csv", "id,label\ntwo,liver\n"),
        ("volume.ctbl", SLICER + "7 left kidney\n"),
        ("volume.label", ITK_SNAP + "9 broken\n"),
    ],
)
def test_a_broken_table_is_named_with_the_way_out(labels, name, text):
    (labels.parent / name).write_text(text, encoding="utf-8")
    with pytest.raises(VolumeError) as caught:
        read_labels(labels)
    assert str(caught.value).startswith(name)
    assert "Mend it, or rename it to open volume.npy without its names." in str(caught.value)


def test_what_is_no_table_of_names(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing here", encoding="utf-8")
    with pytest.raises(VolumeError, match=r"notes\.txt holds no names of classes"):
        read_names(path)
    with pytest.raises(VolumeError, match=r"absent\.csv cannot be read as a table of names"):
        read_names(tmp_path / "absent.csv")


def save_slicer_segmentation(path, array):
    """After 3D Slicer's description of .seg.nrrd files."""
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag([0.5, 0.75, 2.5]),
        "kinds": ["domain", "domain", "domain"],
        "Segmentation_MasterRepresentation": "Binary labelmap",
    }
    for number, (id_, name) in enumerate(ORGANS.items()):
        header |= {
            f"Segment{number}_ID": f"Segment_{number}",
            f"Segment{number}_LabelValue": str(id_),
            f"Segment{number}_Layer": "0",
            f"Segment{number}_Name": name,
        }
    if array.ndim == 4:
        header["kinds"] = ["list", *header["kinds"]]
        header["space directions"] = [[np.nan] * 3, *header["space directions"]]
    nrrd.write(str(path), array.T, header)


def test_names_of_slicer_segments(tmp_path, ids):
    path = tmp_path / "case.seg.nrrd"
    save_slicer_segmentation(path, ids)
    assert [c.name for c in read_labels(path).classes[1:]] == list(ORGANS.values())
    # A table beside the file is what somebody put there on purpose.
    (tmp_path / "case.csv").write_text("id,label\n7,right kidney\n", encoding="utf-8")
    assert [c.name for c in read_labels(path).classes[1:]] == ["liver", "right kidney", "tumour"]


@pytest.mark.parametrize("code", [0, 30])
def test_names_of_a_label_table_in_nifti(tmp_path, ids, code):
    # TotalSegmentator uses extension code 0, Connectome Workbench 30.
    table = "".join(
        f'<Label Key="{id_}" Red="1" Green="0" Blue="0" Alpha="1"><![CDATA[{name}]]></Label>\n'
        for id_, name in ORGANS.items()
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension><VolumeInformation Index="0">'
        f"<LabelTable>{table}</LabelTable></VolumeInformation></CaretExtension>\n              "
    )
    image = nib.Nifti1Image(ids.T, np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension(code, xml.encode()))
    nib.save(image, tmp_path / "table.nii.gz")
    assert [c.name for c in read_labels(tmp_path / "table.nii.gz").classes[1:]] == list(
        ORGANS.values()
    )


def test_a_broken_label_table_in_nifti_does_not_close_the_file(tmp_path, ids):
    image = nib.Nifti1Image(ids.T, np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension(30, b"<LabelTable><Label"))
    nib.save(image, tmp_path / "broken.nii")
    assert read_labels(tmp_path / "broken.nii").classes[1].name == "class 2"
