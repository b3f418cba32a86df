"""Everything that the user has set: one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lossexplorer.engine.messages import LossSetting, MapRequest, Plane, Request
from lossexplorer.losses import LOSSES, Loss, WithRespectTo
from lossexplorer.predictions import complete_controls

Layout = Literal["side by side", "overlaid"]


def default_losses() -> tuple[LossSetting, ...]:
    """Return the losses that the window starts with, each as it is when added."""
    return tuple(default_setting(loss) for loss in LOSSES.values() if loss.shown)


def default_setting(loss: Loss) -> LossSetting:
    """Return a loss with its default parameters and λ = 1."""
    return LossSetting(loss.name, loss.complete({}))


@dataclass(frozen=True)
class State:
    """What the user has set.

    Attributes
    ----------
    controls : mapping
        Every control's value: lengths in mm, classes as indices.
    losses : tuple of LossSetting
        Parameters and weight of every loss shown, in the catalogue's order.
    loss : str
        The loss whose gradient is painted, or ``"total"``.
    class_index : int
        The class that is painted.
    wrt : {"probability", "logit"}
        What the gradient is with respect to.
    plane : Plane or None
        The slice on screen; None for the volume in 3D.
    sample : int
        Which of the batch's samples is on screen.
    layout : {"side by side", "overlaid"}
        How the layers are arranged.
    against : tuple of (str, str)
        What the response curves are drawn against: a loss's name and its parameter's, or an
        empty name and a control's. It is what was moved last.
    """

    controls: Mapping[str, Any] = field(default_factory=lambda: complete_controls({}))
    losses: tuple[LossSetting, ...] = field(default_factory=default_losses)
    loss: str = "dice"
    class_index: int = 1
    wrt: WithRespectTo = "logit"
    plane: Plane | None = None
    sample: int = 0
    layout: Layout = "side by side"
    against: tuple[str, str] = ("", "shift_x")

    def setting(self, loss: str) -> LossSetting:
        """Return the setting of a loss that is shown."""
        return next(setting for setting in self.losses if setting.name == loss)

    def request(self, volume: str) -> Request:
        """Return the question to the engine that this state is, about the volume of that key."""
        painted = MapRequest(self.loss, self.class_index, self.wrt, self.plane, self.sample)
        return Request(volume, self.controls, self.losses, painted)

    def measurement(self, volume: str) -> Request:
        """Return the question for the norms of the losses' gradients, the same whatever λ is."""
        losses = tuple(replace(setting, weight=1.0) for setting in self.losses)
        return Request(volume, self.controls, losses, norms=True)
