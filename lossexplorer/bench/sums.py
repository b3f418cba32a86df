"""Benchmark of losses from a given prediction or from known sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossexplorer.bench import monai_side, workloads
from lossexplorer.bench.measuring import Side, in_turn
from lossexplorer.bench.rows import Aim, TableRow
from lossexplorer.engine.messages import Request

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

GROUP = "sums"
POINTS = 41
_SHAPE = (128, 128, 128)
_CLASSES = 4


def rows(repetitions: int) -> Iterator[TableRow]:
    """Measure the group."""
    yield _prediction_given(repetitions)
    yield _parameter(repetitions)
    yield _curve(repetitions)


def _prediction_given(repetitions: int) -> TableRow:
    what = "four region losses with per-class values and gradient tables, prediction given, 128³×4"
    goal = Aim("faster", 15, 40)
    if not monai_side.is_installed():
        return TableRow(GROUP, what, goal, note=monai_side.MISSING)
    labels = workloads.blobs(_SHAPE, _CLASSES)
    rng = np.random.default_rng(2)

    def probabilities() -> NDArray[np.float32]:
        drawn = rng.random((_CLASSES, *_SHAPE), np.float32)
        drawn /= drawn.sum(axis=0)
        return drawn

    given = [probabilities() for _ in range(2)]
    asked, before = (
        workloads.request({"temperature": value}, workloads.REGION) for value in (1.0, 1.1)
    )

    def prepare(number: int) -> Pipeline:
        made = workloads.pipeline_of(labels, _CLASSES, [given[number % 2]])
        made.answer(before)
        return made

    ours = Side(lambda made: made.answer(asked), prepare)
    theirs = Side(monai_side.forward_and_backward(labels, given[0], workloads.REGION))
    times = in_turn(ours, theirs, repetitions=repetitions)
    return TableRow.of(
        (GROUP, what, goal),
        times,
        "MONAI, forward and backward of the same four",
        note="Each repetition has a new pipeline and another array. Before the clock starts it has "
        "taken the array over and answered at another temperature, which tells nothing of the "
        "sums that are then asked for: every voxel is summed. Taking the array over is not timed "
        "on MONAI's side either.",
    )


def _parameter(repetitions: int) -> TableRow:
    large, small = (_moving_a_parameter(n) for n in (256, 64))
    times = in_turn(Side(large), Side(small), repetitions=repetitions)
    what = (GROUP, "moving a loss parameter, 256³×4", Aim("times", 1.5, 1.1))
    return TableRow.of(what, times, "the same, 64³×4")


def _moving_a_parameter(n: int) -> Callable[[int], object]:
    made = workloads.pipeline_of(workloads.blobs((n, n, n), _CLASSES), _CLASSES)
    controls = workloads.moved(0)

    def move(number: int) -> object:
        changed = {"tversky": {"alpha": 0.3 + 0.005 * number}}
        return made.answer(workloads.request(controls, changed=changed))

    return move


def _curve(repetitions: int) -> TableRow:
    made = workloads.pipeline_of(workloads.blobs(_SHAPE, _CLASSES), _CLASSES)
    controls = workloads.moved(0)

    def points(number: int) -> list[Request]:
        return [
            workloads.request(
                controls, workloads.OF_SUMS, changed={"tversky": {"alpha": float(alpha)}}
            )
            for alpha in np.linspace(0, 1, POINTS) + 0.001 * number
        ]

    times = in_turn(Side(made.answers, points), repetitions=repetitions)
    count = len(workloads.OF_SUMS)
    what = f"a loss parameter's response curve, {POINTS} points, {count} region losses"
    return TableRow.of((GROUP, what, Aim("seconds", 20e-3, 5e-3)), times)
