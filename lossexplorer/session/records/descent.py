"""The values of a descent, and of another one from the same start, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossexplorer.engine.messages import TOTAL, Answer, DescentReport, DescentStep
from lossexplorer.engine.questions import Descended
from lossexplorer.session.records._record import Record

DescentSteps = tuple[DescentStep, ...]


@dataclass(frozen=True)
class DescentCurves:
    """Every step of one or two descents from one start.

    Attributes
    ----------
    shown : tuple of str
        The losses, in the order of the steps' values.
    follows, beside : str
        What is descended: a loss's name or `TOTAL`; `beside` is empty for one descent alone.
    first, second : tuple of DescentStep
        The steps of the one, and of the other.
    of : tuple
        What they depend on.
    """

    shown: tuple[str, ...] = ()
    follows: str = ""
    beside: str = ""
    first: DescentSteps = ()
    second: DescentSteps = ()
    of: tuple[Any, ...] = ()

    def with_step(self, answer: Answer) -> DescentCurves:
        """Return the curves with the steps of an answer; empty if it is about the start."""
        question = answer.question
        if not isinstance(question, Descended) or answer.descent is None:
            return DescentCurves() if self.first else self
        of = question.subject[:-1]  # the number of steps is what grows
        before = self if of == self.of else DescentCurves()
        return DescentCurves(
            tuple(setting.name for setting in question.losses),
            question.descent.follows,
            question.descent.beside,
            _joined(before.first, answer.descent),
            _joined(before.second, answer.beside),
            of,
        )

    def series(self, name: str, steps: DescentSteps) -> list[float]:
        """Return a loss's or the total's values in some of the steps."""
        if name == TOTAL:
            return [step.total for step in steps]
        place = self.shown.index(name)
        return [step.values[place] for step in steps]


def _joined(before: DescentSteps, report: DescentReport | None) -> DescentSteps:
    """Return steps up to those of a report, without one that is in both."""
    if report is None:
        return ()
    first = report.steps[0].number
    return (*(step for step in before if step.number < first), *report.steps)


RECORD = Record(
    name="descent",
    empty=DescentCurves(),
    opened=lambda _curves, _volume: DescentCurves(),
    step=DescentCurves.with_step,
)
