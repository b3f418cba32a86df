"""From class sums to loss values, per-class values and slopes, by one small compiled function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np

from lossexplorer.engine.backends import tensorflow as backend
from lossexplorer.engine.diagnosis import value_problems
from lossexplorer.engine.messages import TOTAL, LossResult, LossSetting
from lossexplorer.losses import Sums, loss_named

_SUMS = tuple(field.name for field in fields(Sums))


@dataclass(frozen=True)
class Evaluated:
    """A loss's result, and its slope in every class sum, shape (1, class)."""

    result: LossResult
    slopes: Sums


@cache
def _function(name: str, options: tuple[tuple[str, Any], ...], numbers: tuple[str, ...]) -> Any:
    """Compile one loss; numbers are tensors, so that moving a slider compiles nothing."""
    loss = loss_named(name)

    def value_and_terms(inputs: list[Any], values: list[Any]) -> tuple[Any, Any]:
        sums = Sums(**dict(zip(_SUMS, inputs, strict=True)))
        terms = loss.class_terms(sums, {**dict(options), **dict(zip(numbers, values, strict=True))})
        return loss.value(terms), terms

    return backend.value_and_slopes(value_and_terms)


def evaluate(setting: LossSetting, sums: Sums, names: list[str]) -> Evaluated:
    """Return a loss's value, per-class values, problems and slopes.

    Parameters
    ----------
    setting : LossSetting
        The loss and every one of its parameters.
    sums : Sums
        NumPy float64 arrays of shape (1, class): the loss is computed in float64.
    names : list of str
        The classes' names, for the problems' sentences.
    """
    loss = loss_named(setting.name)
    values = setting.parameters
    numbers = tuple(k for k, v in values.items() if isinstance(v, float))
    options = tuple((k, v) for k, v in values.items() if k not in numbers)
    inputs = [backend.to_device(getattr(sums, name)) for name in _SUMS]
    value, terms, slopes = _function(setting.name, options, numbers)(
        inputs, [backend.to_device(np.float64(values[name])) for name in numbers]
    )
    classes = len(names)
    row = backend.to_numpy(terms)[0].tolist()
    first = 0 if values["include_background"] else 1
    # A loss that pools the classes has one term, which belongs to no class.
    kept = row if len(row) == classes - first else [None] * (classes - first)
    per_class = (*([None] * first), *kept)
    number = float(value)
    result = LossResult(
        name=setting.name,
        parameters=values,
        weight=setting.weight,
        value=number,
        per_class=per_class,
        problems=value_problems(loss, number, per_class, sums, names),
    )
    arrays = dict(zip(_SUMS, map(backend.to_numpy, slopes), strict=True))
    return Evaluated(result, Sums(**arrays))


def total(results: Sequence[LossResult]) -> float:
    """Return Σ λ L. A loss with λ = 0 takes no part in it, whatever its value."""
    return math.fsum(r.weight * r.value for r in results if r.weight) if results else 0.0


def painted_slopes(evaluated: Sequence[Evaluated], loss: str) -> Sums:
    """Return the slopes, shape (class,), of the loss that is painted, or of Σ λ L."""
    if loss != TOTAL:
        return next(e.slopes.map(_row) for e in evaluated if e.result.name == loss)
    weighted = [(e.result.weight, e.slopes.map(_row)) for e in evaluated if e.result.weight]
    classes = evaluated[0].slopes.truth.shape[1]
    return Sums(
        **{
            name: sum((w * getattr(s, name) for w, s in weighted), np.zeros(classes))
            for name in _SUMS
        }
    )


def _row(table: Any) -> Any:
    return table[0]
