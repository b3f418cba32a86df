"""Uncertainty weights, and why their loss is negative."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.methods.uncertainty import total
from lossexplorer.learning.scenarios import _conflict
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario

_LOSSES = (4.0, 0.01)


def _measure() -> Mapping[str, float]:
    method, ones = METHODS["uncertainty"], np.ones(2)
    settled = method.settle(np.eye(2), _LOSSES, ones)
    memory = method.begin()
    for step in range(1, 601):
        learned = method.combine(np.eye(2), _LOSSES, ones, memory, step, values={"rate": 1.0})
        memory = learned.memory
    of_notebook = method.settle(np.eye(2), _least_squares(), ones).weights
    sigma = np.sqrt(0.5 / np.array(of_notebook))
    return {
        **_conflict.numbered("weight", settled.weights),
        **_conflict.numbered("learned", learned.weights),
        "total": total(_LOSSES, settled.memory["log_variances"]),
        **_conflict.numbered("sigma", sigma),
        "ratio": of_notebook[1] / of_notebook[0],
    }


def _least_squares() -> tuple[float, float]:
    """Return the mean squared errors of two straight lines through the notebook's data."""
    random = np.random.RandomState(0)  # as the notebook does
    x = random.randn(100)
    first = 2 * x + 8 + 10 * random.randn(100)
    second = 3 * x + 3 + random.randn(100)
    lines = np.stack([x, np.ones_like(x)], axis=1)
    squares = [float(np.linalg.lstsq(lines, y)[1][0]) for y in (first, second)]
    return squares[0] / 100, squares[1] / 100


SCENARIO = Scenario(
    id="L9",
    title="Uncertainty weights can be negative",
    text="The run is trained with uncertainty weights, which are learned with the network. Each "
    "weight drifts to half the inverse of its loss, so the smallest loss gets the largest weight.",
    claim="The weight comes to rest at 1/(2L), the variance at L, and the total is negative where "
    "the product of the losses is below e⁻ᴷ.",
    source="Kendall, Gal, Cipolla 2018, arXiv 1705.07115; Kirchdorfer 2024, arXiv 2408.07985 (the "
    "closed form); data of yaringal/multi-task-learning-example, whose issue #6 asks about "
    "negative losses",
    start=_conflict.start("uncertainty"),
    expected=(
        Expectation("weight_1", "weight of L = 4, settled", 0.125),
        Expectation("weight_2", "weight of L = 0.01, settled", 50.0),
        Expectation("learned_1", "weight of L = 4, learned", 0.125),
        Expectation("learned_2", "weight of L = 0.01, learned", 50.0),
        Expectation("total", "total of both", -0.609438),
        Expectation("sigma_1", "σ of the notebook's first line (truth 10)", 10.281886),
        Expectation("sigma_2", "σ of the notebook's second line (truth 1)", 0.949241),
        Expectation("ratio", "ratio of the notebook's weights", 117.3, 0.05),
    ),
    measure=_measure,
    needs_keras=False,
)
