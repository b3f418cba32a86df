"""The command ``export``: what it writes, and sentences for mistakes."""

import csv

import nibabel as nib
import numpy as np
import pytest


@pytest.fixture
def small(tmp_path):
    """Labels of one class in a file, of 60 voxels among 240."""
    labels = np.zeros((4, 6, 10), np.uint8)
    labels[1:4, 1:5, 2:7] = 1
    path = tmp_path / "truth.nii.gz"
    nib.save(nib.Nifti1Image(labels.T, np.diag([-0.5, -0.75, 2.5, 1.0])), path)
    return path


def rows(path):
    lines = path.read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_volumes(run, small, tmp_path):
    out = tmp_path / "out.nii.gz"
    code, said, err = run(
        *("export", "volumes", small, "-o", out, "--what", "labels,probabilities"),
        *("--set", "confidence=0.75", "--loss", "dice"),
    )
    assert (code, err) == (0, "")
    assert said.splitlines() == [
        f"{tmp_path / 'out_probabilities.nii.gz'} and out_probabilities.nii.gz.csv are written.",
        f"{tmp_path / 'out_labels.nii.gz'} and out_labels.nii.gz.csv are written.",
    ]
    p = np.asarray(nib.load(tmp_path / "out_probabilities.nii.gz").dataobj)
    truth = np.asarray(nib.load(small).dataobj)
    assert p[..., 1] == pytest.approx(np.where(truth == 1, 0.75, 0.25))
    assert np.array_equal(np.asarray(nib.load(tmp_path / "out_labels.nii.gz").dataobj), truth)
    assert nib.aff2axcodes(nib.load(tmp_path / "out_labels.nii.gz").affine) == ("L", "P", "S")


def test_curves(run, small, tmp_path):
    """Dice of both classes where all probabilities have the same confidence, in closed form."""
    out = tmp_path / "curves.csv"
    code, _, err = run(
        *("export", "curves", small, "-o", out, "--against", "confidence"),
        *("--points", "9", "--loss", "dice"),
    )
    assert (code, err) == (0, "")
    found = rows(out)
    assert len(found) == 9
    for row in found:
        c = float(row["confidence"])
        expected = np.mean([1 - 2 * c * g / (g + c * g + (1 - c) * (240 - g)) for g in (60, 180)])
        assert float(row["dice"]) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_curves_against_a_parameter(run, small, tmp_path):
    out = tmp_path / "curves.csv"
    code, _, _ = run(
        *("export", "curves", small, "-o", out, "--against", "tversky:alpha", "--points", "3"),
        *("--loss", "tversky", "--set", "confidence=0.5"),
    )
    assert code == 0
    for row in rows(out):
        alpha = float(row["tversky:alpha"])
        terms = [
            1 - 0.5 * g / (0.5 * g + alpha * 0.5 * (240 - g) + 0.7 * 0.5 * g) for g in (60, 180)
        ]
        assert float(row["tversky"]) == pytest.approx(np.mean(terms), rel=1e-5)


def test_classes(run, small, tmp_path):
    out = tmp_path / "classes.csv"
    code, _, _ = run(
        *("export", "classes", small, "-o", out, "--loss", "dice", "--set", "confidence=0.5")
    )
    assert code == 0
    found = rows(out)
    assert [(row["id"], row["voxels"]) for row in found] == [("0", "180"), ("1", "60")]
    expected = [1 - g / (g + 120) for g in (180, 60)]
    assert [float(row["dice"]) for row in found] == pytest.approx(expected, rel=1e-6)


def test_classes_of_a_batch_have_the_voxels_of_all_samples(run, small, tmp_path):
    out = tmp_path / "classes.csv"
    code, _, _ = run("export", "classes", small, "--also", small, "-o", out, "--loss", "dice")
    assert code == 0
    assert [(row["id"], row["voxels"]) for row in rows(out)] == [("0", "360"), ("1", "120")]


def test_code_is_printed_or_written(run, tmp_path):
    code, text, _ = run("export", "code", "--loss", "dice:smooth=1", "--weight", "dice=0.5")
    assert code == 0
    assert '"dice": Dice(smooth=1.0),' in text
    out = tmp_path / "losses.py"
    code, said, _ = run(
        "export", "code", "--loss", "dice:smooth=1", "--weight", "dice=0.5", "-o", out
    )
    assert (code, said) == (0, f"{out} is written.\n")
    assert out.read_text("utf-8") == text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["volumes"], "Name the truth: lossexplorer export volumes TRUTH -o FILE."),
        (["volumes", "TRUTH"], "Name the file"),
        (["volumes", "TRUTH", "-o", "out.txt"], "ending of no format"),
        (["volumes", "TRUTH", "-o", "TRUTH"], "is open: name another file"),
        (["volumes", "TRUTH", "-o", "o.nii", "--what", "label"], "did you mean 'labels'"),
        (["volumes", "TRUTH", "-o", "o.nii", "--class", "7"], "There is no class 7"),
        (["volumes", "TRUTH", "-o", "o.nii", "--of", "dise"], "did you mean 'dice'"),
        (["volumes", "TRUTH", "-o", "o.nii", "--sample", "1"], "There is no sample 1"),
        (["curves", "TRUTH", "-o", "c.csv", "--against", "shift"], "There is no control 'shift'"),
        (["curves", "TRUTH", "-o", "c.csv", "--against", "dice:form"], "is not one number"),
        (["code", "--library", "monay"], "did you mean 'monai'"),
        (["classes", "TRUTH", "-o", "gone/c.csv"], "cannot be written: its folder does not exist"),
    ],
)
def test_mistakes(run, small, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    code, out, err = run("export", *(str(small) if a == "TRUTH" else a for a in arguments))
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["truth.nii.gz"]
