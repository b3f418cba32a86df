"""The sums of a step: the standard sums and the sums of losses' own maps, in one function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.step.ahead import Ahead
from lossexplorer.engine.step.best_classes import Few, in_order, of_classes
from lossexplorer.engine.step.chunks import (
    Passes,
    class_count,
    computed_once,
    each_chunk,
    in_chunks,
)
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import by_row
from lossexplorer.engine.step.side_by_side import side_by_side
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.engine.values import Options, split
from lossexplorer.losses import SUM_NAMES, infinite, loss_named, standard_maps
from lossexplorer.predictions import Recipe, follow

Tensor = Any


@dataclass(frozen=True)
class Mapped:
    """A loss's own maps, with the parameters that they depend on.

    Attributes
    ----------
    loss : str
        The loss's name.
    options : tuple of (str, object)
        Parameters for which a function is compiled.
    numbers : tuple of str
        The names of the parameters that the function takes as tensors.
    values : tuple of float
        The values of these parameters.
    """

    loss: str
    options: Options
    numbers: tuple[str, ...]
    values: tuple[float, ...] = ()

    def maps(self, g: Tensor, p: Tensor, log_p: Tensor, numbers: list[Tensor]) -> dict[str, Tensor]:
        """Return the maps for fields of shape (1, class, …)."""
        cast = [ops.cast(number, p.dtype) for number in numbers]
        values = {**dict(self.options), **dict(zip(self.numbers, cast, strict=True))}
        return loss_named(self.loss).voxel_maps(g, p, log_p, values)

    def tensors(self) -> list[Tensor]:
        """Return the numbers' values on the device."""
        return [backend.to_device(np.float32(value)) for value in self.values]


def mapped_of(setting: LossSetting) -> Mapped | None:
    """Return a loss's own maps; None if it has none."""
    loss = setting.described
    if loss.kind != "voxels":
        return None
    taken = loss.voxel_values(setting.parameters)
    options, numbers = split(taken)
    return Mapped(setting.loss, options, numbers, tuple(taken[name] for name in numbers))


Tables = dict[str, Tensor]
WantedSums = tuple[tuple[str, Options, tuple[str, ...]], ...]

# The standard sums that depend on the prediction.
_PREDICTED = tuple(name for name in SUM_NAMES if name not in ("truth", "voxels"))


# Names of the own maps of each loss and set of options.
@cached(4 * MOST_COMPILED)
def _names(loss: str, options: Options, numbers: tuple[str, ...], classes: int) -> tuple[str, ...]:
    """Return the names of a loss's own maps, by computing them for one voxel."""
    fields = [backend.to_device(np.full((1, classes, 1), v, np.float32)) for v in (1, 0.5, -1)]
    g, p, log_p = fields
    return tuple(Mapped(loss, options, numbers).maps(g, p, log_p, [ops.ones(()) for _ in numbers]))


def _count(wanted: WantedSums, classes: int) -> int:
    """Return the number of maps."""
    return len(_PREDICTED) + sum(len(_names(*each, classes)) for each in wanted)


def maps_of(
    mapped: list[Mapped],
    numbers: list[list[Tensor]],
    voxels: Mapping[str, Any],
    fields: tuple[Tensor, Tensor, Tensor],
) -> Passes:
    """Return the maps of the prediction's standard sums, followed by the losses' own maps.

    Parameters
    ----------
    mapped, numbers
        The losses' own maps and their parameters as tensors.
    voxels : mapping
        The voxels, as `predicted` takes them.
    fields : tuple of tensor, shape (class, …)
        Truth, probabilities and their logarithms.
    """
    standard = standard_maps(*fields[:2])
    g, p, log_p = (field[None] for field in fields)
    own = [each.maps(g, p, log_p, n) for each, n in zip(mapped, numbers, strict=True)]
    return [
        [where_counted(voxels, standard[name]) for name in _PREDICTED],
        *([where_counted(voxels, field[0])] for maps in own for field in maps.values()),
    ]


def sums_by_name(
    wanted: WantedSums, classes: int, found: Iterable[Any]
) -> tuple[Tables, list[Tables]]:
    """Return the standard sums and each loss's own sums by name, from sums in `_maps`'s order."""
    each = iter(found)
    standard = {name: next(each) for name in _PREDICTED}
    return standard, [{name: next(each) for name in _names(*kind, classes)} for kind in wanted]


@cached(MOST_COMPILED)
def _sums(chosen: Recipe, wanted: WantedSums, are_chosen: bool) -> Any:
    """Compile the sums of all maps, shape (map, class).

    Parameters that are numbers are tensors. Each form of the step has its own function, so that one
    thread can call one form while another thread traces the other form.
    """
    del are_chosen
    mapped = [Mapped(*each) for each in wanted]

    def sums(
        voxels: dict[str, Any], counted: dict[str, Tensor], values: Any, numbers: Any
    ) -> Tensor:
        def maps(rows: dict[str, Any]) -> Passes:
            fields = predicted(chosen, values, rows, computed_once(counted))
            return maps_of(mapped, numbers, rows, fields)

        classes = class_count(voxels)
        return in_chunks(voxels, counted, maps, (_count(wanted, classes), classes))

    return compiled(sums)


def sample_sums(plan: Plan, mapped: list[Mapped]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the standard sums of a sample, and the sums of each loss's own maps.

    Parameters
    ----------
    plan : Plan
        The sample.
    mapped : list of Mapped
        The losses' own maps.

    Returns
    -------
    standard, own
        NumPy float64 arrays of shape (1, class), by name.
    """
    few = plan.few
    tables = _every_class(plan, mapped) if few is None else _few(plan, few, mapped)
    factors = 1.0 if plan.subset is None else plan.subset.factors
    standard, own = keras.tree.map_structure(lambda table: (table * factors)[None], tables)
    # The sums that no control of the prediction changes.
    standard["truth"] = plan.truth[None]
    standard["voxels"] = np.full_like(standard["truth"], plan.voxels)
    return standard, own


def _every_class(plan: Plan, mapped: list[Mapped]) -> tuple[Tables, list[Tables]]:
    """Return the standard sums that depend on the prediction, and own sums, shape (class,)."""
    wanted, counted = wanted_sums(mapped), plan.counted
    sums = _sums(plan.recipe, wanted, counted.are_chosen)
    voxels, numbers = plan.everywhere(), [each.tensors() for each in mapped]

    def of(stretch: Mapping[str, Tensor]) -> NDArray[np.float64]:
        tables: NDArray[np.float64] = backend.to_numpy(sums(voxels, stretch, plan.values, numbers))
        return tables

    if sums.is_ready(voxels, counted.tensors, plan.values, numbers):
        tables = side_by_side(of, counted.stretches)
    else:  # this thread compiles it, or answers meanwhile
        tables = [*map(of, counted.stretches)]
    return sums_by_name(wanted, plan.row_layout.classes, np.sum(tables, axis=0))


def wanted_sums(mapped: list[Mapped]) -> WantedSums:
    """Return the own maps that are to be summed."""
    return tuple((each.loss, each.options, each.numbers) for each in mapped)


def compile_other_form(plan: Plan, mapped: list[Mapped], ahead: Ahead) -> None:
    """Compile the other form of a sample's sums ahead, which is needed once a slider moves further.

    If chosen rows are summed, the other form sums all rows, and vice versa. Sums of the best
    classes have only the form with chosen rows.

    Parameters
    ----------
    plan, mapped
        As in `sample_sums`.
    ahead : Ahead
        Compiles the form in a thread.
    """
    if not backend.FUSES or plan.few is not None:
        return
    function = _sums(plan.recipe, wanted_sums(mapped), not plan.counted.are_chosen)
    voxels, counted = plan.everywhere(), plan.counted
    shapes = tuple(tuple(each.shape) for each in keras.tree.flatten(voxels))

    def compile_it() -> None:
        numbers = [each.tensors() for each in mapped]
        function(voxels, counted.none_of_other_form, plan.values, numbers)

    ahead.do((function, shapes), compile_it)


def _few(plan: Plan, few: Few, mapped: list[Mapped]) -> tuple[Tables, list[Tables]]:
    """Return the same sums as `_every_class`, from the best classes of each row."""
    wanted = wanted_sums(mapped)
    sums = _row_sums(plan.recipe, wanted)
    numbers = [each.tensors() for each in mapped]
    found = []
    for group in few.groups:
        voxels = few.tensors(group, plan.labels, plan.ignored)
        tables = sums(voxels, group.counted.tensors, plan.values, numbers)
        found.append([group.by_class(table) for table in tables])
    return sums_by_name(wanted, plan.row_layout.classes, np.sum(found, axis=0))


@cached(MOST_COMPILED)
def _row_sums(chosen: Recipe, wanted: WantedSums) -> Any:
    """Compile the sums of all maps in each row, over the best classes: shape (row, class)."""
    mapped = [Mapped(*each) for each in wanted]

    def sums(
        voxels: dict[str, Any], counted: dict[str, Tensor], values: Any, numbers: Any
    ) -> list[Tensor]:
        def of_rows(rows: dict[str, Any]) -> list[Tensor]:
            back = None
            if chosen.hard:
                rows, back = in_order(rows)

            there = of_classes(values, rows["classes"])
            p, log_p = follow(chosen, rows["basis"], there, {}, computed_once(counted))
            g = ops.cast(ops.cast(rows["labels"], "int32") == rows["classes"], p.dtype)

            def placed(sums: Tensor) -> Tensor:
                in_place = sums if back is None else ops.take_along_axis(sums, back, axis=0)
                return ops.transpose(in_place)

            passes = maps_of(mapped, numbers, rows, (g, p, log_p))
            every = [backend.sums([*map(by_row, fields)], axis=2) for fields in passes]
            return [placed(sums) for found in every for sums in found]

        shape = (counted["index"].shape[0], class_count(voxels))
        nothing = [ops.zeros(shape, "float32")] * _count(wanted, shape[1])
        total: list[Tensor] = each_chunk(voxels, counted, of_rows, nothing)
        return total

    return compiled(sums)


@cached(MOST_COMPILED)
def _infinite(chosen: Recipe, loss: str, options: Options, names: tuple[str, ...]) -> Any:
    mapped = Mapped(loss, options, names)

    def count(
        voxels: dict[str, Any], counted: dict[str, Tensor], values: Any, numbers: list[Tensor]
    ) -> Tensor:
        def where(rows: dict[str, Any]) -> Passes:
            g, p, log_p = predicted(chosen, values, rows, computed_once(counted))
            found = infinite(mapped.maps(g[None], p[None], log_p[None], numbers))[0]
            return [[where_counted(rows, found)]]

        return in_chunks(voxels, counted, where, (1, class_count(voxels)))[0]

    return compiled(count)


def infinite_voxels(plan: Plan, mapped: Mapped) -> NDArray[np.float64]:
    """Return the number of voxels in which one of a loss's own maps is infinite: (class,)."""
    count = _infinite(plan.recipe, mapped.loss, mapped.options, mapped.numbers)
    found: NDArray[np.float64] = backend.to_numpy(
        count(plan.everywhere(), plan.counted.tensors, plan.values, mapped.tensors())
    )
    return found


def stacked(samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of several samples as arrays of shape (sample, class)."""
    return {name: np.concatenate([each[name] for each in samples]) for name in samples[0]}
