"""The child's side: what the client submits to the executor.

TensorFlow is imported by the functions, not by the module, which the window's process imports too
in order to name them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossexplorer.engine.messages import Answer, EngineInfo, Request
from lossexplorer.engine.shared_array import SharedArray, departing, receive

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

# The worker holds the batch it was given last under its key; requests name it.
_pipelines: dict[str, Pipeline] = {}


def start() -> EngineInfo:
    """Import TensorFlow and name the device."""
    from lossexplorer.engine.backends import tensorflow

    return tensorflow.prepare()


def load(
    key: str,
    arrays: tuple[SharedArray, ...],
    names: tuple[str, ...],
    spacing: tuple[float, float, float],
) -> None:
    """Take a batch and compute its scores; the one before is let go.

    Parameters
    ----------
    key : str
        By which requests will name it.
    arrays : tuple of SharedArray
        Class indices, shape (sample, z, y, x); and, if there are predictions, one of each sample.
    names, spacing
        As in `lossexplorer.engine.pipeline.Volume`.
    """
    from lossexplorer.engine.pipeline import Pipeline, Volume

    labels, *predictions = map(receive, arrays)
    _pipelines.clear()
    _pipelines[key] = Pipeline(Volume(labels, names, spacing), predictions or None)


def answer(request: Request) -> Answer:
    """Answer a request about the volume that was loaded; large arrays travel shared."""
    return departing(_pipelines[request.volume].answer(request))
