"""Benchmark of a whole prediction step: controls → scores → softmax → sums → losses.

The step evaluates four region losses and cross-entropy. Softness and growth differ in every
repetition, so that no result of an earlier repetition can be used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from lossexplorer.bench import monai_side, workloads
from lossexplorer.bench.measuring import Side, in_turn
from lossexplorer.bench.rows import Aim, TableRow

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

GROUP = "step"
_CLASSES = 4
_AGAINST_MONAI = "one MONAI DiceLoss, forward and backward, prediction given"
_MOVED = "softness and growth moved"
_SHIFTED = "softness, growth and shift moved"

Move = Callable[[int], dict[str, float]]


def rows(repetitions: int) -> Iterator[TableRow]:
    """Measure the group."""
    shape = (128, 128, 128)
    made = workloads.pipeline_of(workloads.blobs(shape, _CLASSES), _CLASSES)
    like_monai = Aim("faster", 2, 4)
    yield _against_monai(f"step, 128³×4, {_MOVED}", made, workloads.moved, like_monai, repetitions)
    yield _against_monai(
        f"step, 128³×4, {_SHIFTED}", made, workloads.moved_and_shifted, like_monai, repetitions
    )
    for n in (128, 192):
        yield _against_copy(n, repetitions)
    nodule = workloads.pipeline_of_sample_volume("nodule")
    goal = Aim("faster", 5, 50)
    for what, move in (("softness 1 mm", _grown), ("the same with a shift that moves", _shifted)):
        name = f"step, lung nodule 512×512×48, {what}"
        yield _against_monai(name, nodule, move, goal, repetitions)
    del made, nodule
    yield _growing(repetitions)
    yield _many_classes(repetitions)


def step(pipeline: Pipeline, move: Move) -> Side:
    """Return a prediction step with different controls in each repetition."""
    return Side(pipeline.answer, lambda number: workloads.request(move(number)))


def _grown(number: int) -> dict[str, float]:
    return {"softness": 1.0, "grow": 0.1 + 0.003 * number}


def _shifted(number: int) -> dict[str, float]:
    return {**_grown(number), "shift_x": 1.0 + 0.03 * number}


def _against_monai(
    what: str, pipeline: Pipeline, move: Move, goal: Aim, repetitions: int
) -> TableRow:
    if not monai_side.is_installed():
        return TableRow(GROUP, what, goal, note=monai_side.MISSING)
    labels = pipeline.volume.samples[0]
    rng = np.random.default_rng(3)
    given = rng.random((len(pipeline.volume.names), *labels.shape), np.float32)
    theirs = Side(monai_side.forward_and_backward(labels, given, ("dice",)))
    times = in_turn(step(pipeline, move), theirs, repetitions=repetitions)
    return TableRow.of((GROUP, what, goal), times, _AGAINST_MONAI)


def _against_copy(n: int, repetitions: int) -> TableRow:
    labels = workloads.every_voxel_uncertain((n, n, n), _CLASSES)
    made = workloads.pipeline_of(labels, _CLASSES)
    read = np.ones((_CLASSES, n, n, n), np.float32)
    written = np.zeros_like(read)
    copy = Side(lambda _: np.copyto(written, read))
    times = in_turn(step(made, workloads.moved), copy, repetitions=repetitions)
    return TableRow.of(
        (GROUP, f"step, {n}³×4, every voxel uncertain", Aim("times", 12, 6)),
        times,
        "np.copyto of the scores",
        note="The class of each voxel is drawn by itself, and softness is about a voxel's edge.",
    )


def _growing(repetitions: int) -> TableRow:
    sides = [step(workloads.pipeline_of(workloads.ball(n), 2), workloads.moved) for n in (256, 64)]
    times = in_turn(*sides, repetitions=repetitions)
    what = "step, ball of radius n/4 in n³, n = 256"
    return TableRow.of((GROUP, what, Aim("times", 24, 16)), times, "n = 64")


def _many_classes(repetitions: int) -> TableRow:
    made = workloads.pipeline_of_sample_volume("brain")
    moving = Side(
        made.answer, lambda number: workloads.request(workloads.moved(number), exact=False)
    )
    resting = step(made, workloads.moved)
    times = in_turn(moving, resting, repetitions=repetitions)
    what = "step, brain of 83 regions, 146×182×155"
    note = made.answer(workloads.request(workloads.moved(0), exact=False)).preview
    return TableRow.of((GROUP, what, Aim("seconds", 0.25, 0.06)), times[:1], note=note)
