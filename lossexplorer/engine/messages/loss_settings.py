"""The losses that are shown: each with its parameters, its weight, and what it is called.

A loss of the catalogue may be shown more than once, with other parameters. What is shown is known
by its name: the loss's own for the first one, such as ``"tversky"``, and the loss's with a number
for every other one, such as ``"tversky_2"``. The catalogue knows the loss alone.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from lossexplorer.core.parameters import ParameterError
from lossexplorer.losses import OF_OVERLAPPING, Loss, loss_named

LONGEST_TITLE = 40
"""How many characters the user's title of a loss may have."""

_NAME = re.compile(r"(?P<loss>.+?)(?:_(?P<number>[2-9]|[1-9][0-9]+))?")


@dataclass(frozen=True)
class LossSetting:
    """A loss that is shown, with the values of all its parameters and its weight λ.

    Attributes
    ----------
    loss : str
        Its name in the catalogue.
    parameters : mapping
        The values of all its parameters.
    weight : float
        Its λ in the total.
    name : str
        What it is known by among the losses shown: the loss's name, or that with a number from 2,
        such as ``"tversky_2"``. The loss's name by default.
    title : str
        What the user calls it; empty for the loss's title with that number.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If the name is that of another loss.

    Examples
    --------
    >>> first = LossSetting("tversky", {"alpha": 0.3})
    >>> second = LossSetting("tversky", {"alpha": 0.7}, name="tversky_2")
    >>> first.name, first.heading, second.heading
    ('tversky', 'Tversky', 'Tversky 2')
    """

    loss: str
    parameters: Mapping[str, Any]
    weight: float = 1.0
    name: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.loss)
        if _divided(self.name)[0] != self.loss:
            raise ParameterError(
                f"{self.name!r} names no loss {self.loss!r}. Name it {self.loss!r}, or with a "
                f"number from 2, such as '{self.loss}_2'."
            )

    @property
    def described(self) -> Loss:
        """The loss's description."""
        return loss_named(self.loss)

    @property
    def heading(self) -> str:
        """What it is called on screen and in sentences."""
        return self.title or title_of(self.name)

    def with_values(self, values: Mapping[str, Any]) -> LossSetting:
        """Return the loss with other values of those parameters that it has."""
        chosen = {name: value for name, value in values.items() if name in self.parameters}
        return replace(self, parameters={**self.parameters, **chosen})

    def of_overlapping(self) -> LossSetting:
        """Return the loss as it is of classes that overlap: independent channels, all counting."""
        return self.with_values(OF_OVERLAPPING)


def loss_of(name: str) -> Loss:
    """Return the loss that is shown under a name.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such loss.

    Examples
    --------
    >>> loss_of("tversky").title, loss_of("tversky_2").title
    ('Tversky', 'Tversky')
    """
    return loss_named(_divided(name)[0])


def catalogued(name: str) -> str:
    """Return the loss that is shown under a name, as the catalogue calls it.

    Examples
    --------
    >>> catalogued("tversky"), catalogued("tversky_2")
    ('tversky', 'tversky')
    """
    return _divided(name)[0]


def number_of(name: str) -> int:
    """Return which of several that show the same loss a name is of, from 1.

    Examples
    --------
    >>> number_of("tversky"), number_of("tversky_2")
    (1, 2)
    """
    return _divided(name)[1]


def title_of(name: str) -> str:
    """Return what a loss is called that the user has given no title.

    Examples
    --------
    >>> title_of("tversky"), title_of("tversky_2")
    ('Tversky', 'Tversky 2')
    """
    number = number_of(name)
    return loss_of(name).title if number == 1 else f"{loss_of(name).title} {number}"


def heading_of(name: str, losses: Iterable[LossSetting]) -> str:
    """Return what a loss is called among some; as if it had no title if it is none of them.

    Examples
    --------
    >>> heading_of("dice", [LossSetting("dice", {}, title="Overlap")]), heading_of("dice_2", [])
    ('Overlap', 'Dice 2')
    """
    return next((each.heading for each in losses if each.name == name), None) or title_of(name)


def free_name(loss: str, taken: Container[str]) -> str:
    """Return the first name that a loss can be shown under, of those that are not taken.

    Examples
    --------
    >>> free_name("tversky", ["dice"]), free_name("tversky", ["tversky", "tversky_2"])
    ('tversky', 'tversky_3')
    """
    names = (loss if number == 1 else f"{loss}_{number}" for number in count(1))
    return next(name for name in names if name not in taken)


def untitled(losses: Iterable[LossSetting]) -> tuple[LossSetting, ...]:
    """Return losses without the user's titles, which no number depends on."""
    return tuple(replace(setting, title="") for setting in losses)


def _divided(name: str) -> tuple[str, int]:
    """Return a name's loss and number."""
    found = _NAME.fullmatch(name)
    return (found["loss"], int(found["number"] or 1)) if found else (name, 1)
