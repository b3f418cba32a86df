"""What is fused of the simulation: from scores or probabilities to the prediction, per voxel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.predictions._catalog import DEGRADATIONS, acting_on
from lossexplorer.predictions._degradation import ActsOn, Grid, Once, Values, unchanged
from lossexplorer.predictions.softness import decide

Tensor = Any
Tensors = Mapping[str, Mapping[str, Tensor]]

RecipeEntry = tuple[str, tuple[tuple[str, Any], ...]]
"""A degradation's name, and the options for which a function is compiled."""


@dataclass(frozen=True)
class Recipe:
    """The operations in each voxel; hashable, because a function is compiled for it.

    Attributes
    ----------
    before : tuple of RecipeEntry, optional
        Degradations of the scores before the softmax; None if the step starts from probabilities.
    hard : bool
        Whether the softmax is the hard maximum of the scores.
    after : tuple of RecipeEntry
        Degradations of the probabilities.
    """

    before: tuple[RecipeEntry, ...] | None
    hard: bool
    after: tuple[RecipeEntry, ...]

    @property
    def entries(self) -> tuple[RecipeEntry, ...]:
        """The degradations before and after the softmax."""
        return (*(self.before or ()), *self.after)


def recipe(values: Values, *, simulated: bool) -> Recipe:
    """Return the recipe for the controls' values.

    Parameters
    ----------
    values : mapping
        Every control's value.
    simulated : bool
        Whether the recipe starts from scores; else from probabilities.
    """
    before, after = (
        tuple(
            (each.name, tuple((name, values[name]) for name in each.options))
            for each in acting_on(acts_on)
            if each.always or not each.idle(values)
        )
        for acts_on in ("fused scores", "fused probabilities")
    )
    hard = simulated and values["softness"] == 0
    return Recipe(before if simulated else None, hard, after)


def tensors(chosen: Recipe, values: Values, grid: Grid) -> dict[str, dict[str, NDArray[Any]]]:
    """Return the arrays that a recipe's functions take, by degradation and name.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a value does not fit the classes.
    """
    made = {name: DEGRADATIONS[name].prepared(values, grid) for name, _ in chosen.entries}
    made["softness"] = {"softness": np.asarray(values["softness"], np.float64)}
    return made


CERTAIN = 20.0
"""Lead, in logits, at which the other classes' probabilities (2e-9) are negligible."""


def lead_needed(
    values: Values, grid: Grid, largest: Mapping[str, float], *, certain: float = CERTAIN
) -> float:
    """Return the lead in mm at which a voxel's class is certain in the prediction.

    It is the lead of the best score in the scores that the recipe starts from. All voxels of a
    class with a larger lead have the same prediction.

    Parameters
    ----------
    values : mapping
        Every control's value.
    grid : Grid
        The volume's grid.
    largest : mapping of str to float
        The largest magnitude of each active degradation's random field.
    certain : float
        The lead, in logits, of the class in the prediction.
    """
    after = certain
    order: tuple[ActsOn, ...] = ("fused probabilities", "decision", "fused scores")
    passed = [each for acts_on in order for each in reversed(acting_on(acts_on))]
    for each in passed:
        if each.acts_on == "decision" or not each.idle(values):
            after = each.lead_before(after, values, grid, largest.get(each.name, 0.0))
    return after


def follow(
    chosen: Recipe,
    basis: Tensor,
    values: Tensors,
    noise: Mapping[str, Tensor],
    once: Once = unchanged,
) -> tuple[Tensor, Tensor]:
    """Return the probabilities of the prediction, and their logarithms.

    Parameters
    ----------
    chosen : Recipe
        The recipe.
    basis : tensor, shape (class, …)
        Scores in mm, or probabilities.
    values : mapping
        The result of `tensors`, as tensors.
    noise : mapping
        Random fields (k, …), by degradation.
    once : callable
        See `lossexplorer.predictions.Once`.

    Returns
    -------
    probabilities, logarithms : tensor, shape (class, …)
        The simulated probabilities add up to 1 over the classes.
    """
    from keras import ops

    def call(entry: RecipeEntry, *fields: Tensor) -> Any:
        name, options = entry
        every = {**values[name], **dict(options)}
        return DEGRADATIONS[name].apply(*fields, every, noise.get(name))

    if chosen.before is None:
        p, log_p = basis, ops.log(basis)
    else:
        for entry in chosen.before:
            basis = call(entry, basis)
        softness = values["softness"]["softness"]
        p, log_p = decide(basis, softness, hard=chosen.hard, once=once)
    for entry in chosen.after:
        p, log_p = once(call(entry, p, log_p))
    return p, log_p
