"""Sentences about what is not finite: which class, which operation, what cures it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lossexplorer.losses import Loss, Sums

Array = NDArray[np.float64]


def value_problems(
    loss: Loss, value: float, per_class: tuple[float | None, ...], sums: Sums, names: list[str]
) -> tuple[str, ...]:
    """Return a sentence for each class that makes the loss not finite.

    Parameters
    ----------
    loss : Loss
        Whose terms they are.
    value : float
        Its value.
    per_class : tuple of float or None
        Its terms, one per class.
    sums : Sums
        NumPy arrays of shape (1, class).
    names : list of str
        The classes' names.
    """
    broken = [i for i, term in enumerate(per_class) if term is not None and not math.isfinite(term)]
    if loss.reduction == "sum":
        # Classes that share a denominator share its NaN; the absent ones brought it.
        broken = [i for i in broken if sums.truth[0, i] == 0] or broken
    problems = [
        f"{names[index]}: {loss.undefined}, with {_mass(sums.truth, index)} voxels in the "
        f"truth and {_mass(sums.prediction, index)} in the prediction; {loss.cure}."
        for index in broken
    ]
    if not problems and not math.isfinite(value):
        problems = [f"All classes together: {loss.undefined}; {loss.cure}."]
    return tuple(problems)


def _mass(values: Array, index: int) -> str:
    mass = float(values[0, index])
    return f"{mass:,.0f}" if mass.is_integer() else f"{mass:,.4g}"


def field_problem(gradient: NDArray[np.float32], what: str) -> str:
    """Return a sentence if part of a gradient field is not finite, else an empty text."""
    undefined = int(np.isnan(gradient).sum())
    infinite = int(np.isinf(gradient).sum())
    if undefined:
        return f"The gradient of {what} is undefined (0/0) in {undefined} of the voxels shown."
    if infinite:
        return f"The gradient of {what} is infinite in {infinite} of the voxels shown."
    return ""
