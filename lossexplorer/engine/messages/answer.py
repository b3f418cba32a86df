"""What the engine answers: frozen values that travel between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages.settings import MapRequest, Reference

if TYPE_CHECKING:
    from lossexplorer.engine.messages.question import Question, Request


@dataclass(frozen=True)
class Cure:
    """The smallest change that makes something finite; the engine has tried it.

    Attributes
    ----------
    target : Reference
        The control or the loss's parameter that changes.
    value : object
        What to set it to.
    """

    target: Reference
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
    losses : tuple of LossResult
        In the question's order.
    total : float
        Σ λ L of the losses that are not pending.
    seconds : float
        How long it took.
    maps : PaintedMaps or None
        What was to be painted, if anything was.
    preview : str
        A sentence about what was left out of the losses' values; empty if they are exact.
    """

    request: Request
    losses: tuple[LossResult, ...]
    total: float
    maps: PaintedMaps | None
    seconds: float
    preview: str = ""

    @property
    def question(self) -> Question:
        """What was asked."""
        return self.request.question

    @property
    def is_pending(self) -> bool:
        """Whether a loss of the whole field is not computed."""
        return any(result.pending for result in self.losses)
