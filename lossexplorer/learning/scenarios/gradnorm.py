"""GradNorm: gradients of comparable norm."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.scenarios import _conflict
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario

_NORMS = np.array([1.0, 100.0])


def _measure() -> Mapping[str, float]:
    method, gram, ones = METHODS["gradnorm"], np.diag(_NORMS**2), np.ones(2)
    even = method.combine(gram, ones, ones, values={"alpha": 0.0}).weights
    first = method.combine(gram, ones, ones)
    # Loss 1 stays, loss 2 halves: L/L₀ = (1, 1/2), so r = (4/3, 2/3).
    slow = method.combine(gram, [1.0, 0.5], ones, first.memory, 2, values={"alpha": 1.5})
    norms = _NORMS * np.array(slow.weights)
    return {
        **_conflict.numbered("alpha_0", even),
        **_conflict.numbered("first_step", first.weights),
        "slow": norms[0] / norms[1],
        "sum": sum(slow.weights),
    }


SCENARIO = Scenario(
    id="L8",
    title="GradNorm: gradients of one size",
    text="The run is trained by GradNorm, which weighs the losses so that their gradients on the "
    "trunk have comparable norms. The list of methods has its weights in each step.",
    claim="In the first step, and with α = 0 in every step, the weights are as the inverse norms "
    "and add up to K; later the norms are as rᵅ, r being how slowly a loss falls.",
    source="Chen et al. 2018, arXiv 1711.02257, equations 1 and 2",
    start=_conflict.start("gradnorm"),
    expected=(
        Expectation("alpha_0_1", "α = 0, norms 1 and 100: weight of g1", 1.980198),
        Expectation("alpha_0_2", "α = 0, norms 1 and 100: weight of g2", 0.019802),
        Expectation("first_step_1", "first step: weight of g1", 1.980198),
        Expectation("first_step_2", "first step: weight of g2", 0.019802),
        Expectation("slow", "norm of a loss that stays : one that halves, α = 1.5", 2**1.5),
        Expectation("sum", "sum of the weights", 2.0),
    ),
    measure=_measure,
    needs_keras=False,
)
