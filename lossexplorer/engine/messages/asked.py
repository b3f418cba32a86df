"""What questions ask about: references, slices and maps."""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    loss: str
    class_index: int
    wrt: WithRespectTo
    plane: Plane | None
    sample: int = 0
    gradient_only: bool = False

    def concerns(self, setting: LossSetting) -> bool:
        """Return whether a loss contributes to the painted gradient."""
        return setting.name == self.loss or (self.loss == TOTAL and bool(setting.weight))
