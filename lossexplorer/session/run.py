"""What there is to show of a training run: a frozen value that is replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lossexplorer.engine.messages import PaintedMaps
from lossexplorer.learning.network_graph import NetworkGraph
from lossexplorer.learning.reports import GradientTable, MethodResult, StepReport

RunStatus = Literal["empty", "preparing", "ready", "training", "stopped", "failed"]


@dataclass(frozen=True)
class Run:
    """A training run, as far as it has come.

    Attributes
    ----------
    status : str
        ``"empty"`` while there is no network, ``"preparing"`` while it is made, ``"ready"`` before
        a step or when paused, ``"training"``, ``"stopped"`` where a loss is not finite,
        ``"failed"`` if there is no network for a reason that `message` says.
    message : str
        A sentence for the user; empty if there is nothing to say.
    graph : NetworkGraph or None
        The network.
    reports : tuple of StepReport
        Every step, from the first; only the last has a table. Those after a rewind are gone.
    table : GradientTable or None
        The newest table: of the last step, or of the step to come where none was taken.
    methods : tuple of MethodResult
        What each method would do with the gradients of that table.
    maps : PaintedMaps or None
        Prediction of the shown output and gradient of the total in its logits, in the shown slice.
    painted_step : int
        How many steps had been done when the maps were painted, which is less often than a step.
    awaits_volume : bool
        Whether a whole volume is painted that is not on the canvas yet.
    memory : int
        Estimated need in bytes.
    """

    status: RunStatus = "empty"
    message: str = ""
    graph: NetworkGraph | None = None
    reports: tuple[StepReport, ...] = ()
    table: GradientTable | None = None
    methods: tuple[MethodResult, ...] = ()
    maps: PaintedMaps | None = None
    painted_step: int = 0
    awaits_volume: bool = False
    memory: int = 0

    @property
    def step(self) -> int:
        """Steps done."""
        return self.reports[-1].step if self.reports else 0
