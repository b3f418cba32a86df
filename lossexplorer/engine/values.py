"""From class sums to loss values, per-class values and slopes, by one small compiled function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.messages import LossResult, LossSetting
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
        Its slope in every class sum, shape (sample, class); None if it needs the whole field.
    """

    setting: LossSetting
    value: float
    per_class: tuple[float | None, ...]
    slopes: Sums | None

    @property
    def loss(self) -> Loss:
        """The loss's description."""
        return loss_named(self.setting.name)

    def result(self, **more: Any) -> LossResult:
        """Return what the window is told, with more of its fields."""
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


def split(values: dict[str, Any]) -> tuple[Options, tuple[str, ...]]:
    """Return what a compiled function is made for, and the names of what it takes as tensors."""
    numbers = tuple(k for k, v in values.items() if isinstance(v, float))
    return tuple((k, v) for k, v in values.items() if k not in numbers), numbers


@cache
def _function(name: str, options: Options, numbers: tuple[str, ...], own: tuple[str, ...]) -> Any:
    """Compile one loss; numbers are tensors, so that moving a slider compiles nothing."""
    loss = loss_named(name)

    def value_and_terms(inputs: list[Any], values: Any) -> tuple[Any, Any]:
        (tables,) = inputs
        sums = _sums({name: tables[k] for k, name in enumerate((*SUM_NAMES, *own))}, own)
        every = {**dict(options), **{name: values[k] for k, name in enumerate(numbers)}}
        terms = loss.class_terms(sums, every)
        weights = loss.weights(sums, every)
        return loss.value(terms, weights if loss.counted else None), (terms, weights)

    return backend.value_and_slopes(value_and_terms)


def evaluate(setting: LossSetting, sums: Sums, classes: int) -> Evaluated:
    """Return the value, the per-class values and the slopes of a loss of sums.

    Parameters
    ----------
    setting : LossSetting
        The loss and every one of its parameters.
    sums : Sums
        NumPy float64 arrays of shape (sample, class): the loss is computed in float64. With `own`,
        the sums of the loss's own maps.
    classes : int
        Of the volume.

    Raises
    ------
    ParameterError
        If a parameter does not fit the number of classes.
    """
    own = tuple(sums.own)
    options, numbers = split(dict(setting.parameters))
    tables = np.stack([*(getattr(sums, name) for name in SUM_NAMES), *sums.own.values()])
    # In one array each: handing tensors over takes longer than computing does.
    value, (terms, weights), (slope,) = _function(setting.name, options, numbers, own)(
        [backend.to_device(tables)],
        backend.to_device(np.array([setting.parameters[name] for name in numbers], np.float64)),
    )
    slopes = _sums(dict(zip((*SUM_NAMES, *own), backend.to_numpy(slope), strict=True)), own)
    row = averaged(backend.to_numpy(terms), backend.to_numpy(weights))
    return Evaluated(setting, float(value), by_class(row, setting, classes), slopes)


def _sums(tables: dict[str, Any], own: tuple[str, ...]) -> Sums:
    standard = Sums(*(tables[name] for name in SUM_NAMES))
    return standard.with_own({name: tables[name] for name in own})


def averaged(terms: Array, weights: Array) -> tuple[float, ...]:
    """Return each class's term, averaged over the samples as the loss counts them.

    Parameters
    ----------
    terms, weights : array, shape (sample, class)
        A class that counts in no sample has the plain average.
    """
    counts = weights.sum(axis=0)
    shares = np.where(counts > 0, weights / np.where(counts > 0, counts, 1), 1 / len(terms))
    return tuple(np.sum(np.where(shares > 0, terms * shares, 0), axis=0).tolist())


def by_class(
    row: tuple[float, ...], setting: LossSetting, classes: int
) -> tuple[float | None, ...]:
    """Return a loss's terms, one per class of the volume.

    Parameters
    ----------
    row : tuple of float
        A term for each class that the loss looks at.
    setting : LossSetting
        The loss.
    classes : int
        Of the volume.
    """
    first = 0 if setting.parameters.get("include_background", True) else 1
    # A loss that pools the classes has one term, which belongs to no class.
    kept = row if len(row) == classes - first else [None] * (classes - first)
    return (*([None] * first), *kept)


def total(results: Sequence[LossResult]) -> float:
    """Return Σ λ L. A loss with λ = 0 takes no part in it, whatever its value."""
    return math.fsum(r.weight * r.value for r in results if r.weight) if results else 0.0


def finite(evaluated: Evaluated) -> bool:
    """Whether value and slopes are finite numbers."""
    tables = [] if evaluated.slopes is None else _tables(evaluated.slopes)
    return math.isfinite(evaluated.value) and all(np.isfinite(t).all() for t in tables)


def broken_slopes(slopes: Sums) -> list[int]:
    """Return the classes in which a slope is not finite."""
    bad = np.any([~np.isfinite(table) for table in _tables(slopes)], axis=0)
    return [int(index) for index in np.flatnonzero(bad)]


def _tables(slopes: Sums) -> list[Array]:
    tables = [getattr(slopes, name) for name in SUM_NAMES]
    return [*tables, *slopes.own.values()]


Evaluate = Callable[[LossSetting], Evaluated]
