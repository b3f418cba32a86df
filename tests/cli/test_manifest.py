"""``lossexplorer evaluate --manifest``: what it prints, and its exit code."""

import signal
import sys
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import tifffile

from lossexplorer.headless.manifest import evaluate_manifest
from tests.headless.pairs import (
    Guessing,
    Here,
    boxes,
    evaluated,
    five_pairs,
    table,
    three_pairs,
    values,
)


@pytest.fixture(params=["here", pytest.param("in the engine's process", marks=pytest.mark.slow)])
def somewhere(request, monkeypatch):
    """Have the command evaluate in this process, or as it does by itself."""
    if request.param == "here":
        request.getfixturevalue("uncompiled")
        monkeypatch.setitem(evaluate_manifest.__kwdefaults__, "make_executor", Here)


@pytest.mark.usefixtures("somewhere")
def test_a_broken_pair_between_two_good_ones(run, tmp_path):
    """The numbers, the bar, the reason; and when it is mended, it alone is evaluated."""
    pairs = three_pairs(tmp_path)
    chosen = ["--loss", "dice:include_background=false"]
    code, out, err = run("evaluate", "--manifest", pairs, *chosen)
    assert code == 1
    results = tmp_path / "pairs.results.csv"
    first, *broken = out.splitlines()
    assert first == f"{results}: 2 pairs evaluated, 0 known before, 1 broken."
    assert len(broken) == 1
    assert broken[0].startswith("bad: ")
    assert "lost.npy does not exist" in broken[0]
    assert "3/3" in err

    expected = boxes(tmp_path)
    assert values(results) == pytest.approx(expected)
    rows = table(results)
    assert [(r["case"], r["class_id"]) for r in rows] == [
        *[("one", "5"), ("one", ""), ("bad", ""), ("two", "5"), ("two", "")]
    ]
    assert float(rows[0]["value"]) == pytest.approx(expected["one"])
    assert (rows[0]["truth"], rows[0]["prediction"]) == ("near.npy", "half.npy")
    assert "lost.npy does not exist" in rows[2]["problem"]
    assert rows[2]["value"] == ""

    np.save(tmp_path / "lost.npy", np.load(tmp_path / "near.npy"))
    summary, now = evaluated(pairs, results)
    assert now == [("bad", ["dice"])]
    assert (summary.evaluated, summary.known, summary.broken) == (1, 2, [])
    assert values(results) == pytest.approx(expected | {"bad": 0})
    assert not any(row["problem"] for row in table(results))
    code, out, err = run("evaluate", "--manifest", pairs, *chosen)
    assert code == 0
    assert "0 pairs evaluated, 3 known before, 0 broken" in out


def test_lengths_belong_to_the_volume_of_each_pair(tmp_path):
    """A metre is a voxel of one pair, and in the other, of micrometres, out of range."""
    labels = np.zeros((8, 20, 24), np.uint8)
    labels[2:6, 2:10, 2:10] = 1
    for name, unit in (("large", "m"), ("small", "µm")):
        described = {f"PhysicalSize{axis}": 1.0 for axis in "XYZ"}
        described |= {f"PhysicalSize{axis}Unit": unit for axis in "XYZ"}
        path = tmp_path / f"{name}.ome.tif"
        tifffile.imwrite(path, labels, ome=True, metadata={"axes": "ZYX", **described})
    pairs = tmp_path / "pairs.csv"
    lines = "name,truth,prediction\nlarge,large.ome.tif,\nsmall,small.ome.tif,\n"
    pairs.write_text(lines, encoding="utf-8")
    results = tmp_path / "results.csv"
    summary, _ = evaluated(pairs, results, controls=("shift_x=1m",), executor=Here())
    assert (summary.evaluated, [pair.case for pair, _ in summary.broken]) == (1, ["small"])
    assert "between -1000 and 1000 µm" in summary.broken[0][1]
    dice = {row["case"]: row["value"] for row in table(results) if row["class_id"] == "1"}
    assert float(dice["large"]) == pytest.approx(1 / 8)  # a box of 8 voxels, moved by one


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--manifest"),
        (["sample:tumour", "--out", "x.csv"], "--out belongs to --manifest"),
        (["sample:tumour", "--manifest", "many.csv"], "leave out TRUTH"),
        (["--manifest", "many.csv", "--json"], "leave out TRUTH"),
        (["--manifest", "many.csv", "--also", "sample:tumour"], "leave out TRUTH"),
        (["--manifest", "none.csv"], "none.csv cannot be opened"),
    ],
)
def test_options_that_do_not_go_together(run, arguments, said):
    code, out, err = run("evaluate", *arguments)
    assert (code, out) == (2, "")
    assert said in err


class Breaking(Here):
    """Evaluates nothing: every pair is broken."""

    def rows(self, *task):
        return [replace(blank, problem="It is broken.") for blank in task[-1]]


@pytest.fixture(autouse=True)
def signals():
    """Keep what this process does when it is asked to end, which the command changes."""
    kept = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, kept)


@pytest.mark.parametrize(("executor", "code"), [(Guessing, 0), (Breaking, 1)])
def test_the_exit_code_says_whether_a_pair_was_broken(run, tmp_path, monkeypatch, executor, code):
    monkeypatch.setitem(evaluate_manifest.__kwdefaults__, "make_executor", executor)
    found, out, _ = run("evaluate", "--manifest", five_pairs(tmp_path), "--loss", "dice")
    assert found == code
    assert f"{5 * code} broken" in out


class Interrupted(Guessing):
    """Is interrupted in the third pair."""

    def rows(self, function, pair, *rest):
        if pair.case == "c":
            raise KeyboardInterrupt
        return super().rows(function, pair, *rest)


def test_an_interrupted_run_says_how_to_go_on(run, tmp_path, monkeypatch):
    monkeypatch.setitem(evaluate_manifest.__kwdefaults__, "make_executor", Interrupted)
    code, _, err = run("evaluate", "--manifest", five_pairs(tmp_path), "--loss", "dice")
    assert code == 130
    assert "Interrupted: 2 of 5 pairs done, in" in err
    assert "Run the same command again to go on" in err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_before_its_first_pair_says_so(
    run, tmp_path, monkeypatch, number
):
    """While the results of former runs were read it ended as after Ctrl+C and without a word."""
    former = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(
        "lossexplorer.headless.manifest.run.open_results", lambda _: signal.raise_signal(number)
    )
    try:
        code, _, err = run("evaluate", "--manifest", five_pairs(tmp_path), "--loss", "dice")
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)
    assert code == 128 + number
    assert err == (
        "lossexplorer: Interrupted before a pair was evaluated. "
        "Run the same command again to begin.\n"
    )


def test_an_interrupted_run_counts_a_pair_that_is_listed_twice_once(run, tmp_path, monkeypatch):
    monkeypatch.setitem(evaluate_manifest.__kwdefaults__, "make_executor", Interrupted)
    path = five_pairs(tmp_path)
    head, *lines = path.read_text().splitlines()
    first = next(line for line in lines if line.startswith("c,"))
    path.write_text("\n".join([head, first, first, first]) + "\n")
    code, _, err = run("evaluate", "--manifest", path, "--loss", "dice")
    assert code == 130
    assert "Interrupted: 0 of 1 pair done, in" in err


@pytest.mark.usefixtures("uncompiled")
def test_how_a_pair_was_placed_is_in_the_table_and_listed(run, tmp_path, monkeypatch):
    monkeypatch.setitem(evaluate_manifest.__kwdefaults__, "make_executor", Here)
    ids = np.zeros((3, 4, 5), np.uint8)
    ids[:, 1:3, 1:3] = 1
    for name, z in (("t", 0.0), ("p", 2.5)):
        affine = np.diag([1, 1, 2.5, 1])
        affine[2, 3] = z
        nib.save(nib.Nifti1Image(ids.T, affine), tmp_path / f"{name}.nii")
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("name,truth,prediction\nsame,t.nii,t.nii\nlater,t.nii,p.nii\n")
    code, out, _ = run("evaluate", "--manifest", pairs, "--loss", "dice:include_background=false")
    assert code == 0
    note = "p.nii was placed by its affine: it begins 1 voxel (2.5 mm) along z from the truth"
    assert out.splitlines()[1].startswith(f"later: {note}")
    rows = {row["case"]: row for row in table(tmp_path / "pairs.results.csv")}
    assert rows["later"]["note"].startswith(note)
    assert rows["same"]["note"] == ""
    # Two of the truth's three slices are left of the prediction: 1 − 2 · 2 / (3 + 2).
    assert float(rows["later"]["value"]) == pytest.approx(0.2, abs=1e-6)
