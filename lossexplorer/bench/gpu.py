"""Benchmark of a prediction step on a GPU, compared with copying the scores on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lossexplorer.bench import workloads
from lossexplorer.bench.measuring import Side, in_turn
from lossexplorer.bench.rows import Aim, TableRow
from lossexplorer.bench.steps import step

GROUP = "gpu"
_CLASSES = 4
_SHAPES = ((128, 128, 128), (256, 256, 256), (200, 512, 512))
_AIMS = {(256, 256, 256): 3e-3}
_COPY = "copying the scores on the card"
_NONE = "no GPU at hand"


def has_gpu() -> bool:
    """Whether the engine computes on a GPU."""
    from lossexplorer.engine.backends.active import backend

    return backend.is_gpu()


def device() -> str:
    """Return the name of the engine's device."""
    from lossexplorer.engine.backends.active import backend

    name: str = backend.prepare().device
    return name


def rows(repetitions: int) -> Iterator[TableRow]:
    """Measure the group."""
    for shape in _SHAPES:
        size = f"{shape[1]}×{shape[2]}×{shape[0]}×{_CLASSES}"
        if not has_gpu():
            yield TableRow(GROUP, f"step, {size}", _goal(shape), note=_NONE)
            yield TableRow(GROUP, _share(size), Aim("share"), note=_NONE)
            continue
        made = workloads.pipeline_of(workloads.blobs(shape, _CLASSES), _CLASSES)
        times = in_turn(step(made, workloads.moved), repetitions=repetitions)
        yield TableRow.of((GROUP, f"step, {size}", _goal(shape)), times)
        del made
        yield _bandwidth(shape, size, repetitions)


def _goal(shape: workloads.Shape) -> Aim:
    return Aim("seconds", aim=_AIMS.get(shape))


def _share(size: str) -> str:
    return f"step, {size}, every voxel uncertain: bytes/s"


def _bandwidth(shape: workloads.Shape, size: str, repetitions: int) -> TableRow:
    """Compare the rate at which a step reads scores and labels with the rate of a copy."""
    made = workloads.pipeline_of(workloads.every_voxel_uncertain(shape, _CLASSES), _CLASSES)
    voxels = int(np.prod(shape))
    copy = Side(_copy(_CLASSES * voxels))
    times = in_turn(step(made, workloads.moved), copy, repetitions=repetitions)
    read, copied = voxels * (4 * _CLASSES + 1), 2 * 4 * _CLASSES * voxels
    rates = [
        f"{moved / time.median / 1e9:,.0f} GB/s"
        for moved, time in zip((read, copied), times, strict=True)
    ]
    return TableRow.of(
        (GROUP, _share(size), Aim("share")),
        times,
        _COPY,
        work=read / copied,
        note=f"Scores and labels read once, {rates[0]}; the copy, read and written, {rates[1]}.",
    )


def _copy(scores: int) -> Any:
    from lossexplorer.engine.backends.active import backend

    read = backend.to_device(np.zeros(scores, np.float32))
    copied = backend.compiled(lambda field: field + 1)

    def run(_: object) -> None:
        backend.to_numpy(copied(read)[:1])  # waits for it

    return run
