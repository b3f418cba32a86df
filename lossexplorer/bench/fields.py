"""Benchmark of gradients after a step: of the slice on screen, and of the volume."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from lossexplorer.bench import workloads
from lossexplorer.bench.measuring import Side, in_turn
from lossexplorer.bench.rows import Aim, TableRow
from lossexplorer.engine.messages import MapRequest, MapSubject, Plane, Request

GROUP = "fields"
_N = 128
_CLASSES = 4

Move = Callable[[int], dict[str, float]]


def rows(repetitions: int) -> Iterator[TableRow]:
    """Measure the group."""
    made = workloads.pipeline_of(workloads.blobs((_N, _N, _N), _CLASSES), _CLASSES)

    def after_a_step(painted: MapRequest, move: Move = workloads.moved) -> Side:
        def prepare(number: int) -> Request:
            controls = move(number)
            made.answer(workloads.request(controls))
            return workloads.request(controls, painted=painted)

        return Side(made.answer, prepare)

    plane = MapRequest("dice", 1, "logit", Plane(0, _N // 2))
    quick = Aim("seconds", 5e-3, 2e-3)
    times = in_turn(after_a_step(plane), repetitions=repetitions)
    what = "gradient of the slice on screen after a step, 128³×4"
    yield TableRow.of((GROUP, what, quick), times)
    times = in_turn(after_a_step(plane, workloads.moved_and_shifted), repetitions=repetitions)
    yield TableRow.of((GROUP, f"{what}, with a shift that moves", quick), times)

    more = ("generalized_dice", "tversky", "iou", "cross_entropy", "total")
    six = replace(plane, further=tuple(MapSubject("gradient", 1, loss) for loss in more))
    times = in_turn(after_a_step(six), after_a_step(plane), repetitions=repetitions)
    what = "six gradients of the slice on screen, of losses of sums, 128³×4"
    yield TableRow.of((GROUP, what, Aim("times", 3, 2)), times, "the first gradient alone")

    volume = MapRequest("dice", 1, "probability", None, gradient_only=True)
    read, written = np.ones((_N, _N, _N), np.float32), np.zeros((_N, _N, _N), np.float32)
    copy = Side(lambda _: np.copyto(written, read))
    times = in_turn(after_a_step(volume), copy, repetitions=repetitions)
    what = "gradient volume of one class from sums, 128³"
    yield TableRow.of((GROUP, what, Aim("times", 4, 2)), times, "np.copyto of it")
