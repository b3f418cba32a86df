"""The third phase: the input of a step, and its recipe."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.simulation.extent import Extent
from lossexplorer.engine.simulation.scores import ScorePhase, certain
from lossexplorer.engine.step.moving import Moves
from lossexplorer.engine.step.rows import Field
from lossexplorer.predictions import (
    DEGRADATIONS,
    ActsOn,
    Displacement,
    Grid,
    Recipe,
    Values,
    active,
    follow,
    recipe,
    tensors,
    values_of,
)

Tensor = Any


@dataclass(frozen=True)
class StepInput:
    """The input of a step.

    Attributes
    ----------
    recipe : Recipe
        The operations in each voxel.
    tensors : mapping
        The controls' values as the recipe takes them, by degradation.
    field : Field
        Scores in mm, or probabilities, by class.
    measured : Field
        The same field without displacement, in which leads are looked for.
    displacement : Displacement or None
        The displacement of the scores; None without it.
    moves : Moves or None
        The displacement as the step takes it.
    as_measured : bool
        Whether the scores are the measured distances, because no degradation acts on scores.
    noise : mapping of str to Field
        Random fields, by degradation.
    largest : mapping of str to float
        The largest magnitude of each random field, by degradation.
    """

    recipe: Recipe
    tensors: Mapping[str, Mapping[str, Tensor]]
    field: Field
    measured: Field
    displacement: Displacement | None
    moves: Moves | None
    as_measured: bool
    noise: Mapping[str, Field]
    largest: Mapping[str, float]

    @property
    def is_scores(self) -> bool:
        """Whether the step starts from scores; else from probabilities."""
        return self.recipe.before is not None


class PredictionPhase:
    """Makes the input of a step.

    Parameters
    ----------
    scores : ScorePhase
        Makes the scores, unless the prediction is given.
    grid : Grid
        The volume's grid.
    given : array or None
        The given prediction, as in `lossexplorer.engine.simulation.Simulation`.
    """

    def __init__(self, scores: ScorePhase, grid: Grid, given: NDArray[Any] | None) -> None:
        self._scores, self._grid = scores, grid
        self._given = None if given is None else _probabilities(given, grid)
        # Scores or probabilities: only one field is needed at a time.
        self._bases: Cache[tuple[Any, ...], Field] = Cache(1)
        self._noise: dict[str, Cache[tuple[Any, ...], tuple[Field, float]]] = {
            name: Cache(1) for name, each in DEGRADATIONS.items() if each.noise is not None
        }

    def make(self, values: Values, extent: Extent) -> StepInput:
        """Return the input of a step with the controls' values.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If a value does not fit the classes.
        """
        simulated = self._given is None and not active("field", values)
        chosen = recipe(values, simulated=simulated)
        made = tensors(chosen, values, self._grid)
        noise = self._random_fields(chosen, values, extent)
        displaced = self._scores.displaced(values, extent) if simulated else None
        as_measured = simulated and extent.is_whole and not active("scores", values)
        if displaced is not None:
            field = displaced.field
        elif as_measured:
            field = self._scores.distances(values)
        elif simulated:
            field = self._scores_in_rows(values, extent)
        else:
            field = self._probabilities_in_rows(values, extent)
        return StepInput(
            recipe=chosen,
            tensors=on_device(made),
            field=field,
            measured=field if displaced is None else displaced.measured,
            displacement=None if displaced is None else displaced.displacement,
            moves=None if displaced is None else displaced.moves,
            as_measured=as_measured,
            noise={name: field for name, (field, _) in noise.items()},
            largest={name: size for name, (_, size) in noise.items()},
        )

    def _scores_in_rows(self, values: Values, extent: Extent) -> Field:
        acting = [*active("labels", values), *active("scores", values)]
        return self._bases.get(
            ("scores", values_of(acting, values), extent),
            lambda: extent.field(
                self._scores.placed(values),
                np.float32,
                certain(self._grid.classes, 0.0, -math.inf),
            ),
        )

    def _probabilities_in_rows(self, values: Values, extent: Extent) -> Field:
        acting = active("field", values)
        if self._given is None:
            before: tuple[ActsOn, ...] = ("labels", "scores", "fused scores", "decision")
            acting = [*(each for acts_on in before for each in active(acts_on, values)), *acting]
        return self._bases.get(
            ("probabilities", values_of(acting, values), extent),
            lambda: extent.field(
                self._smoothed(values), np.float32, certain(self._grid.classes, 1.0, 0.0)
            ),
        )

    def _smoothed(self, values: Values) -> NDArray[np.float32]:
        """Return probabilities after degradations of whole fields, shape (class, z, y, x)."""
        p = self._decided(values) if self._given is None else self._given
        for each in active("field", values):
            p = each.apply(p, self._grid, values)
        return p

    def _decided(self, values: Values) -> NDArray[np.float32]:
        """Return the probabilities of the whole volume before any degradation acts on them."""
        chosen = recipe(values, simulated=True)
        chosen = Recipe(chosen.before, chosen.hard, ())
        arrays = tensors(chosen, values, self._grid)
        made = self._random_fields(chosen, values, self._scores.volume)
        noise = {name: field.whole() for name, (field, _) in made.items()}
        slices = []
        scores = np.stack(list(self._scores.placed(values)))
        for z in range(scores.shape[1]):
            plane = {name: field[:, z] for name, field in noise.items()}
            basis = backend.to_device(scores[:, z])
            slices.append(backend.to_numpy(follow(chosen, basis, arrays, plane)[0]))
        return np.stack(slices, axis=1)

    def _random_fields(
        self, chosen: Recipe, values: Values, extent: Extent
    ) -> dict[str, tuple[Field, float]]:
        """Return the random fields and their largest magnitudes, by degradation."""
        found = {}
        for name, _ in chosen.entries:
            each = DEGRADATIONS[name]
            if each.noise is not None:
                key = (*(values[control] for control in each.noise_controls), extent)
                make = partial(self._random_field, each.noise, values, extent)
                found[name] = self._noise[name].get(key, make)
        return found

    def _random_field(
        self, noise: Callable[..., Any], values: Values, extent: Extent
    ) -> tuple[Field, float]:
        """Return a random field and its largest magnitude."""
        made = noise(self._scores.volume.shape, self._grid, values)
        nothing = np.zeros((len(made), self._grid.classes))
        largest = float(np.abs(made).max(initial=0))
        return extent.field(made, np.float32, nothing), largest


def on_device(made: Mapping[str, Mapping[str, NDArray[Any]]]) -> dict[str, dict[str, Tensor]]:
    """Return the arrays that a recipe's functions take as tensors."""
    return {
        name: {key: backend.to_device(array) for key, array in arrays.items()}
        for name, arrays in made.items()
    }


def _probabilities(given: NDArray[Any], grid: Grid) -> NDArray[np.float32]:
    if given.ndim == 4:
        return given
    return np.stack([given == index for index in range(grid.classes)]).astype(np.float32)
