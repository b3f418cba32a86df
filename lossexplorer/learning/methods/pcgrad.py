"""PCGrad: of two gradients that conflict, each loses its component along the other."""

from __future__ import annotations

import numpy as np

from lossexplorer.learning.methods._method import Method, MethodInput, Vector, of_gradients


def _weights(seen: MethodInput) -> Vector:
    count = len(seen.gram)
    orders = np.random.default_rng((seen.seed, seen.step)) if count > 2 else None
    weights = np.zeros(count)
    for own in range(count):
        others = [other for other in range(count) if other != own]
        if orders is not None:
            orders.shuffle(others)
        projected = np.zeros(count)
        projected[own] = 1.0
        for other in others:
            dot = seen.gram[other] @ projected
            if dot < 0:
                projected[other] -= dot / seen.gram[other, other]
        weights += projected
    return weights


METHOD = Method(
    name="pcgrad",
    title="PCGrad",
    citation="Yu, Kumar, Gupta, Levine, Hausman, Finn 2020 (NeurIPS), arXiv 2001.06782",
    meaning="Takes from each gradient its component along every other that it conflicts with, in "
    "random order, and adds up what is left; without conflicts it is the weighted sum.",
    scale="d is a sum, as in the article; some programs take the mean.",
    kind="direction",
    rule=of_gradients(_weights),
    order=50,
    mends_the_sum=True,
)
