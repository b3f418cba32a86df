"""The value of every loss for each sample by itself, and pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lossexplorer.engine.messages import Answer, Effort, Request
from lossexplorer.engine.questions import SampleNumbers
from lossexplorer.session.records._record import Record
from lossexplorer.session.state import State


@dataclass(frozen=True)
class SampleValues:
    """What is known of the samples of a batch.

    Attributes
    ----------
    values : mapping of str to tuple of float
        By loss, the value for each sample by itself.
    pooled : mapping of str to float
        The loss's value for the batch, as its parameters pool it.
    """

    values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    pooled: Mapping[str, float] = field(default_factory=dict)

    def with_answers(self, answers: Sequence[Answer]) -> SampleValues:
        """Return the values of the newest answer."""
        answer = answers[-1]
        return SampleValues(answer.found, {each.name: each.value for each in answer.losses})


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    experiment = state.experiment
    if experiment.case is None:
        return ()
    losses = tuple(each for each in experiment.losses if each.described.kind != "field")
    return (Request(SampleNumbers(experiment.case.key, experiment.controls, losses), effort),)


RECORD = Record(
    name="samples",
    empty=SampleValues(),
    requests=_requests,
    answered=SampleValues.with_answers,
    of_plot=True,
)
