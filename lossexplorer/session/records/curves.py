"""Response curves: the value of every loss at each place of a slider, and where the hand is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossexplorer.engine.messages import Answer, Effort, Request, untitled
from lossexplorer.engine.questions import CurvePoint
from lossexplorer.session.records._record import Record
from lossexplorer.session.response import Response, response_of
from lossexplorer.session.state import State

# Points of a response curve: each is a step of the engine, so large volumes get fewer.
_POINTS = 41
_FEW_POINTS = 11
_LARGE = 5e7


Terms = tuple[float | None, ...]


@dataclass(frozen=True)
class Curves:
    """What is known of the response curves.

    Attributes
    ----------
    response : Response or None
        What they are drawn against; None before anything is open.
    points : mapping of str to mapping of float to float
        By loss, the value at each place of the slider that is known.
    terms : mapping of str to mapping of float to tuple
        By loss, at each place the term of each class as `LossResult.per_class` has it.
    hand : Answer or None
        The newest step: where the hand is.
    state : State or None
        What all else is set to; what the curves are drawn against may have been moved since.
    previews : frozenset of float
        The places whose values are previews, for which voxels or classes were left out.
    """

    response: Response | None = None
    points: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    terms: Mapping[str, Mapping[float, Terms]] = field(default_factory=dict)
    hand: Answer | None = None
    state: State | None = None
    previews: frozenset[float] = frozenset()

    def begun(self, state: State) -> Curves:
        """Return curves without points, for another state."""
        response = _response(state)
        points: dict[str, dict[float, float]] = {name: {} for name in response.shown}
        return Curves(response, points, {name: {} for name in points}, self.hand, state)

    def are_of(self, state: State) -> bool:
        """Return whether a state has these curves, wherever on them its hand is."""
        return self.state is not None and _basis(self.state) == _basis(state)

    def with_hand(self, answer: Answer) -> Curves:
        """Return the curves with the place of the newest step; the points are the same object."""
        return replace(self, hand=replace(answer, maps=None))  # which may be as large as the volume

    def with_points(self, answers: Iterable[Answer]) -> Curves:
        """Return the curves with more points."""
        points = {name: dict(known) for name, known in self.points.items()}
        terms = {name: dict(self.terms.get(name, {})) for name in points}
        previews = set(self.previews)
        for answer in answers:
            assert isinstance(answer.question, CurvePoint)
            place = answer.question.position
            previews = previews | {place} if answer.left_out else previews - {place}
            for result in answer.losses:
                if not result.pending and result.name in points:
                    points[result.name][place] = result.value
                    terms[result.name][place] = result.per_class
        return replace(self, points=points, terms=terms, previews=frozenset(previews))

    def of_class(self, class_index: int) -> Curves:
        """Return the curves of a class's terms; of a loss without one there is no point."""
        points = {
            name: {
                place: term
                for place, terms in self.terms.get(name, {}).items()
                if class_index < len(terms) and (term := terms[class_index]) is not None
            }
            for name in self.points
        }
        return replace(self, points=points, hand=_of_class(self.hand, class_index))

    def know_more_than(self, other: Curves) -> bool:
        """Return whether more points are known, of all losses, or as many and fewer as previews."""
        counts = [
            (sum(map(len, curves.points.values())), -len(curves.previews))
            for curves in (self, other)
        ]
        return counts[0] > counts[1]

    def lacking(self, state: State) -> tuple[Request, ...]:
        """Return what is to be asked for what is not known of the curves of a state.

        Parameters
        ----------
        state : State
            Something is open in it.
        """
        found = []
        for request in points_of(state):
            point, effort = request.question, request.effort
            assert isinstance(point, CurvePoint)
            kinds = [(each.name, each.described.kind) for each in point.losses]
            names = [name for name, kind in kinds if effort.whole_field or kind != "field"]
            if any(point.position not in self.points.get(name, {}) for name in names):
                found.append(request)
            elif point.position in self.previews:
                found.append(Request(point, replace(effort, exact=True)))
        return tuple(found)

    @property
    def place(self) -> tuple[float, float] | None:
        """Where the hand is: place and value; None if what moves is not in the newest step."""
        if self.response is None or self.hand is None:
            return None
        if not self.response.concerns(self.hand.question):
            return None
        value = self.response.value(self.hand.question)
        return self.response.scale.position(value), value


def _of_class(answer: Answer | None, class_index: int) -> Answer | None:
    """Return an answer whose values are the terms of a class; NaN where there is none."""
    if answer is None:
        return None
    losses = []
    for each in answer.losses:
        known = class_index < len(each.per_class)
        term = each.per_class[class_index] if known else None
        losses.append(replace(each, value=math.nan if term is None else term))
    return replace(answer, losses=tuple(losses))


def _basis(state: State) -> tuple[Any, ...]:
    """Return all that the curves of a state depend on."""
    experiment, against = state.experiment, state.view.against
    elsewhere = experiment.with_value(against, None)
    key = None if experiment.case is None else experiment.case.key
    return against, key, elsewhere.controls, untitled(elsewhere.losses)


def _response(state: State) -> Response:
    """Return what curves are drawn against; large volumes get fewer points."""
    case = state.experiment.case
    assert case is not None
    scores = case.batch.voxel_count * len(case.batch.names)
    return response_of(state, _POINTS if scores < _LARGE else _FEW_POINTS)


def points_of(state: State) -> tuple[Request, ...]:
    """Return what is asked for the curves of a state, in which something is open."""
    return _response(state).requests(state.experiment)


def _requests(state: State, effort: Effort) -> tuple[Request, ...]:
    del effort  # a preview is enough for a point
    if state.experiment.case is None:
        return ()
    return points_of(state)


RECORD = Record(
    name="curves",
    empty=Curves(),
    step=Curves.with_hand,
    requests=_requests,
    begun=Curves.begun,
    answered=Curves.with_points,
)
