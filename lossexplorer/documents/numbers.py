"""The names of numbers, such as ``dice.class.1``, and the numbers in what was evaluated."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import numpy as np

from lossexplorer.core.parameters import ParameterError, closest
from lossexplorer.engine.messages import TOTAL, LossResult

QUOTIENT = " / "
_NORM = "norm."
_CLASS = ".class."


@dataclass(frozen=True)
class NumberName:
    """Which number of a loss is meant.

    Attributes
    ----------
    loss : str
        The name of a loss shown, or ``"total"``.
    class_index : int or None
        The class whose term it is, from 0 for the background; None for the value.
    is_norm : bool
        Whether it is the norm √Σ (∂L/∂logit)² of the loss's gradient.

    Examples
    --------
    >>> NumberName.parse("dice.class.2")
    NumberName(loss='dice', class_index=2, is_norm=False)
    >>> NumberName.parse("norm.iou").is_norm, NumberName.parse("total").loss
    (True, 'total')
    """

    loss: str
    class_index: int | None = None
    is_norm: bool = False

    @classmethod
    def parse(cls, text: str) -> NumberName:
        """Return what a name means.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If it has another form.
        """
        if text.startswith(_NORM):
            return cls(text.removeprefix(_NORM), is_norm=True)
        loss, behind, index = text.partition(_CLASS)
        if behind and not (index.isascii() and index.isdigit()):
            raise ParameterError(
                f"{text!r} names no number. Name a loss, LOSS.class.INDEX, norm.LOSS or total."
            )
        return cls(loss, int(index) if behind else None)

    def value(self, results: Mapping[str, LossResult], total: float) -> float:
        """Return the number.

        Parameters
        ----------
        results : mapping of str to LossResult
            By the names of the losses, with norms if it is one.
        total : float
            Σ λ L.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If there is no such number.
        """
        if self.loss == TOTAL and not self.is_norm and self.class_index is None:
            return total
        if self.loss not in results:
            raise closest(self.loss, results, "loss shown")
        result = results[self.loss]
        if self.is_norm:
            found = result.gradient_norm
        elif self.class_index is None:
            found = result.value
        else:
            terms = result.per_class
            found = terms[self.class_index] if self.class_index < len(terms) else None
        if found is None:
            raise ParameterError(f"{self.loss} has no {self.words}.")
        return found

    @property
    def words(self) -> str:
        """What it is of the loss."""
        if self.is_norm:
            return "norm of its gradient"
        return "value" if self.class_index is None else f"term of class {self.class_index}"


def parts(what: str) -> tuple[NumberName, ...]:
    """Return the one number that a name means, or the two whose quotient it is.

    Examples
    --------
    >>> [part.loss for part in parts("norm.iou / norm.dice")]
    ['iou', 'dice']

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If it has another form.
    """
    return tuple(NumberName.parse(text) for text in what.split(QUOTIENT, 1))


def number(what: str, results: Mapping[str, LossResult], total: float) -> float:
    """Return the number that a name means: one of a loss, or the quotient of two.

    Parameters
    ----------
    what : str
        The name.
    results : mapping of str to LossResult
        What was evaluated, by the names of the losses.
    total : float
        Σ λ L.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If there is no such number.

    Examples
    --------
    >>> dice = LossResult("dice", {}, 1.0, 0.5, (0.25, 0.75))
    >>> number("dice.class.1", {"dice": dice}, 0.5), number("dice / dice", {"dice": dice}, 0.5)
    (0.75, 1.0)
    """
    found = [part.value(results, total) for part in parts(what)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return found[0] if len(found) == 1 else float(np.divide(found[0], found[1]))


def check_number(what: str, losses: Container[str]) -> None:
    """Refuse a name that means no number of some losses.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError
        If its form is another one, or a loss is not among them.

    Examples
    --------
    >>> check_number("norm.iou / norm.dice", ["dice", "iou"])
    """
    for part in parts(what):
        if part.loss not in losses and part.loss != TOTAL:
            raise ParameterError(f"{what!r} is no number here: {part.loss!r} is not shown.")
