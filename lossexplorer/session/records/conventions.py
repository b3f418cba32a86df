"""What the conventions compute for the prediction that is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lossexplorer.conventions import CONVENTIONS, ConventionValue
from lossexplorer.engine.messages import Answer, Effort, Request
from lossexplorer.engine.questions import ConventionNumbers
from lossexplorer.session.records._record import Record
from lossexplorer.session.state import State

_TOGETHER = 8
"""How many are one request: what they are the first to need is compiled, which takes long."""


@dataclass(frozen=True)
class ConventionValues:
    """The values that are known.

    Attributes
    ----------
    values : mapping of int to ConventionValue
        By the index in `CONVENTIONS`.
    """

    values: Mapping[int, ConventionValue] = field(default_factory=dict)

    def with_answers(self, answers: Sequence[Answer]) -> ConventionValues:
        """Return these values with those of more answers."""
        values = dict(self.values)
        for answer in answers:
            values |= answer.found
        return ConventionValues(values)


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    """Return requests for a few at a time, and then one for each loss of the whole field.

    Conventions of such a loss take most of it from one another.
    """
    case = state.experiment.case
    if case is None:
        return ()
    every = range(len(CONVENTIONS))
    long = [index for index in every if CONVENTIONS[index].description.kind == "field"]
    quick = [index for index in every if index not in long]
    starts = range(0, len(quick), _TOGETHER)
    groups = [tuple(quick[start : start + _TOGETHER]) for start in starts]
    losses = dict.fromkeys(CONVENTIONS[index].loss for index in long)
    groups += [tuple(n for n in long if CONVENTIONS[n].loss == loss) for loss in losses]
    asked = (case.key, state.experiment.controls, ())
    return tuple(Request(ConventionNumbers(*asked, group), effort) for group in groups)


RECORD = Record(
    name="conventions",
    empty=ConventionValues(),
    requests=_requests,
    begun=lambda _before, _state: ConventionValues(),
    answered=ConventionValues.with_answers,
    of_plot=True,
)
