"""Class confusion by a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import NumberArray, ParameterError
from lossexplorer.predictions._degradation import Degradation, Grid, Values

Tensor = Any


def confuse(
    p: Tensor, log_p: Tensor, values: dict[str, Tensor], noise: None = None
) -> tuple[Tensor, Tensor]:
    """Return q_b = Σ_a p_a M_ab and its logarithm.

    Parameters
    ----------
    p, log_p : tensor, shape (class, …)
        Probabilities and their logarithms.
    values : dict
        ``confusion``, shape (class, class): M.
    noise : None
        Not used.
    """
    from keras import ops

    del log_p, noise
    flat = ops.reshape(p, (p.shape[0], -1))
    mixed = ops.matmul(ops.transpose(ops.cast(values["confusion"], p.dtype)), flat)
    # Rows add up to 1 but for rounding.
    q = ops.reshape(ops.minimum(mixed, 1.0), ops.shape(p))
    return q, ops.log(q)


def matrix(values: Values, grid: Grid) -> dict[str, NDArray[np.float64]]:
    """Return M with each row divided by its sum.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If a row has no sum, or there is not one for each class.
    """
    table = np.asarray(values["confusion"], np.float64)
    if table.shape != (grid.classes, grid.classes) or not (table.sum(axis=1) > 0).all():
        raise ParameterError(
            f"confusion must be a table of {grid.classes} rows of {grid.classes} numbers from 0, "
            "none of them all 0: row a says what class a is taken for."
        )
    return {"confusion": table / table.sum(axis=1, keepdims=True)}


DEGRADATION = Degradation(
    name="confusion",
    title="Confusion matrix",
    summary="The probability of class a is spread over the classes as row a of a matrix says: "
    "q = p M.",
    group="classes",
    order=110,
    acts_on="fused probabilities",
    apply=confuse,
    prepare=matrix,
    exclusive=True,
    strength=("confusion",),
    controls=(
        NumberArray(
            name="confusion",
            title="Matrix",
            meaning="Row a holds the shares of class a that go to each class; each row is divided "
            "by its sum. As text 1:0/0.2:0.8.",
            default="none",
            rules=("none",),
            dimensions=(2,),
        ),
    ),
)
