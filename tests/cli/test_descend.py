"""The command ``descend``: values after every step, and sentences for mistakes."""

import math

import numpy as np
import pytest

from lossexplorer.core.resources import resource

TUMOUR = str(resource("samples", "tumour_brain1_label.nii.gz"))
START = (
    "--set",
    "shift_x=4vox",
    "--set",
    "softness=2",
    "--loss",
    "dice",
    "--loss",
    "cross_entropy",
)


@pytest.fixture
def small(tmp_path):
    """Labels of two classes in a file."""
    labels = np.zeros((3, 8, 8), np.uint8)
    labels[1:, 2:6, 3:7] = 1
    path = tmp_path / "truth.npy"
    np.save(path, labels)
    return path


def probabilities(path, difference):
    p = 1 / (1 + np.exp(-difference))
    np.save(path, np.stack([1 - p, p]).astype("f4"))
    return path


def test_the_start_is_what_evaluate_prints_and_every_step_follows(answer):
    evaluated = answer("evaluate", TUMOUR, *START)
    found = answer("descend", TUMOUR, *START, "--steps", 3, "--rate", "0.01")
    assert [step["step"] for step in found["steps"]] == [0, 1, 2, 3]
    start = found["steps"][0]
    assert start["losses"] == {loss["name"]: loss["value"] for loss in evaluated["losses"]}
    assert start["total"] == evaluated["total"]
    totals = [step["total"] for step in found["steps"]]
    assert totals == sorted(totals, reverse=True)
    assert found["truth"]["shape"] == [25, 256, 256]
    assert found["descent"] == {
        "follows": "total",
        "optimizer": "sgd",
        "rate": 0.01,
        "momentum": 0.9,
        "gradient_factor": 25 * 256 * 256,
        "gradient_wrt": "logit",
    }
    assert (found["ended"], found["converged"]) == (None, False)
    assert found["engine"]["backend"] == "tensorflow"


def test_one_voxel_in_closed_form(answer, tmp_path, small):
    """Cross-entropy: every logit moves by η (p − g), whatever the number of voxels."""
    g = np.load(small).astype(float)
    z = np.where(g == 1, -1.0, -2.0)  # of the foreground against the background
    given = probabilities(tmp_path / "p.npy", z)
    found = answer("descend", small, given, "--loss", "cross_entropy", "--steps", 2, "--rate", 0.5)
    for step in found["steps"]:
        p = 1 / (1 + np.exp(-z))
        expected = -np.mean(np.where(g == 1, np.log(p), np.log1p(-p)))
        assert step["losses"]["cross_entropy"] == pytest.approx(expected, rel=1e-6)
        assert step["largest_gradient"] == pytest.approx(abs(p - g).max(), rel=1e-6)
        z = z - 2 * 0.5 * (p - g)  # two logits move, the one up and the other down


def test_one_loss_alone_is_followed_whatever_its_weight(answer, small):
    common = (small, "--set", "softness=1", "--set", "shift_x=1vox", "--loss", "dice", "--steps", 2)
    alone = answer("descend", *common)
    among = answer("descend", *common, "--loss", "iou", "--follow", "dice", "--weight", "dice=7")
    for one, other in zip(alone["steps"], among["steps"], strict=True):
        assert one["losses"]["dice"] == other["losses"]["dice"]
    assert among["descent"]["follows"] == "dice"


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_optimizers_are_chosen_by_name(answer, small, optimizer):
    common = (small, "--set", "softness=1", "--set", "shift_x=1vox", "--loss", "dice", "--steps", 2)
    plain = answer("descend", *common)
    other = answer("descend", *common, "--optimizer", optimizer, "--momentum", "0.5")
    assert other["descent"]["optimizer"] == optimizer
    assert other["steps"][0] == plain["steps"][0]
    assert other["steps"][2]["total"] != plain["steps"][2]["total"]


def test_a_value_that_is_not_finite_is_null_and_ends_it_with_the_reason(answer, small):
    found = answer("descend", small, "--set", "shift_x=2vox", "--steps", 5)
    (only,) = found["steps"]
    assert only["losses"]["cross_entropy"] is None
    assert only["total"] is None
    # One of the four columns leaves the volume: 16 of 32 and 24 voxels are hit, 152 of 160 and 168.
    expected = ((1 - 32 / 56) + (1 - 304 / 328)) / 2
    assert only["losses"]["dice"] == pytest.approx(expected)
    assert found["ended"].startswith("stopped: Cross-entropy is infinite")
    assert not found["converged"]


def test_the_text_has_a_line_for_each_step_and_says_how_it_ends(run, small):
    code, out, err = run("descend", small, "--set", "shift_x=2vox", "--loss", "dice")
    assert (code, err) == (0, "")
    head, start, end, largest, truth = out.splitlines()
    assert head.split() == ["step", "dice", "total", "largest", "g"]
    assert start.split()[0] == "0"
    assert math.isclose(float(start.split()[1]), float(start.split()[2]))
    assert end.startswith("step 0: converged: the gradient's largest entry is 0, below 1e-6")
    assert "the largest ∂total/∂logit in a voxel" in largest
    assert "orientation unknown" in truth


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rate", "0"), "rate = 0 is out of range"),
        (("--momentum", "2"), "momentum = 2 is out of range"),
        (("--steps", "-1"), "--steps must be 0 or more, not -1."),
        (("--follow", "iou"), "There is no evaluated loss 'iou'"),
        (("--weight", "iou=2"), "There is no evaluated loss 'iou'"),
        (("--set", "shift_q=1"), "There is no control 'shift_q'"),
        (("--optimizer", "lbfgs"), "'lbfgs' is not one of"),
    ],
)
def test_mistakes_are_sentences(run, small, arguments, said):
    code, out, err = run("descend", small, "--loss", "dice", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_file_that_is_missing_is_named(run, tmp_path):
    code, _, err = run("descend", tmp_path / "none.nii")
    assert code == 2
    assert "none.nii" in err


def test_probabilities_that_do_not_add_up_are_refused(run, tmp_path, small):
    path = probabilities(tmp_path / "p.npy", np.zeros((3, 8, 8)))
    p = np.load(path)
    p[1, 0, 0, 0] = 0.9
    np.save(path, p)
    code, _, err = run("descend", small, path, "--loss", "dice")
    assert code == 2
    assert "do not add up to 1" in err
