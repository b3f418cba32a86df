"""Crop and pad: the extent of the volume that a loss sees."""

from __future__ import annotations

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values


def margins(shape: tuple[int, int, int], grid: Grid, values: Values) -> tuple[int, int, int]:
    """Return how many planes each axis gains at both ends, negative if it loses them.

    At least one plane is left, or two if the axis has an even number of planes. An axis of one
    plane keeps it: a 2D image stays one.

    Parameters
    ----------
    shape : tuple of int
        The shape of the volume, (z, y, x).
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values.
    """
    z, y, x = (
        max(round(values["margin"] / edge), -((length - 1) // 2)) if length > 1 else 0
        for edge, length in zip(grid.spacing, shape, strict=True)
    )
    return z, y, x


DEGRADATION = Degradation(
    name="margin",
    title="Crop or pad",
    summary="Truth and prediction lose planes at all sides, or gain planes of background without "
    "an object near, in which confidence and noise act as in other such background: nothing about "
    "the objects changes, and some losses do.",
    group="extent",
    order=170,
    acts_on="extent",
    apply=margins,
    strength=("margin",),
    controls=(
        Number(
            name="margin",
            title="Margin",
            meaning="What is added at every side, in whole voxels; below 0 what is cut off.",
            default=0.0,
            low=-1e5,
            high=1e4,
            slider=(-50.0, 50.0),
            unit="mm",
        ),
    ),
    citation="Seghier, International Journal of Imaging Systems and Technology 34, 2024 (cropping)",
)
