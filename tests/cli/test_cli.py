"""The command line: numbers, JSON, bad input, pictures without a display."""

import json
import math
import os
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QImage

from lossexplorer.cli import report as doctor
from lossexplorer.cli.probe import ProbeError
from lossexplorer.core.resources import resource
from tests.patience import PATIENCE

TUMOUR = str(resource("samples", "tumour_brain1_label.nii.gz"))
LOSSES = ["dice", "generalized_dice", "tversky", "iou", "cross_entropy"]


def without_display():
    """The environment of a machine without a display."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def program(*arguments, **options):
    command = [sys.executable, "-m", "lossexplorer", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, **options
    )


# Numbers


def test_the_tumour_shifted_by_a_voxel(answer):
    """0.949 is the foreground's coefficient along x, 0.503 along z (facts on the sample)."""

    def total(shift, loss):
        return answer("evaluate", TUMOUR, "--set", shift, "--loss", loss)["total"]

    assert total("shift_x=1vox", "dice") == pytest.approx(0.025324, abs=5e-7)
    foreground = "dice:include_background=false"
    assert 1 - total("shift_z=1vox", foreground) == pytest.approx(0.503, abs=5e-4)
    assert total("shift_x=1vox", foreground) == pytest.approx(0.050520, abs=5e-7)


def test_a_length_in_voxels_is_its_millimetres(evaluate):
    typed = [("shift_x=1vox",), ("shift_x=0.78125mm",), ("shift_x=0.78125",)]
    totals = {evaluate(TUMOUR, "--set", *s, "--loss", "dice")["total"] for s in typed}
    assert len(totals) == 1


def test_the_json_has_every_part(evaluate):
    result = evaluate(TUMOUR, "--set", "softness=1", "--weight", "dice=0.5")
    truth = result["truth"]
    assert truth["path"] == TUMOUR
    assert truth["shape"] == [25, 256, 256]
    assert truth["spacing_mm"] == pytest.approx([6.5, 0.78125, 0.78125])
    assert [(c["id"], c["voxels"]) for c in truth["classes"]] == [(0, 1634263), (1, 4137)]
    assert [loss["name"] for loss in result["losses"]] == LOSSES
    assert [loss["weight"] for loss in result["losses"]] == [0.5, 1, 1, 1, 1]
    for loss in result["losses"]:
        assert set(loss["per_class"]) == {"0", "1"}
        assert loss["problems"] == []
        assert "include_background" in loss["parameters"]
        combine = np.mean if loss["name"] in ("dice", "tversky", "iou") else np.sum
        assert loss["value"] == pytest.approx(combine(list(loss["per_class"].values())))
    total = sum(loss["weight"] * loss["value"] for loss in result["losses"])
    assert result["total"] == pytest.approx(total)
    assert result["engine"]["backend"] == "tensorflow"
    assert result["engine"]["device"]


@pytest.mark.parametrize("command", ["evaluate", "conventions", "descend"])
def test_a_part_that_is_left_unread_is_named(tmp_path, run, answer, command, uncompiled):
    ids = np.zeros((3, 4, 5), np.uint8)
    ids[1, 1:3, 1:3] = 1
    np.savez(tmp_path / "v.npz", labels=ids, image=ids)
    more = ["--steps", "1"] if command == "descend" else []
    note = "v.npz holds more than labels, which is opened: image (3 × 4 × 5, uint8) is not read."
    assert answer(command, tmp_path / "v.npz", *more)["notes"] == [note]
    assert answer(command, f"{tmp_path / 'v.npz'}::labels", *more)["notes"] == []
    code, out, _ = run(command, tmp_path / "v.npz", *more)
    assert code == 0
    assert out.splitlines()[-1] == note


def test_shares_of_value_and_gradient(evaluate):
    """Each loss's share of Σ |λ L| and of Σ ‖λ ∂L/∂logit‖; one without weight has none."""
    chosen = ["--loss", "dice", "--loss", "dice:form=-D", "--loss", "iou", "--weight", "iou=0"]
    result = evaluate("sample:tumour", "--set", "softness=1", "--set", "shift_x=1vox", *chosen)
    plain, negative, iou = result["losses"]
    both = plain["value"] - negative["value"]
    assert both == pytest.approx(1)  # 1 − D and −D
    assert plain["share_of_value"] == pytest.approx(plain["value"])
    assert negative["share_of_value"] == pytest.approx(-negative["value"])
    assert plain["share_of_gradient"] == pytest.approx(0.5)
    assert (iou["share_of_value"], iou["share_of_gradient"]) == (0, 0)
    assert plain["gradient_norm"] == pytest.approx(negative["gradient_norm"])


def test_shares_of_what_is_not_finite_are_none(evaluate):
    chosen = ["--loss", "dice", "--loss", "cross_entropy"]
    losses = evaluate("sample:tumour", "--set", "shift_x=1vox", *chosen)["losses"]
    assert [loss["share_of_value"] for loss in losses] == [None, None]


def test_by_default_the_prediction_is_exact(evaluate):
    result = evaluate("sample:tumour")
    assert [loss["value"] for loss in result["losses"]] == pytest.approx([0] * 5, abs=1e-12)


def test_a_gradient_that_is_not_finite_is_null(evaluate):
    """The slope of 0 to a power below 1, of a prediction that is the truth."""
    (loss,) = evaluate("sample:lesion", "--loss", "focal_tversky")["losses"]
    assert (loss["value"], loss["gradient_norm"], loss["share_of_gradient"]) == (0, None, None)
    (problem,) = loss["problems"]
    assert "the gradient is not finite" in problem["text"]


def test_what_is_not_finite_is_null_and_explained(evaluate):
    result = evaluate(TUMOUR, "--set", "shift_x=1vox", "--loss", "cross_entropy")
    (loss,) = result["losses"]
    assert loss["value"] is None
    assert loss["per_class"] == {"0": None, "1": None}
    assert result["total"] is None
    texts = [problem["text"] for problem in loss["problems"]]
    assert all("log 0" in text for text in texts)
    assert [text.partition(":")[0] for text in texts] == ["background", "class 1"]


def test_a_cure_names_owner_parameter_and_value(evaluate):
    """Of a loss, by its name; of the prediction, by an empty one. Applied, it cures."""
    chosen = ["sample:absent", "--loss", "dice", "--loss", "cross_entropy"]
    dice, cross_entropy = evaluate(*chosen, "--set", "shift_x=1vox")["losses"]
    (of_loss,) = (problem["cure"] for problem in dice["problems"])
    assert of_loss == {"owner": "dice", "parameter": "smooth", "value": 1e-7}
    assert list(of_loss) == ["owner", "parameter", "value"]
    of_control = cross_entropy["problems"][0]["cure"]
    assert of_control == {"owner": "", "parameter": "confidence", "value": 0.999999}

    controls = ["--set", "shift_x=1vox", "--set", f"confidence={of_control['value']}"]
    cured = ["--loss", f"dice:smooth={of_loss['value']}", "--loss", "cross_entropy"]
    losses = evaluate("sample:absent", *cured, *controls)["losses"]
    assert [loss["problems"] for loss in losses] == [[], []]


def test_a_given_prediction(evaluate, tmp_path):
    """Labels and probabilities; Dice and IoU of boxes that overlap in 8 of 16 and 32 voxels."""
    truth, labels = np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8)
    truth[0], labels[0, :2], labels[1:, :2] = 5, 5, 5
    for name, array in (("truth", truth), ("labels", labels)):
        np.save(tmp_path / f"{name}.npy", array)
    assert (np.count_nonzero(truth), np.count_nonzero(labels)) == (16, 32)
    overlap = np.count_nonzero(truth.astype(bool) & labels.astype(bool))
    assert overlap == 8
    chosen = [
        *["--loss", "dice:include_background=false", "--loss", "iou:include_background=false"]
    ]
    hard = evaluate(tmp_path / "truth.npy", tmp_path / "labels.npy", *chosen)
    dice, iou = (loss["value"] for loss in hard["losses"])
    assert dice == pytest.approx(1 - 2 * 8 / (16 + 32))
    assert iou == pytest.approx(1 - 8 / 40, rel=1e-6)

    p = np.where(labels > 0, 0.75, 0.25).astype(np.float32)
    np.save(tmp_path / "soft.npy", np.stack([1 - p, p]))
    soft = evaluate(tmp_path / "truth.npy", tmp_path / "soft.npy", "--loss", "cross_entropy")
    truly = np.where(truth > 0, p, 1 - p)
    assert soft["total"] == pytest.approx(-np.log(truly.astype("f8")).mean(), rel=1e-6)
    assert soft["truth"]["classes"][1]["id"] == 5


def test_the_table_is_aligned(run, uncompiled):
    code, out, err = run("evaluate", "sample:tumour", "--set", "shift_x=1vox")
    assert (code, err) == (0, "")
    header, weights, value, of_value, of_gradient, *classes = out.splitlines()[:7]
    assert header.split() == [*LOSSES, "total"]
    assert weights.split() == ["λ", *["1"] * 5]
    assert value.split()[:2] == ["value", "0.025324"]
    assert [line.split()[:2] for line in classes] == [["0", "background"], ["1", "tumour"]]
    for name in LOSSES:
        end = header.index(f" {name}") + 1 + len(name)
        for line in (weights, value, of_value, of_gradient, *classes):
            assert line[end - 1] != " "
            assert len(line) == end or line[end] == " "
    assert "cross_entropy: tumour: log 0" in out


# What bad input gets


def _files(folder):
    """Files that are no truth, each with what the message must name besides the file."""
    whole = nib.Nifti1Image(np.ones((4, 5, 6), np.uint8), np.eye(4))
    nib.save(whole, folder / "whole.nii.gz")
    (folder / "cut.nii.gz").write_bytes((folder / "whole.nii.gz").read_bytes()[:60])
    (folder / "empty.nii").write_bytes(b"")
    (folder / "text.nrrd").write_text("not a volume")
    (folder / "notes.txt").write_text("not a volume")
    np.save(folder / "line.npy", np.ones(8, np.uint8))
    np.save(folder / "image.npy", np.full((3, 3, 3), 0.5))
    np.save(folder / "negative.npy", np.full((3, 3, 3), -2))
    np.save(folder / "nothing.npy", np.zeros((3, 3, 3), np.uint8))
    np.save(folder / "objects.npy", np.array([[["a"]]], dtype=object), allow_pickle=True)
    return folder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.nii", "does not exist"),
        ("empty.nii", "empty"),
        ("cut.nii.gz", "damaged"),
        ("text.nrrd", "not a NRRD file"),
        ("notes.txt", "is a text and no volume"),
        ("line.npy", "1D"),
        ("image.npy", "0.5"),
        ("negative.npy", "-2"),
        ("nothing.npy", "every voxel is 0"),
        ("objects.npy", "objects.npy"),
    ],
)
def test_a_truth_that_is_none(run, tmp_path, name, words):
    path = _files(tmp_path) / name
    code, out, err = run("evaluate", path)
    assert (code, out) == (2, "")
    assert err.startswith("lossexplorer: ")
    assert err.count("\n") == 1
    assert name in err
    assert words in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "shift_w=1"], ["'shift_w'", "did you mean 'shift_", "confidence"]),
        (["--set", "grow"], ["'grow'", "CONTROL=VALUE"]),
        (["--set", "grow=much"], ["grow", "2mm, 1vox or 2", "'much'"]),
        (["--set", "softness=-1"], ["softness = -1", "between 0 and"]),
        (["--set", "confidence=1.5"], ["confidence = 1.5", "between 0.5 and 1"]),
        (["--loss", "dise"], ["'dise'", "did you mean 'dice'"]),
        (["--loss", "dice:smoth=1"], ["'smoth'", "dice", "did you mean 'smooth'"]),
        (["--loss", "tversky:gamma=1"], ["'gamma'", "alpha, beta"]),
        (["--loss", "tversky:alpha"], ["'alpha'", "PARAM=VALUE"]),
        (["--loss", "tversky:alpha=-1"], ["alpha = -1", "between 0 and"]),
        (["--loss", "dice:form=2"], ["form", "1-D, -D", "'2'"]),
        (["--loss", "iou:include_background=maybe"], ["include_background", "true or false"]),
        (["--weight", "dice"], ["'dice'", "NAME=λ"]),
        (["--weight", "dice=x"], ["dice", "number", "'x'"]),
        (["--weight", "dice=inf"], ["dice", "number", "'inf'"]),
        (["--loss", "iou", "--weight", "dice=1"], ["'dice'", "iou"]),
    ],
)
def test_an_option_that_is_none(run, arguments, words):
    code, out, err = run("evaluate", "sample:tumour", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("lossexplorer: ")
    assert err.count("\n") == 1
    assert [word for word in words if word not in err] == []


def test_a_sample_that_is_none(run):
    code, out, err = run("evaluate", "sample:tumor")
    assert (code, out) == (2, "")
    assert "'tumour'" in err
    assert "nuclei" in err


def test_predictions_that_do_not_fit(run, tmp_path):
    np.save(tmp_path / "truth.npy", np.arange(27).reshape(3, 3, 3) % 2)
    np.save(tmp_path / "other.npy", np.ones((3, 3, 4), np.uint8))
    np.save(tmp_path / "loud.npy", np.full((2, 3, 3, 3), 1.5, np.float32))
    np.save(tmp_path / "three.npy", np.full((5, 3, 3, 3), 0.2, np.float32)[:1])
    for name, words in (
        ("other.npy", ["3 × 3 × 4", "axis x"]),
        ("loud.npy", ["1.5"]),
        ("three.npy", ["2"]),
    ):
        code, out, err = run("evaluate", tmp_path / "truth.npy", tmp_path / name)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert [word for word in (name, *words) if word not in err] == []


def test_controls_of_a_prediction_that_is_given(run, tmp_path):
    np.save(tmp_path / "truth.npy", np.arange(27).reshape(3, 3, 3) % 2)
    path = tmp_path / "truth.npy"
    code, out, err = run("evaluate", path, path, "--set", "grow=1")
    assert (code, out) == (2, "")
    assert "grow=1" in err
    assert "simulated" in err


def test_an_intensity_image_as_truth_is_refused_before_it_fills_the_memory(run):
    code, out, err = run("evaluate", resource("samples", "tumour_brain1_image.nrrd"))
    assert (code, out) == (2, "")
    assert "intensity image" in err
    assert "2,408 different values" in err


def test_a_file_and_a_sample(run):
    code, _, err = run(TUMOUR, "--sample", "tumour")
    assert code == 2
    assert "not both" in err


def test_a_theme_that_is_none(run):
    code, _, err = run("--theme", "blue")
    assert code == 2
    assert "dark or light" in err


def test_a_picture_in_a_folder_that_is_none(run, tmp_path):
    code, _, err = run("--screenshot", tmp_path / "none" / "window.png")
    assert code == 2
    assert "folder does not exist" in err


@pytest.mark.parametrize("others", [["--workspace", "learn"], ["--screenshot", "p.png"]])
def test_training_steps_are_taken_before_a_picture_of_learn_alone(run, others):
    code, _, err = run("open", "--steps", "3", *others)
    assert code == 2
    assert "--steps needs --workspace learn and --screenshot" in err


def test_version_and_help(run):
    code, out, _ = run("--version")
    assert (code, out.split()[0]) == (0, "lossexplorer")
    code, out, _ = run("evaluate", "--help")
    assert code == 0
    assert all(name in out for name in (*LOSSES, "shift_x", "confidence", "alpha"))


@pytest.mark.parametrize("well", [True, False])
def test_the_doctor_says_by_its_exit_code_whether_all_answered(run, monkeypatch, well):
    def answer(probe):
        if probe.subject == "OpenGL" and not well:
            raise ProbeError("OpenGL crashed.")
        return dict.fromkeys(("version", "device", "devices"), "CPU")

    monkeypatch.setattr(doctor, "ask", answer)
    code, out, err = run("doctor")
    assert (code, err) == (0 if well else 1, "")
    assert [line for line in out.splitlines() if line[:1].isalpha()] == [
        *["Program", "Packages", "Window", "Engine", "Files"]
    ]
    assert ("OpenGL crashed." in out) != well


# As a process of its own


def test_without_a_display_a_sentence_says_how_to_get_a_picture():
    done = program(env=without_display())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "no display" in done.stderr
    assert "--screenshot" in done.stderr


@pytest.mark.slow
def test_a_picture_without_a_display(tmp_path):
    labels = np.zeros((12, 30, 40), np.uint8)
    labels[3:9, 8:20, 10:30] = 1
    np.save(tmp_path / "box.npy", labels)
    picture = tmp_path / "window.png"
    done = program(tmp_path / "box.npy", "--screenshot", picture, env=without_display())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1600, 1000)
    colors = {image.pixel(x, y) for x in range(0, 1600, 16) for y in range(0, 1000, 10)}
    assert len(colors) > 100, "the canvas and the plots are full of colours"


def test_a_picture_of_what_cannot_be_opened(tmp_path):
    np.save(tmp_path / "line.npy", np.ones(8, np.uint8))
    picture = tmp_path / "window.png"
    done = program(tmp_path / "line.npy", "--screenshot", picture, env=without_display())
    assert done.returncode == 2
    assert "line.npy" in done.stderr
    assert "Traceback" not in done.stderr
    assert not picture.exists()


@pytest.mark.slow
def test_evaluate_leaves_nothing_on_the_terminal_but_its_answer():
    done = program("evaluate", "sample:tumour", "--loss", "dice", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert math.isclose(json.loads(done.stdout)["total"], 0, abs_tol=1e-12)


# 2D images


@pytest.fixture
def masks(tmp_path):
    """A box of 5 × 6 pixels, and the same one pixel further along x, in a palette's colours."""
    truth = np.zeros((20, 24), np.uint8)
    truth[3:9, 4:9] = 1
    for name, array in {"truth.png": truth, "guess.png": np.roll(truth, 1, 1)}.items():
        image = Image.fromarray(array).convert("P")
        image.putdata(array.reshape(-1).tolist())
        image.putpalette([0, 0, 0, 255, 0, 0] + [0] * 762)
        image.save(tmp_path / name)
    return tmp_path


def test_png_masks_in_every_command(masks, run, answer, uncompiled):
    """4 of 5 columns overlap, so Dice is 4/5."""
    truth, guess = masks / "truth.png", masks / "guess.png"
    dice = "dice:include_background=false"
    given = answer("evaluate", truth, guess, "--loss", dice)
    assert given["total"] == pytest.approx(0.2, abs=1e-6)
    assert given["truth"]["shape"] == [1, 20, 24]
    assert any(note.startswith("truth.png is 2D (20 × 24)") for note in given["notes"])
    shifted = answer("evaluate", truth, "--set", "shift_x=1vox", "--loss", dice)
    assert shifted["total"] == pytest.approx(0.2, abs=1e-6)
    conventions = answer("conventions", truth, guess)["conventions"]
    assert any(each["value"] == pytest.approx(0.2, abs=1e-4) for each in conventions)


def test_a_shift_out_of_a_slice_is_refused(masks, run):
    code, _, err = run("evaluate", masks / "truth.png", "--set", "shift_z=1vox")
    assert code == 2
    assert "shift_z moves the prediction out of the volume, which has one voxel along z" in err


def test_a_mask_in_colours_says_what_to_write(masks, run, answer, uncompiled):
    Image.open(masks / "truth.png").convert("RGB").save(masks / "rgb.png")
    code, _, err = run("evaluate", masks / "rgb.png")
    assert code == 2
    assert "#000000 (450 voxels), #ff0000 (30 voxels)" in err.replace("\n", " ")
    table = "id,name,color\n0,background,#000000\n4,liver,#ff0000\n"
    (masks / "rgb.colors.csv").write_text(table, encoding="utf-8")
    classes = answer("evaluate", masks / "rgb.png", "--loss", "dice")["truth"]["classes"]
    assert [(each["id"], each["name"]) for each in classes] == [(0, "background"), (4, "liver")]


@pytest.mark.parametrize("command", ["evaluate", "conventions", "descend"])
def test_what_lies_elsewhere_is_placed_and_said(tmp_path, run, answer, command, uncompiled):
    """Two boxes of four slices, three of them shared: a Dice loss of 1 − 2 · 3 / (4 + 4)."""
    ids = np.zeros((8, 6, 7), np.uint8)
    ids[2:6, 1:3, 1:3] = 1
    ids[1:5, 3:5, 4:6] = 2
    affine = np.diag([0.8, 0.9, 2.5, 1.0])
    nib.save(nib.Nifti1Image(ids.T, affine), tmp_path / "t.nii.gz")
    affine[2, 3] += 2.5
    nib.save(nib.Nifti1Image(ids.T, affine), tmp_path / "p.nii.gz")
    more = ["--steps", "1"] if command == "descend" else []
    both = (tmp_path / "t.nii.gz", tmp_path / "p.nii.gz")
    found = answer(command, *both, *more)
    note = (
        "p.nii.gz was placed by its affine: it begins 1 voxel (2.5 mm) along z from the truth; "
        "what it lacks is background."
    )
    assert found["notes"] == [note]
    if command == "evaluate":
        (dice,) = [loss for loss in found["losses"] if loss["name"] == "dice"]
        assert [dice["per_class"][id_] for id_ in "12"] == pytest.approx([0.25, 0.25], abs=1e-5)
    code, out, _ = run(command, *both, *more)
    assert code == 0
    assert out.splitlines()[-1] == note


def test_what_lies_between_the_voxels_is_refused_with_the_offset(tmp_path, run):
    ids = np.zeros((8, 6, 7), np.uint8)
    ids[2:6, 1:3, 1:3] = 1
    affine = np.diag([0.8, 0.9, 2.5, 1.0])
    nib.save(nib.Nifti1Image(ids.T, affine), tmp_path / "t.nii.gz")
    affine[0, 3] += 0.2
    nib.save(nib.Nifti1Image(ids.T, affine), tmp_path / "p.nii.gz")
    code, _, err = run("evaluate", tmp_path / "t.nii.gz", tmp_path / "p.nii.gz")
    assert code != 0
    assert "lies 0.25 voxels (0.2 mm) along x from the truth" in " ".join(err.split())
