"""The soft confusion matrix: how much of a predicted class lies in which class of the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend, ops
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.step.chunks import Passes, class_count, computed_once, in_chunks
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.predictions import Recipe

Tensor = Any

_TOGETHER = 8
"""How many classes of the truth are summed in one pass over the voxels."""


@cached(MOST_COMPILED)
def _rows(chosen: Recipe) -> Any:
    """Compile Σ g_c p_k for some classes c of the truth and all k, shape (those classes, class)."""

    def rows(
        voxels: dict[str, Any], counted: dict[str, Tensor], values: Any, classes: Tensor
    ) -> Tensor:
        def products(there: dict[str, Any]) -> Passes:
            g, p, _ = predicted(chosen, values, there, computed_once(counted))
            masks = ops.take(g, classes, axis=0)
            return [[where_counted(there, p * masks[k : k + 1])] for k in range(_TOGETHER)]

        return in_chunks(voxels, counted, products, (_TOGETHER, class_count(voxels)))

    return backend.compiled(rows)


def confusion(plan: Plan) -> NDArray[np.float64]:
    """Return Σ g_c p_k over the voxels of a sample that count, shape (class c, class k).

    The sums of a row are the voxels of a class in the truth, those of a column the prediction's.

    Parameters
    ----------
    plan : Plan
        The sample, whose sums are exact.
    """
    classes = plan.row_layout.classes
    found = np.zeros((classes, classes))
    present = np.flatnonzero(plan.truth > 0)
    rows = _rows(plan.recipe)
    for start in range(0, len(present), _TOGETHER):
        some = present[start : start + _TOGETHER]
        asked = np.pad(some, (0, _TOGETHER - len(some)), mode="edge").astype(np.int32)
        table = rows(plan.everywhere(), plan.counted.tensors, plan.values, backend.to_device(asked))
        found[some] = backend.to_numpy(table)[: len(some)]
    return found
