"""The band: the rows in which a prediction may be uncertain or wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.step.rows import Field, Indices, portions
from lossexplorer.engine.until_compiled import compiled

Tensor = Any

# Number of elements of a field for which leads are computed at a time.
_PORTION = 2**22
# Above this share of the rows, gathering them costs more than computing all rows in their order.
_MOST = 0.6
# Leads are rounded up to powers of this, so that a slider that moves seldom needs a new selection.
_FACTOR = 1.2


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows that are computed voxel by voxel, and the number of voxels in the other rows.

    Attributes
    ----------
    rows : array of int, shape (row,)
        The rows, in ascending order.
    certain : array of float64, shape (class,)
        The number of voxels of each class in the other rows.
    """

    rows: Indices
    certain: NDArray[np.float64]


class Band:
    """Selects the rows in which the prediction of a voxel may be uncertain or wrong.

    Parameters
    ----------
    scores : Field
        The classes' scores in mm.
    labels : Field
        The truth.
    ignored : Field or None
        The voxels that count nowhere, as in `lossexplorer.engine.step.plan.Plan`.
    """

    def __init__(self, scores: Field, labels: Field, ignored: Field | None) -> None:
        row_layout = scores.row_layout
        rows = np.arange(row_layout.filled)
        size = max(1, _PORTION // (row_layout.classes * ROW))
        look = _leads(row_layout.classes)
        of_truth = (labels,) if ignored is None else (labels, ignored)
        found = [
            [
                backend.to_numpy(each)[..., :count]
                for each in look(scores.take(b), *(each.take(b)[0] for each in of_truth))
            ]
            for b, count in portions(rows, min(size, row_layout.capacity))
        ]
        leads, counts = (np.concatenate(pieces, axis=-1) for pieces in zip(*found, strict=True))
        ones = row_layout.ones(rows)
        self._leads, self._counts = np.where(ones > 0, leads, np.inf), counts * ones

    def select(self, lead: float) -> Selection | None:
        """Return the rows to compute; None if it is faster to compute all rows.

        Parameters
        ----------
        lead : float
            The lead in mm that a class needs to be certain.
        """
        if not math.isfinite(lead):
            return None
        rows = np.flatnonzero(self._leads <= lead)
        if len(rows) > _MOST * len(self._leads):
            return None
        certain = self._totals - self._counts[:, rows].sum(axis=1)
        return Selection(rows, certain)

    @cached_property
    def _totals(self) -> NDArray[np.float64]:
        totals: NDArray[np.float64] = self._counts.sum(axis=1)
        return totals


def rounded_up(lead: float) -> float:
    """Return a lead rounded up to a power of 1.2, so that nearby leads become equal.

    Examples
    --------
    >>> rounded_up(10.0) == rounded_up(10.2) >= 10.2
    True
    """
    if not 0 < lead < math.inf:
        return lead
    return float(_FACTOR ** math.ceil(math.log(lead, _FACTOR) - 1e-9))


@cached(MOST_COMPILED)
def _leads(classes: int) -> Any:
    """Compile a function that returns each row's lead, and its number of voxels of each class.

    Voxels that count nowhere have no lead and no class.
    """

    def leads(
        scores: Tensor, labels: Tensor, ignored: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        index = ops.reshape(ops.arange(classes, dtype="int32"), (-1, 1, 1))
        truth = ops.cast(labels, "int32")[None] == index
        true = ops.sum(ops.where(truth, scores, 0.0), axis=0)
        lead = true - ops.max(ops.where(truth, -math.inf, scores), axis=0)
        if ignored is not None:
            lead = ops.where(ignored != 0, math.inf, lead)
            truth = ops.logical_and(truth, (ignored == 0)[None])
        return ops.min(lead, axis=1), ops.sum(ops.cast(truth, "int32"), axis=2)

    return compiled(leads)
