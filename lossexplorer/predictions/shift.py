"""Shift: the whole prediction is displaced."""

from __future__ import annotations

from typing import Any, Literal

from lossexplorer.core.parameters import Number
from lossexplorer.predictions._degradation import Degradation, Grid, Values
from lossexplorer.predictions._displacement import Displacement

Tensor = Any


def displacement(values: Values, grid: Grid) -> Displacement:
    """Return the displacement of the scores."""
    lengths = values["shift_z"], values["shift_y"], values["shift_x"]
    return Displacement(lengths, grid.spacing)


def shift(scores: Tensor, grid: Grid, values: Values) -> Tensor:
    """Return the displaced scores; background enters the volume.

    Parameters
    ----------
    scores : tensor, shape (class, z, y, x)
        Scores in mm, background first.
    grid : Grid
        The volume's grid.
    values : mapping
        The controls' values, in mm; positive towards larger indices.
    """
    return displacement(values, grid).apply(scores)


def _control(axis: Literal["x", "y", "z"]) -> Number:
    return Number(
        name=f"shift_{axis}",
        title=f"Shift {axis}",
        meaning=f"Moves the whole prediction along {axis}, towards larger indices. What enters "
        "is background.",
        default=0.0,
        low=-1000.0,
        high=1000.0,
        slider=(-20.0, 20.0),
        unit="mm",
        axis=axis,
    )


DEGRADATION = Degradation(
    name="shift",
    title="Shift",
    summary="The whole prediction moves. By a whole number of voxels it is exact; a fraction of a "
    "voxel blends the two whole moves around it.",
    group="place",
    order=60,
    acts_on="scores",
    apply=shift,
    displacement=displacement,
    strength=("shift_x", "shift_y", "shift_z"),
    controls=(_control("x"), _control("y"), _control("z")),
    moves={"shift_x": "x", "shift_y": "y", "shift_z": "z"},
)
