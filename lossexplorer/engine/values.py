"""Compute loss values, per-class values and slopes from class sums, in one compiled function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.messages import LossResult, LossSetting
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.losses import SUM_NAMES, Loss, Sums, loss_named

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluated:
    """A loss's numbers.

    Attributes
    ----------
    setting : LossSetting
        The loss and its parameters.
    value : float
        Its value.
    per_class : tuple of float or None
        See `LossResult`.
    slopes : Sums or None
        The slope in every class sum, shape (sample, class); None if the loss needs the whole field.
    """

    setting: LossSetting
    value: float
    per_class: tuple[float | None, ...]
    slopes: Sums | None

    @property
    def loss(self) -> Loss:
        """The loss's description."""
        return self.setting.described

    @cached_property
    def is_finite(self) -> bool:
        """Whether value and slopes are finite numbers."""
        tables = [] if self.slopes is None else _tables(self.slopes)
        return math.isfinite(self.value) and all(np.isfinite(t).all() for t in tables)

    def result(self, **more: Any) -> LossResult:
        """Return the result for the window, with further fields of `LossResult`."""
        setting = self.setting
        return LossResult(
            name=setting.name,
            parameters=setting.parameters,
            weight=setting.weight,
            value=self.value,
            per_class=self.per_class,
            **more,
        )


Options = tuple[tuple[str, Any], ...]

# How many parameter values one loss is evaluated at in one call: at least the points of a curve.
_CURVE = 48
# How often one loss may be shown and still be compiled together with the others: each number of
# times is another function.
_SHOWN = 4


def split(values: dict[str, Any]) -> tuple[Options, tuple[str, ...]]:
    """Split parameters into those a function is compiled for and the names of the tensor inputs."""
    numbers = tuple(k for k, v in values.items() if isinstance(v, float))
    return tuple((k, v) for k, v in values.items() if k not in numbers), numbers


@dataclass(frozen=True)
class _Kind:
    """What a loss is compiled for: numbers are tensors, so moving a slider compiles nothing.

    Attributes
    ----------
    loss : str
        The loss's name.
    options : tuple of (str, object)
        The parameters that are not numbers.
    numbers : tuple of str
        The names of the parameters that are numbers.
    own : tuple of str
        The names of the sums of the loss's own maps.
    """

    loss: str
    options: Options
    numbers: tuple[str, ...]
    own: tuple[str, ...]

    def value_and_row(self, inputs: list[Any], numbers: Any) -> tuple[Any, Any]:
        """Return the value and the class terms for sums (sum, sample, class) and numbers."""
        loss = loss_named(self.loss)
        names = (*SUM_NAMES, *self.own)
        sums = _sums({name: inputs[0][k] for k, name in enumerate(names)}, self.own)
        values = {**dict(self.options), **{n: numbers[k] for k, n in enumerate(self.numbers)}}
        terms = loss.class_terms(sums, values)
        term_weights = loss.term_weights(sums, values)
        value = loss.value(terms, term_weights if loss.counted else None)
        return value, averaged(terms, term_weights)


# A loss's value, its class terms and its slopes, shape (sum, sample, class).
_Found = tuple[Any, Any, Any]


@cached(MOST_COMPILED)
def _alone(kind: _Kind) -> Callable[..., _Found]:
    differentiated = backend.value_and_slopes(kind.value_and_row)

    def alone(table: Any, numbers: Any) -> _Found:
        value, row, (slope,) = differentiated([table], numbers)
        return value, row, slope

    return alone


@cached(MOST_COMPILED)
def _together(kinds: tuple[_Kind, ...]) -> Callable[..., tuple[Any, list[Any], Any]]:
    """Compile several losses as one function, because a call takes longer than the computation.

    Returned tensors take time, too, so values are returned as one tensor and slopes as another.
    """
    numbers, sums = _places([len(k.numbers) for k in kinds]), _places([len(k.own) for k in kinds])

    def every(table: Any, values: Any) -> tuple[Any, list[Any], Any]:
        count = len(SUM_NAMES)
        found = [
            _alone(kind)(ops.concatenate([table[:count], table[count:][own]]), values[there])
            for kind, there, own in zip(kinds, numbers, sums, strict=True)
        ]
        each, rows, slopes = zip(*found, strict=True)
        return ops.stack(each), list(rows), ops.concatenate(slopes)

    return compiled(every)


def _places(counts: Sequence[int]) -> list[slice]:
    """Return the slices of consecutive blocks of these lengths."""
    ends = np.cumsum(counts).tolist()
    return [slice(end - count, end) for count, end in zip(counts, ends, strict=True)]


@cached(MOST_COMPILED)
def _at_many(kind: _Kind) -> Callable[..., _Found]:
    """Compile one loss at many parameter values; inputs and results have one more leading axis."""

    def each(table: Any, numbers: Any) -> _Found:
        found: _Found = backend.vectorized(lambda one: _alone(kind)(table, one[0]))((numbers,))
        return found

    return compiled(each)


def evaluate(losses: Sequence[LossSetting], sums: Sequence[Sums], classes: int) -> list[Evaluated]:
    """Return the value, the per-class values and the slopes of losses of sums.

    Losses that are shown together are computed in one call. A loss at many parameter values, as
    for a response curve, is computed in one call, too.

    Parameters
    ----------
    losses : sequence of LossSetting
        The losses with all their parameters.
    sums : sequence of Sums
        The sums of each loss: NumPy float64 arrays of shape (sample, class), because losses are
        computed in float64. Only `own`, the sums of the loss's own maps, differs between losses.
    classes : int
        The number of classes of the volume.

    Raises
    ------
    ParameterError
        If a parameter does not fit the number of classes.
    """
    alike: dict[tuple[_Kind, tuple[int, ...]], list[int]] = {}
    for place, (setting, each) in enumerate(zip(losses, sums, strict=True)):
        options, names = split(dict(setting.parameters))
        kind = _Kind(setting.loss, options, names, tuple(each.own))
        same = tuple(map(id, each.own.values()))  # all losses have the same standard sums
        alike.setdefault((kind, same), []).append(place)
    found: dict[int, _Found] = {}
    single: dict[int, _Kind] = {}
    for (kind, _), places in alike.items():
        rows = {losses[place].name for place in places}
        if len(places) <= _SHOWN and len(rows) == len(places):
            single |= dict.fromkeys(places, kind)
        else:
            numbers = np.stack([_numbers(kind, losses[place]) for place in places])
            many = _of_many(kind, sums[places[0]], numbers)
            found.update(zip(places, many, strict=True))
    if single:
        found.update(zip(single, _of_each(single, losses, sums), strict=True))
    return [
        _evaluated(setting, found[place], tuple(sums[place].own), classes)
        for place, setting in enumerate(losses)
    ]


def _of_each(
    single: Mapping[int, _Kind], losses: Sequence[LossSetting], sums: Sequence[Sums]
) -> list[_Found]:
    """Return the numbers of different losses, named by their places."""
    own = [table for place in single for table in sums[place].own.values()]
    numbers = [_numbers(kind, losses[place]) for place, kind in single.items()]
    # All sums in one array and all numbers in another: passing tensors takes longer than computing.
    table = backend.to_device(np.stack([*_standard(sums[0]), *own]))
    values = backend.to_device(np.concatenate(numbers))
    kinds = tuple(single.values())
    if len(kinds) == 1:
        return [_alone(*kinds)(table, values)]
    each, rows, slopes = _together(kinds)(table, values)
    places = _places([len(SUM_NAMES) + len(kind.own) for kind in kinds])
    host = backend.to_numpy(slopes)
    return list(zip(backend.to_numpy(each), rows, (host[place] for place in places), strict=True))


def _of_many(kind: _Kind, sums: Sums, numbers: Array) -> list[_Found]:
    """Return the numbers of one loss at many parameter values, shape (setting, number)."""
    # Padded to one of a few lengths, because a function is compiled for each length.
    count = len(numbers)
    padded = np.pad(numbers, ((0, -count % _CURVE), (0, 0)), mode="edge")
    found = _at_many(kind)(
        backend.to_device(np.stack([*_standard(sums), *sums.own.values()])),
        backend.to_device(padded),
    )
    return list(zip(*(backend.to_numpy(field)[:count] for field in found), strict=True))


def _numbers(kind: _Kind, setting: LossSetting) -> Array:
    return np.array([setting.parameters[name] for name in kind.numbers], np.float64)


def _standard(sums: Sums) -> list[Array]:
    return [getattr(sums, name) for name in SUM_NAMES]


def _evaluated(
    setting: LossSetting, found: _Found, own: tuple[str, ...], classes: int
) -> Evaluated:
    value, row, slope = found
    slopes = _sums(dict(zip((*SUM_NAMES, *own), backend.to_numpy(slope), strict=True)), own)
    return Evaluated(setting, float(value), by_class(row, setting, classes), slopes)


def _sums(tables: dict[str, Any], own: tuple[str, ...]) -> Sums:
    standard = Sums(*(tables[name] for name in SUM_NAMES))
    return standard.with_own({name: tables[name] for name in own})


def averaged(terms: Any, term_weights: Any) -> Any:
    """Return each class's term, averaged over the samples by the loss's term weights: (class,).

    Parameters
    ----------
    terms, term_weights : tensor, shape (sample, class)
        A class whose weights are all 0 gets the unweighted average.
    """
    counts = ops.sum(term_weights, axis=0)
    among = term_weights / ops.where(counts > 0, counts, 1)
    shares = ops.where(counts > 0, among, 1 / terms.shape[0])
    return ops.sum(ops.where(shares > 0, terms * shares, 0), axis=0)


def by_class(row: Any, setting: LossSetting, classes: int) -> tuple[float | None, ...]:
    """Return a loss's terms, one per class of the volume.

    Parameters
    ----------
    row : tensor, shape (class,)
        The terms of the classes that the loss includes.
    setting : LossSetting
        The loss.
    classes : int
        The number of classes of the volume.
    """
    first = 0 if setting.parameters.get("include_background", True) else 1
    terms = backend.to_numpy(row).tolist()
    # A loss that pools the classes has one term, which belongs to no class.
    kept = terms if len(terms) == classes - first else [None] * (classes - first)
    return (*([None] * first), *kept)


def total(results: Sequence[LossResult]) -> float:
    """Return Σ λ L. A loss with λ = 0 is left out, also if its value is not finite."""
    return math.fsum(r.weight * r.value for r in results if r.weight) if results else 0.0


def broken_slopes(slopes: Sums) -> list[int]:
    """Return the classes in which a slope is not finite."""
    bad = np.any([~np.isfinite(table) for table in _tables(slopes)], axis=0)
    return [int(index) for index in np.flatnonzero(bad)]


def _tables(slopes: Sums) -> list[Array]:
    tables = [getattr(slopes, name) for name in SUM_NAMES]
    return [*tables, *slopes.own.values()]


Evaluate = Callable[[LossSetting], Evaluated]
