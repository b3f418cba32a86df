"""Explain values that are not finite: the class, the operation, the voxels and the cure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Choice, Number, Parameter
from lossexplorer.engine.messages import Cure, Problem, Reference
from lossexplorer.engine.values import Evaluate, Evaluated, broken_slopes
from lossexplorer.losses import Sums, is_smoothed

Array = NDArray[np.float64]

CERTAIN_ENOUGH = 1 - 1e-6
"""The confidence at which every class has a probability above 0."""


def problems(
    evaluated: Evaluated,
    sums: Sums,
    infinite: Array,
    names: tuple[str, ...],
    again: Evaluate,
    softer: Cure | None,
) -> tuple[Problem, ...]:
    """Return a problem for each class that makes a loss or its gradient not finite.

    Parameters
    ----------
    evaluated : Evaluated
        The loss.
    sums : Sums
        NumPy arrays of shape (sample, class).
    infinite : array, shape (class,)
        The number of voxels in which the loss's own maps are infinite.
    names : tuple of str
        The classes' names.
    again : callable
        Evaluates the loss with other parameters, to try a cure before it is named.
    softer : Cure or None
        The change of the prediction that makes logarithms finite, if there is one.
    """
    if evaluated.is_finite:
        return ()
    loss = evaluated.loss
    cure = _cure(evaluated, again) or softer
    if math.isfinite(evaluated.value):
        assert evaluated.slopes is not None
        where = ", ".join(names[index] for index in broken_slopes(evaluated.slopes))
        what = loss.slope_operation or loss.operation
        return (Problem(f"{where}: the gradient is not finite: {what}.", cure),)
    texts = [
        f"{names[index]}: {_operation(evaluated, sums, infinite, index)}."
        for index in _broken(evaluated, sums, infinite)
    ]
    texts = texts or [f"All classes together: {loss.operation}."]
    return tuple(Problem(text, cure) for text in texts)


def _broken(evaluated: Evaluated, sums: Sums, infinite: Array) -> list[int]:
    per_class = evaluated.per_class
    broken = [i for i, term in enumerate(per_class) if term is not None and not math.isfinite(term)]
    if evaluated.loss.reduction == "sum" and not infinite.any():
        # Classes with a common denominator are all NaN; only absent classes can be the cause.
        broken = [i for i in broken if (sums.truth[:, i] == 0).any()] or broken
    return broken


def _operation(evaluated: Evaluated, sums: Sums, infinite: Array, index: int) -> str:
    loss = evaluated.loss
    if infinite[index]:
        count = _mass(infinite[index])
        which = "a" if is_smoothed(evaluated.setting.parameters) else "the true"
        return f"log 0 in {count} voxels, where the prediction of {which} class is 0"
    # In a batch, a ratio fails first in the sample with the fewest voxels of the class.
    sample = int(np.argmin(sums.truth[:, index] + sums.prediction[:, index]))
    where = f" of sample {sample}" if len(sums.truth) > 1 else ""
    return (
        f"{loss.operation}, with {_mass(sums.truth[sample, index])} voxels in the truth{where} and "
        f"{_mass(sums.prediction[sample, index])} in the prediction"
    )


def _cure(evaluated: Evaluated, again: Evaluate) -> Cure | None:
    """Return the first change of one parameter that makes value and gradient finite."""
    setting, loss = evaluated.setting, evaluated.loss
    for name in loss.cures:
        parameter = next(p for p in loss.parameters if p.name == name)
        for value in _candidates(parameter, setting.parameters[name]):
            tried = replace(setting, parameters={**setting.parameters, name: value})
            if again(tried).is_finite:
                return Cure(Reference(name, setting.name), value)
    return None


def _candidates(parameter: Parameter, now: Any) -> Iterator[Any]:
    """Yield other values of a parameter, the smallest change first."""
    if isinstance(parameter, Choice):
        yield from (option for option in parameter.options if option != now)
    elif isinstance(parameter, Number) and parameter.scale == "linear":
        whole = [float(n) for n in (0, 1) if parameter.low <= n <= parameter.high and n != now]
        yield from sorted(whole, key=lambda value: abs(value - now))
    else:
        smallest = parameter.smallest if isinstance(parameter, Number) else 1e-7
        yield from (10.0**k for k in range(round(math.log10(smallest)), 1) if 10.0**k != now)


def _mass(value: float) -> str:
    mass = float(value)
    return f"{mass:,.0f}" if mass.is_integer() else f"{mass:,.4g}"


def field_problem(gradient: NDArray[np.float32], what: str) -> str:
    """Return a sentence if the gradient is not finite in some voxels, else an empty text.

    Parameters
    ----------
    gradient : array
        The gradient in the region that the loss sees.
    what : str
        The title of the loss, or "the total".
    """
    if np.isfinite(gradient).all():
        return ""
    if undefined := int(np.isnan(gradient).sum()):
        return f"The gradient of {what} is undefined (0/0) in {undefined} of the voxels shown."
    infinite = int(np.isinf(gradient).sum())
    return f"The gradient of {what} is infinite in {infinite} of the voxels shown."
