"""From scores or given probabilities, voxel by voxel, to the prediction: what is fused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.predictions._catalog import DEGRADATIONS, acting_on
from lossexplorer.predictions._degradation import ActsOn, Grid, Once, Values, plainly
from lossexplorer.predictions.softness import decide

Tensor = Any
Tensors = Mapping[str, Mapping[str, Tensor]]

RecipeStep = tuple[str, tuple[tuple[str, Any], ...]]
"""A degradation's name, and the options that it is compiled for."""


@dataclass(frozen=True)
class Recipe:
    """What is done in each voxel; hashable, because a function is compiled for it.

    Attributes
    ----------
    before : tuple of RecipeStep, optional
        What changes scores before they are decided; None if probabilities are given.
    hard : bool
        Whether the best score decides.
    after : tuple of RecipeStep
        What changes probabilities.
    """

    before: tuple[RecipeStep, ...] | None
    hard: bool
    after: tuple[RecipeStep, ...]

    @property
    def steps(self) -> tuple[RecipeStep, ...]:
        """What is done before and after deciding."""
        return (*(self.before or ()), *self.after)


def recipe(values: Values, *, simulated: bool) -> Recipe:
    """Return the recipe for the controls' values.

    Parameters
    ----------
    values : mapping
        Every control's value.
    simulated : bool
        Whether it starts from scores; else from probabilities.
    """
    before, after = (
        tuple(
            (each.name, tuple((name, values[name]) for name in each.options))
            for each in acting_on(stage)
            if each.always or not each.idle(values)
        )
        for stage in ("fused scores", "fused probabilities")
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
    made = {name: DEGRADATIONS[name].prepared(values, grid) for name, _ in chosen.steps}
    made["softness"] = {"softness": np.asarray(values["softness"], np.float64)}
    return made


CERTAIN = 20.0
"""Lead, in logits, at which the others' probabilities (2e-9) no longer count."""


def lead_needed(
    values: Values, grid: Grid, largest: Mapping[str, float], *, certain: float = CERTAIN
) -> float:
    """Return the lead in mm at which a voxel's class is certain in the prediction.

    It is the lead of the best score in what the recipe starts from. Where it is larger, the
    prediction is the same as in any other such voxel of the class.

    Parameters
    ----------
    values : mapping
        Every control's value.
    grid : Grid
        Of the volume.
    largest : mapping of str to float
        The largest magnitude of each active degradation's random field.
    certain : float
        The lead, in logits, of the class in the prediction.
    """
    after = certain
    stages: tuple[ActsOn, ...] = ("fused probabilities", "decision", "fused scores")
    passed = [each for stage in stages for each in reversed(acting_on(stage))]
    for each in passed:
        if each.acts_on == "decision" or not each.idle(values):
            after = each.lead_before(after, values, grid, largest.get(each.name, 0.0))
    return after


def follow(
    chosen: Recipe,
    source: Tensor,
    values: Tensors,
    noise: Mapping[str, Tensor],
    once: Once = plainly,
) -> tuple[Tensor, Tensor]:
    """Return the probabilities of the prediction, and their logarithms.

    Parameters
    ----------
    chosen : Recipe
        What to do.
    source : tensor, shape (class, …)
        Scores in mm, or probabilities.
    values : mapping
        What `tensors` returned, as tensors.
    noise : mapping
        Random fields (k, …) of those degradations that have one.
    once : callable
        See `lossexplorer.predictions.Once`.

    Returns
    -------
    probabilities, logarithms : tensor, shape (class, …)
        The simulated probabilities add up to 1 over the classes.
    """
    from keras import ops

    def call(step: RecipeStep, *fields: Tensor) -> Any:
        name, options = step
        every = {**values[name], **dict(options)}
        return DEGRADATIONS[name].apply(*fields, every, noise.get(name))

    if chosen.before is None:
        p, log_p = source, ops.log(source)
    else:
        for step in chosen.before:
            source = call(step, source)
        softness = values["softness"]["softness"]
        p, log_p = decide(source, softness, hard=chosen.hard, once=once)
    for step in chosen.after:
        p, log_p = once(call(step, p, log_p))
    return p, log_p
