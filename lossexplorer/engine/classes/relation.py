"""What differs between exclusive and overlapping classes on the way from labels to answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import LossSetting
from lossexplorer.engine.step.decided import DecidedPlan
from lossexplorer.engine.step.plan import Plan
from lossexplorer.engine.values import Evaluated
from lossexplorer.losses import Partials, WithRespectTo

Tensor = Any
Labels = NDArray[np.unsignedinteger]
Table = NDArray[np.float64]
Tables = Mapping[str, Table]


class Sample(Protocol):
    """What a pipeline takes plans from; a `Simulation` is one."""

    def plan(
        self, values: Mapping[str, Any], *, exact: bool = True, everywhere: bool = False
    ) -> Plan:
        """Return the plan of a step with the controls' values."""

    def decided(self, values: Mapping[str, Any]) -> DecidedPlan | None:
        """Return what sums take of a decided prediction of many classes, else None."""

    def rim(self, values: Mapping[str, Any]) -> Labels | None:
        """Return the labels with their rim, shape (z, y, x); None without a rim."""


class ClassPlace(NamedTuple):
    """Where a class of a sample is found.

    Attributes
    ----------
    plan : int
        The index of its plan.
    class_index : int
        The index of the class in that plan.
    """

    plan: int
    class_index: int


class Relation(Protocol):
    """How the classes of a volume relate, and what that means for sums, slopes and maps.

    Sums are of shape (sample, class), where the classes are those that losses are terms of: all of
    exclusive classes, all but the background of overlapping ones. A plan has its own classes: those
    of the volume, or the class and all else.
    """

    @property
    def first(self) -> int:
        """The index, among the volume's classes, of the first class of the sums."""

    def samples(self, predictions: Sequence[NDArray[Any]] | None, *, dense: bool) -> list[Sample]:
        """Return what makes the plans: a simulation of each sample, or of each class of it."""

    def controls(self, values: Mapping[str, Any], plan: int) -> Mapping[str, Any]:
        """Return every control's value for a plan.

        Raises
        ------
        ParameterError
            If a control needs classes that exclude each other, and these do not.
        """

    def place(self, sample: int, class_index: int) -> ClassPlace:
        """Return where a class of the volume is found."""

    def labels(self, sample: int, class_index: int) -> Labels:
        """Return the labels of the plan in which a class is found, (z, y, x)."""

    def shown(self, labels: NDArray[Any], class_index: int) -> Labels:
        """Return labels of a plan, in which a class is found, as class indices of the volume."""

    def of_terms(self, setting: LossSetting) -> LossSetting:
        """Return the parameters with which a loss is evaluated from sums.

        Raises
        ------
        ParameterError
            If the loss needs classes that exclude each other, and these do not.
        """

    def of_maps(self, setting: LossSetting) -> LossSetting:
        """Return the parameters with which a loss's own maps are summed in a plan."""

    def joined(self, tables: Tables) -> dict[str, Any]:
        """Return sums, (sample, class), from those of the plans, (plan, class of the plan)."""

    def spread(self, evaluated: Evaluated) -> Evaluated:
        """Return a loss with its slopes in the sums of the plans."""

    def fields(self, plan: Tensor) -> Tensor:
        """Return the classes of the sums of a plan's field: (class, …) from (class of plan, …)."""

    def stacked(self, plans: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return a field of each sample from the `fields` of the plans."""

    def partials(self, whole: Partials, sample: int, class_index: int) -> Partials:
        """Return partial derivatives in a plan, in which a class is found, from those of the sums.

        Parameters
        ----------
        whole : Partials
            Arrays of shape (sample, class, …).
        sample, class_index : int
            The sample and the class of the volume.
        """

    def squared_norm(self, partials: Partials, p: Tensor) -> Tensor:
        """Return Σ (∂L/∂logit)² of a sample over the classes, in every voxel.

        Parameters
        ----------
        partials : Partials
            Tensors of shape (class, …).
        p : tensor, shape (class, …)
            Probabilities.
        """

    @property
    def norm_share(self) -> float:
        """The share of Σ (∂L/∂logit)² over a plan's classes that belongs to logits of the volume.

        A sigmoid is a softmax of two logits, of which one is moved: half of it.
        """

    def against(self, wrt: WithRespectTo) -> int | None:
        """Return the class whose derivative is subtracted in painted gradients; None if none is.

        Of two classes, p = 1 − q of the other: dL/dp = ∂L/∂p − ∂L/∂q.
        """
