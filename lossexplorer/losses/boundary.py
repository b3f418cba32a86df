"""Boundary loss."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing
from lossexplorer.losses._description import Loss
from lossexplorer.losses._distances import SPACING, to_other_side, voxel_edges
from lossexplorer.losses._domain import Domain
from lossexplorer.losses._on_host import on_host
from lossexplorer.losses._parameters import CLASS_WEIGHTS, INCLUDE_BACKGROUND
from lossexplorer.losses._sums import Tensor


def boundary(
    g: Tensor,
    p: Tensor,
    log_p: Tensor,
    domain: Domain,
    *,
    spacing: str | tuple[float, ...],
) -> Tensor:
    """Return the mean over voxels of p φ, per sample and class.

    Parameters
    ----------
    g, p, log_p : tensor, shape (sample, class, z, y, x)
        Truth, probabilities and their logarithms; the logarithm is not used.
    domain : Domain
        The edges of the voxels, and how much each counts. A voxel of weight 0 is on neither side:
        no distance is measured to it.
    spacing : {"volume", "voxels"} or tuple of float
        The units of the distance φ.
    """
    del log_p
    made = partial(signed_distance, edges=voxel_edges(spacing, domain.edges))
    return domain.mean(p * on_host(made, g > 0.5, *domain.counted(g), like=p))


def signed_distance(
    mask: NDArray[np.bool_], counted: NDArray[np.bool_] | None = None, *, edges: Spacing
) -> NDArray[np.float32]:
    """Return φ: outside the object the distance to it, inside minus the distance to its border.

    Parameters
    ----------
    mask : array of bool, shape (z, y, x)
        The object.
    counted : array of bool, shape (z, y, x), optional
        The voxels that are on a side; all by default.
    edges : tuple of float
        The edges of a voxel, (z, y, x). The distance to the border is the distance to the nearest
        voxel outside, less the smallest edge.
    """
    distance = to_other_side(mask, edges, counted)
    return np.where(mask & (distance > 0), np.float32(min(edges)) - distance, distance)


LOSS = Loss(
    name="boundary",
    title="Boundary",
    class_name="Boundary",
    summary="The predicted mass, weighted by its signed distance to the true boundary.",
    formula="mean p φ, φ = d outside, −(d − 1 voxel) inside",
    citation="Kervadec, Bouchtiba, Desrosiers, Granger, Dolz, Ben Ayed 2019 (MIDL); 2021 (MedIA)",
    false_positives="Cost their distance to the object.",
    false_negatives="Cost their depth in the object; on its border nothing.",
    edge_cases=(
        "Negative where the prediction is good, and never at rest: the slope φ/N does not depend "
        "on p. A class that is absent, or fills the volume, has no boundary: φ = 0, and whatever "
        "is predicted of it costs nothing. An object's border voxels have φ = 0; where voxels "
        "are not cubes, only those beside a neighbour along the smallest edge. Distances are "
        "computed on the CPU: with TensorFlow a model needs compile(jit_compile=False)."
    ),
    field=boundary,
    working_fields=lambda _, gradient: 7 if gradient else 5,
    parameters=(SPACING, CLASS_WEIGHTS, INCLUDE_BACKGROUND),
    operation="not a number in the prediction",
    bounds=(-math.inf, math.inf),
    perfect=-0.936909,
    all_background=-0.917019,
    finite_when_absent=True,
    character="distance",
    order=72,
    color="#e2c044",
    example_value=0.125,
)
