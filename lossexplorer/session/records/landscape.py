"""A landscape: the value of every loss over two numbers, and the way that the hand has taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lossexplorer.engine.messages import TOTAL, Answer, Effort, Question, Request
from lossexplorer.engine.questions import LandscapePoints
from lossexplorer.engine.questions.landscape import PlaceOfTwo
from lossexplorer.session.records._record import Record
from lossexplorer.session.response import Response, response_of
from lossexplorer.session.state import Experiment, State

_SIDE, _SHORT_SIDE = 33, 17
"""Places along an axis; each is a step of the engine, so large volumes get fewer."""
_LARGE = 5e7
_COARSE = 8
_TOGETHER = 8
"""How many places are one request; of a large volume it is one, to be seen once it is known."""
_KEPT = 300

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Landscape:
    """What is known of a landscape.

    Attributes
    ----------
    axes : tuple of Response
        What it is over, along its bottom and its left; none before anything is open.
    values : mapping of str to array of float64, shape (row, column)
        By loss and `TOTAL`, the value at each place; NaN where it is not known.
    known : array of bool, shape (row, column)
        Which places are known.
    steps : tuple of Question
        What was set, step by step; the last 300.
    experiment : Experiment or None
        What all else is set to.
    """

    axes: tuple[Response, ...] = ()
    values: Mapping[str, Table] = field(default_factory=dict)
    known: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), bool))
    steps: tuple[Question, ...] = ()
    experiment: Experiment | None = None

    def begun(self, state: State) -> Landscape:
        """Return a landscape without values, for another state."""
        axes = _axes(state)
        shape = len(axes[1].positions), len(axes[0].positions)
        losses = state.experiment.quick_losses(state.view.loss)
        names = [setting.name for setting in losses]
        values = {name: np.full(shape, np.nan) for name in (*names, TOTAL)}
        return Landscape(axes, values, np.zeros(shape, bool), self.steps, state.experiment)

    def with_step(self, answer: Answer) -> Landscape:
        """Return the landscape with one more step of the hand."""
        return replace(self, steps=(*self.steps, answer.question)[-_KEPT:])

    def with_answers(self, answers: Sequence[Answer]) -> Landscape:
        """Return the landscape with more places."""
        values = {name: table.copy() for name, table in self.values.items()}
        known = self.known.copy()
        for answer in answers:
            for (column, row), there in answer.found.items():
                known[row, column] = True
                for name, value in there.items():
                    if name in values:
                        values[name][row, column] = value
        return replace(self, values=values, known=known)

    @property
    def path(self) -> list[tuple[float, float]]:
        """The places of the two sliders, step by step, without those that repeat the one before."""
        found: list[tuple[float, float]] = []
        for question in self.steps:
            if not all(axis.concerns(question) for axis in self.axes):
                continue
            first, second = (axis.scale.position(axis.value(question)) for axis in self.axes)
            if not found or found[-1] != (first, second):
                found.append((first, second))
        return found

    @property
    def stride(self) -> int:
        """The distance of places, each so many from the next, that are all known; 0 if none are."""
        stride = 1
        while stride <= _COARSE and not self.known[::stride, ::stride].all():
            stride *= 2
        return stride if self.known.size and stride <= _COARSE else 0

    def filled(self, name: str) -> Table:
        """Return a loss's values, with that of the nearest coarser place where none is known."""
        found, step = self.values[name].copy(), 1
        lacking = ~self.known
        rows, columns = np.indices(found.shape)
        while lacking.any() and step < _COARSE:
            step *= 2
            of = [
                np.minimum((index + step // 2) // step * step, length - 1)
                for index, length in zip((rows, columns), found.shape, strict=True)
            ]
            there = lacking & self.known[of[0], of[1]]
            found[there] = self.values[name][of[0], of[1]][there]
            lacking &= ~there
        return found


def _axes(state: State) -> tuple[Response, Response]:
    """Return what a landscape of a state is over."""
    side = _SHORT_SIDE if _is_large(state) else _SIDE
    first, second = (
        response_of(replace(state, view=replace(state.view, against=axis)), side)
        for axis in state.view.axes
    )
    return first, second


def _is_large(state: State) -> bool:
    case = state.experiment.case
    assert case is not None
    return case.batch.voxel_count * len(case.batch.names) >= _LARGE


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    """Return what is asked for a landscape, coarse to fine; the same wherever the hand is."""
    experiment, case = state.experiment, state.experiment.case
    if case is None:
        return ()
    axes, together = _axes(state), 1 if _is_large(state) else _TOGETHER
    across, along = (range(len(axis.positions)) for axis in axes)
    # In each column the middle, where a shift is 0, comes first, and then one side of it after the
    # other: what a place takes of the one before is most then.
    middle = len(along) // 2
    order = sorted(
        ((column, row) for row in along for column in across),
        key=lambda place: (
            -min(_coarseness(place[0]), _coarseness(place[1])),
            place[0],
            place[1] != middle,
        ),
    )
    first, second = ([axis.scale.value(at) for at in axis.positions] for axis in axes)
    points = [((column, row), (first[column], second[row])) for column, row in order]

    def asked(places: tuple[tuple[PlaceOfTwo, tuple[float, float]], ...]) -> LandscapePoints:
        there = experiment  # at the first of them, wherever the hand is
        for axis, value in zip(axes, places[0][1], strict=True):
            there = there.with_value(axis.reference, value)
        losses = there.quick_losses(state.view.loss)
        references = (axes[0].reference, axes[1].reference)
        return LandscapePoints(case.key, there.controls, losses, references, places)

    return tuple(
        Request(asked(tuple(points[start : start + together])), effort)
        for start in range(0, len(points), together)
    )


def _coarseness(index: int) -> int:
    """Return the largest power of two that divides an index, at most the coarsest step."""
    return min(index & -index, _COARSE) if index else _COARSE


RECORD = Record(
    name="landscape",
    empty=Landscape(),
    step=Landscape.with_step,
    requests=_requests,
    begun=Landscape.begun,
    answered=Landscape.with_answers,
    of_plot=True,
)
