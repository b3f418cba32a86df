"""The logits that a descent moves: from a prediction, and as the input of a step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import ParameterError
from lossexplorer.engine.backends.active import backend
from lossexplorer.engine.step.chunks import counted
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.step.rows import Field
from lossexplorer.engine.step.voxels import predicted
from lossexplorer.predictions import Recipe

Labels = NDArray[np.unsignedinteger]
Tensor = Any

FLOOR = float(np.log(np.finfo(np.float32).tiny))
"""The logit of a probability of 0: −87.3, the logarithm of the smallest normal float32.

A logit of −∞ could never move. This one is the largest that changes no sum: added to the other
probabilities it is lost, and its own probability of 1e-38 is the smallest that is no 0.
"""

SOFTMAX = Recipe(before=(), hard=False, after=())
"""The recipe of logits."""

_ADDS_UP = 1e-3  # by how much the probabilities of a voxel may differ from 1


@dataclass(frozen=True)
class Moved:
    """A sample whose logits have moved; it takes the place of a simulation in a pipeline.

    Attributes
    ----------
    moved : Plan
        The sample with its logits.
    labels_with_rim : array of unsigned int, shape (z, y, x), or None
        The truth with its rim; None without a rim.
    """

    moved: Plan
    labels_with_rim: Labels | None

    def plan(self, values: Any, *, exact: bool = True, everywhere: bool = False) -> Plan:
        """Return the plan, whatever the controls: they have made the start."""
        del values, exact, everywhere
        return self.moved

    def decided(self, values: Any) -> None:
        """Return None: logits give no class the probability 1."""
        del values

    def rim(self, values: Any) -> Labels | None:
        """Return the truth with its rim."""
        del values
        return self.labels_with_rim


def plan_of_logits(plan: Plan) -> Plan:
    """Return the plan of the same prediction as the softmax of logits, z = log p.

    Raises
    ------
    ParameterError
        If the probabilities of a voxel do not add up to 1, so that no softmax gives them.
    """
    _, p, log_p = predicted(plan.recipe, plan.values, plan.whole())
    off = np.abs(backend.to_numpy(p).sum(axis=0) - 1)
    if not (off <= _ADDS_UP).all():
        count = int((~(off <= _ADDS_UP)).sum())
        raise ParameterError(
            f"In {count:,} voxels the probabilities of the prediction do not add up to 1: logits, "
            "whose softmax always does, cannot descend from there. Give a softmax's probabilities."
        )
    logits = np.maximum(backend.to_numpy(log_p), np.float32(FLOOR))
    row_layout = plan.row_layout
    classes = row_layout.classes
    basis = Field(row_layout, logits, classes, np.float32, np.where(np.eye(classes), 0.0, FLOOR))
    return replace(
        plan,
        recipe=SOFTMAX,
        values={"softness": {"softness": backend.to_device(np.float64(1))}},
        basis=basis,
        moves=None,
        noise={},
        counted=counted(row_layout, None),
        few=None,
        left_out=0.0,
        subset=None,
    )


def with_logits(plan: Plan, rows: Tensor) -> Plan:
    """Return a plan of logits with other logits, shape (class, row, ROW)."""
    return replace(plan, basis=plan.basis.with_rows(rows))
