"""What a method of combining the gradients of several losses is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lossexplorer.core.parameters import Number, complete
from lossexplorer.learning.reports import MethodResult

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Places = NDArray[np.bool_]
Memory = Mapping[str, Any]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class MethodInput:
    """What a method sees of one step.

    Attributes
    ----------
    gram : array, shape (loss, loss)
        Dot products of the trunk's gradients: of λₖ gₖ for a method that mends the weighted sum,
        else of gₖ.
    losses : array, shape (loss,)
        The losses without λ.
    lambdas : array, shape (loss,)
        λ of each loss.
    memory : mapping
        What the method remembers of earlier steps.
    step, seed : int
        The number of the step, from 1, and the seed of the training.
    values : mapping of str to float
        The values of the method's parameters.
    taking_part : array of bool, shape (loss,)
        Which losses the method is computed over, see `taking_part`.
    """

    gram: Matrix
    losses: Vector
    lambdas: Vector
    memory: Memory
    step: int
    seed: int
    values: Values
    taking_part: Places

    @property
    def norms(self) -> Vector:
        """The norm of each loss's gradient."""
        return np.sqrt(np.maximum(self.gram.diagonal(), 0.0))

    def of_those_taking_part(self) -> MethodInput:
        """Return the same without the other losses."""
        places = self.taking_part
        return replace(
            self,
            gram=self.gram[np.ix_(places, places)],
            losses=self.losses[places],
            lambdas=self.lambdas[places],
            taking_part=places[places],
        )


Rule = Callable[[MethodInput], tuple[Vector, Memory]]
"""From what is seen to the weights and to what is remembered for the next step."""


def of_gradients(weights: Callable[[MethodInput], Vector]) -> Rule:
    """Return the rule of a method that is computed of gradients alone and remembers nothing.

    Parameters
    ----------
    weights : callable
        From what is seen of the losses that take part, of which there is one at least, to their
        weights; the others have the weight 0.
    """

    def rule(seen: MethodInput) -> tuple[Vector, Memory]:
        made = np.zeros_like(seen.losses)
        if seen.taking_part.any():
            made[seen.taking_part] = weights(seen.of_those_taking_part())
        return made, {}

    return rule


def taking_part(
    gram: Matrix, lambdas: Vector, looks_at: Sequence[str] = ("gram", "losses")
) -> Places:
    """Return which losses a method is computed over.

    A loss that is cut from the trunk has the gradient 0 there, which is no reason to stand still
    for the others; and one whose λ is 0 is not to move the trunk.

    Parameters
    ----------
    gram : array, shape (loss, loss)
        Dot products of the gradients gₖ without λ, over the trunk.
    lambdas : array, shape (loss,)
        λ of each loss.
    looks_at : sequence of str
        As in `Method.looks_at`.

    Returns
    -------
    array of bool, shape (loss,)
        Where λ is not 0, and neither is the gradient for a method that looks at it. The weighted
        sum looks at nothing and leaves nothing out: 0 · NaN is NaN.

    Examples
    --------
    >>> taking_part(np.diag([4.0, 0.0, 1.0]), np.array([0.5, 0.3, 0.0])).tolist()
    [True, False, False]
    """
    counts: Places = np.ones(len(lambdas), np.bool_)
    if looks_at:
        counts &= lambdas != 0
    if "gram" in looks_at:
        counts &= gram.diagonal() != 0
    return counts


@dataclass(frozen=True)
class Combination:
    """What a method makes of the gradients of one step.

    Attributes
    ----------
    weights : tuple of float
        w of the direction d = Σ wₖ gₖ; the step goes along −d. NaN where the method has no answer
        because something that it looks at is not finite.
    memory : mapping
        What the method remembers: numbers and tuples of numbers.
    left_out : tuple of bool
        Which losses take no part.
    """

    weights: tuple[float, ...]
    memory: Memory
    left_out: tuple[bool, ...]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of combining the gradients of several losses.

    Attributes
    ----------
    name, title : str
        The identifier (command line, files) and the words on the screen.
    citation : str
        Authors, year and where it was published.
    meaning : str
        One sentence on what it does.
    scale : str
        How long the direction is, where that is a convention.
    kind : {"weights", "direction"}
        ``"weights"`` weighs the losses, for all layers; ``"direction"`` combines the gradients of
        the trunk, while every other layer takes λₖ gₖ.
    rule : callable
        Weights and memory of what is seen.
    order : int
        Its place in a list.
    parameters : tuple of Number
        What can be set.
    mends_the_sum : bool
        Whether it starts from the weighted sum and so sees λₖ gₖ; else it finds weights itself and
        sees gₖ.
    looks_at : tuple of str
        Which of ``"gram"`` and ``"losses"`` it computes from.
    settled : callable, optional
        For a method that learns its weights step by step: where they would come to rest if
        gradients and losses stayed as they are.

    Examples
    --------
    >>> from lossexplorer.learning.methods import METHODS
    >>> made = METHODS["mgda"].combine([[18.0, -22.0], [-22.0, 38.0]], (1.0, 1.0), (1.0, 1.0))
    >>> [round(weight, 6) for weight in made.weights]
    [0.6, 0.4]
    """

    name: str
    title: str
    citation: str
    meaning: str
    scale: str
    kind: Literal["weights", "direction"]
    rule: Rule
    order: int
    parameters: tuple[Number, ...] = ()
    mends_the_sum: bool = False
    looks_at: tuple[Literal["gram", "losses"], ...] = ("gram",)
    settled: Rule | None = None

    def begin(self) -> Memory:
        """Return what is remembered before the first step: nothing."""
        return {}

    def combine(
        self,
        gram: Sequence[Sequence[float]] | Matrix,
        losses: Sequence[float] | Vector,
        lambdas: Sequence[float] | Vector,
        memory: Memory | None = None,
        step: int = 1,
        seed: int = 0,
        values: Values | None = None,
    ) -> Combination:
        """Return the weights for one step, and what is remembered for the next.

        Parameters
        ----------
        gram : array, shape (loss, loss)
            Dot products of the gradients gₖ of the losses without λ, over the trunk.
        losses, lambdas : sequence of float, shape (loss,)
            Losses without λ, and λ.
        memory : mapping, optional
            The memory of the step before; of `begin` if not given.
        step, seed : int
            The number of the step, from 1, and the seed: on these a random order depends.
        values : mapping, optional
            Values of parameters; the defaults of those that are not given.

        Raises
        ------
        lossexplorer.core.parameters.ParameterError
            If a parameter is unknown or its value is not allowed.
        """
        seen = self._input(gram, losses, lambdas, memory or self.begin(), step, seed, values)
        return self._combined(self.rule, seen)

    def settle(
        self,
        gram: Sequence[Sequence[float]] | Matrix,
        losses: Sequence[float] | Vector,
        lambdas: Sequence[float] | Vector,
        step: int = 1,
        seed: int = 0,
        values: Values | None = None,
    ) -> Combination:
        """Return where the weights come to rest if gradients and losses stay as they are.

        For a method that learns nothing this is `combine`. Parameters and errors are the same.
        """
        seen = self._input(gram, losses, lambdas, self.begin(), step, seed, values)
        return self._combined(self.settled or self.rule, seen)

    def _input(
        self,
        gram: Sequence[Sequence[float]] | Matrix,
        losses: Sequence[float] | Vector,
        lambdas: Sequence[float] | Vector,
        memory: Memory,
        step: int,
        seed: int,
        values: Values | None,
    ) -> MethodInput:
        known = complete(self.parameters, values or {}, self.title)
        table, factors = np.asarray(gram, np.float64), np.asarray(lambdas, np.float64)
        counts = taking_part(table, factors, self.looks_at)
        numbers = np.asarray(losses, np.float64)
        return MethodInput(table, numbers, factors, memory, step, seed, known, counts)

    def _combined(self, rule: Rule, seen: MethodInput) -> Combination:
        # Numbers that overflow or have no quotient are NaN or infinite: that is the answer.
        with np.errstate(all="ignore"):
            factors = seen.lambdas if self.mends_the_sum else np.ones_like(seen.lambdas)
            seen = replace(seen, gram=seen.gram * np.outer(factors, factors))
            looked_at = seen.of_those_taking_part()
            if not all(np.isfinite(getattr(looked_at, name)).all() for name in self.looks_at):
                weights, memory = np.full(len(factors), math.nan), seen.memory
            else:
                weights, memory = rule(seen)
            left_out = tuple((~seen.taking_part).tolist())
            return Combination(tuple((factors * weights).tolist()), memory, left_out)


def result(name: str, gram: Matrix, combination: Combination) -> MethodResult:
    """Return a method's weights with the projection of its direction on each gradient."""
    weights = combination.weights
    with np.errstate(all="ignore"):
        projections = gram @ np.asarray(weights, np.float64)
    return MethodResult(name, weights, tuple(projections.tolist()), combination.left_out)
