"""Preview of a large step: while the hand moves, a row subset stands for all rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.step.chunks import Counted, numbered
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.step.rows import Field, Indices, RowLayout

BUDGET = 2**28 if backend.is_gpu() else 2**23
"""The largest number of elements, voxels times classes, computed while the hand moves."""


@dataclass(frozen=True, eq=False)
class RowSubset:
    """Rows that stand for all counted rows.

    Attributes
    ----------
    counted : Counted
        The rows; the weight of each includes the rows that it stands for.
    factors : array of float64, shape (class,)
        The factor for each class's sums over the rows: the number of voxels of the class in the
        truth, divided by its estimate from the rows (the ratio estimator; Cochran, Sampling
        Techniques, 1977, chapter 6).
    share : float
        The number of the rows divided by the number of all counted rows, 0 … 1.
    """

    counted: Counted
    factors: NDArray[np.float64]
    share: float


class RowSampler:
    """Draws rows at random, evenly over the volume, those of small classes with higher probability.

    Parameters
    ----------
    labels : Field
        The truth.
    ignored : Field or None
        The voxels that count nowhere, as in `lossexplorer.engine.step.plan.Plan`.
    truth : array of float64, shape (class,)
        The number of voxels of each class.
    """

    def __init__(self, labels: Field, ignored: Field | None, truth: NDArray[np.float64]) -> None:
        self._truth = truth
        self._row_layout = labels.row_layout
        self._labels = backend.to_numpy(labels.rows[0])
        if ignored is not None:
            of_no_class = np.int32(labels.row_layout.classes)
            self._labels = np.where(
                backend.to_numpy(ignored.rows[0]) != 0, of_no_class, self._labels
            )

    @cached_property
    def _importance(self) -> NDArray[np.float64]:
        """The importance of each row: 1 / (number of rows with the rarest class of the row)."""
        found = np.zeros(len(self._labels))
        for index in range(self._row_layout.classes):
            there = (self._labels == index).any(axis=1)
            found[there] = np.maximum(found[there], 1 / max(1, there.sum()))
        return found

    def subset(self, every: Counted, classes: int) -> RowSubset | None:
        """Return a row subset within `BUDGET`; None if all rows are within it.

        Parameters
        ----------
        every : Counted
            The rows of the exact sums.
        classes : int
            The number of classes that are computed in each row.
        """
        wanted = BUDGET // (ROW * classes)
        if len(every.rows) <= wanted:
            return None
        count = every.host_row_weights > 0
        rows, row_weights = every.rows[count], every.host_row_weights[count]
        places, stands_for = _chosen(rows, self._row_layout, self._importance[rows], wanted)
        row_weights = row_weights[places] * stands_for
        counted = numbered(
            rows[places], row_weights, self._row_layout.chunk, self._row_layout.capacity
        )
        voxels = self._labels[counted.rows].reshape(-1)
        classes = len(self._truth)
        found = np.bincount(voxels, np.repeat(row_weights, ROW), minlength=classes)[:classes]
        factors = np.divide(self._truth, found, out=np.ones_like(found), where=found > 0)
        return RowSubset(counted, factors, len(places) / len(rows))


def _chosen(
    rows: Indices, row_layout: RowLayout, importance: NDArray[np.float64], wanted: int
) -> tuple[Indices, NDArray[np.float64]]:
    """Return the drawn rows' places in `rows`, ascending, and how many rows each stands for."""
    first, last = row_layout.representatives.start, row_layout.representatives.stop
    always = (rows >= first) & (rows < last)
    share = np.where(
        always, 1.0, np.minimum(1.0, importance * _factor(importance[~always], wanted))
    )
    certain, drawn = np.flatnonzero(share >= 1), np.flatnonzero(share < 1)
    ends = np.cumsum(share[drawn])
    # One at random in each stretch of rows whose shares add up to 1: even, but not periodic.
    stretches = np.arange(len(drawn) and int(ends[-1]))
    points = stretches + np.random.default_rng(0).random(len(stretches))
    # A row at the end of a stretch may also be drawn for the next one, and then counts twice.
    places, times = np.unique(np.searchsorted(ends, points), return_counts=True)
    found = np.concatenate([certain, drawn[places]])
    stands_for = np.concatenate([np.ones(len(certain)), times / share[drawn[places]]])
    order = np.argsort(found)
    return found[order], stands_for[order]


def _factor(importance: NDArray[np.float64], wanted: int) -> float:
    """Return the factor at which Σ min(1, factor × importance) = wanted."""
    descending = np.sort(importance)[::-1]
    sums = np.cumsum(descending[::-1])[::-1]
    # If the k most important rows have probability 1, the others share the remaining wanted - k.
    k = np.arange(len(descending))
    factors = (wanted - k) / np.maximum(sums, 1e-300)
    fits = factors * descending <= 1
    return float(factors[np.argmax(fits)]) if fits.any() else float(1 / descending[-1])
