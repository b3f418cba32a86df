"""From a prediction to sums over its voxels: one function fused by XLA, flat and class first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.backends.tensorflow import ops
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.simulation import Box, Presented, predicted
from lossexplorer.engine.values import Options, split
from lossexplorer.losses import SUM_NAMES, loss_named, standard_maps
from lossexplorer.predictions import Recipe

Tensor = Any


@dataclass(frozen=True)
class Mapped:
    """A loss's maps over the voxels, with the parameters that they depend on.

    Attributes
    ----------
    loss : str
        The loss's name.
    options : tuple of (str, object)
        Parameters that a compiled function is made for.
    numbers : tuple of str
        Parameters that it takes as tensors.
    values : tuple of float
        The numbers' values.
    """

    loss: str
    options: Options
    numbers: tuple[str, ...]
    values: tuple[float, ...] = ()

    def maps(self, g: Tensor, p: Tensor, log_p: Tensor, numbers: list[Tensor]) -> dict[str, Tensor]:
        """Return the maps of fields of shape (1, class, …)."""
        cast = [ops.cast(number, p.dtype) for number in numbers]
        values = {**dict(self.options), **dict(zip(self.numbers, cast, strict=True))}
        return loss_named(self.loss).voxel_maps(g, p, log_p, values)


def mapped(setting: LossSetting) -> Mapped | None:
    """Return what a loss has to sum over the voxels itself; None if nothing."""
    names = loss_named(setting.name).voxel_parameters
    if loss_named(setting.name).kind != "voxels":
        return None
    options, numbers = split({name: setting.parameters[name] for name in names})
    values = tuple(setting.parameters[name] for name in numbers)
    return Mapped(setting.name, options, numbers, values)


def sum_over_voxels(field: Tensor, row: int) -> Tensor:
    """Return the sums of a flat class-first float32 field, in float64.

    XLA on the CPU runs one float32 total over a whole volume, which loses percents of it; rows
    of a volume are short enough, and their sums are added in float64.

    Parameters
    ----------
    field : tensor, shape (class, voxels)
    row : int
        Length of a row; divides the number of voxels.

    Returns
    -------
    tensor of float64, shape (1, class)
    """
    rows = ops.sum(ops.reshape(field, (field.shape[0], -1, row)), axis=2)
    return ops.sum(ops.cast(rows, "float64"), axis=1)[None]


Wanted = tuple[tuple[str, Options, tuple[str, ...]], ...]


@cache
def _step(chosen: Recipe, row: int, wanted: Wanted) -> Any:
    """Compile the sums of a slab for a set of losses; numbers and controls are tensors."""
    parts = [Mapped(*each) for each in wanted]

    def step(
        voxels: dict[str, Any], values: Any, numbers: list[list[Tensor]]
    ) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
        g, p, log_p = predicted(chosen, values, voxels)
        standard = [sum_over_voxels(field, row) for field in standard_maps(g, p).values()]
        own = []
        for part, settings in zip(parts, numbers, strict=True):
            maps = part.maps(g[None], p[None], log_p[None], settings)
            own.append({name: sum_over_voxels(field[0], row) for name, field in maps.items()})
        return standard, own

    return backend.compiled(step)


def slab_sums(
    presented: Presented, slab: Box, parts: list[Mapped]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the standard sums of a slab, and those of each loss's own maps.

    Parameters
    ----------
    presented : Presented
        The sample.
    slab : tuple of slice
        Planes of it.
    parts : list of Mapped
        The losses' own maps.

    Returns
    -------
    standard, own
        NumPy float64 arrays of shape (1, class), by name.
    """
    wanted = tuple((m.loss, m.options, m.numbers) for m in parts)
    step = _step(presented.recipe, presented.shape[2], wanted)
    numbers = [[backend.to_device(np.float32(v)) for v in m.values] for m in parts]
    standard, own = step(presented.voxels(slab, flat=True), presented.values, numbers)
    return (
        dict(zip(SUM_NAMES, map(backend.to_numpy, standard), strict=True)),
        [{name: backend.to_numpy(table) for name, table in tables.items()} for tables in own],
    )


def added(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of several slabs added up."""
    return {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]}


def stacked(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of several samples as arrays of shape (sample, class)."""
    return {name: np.concatenate([each[name] for each in samples]) for name in samples[0]}
