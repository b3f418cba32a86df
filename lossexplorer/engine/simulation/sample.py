"""One sample and its prediction: the stages one after the other."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from lossexplorer.engine.simulation.prediction import PredictionStage
from lossexplorer.engine.simulation.scores import ScoreStage
from lossexplorer.engine.simulation.summing import SummingStage
from lossexplorer.engine.simulation.truth import Labels, TruthStage
from lossexplorer.engine.step.plan import Plan
from lossexplorer.predictions import CONTROLS, Grid, Values


class Simulation:
    """One sample and its prediction, simulated or given.

    Parameters
    ----------
    labels : array of unsigned int, shape (z, y, x)
        Class indices of the truth.
    grid : Grid
        Of the volume.
    given : array, optional
        A prediction instead of a simulated one: class indices, shape (z, y, x), or float32
        probabilities, shape (class, z, y, x).
    dense : bool
        Whether every row and every class is summed, also where the result is known without.
    """

    def __init__(
        self, labels: Labels, grid: Grid, given: NDArray[Any] | None = None, *, dense: bool = False
    ) -> None:
        self._truth = TruthStage(labels, grid)
        self._prediction = PredictionStage(ScoreStage(labels, grid), grid, given)
        self._summing = SummingStage(grid, dense=dense)
        if given is None:
            # What takes longest is done when the volume is loaded.
            self.plan({name: control.default for name, control in CONTROLS.items()})

    def plan(self, values: Values, *, exact: bool = True) -> Plan:
        """Return what a step with the controls' values takes.

        Parameters
        ----------
        values : mapping
            Every control's value.
        exact : bool
            Whether all classes and rows are to be summed where a few would nearly do.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If a value does not fit the classes.
        """
        truth = self._truth.make(values)
        source = self._prediction.make(values, truth.extent)
        summed = self._summing.make(source, truth, values, exact=exact)
        return Plan(
            recipe=source.recipe,
            values=source.tensors,
            source=source.field,
            moves=source.moves,
            labels=truth.labels,
            truth=truth.counts,
            noise=source.noise,
            rim=truth.rim,
            rim_share=truth.rim_share,
            margins=truth.extent.margins,
            counted=summed.rows,
            few=summed.few,
            left_out=summed.left_out,
            subset=summed.subset,
        )

    def rim(self, values: Values) -> Labels | None:
        """Return the labels that a share of the truth has instead, (z, y, x); None if none has."""
        return self._truth.rim(values)
