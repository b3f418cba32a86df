"""Evaluating the pairs of a manifest: what is asked, going on, broken pairs and tables."""

import math
import os
import signal
import subprocess
import sys
import tracemalloc
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lossexplorer.core.parameters import ParameterError
from lossexplorer.headless.contents import are_the_same, contents
from lossexplorer.headless.evaluation import chosen_losses
from lossexplorer.headless.manifest import PairSetup, evaluate_manifest, read_manifest, rows, run
from lossexplorer.headless.results import COLUMNS, TableError, open_results, parquet_file
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
        *[("1.0", ""), ("0.5", ""), ("1.0", "foreground"), ("0.5", "foreground")]
    }
    assert {r["class_id"] for r in after if r["classes"] == "foreground"} == {"", "0", "1"}
    assert len(after) == len({tuple(r.values()) for r in after})


def test_what_was_asked_otherwise_stays_broken(pairs, tmp_path):
    out = tmp_path / "out.csv"
    evaluated(pairs, out)
    evaluated(pairs, out, classes="foreground")
    broken = [r["classes"] for r in table(out) if r["case"] == "bad"]
    assert broken == ["", "foreground"]


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
    whole = ("class_id", "class_voxels", "class_rows", "ignored_voxels")
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
    monkeypatch.setattr(parquet_file, "_BETWEEN_WRITES", -1.0)
    found = []

    class Looking(Guessing):
        def rows(self, *task):
            written = open_results(tmp_path / "out.parquet").rows
            found.append(sum(row.closing for row in written))
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


@pytest.mark.parametrize("removed", range(10))
@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_pair_of_which_a_row_was_removed_is_evaluated_again(many, tmp_path, name, removed):
    """Each of five pairs has the row of a class and the closing one."""
    out = tmp_path / name
    evaluated(many, out, executor=Guessing())
    before = open_results(out).rows
    if out.suffix == ".csv":
        lines = out.read_bytes().splitlines(keepends=True)
        del lines[1 + removed]
        out.write_bytes(b"".join(lines))
    else:
        stored = pyarrow.parquet.read_table(out)
        others = [place for place in range(len(before)) if place != removed]
        pyarrow.parquet.write_table(stored.take(others), out)
    summary, now = evaluated(many, out, executor=Guessing())
    assert [case for case, _ in now] == ["abcde"[removed // 2]]
    assert summary.known == 4
    assert sorted(map(repr, open_results(out).rows)) == sorted(map(repr, before))


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
    monkeypatch.setattr(run, "_PAIRS_PER_PROCESS", 2)
    made = []

    def make():
        made.append(Guessing())
        return made[-1]

    evaluate_manifest(many, tmp_path / "out.csv", PairSetup((), DICE), make_executor=make)
    assert [len(one.pairs) for one in made] == [2, 2, 1]


def test_an_unexpected_error_breaks_its_pair_alone(many, tmp_path, monkeypatch):
    def fail(truth, prediction, *rest, **more):
        raise MemoryError if "pb" in prediction else ZeroDivisionError("by nought\nat a line")

    monkeypatch.setattr(rows, "evaluate", fail)
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
        (b'truth,prediction,"name\n', "is no CSV file"),
        (b"truth,prediction\n\xff\xfe,b\n", "is no CSV file"),
        (b"truth,prediction,Truth\na,b,c\n", "has the column truth twice"),
    ],
)
def test_a_wrong_manifest(tmp_path, content, said):
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=said) as caught:
        evaluated(path, tmp_path / "out.csv")
    assert "pairs.csv" in str(caught.value)
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("c", "Line 3 of the manifest: it has 1 cells, the first line 3"),
        ("a,b,c,d", "Line 3 of the manifest: it has 4 cells"),
        (" ; ,b,", "Line 3 of the manifest: it names no truth"),
        ('"a,b,', "Line 3 of the manifest: it is no line of a CSV file"),
        ('a,"b"c,', "Line 3 of the manifest: it is no line of a CSV file"),
        ("a,b,liver", "Line 3 of the manifest: "),
    ],
)
def test_a_broken_line_blocks_no_other(tmp_path, line, said):
    path, out = tmp_path / "pairs.csv", tmp_path / "out.csv"
    path.write_text(
        f"truth,prediction,ignore\nsample:lesion,one.npy,\n{line}\nsample:lesion,two.npy,\n",
        encoding="utf-8",
    )
    summary, now = evaluated(path, out, executor=Guessing())
    assert (summary.evaluated, len(now)) == (2, 2)
    assert summary.broken[0][1].startswith(said)
    assert [row["problem"] for row in table(out) if row["problem"]] == [summary.broken[0][1]]
    mended = path.read_text("utf-8").replace(f"\n{line}\n", "\nsample:lesion,three.npy,\n")
    path.write_text(mended, "utf-8")
    summary, now = evaluated(path, out, executor=Guessing())
    assert (summary.known, len(now), len(summary.broken)) == (2, 1, 0)
    assert not any(row["problem"] for row in table(out))


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


def test_the_order_of_the_same_loss_twice_asks_nothing_anew(many, tmp_path):
    """Which of the two is called tversky_2 is no part of what is asked."""
    out = tmp_path / "found.csv"
    losses = {
        order: tuple(chosen_losses([f"tversky:alpha={alpha}" for alpha in order], []))
        for order in ((0.3, 0.7), (0.7, 0.3))
    }
    assert [each.name for each in losses[0.7, 0.3]] == ["tversky", "tversky_2"]
    _, first = evaluated(many, out, losses[0.3, 0.7], executor=Guessing())
    _, now = evaluated(many, out, losses[0.7, 0.3], executor=Guessing())
    assert len(first) == 5
    assert now == []


def test_the_last_of_two_values_of_a_control_counts(many, tmp_path):
    """Results are those of what was computed."""
    out, one, two = tmp_path / "found.csv", "shift_x=1vox", "shift_x=2vox"
    for controls, count in (((one, two), 5), ((two,), 0), ((two, one), 5), ((one,), 0)):
        _, now = evaluated(many, out, executor=Guessing(), controls=controls)
        assert len(now) == count
    assert {row["settings"] for row in table(out)} == {one, two}


def test_the_same_pair_under_two_names_has_a_row_for_each(many, tmp_path):
    lines = many.read_text("utf-8").splitlines()
    twin = lines[1].replace("a,", "twin,", 1)
    many.write_text("\n".join([*lines, twin, ""]), encoding="utf-8")
    evaluated(many, tmp_path / "found.csv", executor=Guessing())
    cases = [row["case"] for row in table(tmp_path / "found.csv") if not row["class_id"]]
    assert cases == ["a", "b", "c", "d", "e", "twin"]


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_files_that_have_changed_are_evaluated_again(pairs, tmp_path, uncompiled, name):
    """By their content: a new time or a copy of the same does not count."""
    out = tmp_path / name
    evaluated(pairs, out)
    half = tmp_path / "half.npy"
    then = half.stat().st_mtime_ns
    os.utime(half, ns=(then + 10**9, then + 10**9))
    _, now = evaluated(pairs, out)
    assert [case for case, _ in now] == ["bad"]
    np.save(half, np.load(tmp_path / "near.npy"))  # as many bytes
    os.utime(half, ns=(then + 10**9, then + 2 * 10**9))
    _, now = evaluated(pairs, out)
    assert [case for case, _ in now] == ["one", "bad"]
    found = [r.value for r in open_results(out).rows if r.case == "one" and r.closing]
    assert found == pytest.approx([1 - 2 * 8 / (16 + 32), 0])
    _, now = evaluated(pairs, out)
    assert [case for case, _ in now] == ["bad"]


def test_the_voxels_beside_a_header_are_its_content(tmp_path):
    """The header stays as it is, and the file that has its voxels changes."""
    header, voxels = tmp_path / "a.mhd", tmp_path / "a.raw"
    header.write_text("ElementDataFile = a.raw", encoding="utf-8")
    voxels.write_bytes(b"1234")
    known = contents([str(header)])
    (tmp_path / "a.results.csv").write_text("the results may be called as the volume", "utf-8")
    assert are_the_same(known, [str(header)])
    voxels.write_bytes(b"1235")
    assert not are_the_same(known, [str(header)])


@pytest.mark.slow  # 10,000 pairs, of which a run with nothing left to do took 4.5 minutes
@pytest.mark.timeout(200)
def test_ten_thousand_pairs_go_on_within_seconds_and_in_little_memory(tmp_path, monkeypatch):
    """A comparison of all pairs with all would run into the time limit."""
    path, out = tmp_path / "pairs.csv", tmp_path / "out.csv"
    lines = [f"c{n},sample:lesion,p{n}.npy" for n in range(10_000)]
    path.write_text("\n".join(["name,truth,prediction", *lines, ""]), encoding="utf-8")
    monkeypatch.setattr(os, "fsync", lambda _: None)

    class Forgetting(Guessing):
        def submit(self, *task):
            self.pairs.clear()
            return super().submit(*task)

    tracemalloc.start()
    try:
        evaluated(path, out, executor=Forgetting())
        summary, now = evaluated(path, out, executor=Guessing())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (summary.known, now) == (10_000, [])
    assert peak < 32 * 2**20


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_two_runs_never_write_to_one_file(many, tmp_path, name):
    """The second is refused with a sentence, also if it names the file by a link."""
    out, link, said = tmp_path / name, tmp_path / "links" / name, []
    link.parent.mkdir()
    link.symlink_to(out)

    class Meanwhile(Guessing):
        def rows(self, *task):
            with pytest.raises(TableError) as refused:
                evaluated(many, link, executor=Guessing())
            said.append(str(refused.value))
            return super().rows(*task)

    evaluated(many, out, executor=Meanwhile())
    assert len(said) == 5
    assert all(each.startswith("Another run is writing to") for each in said)
    assert sum(row.closing for row in open_results(out).rows) == 5
    summary, now = evaluated(many, link, executor=Guessing())
    assert (summary.known, now) == (5, [])
    assert link.is_symlink()
    assert not [each.name for each in tmp_path.iterdir() if each.name.startswith(".")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_file_that_is_removed_meanwhile_is_whole_in_the_end(many, tmp_path, name):
    out = tmp_path / name

    class Removing(Guessing):
        def rows(self, function, pair, *rest):
            if pair.case == "c":
                out.unlink()
            return super().rows(function, pair, *rest)

    evaluated(many, out, executor=Removing())
    assert [row.case for row in open_results(out).rows if row.closing] == list("abcde")


def test_what_another_program_puts_there_is_left_alone(many, tmp_path):
    out = tmp_path / "out.csv"

    class Replacing(Guessing):
        def rows(self, function, pair, *rest):
            if pair.case == "c":
                (tmp_path / "new.csv").write_text("mine", "utf-8")
                (tmp_path / "new.csv").replace(out)
            return super().rows(function, pair, *rest)

    with pytest.raises(TableError, match="was replaced by another file"):
        evaluated(many, out, executor=Replacing())
    assert out.read_text("utf-8") == "mine"


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
