"""Harden: probabilities are replaced by a decision."""

from __future__ import annotations

from typing import Any

from lossexplorer.core.parameters import Choice, Number
from lossexplorer.predictions._degradation import Degradation

Tensor = Any


def harden(
    p: Tensor, log_p: Tensor, values: dict[str, Any], noise: None = None
) -> tuple[Tensor, Tensor]:
    """Return the decision as probabilities 0 and 1, and their logarithms.

    Parameters
    ----------
    p, log_p : tensor, shape (class, …)
        Probabilities and their logarithms, background first.
    values : dict
        ``harden``, the rule, and ``threshold``.
    noise : None
        Not used.
    """
    from keras import ops

    del log_p, noise
    if values["harden"] == "argmax" or p.shape[0] == 1:
        winner = ops.argmax(p, axis=0)
    else:
        best, chosen = ops.max(p[1:], axis=0), ops.argmax(p[1:], axis=0) + 1
        above = best > ops.cast(values["threshold"], p.dtype)
        winner = ops.where(above, chosen, ops.zeros_like(chosen))
    decided = ops.one_hot(winner, p.shape[0], axis=0, dtype=p.dtype)
    return decided, ops.log(decided)


def _threshold(values: Any, grid: Any) -> Any:
    import numpy as np

    del grid
    return {"threshold": np.float64(values["threshold"])}


DEGRADATION = Degradation(
    name="harden",
    title="Harden",
    summary="The prediction is decided at last: what metrics see, and what a loss of probabilities "
    "does with it.",
    group="probability",
    order=150,
    acts_on="fused probabilities",
    apply=harden,
    prepare=_threshold,
    options=("harden",),
    strength=("harden",),
    controls=(
        Choice(
            name="harden",
            title="Rule",
            meaning="argmax: the most probable class. threshold: the most probable class of the "
            "foreground if its probability is above the threshold, else background.",
            default="no",
            options=("no", "argmax", "threshold"),
        ),
        Number(
            name="threshold",
            title="Threshold",
            meaning="What the probability of a foreground class must exceed.",
            default=0.5,
            low=0.0,
            high=1.0,
        ),
    ),
)
