"""The evaluated losses of one question, from which its answer is made."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lossexplorer.engine import values
from lossexplorer.engine.messages import (
    Answer,
    LossResult,
    LossSetting,
    PaintedMaps,
    Problem,
    Request,
)
from lossexplorer.engine.values import Evaluated


class LossOutcome(NamedTuple):
    """The outcome of evaluating one loss.

    Attributes
    ----------
    setting : LossSetting
        The loss.
    evaluated : Evaluated or None
        The loss's numbers; None if it could not be evaluated or is pending.
    problems : tuple of Problem
        Why the value or gradient is not finite, or why the loss could not be evaluated.
    pending : bool
        Whether the loss was left out, because it needs the whole field.
    """

    setting: LossSetting
    evaluated: Evaluated | None
    problems: tuple[Problem, ...]
    pending: bool = False

    def result(self, classes: int, norm: float | None) -> LossResult:
        """Return the result for the window.

        Parameters
        ----------
        classes : int
            The number of classes of the volume.
        norm : float, optional
            The norm of the gradient.
        """
        if self.evaluated is None:
            unknown = Evaluated(self.setting, math.nan, (None,) * classes, None)
            return unknown.result(problems=self.problems, pending=self.pending)
        return self.evaluated.result(problems=self.problems, gradient_norm=norm)


@dataclass(frozen=True)
class Outcomes:
    """The outcomes of all losses of one question.

    Attributes
    ----------
    request : Request
        The question and the effort.
    outcomes : tuple of LossOutcome
        The outcomes, in the question's order of losses.
    classes : int
        The number of classes of the volume.
    preview : str
        A sentence about what was left out; empty if the values are exact.
    left_out : bool
        Whether that is rows or classes.
    started : float
        When work on the answer began, by `time.perf_counter`.
    """

    request: Request
    outcomes: tuple[LossOutcome, ...]
    classes: int
    preview: str
    left_out: bool
    started: float

    @property
    def evaluated(self) -> list[Evaluated]:
        """The losses that have a value."""
        return [each.evaluated for each in self.outcomes if each.evaluated is not None]

    @property
    def pending(self) -> list[LossSetting]:
        """The losses that were left out."""
        return [each.setting for each in self.outcomes if each.pending]

    def answer(
        self, *, norms: Sequence[float] | None = None, maps: PaintedMaps | None = None
    ) -> Answer:
        """Return the answer, which has taken from `started` until now.

        Parameters
        ----------
        norms : sequence of float, optional
            The gradient norm of each loss in `evaluated`.
        maps : PaintedMaps, optional
            The painted maps.
        """
        rest = iter(norms or ())
        results = tuple(
            each.result(self.classes, None if each.evaluated is None else next(rest, None))
            for each in self.outcomes
        )
        total = values.total([result for result in results if not result.pending])
        took = time.perf_counter() - self.started
        return Answer(self.request, results, total, maps, took, self.preview, self.left_out)
