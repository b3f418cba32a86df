"""Where the time of a prediction step goes, function by function."""

from __future__ import annotations

import cProfile
import pstats
from typing import TYPE_CHECKING

from lossexplorer.bench import cases

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

_STEPS = 20
_WARM_UP = 3
_LINES = 15


def print_profile() -> None:
    """Print the functions that take most of a step's time, for some volumes.

    Each with what it calls. The fused functions of the backend are one entry: nothing in them is
    Python's.
    """
    shape = (128, 128, 128)
    _print("128³×4", cases.pipeline_of(cases.blobs(shape, 4), 4))
    _print(
        "128³×4, every voxel uncertain",
        cases.pipeline_of(cases.every_voxel_uncertain(shape, 4), 4),
    )
    _print("lung nodule", cases.pipeline_of_sample("nodule"))


def _print(title: str, pipeline: Pipeline) -> None:
    for number in range(_WARM_UP):
        pipeline.answer(cases.request(cases.moved(number)))
    profiler = cProfile.Profile()
    for number in range(_WARM_UP, _WARM_UP + _STEPS):
        asked = cases.request(cases.moved(number))
        profiler.enable()
        pipeline.answer(asked)
        profiler.disable()
    print(f"\n{_STEPS} prediction steps, {title}\n")
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(_LINES)
