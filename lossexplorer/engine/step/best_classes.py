"""Preview with many classes: only the background and the best classes of each row are summed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.step.chunks import Counted, numbered
from lossexplorer.engine.step.padding import ROW
from lossexplorer.engine.step.rows import Field, Indices, chunk_rows, portions
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.predictions import DEGRADATIONS, Recipe, follow

Tensor = Any
Tensors = Mapping[str, Mapping[str, Tensor]]

ENVIRONMENT_VARIABLE = "LOSSEXPLORER_BEST_CLASSES"
"""The environment variable with the number of best classes of a row; 0 stands for all classes."""

_DEFAULT = 16

MOST_LEFT_OUT = 0.01
"""If the other classes have a larger share of the objects' probability, all classes are summed."""

ENOUGH = 10.0
"""Lead, in logits, at which a class need not be summed in a preview (probability 5e-5)."""

# Rows are grouped by how many of their classes matter: at most each of these numbers, or k.
_SIZES = (2, 4, 7, 11)
# Chunks of rows in one call: the same number for every lead, so that no lead needs a compilation.
_CHUNKS = 64

# Number of elements of a field for which classes are chosen at a time.
_PORTION = 2**22
# Number of rows, evenly spaced, in which the probability of the other classes is measured.
_PROBED = 1024
# Number of rows that are added at a time, small enough for the cache.
_BLOCK = 4096


def best_classes() -> int:
    """Return the number of best classes of a row, 0 for all: `ENVIRONMENT_VARIABLE`, or 16.

    Raises
    ------
    ValueError
        If the environment variable is not a number.
    """
    return int(os.environ.get(ENVIRONMENT_VARIABLE) or _DEFAULT)


class Best:
    """The scores of the k best classes of each row: those that come nearest to the best score.

    The background and the classes of the row's truth are always included. A class of no score
    stands for all other classes, each of which has its probability.

    Parameters
    ----------
    scores : Field
        The scores of all classes in mm.
    labels : Field
        The truth.
    k : int
        The number of best classes.

    Attributes
    ----------
    k : int
        The number of best classes.
    scores : tensor, shape (k + 1, row, ROW)
        Scores in mm: of the class of no score, the background, and the other classes by urgency.
    classes : tensor of int, shape (k + 1, row, 1)
        Class indices; −1 for the class of no score.
    enough : bool
        Whether k classes include all classes of the truth in every row.
    """

    def __init__(self, scores: Field, labels: Field, k: int) -> None:
        row_layout = self._row_layout = scores.row_layout
        size = min(row_layout.rows, max(1, _PORTION // (row_layout.classes * ROW)))
        look = _urgency(row_layout.classes)
        self.k = k
        found = np.full((k + 1, row_layout.capacity, ROW), -np.inf, np.float32)
        classes = np.full((k + 1, row_layout.capacity), -1, np.int32)
        self._leads = np.full((k, row_layout.rows), np.inf, np.float32)
        for rows, count in portions(np.arange(row_layout.rows), size):
            block = scores.take(rows)
            leads = backend.to_numpy(look(block, labels.take(rows)[0]))[:, :count]
            chosen = np.argpartition(leads, k, axis=0)[:k]
            order = np.argsort(np.take_along_axis(leads, chosen, axis=0), axis=0)
            chosen = np.take_along_axis(chosen, order, axis=0)
            where = slice(rows[0], rows[0] + count)
            kept = backend.to_numpy(block)[:, :count]
            found[1:, where] = np.take_along_axis(kept, chosen[:, :, None], axis=0)
            classes[1:, where] = chosen
            self._leads[:, where] = np.take_along_axis(leads, chosen, axis=0)
        self.enough = bool((self._leads[-1] >= 0).all())
        self._classes = classes
        self.scores = backend.to_device(found)
        self.classes = backend.to_device(classes[:, :, None])
        self._some = np.unique(np.linspace(0, row_layout.rows - 1, _PROBED).astype(np.int64))
        self._probed = scores.take(self._some)

    def few(self, every: Counted, lead: float) -> Few:
        """Return the classes to sum in each row.

        Parameters
        ----------
        every : Counted
            The rows.
        lead : float
            By how many mm the score of a summed class may be below the best score; at most k
            classes of a row are summed.
        """
        rows, row_weights = every.rows, every.host_row_weights
        needed = np.sum(self._leads <= lead, axis=0)
        sizes = [*(size for size in _SIZES if size < self.k), self.k]
        size = np.array(sizes)[np.minimum(np.searchsorted(sizes, needed), len(sizes) - 1)]
        groups = []
        for most in sizes:
            (chosen,) = np.nonzero(size[rows] == most)
            chunk = chunk_rows(most + 1)
            length = chunk * min(_CHUNKS, -(-self._row_layout.capacity // chunk))
            for start in range(0, len(chosen), length):
                block = chosen[start : start + length]
                counted = numbered(rows[block], row_weights[block], chunk, length)
                classes = self._classes[: most + 1, counted.rows]
                adding = Adding(classes, counted.host_row_weights, self._row_layout.classes)
                groups.append(ClassGroup(most, counted, adding))
        others = np.ones((self._row_layout.classes + 1, len(self._some)), np.float32)
        ranks = np.arange(self.k + 1)[:, None]
        kept = np.where(ranks <= size[self._some], self._classes[:, self._some], -1)
        np.put_along_axis(others, kept, 0.0, axis=0)
        return Few(self, tuple(groups), self._probed, backend.to_device(others[:-1, :, None]))


class Adding:
    """Adds the sums of rows by class.

    Parameters
    ----------
    classes : array of int, shape (k + 1, row)
        Class indices; −1 for the class of no score.
    row_weights : array of float64, shape (row,)
        The number of voxels that each voxel of a row counts for.
    count : int
        The number of all classes.
    """

    def __init__(self, classes: Indices, row_weights: NDArray[np.float64], count: int) -> None:
        self._blocks = []
        each = len(classes)
        for start in range(0, len(row_weights), _BLOCK):
            block = classes[:, start : start + _BLOCK].T.reshape(-1)
            index = np.where(block < 0, count, block)
            values = np.repeat(row_weights[start : start + _BLOCK], each)
            starts = np.arange(len(index) + 1)
            self._blocks.append(
                sparse.csc_array((values, index, starts), shape=(count + 1, len(index)))
            )
        there = sum(block @ np.ones(block.shape[1]) for block in self._blocks)
        # For each class, the number of voxels in rows where it is not among the summed classes.
        self._elsewhere = ROW * (row_weights.sum() - there[:count])

    def __call__(self, found: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return sums over the voxels, shape (class,).

        Parameters
        ----------
        found : array, shape (row, k + 1)
            The sums of rows; the class of no score comes first.
        """
        flat = found.reshape(-1)
        total = np.zeros(len(self._elsewhere) + 1)
        start = 0
        for block in self._blocks:
            stop = start + block.shape[1]
            total += block @ flat[start:stop]
            start = stop
        # A class that is not summed has the same value in every voxel.
        sums: NDArray[np.float64] = total[:-1] + self._elsewhere * float(found[0, 0]) / ROW
        return sums


@dataclass(frozen=True)
class ClassGroup:
    """Rows in which the same number of classes is summed.

    Attributes
    ----------
    k : int
        The number of classes, without the class of no score.
    counted : Counted
        The rows.
    adding : Adding
        Adds the sums of the rows by class.
    """

    k: int
    counted: Counted
    adding: Adding

    def by_class(self, found: Tensor) -> NDArray[np.float64]:
        """Return the sums by class from the sums of the counted rows."""
        return self.adding(backend.to_numpy(found)[: len(self.counted.rows)])


@dataclass(frozen=True)
class Few:
    """The classes that are summed in each row of a sample, instead of all classes.

    Attributes
    ----------
    best : Best
        The best classes.
    groups : tuple of ClassGroup
        The rows that sums run over, grouped by their number of classes.
    probed : tensor, shape (class, row, ROW)
        The scores of some rows, in which the probability of the other classes is measured.
    others : tensor, shape (class, row, 1)
        1 for the classes that are not summed in these rows, else 0.
    """

    best: Best
    groups: tuple[ClassGroup, ...]
    probed: Tensor
    others: Tensor

    def tensors(self, group: ClassGroup, labels: Field, ignored: Field | None) -> dict[str, Tensor]:
        """Return the fields that the fused function takes for a group, in rows."""
        best = self.best
        found = {
            "basis": best.scores[: group.k + 1],
            "classes": best.classes[: group.k + 1],
            "labels": labels.rows,
        }
        if ignored is not None:
            found["ignored"] = ignored.rows
        return found

    def left_out(self, chosen: Recipe, values: Tensors) -> float:
        """Return the share of the objects' probability in the classes that are not summed, 0 … 1.

        It is measured in about a thousand rows, evenly spaced.
        """
        decided = Recipe(chosen.before, chosen.hard, ())
        return float(backend.to_numpy(_left_out(decided)(self.probed, self.others, values)))


def suits(chosen: Recipe) -> bool:
    """Return whether a recipe has the same effect on the best classes alone as on all classes."""
    return chosen.before is not None and all(DEGRADATIONS[n].by_class for n, _ in chosen.entries)


def of_classes(values: Tensors, classes: Tensor) -> dict[str, dict[str, Tensor]]:
    """Return the controls' values, with values per class gathered for the classes of each row.

    Parameters
    ----------
    values : mapping
        As in `lossexplorer.engine.step.plan.Plan`.
    classes : tensor of int, shape (k + 1, row, 1)
        As in `Best`; the values for the class of no score are arbitrary.
    """

    def placed(value: Tensor) -> Tensor:
        return ops.take(value, ops.maximum(classes, 0)) if len(value.shape) == 1 else value

    return {
        name: {key: placed(value) for key, value in arrays.items()}
        for name, arrays in values.items()
    }


def in_order(rows: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
    """Return rows with their classes in ascending order, and the inverse of the permutation.

    The order matters where two classes have the same score: the first one is decided.
    """
    order = ops.argsort(rows["classes"], axis=0)
    ascending = {
        name: ops.take_along_axis(rows[name], order, axis=0) for name in ("basis", "classes")
    }
    return {**rows, **ascending}, ops.argsort(order, axis=0)[:, :, 0]


@cached(MOST_COMPILED)
def _urgency(classes: int) -> Any:
    """Compile a function that returns how far each class is below the best score in each row.

    It is the smallest difference in the row's voxels; negative for classes that are always kept.
    """

    def urgency(scores: Tensor, labels: Tensor) -> Tensor:
        lead = ops.min(ops.max(scores, axis=0) - scores, axis=2)
        index = ops.reshape(ops.arange(classes, dtype="int32"), (-1, 1, 1))
        true = ops.any(ops.cast(labels, "int32")[None] == index, axis=2)
        return ops.where(index[:, 0] == 0, -2.0, ops.where(true, -1.0, lead))

    return compiled(urgency)


@cached(MOST_COMPILED)
def _left_out(decided: Recipe) -> Any:
    def left_out(scores: Tensor, others: Tensor, values: Any) -> Tensor:
        p, _ = follow(decided, scores, values, {})
        objects = p[1:]
        return ops.sum(objects * others[1:]) / ops.maximum(ops.sum(objects), 1e-30)

    return compiled(left_out)
