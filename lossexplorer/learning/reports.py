"""What a training step tells: losses, and the table of what reaches which layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LayerRow:
    """What the losses do to one layer with weights.

    Attributes
    ----------
    name : str
        The layer.
    weights : int
        How many trainable weights it has.
    norms : tuple of float
        ‖λ ∂L/∂weights‖ for each output's loss; exactly 0 where a loss does not reach.
    cosines : mapping of (str, str) to float or None
        The cosine between the gradients of each two outputs' losses; None if one of them is 0.
    update : float
        The norm of the change of the weights in this step, under the optimizer; 0 if frozen.
    """

    name: str
    weights: int
    norms: tuple[float, ...]
    cosines: Mapping[tuple[str, str], float | None]
    update: float


@dataclass(frozen=True)
class GradientTable:
    """Every layer and every loss, before the update of one step.

    Attributes
    ----------
    outputs : tuple of str
        The outputs, in the order of all that has a number for each loss.
    rows : tuple of LayerRow
        The layers with weights, in the order of the network.
    trunk : LayerRow
        All layers that at least two losses lead to, as if they were one.
    gram : tuple of tuple of float
        ``gram[i][j]`` is the dot product of ∂Lᵢ/∂weights and ∂Lⱼ/∂weights of the trunk, without λ.
    """

    outputs: tuple[str, ...]
    rows: tuple[LayerRow, ...]
    trunk: LayerRow
    gram: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class MethodResult:
    """What a method of combining gradients would do in one step.

    Attributes
    ----------
    name : str
        The method's.
    weights : tuple of float
        w of the direction d = Σ wₖ ∂Lₖ/∂weights of the trunk, by output; the step goes along −d.
    projections : tuple of float
        d · ∂Lₖ/∂weights for each loss; a loss whose projection is negative rises in a small step.
    left_out : tuple of bool
        Which losses the method is not computed over: λ is 0, or the gradient that it looks at.
    """

    name: str
    weights: tuple[float, ...]
    projections: tuple[float, ...]
    left_out: tuple[bool, ...]

    @property
    def rising(self) -> tuple[bool, ...]:
        """Which losses would rise."""
        return tuple(projection < 0 for projection in self.projections)


@dataclass(frozen=True)
class StepReport:
    """One training step. All numbers are those before the step's update.

    Attributes
    ----------
    step : int
        The number of the step, from 1.
    losses : tuple of float
        Each output's loss without λ, as Keras prints it.
    weights : tuple of float
        The factor of each loss in the total of this step: λ, or what the method makes of it.
    regularisation : float
        What the layers add to the total.
    total : float
        Σ λ L and the regularisation: what Keras prints as ``loss``.
    table : GradientTable or None
        None if it was not asked for.
    methods : tuple of MethodResult
        What each method would do; empty without the table.
    seconds : float
        How long the step took.
    compiled : bool
        Whether functions were compiled for it, so that these are not the seconds of a step.
    """

    step: int
    losses: tuple[float, ...]
    weights: tuple[float, ...]
    regularisation: float
    total: float
    table: GradientTable | None = None
    methods: tuple[MethodResult, ...] = ()
    seconds: float = 0.0
    compiled: bool = False


@dataclass(frozen=True)
class Checkpoint:
    """What a run is continued from, in this process or another.

    Attributes
    ----------
    step : int
        Steps done.
    variables : tuple of array
        The network's variables, trainable or not, in its order.
    optimizer : tuple of array
        The optimizer's variables.
    method : mapping
        What the method of combining gradients remembers.
    """

    step: int
    variables: tuple[Any, ...]
    optimizer: tuple[Any, ...]
    method: Mapping[str, Any]
