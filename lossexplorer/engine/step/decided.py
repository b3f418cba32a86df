"""The sums of a decided prediction, which are those of its few kinds of voxels.

Where every voxel is decided, all that a voxel adds to a sum depends on two classes: that of the
truth and that of the prediction. The voxels of each such kind are counted, and the maps are
computed in one voxel of each kind instead of in every voxel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.step.summing import (
    Mapped,
    WantedSums,
    maps_of,
    sums_by_name,
    wanted_sums,
)
from lossexplorer.engine.step.voxels import predicted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.losses import infinite
from lossexplorer.predictions import Recipe

Tensor = Any
Voxels = Mapping[str, Any]

# Kinds of voxels in one call; the last call's are filled up with some that count nowhere.
_BLOCK = 2**11


@dataclass(frozen=True)
class DecidedPlan:
    """What sums take of one sample whose prediction is decided, in place of a `Plan`.

    Attributes
    ----------
    recipe : Recipe
        The operations in each voxel, of which none comes before the decision.
    values : mapping
        The controls as tensors, by degradation.
    counts : array of float64, shape (class, class)
        The number of voxels that count, by the class of the truth and the decided class.
    truth : array of float64, shape (class,)
        As in `lossexplorer.engine.step.plan.Plan`.
    voxels : int
        The number of voxels that count.
    """

    recipe: Recipe
    values: Mapping[str, Mapping[str, Tensor]]
    counts: NDArray[np.float64]
    truth: NDArray[np.float64]
    voxels: int

    def sums(self, mapped: list[Mapped]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return what `lossexplorer.engine.step.summing.sample_sums` does."""
        wanted = wanted_sums(mapped)
        found = self._summed(_sums(self.recipe, wanted), mapped)
        standard, own = sums_by_name(wanted, len(self.truth), found[:, None])
        standard |= {
            "truth": self.truth[None],
            "voxels": np.full((1, len(self.truth)), self.voxels),
        }
        return standard, own

    def infinite(self, mapped: Mapped) -> NDArray[np.float64]:
        """Return what `lossexplorer.engine.step.summing.infinite_voxels` does."""
        kind = mapped.loss, mapped.options, mapped.numbers
        found: NDArray[np.float64] = self._summed(_infinite(self.recipe, kind), [mapped])[0]
        return found

    def has_finite_logarithms(self) -> bool:
        """Whether no class has the probability 0 anywhere."""
        return not self._summed(_without_logarithm(self.recipe), []).any()

    def _summed(self, sums: Any, mapped: list[Mapped]) -> NDArray[np.float64]:
        """Add up what a compiled function returns for each block of kinds, (map, class)."""
        truth, decided = np.nonzero(self.counts)
        counts, numbers = self.counts[truth, decided], [each.tensors() for each in mapped]
        classes = backend.to_device(np.arange(len(self.truth), dtype=np.int32))
        found = []
        for start in range(0, len(counts), _BLOCK):
            some = slice(start, start + _BLOCK)
            missing = _BLOCK - len(counts[some])
            kinds = (
                backend.to_device(np.pad(each[some].astype(dtype), (0, missing)))
                for each, dtype in ((truth, "int32"), (decided, "int32"), (counts, "float64"))
            )
            found.append(backend.to_numpy(sums(*kinds, classes, self.values, numbers)))
        total: NDArray[np.float64] = np.sum(found, axis=0)
        return total


def _compiled(function: Callable[[Voxels, Any, Any], list[Tensor]], chosen: Recipe) -> Any:
    """Compile the sums of the fields (class, kind) that a function makes of kinds of voxels."""

    def sums(
        truth: Tensor, decided: Tensor, counts: Tensor, classes: Tensor, values: Any, numbers: Any
    ) -> Tensor:
        sure = ops.cast(decided, "int32") == classes[:, None]
        voxels = {
            "basis": ops.where(sure, ops.cast(0.0, "float32"), ops.cast(-np.inf, "float32")),
            "labels": truth[None],
            "classes": classes,
            "noise": {},
        }
        fields = function(voxels, predicted(chosen, values, voxels), numbers)
        # A kind that counts nowhere may be infinite.
        there = [ops.where(counts > 0, ops.cast(each, "float64") * counts, 0.0) for each in fields]
        return ops.stack([ops.sum(each, axis=1) for each in there])

    return compiled(sums)


@cached(MOST_COMPILED)
def _sums(chosen: Recipe, wanted: WantedSums) -> Any:
    mapped = [Mapped(*each) for each in wanted]

    def maps(voxels: Voxels, fields: Any, numbers: Any) -> list[Tensor]:
        return [each for several in maps_of(mapped, numbers, voxels, fields) for each in several]

    return _compiled(maps, chosen)


@cached(MOST_COMPILED)
def _infinite(chosen: Recipe, kind: Any) -> Any:
    mapped = Mapped(*kind)

    def where(_voxels: Voxels, fields: Any, numbers: Any) -> list[Tensor]:
        g, p, log_p = (field[None] for field in fields)
        return [infinite(mapped.maps(g, p, log_p, numbers[0]))[0]]

    return _compiled(where, chosen)


@cached(MOST_COMPILED)
def _without_logarithm(chosen: Recipe) -> Any:
    def where(_voxels: Voxels, fields: Any, _numbers: Any) -> list[Tensor]:
        return [ops.cast(ops.logical_not(ops.isfinite(fields[2])), "float32")]

    return _compiled(where, chosen)
