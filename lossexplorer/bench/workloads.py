"""The volumes and the questions of the benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lossexplorer.engine.messages import Effort, LossSetting, MapRequest, Request
from lossexplorer.engine.questions import Maps, Numbers
from lossexplorer.losses import LOSSES
from lossexplorer.predictions import complete_controls
from lossexplorer.volumes import open_volume

if TYPE_CHECKING:
    from lossexplorer.engine.pipeline import Pipeline

Labels = NDArray[np.uint8]
Shape = tuple[int, int, int]

REGION = ("dice", "generalized_dice", "tversky", "iou")
"""The four region losses."""

STEP = (*REGION, "cross_entropy")
"""The losses that a prediction step evaluates: those that the window starts with."""

OF_SUMS = tuple(name for name, loss in LOSSES.items() if loss.kind == "sums")
"""Every region loss."""

_COARSE = 16


def blobs(shape: Shape, classes: int) -> Labels:
    """Return labels with smooth objects, several for each class, similar to anatomy.

    Parameters
    ----------
    shape : tuple of int
        The shape of the labels, (z, y, x).
    classes : int
        The number of classes, which have about equally many voxels.
    """
    coarse = np.random.default_rng(0).normal(size=(classes, _COARSE, _COARSE, _COARSE))
    coarse = ndimage.gaussian_filter(coarse, (0, 2, 2, 2)).astype(np.float32)
    labels = np.zeros(shape, np.uint8)
    best = np.full(shape, -np.inf, np.float32)
    for index, noise in enumerate(coarse):
        fine = ndimage.zoom(
            noise, np.array(shape) / _COARSE, order=1, grid_mode=True, mode="grid-constant"
        )
        better = fine > best
        labels[better] = index
        np.copyto(best, fine, where=better)
    return labels


def every_voxel_uncertain(shape: Shape, classes: int) -> Labels:
    """Return labels with a random class in each voxel.

    Every class then has a voxel near every other voxel, so the scores are random numbers of about a
    voxel's edge, and with a softness of that size no voxel is certain: no row can be left out.
    """
    return np.random.default_rng(1).integers(0, classes, shape, dtype=np.uint8)


def ball(n: int) -> Labels:
    """Return a ball of radius n/4 in n³: if n doubles, volume grows 8-fold and surface 4-fold."""
    distance = np.sqrt(sum(axis**2 for axis in np.ogrid[[slice(0.5 - n / 2, n / 2)] * 3]))
    return (distance <= n / 4).astype(np.uint8)


def pipeline_of(
    labels: Labels, classes: int, predictions: Sequence[NDArray[Any]] | None = None
) -> Pipeline:
    """Return the engine's pipeline for labels with voxels of 1 mm."""
    from lossexplorer.engine.pipeline import Pipeline
    from lossexplorer.engine.volume import Volume

    names = tuple(f"class {index}" for index in range(classes))
    return Pipeline(Volume(labels, names, (1.0, 1.0, 1.0)), predictions)


def pipeline_of_sample_volume(name: str) -> Pipeline:
    """Return the engine's pipeline for a sample volume."""
    from lossexplorer.engine.pipeline import Pipeline
    from lossexplorer.engine.volume import Volume

    opened = open_volume(f"sample:{name}")
    names = tuple(each.name for each in opened.classes)
    return Pipeline(Volume(opened.labels, names, opened.spacing))


def request(
    controls: Mapping[str, Any],
    losses: Sequence[str] = STEP,
    painted: MapRequest | None = None,
    changed: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    *,
    exact: bool = True,
) -> Request:
    """Return a request.

    Parameters
    ----------
    controls : mapping
        Controls that differ from their defaults.
    losses : sequence of str
        The losses, which have λ = 1.
    painted : MapRequest, optional
        The maps to paint.
    changed : mapping
        Parameters that differ from their defaults, by loss.
    exact : bool
        As in `lossexplorer.engine.messages.Effort`.
    """
    chosen = tuple(
        LossSetting(name, LOSSES[name].complete(changed.get(name, {}))) for name in losses
    )
    asked = ("bench", complete_controls(controls), chosen)
    question = Numbers(*asked) if painted is None else Maps(*asked, painted)
    return Request(question, Effort(exact=exact))


def moved(number: int) -> dict[str, float]:
    """Return softness and growth that differ for each number, as if sliders were dragged."""
    return {"softness": 1.0 + 0.004 * (number % 50), "grow": 0.1 + 0.003 * number}


def moved_and_shifted(number: int) -> dict[str, float]:
    """Return the controls of `moved` with a changing shift by a fraction of a voxel."""
    return {**moved(number), "shift_x": 1.0 + 0.007 * number}
