"""Every class's term of every loss, of the newest step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from lossexplorer.engine.messages import Answer
from lossexplorer.session.records._record import Record


@dataclass(frozen=True)
class ClassTerms:
    """What each class contributes to each loss.

    Attributes
    ----------
    classes : tuple of str
        The classes' names, background first.
    terms : mapping of str to tuple of float
        By loss, a term for each class; NaN for a class that the loss leaves out.
    """

    classes: tuple[str, ...] = ()
    terms: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def of(self, answer: Answer) -> ClassTerms:
        """Return the terms of another step."""
        terms = {
            result.name: tuple(math.nan if term is None else term for term in result.per_class)
            for result in answer.losses
        }
        return ClassTerms(self.classes, terms)


RECORD = Record(
    name="class_terms",
    empty=ClassTerms(),
    opened=lambda _terms, volume: ClassTerms(tuple(each.name for each in volume.classes)),
    step=ClassTerms.of,
)
