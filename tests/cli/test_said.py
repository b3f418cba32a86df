"""What the command line says of a truth and of given probabilities, as the window does."""

import json

import nibabel as nib
import numpy as np
import pytest

MORE = {"evaluate": ["--loss", "iou"], "descend": ["--steps", "0"], "conventions": []}


@pytest.fixture
def files(tmp_path):
    """A truth without a spacing, one with spacing and orientation, and channels for both."""
    ids = np.zeros((3, 4, 5), np.uint8)
    ids[1, 1:3, 1:3] = 1
    np.save(tmp_path / "plain.npy", ids)
    affine = np.diag([-0.5, -0.5, 2.5, 1])
    nib.save(nib.Nifti1Image(ids.T, affine), tmp_path / "scan.nii")
    np.save(tmp_path / "half.npy", np.full((2, 3, 4, 5), 0.25, np.float32))
    np.save(tmp_path / "none.npy", np.zeros((2, 3, 4, 5), np.float32))
    rounded = np.round(np.stack([1 - 0.3 * ids, 0.3 * ids]) * 255) / 255
    np.save(tmp_path / "rounded.npy", rounded.astype(np.float32))
    return tmp_path


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("command", MORE)
def test_spacing_and_orientation(files, run, command):
    for name, size, known, orientation in (
        ("plain.npy", "spacing unknown: the file has none, 1 mm is assumed", False, None),
        ("scan.nii", "voxel 0.5 × 0.5 × 2.5 mm (x, y, z)", True, "LPS"),
    ):
        code, out, _ = run(command, files / name, *MORE[command])
        assert code == 0
        where = f"orientation {orientation or 'unknown'}"
        assert f"{name.partition('.')[0]}: {size}, {where}" in out.splitlines()
        told = json.loads(run(command, files / name, *MORE[command], "--json")[1])["truth"]
        assert (told["spacing_known"], told["orientation"]) == (known, orientation)


@pytest.mark.usefixtures("uncompiled")
def test_what_norms_are_with_respect_to_and_that_nothing_is_a_preview(files, run):
    _, out, _ = run("evaluate", files / "plain.npy", "--loss", "iou")
    assert "norms √Σ (∂L/∂logit)²" in out
    assert "none is a preview" in out
    told = json.loads(run("evaluate", files / "plain.npy", "--loss", "iou", "--json")[1])
    assert told["gradient_norms"] == {"wrt": "logit", "includes_weight": False}
    assert told["preview"] is False


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("half.npy", "The probabilities of the classes sum to 0.5 in every voxel, and not to 1"),
        ("none.npy", "The prediction is 0 in every voxel of every class"),
        ("rounded.npy", None),
    ],
)
def test_probabilities_that_are_none(files, run, name, said):
    pair = [files / "plain.npy", files / name, "--loss", "iou"]
    _, out, _ = run("evaluate", *pair)
    notes = json.loads(run("evaluate", *pair, "--json")[1])["notes"]
    if said is None:
        assert notes == []
        return
    assert notes[0].startswith(said)
    assert out.splitlines()[-1] == notes[0]
