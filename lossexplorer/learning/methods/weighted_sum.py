"""The weighted sum of the losses, which is what Keras minimises."""

from __future__ import annotations

from lossexplorer.learning.methods._method import Memory, Method, MethodInput, Vector


def _rule(seen: MethodInput) -> tuple[Vector, Memory]:
    return seen.lambdas, {}


METHOD = Method(
    name="weighted_sum",
    title="Weighted sum",
    citation="what `compile(loss_weights=…)` of Keras does",
    meaning="Every loss counts with its λ; the gradients are added as they are.",
    scale="d = Σ λₖ gₖ.",
    kind="weights",
    rule=_rule,
    order=10,
    looks_at=(),
)
