"""The values of every loss, step by step as the experiment changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lossexplorer.engine.messages import TOTAL, Answer, DescentReport
from lossexplorer.session.records._record import Record

_KEPT = 300


@dataclass(frozen=True)
class History:
    """Every loss and the total, step by step; the last 300 steps.

    Attributes
    ----------
    first : int
        The number of the first step that is kept, from 1.
    steps : tuple of mapping
        Of each step the value of each loss shown, and of `TOTAL`; NaN where it is not known.
    pending : tuple of frozenset of str
        Of each step the losses that were not computed, and `TOTAL` if they are part of it.
    descended : int
        The number of the last step's descent, if it is one of a descent; else 0.

    Examples
    --------
    >>> from lossexplorer.engine.messages import LossResult
    >>> History(1, ({"dice": 0.5, "total": 0.5},)).series("dice")
    [0.5]
    """

    first: int = 1
    steps: tuple[Mapping[str, float], ...] = ()
    pending: tuple[frozenset[str], ...] = ()
    descended: int = 0

    @property
    def shown(self) -> tuple[str, ...]:
        """The losses of the last step."""
        return tuple(name for name in self.steps[-1] if name != TOTAL) if self.steps else ()

    def series(self, name: str) -> list[float]:
        """Return a loss's or the total's values, NaN in steps in which it was not shown."""
        return [step.get(name, math.nan) for step in self.steps]

    def is_known(self, name: str) -> list[bool]:
        """Return in which steps a value was computed, be it NaN."""
        pending = self.pending or (frozenset(),) * len(self.steps)
        return [
            name in step and name not in lacking
            for step, lacking in zip(self.steps, pending, strict=True)
        ]

    def with_step(self, answer: Answer) -> History:
        """Return the history with one more step.

        A loss that was not shown in the step before begins anew.
        """
        if answer.descent is not None:
            return self._with_descent(answer, answer.descent)
        lacking = any(result.pending and result.weight for result in answer.losses)
        step = {result.name: result.value for result in answer.losses}
        step[TOTAL] = math.nan if lacking else answer.total
        pending = {result.name for result in answer.losses if result.pending}
        return self._with(step, frozenset(pending | ({TOTAL} if lacking else set())))

    def _with_descent(self, answer: Answer, report: DescentReport) -> History:
        """Return the history with the steps of a descent that are not in it yet."""
        names = [setting.name for setting in answer.question.losses]
        history = self
        for each in report.steps:
            if each.number > self.descended:
                step = {**dict(zip(names, each.values, strict=True)), TOTAL: each.total}
                history = history._with(step)
        return replace(history, descended=report.number)

    def _with(self, step: Mapping[str, float], pending: frozenset[str] = frozenset()) -> History:
        steps = self.steps
        if steps and steps[-1].keys() != step.keys():
            again = [name for name in step if name in steps[-1]]
            steps = tuple({name: each[name] for name in again if name in each} for each in steps)
        dropped = max(0, len(steps) + 1 - _KEPT)
        lacking = self.pending or (frozenset(),) * len(steps)
        return History(
            self.first + dropped, (*steps[dropped:], step), (*lacking[dropped:], pending)
        )

    def completed(self, answer: Answer) -> History:
        """Return the history with what was pending in its last step."""
        return replace(self, steps=self.steps[:-1], pending=self.pending[:-1]).with_step(answer)


RECORD = Record(
    name="history",
    empty=History(),
    opened=lambda _history, _volume: History(),
    step=History.with_step,
    completed=History.completed,
)
