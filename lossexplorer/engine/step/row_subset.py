"""Preview of a large step: while the hand moves, a subset of the rows stands for all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.step.chunks import Counted, numbered
from lossexplorer.engine.step.rows import ROW, Field, Indices, RowLayout

BUDGET = 2**28 if backend.is_gpu() else 2**23
"""Elements of a field, voxels times classes, that are computed while the hand moves."""


@dataclass(frozen=True, eq=False)
class RowSubset:
    """Rows that stand for all counted rows.

    Attributes
    ----------
    counted : Counted
        The rows, weighted with what each stands for.
    scale : array of float64, shape (class,)
        The factors of the sums over them. How many voxels a class has in the truth is known, and
        the factor that makes this number right is applied to the class's other sums, too (the
        ratio estimator; Cochran, Sampling Techniques, 1977, chapter 6).
    share : float
        The share of all counted rows that these are, 0 … 1.
    """

    counted: Counted
    scale: NDArray[np.float64]
    share: float


class RowSampler:
    """Chooses rows at random, evenly over the volume, those of small classes before others.

    Parameters
    ----------
    labels : Field
        The truth.
    truth : array of float64, shape (class,)
        How many voxels each class has.
    """

    def __init__(self, labels: Field, truth: NDArray[np.float64]) -> None:
        self._truth = truth
        self._layout = labels.layout
        self._labels = backend.to_numpy(labels.rows[0])

    @cached_property
    def _matter(self) -> NDArray[np.float64]:
        """How much each row matters: by the rarest of its classes."""
        found = np.zeros(len(self._labels))
        for index in range(self._layout.classes):
            there = (self._labels == index).any(axis=1)
            found[there] = np.maximum(found[there], 1 / max(1, there.sum()))
        return found

    def subset(self, every: Counted, classes: int) -> RowSubset | None:
        """Return rows within `BUDGET`; None if all rows are within it.

        Parameters
        ----------
        every : Counted
            All rows that would be summed.
        classes : int
            How many classes of each row are computed.
        """
        wanted = BUDGET // (ROW * classes)
        if len(every.rows) <= wanted:
            return None
        count = every.host_weights > 0
        rows, weights = every.rows[count], every.host_weights[count]
        places, stands_for = _chosen(rows, self._layout, self._matter[rows], wanted)
        weights = weights[places] * stands_for
        counted = numbered(rows[places], weights, self._layout.classes, self._layout.capacity)
        voxels = self._labels[counted.rows].reshape(-1)
        found = np.bincount(voxels, np.repeat(weights, ROW), minlength=len(self._truth))
        scale = np.divide(self._truth, found, out=np.ones_like(found), where=found > 0)
        return RowSubset(counted, scale, len(places) / len(rows))


def _chosen(
    rows: Indices, layout: RowLayout, matter: NDArray[np.float64], wanted: int
) -> tuple[Indices, NDArray[np.float64]]:
    """Return places among the rows, ascending, and how many rows each stands for."""
    first, last = layout.representatives.start, layout.representatives.stop
    always = (rows >= first) & (rows < last)
    share = np.where(always, 1.0, np.minimum(1.0, matter * _factor(matter[~always], wanted)))
    certain, drawn = np.flatnonzero(share >= 1), np.flatnonzero(share < 1)
    ends = np.cumsum(share[drawn])
    # One at random in each stretch of rows that stands for one: evenly, but in step with nothing.
    stretches = np.arange(len(drawn) and int(ends[-1]))
    points = stretches + np.random.default_rng(0).random(len(stretches))
    # A row at the end of a stretch may also be drawn for the next one, and then counts twice.
    places, times = np.unique(np.searchsorted(ends, points), return_counts=True)
    found = np.concatenate([certain, drawn[places]])
    stands_for = np.concatenate([np.ones(len(certain)), times / share[drawn[places]]])
    order = np.argsort(found)
    return found[order], stands_for[order]


def _factor(matter: NDArray[np.float64], wanted: int) -> float:
    """Return the factor at which Σ min(1, factor × matter) is so many."""
    descending = np.sort(matter)[::-1]
    sums = np.cumsum(descending[::-1])[::-1]
    # With the k rows that matter most certain, the others share what is left.
    k = np.arange(len(descending))
    factors = (wanted - k) / np.maximum(sums, 1e-300)
    fits = factors * descending <= 1
    return float(factors[np.argmax(fits)]) if fits.any() else float(1 / descending[-1])
