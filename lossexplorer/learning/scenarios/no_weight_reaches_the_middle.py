"""On a concave front no weighted sum stops in the middle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.scenarios import _conflict
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario

_DIMENSIONS = 4
_RATE = 0.05
_STEPS = 2000


def _measure() -> Mapping[str, float]:
    balanced = np.zeros(_DIMENSIONS)
    end = np.full(_DIMENSIONS, 1 / math.sqrt(_DIMENSIONS))
    beside = 0.2 * end
    losses, _ = _problem(balanced)
    found = {
        "balanced_1": losses[0],
        "balanced_2": losses[1],
        "total_at_end": 0.5 * sum(_problem(end)[0]),
    }
    for name in ("weighted_sum", "mgda", "pcgrad"):
        reached = _descended(name, beside)
        found[f"{name}_moved"] = float(np.linalg.norm(reached - beside))
        if name == "weighted_sum":
            found["weighted_sum_total"] = 0.5 * sum(_problem(reached)[0])
    return found


def _problem(x: Any) -> tuple[tuple[float, float], Any]:
    """Return the two losses of Fonseca and Fleming, and their gradients as rows."""
    offsets = np.array([x - 1 / math.sqrt(len(x)), x + 1 / math.sqrt(len(x))])
    left = np.exp(-np.sum(offsets**2, axis=1))
    return (float(1 - left[0]), float(1 - left[1])), 2 * offsets * left[:, None]


def _descended(name: str, x: Any) -> Any:
    """Return where a method arrives from x, both losses having λ = ½."""
    method, memory = METHODS[name], METHODS[name].begin()
    for step in range(1, _STEPS + 1):
        losses, rows = _problem(x)
        done = method.combine(rows @ rows.T, losses, (0.5, 0.5), memory, step)
        memory, x = done.memory, x - _RATE * (np.array(done.weights) @ rows)
    return x


SCENARIO = Scenario(
    id="L16",
    title="No λ reaches the middle",
    text="The run is trained by MGDA, which stops at any point from which no direction lowers "
    "both losses. A weighted sum does not stop there where the front of such points is concave, "
    "whatever its λ.",
    claim="On the front of Fonseca and Fleming both losses are 1 − 1/e in the middle, a total of "
    "0.632, but 0.491 at either end: the sum slides to where the end is 0.04 away, MGDA and PCGrad "
    "stay.",
    source="Fonseca, Fleming 1995 (Evolutionary Computation 3:1); Sener 2018, arXiv 1810.04650; "
    "the sum's minimum solves (u − 1) exp(−(u − 1)²) + (u + 1) exp(−(u + 1)²) = 0, u = 0.957504",
    start=_conflict.start("mgda"),
    expected=(
        Expectation("balanced_1", "loss 1 in the middle: 1 − 1/e", 0.632121),
        Expectation("balanced_2", "loss 2 in the middle: 1 − 1/e", 0.632121),
        Expectation("total_at_end", "½ L1 + ½ L2 at an end", 0.490842),
        Expectation("weighted_sum_total", "total that the sum reaches", 0.490067),
        Expectation("weighted_sum_moved", "how far it goes, of 0.8 to the end", 0.757504),
        Expectation("mgda_moved", "how far MGDA goes from a point of the front", 0.0),
        Expectation("pcgrad_moved", "how far PCGrad goes from there", 0.0),
    ),
    measure=_measure,
    needs_keras=False,
)
