"""A profile of a prediction step, by functions and by kernels."""

from __future__ import annotations

import cProfile
import pstats
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lossexplorer.bench import workloads

if TYPE_CHECKING:
    from lossexplorer.engine.messages import Request
    from lossexplorer.engine.pipeline import Pipeline

_STEPS = 20
_WARM_UP = 3
_LINES = 15


def print_profile() -> None:
    """Print what takes most of a step's time, for some volumes.

    First the Python functions with cumulative times, where a fused function of the backend is one
    entry; then, with TensorFlow, the kernels that XLA made of the fused functions.
    """
    shape = (128, 128, 128)
    _print("128³×4", workloads.pipeline_of(workloads.blobs(shape, 4), 4))
    _print(
        "128³×4, every voxel uncertain",
        workloads.pipeline_of(workloads.every_voxel_uncertain(shape, 4), 4),
    )
    _print("lung nodule", workloads.pipeline_of_sample_volume("nodule"))


def _print(title: str, pipeline: Pipeline) -> None:
    asked = [workloads.request(workloads.moved(number)) for number in range(_WARM_UP + 2 * _STEPS)]
    for request in asked[:_WARM_UP]:
        pipeline.answer(request)
    profiler = cProfile.Profile()
    for request in asked[_WARM_UP:-_STEPS]:
        profiler.enable()
        pipeline.answer(request)
        profiler.disable()
    print(f"\n{_STEPS} prediction steps, {title}\n")
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(_LINES)
    for name, seconds in kernels(pipeline, asked[-_STEPS:])[:_LINES]:
        print(f"{1e3 * seconds:9.3f} ms a step  {name}")


def kernels(pipeline: Pipeline, asked: Sequence[Request]) -> list[tuple[str, float]]:
    """Return the time of each of XLA's kernels in one step, the longest first.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline that answers the requests.
    asked : sequence of Request
        The requests, one per step.

    Returns
    -------
    list of (str, float)
        A kernel's name, made of its operations, and seconds; empty if the backend is not
        TensorFlow.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return []
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=3, python_tracer_level=0)
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder, options):
            for request in asked:
                pipeline.answer(request)
        (written,) = Path(folder).rglob("*.xplane.pb")
        traced = xplane_pb2.XSpace.FromString(written.read_bytes())
    took: Counter[str] = Counter()
    for plane in traced.planes:
        for line in plane.lines:
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                if "fusion" in name and not name.startswith("end: "):
                    took[name] += event.duration_ps
    return [(name, picoseconds * 1e-12 / len(asked)) for name, picoseconds in took.most_common()]
