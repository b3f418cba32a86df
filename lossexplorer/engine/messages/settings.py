"""What is set and shown, in the terms that questions and answers share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lossexplorer.core.parameters import Parameter
from lossexplorer.losses import WithRespectTo, loss_named
from lossexplorer.predictions import CONTROLS

TOTAL = "total"
"""Stands for Σ λ L where a loss is named."""


@dataclass(frozen=True)
class Reference:
    """Names one thing that can be set: a control of the prediction or a parameter of a loss.

    Attributes
    ----------
    name : str
        The control's or the parameter's name.
    loss : str or None
        The loss whose parameter it is; None for a control of the prediction.

    Examples
    --------
    >>> Reference("alpha", "tversky").parameter.title, Reference("grow").parameter.unit
    ('False positives α', 'mm')
    """

    name: str
    loss: str | None = None

    @property
    def parameter(self) -> Parameter:
        """The description of what is named.

        Raises
        ------
        KeyError
            If there is nothing of that name.
        lossexplorer.core.parameters.ParameterError
            If there is no such loss.
        """
        if self.loss is None:
            return CONTROLS[self.name]
        return {p.name: p for p in loss_named(self.loss).parameters}[self.name]


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
    """Which maps are to be painted.

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

    def concerns(self, setting: LossSetting) -> bool:
        """Return whether a loss takes part in the gradient that is painted."""
        return setting.name == self.loss or (self.loss == TOTAL and bool(setting.weight))
