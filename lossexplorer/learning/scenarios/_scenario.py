"""What a scenario is: a claim about several losses, with the numbers that it must show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lossexplorer.learning.setup import LossChoice, Setup


@dataclass(frozen=True)
class WeighedLoss:
    """A loss that is shown in Explore.

    Attributes
    ----------
    loss : LossChoice
        A loss of the library.
    weight : float
        λ.
    """

    loss: LossChoice
    weight: float = 1.0


@dataclass(frozen=True)
class Start:
    """What a scenario opens in the window.

    Attributes
    ----------
    workspace : {"explore", "learn"}
        Where it takes place.
    sample : str
        The name of a sample volume.
    setup : Setup or None
        In Learn, the training run.
    controls : mapping
        In Explore, the controls that are not at their defaults.
    losses : tuple of WeighedLoss
        In Explore, the losses that are shown.
    descent : mapping
        In Explore, how the gradient is followed: the fields that are not at their defaults, such as
        ``follows`` and ``beside``.
    shown : str
        In Explore the loss whose gradient is painted, or ``"total"``; in Learn the output.
    plot : str
        In Learn, the plot or table that has what is claimed; empty for the curves of the losses.
    steps : int
        In Learn, the training steps that are taken when it opens.
    slice : int or None
        The slice along z; None for the one with most voxels of the sample's class.
    """

    workspace: Literal["explore", "learn"]
    sample: str
    setup: Setup | None = None
    controls: Mapping[str, Any] = field(default_factory=dict)
    losses: tuple[WeighedLoss, ...] = ()
    descent: Mapping[str, Any] = field(default_factory=dict)
    shown: str = "y1"
    plot: str = ""
    steps: int = 0
    slice: int | None = None


@dataclass(frozen=True)
class Expectation:
    """A number that a scenario must show.

    Attributes
    ----------
    name : str
        The identifier of what is measured.
    meaning : str
        What it is, in a few words.
    value : float
        The number, from an article, another library or a formula.
    tolerance : float
        The largest difference; 0 where the number is exact.
    unit : str
        Empty for a bare number.
    """

    name: str
    meaning: str
    value: float
    tolerance: float = 1e-6
    unit: str = ""

    def holds(self, measured: float) -> bool:
        """Return whether a measured number is the expected one.

        Examples
        --------
        >>> half = Expectation("half", "a half", 0.5)
        >>> half.holds(0.5 + 1e-7), half.holds(0.51), half.holds(float("nan"))
        (True, False, False)
        """
        return abs(measured - self.value) <= self.tolerance


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A claim that the window shows at one click, and that a run of the program proves.

    Attributes
    ----------
    id : str
        The identifier, ``"L1"`` and so on; scenarios are shown in the order of its number.
    title : str
        A few words.
    text : str
        Two sentences: what is opened, and what to look at.
    claim : str
        What it shows, in a sentence that could be wrong.
    source : str
        Where the claim or its numbers come from.
    start : Start
        What opens in the window.
    expected : tuple of Expectation
        The numbers that it must show.
    measure : callable
        Measures these numbers, by name, with the code that the program itself runs. It needs Keras
        in this process where `needs_keras` says so.
    needs_keras : bool
        Whether a loss or a network is computed.
    """

    id: str
    title: str
    text: str
    claim: str
    source: str
    start: Start
    expected: tuple[Expectation, ...]
    measure: Callable[[], Mapping[str, float]]
    needs_keras: bool = True

    @property
    def number(self) -> int:
        """Its place among all scenarios, from 1."""
        return int(self.id.removeprefix("L"))
