"""MGDA: the shortest vector in the convex hull of the gradients."""

from __future__ import annotations

from lossexplorer.learning.methods._method import Memory, Method, MethodInput, Vector
from lossexplorer.learning.methods._simplex import simplex_minimum


def _rule(seen: MethodInput) -> tuple[Vector, Memory]:
    return simplex_minimum(seen.gram), {}


METHOD = Method(
    name="mgda",
    title="MGDA",
    citation="Sener, Koltun 2018 (NeurIPS), arXiv 1810.04650; Désidéri 2012",
    meaning="Takes the shortest weighted mean of the gradients, along which all losses fall alike; "
    "it favours the smallest gradient and stops where no direction lowers all losses.",
    scale="w ≥ 0, Σ w = 1. A gradient of 0 makes d = 0: this loss cannot fall.",
    kind="direction",
    rule=_rule,
    order=60,
)
