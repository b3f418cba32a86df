"""Ignored voxels, overlapping classes and empty truths on the command line."""

import numpy as np
import pytest

from lossexplorer.losses import LOSSES
from lossexplorer.predictions import DEGRADATIONS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two masks of which one lies within the other, and a prediction of both."""
    whole, core = np.zeros((2, 4, 4, 4), np.uint8)
    whole[1:3], core[1] = 1, 1
    np.save(tmp_path / "whole.npy", whole)
    np.save(tmp_path / "core.npy", core)
    np.save(tmp_path / "p.npy", np.stack([core, core]).astype(np.float32))
    np.save(tmp_path / "none.npy", np.zeros_like(core))
    monkeypatch.chdir(tmp_path)
    return tmp_path


LEARNT = ("--loss", "y1=unified_focal", "--loss", "y2=huber", "--target")
BOTH = ("whole.npy", "p.npy", "--also", "core.npy", "--overlapping")


def test_masks_are_the_classes_of_one_truth(folder, evaluate):
    """Of 32 voxels 16 are predicted: Dice loss 1 − 2·16/(32 + 16); the core is right."""
    found = evaluate(*BOTH, "--loss", "dice")
    assert found["losses"][0]["per_class"] == pytest.approx({"1": 1 / 3, "2": 0}, abs=1e-7)
    assert [c["name"] for c in found["truth"]["classes"]] == ["background", "whole", "core"]


def test_an_ignored_id_and_a_mask_are_options(folder, evaluate):
    options = ("--ignore", "7", "--mask", "core.npy", "--loss", "dice:include_background=false")
    labels = np.load("whole.npy") + np.uint8(6) * np.load("core.npy")  # 7 within 1
    np.save("labels.npy", labels)
    np.save("mask.npy", (np.arange(4) < 3).repeat(16).reshape(4, 4, 4).astype(np.uint8))
    found = evaluate("labels.npy", "whole.npy", *options[:2], "--mask", "mask.npy", *options[4:])
    assert found["truth"]["ignored_voxels"] == 32
    assert found["losses"][0]["value"] == pytest.approx(0, abs=1e-7)
    none = evaluate("labels.npy", "whole.npy", "--ignore", "none", *options[4:])
    assert none["truth"]["ignored_voxels"] == 0
    assert none["losses"][0]["per_class"] == pytest.approx({"1": 1 / 3, "7": 1})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["evaluate", *BOTH, "--loss", "unified_focal"], "needs classes that exclude each other"),
        (
            ["evaluate", "whole.npy::@zyx", BOTH[-1], "--set", "swap=1"],
            "needs classes that exclude each other",
        ),
        (["evaluate", "none.npy"], "none.npy holds no labelled voxel: every voxel is 0"),
        (["evaluate", "whole.npy", "--ignore", "x"], "must be an id such as 255, or none"),
        (["evaluate", "--manifest", "a.csv", "--mask", "core.npy"], "in its column mask"),
        (["descend", "whole.npy::@zyx", "--overlapping"], "A descent needs classes that exclude"),
        (
            ["learn", "whole.npy", "--mask", "core.npy", *LEARNT, "y2=boundary_distance"],
            "“Boundary distance” depends on the labels around a voxel",
        ),
        (
            ["learn", "whole.npy::@zyx", "--overlapping", *LEARNT, "y1=segmentation"],
            "unified_focal needs classes that exclude each other",
        ),
        (["evaluate", "whole.npy", "--overlapping"], "whole.npy::@zyx or whole.npy::@cyx"),
    ],
)
def test_what_is_refused_is_a_sentence(folder, run, arguments, says):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_listings_say_what_needs_exclusive_classes(answer):
    losses = {each["name"]: each["exclusive"] for each in answer("losses")["losses"]}
    assert losses == {name: loss.exclusive for name, loss in LOSSES.items()}
    assert losses["wasserstein_dice"]
    assert not losses["dice"]
    controls = {each["name"] for each in answer("controls")["degradations"] if each["exclusive"]}
    assert controls == {each.name for each in DEGRADATIONS.values() if each.exclusive}
    assert len(controls) == 2
