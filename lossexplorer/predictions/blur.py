"""Blur: probabilities smoothed in space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values

_TRUNCATE = 4.0  # standard deviations


def blur(p: NDArray[np.float32], grid: Grid, values: Values) -> NDArray[np.float32]:
    """Return the probabilities smoothed with a Gaussian, with background beyond the volume.

    An axis of one voxel is not smoothed along: a 2D image has nothing beyond its slice.

    Parameters
    ----------
    p : array, shape (class, z, y, x)
        Probabilities.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    from scipy import ndimage

    edges = zip(grid.spacing, p.shape[1:], strict=True)
    sigmas = [values["blur"] / edge if length > 1 else 0.0 for edge, length in edges]
    result = np.empty_like(p)
    for index, channel in enumerate(p):
        ndimage.gaussian_filter(
            channel,
            sigmas,
            output=result[index],
            mode="constant",
            cval=1.0 if index == 0 else 0.0,
            truncate=_TRUNCATE,
        )
    # Rounding may exceed 1 by a ten-millionth.
    return np.clip(result, 0.0, 1.0, out=result)


DEGRADATION = Degradation(
    name="blur",
    title="Blur",
    summary="Each class's probability is smoothed with a Gaussian, as by a network of low "
    "resolution.",
    group="probability",
    order=100,
    acts_on="field",
    apply=blur,
    strength=("blur",),
    controls=(
        Number(
            name="blur",
            title="Blur σ",
            meaning="The standard deviation of the Gaussian, cut at four of it.",
            default=0.0,
            low=0.0,
            high=1000.0,
            slider=(0.0, 10.0),
            unit="mm",
        ),
    ),
)
