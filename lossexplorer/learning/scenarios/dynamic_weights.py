"""Dynamic weight averaging does not see the scale of a loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.methods import METHODS
from lossexplorer.learning.scenarios import _conflict
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario


def _measure() -> Mapping[str, float]:
    return {
        **_conflict.numbered("halved", _third((1.0, 8.0), (1.0, 4.0))),
        **_conflict.numbered("scale", _third((1000.0, 1.0), (900.0, 0.9))),
    }


def _third(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, ...]:
    """Return the weights in the third step, after two steps with these losses."""
    method, memory = METHODS["dwa"], METHODS["dwa"].begin()
    for step, losses in enumerate((first, second), 1):
        memory = method.combine(np.eye(2), losses, np.ones(2), memory, step).memory
    return method.combine(np.eye(2), second, np.ones(2), memory, 3).weights


SCENARIO = Scenario(
    id="L10",
    title="Dynamic weights see no scale",
    text="The run is trained with dynamic weight averaging, which compares each loss with itself "
    "one step before. Multiply a loss by 1000 in your mind: its weight stays where it is.",
    claim="A loss that stays gets more weight than one that halves, and two losses with equal "
    "ratios get equal weights at any scale.",
    source="Liu, Johns, Davison 2019, arXiv 1803.10704, equation 7 with T = 2",
    start=_conflict.start("dwa"),
    expected=(
        Expectation("halved_1", "weight of a loss that stays", 1.124353),
        Expectation("halved_2", "weight of a loss that halves", 0.875647),
        Expectation("scale_1", "weight of 1000 → 900", 1.0),
        Expectation("scale_2", "weight of 1 → 0.9", 1.0),
    ),
    measure=_measure,
    needs_keras=False,
)
