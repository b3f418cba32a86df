"""A cut, a frozen branch and neither: two switches with two effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lossexplorer.learning.scenarios._runs import first_step, norm, row, small, trainer
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario, Start
from lossexplorer.learning.setup import Setup

_SETUP = Setup()
_CUT = _SETUP.with_output(replace(_SETUP.output("y2"), is_cut=True))
_FROZEN = replace(_SETUP, frozen=("x3_conv", "y2"))


def _measure() -> Mapping[str, float]:
    run = trainer(small(_SETUP))
    plain, _ = first_step(run, small(_SETUP))
    cut, _ = first_step(run, small(_CUT))
    frozen, change = first_step(run, small(_FROZEN))
    assert plain.table is not None
    assert cut.table is not None
    assert frozen.table is not None
    return {
        "cut_trunk": cut.table.trunk.norms[1],
        "cut_trunk_other": cut.table.trunk.norms[0] / plain.table.trunk.norms[0],
        "cut_branch": row(cut, "x3_conv").norms[1] / row(plain, "x3_conv").norms[1],
        "frozen_step": norm(change["x3_conv"], change["y2"]),
        "frozen_branch": row(frozen, "x3_conv").norms[1] / row(plain, "x3_conv").norms[1],
        "frozen_trunk": frozen.table.trunk.norms[1] / plain.table.trunk.norms[1],
        "frozen_trunk_step": frozen.table.trunk.update / plain.table.trunk.update,
    }


SCENARIO = Scenario(
    id="L3",
    title="Cut, frozen, or neither",
    text="Output y2 is cut off the trunk by stop_gradient, so its line ends where branch x3 "
    "begins. Take the cut away and freeze x3 and y2 instead: the line passes, and only they stand "
    "still.",
    claim="A cut makes the gradient of L2 in the trunk exactly 0 and leaves branch x3 as it is; "
    "freezing the branch makes its step exactly 0 and leaves the trunk's gradient as it is.",
    source="keras#11460 (stop_gradient), #3382, #9246; HybridNets#34 (freezing the head does not "
    "keep it from the trunk)",
    start=Start("learn", "tumour", _CUT, shown="y2", plot="layers"),
    expected=(
        Expectation("cut_trunk", "gradient of L2 in the trunk, cut", 0.0, 0.0),
        Expectation("cut_trunk_other", "gradient of L1 in the trunk, cut", 1.0, 1e-6, "×"),
        Expectation("cut_branch", "gradient of L2 in x3, cut", 1.0, 1e-6, "×"),
        Expectation("frozen_step", "step of x3 and y2, frozen", 0.0, 0.0),
        Expectation("frozen_branch", "gradient of L2 in x3, frozen", 1.0, 1e-6, "×"),
        Expectation("frozen_trunk", "gradient of L2 in the trunk, x3 frozen", 1.0, 1e-6, "×"),
        Expectation("frozen_trunk_step", "step of the trunk, x3 frozen", 1.0, 1e-6, "×"),
    ),
    measure=_measure,
)
