"""The norms of the losses' gradients over the volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lossexplorer.engine.messages import Answer, Effort, Request
from lossexplorer.session.records._record import Record
from lossexplorer.session.state import State


@dataclass(frozen=True)
class GradientNorms:
    """What was measured last.

    Attributes
    ----------
    measured : Answer or None
        Its losses have a `gradient_norm`; None before anything was measured. It may be about
        an experiment that has changed since.
    """

    measured: Answer | None = None

    def with_answers(self, answers: Sequence[Answer]) -> GradientNorms:
        """Return the norms of the newest answer."""
        return GradientNorms(answers[-1])


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    norms = state.norms()
    return () if norms is None else (Request(norms, effort),)


RECORD = Record(
    name="norms",
    empty=GradientNorms(),
    requests=_requests,
    answered=GradientNorms.with_answers,
)
