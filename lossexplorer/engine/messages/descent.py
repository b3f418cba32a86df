"""What travels between the processes while the prediction's logits follow a gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossexplorer.core.parameters import Choice, Number, ParameterError
from lossexplorer.engine.messages.asked import TOTAL
from lossexplorer.engine.messages.loss_settings import LossSetting, title_of

if TYPE_CHECKING:
    from lossexplorer.engine.messages.answer import Problem

OPTIMIZER = Choice(
    name="optimizer",
    title="Optimizer",
    meaning="sgd: −rate × gradient; momentum: with a velocity, as Keras's SGD; adam: Kingma and "
    "Ba 2015, as in Keras, in which the size of a gradient hardly counts.",
    default="sgd",
    options=("sgd", "momentum", "adam"),
    titles=("SGD", "SGD, momentum", "Adam"),
)
RATE = Number(
    name="rate",
    title="Rate",
    meaning="The step's length, for gradients times the number of voxels: at rate 1, cross-entropy "
    "moves the logit of a voxel that is surely wrong by 1 a step.",
    default=0.01,
    low=1e-9,
    high=1e9,
    slider=(1e-4, 1e4),
    scale="log",
    smallest=1e-4,
)
MOMENTUM = Number(
    name="momentum",
    title="Momentum",
    meaning="The share of the velocity that each step keeps, for the optimizer momentum.",
    default=0.9,
    low=0.0,
    high=0.999,
)
STEPS = Number(
    name="steps",
    title="Steps a frame",
    meaning="How many steps are taken before the maps are painted again.",
    default=1.0,
    low=1.0,
    high=1000.0,
    slider=(1.0, 50.0),
    whole=True,
)
DESCENT_PARAMETERS = (RATE, OPTIMIZER, MOMENTUM, STEPS)
"""What can be set of a descent, besides the losses that it follows."""


def check_exclusive(*, overlapping: bool) -> None:
    """Refuse a descent on classes that overlap.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If they do.
    """
    if overlapping:
        raise ParameterError(
            "A descent needs classes that exclude each other, and these overlap. Look at them one "
            "by one."
        )


@dataclass(frozen=True)
class Descent:
    """How the prediction's logits descend.

    Attributes
    ----------
    optimizer : {"sgd", "momentum", "adam"}
        What makes of a gradient the next logits.
    rate : float
        The step's length, for the gradient times the number of voxels.
    momentum : float
        The share of the velocity that a step keeps.
    follows : str
        The loss that is descended, alone and with the factor 1, or `TOTAL` for Σ λ L.
    beside : str
        What other logits descend from the same start, as `follows`; empty for nothing.
    steps : int
        How many steps are taken before the maps are painted again.
    """

    optimizer: str = OPTIMIZER.default
    rate: float = RATE.default
    momentum: float = MOMENTUM.default
    follows: str = TOTAL
    beside: str = ""
    steps: int = 1

    @property
    def path(self) -> Descent:
        """What its numbers depend on: all but how many steps are taken at a time."""
        return replace(self, steps=1)

    def fitted(self, shown: Sequence[str]) -> Descent:
        """Return the descent with no loss that is not shown any longer.

        Examples
        --------
        >>> Descent(follows="dice", beside="iou").fitted(["iou"])
        Descent(optimizer='sgd', rate=0.01, momentum=0.9, follows='total', beside='iou', steps=1)
        """
        follows = self.follows if self.follows in (TOTAL, *shown) else TOTAL
        beside = self.beside if self.beside in (TOTAL, *shown) else ""
        return replace(self, follows=follows, beside=beside)

    def check(self, losses: Sequence[LossSetting]) -> None:
        """Raise `ParameterError` for a value that is not allowed, or a loss that is not shown."""
        for parameter in DESCENT_PARAMETERS:
            parameter.check(getattr(self, parameter.name))
        shown = {TOTAL, *(setting.name for setting in losses)}
        for name in (self.follows, *filter(None, [self.beside])):
            if name not in shown:
                raise ParameterError(f"{title_of(name)} is not shown; add it first.")


@dataclass(frozen=True)
class DescentStep:
    """What there is after a step of a descent.

    Attributes
    ----------
    number : int
        How many steps were taken; 0 is the start.
    values : tuple of float
        The value of each loss, in the question's order; those of `others` may be not finite.
    total : float
        Σ λ L.
    largest : float
        The largest magnitude in the gradient times the number of voxels, over all logits: what
        the next step follows. NaN where there is no next step.
    """

    number: int
    values: tuple[float, ...]
    total: float
    largest: float


@dataclass(frozen=True)
class DescentReport:
    """How far a descent has come.

    Attributes
    ----------
    steps : tuple of DescentStep
        The last steps, in order: all that were not reported before.
    ended : str
        Words if there is no next step; else empty.
    is_converged : bool
        Whether that is because the gradient vanishes.
    problems : tuple of Problem
        What stopped it, if a loss that is followed is not finite.
    """

    steps: tuple[DescentStep, ...]
    ended: str = ""
    is_converged: bool = False
    problems: tuple[Problem, ...] = ()

    def why_ended(self, said: Callable[[Problem], str] = lambda problem: problem.text) -> str:
        """Return why there is no next step, with problems as commands write them, or as `said`.

        Examples
        --------
        >>> DescentReport((), "stopped: IoU is NaN").why_ended()
        'stopped: IoU is NaN'
        """
        return ": ".join(filter(None, [self.ended, " ".join(map(said, self.problems))]))

    @property
    def number(self) -> int:
        """How many steps were taken."""
        return self.steps[-1].number
