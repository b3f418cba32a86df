"""MGDA: the shortest vector in the convex hull of the gradients."""

from __future__ import annotations

from lossexplorer.learning.methods._method import Method, MethodInput, Vector, of_gradients
from lossexplorer.learning.methods._simplex import simplex_minimum


def _weights(seen: MethodInput) -> Vector:
    return simplex_minimum(seen.gram)


METHOD = Method(
    name="mgda",
    title="MGDA",
    citation="Sener, Koltun 2018 (NeurIPS), arXiv 1810.04650; Désidéri 2012",
    meaning="Takes the shortest weighted mean of the gradients, along which all losses fall alike; "
    "it favours the smallest gradient and stops where no direction lowers all losses.",
    scale="w ≥ 0, Σ w = 1.",
    kind="direction",
    rule=of_gradients(_weights),
    order=60,
)
