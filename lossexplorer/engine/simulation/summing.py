"""The fourth phase: the rows and classes that a step sums over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossexplorer.core.cache import Cache
from lossexplorer.engine.simulation.prediction import StepInput
from lossexplorer.engine.simulation.truth import Truth
from lossexplorer.engine.step.band import Band, Selection, rounded_up
from lossexplorer.engine.step.best_classes import (
    ENOUGH,
    MOST_LEFT_OUT,
    Best,
    Few,
    best_classes,
    suits,
)
from lossexplorer.engine.step.chunks import Counted, counted
from lossexplorer.engine.step.row_subset import RowSampler, RowSubset
from lossexplorer.engine.step.rows import Field
from lossexplorer.predictions import Grid, Values, lead_needed


@dataclass(frozen=True)
class Summed:
    """The rows and classes that a step sums over.

    Attributes
    ----------
    rows : Counted
        The rows.
    few : Few or None
        The best classes, if they are summed instead of all classes.
    left_out : float
        The share of the objects' probability in the classes that are not summed, 0 … 1.
    subset : RowSubset or None
        The row subset, if the rows are one.
    """

    rows: Counted
    few: Few | None = None
    left_out: float = 0.0
    subset: RowSubset | None = None


class SummingPhase:
    """Chooses the rows and classes that a step sums over.

    Parameters
    ----------
    grid : Grid
        The volume's grid.
    dense : bool
        Whether all rows and classes are always summed.
    """

    def __init__(self, grid: Grid, *, dense: bool) -> None:
        self._grid, self._dense = grid, dense
        self._bands: Cache[Field, Band] = Cache(1)
        self._selections: Cache[tuple[Band, float], Selection | None] = Cache(1)
        self._counted: Cache[tuple[Any, ...], Counted] = Cache(1)
        self._samplers: Cache[Field, RowSampler] = Cache(1)
        self._subsets: Cache[tuple[Counted, RowSampler, int], RowSubset | None] = Cache(1)
        self._best: Cache[Field, Best] = Cache(1)
        self._few: Cache[tuple[Best, Counted, float], Few] = Cache(1)

    def make(
        self,
        basis: StepInput,
        truth: Truth,
        values: Values,
        *,
        exact: bool,
        everywhere: bool = False,
    ) -> Summed:
        """Return the rows and classes to sum over.

        Parameters
        ----------
        basis : StepInput
            The input of the step.
        truth : Truth
            The truth.
        values : mapping
            Every control's value.
        exact : bool
            Whether a row subset and the best classes are not enough.
        everywhere : bool
            Whether no row stands for others: how small a small probability is matters.
        """
        every = self._every_row(basis, truth, values, everywhere=everywhere)
        if exact or everywhere or self._dense or truth.rim is not None:
            return Summed(every)
        classes = self._most_classes(basis)
        subset = self._subset(every, truth, classes)
        rows = every if subset is None else subset.counted
        few = self._few_classes(basis, truth, rows, classes, values)
        left_out = 0.0 if few is None else few.left_out(basis.recipe, basis.tensors)
        return Summed(rows, few if left_out <= MOST_LEFT_OUT else None, left_out, subset)

    def _every_row(
        self, basis: StepInput, truth: Truth, values: Values, *, everywhere: bool
    ) -> Counted:
        """Return the rows for exact sums: those near boundaries if they suffice, else all rows.

        All rows are needed for a truth with a rim, and for probabilities, which have no lead.
        """
        everywhere |= self._dense or truth.rim is not None or not basis.is_scores
        selection = None if everywhere else self._selection(basis, truth, values)
        row_layout = basis.field.row_layout
        return self._counted.get(
            (row_layout.shape, selection), lambda: counted(row_layout, selection)
        )

    def _selection(self, basis: StepInput, truth: Truth, values: Values) -> Selection | None:
        lead, displacement = lead_needed(values, self._grid, basis.largest), basis.displacement
        if displacement is not None:
            lead = displacement.lead_before(lead)
        lead = rounded_up(lead)
        of = basis.measured
        band = self._bands.get(of, lambda: Band(of, truth.labels, truth.ignored))
        return self._selections.get((band, lead), lambda: band.select(lead))

    def _subset(self, every: Counted, truth: Truth, classes: int) -> RowSubset | None:
        """Return a row subset, if all rows would take too long while the hand moves, else None."""
        labels = truth.labels
        sampler = self._samplers.get(
            labels, lambda: RowSampler(labels, truth.ignored, truth.counts)
        )
        return self._subsets.get((every, sampler, classes), lambda: sampler.subset(every, classes))

    def _most_classes(self, basis: StepInput) -> int:
        """Return the largest number of classes summed in a row: k and the class of no score."""
        classes = basis.field.row_layout.classes
        if not (basis.as_measured and suits(basis.recipe)):
            return classes
        k = best_classes()
        return k + 1 if 0 < k < classes // 2 else classes

    def _few_classes(
        self, basis: StepInput, truth: Truth, rows: Counted, most: int, values: Values
    ) -> Few | None:
        """Return the best classes to sum, if they are much fewer than all classes, else None."""
        if most == basis.field.row_layout.classes:
            return None
        best = self._best.get(basis.field, lambda: Best(basis.field, truth.labels, most - 1))
        if not best.enough:
            return None
        lead = rounded_up(lead_needed(values, self._grid, {}, certain=ENOUGH))
        return self._few.get((best, rows, lead), lambda: best.few(rows, lead))
