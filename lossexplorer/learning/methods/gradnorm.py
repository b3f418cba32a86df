"""GradNorm: weights that give every loss a gradient of comparable norm."""

from __future__ import annotations

import numpy as np

from lossexplorer.core.parameters import Number
from lossexplorer.learning.methods._method import Memory, Method, MethodInput, Vector


def _rule(seen: MethodInput) -> tuple[Vector, Memory]:
    first = np.asarray(seen.memory.get("first_losses", seen.losses), np.float64)
    weights, counts = seen.lambdas.copy(), seen.taking_part
    if counts.any():
        wanted = _rates(seen.losses[counts], first[counts]) ** seen.values["alpha"]
        norms = seen.norms[counts]
        share = wanted * (norms.min() / norms)  # so that no quotient overflows
        weights[counts] = len(share) * share / share.sum()
    return weights, {"first_losses": tuple(first.tolist())}


def _rates(losses: Vector, first: Vector) -> Vector:
    """Return how much less than the mean each loss has fallen: 1 for the mean, all 1 at first."""
    ratios = np.where(first != 0, losses / first, 1.0)
    ratios = np.where(ratios > 0, ratios, 0.0)
    return ratios / ratios.mean() if ratios.all() else np.ones_like(ratios)


METHOD = Method(
    name="gradnorm",
    title="GradNorm",
    citation="Chen, Badrinarayanan, Lee, Rabinovich 2018 (ICML), arXiv 1711.02257",
    meaning="Weighs the losses so that the norms wₖ‖gₖ‖ are alike, and larger for a loss that has "
    "fallen less than the others.",
    scale="Σ w = K; a loss that is left out has its λ. The article follows the minimum of "
    "Σ |wₖ‖gₖ‖ − target| by one gradient step in w each step, on the last shared layer; here it is "
    "taken at once, on the whole trunk.",
    kind="weights",
    rule=_rule,
    order=30,
    looks_at=("gram", "losses"),
    parameters=(
        Number(
            name="alpha",
            title="α",
            meaning="How much more a loss gets that falls slowly; 0 makes all norms equal.",
            default=1.5,
            low=0.0,
            high=3.0,
        ),
    ),
)
