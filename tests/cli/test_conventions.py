"""`lossexplorer conventions`: published numbers, batches, and what is refused."""

import numpy as np
import pytest

from lossexplorer.conventions import CONVENTIONS
from lossexplorer.headless.comparison import loss_text

PUBLISHED = {
    ("MONAI", "DiceLoss()"): ".5167",
    ("MONAI", "DiceLoss(smooth_nr=1, smooth_dr=1)"): ".5137",
    ("MONAI", "DiceLoss(batch=True)"): ".4480",
    ("MONAI", "DiceLoss(include_background=False)"): ".7523",
    ("MONAI", "DiceLoss(batch=True, include_background=False)"): ".6494",
    ("MONAI", "DiceLoss(squared_pred=True)"): ".3556",
    ("MONAI", "DiceLoss(jaccard=True)"): ".5730",
    ("MONAI", "GeneralizedDiceLoss()"): ".9206",
    ("MONAI", "DiceCELoss(lambda_dice=0)"): ".1316",
    ("Keras", "Dice()"): ".0836",
    ("nnU-Net", "−Dice, batch_dice=True"): "-.3506",
    ("Article", "1-1-dice"): "-.4833",
    ("Article", "generalized Dice"): ".9725",
    ("DeepFinder", "tversky_loss"): "1.3439",
    # What optax computed until 0.2.6; the smoothing of 0.2.8 counts twice.
    ("optax", "0.2.6", "multiclass_generalized_dice_loss()"): ".9677",
    ("optax", "0.2.8", "multiclass_generalized_dice_loss()"): ".9610",
}
"""One batch in many conventions: labels shifted by one voxel, 0.9 one-hot + 0.1/3."""


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Two samples of 16³ with a small class that the second one lacks, and their prediction."""
    labels = np.zeros((2, 16, 16, 16), np.uint8)
    labels[0, 4:12, 4:12, 4:12] = 1
    labels[0, 2:4, 2:4, 2:4] = 2
    labels[1, 4:7, 4:7, 4:7] = 1
    shifted = np.roll(labels, 1, axis=1)
    soft = 0.9 * np.eye(3)[shifted] + 0.1 / 3
    folder = tmp_path_factory.mktemp("batch")
    np.save(folder / "truth.npy", labels)
    np.save(folder / "hard.npy", shifted)
    np.savez(folder / "soft.npz", probabilities=np.moveaxis(soft, -1, 1))
    return folder


@pytest.fixture
def compare(answer, compilation):
    """Values and reasons by library, name and, with its version, by all three."""

    def compare(*arguments):
        found = {}
        for each in answer("conventions", *arguments)["conventions"]:
            found[each["library"], each["name"]] = each
            found[each["library"], each["version"], each["name"]] = each
        return found

    return compare


LIBRARIES = {(each.library.name, each.library.version): None for each in CONVENTIONS}


def printed(value, like):
    """A value with as many digits as another, as people print it: without a zero before them."""
    decimals = len(like.partition(".")[2])
    text = f"{value:.{decimals}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def test_the_published_numbers(compare, batch):
    found = compare(batch / "truth.npy", batch / "soft.npz")
    for key, digits in PUBLISHED.items():
        assert printed(found[key]["value"], digits) == digits, key


def test_the_table(run, batch, uncompiled):
    code, out, err = run("conventions", batch / "truth.npy", batch / "soft.npz")
    assert (code, err) == (0, "")
    first, *lines = out.splitlines()
    assert first == "2 samples of 16 × 16 × 16 voxels, 3 classes"
    rows = [line for line in lines if line.startswith("  ")]
    assert len(rows) == len(CONVENTIONS)
    for row, each in zip(rows, CONVENTIONS, strict=True):
        assert row.strip().startswith(each.name)
        assert loss_text(each) in row
        assert row.endswith(each.note)
    *groups, truth = [line for line in lines if line and not line.startswith(" ")]
    assert "1 mm is assumed" in truth
    assert groups == [f"{name} {version}".strip() for name, version in LIBRARIES]
    assert "1.343870  C × tversky:alpha=0.5,beta=0.5,pooling=batch" in out
    places = {row.index("  tversky:") for row in rows if "  tversky:" in row}
    assert len(places) == 1, "the columns are aligned"


def test_every_convention_has_a_value_for_some_prediction(compare, batch, tmp_path):
    three = compare(batch / "truth.npy", batch / "soft.npz").values()
    of_two = {each.name for each in CONVENTIONS if each.classes == 2}
    assert {each["name"] for each in three if each["value"] is None} == of_two
    assert all(bool(each["reason"]) == (each["value"] is None) for each in three)
    np.save(tmp_path / "two.npy", np.arange(2 * 27).reshape(2, 3, 3, 3) % 5 % 2)
    controls = ("--set", "softness=1", "--set", "confidence=0.9", "--set", "shift_x=1vox")
    assert all(
        each["value"] is not None for each in compare(tmp_path / "two.npy", *controls).values()
    )


def test_what_is_not_finite_has_its_reason(compare, batch):
    """A hard prediction: log 0 in what is missed, 0/0 where a class is in neither."""
    labels, shifted = (np.load(batch / f"{name}.npy") for name in ("truth", "hard"))
    missed = np.count_nonzero(labels != shifted)
    found = compare(batch / "truth.npy", batch / "hard.npy")
    entropy = found["MONAI", "DiceCELoss(lambda_dice=0)"]
    assert (entropy["value"], entropy["reason"]) == (None, f"log 0 in {missed} voxels")
    dice = found["Article", "1-dice"]
    assert (dice["value"], dice["reason"]) == (None, "0/0: class 2 of sample 1")
    overlap, size = 448, 512  # of the cube of 8³, moved by one voxel
    ratios = [overlap / size, 4 / 8]
    background = 1 - 2 * (64 + 4) / (2 * (4096 - 520))
    assert found["MONAI", "DiceLoss()"]["value"] == pytest.approx(
        1 - (background + sum(ratios) + (4096 - 27 - 9) / (4096 - 27) + 18 / 27 + 1) / 6, abs=1e-6
    )


def test_a_single_volume_is_a_batch_of_one(compare, evaluate, tmp_path):
    """The same numbers as `evaluate` prints for the same volume and prediction."""
    labels = np.arange(60).reshape(3, 4, 5) % 7 % 3
    np.save(tmp_path / "one.npy", labels)
    np.save(tmp_path / "nested.npy", labels[None])
    p = np.random.default_rng(0).dirichlet([1, 1, 1], (3, 4, 5)).transpose(3, 0, 1, 2)
    np.save(tmp_path / "p.npy", p)
    np.save(tmp_path / "batch_of_p.npy", p[None])
    one = compare(tmp_path / "one.npy", tmp_path / "p.npy")
    for truth, prediction in (("nested", "p"), ("one", "batch_of_p"), ("nested", "batch_of_p")):
        assert compare(tmp_path / f"{truth}.npy", tmp_path / f"{prediction}.npy") == one
    one_per_loss = {each.loss: each for each in CONVENTIONS if each.classes is None}.values()
    chosen = [option for each in one_per_loss for option in ("--loss", loss_text(each))]
    evaluated = evaluate(tmp_path / "one.npy", tmp_path / "p.npy", *chosen)["losses"]
    for each, loss in zip(one_per_loss, evaluated, strict=True):
        value = one[each.library.name, each.library.version, each.name]["value"]
        assert value == pytest.approx(each.times(3) * loss["value"], rel=2e-6)


def test_a_simulated_prediction(compare, evaluate, tmp_path):
    labels = np.zeros((8, 10, 12), np.uint8)
    labels[2:5, 3:8, 2:9] = 1
    np.save(tmp_path / "box.npy", labels)
    controls = (tmp_path / "box.npy", "--set", "shift_x=1vox", "--set", "softness=1")
    found = compare(*controls)
    evaluated = evaluate(*controls, "--loss", "dice", "--loss", "cross_entropy")["losses"]
    assert found["Article", "1-dice"]["value"] == pytest.approx(evaluated[0]["value"], rel=1e-6)
    entropy = found["MONAI", "DiceCELoss(lambda_dice=0)"]["value"]
    assert entropy == pytest.approx(evaluated[1]["value"], rel=1e-6)


def test_a_class_that_only_the_prediction_has(compare, batch, tmp_path):
    labels = np.load(batch / "hard.npy")
    labels[1, 0, 0, 0] = 9
    np.save(tmp_path / "more.npy", labels)
    found = compare(batch / "truth.npy", tmp_path / "more.npy")
    assert found["Article", "1-dice"]["reason"] == ("0/0: class 9 of sample 0, class 2 of sample 1")
    plain = compare(batch / "truth.npy", batch / "hard.npy")
    name = ("MONAI", "DiceLoss()")
    # Class 9 is in neither in the first sample, 0, and predicted in the second, 1.
    background = 2 * 4060 / (2 * 4069), 2 * 4059 / (2 * 4069 - 1)
    assert 8 * found[name]["value"] == pytest.approx(
        6 * plain[name]["value"] + 1 + background[0] - background[1], abs=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["truth.npy", "three.npy"], ["three.npy", "3 × 16 × 16 × 16", "2 samples"]),
        (["truth.npy", "flat.npy"], ["flat.npy", "3D", "2 samples", "(sample, z, y, x)"]),
        (["truth.npy", "thin.npy"], ["sample 0 of thin.npy", "16 × 16 × 15", "axis x"]),
        (["truth.npy", "loud.npy"], ["loud.npy", "1.5", "between 0 and 1"]),
        (["truth.npy", "poor.npy"], ["poor.npy", "2 channels", "expected 3"]),
        (["empty.npy"], ["empty.npy", "every voxel is 0"]),
        (["half.npy"], ["half.npy", "0.5"]),
        (["objects.npy"], ["objects.npy", "Python objects"]),
        (["many.npy"], ["many.npy", "6D"]),
        (["missing.npy"], ["missing.npy", "does not exist"]),
        (["truth.npy", "hard.npy", "--set", "grow=1"], ["grow=1", "simulated"]),
        (["truth.npy", "--set", "shift_w=1"], ["'shift_w'", "did you mean"]),
    ],
)
def test_what_is_refused(run, batch, tmp_path, arguments, words):
    soft = np.load(batch / "soft.npz")["probabilities"]
    files = {
        "three": np.zeros((3, 16, 16, 16), np.uint8),
        "flat": np.zeros((16, 16, 16), np.uint8),
        "thin": np.zeros((2, 16, 16, 15), np.uint8),
        "loud": np.where(soft > 0.5, 1.5, soft),
        "poor": soft[:, :2],
        "empty": np.zeros((2, 3, 3, 3), np.uint8),
        "half": np.full((2, 3, 3, 3), 0.5),
        "many": np.ones((2, 2, 2, 2, 2, 2), np.uint8),
    }
    for name, array in files.items():
        np.save(tmp_path / f"{name}.npy", array)
    np.save(tmp_path / "objects.npy", np.full((2, 1, 1, 1), None), allow_pickle=True)
    here = [
        (batch if (batch / a).exists() else tmp_path) / a if a.endswith(".npy") else a
        for a in arguments
    ]
    code, out, err = run("conventions", *here)
    assert (code, out) == (2, "")
    assert err.startswith("lossexplorer: ")
    assert err.count("\n") == 1
    assert [word for word in words if word not in err] == []
