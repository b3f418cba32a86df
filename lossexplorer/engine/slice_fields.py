"""The prediction in some voxels of a sample, such as a slice, and the gradients in them.

The prediction is computed once, and each gradient from it by a function of its own. The slopes of a
loss of class sums are numbers that this function takes, so that one function serves all of these
losses, and a further gradient compiles nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.gradients import LossTensors, Term, all_partials
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import Indices
from lossexplorer.engine.step.voxels import predicted, taken, truth, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials, WithRespectTo, gradient_field
from lossexplorer.predictions import Recipe

Tensor = Any

# Least number of voxels that a slice is padded to, so that small slices share a compiled function.
_LEAST = 2**14
_OF_TRUTH = ("classes", "labels", "rim", "rim_share", "ignored", "place")


class PaintedClass(NamedTuple):
    """The class of a plan that is painted.

    Attributes
    ----------
    plan, class_index : int
        The index of the plan, and of the class in it.
    wrt : {"probability", "logit"}
        What the derivative is taken with respect to.
    against : int or None
        The class whose derivative is subtracted; None if none is.
    """

    plan: int
    class_index: int
    wrt: WithRespectTo
    against: int | None = None


@cached(MOST_COMPILED)
def _prediction(chosen: Recipe) -> Any:
    """Compile the probabilities of voxels, their logarithms and the most probable class."""

    def found(voxels: dict[str, Any], values: Any) -> tuple[Tensor, Tensor, Tensor]:
        _, p, log_p = predicted(chosen, values, taken(voxels))
        return p, log_p, ops.argmax(p, axis=0)

    return compiled(found)


@cached(MOST_COMPILED)
def _slice(terms: tuple[Term, ...], wrt: WithRespectTo, against: int | None) -> Any:
    """Compile the gradient in voxels whose prediction is known."""

    def painted(
        voxels: dict[str, Any],
        prediction: tuple[Tensor, Tensor],
        tensors: tuple[Tensor, Tensor],
        others: list[Tensor],
        class_index: Tensor,
    ) -> Tensor:
        there = taken(voxels)
        p, log_p = prediction
        fields = truth(there, p), p, log_p
        sought = [*all_partials(terms, tensors, fields), *([Partials(*others)] if others else [])]
        partials = reduce(operator.add, sought)
        gradient = gradient_field(partials, p, class_index, wrt)
        if against is not None:
            gradient = gradient - gradient_field(partials, p, against, wrt)
        return where_counted(there, gradient[None])[0]

    return compiled(painted)


class SliceFields:
    """The prediction in voxels of a plan, from which maps are made.

    Parameters
    ----------
    plan : Plan
        The sample.
    voxels : array of int
        Of a slice or of another region, numbered in memory order, of any shape: that of the maps.
    """

    def __init__(self, plan: Plan, voxels: Indices) -> None:
        self._classes, self._shape = plan.row_layout.classes, voxels.shape
        self._padding = _padding(voxels.size)
        flat = np.pad(voxels.reshape(-1), (0, self._padding), mode="edge")
        given = plan.at(flat)
        self._voxels = {name: given[name] for name in _OF_TRUTH if name in given}
        *self._prediction, self._decided = _prediction(plan.recipe)(given, plan.values)

    def probability(self, class_index: int) -> NDArray[np.float32]:
        """Return the predicted probability of a class of the plan."""
        return self._map(ops.take(self._prediction[0], class_index, axis=0))

    def probabilities(self) -> NDArray[np.float32]:
        """Return the predicted probabilities, the classes of the plan first."""
        found = backend.to_numpy(self._prediction[0])
        count = int(np.prod(self._shape))
        every: NDArray[np.float32] = found[:, :count].reshape(-1, *self._shape)
        return every

    def confidence(self) -> NDArray[np.float32]:
        """Return the largest probability of all classes."""
        return self._map(ops.max(self._prediction[0], axis=0))

    def decided(self) -> NDArray[np.integer]:
        """Return the most probable class."""
        return self._map(self._decided)

    def gradient(
        self,
        painted: PaintedClass,
        losses: Sequence[tuple[Evaluated, float]],
        others: Partials | None,
    ) -> NDArray[np.float32]:
        """Return the gradient of a weighted sum of losses.

        Parameters
        ----------
        painted : PaintedClass
            In what.
        losses : sequence of (Evaluated, float)
            Losses of sums with slopes, and their factors.
        others : Partials or None
            The weighted partial derivatives of losses of the whole field, NumPy arrays (class, …).
        """
        packed = LossTensors.total(losses, painted.plan, self._classes)
        padded = ((0, 0), (0, self._padding))
        added = (
            []
            if others is None
            else [
                backend.to_device(np.pad(f.reshape(len(f), -1), padded))
                for f in (others.p, others.log_p)
            ]
        )
        function = _slice(packed.terms, painted.wrt, painted.against)
        index = backend.to_device(np.int32(painted.class_index))
        prediction = tuple(self._prediction)
        return self._map(function(self._voxels, prediction, packed.tensors, added, index))

    def _map(self, padded: Tensor) -> NDArray[Any]:
        """Return a field of the voxels as they were given."""
        count = int(np.prod(self._shape))
        found: NDArray[Any] = backend.to_numpy(padded)[:count].reshape(self._shape)
        return found


def _padding(voxels: int) -> int:
    """Return how many voxels so many are padded with, to one of a few lengths for the compiler."""
    unit: int = max(_LEAST, 2 ** (int(voxels - 1).bit_length() - 3))
    return -voxels % unit
