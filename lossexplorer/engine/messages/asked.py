"""What questions ask about: references, slices and maps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lossexplorer.core.lengths import VolumeSize
from lossexplorer.core.parameters import Parameter
from lossexplorer.engine.messages.loss_settings import LossSetting, loss_of
from lossexplorer.losses import WithRespectTo
from lossexplorer.predictions import CONTROLS, controls_of

TOTAL = "total"
"""The name of Σ λ L, in place of a loss's name."""


@dataclass(frozen=True)
class Reference:
    """The name of a control of the prediction or of a parameter of a loss.

    Attributes
    ----------
    name : str
        The control's or the parameter's name.
    loss : str or None
        The name that the loss is shown under; None for a control of the prediction.

    Examples
    --------
    >>> Reference("alpha", "tversky").parameter.title, Reference("grow").parameter.unit
    ('False positives α', 'mm')
    """

    name: str
    loss: str | None = None

    @property
    def parameter(self) -> Parameter:
        """The description of the control or parameter.

        Raises
        ------
        KeyError
            If there is no control or parameter of that name.
        lossexplorer.core.parameters.ParameterError
            If there is no such loss.
        """
        if self.loss is None:
            return CONTROLS[self.name]
        return {p.name: p for p in loss_of(self.loss).parameters}[self.name]

    def parameter_of(self, size: VolumeSize) -> Parameter:
        """Return the description as it is in a volume, see `controls_of`."""
        return controls_of(size)[self.name] if self.loss is None else self.parameter


@dataclass(frozen=True)
class Plane:
    """The slice of the volume at `index` along the array axis `axis` (0 is z)."""

    axis: int
    index: int


@dataclass(frozen=True)
class MapSubject:
    """What one painted map is of.

    Attributes
    ----------
    what : {"probability", "confidence", "decided", "gradient"}
        The predicted probability of the class, the largest of all classes, the most probable class,
        or the gradient in the class.
    class_index : int
        The class. Of confidence and decided class it says which class they are about where classes
        overlap.
    loss : str
        Of a gradient, the name that its loss is shown under, or `TOTAL`; else empty.
    """

    what: Literal["probability", "confidence", "decided", "gradient"]
    class_index: int
    loss: str = ""

    def concerns(self, setting: LossSetting) -> bool:
        """Return whether a loss contributes to it."""
        return setting.name == self.loss or (self.loss == TOTAL and bool(setting.weight))


@dataclass(frozen=True)
class MapRequest:
    """Which maps are to be painted.

    Attributes
    ----------
    loss : str
        The name that a loss is shown under, or `TOTAL`.
    class_index : int
        The class whose probability, error and gradient are shown.
    wrt : {"probability", "logit"}
        What the derivative is taken with respect to.
    plane : Plane or None
        The slice; None for the whole volume.
    sample : int
        The index of the sample in the batch.
    gradient_only : bool
        Whether probability and decided class, which often take most of the time, are left out.
    further : tuple of MapSubject
        What else is to be painted of the same slice: gradients of other losses or in other classes,
        and what is predicted of these.
    across : tuple of Plane
        Further slices, along other axes, of which the same maps are to be painted.
    """

    loss: str
    class_index: int
    wrt: WithRespectTo
    plane: Plane | None
    sample: int = 0
    gradient_only: bool = False
    further: tuple[MapSubject, ...] = ()
    across: tuple[Plane, ...] = ()

    @property
    def gradient(self) -> MapSubject:
        """The gradient of the loss in the class."""
        return MapSubject("gradient", self.class_index, self.loss)

    @property
    def subjects(self) -> tuple[MapSubject, ...]:
        """Every map that is to be painted, each once."""
        predicted = (
            MapSubject("probability", self.class_index),
            MapSubject("decided", self.class_index),
        )
        first = () if self.gradient_only else predicted
        return tuple(dict.fromkeys((*first, self.gradient, *self.further)))

    def concerns(self, setting: LossSetting) -> bool:
        """Return whether a loss contributes to a painted gradient."""
        return any(subject.concerns(setting) for subject in self.subjects)

    def is_another_slice_of(self, other: MapRequest) -> bool:
        """Return whether two requests are for the same maps, in whichever slices."""
        return replace(self, plane=None, across=()) == replace(other, plane=None, across=())

    @property
    def slices(self) -> tuple[MapRequest, ...]:
        """The requests for the maps of each slice alone.

        Examples
        --------
        >>> both = MapRequest("dice", 1, "logit", Plane(0, 12), across=(Plane(1, 80),))
        >>> [each.plane for each in both.slices]
        [Plane(axis=0, index=12), Plane(axis=1, index=80)]
        """
        return tuple(replace(self, plane=each, across=()) for each in (self.plane, *self.across))
