"""The engine's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages.asked import MapRequest, MapSubject, Reference, Voxel
from lossexplorer.engine.messages.descent import DescentReport

if TYPE_CHECKING:
    from lossexplorer.engine.messages.question import Question, Request


@dataclass(frozen=True)
class Cure:
    """The smallest change that makes a value or gradient finite; the engine has tried it.

    Attributes
    ----------
    reference : Reference
        The control or loss parameter to change.
    value : object
        The new value.
    """

    reference: Reference
    value: Any

    @property
    def text(self) -> str:
        """What is set, as files and commands write it."""
        value = f"{self.value:.6g}" if isinstance(self.value, float) else self.value
        return f"{self.reference.name} = {value}"


@dataclass(frozen=True)
class Problem:
    """Why a value or a gradient is not finite: a sentence and a cure.

    Attributes
    ----------
    why : str
        A sentence that names the class, the operation and the voxels concerned.
    cure : Cure or None
        The cure; None if no change of one parameter helps.
    """

    why: str
    cure: Cure | None = None

    @property
    def text(self) -> str:
        """The sentence with the cure, by the name that files and commands have for it."""
        return self.why if self.cure is None else self.cured_by(self.cure.text)

    def cured_by(self, words: str) -> str:
        """Return the sentence with the cure in these words."""
        return f"{self.why.removesuffix('.')}; {words} makes it finite."


@dataclass(frozen=True)
class LossResult:
    """A loss's value.

    Attributes
    ----------
    value : float
        The value; if it is NaN or infinite, `problems` explains why.
    per_class : tuple of float or None
        The term of each class of the volume, averaged over the samples; None for a class that the
        loss leaves out, and for all classes if the loss pools the classes.
    problems : tuple of Problem
        Empty if value and gradient are finite.
    gradient_norm : float, optional
        √Σ (∂L/∂logit)² over all voxels and classes of the volume, without λ; None if it was not
        requested.
    pending : bool
        Whether the loss was not computed, because it needs the whole field. The value is then NaN
        and every class's term None, without a problem.
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
class VoxelValues:
    """What is predicted in one voxel, and the losses' gradients there.

    Attributes
    ----------
    voxel : tuple of int
        (z, y, x).
    probabilities : tuple of float
        Of every class of the volume, background first; NaN of the background where classes overlap,
        which is no class there, and of all where the volume is cropped.
    gradients : mapping of str to float
        ∂L/∂p or ∂L/∂logit of the class that is shown, by the name of the loss, the total last. NaN
        where the volume is cropped, where the loss has no value, and for those in `pending`.
    pending : frozenset of str
        The losses, the total among them, whose gradients are not computed, because they need the
        whole field.
    """

    voxel: Voxel
    probabilities: tuple[float, ...]
    gradients: Mapping[str, float]
    pending: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PaintedMaps:
    """The painted maps of one slice or of the volume.

    Attributes
    ----------
    request : MapRequest
        The request that the maps answer.
    probability : array of float32 or None
        The predicted probability of the class; NaN where the volume is cropped; None if only the
        gradient was requested.
    decided : array of unsigned int or None
        The most probable class; the background where the volume is cropped; None if only the
        gradient was requested.
    gradient : array of float32
        The signed gradient; NaN where the volume is cropped; NaN everywhere if a loss that
        contributes to it is pending.
    problem : str
        A sentence if the gradient is not finite in some voxels or not computed, else empty.
    rim : array of unsigned int, optional
        The classes of the objects with their rims; None if the truth has no uncertain rim.
    further : tuple of array
        The maps that the request has beside these, in its order; as above, NaN where the volume is
        cropped, and everywhere in a gradient to which a pending loss contributes.
    at_voxel : VoxelValues or None
        The values in the voxel that the request names.
    across : tuple of PaintedMaps
        The same maps of the request's further slices, in its order.
    """

    request: MapRequest
    probability: NDArray[np.float32] | None
    decided: NDArray[np.unsignedinteger] | None
    gradient: NDArray[np.float32]
    problem: str = ""
    rim: NDArray[np.unsignedinteger] | None = None
    further: tuple[NDArray[Any], ...] = ()
    at_voxel: VoxelValues | None = None
    across: tuple[PaintedMaps, ...] = ()

    @property
    def slices(self) -> tuple[PaintedMaps, ...]:
        """The maps of every slice that was requested, or of the volume."""
        return (self, *self.across)

    def of(self, subject: MapSubject) -> NDArray[Any] | None:
        """Return the map of a subject; None if it was not requested."""
        request = self.request
        if subject in request.further:
            return self.further[request.further.index(subject)]
        if subject == request.gradient:
            return self.gradient
        if subject.class_index != request.class_index:
            return None
        return {"probability": self.probability, "decided": self.decided}.get(subject.what)


@dataclass(frozen=True)
class Answer:
    """The answer to one `Request`.

    Attributes
    ----------
    losses : tuple of LossResult
        The results, in the question's order of losses.
    total : float
        Σ λ L of the losses that are not pending.
    seconds : float
        How long the answer took.
    maps : PaintedMaps or None
        The painted maps, if they were requested.
    preview : str
        A sentence about what was left out of the losses' values; empty if they are exact.
    left_out : bool
        Whether rows or classes were left out, so that the values of all losses are a preview.
    compiled : bool
        Whether functions were compiled meanwhile, so that `seconds` are not those of a step.
    descent : DescentReport or None
        How far logits have descended, whose prediction the answer is about.
    beside : DescentReport or None
        How far other logits have, which descend another loss from the same start.
    maps_beside : PaintedMaps or None
        The painted maps of their prediction.
    found : object
        What a kind of question asks for that has no place above; the kind says what it is.
    """

    request: Request
    losses: tuple[LossResult, ...]
    total: float
    maps: PaintedMaps | None
    seconds: float
    preview: str = ""
    left_out: bool = False
    compiled: bool = False
    descent: DescentReport | None = None
    beside: DescentReport | None = None
    maps_beside: PaintedMaps | None = None
    found: Any = None

    @property
    def question(self) -> Question:
        """The question that was asked."""
        return self.request.question

    @property
    def is_pending(self) -> bool:
        """Whether a loss of the whole field is not computed."""
        return any(result.pending for result in self.losses)
