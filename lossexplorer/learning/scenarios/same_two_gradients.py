"""The same two gradients, and what every method makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from lossexplorer.learning.scenarios import _conflict
from lossexplorer.learning.scenarios._scenario import Expectation, Scenario


def _measure() -> Mapping[str, float]:
    mgda, cagrad = _conflict.direction("mgda"), _conflict.direction("cagrad")
    imtl_g, nash_mtl = _conflict.direction("imtl_g"), _conflict.direction("nash_mtl")
    mean = _conflict.ROWS.mean(axis=0)
    unit = _conflict.ROWS / np.linalg.norm(_conflict.ROWS, axis=1, keepdims=True)
    return {
        "mgda_weight_1": _conflict.weights("mgda")[0],
        **_conflict.numbered("mgda", mgda),
        **_conflict.numbered("mgda_projection", _conflict.ROWS @ mgda),
        **_conflict.numbered("mgda_10_to_1", _conflict.weights("mgda", np.diag([100.0, 1.0]))),
        **_conflict.numbered("cagrad", cagrad),
        "cagrad_radius": float(np.linalg.norm(cagrad - mean) / np.linalg.norm(mean)),
        **_conflict.numbered("imtl_g_weight", _conflict.weights("imtl_g")),
        **_conflict.numbered("imtl_g", imtl_g),
        **_conflict.numbered("imtl_g_projection", unit @ imtl_g),
        **_conflict.numbered("nash_mtl", nash_mtl / np.linalg.norm(nash_mtl)),
        "nash_mtl_norm": float(np.linalg.norm(nash_mtl)),
    }


def _of(name: str, title: str, *numbers: float) -> tuple[Expectation, ...]:
    return tuple(
        Expectation(f"{name}_{place}", f"{title}, {place}", number)
        for place, number in enumerate(numbers, 1)
    )


SCENARIO = Scenario(
    id="L7",
    title="Same gradients, every method",
    text="The list of methods has, for the present step, the weights of each method and the "
    "projections of its direction on both gradients. Step through the run and see how far they lie "
    "apart.",
    claim="For the same two gradients MGDA has equal projections and favours the smaller gradient, "
    "CAGrad lies at c |g₀| from the mean, and IMTL-G and Nash-MTL have one direction.",
    source="Sener 2018, Liu 2021 (CAGrad), Liu 2021 (IMTL), Navon 2022; the directions are what "
    "TorchJD 0.18 computes",
    start=_conflict.start("mgda"),
    expected=(
        Expectation("mgda_weight_1", "MGDA: (‖g2‖² − g1·g2)/‖g1 − g2‖²", 0.6),
        *_of("mgda", "MGDA: d", 0.0, 1.0, 1.0),
        *_of("mgda_projection", "MGDA: d · g", 2.0, 2.0),
        *_of("mgda_10_to_1", "MGDA: weights of orthogonal gradients, 10 : 1", 1 / 101, 100 / 101),
        *_of("cagrad", "CAGrad, c = 0.5: d", 0.183503, 1.204124, 1.204124),
        Expectation("cagrad_radius", "CAGrad: |d − g₀| : |g₀|", 0.5),
        *_of("imtl_g_weight", "IMTL-G: ‖g2‖ or ‖g1‖ : (‖g1‖ + ‖g2‖)", 0.592330, 0.407670),
        *_of("imtl_g", "IMTL-G: d", 0.076697, 1.0, 1.0),
        *_of("imtl_g_projection", "IMTL-G: d · g/‖g‖", 0.399094, 0.399094),
        *_of("nash_mtl", "Nash-MTL: d/|d|", 0.054153, 0.706069, 0.706069),
        Expectation("nash_mtl_norm", "Nash-MTL: |d| = √K", math.sqrt(2)),
    ),
    measure=_measure,
    needs_keras=False,
)
