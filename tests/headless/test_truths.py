"""Ignored voxels, overlapping classes and empty truths, from files to the numbers of commands."""

import json
import math

import nibabel as nib
import numpy as np
import pytest

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.messages import Descent
from lossexplorer.headless import comparison, descent, evaluation
from lossexplorer.headless.evaluation import chosen_losses, evaluate
from lossexplorer.headless.learning import chosen_outputs, learn
from lossexplorer.headless.truths import TruthOptions
from lossexplorer.learning.setup import Setup
from lossexplorer.volumes import open_case
from tests.headless.pairs import evaluated, table

SHAPE = (6, 9, 40)
OVERLAPPING = TruthOptions(overlapping=True)
LOSSES = chosen_losses(["dice", "cross_entropy"], [])


def nnunet(folder):
    """A case of nnU-Net with an ignore label: the network has a channel less than there are ids.

    Returns the label file, the prediction and what nnU-Net's losses are: cross-entropy with
    ``ignore_index``, and its soft Dice loss with a mask, −Dice without the background.
    """
    ids = np.zeros((8, 20, 24), np.uint8)
    ids[2:6, 4:12, 4:12], ids[1:5, 6:16, 14:20] = 1, 2
    ids[0] = 3
    names = {"background": 0, "edema": 1, "core": 2, "ignore": 3}
    (folder / "dataset.json").write_text(json.dumps({"labels": names}), "utf-8")
    (folder / "labelsTr").mkdir()
    truth = folder / "labelsTr" / "case_001.nii.gz"
    nib.save(nib.Nifti1Image(ids.T, np.diag([0.8, 0.9, 2.5, 1.0])), truth)
    logits = np.random.default_rng(3).normal(size=(3, *ids.shape))
    for index in range(3):
        logits[index] += 2 * (ids == index)
    p = (np.exp(logits) / np.exp(logits).sum(0)).astype(np.float16)
    np.savez(folder / "case_001.npz", probabilities=p)
    mask = ids != 3
    p, g = p.astype(float), np.stack([ids == index for index in range(3)]).astype(float)
    entropy = -(g * np.log(p)).sum(0)[mask].mean()
    both = (p * mask).sum((1, 2, 3)) + (g * mask).sum((1, 2, 3))
    dice = (2 * (p * g * mask).sum((1, 2, 3)) + 1e-5) / (both + 1e-5)
    return str(truth), str(folder / "case_001.npz"), entropy, -dice[1:].mean()


OF_NNUNET = chosen_losses(["cross_entropy", "dice:form=-D,include_background=false"], [])


def test_the_ignore_label_of_nnunet(tmp_path):
    truth, prediction, entropy, dice = nnunet(tmp_path)
    assert (entropy, dice) == (
        pytest.approx(0.429105, abs=1e-6),
        pytest.approx(-0.392587, abs=1e-6),
    )
    result = evaluate(truth, prediction, [], OF_NNUNET)
    assert [each.value for each in result.losses] == pytest.approx([entropy, dice], rel=1e-6)
    said = "480 of 3,840 voxels count nowhere: dataset.json says that the id 3 (ignore) is ignored."
    assert evaluation.as_table(result).splitlines()[-1] == said
    content = json.loads(evaluation.as_json(result))
    assert content["truth"]["ignored_voxels"] == 480
    assert content["truth"]["ignored_because"] == content["notes"] == [said]
    assert [each["voxels"] for each in content["truth"]["classes"]] == [2864, 256, 240]


def test_conventions_leave_ignored_voxels_out(tmp_path):
    truth, prediction, entropy, dice = nnunet(tmp_path)
    found = comparison.compare(truth, prediction, [])
    named = {(each.library.name, each.name): one.value for each, one in found.outcomes}
    of_nnunet = [value for (library, _), value in named.items() if library == "nnU-Net"]
    assert pytest.approx(dice, rel=1e-5) in of_nnunet
    assert pytest.approx(entropy, rel=1e-5) in named.values()
    assert "480 of 3,840 voxels count nowhere" in comparison.as_table(found)
    assert json.loads(comparison.as_json(found))["truth"]["ignored_voxels"] == 480


def masks() -> np.ndarray:
    found = np.zeros((3, *SHAPE), np.uint8)
    found[0, 1:5, 2:8, 5:30] = 1
    found[1, 2:4, 3:6, 10:20] = 1
    found[2, 3:, 4:, 15:36] = 1
    return found


def overlapping(folder):
    """Three mask files, probabilities, and MONAI's DiceLoss and BCE, summed over the channels."""
    g = masks().astype(float)
    p = 1 / (1 + np.exp(1 - 2 * g + np.random.default_rng(0).normal(0, 1.5, g.shape)))
    p = p.astype(np.float32)
    for name, mask in zip(("whole", "core", "other"), masks(), strict=True):
        np.save(folder / f"{name}.npy", mask)
    np.save(folder / "p.npy", p)
    p = p.astype(float)
    both = p.sum((1, 2, 3)) + g.sum((1, 2, 3))
    dice = np.mean(1 - 2 * (p * g).sum((1, 2, 3)) / both)
    entropy = -(g * np.log(p) + (1 - g) * np.log(1 - p)).mean((1, 2, 3)).sum()
    files = [str(folder / f"{name}.npy") for name in ("whole", "core", "other")]
    return files, str(folder / "p.npy"), dice, entropy


def test_a_file_for_each_of_overlapping_classes(tmp_path):
    (first, *also), prediction, dice, entropy = overlapping(tmp_path)
    result = evaluate(first, prediction, [], LOSSES, also=also, options=OVERLAPPING)
    assert [each.value for each in result.losses] == pytest.approx([dice, entropy], rel=1e-6)
    lines = evaluation.as_table(result).splitlines()
    assert [line.split("  ")[0] for line in lines[5:8]] == ["1 whole", "2 core", "3 other"]
    assert any(line.startswith("Classes may overlap") for line in lines[8:])
    content = json.loads(evaluation.as_json(result))
    assert content["truth"]["overlapping"]
    assert content["losses"][1]["parameters"]["channels"] == "independent"
    assert sorted(content["losses"][0]["per_class"]) == ["1", "2", "3"]


def test_conventions_of_overlapping_classes(tmp_path):
    (first, *also), prediction, dice, _ = overlapping(tmp_path)
    found = comparison.compare(first, prediction, [], also=also, options=OVERLAPPING)
    values = [one.value for _, one in found.outcomes if one.value is not None]
    assert pytest.approx(dice, rel=1e-5) in values
    refused = {one.reason for _, one in found.outcomes if one.value is None}
    assert "needs classes that exclude each other" in refused
    assert comparison.as_table(found).startswith("1 sample of 6 × 9 × 40 voxels, 3 classes that ma")


def test_what_needs_exclusive_classes_is_refused_before_anything_is_computed(tmp_path):
    (first, *also), prediction, _, _ = overlapping(tmp_path)

    def ask(losses=("dice",), controls=(), given=None):
        chosen = chosen_losses(losses, [])
        evaluate(first, given, controls, chosen, also=also, options=OVERLAPPING)

    with pytest.raises(ParameterError, match="Wasserstein Dice needs classes that exclude each"):
        ask(["dice", "wasserstein_dice"], given=prediction)
    with pytest.raises(ParameterError, match="Taken for another class needs classes that exclude"):
        ask(controls=["swap=0.5"])
    with pytest.raises(ParameterError, match="A descent needs classes that exclude each other"):
        descent.descend(f"{first}::@zyx", None, [], LOSSES, Descent(), 1, options=OVERLAPPING)
    truth = open_case([first, *also], overlapping=True).batch
    outputs = chosen_outputs(["y1=unified_focal", "y2=huber"])
    with pytest.raises(ParameterError, match="unified_focal needs classes that exclude each other"):
        learn(truth, Setup(outputs=outputs), 1)


def test_a_target_that_ignored_voxels_leave_unknown_is_not_trained(tmp_path):
    truth, *_ = nnunet(tmp_path)
    outputs = chosen_outputs(["y1=dice", "y2=huber"], ["y2=boundary_distance"])
    with pytest.raises(ParameterError, match="some of case_001 are ignored, so it is not known"):
        learn(open_case([truth]).batch, Setup(outputs=outputs), 1)


def test_ignored_voxels_do_not_descend(tmp_path):
    """A step on the volume is a step on its other voxels alone, which a mask's plane leaves."""
    ids = np.zeros((4, 6, 8), np.uint8)
    ids[:, 2:5, 3:7] = 1
    p = np.random.default_rng(1).uniform(0.05, 0.95, ids.shape)
    for name, planes in (("whole", slice(None)), ("part", slice(1, None))):
        np.save(tmp_path / f"{name}.npy", ids[planes])
        np.save(tmp_path / f"{name}_p.npy", np.stack([1 - p, p])[:, planes].astype(np.float32))
    mask = np.ones_like(ids)
    mask[0] = 0
    np.save(tmp_path / "mask.npy", mask)

    def steps(name, options):
        truth, given = (str(tmp_path / f"{name}{end}.npy") for end in ("", "_p"))
        how = Descent(rate=2.0)
        return descent.descend(truth, given, [], LOSSES, how, 3, options=options).report.steps

    masked = steps("whole", TruthOptions(mask=str(tmp_path / "mask.npy")))
    alone = steps("part", TruthOptions())
    for one, other in zip(masked, alone, strict=True):
        assert one.values == pytest.approx(other.values, rel=1e-6)
    assert masked[3].total < masked[0].total


def test_an_empty_truth_has_absent_classes(tmp_path):
    """Dice of a class that the truth lacks is 1; without a prediction of it, it is 0/0."""
    np.save(tmp_path / "empty.npy", np.zeros((4, 4, 4), np.uint8))
    guess = np.zeros((4, 4, 4), np.uint8)
    guess[0] = 2
    np.save(tmp_path / "guess.npy", guess)
    result = evaluate(str(tmp_path / "empty.npy"), str(tmp_path / "guess.npy"), [], LOSSES)
    assert result.losses[0].per_class == pytest.approx((1 - 2 * 48 / (48 + 64), 1.0))
    assert "2 class 2 (absent)" in evaluation.as_table(result)
    classes = json.loads(evaluation.as_json(result))["truth"]["classes"]
    assert [each["voxels"] for each in classes] == [64, 0]


def manifest(folder, text):
    path = folder / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return path, folder / "out.csv"


def test_a_manifest_names_masks_and_ignored_ids(tmp_path, uncompiled):
    """Of 16 voxels of a box, 8 are predicted; the mask leaves out the other half, the id all."""
    truth, half = np.zeros((2, 4, 4, 4), np.uint8)
    truth[0], half[0, :2] = 5, 5
    truth[3] = 9
    mask = np.ones_like(truth)
    mask[:, 2:] = 0
    for name, array in {"truth": truth, "half": half, "mask": mask}.items():
        np.save(tmp_path / f"{name}.npy", array)
    path, out = manifest(
        tmp_path,
        "name,truth,prediction,mask,ignore\n"
        "plain,truth.npy,half.npy,,none\n"
        "masked,truth.npy,half.npy,mask.npy,none\n"
        "ignored,truth.npy,half.npy,,9\n"
        "both,truth.npy,half.npy,mask.npy,\n",
    )
    losses = chosen_losses(["dice:include_background=false"], [])
    evaluated(path, out, losses, ignore=9)
    rows = {row["case"]: row for row in table(out) if not row["class_id"]}
    dice = 1 - 2 * 8 / (16 + 8)
    assert {case: float(row["value"]) for case, row in rows.items()} == pytest.approx(
        {"plain": (dice + 1) / 2, "masked": 1 / 2, "ignored": dice, "both": 0}, abs=1e-6
    )
    found = {
        case: (row["ignored_voxels"], row["mask"], row["ignore"]) for case, row in rows.items()
    }
    assert found == {
        "plain": ("0", "", "none"),
        "masked": ("32", "mask.npy", "none"),
        "ignored": ("16", "", "9"),
        "both": ("40", "mask.npy", "9"),
    }
    _, again = evaluated(path, out, losses, ignore=9)
    assert again == []


def test_a_manifest_of_empty_truths_and_of_masks(tmp_path, uncompiled):
    files, _, dice, _ = overlapping(tmp_path)
    np.save(tmp_path / "none.npy", np.zeros(SHAPE, np.uint8))
    path, out = manifest(tmp_path, "truth,prediction\nnone.npy,whole.npy\nnone.npy,none.npy\n")
    summary, _ = evaluated(path, out, LOSSES)
    assert not summary.broken
    rows = [row for row in table(out) if row["class_id"] == "1"]
    assert [row["class_voxels"] for row in rows] == ["0"] * 4
    assert float(rows[0]["value"]) == pytest.approx(1)
    assert math.isnan(float(rows[2]["value"]))  # 0/0: neither has a voxel
    names = " ; ".join(name.rpartition("/")[2] for name in files)
    path, out = manifest(tmp_path, f"truth,prediction\n{names},p.npy\n")
    out = tmp_path / "masks.csv"
    evaluated(path, out, LOSSES, overlapping=True)
    (row, _) = (row for row in table(out) if not row["class_id"])
    assert float(row["value"]) == pytest.approx(dice, rel=1e-6)
    assert (row["truth"], row["overlapping"]) == ("whole.npy;core.npy;other.npy", "yes")
    assert [r["class_name"] for r in table(out)[:3]] == ["whole", "core", "other"]


def test_a_manifest_with_an_ignored_id_that_is_none(tmp_path):
    path, out = manifest(tmp_path, "truth,prediction,ignore\nsample:plate,,liver\n")
    evaluated(path, out)
    problems = {row["problem"] for row in table(out)}
    assert len(problems) == 1
    assert "the ignored id must be an id such as 255" in problems.pop()
