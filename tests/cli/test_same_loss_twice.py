"""The same loss twice on the command line: each has a name of its own wherever it is listed."""

import csv

import numpy as np
import pytest
from scipy import ndimage

TWICE = ("--loss", "tversky:alpha=0.3", "--loss", "tversky:alpha=0.7", "--weight", "tversky_2=0.5")


@pytest.fixture
def pair(tmp_path):
    """A box, and a prediction of it that is larger, as labels of one class."""
    truth = np.zeros((4, 8, 8), np.uint8)
    truth[1:3, 2:6, 2:6] = 1
    predicted = ndimage.binary_dilation(truth, iterations=1).astype(np.uint8)
    predicted[1, 2, 2:6] = 0
    for name, labels in (("truth", truth), ("predicted", predicted)):
        np.save(tmp_path / f"{name}.npy", labels)
    return tmp_path, truth, predicted


def tversky(truth, predicted, alpha, beta=0.7):
    """Salehi et al. 2017, counted; the mean of background and class."""
    terms = []
    for index in (0, 1):
        g, p = truth == index, predicted == index
        hit, low, missed = (g & p).sum(), (p & ~g).sum(), (g & ~p).sum()
        terms.append(1 - hit / (hit + alpha * low + beta * missed))
    return np.mean(terms)


def test_json_has_both_under_their_names(pair, evaluate):
    folder, truth, predicted = pair
    smooth = [f"{text},smooth=0" if "=" in text and ":" in text else text for text in TWICE]
    found = evaluate(folder / "truth.npy", folder / "predicted.npy", *smooth)
    assert [(each["name"], each["loss"]) for each in found["losses"]] == [
        ("tversky", "tversky"),
        ("tversky_2", "tversky"),
    ]
    assert [each["weight"] for each in found["losses"]] == [1.0, 0.5]
    expected = [tversky(truth, predicted, alpha) for alpha in (0.3, 0.7)]
    assert [each["value"] for each in found["losses"]] == pytest.approx(expected, rel=1e-6)
    assert found["total"] == pytest.approx(expected[0] + 0.5 * expected[1], rel=1e-6)


def test_the_table_has_a_column_for_each(pair, run):
    folder, truth, predicted = pair
    code, out, err = run("evaluate", folder / "truth.npy", folder / "predicted.npy", *TWICE)
    assert (code, err) == (0, "")
    head, weights, values, *_ = out.splitlines()
    assert head.split() == ["tversky", "tversky_2", "total"]
    assert weights.split() == ["λ", "1", "0.5"]
    shown = [float(text) for text in values.split()[1:]]
    expected = [tversky(truth, predicted, alpha) for alpha in (0.3, 0.7)]
    assert shown[:2] == pytest.approx(expected, abs=1e-4)


def test_a_table_of_pairs_tells_them_apart_and_knows_them_again(pair, run):
    folder, truth, predicted = pair
    manifest = folder / "pairs.csv"
    manifest.write_text("truth,prediction\ntruth.npy,predicted.npy\n")
    code, _, _ = run("evaluate", "--manifest", manifest, *TWICE)
    assert code == 0
    with (folder / "pairs.results.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["class_id"]]
    assert [row["loss"] for row in rows] == ["tversky", "tversky_2"]
    expected = [tversky(truth, predicted, alpha) for alpha in (0.3, 0.7)]
    assert [float(row["value"]) for row in rows] == pytest.approx(expected, rel=1e-4)
    before = (folder / "pairs.results.csv").read_bytes()
    code, _, _ = run("evaluate", "--manifest", manifest, *TWICE)
    assert code == 0
    assert (folder / "pairs.results.csv").read_bytes() == before


def test_a_descent_lists_both_and_follows_one(pair, run, answer):
    asked = ("descend", pair[0] / "truth.npy", *TWICE, "--set", "shift_x=2vox", "--steps", "1")
    code, out, err = run(*asked, "--follow", "tversky_2")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].split() == ["step", "tversky", "tversky_2", "total", "largest", "g"]
    assert "∂tversky_2/∂logit" in out
    found = answer(*asked, "--follow", "tversky_2")
    assert [each["loss"] for each in found["losses"]] == ["tversky", "tversky"]
    assert set(found["steps"][0]["losses"]) == {"tversky", "tversky_2"}


def test_a_weight_of_one_that_is_not_there_is_a_mistake(pair, run):
    code, out, err = run("evaluate", pair[0] / "truth.npy", *TWICE, "--weight", "tversky_3=1")
    assert (code, out) == (2, "")
    assert "There is no evaluated loss 'tversky_3'; did you mean 'tversky_2'?" in err
