"""Instances: a file with an id for each object is one class on the command line."""

import csv

import numpy as np
import pytest


def instances(count, missing=()):
    """So many cells of 2 × 2 × 2 voxels in a row of cubes of 3³, each with an id of its own."""
    labels = np.zeros((3, 3, 3 * count), np.uint16)
    for n in range(count):
        if n not in missing:
            labels[:2, :2, 3 * n : 3 * n + 2] = n + 1
    return labels


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """300 cells; 200 of them; a prediction with other ids that has missed a quarter of the 300."""
    np.save(tmp_path / "cells.npy", instances(300))
    np.save(tmp_path / "few.npy", instances(200))
    found = instances(300, missing=range(0, 300, 4))
    np.save(tmp_path / "found.npy", np.where(found > 0, found[..., ::-1].max() + 1 - found, 0))
    monkeypatch.chdir(tmp_path)
    return tmp_path


SENTENCES = (
    "cells has 300 ids without names. They are taken for instances, so all foreground is one "
    "class.",
    "--classes each or --classes 1,5-9 makes classes of ids that are one class here.",
)


def test_instances_are_one_class(folder, evaluate):
    """1,800 of 2,400 voxels are found and none besides: Dice loss 1 − 2·1800 / (2400 + 1800)."""
    found = evaluate("cells.npy", "found.npy", "--loss", "dice")
    assert found["losses"][0]["per_class"]["1"] == pytest.approx(1 / 7, abs=1e-6)
    classes = [(c["id"], c["name"], c["voxels"]) for c in found["truth"]["classes"]]
    assert classes == [(0, "background", 5700), (1, "foreground", 2400)]
    assert tuple(found["notes"][-2:]) == SENTENCES


@pytest.mark.parametrize(("classes", "ids"), [("each", range(301)), ("7,9", (0, 7, 9))])
def test_they_are_classes_where_that_is_said(folder, evaluate, classes, ids):
    found = evaluate("cells.npy", "--classes", classes, "--loss", "dice")
    assert [c["id"] for c in found["truth"]["classes"]] == list(ids)
    assert not set(SENTENCES) & set(found["notes"])


def test_ids_that_are_few_or_have_names_are_classes(folder, evaluate):
    assert len(evaluate("few.npy", "--loss", "dice")["truth"]["classes"]) == 201
    rows = "".join(f"{n},cell {n}\n" for n in range(1, 301))
    (folder / "cells.csv").write_text(f"id,name\n{rows}", encoding="utf-8")
    named = evaluate("cells.npy", "--loss", "dice")["truth"]["classes"]
    assert [c["name"] for c in named[:3]] == ["background", "cell 1", "cell 2"]


def test_every_command_says_so(folder, run):
    for command in (
        ("evaluate", "cells.npy", "--loss", "dice"),
        ("conventions", "cells.npy"),
        ("descend", "cells.npy", "--loss", "dice", "--steps", "1"),
        ("export", "classes", "cells.npy", "-o", "classes.csv"),
    ):
        code, out, err = run(*command)
        assert (code, err) == (0, "")
        assert set(SENTENCES) <= set(out.splitlines()), command


def test_each_pair_of_a_manifest_is_taken_by_its_own_ids(folder, run):
    (folder / "pairs.csv").write_text("truth,prediction\ncells.npy,\nfew.npy,\n", encoding="utf-8")
    assert run("evaluate", "--manifest", "pairs.csv", "--loss", "dice")[0] == 0
    with (folder / "pairs.results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cells, few = (row for row in rows if not row["class_id"])
    assert (cells["classes"], cells["class_rows"]) == ("", "2")
    assert (few["classes"], few["class_rows"]) == ("", "201")
    assert SENTENCES[0] in cells["note"]
    assert "instances" not in few["note"]


def test_what_is_too_large_says_how_it_is_not(folder, run, monkeypatch):
    monkeypatch.setattr("lossexplorer.engine.limits.bytes_free", lambda: 2**20)
    code, _, err = run("evaluate", "few.npy")
    assert code == 2
    assert err.rstrip().endswith(
        "--classes foreground makes one class of all ids, --classes 1,5-9 takes some."
    )
