"""What λ does under SGD, Adam and RMSprop."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.scenarios._runs import (
    changes,
    first_step,
    norm,
    small,
    trainer,
    with_training,
    with_weights,
)
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import OptimizerName, Setup, Training

_SETUP = Setup(training=Training(optimizer="adam", rate=0.001))
# With λ × 10⁶ nothing of the gradients is as small as the optimizers' ε.
_RATES: dict[OptimizerName, float] = {"sgd": 1e-5, "adam": 0.001, "rmsprop": 0.001}


def _measure() -> Mapping[str, float]:
    run = trainer(small(_SETUP))
    trunk = run.graph.trunk
    found = {}
    for optimizer, rate in _RATES.items():
        setup = with_training(small(_SETUP), optimizer=optimizer, rate=rate)
        steps = [
            first_step(run, with_weights(setup, *weights))[1]
            for weights in ((5e5, 3e5), (5e5, 3e6), (2.5e6, 1.5e6))
        ]
        plain, tenfold, all_fivefold = steps
        found[f"{optimizer}_branch"] = norm(tenfold["x3_conv"]) / norm(plain["x3_conv"])
        whole, times = changes(plain, trunk), changes(all_fivefold, trunk)
        found[f"{optimizer}_all"] = norm(times) / norm(whole)
        if optimizer == "adam":
            found["adam_each"] = float(np.median(np.abs(plain["x3_conv"])))
    return found


SCENARIO = Scenario(
    id="L11",
    title="λ under Adam",
    text="The run is trained by Adam. Make λ2 ten times as large and step: the update of branch x3 "
    "stays what it was, and only the trunk sees that λ1 : λ2 is another.",
    claim="λ2 × 10 makes the first step of x3 ten times as long under SGD and leaves it as it is "
    "under Adam and RMSprop; all λ × 5 is a learning rate × 5 under SGD and nothing under them.",
    source="Kingma, Ba 2015, arXiv 1412.6980, section 2.1 (steps do not depend on the gradient's "
    "scale); threestudio#290 and barlowtwins#23 ask why a factor changes nothing",
    start=Start("learn", "tumour", _SETUP, shown="y2", plot="layers"),
    expected=(
        Expectation("sgd_branch", "SGD step of x3, λ2 × 10", 10.0, 1e-5, "×"),
        Expectation("adam_branch", "first Adam step of x3, λ2 × 10", 1.0, 1e-3, "×"),
        Expectation("rmsprop_branch", "first RMSprop step of x3, λ2 × 10", 1.0, 1e-3, "×"),
        Expectation("adam_each", "first Adam step of a weight, the median", 1e-3, 1e-6),
        Expectation("sgd_all", "SGD step of the trunk, all λ × 5", 5.0, 1e-5, "×"),
        Expectation("adam_all", "first Adam step of the trunk, all λ × 5", 1.0, 1e-3, "×"),
        Expectation("rmsprop_all", "first RMSprop step of the trunk, all λ × 5", 1.0, 1e-3, "×"),
    ),
    measure=_measure,
)
