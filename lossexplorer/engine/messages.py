"""What the window asks and what the engine answers: frozen values that travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.losses import WithRespectTo, loss_named

TOTAL = "total"
"""Stands for Σ λ L where a loss is named."""


@dataclass(frozen=True)
class LossSetting:
    """A loss, every parameter's value, and its weight λ."""

    name: str
    parameters: Mapping[str, Any]
    weight: float = 1.0


@dataclass(frozen=True)
class Plane:
    """A slice of the volume: the one at `index` along the array axis `axis` (0 is z)."""

    axis: int
    index: int


@dataclass(frozen=True)
class MapRequest:
    """What is to be painted.

    Attributes
    ----------
    loss : str
        A loss's name, or `TOTAL`.
    class_index : int
        The class whose probability, error and gradient are shown.
    wrt : {"probability", "logit"}
        What the gradient is with respect to.
    plane : Plane or None
        One slice, or the whole volume.
    sample : int
        Which of the batch's samples.
    gradient_only : bool
        Whether probability and decided class are left out, which often takes most of the time.
    """

    loss: str
    class_index: int
    wrt: WithRespectTo
    plane: Plane | None
    sample: int = 0
    gradient_only: bool = False


@dataclass(frozen=True)
class Request:
    """One question to the engine.

    Attributes
    ----------
    volume : str
        Key of a loaded volume.
    controls : mapping
        Every control's value: lengths in mm, classes as indices.
    losses : tuple of LossSetting
        The losses to evaluate, in order.
    painted : MapRequest, optional
        What to paint; numbers alone if not given.
    norms : bool
        Whether to compute each loss's `gradient_norm`, which takes a pass over the volume.
    exact : bool
        Whether to take the time that it takes; else the answer may be a preview.
    whole_field : bool
        Whether losses that need the whole field are computed; else those that are not known are
        pending.
    generation : int
        Grows with every request; older answers are stale.
    """

    volume: str
    controls: Mapping[str, Any]
    losses: tuple[LossSetting, ...]
    painted: MapRequest | None = None
    norms: bool = False
    exact: bool = True
    whole_field: bool = True
    generation: int = 0

    @property
    def needs_field(self) -> bool:
        """Whether a loss that needs the whole field is to be computed, which takes long."""
        kinds = (loss_named(setting.name).kind for setting in self.losses)
        return self.whole_field and "field" in kinds


@dataclass(frozen=True)
class Cure:
    """The smallest change that makes something finite; the engine has tried it.

    Attributes
    ----------
    owner : str
        The loss whose parameter it is; empty for a control of the prediction.
    parameter : str
        The parameter's or the control's name.
    value : object
        What to set it to.
    """

    owner: str
    parameter: str
    value: Any


@dataclass(frozen=True)
class Problem:
    """Why a value or a gradient is not finite: a sentence, and what cures it.

    Attributes
    ----------
    text : str
        Names the class, the operation, the voxels concerned and the cure.
    cure : Cure or None
        None if no change of one parameter helps.
    """

    text: str
    cure: Cure | None = None


@dataclass(frozen=True)
class LossResult:
    """A loss's value.

    Attributes
    ----------
    value : float
        May be NaN or infinite; `problems` then says why.
    per_class : tuple of float or None
        One number per class of the volume, averaged over the samples; None for a class that the
        loss leaves out, and for all of them if the loss pools the classes.
    problems : tuple of Problem
        Empty if value and gradient are finite.
    gradient_norm : float, optional
        √Σ (∂L/∂logit)² over all voxels and classes of the volume, without λ; None if it was not
        asked for.
    pending : bool
        Whether it was not computed, because it needs the whole field: the value is NaN then, no
        class has one, and that is no problem.
    """

    name: str
    parameters: Mapping[str, Any]
    weight: float
    value: float
    per_class: tuple[float | None, ...]
    problems: tuple[Problem, ...] = ()
    gradient_norm: float | None = None
    pending: bool = False


@dataclass(frozen=True)
class PaintedMaps:
    """What is painted, of one slice or of the volume.

    Attributes
    ----------
    request : MapRequest
        What was asked for.
    probability : array of float32 or None
        The predicted probability of the class; NaN where the volume is cropped; None if only the
        gradient was asked for.
    decided : array of unsigned int or None
        The most probable class; the background where the volume is cropped; None likewise.
    gradient : array of float32
        Signed; NaN where the volume is cropped; NaN everywhere if a loss that takes part is
        pending.
    problem : str
        A sentence if some of the gradient is not finite or not computed, else empty.
    rim : array of unsigned int, optional
        Where the truth has an uncertain rim: the classes of its objects with their rims.
    """

    request: MapRequest
    probability: NDArray[np.float32] | None
    decided: NDArray[np.unsignedinteger] | None
    gradient: NDArray[np.float32]
    problem: str = ""
    rim: NDArray[np.unsignedinteger] | None = None


@dataclass(frozen=True)
class Answer:
    """The answer to one `Request`.

    Attributes
    ----------
    total : float
        Σ λ L of the losses that are not pending.
    preview : str
        A sentence about what was left out of the losses' values; empty if they are exact.
    """

    request: Request
    losses: tuple[LossResult, ...]
    total: float
    fields: PaintedMaps | None
    seconds: float
    preview: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a loss of the whole field is.

    Attributes
    ----------
    loss : str
        Its name.
    done, steps : int
        How many of its classes are computed; a loss that joins the classes has one step.
    """

    loss: str
    done: int
    steps: int


@dataclass(frozen=True)
class EngineInfo:
    """Where the engine computes: Keras backend, its version, the device's name, its process."""

    backend: str
    version: str
    device: str
    pid: int


State = Literal["starting", "loading", "ready", "restarting", "failed"]


@dataclass(frozen=True)
class EngineStatus:
    """What the engine is doing, for the status line.

    Attributes
    ----------
    state : {"starting", "loading", "ready", "restarting", "failed"}
        Failed means that it stays stopped until it is started again.
    message : str
        For the user.
    info : EngineInfo, optional
        Known once it has started.
    """

    state: State
    message: str
    info: EngineInfo | None = field(default=None)
