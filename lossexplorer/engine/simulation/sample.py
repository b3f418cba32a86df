"""One sample and its prediction: runs the phases of the simulation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import Cache
from lossexplorer.engine.simulation.prediction import PredictionPhase, on_device
from lossexplorer.engine.simulation.scores import ScorePhase
from lossexplorer.engine.simulation.summing import SummingPhase
from lossexplorer.engine.simulation.truth import Labels, TruthPhase
from lossexplorer.engine.step.decided import DecidedPlan
from lossexplorer.engine.step.plan import Plan
from lossexplorer.predictions import (
    CONTROLS,
    DEGRADATIONS,
    Grid,
    Values,
    active,
    recipe,
    tensors,
    values_of,
)

MANY_CLASSES = 16
"""From so many classes on, the voxels of a decided prediction are counted; see `DecidedPlan`.

Of fewer classes, the rows near boundaries are computed as fast as all voxels are counted.
"""


class Simulation:
    """One sample and its prediction, simulated or given.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices of the truth.
    grid : Grid
        The volume's grid.
    given : array, optional
        A given prediction instead of a simulated one: class indices, shape (z, y, x), or float32
        probabilities, shape (class, z, y, x).
    ignored : array of bool, shape (z, y, x), optional
        The voxels that count nowhere. The prediction is simulated in them, too.
    dense : bool
        Whether all rows and classes are summed, also those whose sums are known in advance.
    """

    def __init__(
        self,
        labels: Labels,
        grid: Grid,
        given: NDArray[Any] | None = None,
        ignored: NDArray[np.bool_] | None = None,
        *,
        dense: bool = False,
    ) -> None:
        self._grid, self._is_decidable = grid, given is None and not dense
        self._truth = TruthPhase(labels, grid, ignored)
        self._scores = ScorePhase(labels, grid)
        self._prediction = PredictionPhase(self._scores, grid, given)
        self._counts: Cache[tuple[Any, ...], NDArray[np.float64] | None] = Cache(1)
        self._summing = SummingPhase(grid, dense=dense)
        if given is None:
            # The scores, which take longest, are computed when the volume is loaded.
            self.plan({name: control.default for name, control in CONTROLS.items()})

    def plan(self, values: Values, *, exact: bool = True, everywhere: bool = False) -> Plan:
        """Return the plan of a step with the controls' values.

        Parameters
        ----------
        values : mapping
            Every control's value.
        exact : bool
            Whether all classes and rows are summed, instead of those for a preview.
        everywhere : bool
            Whether no row stands for others, however certain its prediction is.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If a value does not fit the classes.
        """
        truth = self._truth.make(values)
        basis = self._prediction.make(values, truth.extent)
        summed = self._summing.make(basis, truth, values, exact=exact, everywhere=everywhere)
        return Plan(
            recipe=basis.recipe,
            values=basis.tensors,
            basis=basis.field,
            moves=basis.moves,
            labels=truth.labels,
            truth=truth.counts,
            ignored=truth.ignored,
            voxels=truth.voxels,
            noise=basis.noise,
            rim=truth.rim,
            rim_share=truth.rim_share,
            margins=truth.extent.margins,
            counted=summed.rows,
            few=summed.few,
            left_out=summed.left_out,
            subset=summed.subset,
        )

    def decided(self, values: Values) -> DecidedPlan | None:
        """Return what sums take of a decided prediction of many classes, else None.

        None, too, if not all voxels of a kind have the same prediction.
        """
        chosen = recipe(values, simulated=True)
        if (
            not (self._is_decidable and chosen.hard and self._grid.classes >= MANY_CLASSES)
            or active("fused scores", values)
            or active("field", values)
            or any(DEGRADATIONS[name].noise is not None for name, _ in chosen.after)
        ):
            return None
        truth = self._truth.make(values)
        if truth.rim is not None or not truth.extent.is_whole:
            return None
        counts = self._counts.get(
            values_of([*active("labels", values), *active("scores", values)], values),
            lambda: self._counted(values),
        )
        if counts is None:
            return None
        chosen = replace(chosen, before=())
        made = tensors(chosen, values, self._grid)
        return DecidedPlan(
            recipe=chosen,
            values=on_device(made),
            counts=counts,
            truth=truth.counts,
            voxels=truth.voxels,
        )

    def _counted(self, values: Values) -> NDArray[np.float64] | None:
        decided = self._scores.decided(values)
        return None if decided is None else self._truth.counts(decided)

    def rim(self, values: Values) -> Labels | None:
        """Return the labels with their rim, shape (z, y, x); None without a rim."""
        return self._truth.rim(values)
