"""Every class's term of every loss, of the newest step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lossexplorer.engine.messages import Answer
from lossexplorer.engine.questions import Maps
from lossexplorer.session.records._record import Record
from lossexplorer.volumes import Batch


@dataclass(frozen=True)
class ClassTerms:
    """What each class contributes to each loss.

    Attributes
    ----------
    classes : tuple of str
        The classes' names, background first.
    terms : mapping of str to tuple of float
        By loss, a term for each class; NaN for a class that the loss leaves out.
    counted : mapping of str to tuple of bool
        By loss, which classes it does not leave out.
    sizes : tuple of int
        Of each class, the voxels of the truth in all samples, as the terms are.
    chosen : int
        The index of the class whose maps are painted.
    loss : str
        The loss whose gradient is painted.
    absent : tuple of str
        The names of the classes that no sample has a voxel of.
    first : int
        The index of the first class with terms: where classes overlap, the background is none.
    """

    classes: tuple[str, ...] = ()
    terms: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    counted: Mapping[str, tuple[bool, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    first: int = 0
    sizes: tuple[int, ...] = ()
    chosen: int = 0
    loss: str = ""

    def of(self, answer: Answer) -> ClassTerms:
        """Return the terms of another step."""
        terms = {
            result.name: tuple(math.nan if term is None else term for term in result.per_class)
            for result in answer.losses
        }
        counted = {
            result.name: tuple(term is not None for term in result.per_class)
            for result in answer.losses
        }
        return replace(self, terms=terms, counted=counted).looked_at(answer)

    def looked_at(self, answer: Answer) -> ClassTerms:
        """Return the terms with the class and the loss that an answer paints."""
        if not isinstance(answer.question, Maps):
            return self
        painted = answer.question.painted
        if (painted.class_index, painted.loss) == (self.chosen, self.loss):
            return self
        return replace(self, chosen=painted.class_index, loss=painted.loss)


def _of_volumes(_terms: ClassTerms, volumes: Batch) -> ClassTerms:
    """Return the classes of a batch, without terms."""
    return ClassTerms(
        tuple(each.name for each in volumes.classes),
        absent=tuple(each.name for each in volumes.classes if not each.voxels),
        first=0 if volumes[0].overlap is None else 1,
        sizes=tuple(each.voxels for each in volumes.classes),
    )


RECORD = Record(
    name="class_terms",
    empty=ClassTerms(),
    opened=_of_volumes,
    step=ClassTerms.of,
    looked=ClassTerms.looked_at,
)
