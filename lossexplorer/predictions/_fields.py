"""Random fields."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Spacing

FieldArray = NDArray[np.float32]


def gaussian_field(
    chance: np.random.Generator, shape: tuple[int, ...], length: float, spacing: Spacing
) -> FieldArray:
    """Return a Gaussian field of mean 0 and variance 1.

    White noise is smoothed with a Gaussian of σ = length / 2: the correlation of two places at
    the distance d is then exp(−d² / length²). The field is periodic, so that it has the same
    statistics everywhere.

    Parameters
    ----------
    chance : Generator
        The generator of the noise.
    shape : tuple of int
        The shape of the field, (z, y, x).
    length : float
        The distance in mm at which the correlation is 1/e; 0 for independent voxels.
    spacing : tuple of float
        Voxel edges in mm, (z, y, x).

    Returns
    -------
    array of float32, shape (z, y, x)
    """
    from scipy import ndimage

    field = chance.standard_normal(shape, dtype=np.float32)
    sigmas = [length / 2 / edge for edge in spacing]
    if length == 0:
        return field
    smooth: FieldArray = ndimage.gaussian_filter(field, sigmas, mode="wrap")
    smooth -= smooth.mean(dtype=np.float64)
    spread = float(smooth.std(dtype=np.float64))
    # If the length is much larger than the volume, the field is constant, and therefore 0.
    return smooth / np.float32(spread) if spread > 1e-6 else np.zeros_like(smooth)
