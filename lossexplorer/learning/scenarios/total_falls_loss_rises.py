"""The total falls while one of the losses rises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lossexplorer.learning.scenarios import _conflict
from lossexplorer.learning.scenarios._runs import (
    small,
    trainer,
    with_training,
    with_weights,
)
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario
from lossexplorer.learning.setup import Setup

_START = _conflict.start("weighted_sum", "trunk")


def _measure() -> Mapping[str, float]:
    assert _START.setup is not None
    gram = _conflict.GRAM
    norms = np.sqrt(gram.diagonal())
    projections = gram @ np.array(_conflict.weights("weighted_sum"))
    cosine = gram[0, 1] / norms.prod()
    # With this seed the small network's losses conflict, too. Branch 1 stands still, for its own
    # step lowers L1 whatever the trunk does.
    setup = with_training(small(_START.setup, rate=0.02), seed=9)
    setup = replace(setup, frozen=("x2_conv", "y1"))
    return {
        "cosine": cosine,
        "limit": -cosine * norms[1] / norms[0],
        **_conflict.numbered("projection", projections),
        **_trained(setup),
    }


def _trained(setup: Setup) -> Mapping[str, float]:
    """Return what L1 and the total do in one step, λ2 ‖g2‖ being half and twice the limit."""
    run = trainer(setup)
    table, _ = run.look()
    norm_1, norm_2 = table.trunk.norms
    cosine = table.trunk.cosines["y1", "y2"]
    assert cosine is not None
    assert cosine < 0
    found = {}
    for name, times in (("below", 0.5), ("above", 2.0)):
        run.rewind()
        run.adjust(with_weights(setup, 1.0, times * norm_1 / (-cosine * norm_2)))
        # The second step sees the same patch: its losses are those after the first.
        first, second = run.train(), run.train()
        found[f"loss_1_{name}"] = float(np.sign(second.losses[0] - first.losses[0]))
        found[f"total_{name}"] = float(np.sign(second.total - first.total))
    return found


SCENARIO = Scenario(
    id="L5",
    title="The total falls, loss 1 rises",
    text="Two losses pull the trunk in directions that conflict: their cosine is negative in many "
    "steps. The plot of the gradients shows the weighted sum turning away from loss 1 where loss 2 "
    "is the larger, and the list of methods says which loss would rise.",
    claim="In a small step along −(g1 + g2) loss 1 rises, while the total falls, exactly if "
    "‖g1‖ < −cos φ ‖g2‖.",
    source=f"(g1 + g2) · g1 = ‖g1‖² + cos φ ‖g1‖ ‖g2‖; {_conflict.SOURCE}",
    start=_START,
    expected=(
        Expectation("cosine", "cos φ of the example", -0.841191),
        Expectation("limit", "−cos φ ‖g2‖ : ‖g1‖, above 1: loss 1 rises", 1.222222),
        Expectation("projection_1", "(g1 + g2) · g1", -4.0),
        Expectation("projection_2", "(g1 + g2) · g2", 16.0),
        Expectation("loss_1_below", "L1 in a trained step, λ2 at half the limit", -1.0, 0.0),
        Expectation("loss_1_above", "L1 in a trained step, λ2 at twice the limit", 1.0, 0.0),
        Expectation("total_below", "total in that step, half the limit", -1.0, 0.0),
        Expectation("total_above", "total in that step, twice the limit", -1.0, 0.0),
    ),
    measure=_measure,
)
