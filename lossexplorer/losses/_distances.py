"""Euclidean distances to the boundary of a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import NumberArray, ParameterError, Spacing

SPACING = NumberArray(
    name="spacing",
    title="Spacing",
    meaning="What distances are measured in: mm, by the volume's spacing; voxels, with edges of "
    "1; or edges z:y:x. A Keras model knows no volume's spacing: there it is 1 unless set.",
    default="volume",
    rules=("volume", "voxels"),
    dimensions=(1,),
    low=1e-9,  # the edges of any volume that can be opened lie well within
    high=1e9,
    each="axis",
)


def voxel_edges(spacing: str | tuple[float, ...], volume: Spacing) -> Spacing:
    """Return the voxel edges that distances are measured with, (z, y, x).

    Parameters
    ----------
    spacing : {"volume", "voxels"} or tuple of float
        The value of the parameter `SPACING`.
    volume : tuple of float
        The volume's own edges in mm.

    Raises
    ------
    ParameterError
        If there are not three numbers.
    """
    if spacing == "volume":
        return volume
    if spacing == "voxels":
        return (1.0, 1.0, 1.0)
    if len(spacing) != 3:
        raise ParameterError(f"spacing has {len(spacing)} numbers, but needs three: z:y:x.")
    z, y, x = map(float, spacing)
    return (z, y, x)


def to_other_side(
    mask: NDArray[np.bool_], edges: Spacing, counted: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Return each voxel's distance to the nearest voxel on the other side of a mask.

    Parameters
    ----------
    mask : array of bool, shape (z, y, x)
        The mask.
    edges : tuple of float
        The edges of a voxel, (z, y, x).
    counted : array of bool, shape (z, y, x), optional
        The voxels to which distances are measured, because they are on a side; all by default.

    Returns
    -------
    array of float32, shape (z, y, x)
        Distances; 0 everywhere for an empty or full mask, which has no boundary.

    Examples
    --------
    >>> to_other_side(np.array([[[False, True, True]]]), (1.0, 1.0, 0.5)).tolist()
    [[[0.5, 0.5, 1.0]]]
    """
    import edt

    if counted is not None and not counted.all():
        sides = [side & counted for side in (mask, ~mask)]
        if not all(side.any() for side in sides):
            return np.zeros(mask.shape, np.float32)
        inner, outer = (edt.edt(~side, anisotropy=edges, parallel=0) for side in sides)
        apart: NDArray[np.float32] = np.where(mask, outer, inner)
        return apart
    if mask.all() or not mask.any():
        return np.zeros(mask.shape, np.float32)
    # One transform of two labels gives both sides; the transform ignores voxels of label 0.
    labels = mask.astype(np.uint8) + np.uint8(1)
    distance: NDArray[np.float32] = edt.edt(labels, anisotropy=edges, parallel=0)
    return distance
