"""What a page of a talk shows, as one frozen value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lossexplorer.engine.messages import Reference
from lossexplorer.session import State
from lossexplorer.session.response import varies
from lossexplorer.session.state import Workspace

MOST_MAPS, MOST_NUMBERS, MOST_CONTROLS = 2, 4, 3


@dataclass(frozen=True)
class StatedNumber:
    """A number that a page's source states.

    Attributes
    ----------
    what : str
        One of the page's numbers, see `Page.numbers`.
    value : float
        The number; NaN and ∞ are numbers here.
    tolerance : float
        The largest difference at which it is met.
    controls : mapping
        The controls for which it is stated, where they are not as the page begins.
    parameters : mapping of str to mapping
        The same of losses, by the loss's name.
    """

    what: str
    value: float
    tolerance: float = 0.0
    controls: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def is_met_by(self, value: float) -> bool:
        """Return whether a value is the number that is stated.

        Examples
        --------
        >>> stated = StatedNumber("dice", 0.5, 1e-3)
        >>> stated.is_met_by(0.5004), stated.is_met_by(0.51), stated.is_met_by(math.nan)
        (True, False, False)
        >>> StatedNumber("dice", math.nan).is_met_by(math.nan)
        True
        """
        if math.isfinite(self.value):
            return abs(value - self.value) <= self.tolerance
        return value == self.value or (math.isnan(self.value) and math.isnan(value))


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a talk shows at once, and nothing else.

    Attributes
    ----------
    workspace : {"explore", "learn"}
        Whether it is about a prediction or about a network that is trained, which is shown in place
        of maps.
    title, claim, text : str
        The headline, what it shows, and what to look at; one that is empty is left out.
    source : str
        Where claim and numbers come from.
    notes : str
        For the speaker alone.
    maps : tuple of str
        One or two of ``"truth"``, ``"prediction"``, ``"error"`` and ``"gradient"``, or none.
    plot : str
        The id of a plot of the workspace, such as ``"response"``; empty for none.
    numbers : tuple of str
        What is shown large: a loss as ``"dice"``, its term of a class as ``"dice.class.1"``, the
        norm of its gradient as ``"norm.dice"``, or ``"total"``; of Learn an output, or the total.
    controls : tuple of Reference
        The controls and parameters that can be set.
    stated : tuple of StatedNumber
        What the source says that the numbers are.

    Raises
    ------
    ValueError
        If there are more maps than there is room for.

    Examples
    --------
    >>> Page(title="Dice", maps=("error",)).plot
    'response'
    """

    title: str
    workspace: Workspace = "explore"
    claim: str = ""
    text: str = ""
    source: str = ""
    notes: str = ""
    maps: tuple[str, ...] = ("error", "gradient")
    plot: str = "response"
    numbers: tuple[str, ...] = ()
    controls: tuple[Reference, ...] = ()
    stated: tuple[StatedNumber, ...] = ()

    def __post_init__(self) -> None:
        """Refuse more maps than there is room for."""
        if len(self.maps) > MOST_MAPS:
            raise ValueError(
                f"The page {self.title!r} names {len(self.maps)} maps; a page has room for "
                f"{MOST_MAPS}. Leave some out."
            )


def page_of(state: State) -> Page:
    """Return the page of a session in Explore that no scenario was opened for.

    It has the first losses shown, the painted one among them, and the controls that are not at
    their defaults, the one that was moved last first.

    Examples
    --------
    >>> page_of(State()).numbers[0], page_of(State()).controls
    ('dice', (Reference(name='shift_x', loss=None),))
    """
    experiment, view = state.experiment, state.view
    volume = state.volume
    shown = experiment.shown[:MOST_NUMBERS]
    if view.loss in experiment.shown and view.loss not in shown:
        shown = (view.loss, *shown[: MOST_NUMBERS - 1])
    return Page(
        title="Loss Explorer" if volume is None else volume.name,
        numbers=shown,
        controls=_moved(state),
    )


def _moved(state: State) -> tuple[Reference, ...]:
    """Return what was moved last, and other controls that change something."""
    controls, against = state.experiment.controls, state.view.against
    others = [
        reference
        for name, value in controls.items()
        if (reference := Reference(name)) != against
        and varies(reference.parameter, value)
        and value != reference.parameter_of(state.experiment.size).default
    ]
    return (against, *others)[:MOST_CONTROLS]
