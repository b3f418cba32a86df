"""From a prediction to sums over its voxels: batches of rows, fused and class first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.presented import Presented, predicted, truth
from lossexplorer.engine.rows import Indices
from lossexplorer.engine.values import Options, split
from lossexplorer.losses import SUM_NAMES, infinite, loss_named, standard_maps
from lossexplorer.predictions import Recipe

Tensor = Any
Result = TypeVar("Result")


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


def over_batches(
    presented: Presented, function: Callable[[Indices, NDArray[np.float64]], Result]
) -> list[Result]:
    """Return what a function gives for each batch of a sample's rows and their weights.

    Several batches are computed at a time: what is fused does not use all processors itself.
    """
    with ThreadPoolExecutor(backend.threads()) as pool:
        return list(pool.map(lambda batch: function(*batch), presented.batches()))


def weighted_sum(sums: Tensor, weights: Tensor) -> Tensor:
    """Return Σ weight × sum of rows, in float64: a running float32 total loses percents.

    Parameters
    ----------
    sums : tensor, shape (…, row)
        Of each row, in float32.
    weights : tensor of float64, shape (row,)
        A row of weight 0 does not count, whatever is in it.
    """
    return ops.sum(ops.where(weights != 0, ops.cast(sums, "float64") * weights, 0.0), axis=-1)


Wanted = tuple[tuple[str, Options, tuple[str, ...]], ...]


@cache
def _maps(chosen: Recipe, wanted: Wanted) -> Any:
    """Compile the prediction of rows and losses' own maps of it; numbers are tensors.

    Apart from the sums, which would compute what they have in common once each.
    """
    parts = [Mapped(*each) for each in wanted]

    def maps(
        voxels: dict[str, Any], values: Any, numbers: list[list[Tensor]]
    ) -> tuple[Tensor, list[dict[str, Tensor]]]:
        g, p, log_p = predicted(chosen, values, voxels)
        return p, [
            {name: field[0] for name, field in found.items()}
            for part, settings in zip(parts, numbers, strict=True)
            for found in [part.maps(g[None], p[None], log_p[None], settings)]
        ]

    return backend.compiled(maps)


@cache
def _totals() -> Any:
    """Compile the sums of rows: the standard ones and of losses' own maps."""

    def totals(voxels: dict[str, Any], p: Tensor, own: list[Tensor], weights: Tensor) -> Tensor:
        fields = [*standard_maps(truth(voxels, p), p).values(), *own]
        return ops.stack([weighted_sum(sums, weights) for sums in backend.row_sums(fields)])

    return backend.compiled(totals)


def sample_sums(
    presented: Presented, parts: list[Mapped]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the standard sums of a sample, and those of each loss's own maps.

    Parameters
    ----------
    presented : Presented
        The sample.
    parts : list of Mapped
        The losses' own maps.

    Returns
    -------
    standard, own
        NumPy float64 arrays of shape (1, class), by name.
    """
    wanted = tuple((m.loss, m.options, m.numbers) for m in parts)
    maps, totals = _maps(presented.recipe, wanted), _totals()
    numbers = [[backend.to_device(np.float32(v)) for v in m.values] for m in parts]

    def batch_sums(rows: Indices, weights: NDArray[np.float64]) -> tuple[Any, list[Any]]:
        voxels = presented.rows(rows)
        p, own = maps(voxels, presented.values, numbers)
        fields = [field for each in own for field in each.values()]
        labels = {name: voxels[name] for name in ("labels", "rim", "rim_share") if name in voxels}
        table = totals(labels, p, fields, backend.to_device(weights))
        return backend.to_numpy(table), [list(each) for each in own]

    found = over_batches(presented, batch_sums)
    rows = iter(np.sum([table for table, _ in found], axis=0)[:, None])
    standard = {name: next(rows) for name in SUM_NAMES}
    return standard, [{name: next(rows) for name in names} for names in found[0][1]]


@cache
def _infinite(chosen: Recipe, loss: str, options: Options, numbers: tuple[str, ...]) -> Any:
    part = Mapped(loss, options, numbers)

    def count(
        voxels: dict[str, Any], values: Any, settings: list[Tensor], weights: Tensor
    ) -> Tensor:
        g, p, log_p = predicted(chosen, values, voxels)
        field = infinite(part.maps(g[None], p[None], log_p[None], settings))[0]
        return weighted_sum(ops.sum(field, axis=-1), weights)

    return backend.compiled(count)


def infinite_voxels(presented: Presented, part: Mapped) -> NDArray[np.float64]:
    """Return in how many voxels, per class, one of a loss's own maps is infinite: (class,)."""
    count = _infinite(presented.recipe, part.loss, part.options, part.numbers)
    numbers = [backend.to_device(np.float32(v)) for v in part.values]

    def batch_count(rows: Indices, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        found = count(presented.rows(rows), presented.values, numbers, backend.to_device(weights))
        return backend.to_numpy(found)

    total: NDArray[np.float64] = np.sum(over_batches(presented, batch_count), axis=0)
    return total


def stacked(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of several samples as arrays of shape (sample, class)."""
    return {name: np.concatenate([each[name] for each in samples]) for name in samples[0]}
