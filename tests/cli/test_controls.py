"""The controls on the command line: the page, every one alone, all together, known numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from lossexplorer.predictions import CONTROLS, DEGRADATIONS, GROUPS, IN_ORDER

ROOT = Path(__file__).resolve().parents[2]
CASES = json.loads((ROOT / "tests/cases/pitfall_cases.json").read_text("utf-8"))
MASKS = np.load(ROOT / "tests/cases/pitfall_masks.npz")


def test_the_page_of_controls_is_what_the_descriptions_say(run):
    """After a change of a description: lossexplorer controls --page > resources/controls.md."""
    code, out, err = run("controls", "--page")
    assert (code, err) == (0, "")
    assert out == (ROOT / "resources/controls.md").read_text("utf-8")
    for name, control in CONTROLS.items():
        (row,) = [line for line in out.splitlines() if line.startswith(f"| `{name}` |")]
        assert control.meaning.replace("|", "\\|") in row
    headings = [line.partition(". ")[2] for line in out.splitlines() if line.startswith("## ")]
    assert headings == [each.title for each in IN_ORDER]


def test_the_controls_for_programs(answer):
    told = answer("controls")["degradations"]
    assert [each["name"] for each in told] == [each.name for each in IN_ORDER]
    assert {each["group"] for each in told} == set(GROUPS)
    assert sorted(c["name"] for each in told for c in each["controls"]) == sorted(CONTROLS)


def test_the_controls_in_words(run):
    code, out, err = run("controls")
    assert (code, err) == (0, "")
    assert len(out.strip().split("\n\n")) == len(IN_ORDER)


# Known numbers

CUBES = {
    "cube3_erode1(26-conn)": ["grow=-1vox"],
    "cube5_erode1(26-conn)": ["grow=-1mm"],
    "cube10_erode1(26-conn)": ["grow=-1"],
    # A ball of radius √3 voxels reaches the corners of a cube, and one voxel beyond its faces.
    "cube20_dilate1(26-conn)": ["grow=1.7320508"],
    "cube50_dilate1(26-conn)": ["grow=1.7320508"],
    "cube20_shift1": ["shift_z=1vox"],
    "cube50_shift1": ["shift_z=1vox"],
    "ball3_plus1": ["grow=1.2"],
    "SN2.10_oversized": ["grow=1.5"],
    "SN2.17_over": ["grow=3"],
}


def lost_and_won(case):
    """Controls that lose and win as many voxels as a case, wherever they lie."""
    if not case["FN"]:
        background = case["N"] - case["G"]
        return [f"swap={case['FP'] / background}", "swap_from=0", "swap_to=1", "swap_where=random"]
    # With this seed, what is lost is nothing of what was won before.
    won = [f"blobs={case['FP']}", "blob_radius=0", "blob_distance=1"]
    lost = [f"swap={case['FN'] / (case['G'] + case['FP'])}", "swap_where=random", "swap_seed=1"]
    return [*won, *lost]


@pytest.mark.parametrize("name", CASES)
def test_the_pitfalls_of_the_literature(name, tmp_path, evaluate):
    """Reinke et al. 2024 and shapes: what MetricsReloaded and closed forms give for the masks."""
    case = CASES[name]
    truth = MASKS[f"{name}/truth"].astype(np.uint8)
    path = tmp_path / "truth.npy"
    np.save(path, truth.reshape((1,) * (3 - truth.ndim) + truth.shape))
    texts = CUBES.get(name) or lost_and_won(case)
    found = evaluate(
        path,
        *options(texts),
        *("--loss", "dice", "--loss", "iou:eps=0", "--loss", "tversky:alpha=0.3,beta=0.7"),
        *("--loss", "generalized_dice:eps=1e-12"),
    )
    values = {loss["name"]: loss for loss in found["losses"]}
    for loss, metric in (("dice", "dice"), ("iou", "iou"), ("tversky", "tversky_.3fp_.7fn")):
        assert 1 - values[loss]["per_class"]["1"] == pytest.approx(case[metric], abs=1.5e-6)
    assert 1 - values["dice"]["value"] == pytest.approx(case["mean_dice_2class"], abs=1.5e-6)
    assert values["generalized_dice"]["value"] == pytest.approx(case["gdl_loss"], abs=1.5e-6)


ALONE = {
    "shift": ["shift_x=1vox"],
    "growth": ["grow=1vox"],
    "roughness": ["roughness=3"],
    "softness": ["softness=1"],
    "rotation": ["rotate_z=20"],
    "blur": ["blur=2"],
    "confidence": ["confidence=0.9"],
    "temperature": ["temperature=3", "softness=1"],
    "logit_noise": ["noise=1", "softness=1"],
    "harden": ["harden=argmax", "softness=1"],
    "missing_objects": ["missing=0.5"],
    "false_blobs": ["blobs=2"],
    "holes": ["holes=2"],
    "class_swap": ["swap=0.2"],
    "confusion": ["confusion=0.9:0.1/0.2:0.8"],
    "rim": ["rim=2"],
    "margin": ["margin=-3", "shift_x=1vox"],
}
LOSSES = ["--loss", "dice", "--loss", "tversky"]


def options(controls):
    return [word for text in controls for word in ("--set", text)]


@pytest.fixture
def boxes(tmp_path):
    """A volume of two objects of one class."""
    labels = np.zeros((16, 24, 28), np.uint8)
    labels[4:10, 4:10, 4:12] = labels[5:9, 14:20, 16:24] = 1
    np.save(tmp_path / "boxes.npy", labels)
    return tmp_path / "boxes.npy"


@pytest.fixture(params=["boxes", pytest.param("sample:tumour", marks=pytest.mark.slow)])
def truth(request):
    """A small volume, and one whose voxels are eight times as high as they are wide."""
    return request.getfixturevalue("boxes") if request.param == "boxes" else request.param


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_each_alone_changes_something(name, truth, evaluate):
    with_it = evaluate(truth, *options(ALONE[name]), *LOSSES)
    names = [control.name for control in DEGRADATIONS[name].controls]
    others = [text for text in ALONE[name] if text.partition("=")[0] not in names]
    without = evaluate(truth, *options(others), *LOSSES)
    assert abs(with_it["total"] - without["total"]) > 1e-6


@pytest.mark.slow
def test_all_together(answer):
    every = [text for texts in ALONE.values() for text in texts if not text.startswith("harden")]
    asked = ("evaluate", "sample:tumour", *options(every), *LOSSES)
    first, second = (answer(*asked) for _ in range(2))
    assert first == second
    assert 0 < first["losses"][0]["value"] < 1


def test_a_class_is_typed_as_its_id(evaluate, run):
    swap = options(["swap=1", "swap_from=5", "swap_to=8"])
    found = evaluate("sample:nuclei", "--classes", "5,8,9", *swap, "--loss", "dice")
    per_class = found["losses"][0]["per_class"]
    voxels = {c["id"]: c["voxels"] for c in found["truth"]["classes"]}
    assert per_class["5"] == 1
    won = voxels[5] + voxels[8]
    assert per_class["8"] == pytest.approx(1 - 2 * voxels[8] / (won + voxels[8]))
    assert per_class["9"] == 0
    code, _, err = run("evaluate", "sample:nuclei", *options(["swap_from=9999"]))
    assert code == 2
    assert "swap_from = 9999: the classes' ids are 0, " in err


def test_on_a_given_prediction_act_the_controls_of_probabilities(tmp_path, run, evaluate):
    p = np.full((2, 4, 4, 4), 0.5, np.float32)
    p[1, :2], p[0, :2] = 0.8, 0.2
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[:2] = 1
    np.save(tmp_path / "t.npy", labels)
    np.save(tmp_path / "p.npy", p)
    paths = tmp_path / "t.npy", tmp_path / "p.npy"
    found = evaluate(*paths, *options(["harden=threshold", "threshold=0.6"]), "--loss", "dice")
    assert found["losses"][0]["value"] == 0
    code, _, err = run("evaluate", *paths, *options(["shift_x=1"]))
    assert code == 2
    assert "shift_x=1 is a control of the simulated prediction, but" in err
    assert "blur, confidence, temperature" in err


# Batches and classes


@pytest.mark.parametrize(
    ("truth", "patch", "samples"),
    [
        ("boxes", "16x12x7", 8),
        pytest.param("sample:tumour", "25x64x64", 16, marks=pytest.mark.slow),
    ],
    indirect=["truth"],
)
def test_patches_make_a_batch(truth, patch, samples, evaluate):
    whole = evaluate(truth, "--set", "shift_x=1vox", "--loss", "dice:pooling=batch")
    assert whole["truth"]["samples"] == 1
    cut = evaluate(truth, "--patch", patch, "--loss", "dice:smooth=1")
    assert cut["truth"]["samples"] == samples
    assert cut["truth"]["classes"] == whole["truth"]["classes"]


def test_several_volumes_are_a_batch(tmp_path, evaluate, run):
    large, small = np.zeros((2, 8, 8, 8), np.uint8)
    large[1:7, 1:7, 1:7], small[3:5, 3:5, 3:5] = 1, 1
    np.save(tmp_path / "large.npy", large)
    np.save(tmp_path / "small.npy", small)
    two = tmp_path / "large.npy", "--also", tmp_path / "small.npy", "--set", "shift_x=1vox"
    dice = "dice:include_background=false"
    found = evaluate(*two, "--loss", dice)
    assert found["losses"][0]["value"] == pytest.approx((1 / 6 + 1 / 2) / 2)
    pooled = evaluate(*two, "--loss", f"{dice},pooling=batch")
    assert pooled["losses"][0]["value"] == pytest.approx(1 - 184 / 224)
    np.save(tmp_path / "other.npy", small[:7])
    code, _, err = run("evaluate", tmp_path / "large.npy", "--also", tmp_path / "other.npy")
    assert code == 2
    assert "axis z differs" in err


def test_all_foreground_as_one_class(evaluate):
    found = evaluate("sample:nuclei", "--classes", "foreground", "--loss", "dice")
    each = evaluate("sample:nuclei", "--loss", "dice")
    assert [c["name"] for c in found["truth"]["classes"]] == ["background", "foreground"]
    total = sum(c["voxels"] for c in each["truth"]["classes"][1:])
    assert found["truth"]["classes"][1]["voxels"] == total


@pytest.mark.parametrize("text", ["0", "3x4", "a", "3x4x5x6", "-1"])
def test_a_patch_that_is_none(text, run):
    code, _, err = run("evaluate", "sample:tumour", "--patch", text)
    assert code == 2
    assert "A patch is 64 or 8x64x64 (z, y, x) voxels" in err


# Scales


def stack(path, spacing, unit, shape=(8, 20, 24)):
    """Two boxes in an OME-TIFF, with voxel edges (z, y, x) in a unit."""
    labels = np.zeros(shape, np.uint8)
    labels[2:6, 2:10, 2:10] = 1
    labels[1:4, 11:18, 13:22] = 2
    sizes = {}
    for axis, edge in zip("ZYX", spacing, strict=True):
        sizes |= {f"PhysicalSize{axis}": edge, f"PhysicalSize{axis}Unit": unit}
    tifffile.imwrite(path, labels, ome=True, metadata={"axes": "ZYX", **sizes})
    return path


@pytest.fixture
def confocal(tmp_path):
    return stack(tmp_path / "confocal.ome.tif", (2.0, 0.25, 0.25), "µm")


def voxels_of(found):
    return [loss["per_class"] for loss in found["losses"]]


WITH_LENGTHS = [
    name
    for name, each in DEGRADATIONS.items()
    if any(getattr(control, "unit", "") in ("mm", "mm³") for control in each.controls)
]


@pytest.mark.parametrize("name", WITH_LENGTHS)
def test_each_does_at_every_scale_what_it_does_with_millimetres(name, tmp_path, evaluate):
    """Lengths of 1 in voxels of 1 nm, 1 mm or 1 m: the same prediction, and the same values."""
    found = []
    for unit in ("nm", "mm", "m"):
        path = stack(tmp_path / f"{unit}.ome.tif", (1.0, 1.0, 1.0), unit)
        lengths = {"shift_x=1vox": f"shift_x=1{unit}", "roughness=3": f"roughness=3{unit}"}
        lengths |= {f"{n}={v}": f"{n}={v}{unit}" for n, v in (("softness", 1), ("blur", 2))}
        lengths |= {"rim=2": f"rim=2{unit}", "margin=-3": f"margin=-3{unit}"}
        texts = [lengths.get(text, text) for text in ALONE[name]]
        found.append(voxels_of(evaluate(path, *options(texts), *LOSSES)))
    for other in (found[0], found[2]):
        for loss, expected in zip(other, found[1], strict=True):
            assert loss == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_a_volume_of_micrometres_has_blobs_and_holes(confocal, evaluate):
    """A ball of 0.6 µm has 2 × 2.4 voxels: 19 in the middle slice, none in the next of 2 µm."""
    radius = 0.6 / 0.25
    count = sum(x * x + y * y <= radius**2 for x in range(-3, 4) for y in range(-3, 4))
    with_blob = evaluate(confocal, *options(["blobs=1"]), "--loss", "dice")["losses"][0]
    size = 4 * 8 * 8
    assert with_blob["per_class"]["1"] == pytest.approx(1 - 2 * size / (2 * size + count))
    radius = 0.4 / 0.25
    count = sum(x * x + y * y <= radius**2 for x in range(-2, 3) for y in range(-2, 3))
    terms = evaluate(confocal, *options(["holes=1"]), "--loss", "dice")["losses"][0]["per_class"]
    sizes = {"1": size, "2": 3 * 7 * 9}
    expected = {c: 1 - 2 * (n - count) / (2 * n - count) for c, n in sizes.items()}
    assert any(terms[c] == pytest.approx(expected[c]) for c in sizes)


@pytest.mark.parametrize("text", ["0.5um", "0.5µm", "500nm", "2vox", "0.0005mm", "0.0005", "5e-7m"])
def test_a_shift_is_typed_in_any_unit(confocal, evaluate, text):
    found = evaluate(confocal, *options([f"shift_x={text}"]), "--loss", "dice")["losses"][0]
    # A box of 8 pixels, moved by two.
    assert found["per_class"]["1"] == pytest.approx(0.25, abs=1e-12)


def test_what_is_out_of_range_is_said_in_the_unit_of_the_volume(confocal, run):
    code, out, err = run("evaluate", confocal, "--set", "shift_x=1")
    assert (code, out) == (2, "")
    assert "shift_x = 1000 µm is out of range: it must lie between -200 and 200 µm." in err


def test_a_margin_that_does_not_fit_is_refused(confocal, run, uncompiled):
    code, out, err = run("evaluate", confocal, "--set", "margin=2mm", "--loss", "dice")
    assert (code, out) == (2, "")
    assert "515,462,595,840 voxels" in err  # 2008 × 16,020 × 16,024
    assert "Use a smaller margin." in err


def test_the_controls_of_a_volume_are_listed_in_its_unit(confocal, run, answer):
    code, out, err = run("controls", confocal)
    assert (code, err) == (0, "")
    (shift,) = [line for line in out.splitlines() if line.split()[:1] == ["shift_x"]]
    (radius,) = [line for line in out.splitlines() if line.split()[:1] == ["blob_radius"]]
    assert shift.endswith("[0, slider −4 to 4 µm]")
    assert radius.endswith("[0.6, slider 0 to 3 µm]")
    page = run("controls", confocal, "--page")[1]
    assert "| `blob_radius` | 0.6 | 0 to 200 µm |" in page
    told = {
        c["name"]: c for d in answer("controls", confocal)["degradations"] for c in d["controls"]
    }
    assert (told["blob_radius"]["default"], told["blob_radius"]["shown_in"]) == (0.0006, "µm")


def test_a_loss_of_distances_in_nanometres_is_not_printed_as_zero(tmp_path, run, uncompiled):
    path = stack(tmp_path / "nm.ome.tif", (1.0, 1.0, 1.0), "nm")
    code, out, _ = run("evaluate", path, "--set", "shift_x=2nm", "--loss", "boundary")
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("value")]
    assert float(line.split()[1]) < 0
