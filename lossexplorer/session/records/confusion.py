"""The soft confusion matrix of what is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import Answer, Effort, Request
from lossexplorer.engine.questions import ConfusionTable
from lossexplorer.session.records._record import Record
from lossexplorer.session.state import State

_OF_OVERLAPPING = ("found", "not found", "where it is not")


@dataclass(frozen=True)
class Confusion:
    """How much of each class of the prediction lies in which class of the truth.

    Attributes
    ----------
    rows : tuple of str
        The classes of the truth.
    columns : tuple of str
        Those of the prediction; where classes overlap, what became of each.
    first : int
        The index of the class of the first row.
    voxels : array of float64, shape (row, column), or None
        Σ g p, in voxels; None while it is not known.
    overlaps : bool
        Whether classes may overlap.
    samples : int
        Over how many samples the voxels are counted.
    """

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    first: int = 0
    voxels: NDArray[np.float64] | None = field(default=None, compare=False)
    overlaps: bool = False
    samples: int = 1

    @staticmethod
    def of(before: Confusion, state: State) -> Confusion:
        """Return the table of another state, without voxels."""
        del before
        case, experiment = state.experiment.case, state.experiment
        assert case is not None
        names = tuple(case.batch.names[experiment.first_class :])
        columns = _OF_OVERLAPPING if experiment.overlaps else names
        return Confusion(
            names,
            columns,
            experiment.first_class,
            overlaps=experiment.overlaps,
            samples=len(case.batch),
        )

    def with_answers(self, answers: Sequence[Answer]) -> Confusion:
        """Return the table with the newest answer's voxels."""
        return replace(self, voxels=answers[-1].found)

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of its class of the truth that each cell is; NaN where the class is absent."""
        assert self.voxels is not None
        of = self.voxels[:, :2] if self.overlaps else self.voxels
        total = of.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 0, self.voxels / total, np.nan)


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    del effort  # no loss is asked for
    case = state.experiment.case
    if case is None:
        return ()
    return (Request(ConfusionTable(case.key, state.experiment.controls, ())),)


RECORD = Record(
    name="confusion",
    empty=Confusion(),
    requests=_requests,
    begun=Confusion.of,
    answered=Confusion.with_answers,
    of_plot=True,
)
