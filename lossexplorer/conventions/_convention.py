"""The description of a convention: a loss with the parameters that reproduce a library's loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from lossexplorer.losses import Loss, loss_named


@dataclass(frozen=True)
class Library:
    """A library, and the version that was read.

    Attributes
    ----------
    name : str
        The name for display.
    version : str
        A release or a commit; empty for an article.
    source : str
        A repository's ``owner/name``, or a reference.
    """

    name: str
    version: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Convention:
    """A loss of this program with the parameters that reproduce what a library computes.

    Attributes
    ----------
    library : Library
        The library that has the loss.
    name : str
        The library's name of the loss, with the arguments that matter.
    loss : str
        The name of the loss of this program.
    parameters : mapping
        The parameters that differ from the loss's defaults.
    factor : float or "classes"
        The library's value divided by this loss's value: a number, or the number of classes.
    classes : int, optional
        The only number of classes that the library supports; any number by default.
    note : str
        A sentence about the convention and the remaining differences; empty if there are none.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such loss, parameter or value.
    """

    library: Library
    name: str
    loss: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    factor: float | Literal["classes"] = 1.0
    classes: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        self.description.complete(self.parameters)

    @property
    def description(self) -> Loss:
        """The description of the loss."""
        return loss_named(self.loss)

    @property
    def values(self) -> dict[str, Any]:
        """Every parameter of the loss with its value."""
        return self.description.complete(self.parameters)

    @property
    def takes_overlapping(self) -> bool:
        """Whether it is defined for classes that may overlap, with a probability each."""
        return not self.description.exclusive and self.values.get("channels") != "exclusive"

    def times(self, classes: int) -> float:
        """Return the factor for a number of classes."""
        return float(classes) if self.factor == "classes" else self.factor
