"""Dynamic weight averaging: a loss that has fallen less than the others gets more weight."""

from __future__ import annotations

import numpy as np

from lossexplorer.core.parameters import Number
from lossexplorer.learning.methods._method import Memory, Method, MethodInput, Vector


def _rule(seen: MethodInput) -> tuple[Vector, Memory]:
    before = seen.memory.get("losses", ())
    memory = {"losses": (*before[-1:], tuple(seen.losses.tolist()))}
    counts = seen.taking_part
    weights = counts.astype(np.float64)
    if len(before) < 2 or not counts.any():
        return weights, memory
    older, newer = np.asarray(before, np.float64)[:, counts]
    scaled = np.where(older != 0, newer / older, 1.0) / seen.values["temperature"]
    shares = np.exp(scaled - scaled.max())
    weights[counts] = len(shares) * shares / shares.sum()
    return weights, memory


METHOD = Method(
    name="dwa",
    title="Dynamic weight averaging",
    citation="Liu, Johns, Davison 2019 (CVPR), arXiv 1803.10704",
    meaning="Weighs each loss by how little it fell between the two steps before: "
    "K softmax(L(t−1)/L(t−2)/T), which never sees that one loss is 1000 times the other.",
    scale="Σ w = K; all are 1 in the first two steps. The article compares epochs, here steps.",
    kind="weights",
    rule=_rule,
    order=40,
    looks_at=("losses",),
    parameters=(
        Number(
            name="temperature",
            title="T",
            meaning="The temperature of the softmax: the larger, the more alike the weights.",
            default=2.0,
            low=0.1,
            high=10.0,
            scale="log",
            smallest=0.1,
        ),
    ),
)
