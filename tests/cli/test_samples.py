"""``lossexplorer samples``: what comes with the program."""

import nibabel as nib
import pytest

from lossexplorer.core.resources import resource
from lossexplorer.volumes import SAMPLE_VOLUMES


@pytest.fixture
def listed(answer):
    return {sample["name"]: sample for sample in answer("samples")["samples"]}


def test_the_json_has_what_the_files_hold(listed):
    assert list(listed) == list(SAMPLE_VOLUMES)
    image = nib.load(resource("samples", "tumour_brain1_label.nii.gz"))
    tumour = listed["tumour"]
    assert tumour["source"] == "sample:tumour"
    assert tumour["shape"] == list(image.shape[::-1])
    assert tumour["spacing_mm"] == pytest.approx(image.header.get_zooms()[::-1])
    assert tumour["orientation"] == "".join(nib.aff2axcodes(image.affine))
    assert tumour["image"]
    (volume,) = tumour["volumes"]
    labelled = int((image.get_fdata() == 1).sum())
    assert volume["classes"][1] == {"id": 1, "name": "tumour", "voxels": labelled}
    assert "van Griethuysen" in tumour["citation"]
    assert "BSD" in tumour["licence"]


def test_phantoms_and_batches(listed):
    assert listed["lesion"]["citation"] is None
    assert not listed["nuclei"]["spacing_known"]
    assert len(listed["brain"]["volumes"][0]["classes"]) == 84
    found = [volume["classes"][1]["voxels"] for volume in listed["imbalance"]["volumes"]]
    assert found == [33401, 123]  # lattice points in balls of radius 20 and 3, A000605
    assert listed["absent"]["volumes"][0]["classes"][2]["voxels"] == 0


def test_the_text_has_a_block_for_each(run):
    code, out, err = run("samples")
    assert (code, err) == (0, "")
    blocks = out.rstrip().split("\n\n")
    assert len(blocks) == len(SAMPLE_VOLUMES)
    for block, (name, sample) in zip(blocks, SAMPLE_VOLUMES.items(), strict=True):
        first, *_, description, origin = block.splitlines()
        assert first.split(maxsplit=1) == [name, sample.title]
        assert description.strip() == sample.description
        assert sample.citation in origin
    assert "25 × 256 × 256 voxels (z, y, x) of 6.5 × 0.781 × 0.781 mm\n" in blocks[0]
    assert "1 class and background, 4,137 voxels labelled" in blocks[0]
    assert "of 1 × 1 × 1 mm (not in the file)" in blocks[3]
    of = dict(zip(SAMPLE_VOLUMES, blocks, strict=True))
    assert "2 volumes of 64 × 64 × 64" in of["imbalance"]
    assert "33,401 and 123 voxels labelled" in of["imbalance"]
