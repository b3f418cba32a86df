"""Manifests to test with, and executors that evaluate their pairs in this process."""

import csv
from concurrent.futures import Executor, Future
from dataclasses import replace

import numpy as np

from lossexplorer.headless.evaluation import chosen_losses
from lossexplorer.headless.manifest import PairSetup, evaluate_manifest

DICE = chosen_losses(["dice:include_background=false"], [])
TWO = chosen_losses(["dice", "cross_entropy"], ["dice=0.5"])


class Here(Executor):
    """Evaluates pairs in this process and takes note of them."""

    def __init__(self):
        self.pairs = []

    def submit(self, function, /, pair, setup, blanks):
        self.pairs.append((pair.case, [loss.name for loss in setup.losses]))
        future = Future()
        future.set_result(self.rows(function, pair, setup, blanks))
        return future

    def rows(self, function, *task):
        return function(*task)


class Guessing(Here):
    """Evaluates nothing, to be quick: every pair has a class and the value 0.5."""

    def rows(self, *task):
        return [
            row
            for blank in task[-1]
            for row in (
                replace(blank, class_id=1, class_name="liver, left", class_rows=None, value=0.25),
                replace(blank, class_rows=1, value=0.5, seconds=1.0),
            )
        ]


def boxes(folder):
    """Two truths of 16 and 32 voxels, their predictions, and what Dice is by counting."""
    near, far = np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 8), np.uint8)
    near[0], far[:, :, 2:4] = 5, 5
    shifted = np.roll(far, 1, 2)
    half = np.zeros_like(near)
    half[:, :2] = 5
    for name, array in {"near": near, "half": half, "far": far, "shifted": shifted}.items():
        np.save(folder / f"{name}.npy", array)
    # 2 · 8 of 16 + 32 voxels, and 2 · 16 of 32 + 32.
    return {"one": 1 - 2 * 8 / (16 + 32), "two": 1 - 2 * 16 / (32 + 32)}


def three_pairs(folder):
    """Write a manifest of two good pairs and, between them, one whose prediction is missing."""
    boxes(folder)
    path = folder / "pairs.csv"
    path.write_text(
        "name,truth,prediction\none,near.npy,half.npy\nbad,near.npy,lost.npy\n"
        "two,far.npy,shifted.npy\n",
        encoding="utf-8",
    )
    return path


def five_pairs(folder):
    """Write a manifest of five pairs that need no file."""
    path = folder / "many.csv"
    lines = [f"{name},sample:lesion,p{name}.npy" for name in "abcde"]
    path.write_text("\n".join(["name,truth,prediction", *lines, ""]), encoding="utf-8")
    return path


def evaluated(path, out, losses=DICE, executor=None, **setup):
    """Evaluate a manifest in this process: the summary, and what was evaluated."""
    executor = executor or Here()
    asked = PairSetup(setup.pop("controls", ()), losses, **setup)
    return evaluate_manifest(path, out, asked, make_executor=lambda: executor), executor.pairs


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(path):
    """The losses' values by case, those of broken pairs left out."""
    return {r["case"]: float(r["value"]) for r in table(path) if not r["class_id"] and r["value"]}
