"""The table for people and the file for programs."""

import io
import json

import pytest
from rich.console import Console

from lossexplorer.bench.measuring import Timing
from lossexplorer.bench.rows import Aim, TableRow
from lossexplorer.bench.table import cells, print_table, write_json

FASTER = TableRow(
    "g", "a step", Aim("faster", 2, 4), Timing((0.01, 0.02, 0.04)), Timing((0.08,) * 3), "it"
)
LONGEST = TableRow("g", "blocked", Aim("longest", 16e-3, 8e-3), Timing((0.001, 0.002, 0.02)))
MISSING = TableRow("g", "on a card", Aim("share"), note="no GPU at hand")


def test_cells_of_a_comparison():
    assert cells(FASTER) == (
        "a step",
        "20 ms [15 ms, 30 ms]",
        "it: 80 ms [80 ms, 80 ms]",
        "4× [3, 6]",
        "≥ 2× faster",
        "≥ 4× faster",
        "aim",
    )


def test_the_longest_is_what_counts():
    assert cells(LONGEST)[1:] == (
        "2 ms [1.5 ms, 11 ms]", "", "longest 20 ms", "never > 16 ms", "never > 8 ms", "missed"
    )  # fmt: skip


def test_what_was_not_measured_says_why():
    shown = io.StringIO()
    print_table([FASTER, MISSING], Console(file=shown, width=200))
    assert "on a card: no GPU at hand" in shown.getvalue()
    assert "not measured" in shown.getvalue()


def test_the_file_has_machine_and_rows(tmp_path):
    path = tmp_path / "found.json"
    write_json([FASTER, MISSING], {"cores": 2}, 7, path)
    told = json.loads(path.read_text("utf-8"))
    assert (told["machine"], told["repetitions"]) == ({"cores": 2}, 7)
    assert [row["what"] for row in told["rows"]] == ["a step", "on a card"]
    assert told["rows"][0]["ours_seconds"] == [0.01, 0.02, 0.04]
    assert [each.name for each in tmp_path.iterdir()] == ["found.json"]


def test_a_file_that_cannot_be_made_whole_leaves_the_former_one(tmp_path):
    path = tmp_path / "found.json"
    write_json([FASTER], {"cores": 2}, 7, path)
    former = path.read_bytes()
    with pytest.raises(TypeError):
        write_json([FASTER], {"cores": object()}, 7, path)
    assert path.read_bytes() == former
    assert [each.name for each in tmp_path.iterdir()] == ["found.json"]
