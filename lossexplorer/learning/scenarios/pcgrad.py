"""PCGrad on two gradients that conflict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.scenarios import _conflict
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario


def _measure() -> Mapping[str, float]:
    weights = np.array(_conflict.weights("pcgrad"))
    friendly = _conflict.weights("pcgrad", np.array([[18.0, 1.0], [1.0, 38.0]]))
    return {
        **_conflict.numbered("weight", weights),
        **_conflict.numbered("d", weights @ _conflict.ROWS),
        **_conflict.numbered("projection", _conflict.GRAM @ weights),
        **_conflict.numbered("without_conflict", friendly),
    }


SCENARIO = Scenario(
    id="L6",
    title="PCGrad: conflicts taken out",
    text="The run is trained by PCGrad, which takes from each gradient its component along the "
    "other where they conflict. In steps with a positive cosine it does what the sum does.",
    claim="With two losses each weight is 1 − g1·g2/‖gₖ‖², no loss rises, and without a conflict "
    "PCGrad is the sum.",
    source="Yu et al. 2020, arXiv 2001.06782, algorithm 1 (against the original gradients); "
    f"{_conflict.SOURCE}",
    start=_conflict.start("pcgrad"),
    expected=(
        Expectation("weight_1", "weight of g1", 2.222222),
        Expectation("weight_2", "weight of g2", 1.578947),
        Expectation("d_1", "d, first component", 0.584795),
        Expectation("d_2", "d, second component", 3.801170),
        Expectation("d_3", "d, third component", 3.801170),
        Expectation("projection_1", "d · g1 = ‖g1‖² sin² φ", 5.263158),
        Expectation("projection_2", "d · g2 = ‖g2‖² sin² φ", 11.111111),
        Expectation("without_conflict_1", "weight of g1 without a conflict", 1.0),
        Expectation("without_conflict_2", "weight of g2 without a conflict", 1.0),
    ),
    measure=_measure,
    needs_keras=False,
)
