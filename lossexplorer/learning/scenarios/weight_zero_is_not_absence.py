"""λ = 0 is not absence: statistics move, and NaN times 0 is NaN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lossexplorer.learning.reports import StepReport
from lossexplorer.learning.scenarios._runs import (
    first_step,
    row,
    small,
    statistics,
    trainer,
    with_weights,
)
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import BuiltNetwork, Setup

if TYPE_CHECKING:
    from lossexplorer.learning.training import Trainer

_SETUP = with_weights(Setup(network=BuiltNetwork(normalization="batch")), 0.5, 0.0)


def _measure() -> Mapping[str, float]:
    setup = small(_SETUP)
    run = trainer(setup)
    before = statistics(run, "x3_")
    report, _ = first_step(run, setup)
    moved = [np.any(b != a) for b, a in zip(before, statistics(run, "x3_"), strict=True)]
    assert report.table is not None
    nan = _with_a_branch_that_has_diverged(run)
    assert nan.table is not None
    return {
        "trunk": report.table.trunk.norms[1],
        "moved": float(sum(moved)),
        "loss_1_finite": float(np.isfinite(nan.losses[0])),
        "total_nan": float(np.isnan(nan.total)),
        "trunk_nan": float(np.isnan(nan.table.trunk.update)),
        "x2_finite": float(np.isfinite(row(nan, "x2_conv").update)),
    }


def _with_a_branch_that_has_diverged(run: Trainer) -> StepReport:
    """Return the report of a step in which the output layer y2 has NaN among its variables."""
    run.rewind()
    checkpoint = run.checkpoint()
    broken = [
        np.full_like(value, np.nan) if variable.path.startswith("y2/") else value
        for variable, value in zip(run.network.model.variables, checkpoint.variables, strict=True)
    ]
    run.restore(replace(checkpoint, variables=tuple(broken)))
    return run.train()


SCENARIO = Scenario(
    id="L4",
    title="λ = 0 is not absence",
    text="Loss 2 has λ = 0, and every convolution a batch normalization. No line of loss 2 is "
    "drawn, yet the statistics of branch x3 move with each step.",
    claim="With λ2 = 0 the gradient of L2 in the trunk is exactly 0, but the statistics of its "
    "branch still move; and if L2 is NaN, so are the total and the step of the trunk, which only "
    "branch x2 survives.",
    source="keras#4030 (an output of weight 0 changes the result), #11014 (total NaN, parts "
    "fine); IEEE 754: 0 · NaN is NaN",
    start=Start("learn", "tumour", _SETUP, shown="y2", plot="layers"),
    expected=(
        Expectation("trunk", "gradient of λ2 L2 in the trunk", 0.0, 0.0),
        Expectation("moved", "statistics of branch x3 that moved, of 2", 2.0, 0.0),
        Expectation("loss_1_finite", "L1 finite where L2 is NaN", 1.0, 0.0),
        Expectation("total_nan", "total NaN where L2 is NaN", 1.0, 0.0),
        Expectation("trunk_nan", "trunk's step NaN where L2 is NaN", 1.0, 0.0),
        Expectation("x2_finite", "step of x2 finite where L2 is NaN", 1.0, 0.0),
    ),
    measure=_measure,
)
