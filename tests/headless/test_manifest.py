"""Evaluating the pairs of a manifest: what is asked, going on, broken pairs and tables."""

import math
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lossexplorer.core.parameters import ParameterError
from lossexplorer.headless import manifest
from lossexplorer.headless import results as result_files
from lossexplorer.headless.manifest import PairSetup, evaluate_manifest, read_manifest
from lossexplorer.headless.results import COLUMNS, TableError, open_results
from tests.headless.pairs import DICE, TWO, Guessing, Here, boxes, evaluated, table, values
from tests.patience import PATIENCE

# What it does


def test_an_empty_prediction_is_simulated(tmp_path, uncompiled):
    boxes(tmp_path)
    path = tmp_path / "pairs.csv"
    path.write_text("prediction,truth,sex\n,far.npy,f\n,sample:plate,m\n", encoding="utf-8-sig")
    out = tmp_path / "out.csv"
    evaluated(path, out, controls=("shift_x=1vox",))
    # Half of a plate 2 voxels wide. Of one that is 4, 3, 2 and 1 thick, 12 voxels each, the first
    # 4 of a row's 120 voxels: behind them every step lies within the one before.
    assert values(out) == pytest.approx({"far.npy": 0.5, "sample:plate": 4 / (12 * 10)})
    assert {row["settings"] for row in table(out)} == {"shift_x=1vox"}


def test_losses_and_controls_are_added_to_what_is_there(pairs, tmp_path, uncompiled):
    out = tmp_path / "out.csv"
    evaluated(pairs, out)
    before = table(out)
    losses = (*DICE, *TWO)
    _, now = evaluated(pairs, out, losses)
    assert now == [  # what broke is asked anew, else only what is missing
        ("one", ["dice", "cross_entropy"]),
        ("bad", ["dice", "dice", "cross_entropy"]),
        ("two", ["dice", "cross_entropy"]),
    ]
    _, now = evaluated(pairs, out, losses, classes="foreground")
    assert [case for case, _ in now] == ["one", "bad", "two"]
    after = table(out)
    assert [row for row in before if row["case"] != "bad"] == after[:4]
    assert {(r["weight"], r["classes"]) for r in after} == {
        *[("1.0", "each"), ("0.5", "each"), ("1.0", "foreground"), ("0.5", "foreground")]
    }
    assert {r["class_id"] for r in after if r["classes"] == "foreground"} == {"", "0", "1"}
    assert len(after) == len({tuple(r.values()) for r in after})


def test_what_was_asked_otherwise_stays_broken(pairs, tmp_path):
    out = tmp_path / "out.csv"
    evaluated(pairs, out)
    evaluated(pairs, out, classes="foreground")
    broken = [r["classes"] for r in table(out) if r["case"] == "bad"]
    assert broken == ["each", "foreground"]


def test_csv_and_parquet_hold_the_same_numbers(tmp_path, uncompiled):
    """Infinity (log 0), NaN (0/0 of a class without voxels), and no number (a broken pair)."""
    path = tmp_path / "pairs.csv"
    path.write_text("truth,prediction\nsample:absent,\nsample:nothing,\n", encoding="utf-8")
    for name in ("out.csv", "out.parquet"):
        for _ in range(2):  # written, then read and written again
            evaluated(path, tmp_path / name, TWO, controls=("shift_z=1vox",))
    as_text = table(tmp_path / "out.csv")
    stored = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [list(row) for row in (as_text[0], stored[0])] == [list(COLUMNS)] * 2
    whole = ("class_id", "class_voxels", "ignored_voxels")
    numbers = ("weight", "value", "gradient_norm")
    kinds = {**dict.fromkeys(whole, int), **dict.fromkeys(numbers, float)}
    assert len(as_text) == len(stored) == 3 + 1 + 3 + 1 + 2
    for text, row in zip(as_text, stored, strict=True):
        for name in set(COLUMNS) - {"seconds"}:
            if name in kinds:
                found = kinds[name](text[name]) if text[name] else None
                assert found == row[name] or (math.isnan(found) and math.isnan(row[name]))
            else:
                assert text[name] == row[name]
    assert [r["value"] for r in as_text if r["class_name"] == "lesion"] == ["nan", "0.0"]
    assert [r["value"] for r in as_text if r["class_name"] == "organ"][1] == "inf"
    assert [r["value"] for r in as_text][-2:] == ["", ""]
    assert [r["value"] for r in stored][-2:] == [None, None]


def test_files_are_named_relative_to_the_results(tmp_path):
    """So that results and volumes may move together, and equal names elsewhere are others."""
    for site in ("north", "south"):
        (tmp_path / "all" / site).mkdir(parents=True)
        boxes(tmp_path / "all" / site)
        (tmp_path / "all" / site / "pairs.csv").write_text(
            "truth,prediction\nnear.npy,half.npy\n", encoding="utf-8"
        )
        _, now = evaluated(tmp_path / "all" / site / "pairs.csv", tmp_path / "all" / "out.csv")
        assert len(now) == 1
    (tmp_path / "all").rename(tmp_path / "moved")
    rows = table(tmp_path / "moved" / "out.csv")
    assert [r["truth"].replace("\\", "/") for r in rows[::2]] == [
        "north/near.npy",
        "south/near.npy",
    ]
    summary, now = evaluated(tmp_path / "moved/south/pairs.csv", tmp_path / "moved/out.csv")
    assert (now, summary.known) == ([], 1)


def test_a_part_of_a_file_can_be_named(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "pairs.csv").write_text(
        "truth,prediction\n../a.zarr::labels/x@2,/data/p.h5::p\n", encoding="utf-8"
    )
    (pair,) = read_manifest(tmp_path / "sub" / "pairs.csv")
    assert pair.truth == str(tmp_path / "sub" / ".." / "a.zarr") + "::labels/x@2"
    out = tmp_path / "out.csv"
    evaluated(tmp_path / "sub" / "pairs.csv", out, executor=Guessing())
    assert {row["truth"] for row in table(out)} == {"a.zarr::labels/x@2"}


# Going on


class Interrupted(Guessing):
    def rows(self, function, pair, *rest):
        if pair.case == "c":
            raise KeyboardInterrupt
        return super().rows(function, pair, *rest)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_interrupted_run_goes_on(many, tmp_path, name):
    with pytest.raises(KeyboardInterrupt):
        evaluated(many, tmp_path / name, executor=Interrupted())
    summary, now = evaluated(many, tmp_path / name, executor=Guessing())
    assert [case for case, _ in now] == ["c", "d", "e"]
    assert summary.known == 2
    evaluated(many, tmp_path / f"whole-{name}", executor=Guessing())
    assert open_results(tmp_path / name).rows == open_results(tmp_path / f"whole-{name}").rows
    assert not list(tmp_path.glob("*.partial"))


def test_parquet_is_written_while_it_runs(many, tmp_path, monkeypatch):
    monkeypatch.setattr(result_files, "_BETWEEN_WRITES", -1.0)
    found = []

    class Looking(Guessing):
        def rows(self, *task):
            found.append(len(open_results(tmp_path / "out.parquet").done))
            return super().rows(*task)

    evaluated(many, tmp_path / "out.parquet", executor=Looking())
    assert found == [0, 1, 2, 3, 4]


KILLED = """
import os, pathlib, signal, sys
from tests.headless.pairs import DICE, Guessing, evaluated

class Killed(Guessing):
    def rows(self, function, pair, *rest):
        if pair.case == "c":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().rows(function, pair, *rest)

evaluated(*map(pathlib.Path, sys.argv[1:]), executor=Killed())
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
def test_a_killed_run_goes_on(many, tmp_path):
    out = tmp_path / "out.csv"
    root = __file__.rsplit("tests", 1)[0]
    command = [sys.executable, "-c", KILLED, str(many), str(out)]
    ended = subprocess.run(command, check=False, timeout=PATIENCE, cwd=root, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert list(values(out)) == ["a", "b"]
    _, now = evaluated(many, out, executor=Guessing())
    assert [case for case, _ in now] == ["c", "d", "e"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_file_that_ends_anywhere_is_completed(data, many, tmp_path):
    """As if a block had not reached the disk: no loss is half there, none is there twice."""
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    if not whole.exists():
        evaluated(many, whole, TWO, executor=Guessing())
    content = whole.read_bytes()
    length = data.draw(st.integers(content.index(b"\n") + 1, len(content)))
    out.write_bytes(content[:length])
    evaluated(many, out, TWO, executor=Guessing())
    assert sorted(out.read_bytes().splitlines()) == sorted(content.splitlines())


def test_a_process_that_dies_breaks_its_pair_alone(many, tmp_path):
    made = []

    class Dying(Guessing):
        def submit(self, function, /, pair, *rest):
            if pair.case == "b":
                raise BrokenProcessPool
            return super().submit(function, pair, *rest)

    def make():
        made.append(Dying())
        return made[-1]

    out = tmp_path / "out.csv"
    summary = evaluate_manifest(many, out, PairSetup((), DICE), make_executor=make)
    ((pair, reason),) = summary.broken
    assert pair.case == "b"
    assert "memory" in reason
    assert [[case for case, _ in one.pairs] for one in made] == [["a"], ["c", "d", "e"]]


def test_processes_are_renewed(many, tmp_path, monkeypatch):
    """What is compiled for each new shape would fill the memory of a process that stays."""
    monkeypatch.setattr(manifest, "_PAIRS_PER_PROCESS", 2)
    made = []

    def make():
        made.append(Guessing())
        return made[-1]

    evaluate_manifest(many, tmp_path / "out.csv", PairSetup((), DICE), make_executor=make)
    assert [len(one.pairs) for one in made] == [2, 2, 1]


def test_an_unexpected_error_breaks_its_pair_alone(many, tmp_path, monkeypatch):
    def fail(truth, prediction, *rest, **more):
        raise MemoryError if "pb" in prediction else ZeroDivisionError("by nought\nat a line")

    monkeypatch.setattr(manifest, "evaluate", fail)
    summary, _ = evaluated(many, tmp_path / "out.csv")
    reasons = {pair.case: reason for pair, reason in summary.broken}
    assert reasons["a"] == "ZeroDivisionError: by nought"
    assert "memory" in reasons["b"]
    assert len(reasons) == 5


# What is wrong with the tables


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no column truth and no column prediction"),
        (b"truth,predicton\na,b\n", "has no column prediction"),
        (b"truth;prediction\na;b\n", "with commas between them"),
        (b"truth,prediction\n", "holds no pair"),
        (b"truth,prediction\na,b\n\nc\n", "line 4, has 1 cells, the first line 2"),
        (b"truth,prediction\na,b,c\n", "line 2, has 3 cells"),
        (b"truth,prediction\n ,b\n", "line 2, names no truth"),
        (b'truth,prediction\n"a,b\n', "is no CSV file"),
        (b"truth,prediction\n\xff\xfe,b\n", "is no CSV file"),
    ],
)
def test_a_wrong_manifest(tmp_path, content, said):
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=said) as caught:
        evaluated(path, tmp_path / "out.csv")
    assert "pairs.csv" in str(caught.value)
    assert not (tmp_path / "out.csv").exists()


def test_a_manifest_that_is_not_there(tmp_path):
    with pytest.raises(TableError, match=r"none\.csv cannot be opened: No such file"):
        read_manifest(tmp_path / "none.csv")


def test_results_that_cannot_be_written(many, tmp_path):
    with pytest.raises(TableError, match="its folder does not exist"):
        evaluated(many, tmp_path / "none" / "out.csv", executor=Guessing())
    with pytest.raises(TableError, match=r"ends in \.csv or \.parquet"):
        evaluated(many, tmp_path / "out.xlsx", executor=Guessing())
    assert [path.name for path in tmp_path.iterdir()] == ["many.csv"]


def test_other_files_are_not_overwritten(many, tmp_path):
    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "other.parquet")
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and so on")
    (tmp_path / "short.csv").write_text(f"{','.join(COLUMNS)}\n1,2,3\n", encoding="utf-8")
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\n")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 5
    for path in before:
        with pytest.raises(TableError, match=r"holds no results of this program"):
            evaluated(many, path, executor=Guessing())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_without_pyarrow(many, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(TableError, match=r"pip install 'lossexplorer\[parquet\]'"):
        evaluated(many, tmp_path / "out.parquet")


def test_a_wrong_setting_is_said_at_once(many, tmp_path):
    with pytest.raises(ParameterError, match="did you mean 'grow'"):
        evaluated(many, tmp_path / "out.csv", controls=("gorw=2mm",))
    assert not (tmp_path / "out.csv").exists()


def test_the_order_of_controls_asks_nothing_anew(many, tmp_path):
    out, controls = tmp_path / "found.csv", ("shift_x=1", "grow=1")
    evaluated(many, out, executor=Guessing(), controls=controls)
    _, now = evaluated(many, out, executor=Guessing(), controls=controls[::-1])
    assert now == []


def test_a_pair_that_is_listed_twice_is_evaluated_once(many, tmp_path):
    lines = many.read_text("utf-8").splitlines()
    many.write_text("\n".join([*lines, lines[1], ""]), encoding="utf-8")
    _, now = evaluated(many, tmp_path / "found.csv", executor=Guessing())
    assert len(now) == 5


def test_pairs_of_2d_masks_in_colours(tmp_path, uncompiled):
    """4 of 5 columns overlap, so Dice is 4/5; the second pair has a colour without a class."""
    truth = np.zeros((20, 24), np.uint8)
    truth[3:9, 4:9] = 1
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    for name, array in {"t": truth, "p": np.roll(truth, 1, 1), "q": truth * 2}.items():
        Image.fromarray(colours[array]).save(tmp_path / f"{name}.png")
    (tmp_path / "colors.csv").write_text("id,name,color\n3,liver,#ff0000\n", encoding="utf-8")
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("truth,prediction\nt.png,p.png\nt.png,q.png\n", encoding="utf-8")
    setup = PairSetup((), DICE, "each", None)
    summary = evaluate_manifest(pairs, tmp_path / "out.csv", setup, make_executor=Here)
    assert summary.evaluated == 1
    (row,) = (row for row in table(tmp_path / "out.csv") if row["class_id"] == "3")
    assert float(row["value"]) == pytest.approx(0.2, abs=1e-6)
    (broken,) = summary.broken
    assert "#0000ff (30 voxels)" in str(broken)
