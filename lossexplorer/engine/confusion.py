"""The soft confusion matrix: how much of a predicted class lies in which class of the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.cache import cached
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.compiled import MOST_COMPILED
from lossexplorer.engine.step.chunks import computed_once, products_in_chunks
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.voxels import predicted, where_counted
from lossexplorer.engine.until_compiled import compiled
from lossexplorer.predictions import Recipe

Tensor = Any


@cached(MOST_COMPILED)
def _products(chosen: Recipe) -> Any:
    """Compile Σ g_c p_k, shape (class c, class k)."""

    def products(voxels: dict[str, Any], counted: dict[str, Tensor], values: Any) -> Tensor:
        def fields(there: dict[str, Any]) -> tuple[Tensor, Tensor]:
            g, p, _ = predicted(chosen, values, there, computed_once(counted))
            return g, where_counted(there, p)

        return products_in_chunks(voxels, counted, fields)

    return compiled(products)


def confusion(plan: Plan) -> NDArray[np.float64]:
    """Return Σ g_c p_k over the voxels of a sample that count, shape (class c, class k).

    The sums of a row are the voxels of a class in the truth, those of a column the prediction's.

    Parameters
    ----------
    plan : Plan
        The sample, whose sums are exact.
    """
    products = _products(plan.recipe)
    table = products(plan.everywhere(), plan.counted.tensors, plan.values)
    found: NDArray[np.float64] = backend.to_numpy(table)
    return found
