"""The handler of questions about a prediction that has descended."""

from __future__ import annotations

from dataclasses import replace

from lossexplorer.engine.descent.descending import Descending
from lossexplorer.engine.messages import Answer, DescentReport, Request, untitled
from lossexplorer.engine.pipeline import Pipeline
from lossexplorer.engine.questions.descended import Descended


def answer(question: Descended, pipeline: Pipeline, request: Request) -> Answer:
    """Return the answer; the pipeline keeps the logits for the next question.

    Parameters
    ----------
    question : Descended
        What is asked.
    pipeline : Pipeline
        Makes the prediction that is the start.
    request : Request
        The question with its effort.

    Raises
    ------
    lossexplorer.core.parameters.ParameterError, lossexplorer.engine.limits.TooLargeError
        As `Descending`.
    """
    descent = question.descent
    first, *others = pipeline.keep(
        (untitled(question.losses), descent.path),
        lambda: [
            Descending(pipeline, request, descent, follows)
            for follows in (descent.follows, descent.beside)
            if follows
        ],
    )
    report = _newest(first.reach(question.number), descent.steps)
    outcomes = replace(first.outcomes(), request=request, started=pipeline.started)
    found = outcomes.answer(maps=first.maps(question.painted))
    for other in others:
        beside = _newest(other.reach(question.number), descent.steps)
        found = replace(found, beside=beside, maps_beside=other.maps(question.painted))
    return replace(found, descent=report)


def _newest(report: DescentReport, steps: int) -> DescentReport:
    """Return a report of the steps that can be new, and the one before them."""
    return replace(report, steps=report.steps[-1 - steps :])
