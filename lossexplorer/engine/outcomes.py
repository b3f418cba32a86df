"""The losses of one question, evaluated: what its answer is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class LossOutcome:
    """What became of one loss.

    Attributes
    ----------
    setting : LossSetting
        The loss.
    evaluated : Evaluated or None
        None if it could not be evaluated, or is pending.
    problems : tuple of Problem
        Why its value or gradient is not finite, or why it could not be evaluated.
    pending : bool
        Whether it was left out, because it needs the whole field.
    """

    setting: LossSetting
    evaluated: Evaluated | None
    problems: tuple[Problem, ...]
    pending: bool = False

    def result(self, classes: int, norm: float | None) -> LossResult:
        """Return what the window is told.

        Parameters
        ----------
        classes : int
            Of the volume.
        norm : float, optional
            Of the gradient.
        """
        if self.evaluated is None:
            unknown = Evaluated(self.setting, math.nan, (None,) * classes, None)
            return unknown.result(problems=self.problems, pending=self.pending)
        return self.evaluated.result(problems=self.problems, gradient_norm=norm)


@dataclass(frozen=True)
class Outcomes:
    """The losses of one question.

    Attributes
    ----------
    request : Request
        The question and the effort.
    outcomes : tuple of LossOutcome
        In the question's order.
    classes : int
        Of the volume.
    preview : str
        What was left out, in a sentence; empty if nothing was.
    """

    request: Request
    outcomes: tuple[LossOutcome, ...]
    classes: int
    preview: str

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
        """Return the answer, whose time is not known yet.

        Parameters
        ----------
        norms : sequence of float, optional
            The gradient's norm of each loss in `evaluated`.
        maps : PaintedMaps, optional
            What was painted.
        """
        rest = iter(norms if norms is not None else [None] * len(self.evaluated))
        results = tuple(
            each.result(self.classes, next(rest) if each.evaluated is not None else None)
            for each in self.outcomes
        )
        total = values.total([result for result in results if not result.pending])
        return Answer(self.request, results, total, maps, 0.0, self.preview)
