"""Uncertainty weights: each loss has a variance that is learned with the network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lossexplorer.core.parameters import Number
from lossexplorer.learning.methods._method import Memory, Method, MethodInput, Vector


def total(losses: Sequence[float], log_variances: Sequence[float]) -> float:
    """Return Σ ½ e⁻ˢ L + ½ s, which the method minimises; s = ln σ² of each loss.

    It is negative where ∏ L < e⁻ᴷ at the optimum; that is no mistake.

    Parameters
    ----------
    losses, log_variances : sequence of float, shape (loss,)
        L and s.

    Examples
    --------
    >>> losses = (4.0, 0.01)
    >>> round(total(losses, np.log(losses)), 6)
    -0.609438
    """
    s = np.asarray(log_variances, np.float64)
    return float(np.sum(np.exp(-s) * np.asarray(losses, np.float64) + s) / 2)


def _rule(seen: MethodInput) -> tuple[Vector, Memory]:
    s = np.asarray(seen.memory.get("log_variances", np.zeros_like(seen.losses)), np.float64)
    weights = np.where(seen.taking_part, np.exp(-s) / 2, 0.0)
    slopes = np.where(seen.taking_part, 0.5 - weights * seen.losses, 0.0)
    s = s - seen.values["rate"] * slopes
    return weights, {"log_variances": tuple(s.tolist())}


def _settled(seen: MethodInput) -> tuple[Vector, Memory]:
    """Return σ² = L; a loss that is not above 0 has no optimum, and its weight is NaN."""
    s = np.where(seen.losses > 0, np.log(seen.losses), np.nan)
    weights = np.where(seen.taking_part, np.exp(-s) / 2, 0.0)
    return weights, {"log_variances": tuple(s.tolist())}


METHOD = Method(
    name="uncertainty",
    title="Uncertainty weights",
    citation="Kendall, Gal, Cipolla 2018 (CVPR), arXiv 1705.07115",
    meaning="Minimises Σ ½ e⁻ˢ L + ½ s, with an s that is learned for each loss: its weight comes "
    "to rest at 1/(2L), so every loss pulls as its logarithm would.",
    scale="w = ½ e⁻ˢ; s begins at 0 and takes a gradient step of its own after each step.",
    kind="weights",
    rule=_rule,
    settled=_settled,
    order=20,
    looks_at=("losses",),
    parameters=(
        Number(
            name="rate",
            title="Rate of s",
            meaning="The learning rate of each loss's s = ln σ².",
            default=0.025,
            low=0.0,
            high=1.0,
            scale="log",
            smallest=1e-4,
        ),
    ),
)
