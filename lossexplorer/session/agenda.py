"""What to ask the engine next: pure functions of what is set and what is known.

While a slider is dragged, one question is asked again and again: the values and the maps of the
present state, for which a preview is enough (`now`). At rest come the questions that take longer
(`at_rest`): the points of the response curves, the gradients' norms, and the exact answer where
there is only a preview. What answers change is in `after_answer` and `after_explored`; the state
is settled when nothing is open any more (`is_settled`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from lossexplorer.engine.messages import PREVIEW, Answer, Effort, Request
from lossexplorer.engine.questions import CurvePoint, Norms
from lossexplorer.losses import LOSSES
from lossexplorer.session.response import Response, response_of
from lossexplorer.session.state import Change, State

# Points of a response curve: each is a step of the engine, so large volumes get fewer.
_POINTS = 41
_FEW_POINTS = 11
_LARGE = 5e7


@dataclass(frozen=True)
class Knowledge:
    """What is known about the present state, and what is still to come.

    Attributes
    ----------
    answered : Request or None
        What the newest answer was to, whatever its generation.
    is_preview : bool
        Whether that answer was a preview.
    curves : tuple of Request
        The points of the curves that are drawn.
    outstanding : tuple of Request
        What was asked at rest and is not answered yet, in the order in which it is wanted.
    measured : Request or None
        The norms that are known.
    planned : tuple or None
        What the questions at rest were made for, see `subject`.
    is_withheld : bool
        Whether losses of the whole field are not computed, because the user has cancelled it.
    """

    answered: Request | None = None
    is_preview: bool = False
    curves: tuple[Request, ...] = ()
    outstanding: tuple[Request, ...] = ()
    measured: Request | None = None
    planned: tuple[Any, ...] | None = None
    is_withheld: bool = False


@dataclass(frozen=True)
class Explored:
    """Answers to questions that were asked at rest, by what they are for.

    Attributes
    ----------
    points : tuple of Answer
        Points of the curves.
    norms : Answer or None
        The gradients' norms.
    maps : Answer or None
        The exact answer about the present state.
    """

    points: tuple[Answer, ...] = ()
    norms: Answer | None = None
    maps: Answer | None = None


def subject(state: State) -> tuple[Any, ...]:
    """Return all of a state that questions depend on."""
    return (state.maps(), state.view.against)


def now(state: State) -> Request | None:
    """Return what to ask at once, while the hand may be moving; None while nothing is open."""
    maps = state.maps()
    return None if maps is None else Request(maps, PREVIEW)


def after_change(knowledge: Knowledge, change: Change) -> Knowledge:
    """Return what is known after a change of the state."""
    if change.shows_another_volume:
        return replace(knowledge, curves=(), outstanding=(), planned=None, is_withheld=False)
    if _field_settings(change.new) != _field_settings(change.old):
        return replace(knowledge, is_withheld=False)
    return knowledge


def withheld(knowledge: Knowledge) -> Knowledge:
    """Return what is known where losses of the whole field are done without from now on."""
    return replace(knowledge, is_withheld=True)


def wanted_after_all(knowledge: Knowledge) -> Knowledge:
    """Return what is known where losses of the whole field are computed again."""
    return replace(knowledge, is_withheld=False, curves=())


def at_rest(state: State, knowledge: Knowledge) -> tuple[Knowledge, Response | None]:
    """Return what is known and outstanding once the hand rests, and what curves begin anew.

    Parameters
    ----------
    state : State
        Something is open.
    knowledge : Knowledge
        What is known before.

    Returns
    -------
    Knowledge
        `outstanding` is what to ask, in this order.
    Response or None
        What curves are drawn against from now on; None if the curves there still hold.
    """
    case, maps, norms = state.experiment.case, state.maps(), state.norms()
    assert case is not None
    assert maps is not None
    assert norms is not None
    effort = Effort(whole_field=not knowledge.is_withheld)
    shown, measurement = Request(maps, effort), Request(norms, effort)
    scores = case.batch.voxel_count * len(case.batch.names)
    response = response_of(state, _POINTS if scores < _LARGE else _FEW_POINTS)
    curves = response.requests(state.experiment)
    if curves != knowledge.curves:
        begun, points = response, curves
    else:
        begun = None
        points = tuple(r for r in knowledge.outstanding if isinstance(r.question, CurvePoint))
    lasting = [measurement] if measurement != knowledge.measured else []
    quick = [point for point in points if not point.takes_long]
    slow = [point for point in points if point.takes_long and not knowledge.is_withheld]
    if _is_to_be_refined(knowledge, shown):
        # Where exact values take long, most curves do not: they do not keep the hand waiting.
        outstanding = (*quick, shown, *lasting, *slow)
    else:
        outstanding = (*lasting, *quick, *slow)
    found = replace(knowledge, curves=curves, outstanding=outstanding, planned=subject(state))
    return found, begun


def after_answer(knowledge: Knowledge, answer: Answer) -> Knowledge:
    """Return what is known after an answer about the present state, or one it has overtaken."""
    effort = replace(answer.request.effort, generation=0)
    request = Request(answer.question, effort)
    return replace(knowledge, answered=request, is_preview=bool(answer.preview))


def after_explored(
    knowledge: Knowledge, state: State, answers: Iterable[Answer]
) -> tuple[Knowledge, Explored]:
    """Return what is known after answers to questions that were asked at rest.

    Parameters
    ----------
    knowledge : Knowledge
        What is known before.
    state : State
        What is set now.
    answers : iterable of Answer
        One to a question that is no longer wanted may still have been in flight.
    """
    outstanding, found = list(knowledge.outstanding), Explored()
    for answer in answers:
        if answer.request not in outstanding:
            continue
        outstanding.remove(answer.request)
        if isinstance(answer.question, Norms):
            knowledge = replace(knowledge, measured=answer.request)
            found = replace(found, norms=answer)
        elif isinstance(answer.question, CurvePoint):
            found = replace(found, points=(*found.points, answer))
        elif answer.question == state.maps():
            found = replace(found, maps=answer)
    return replace(knowledge, outstanding=tuple(outstanding)), found


def after_given_up(knowledge: Knowledge, requests: Iterable[Request]) -> Knowledge:
    """Return what is known where the engine could not take some requests."""
    given_up = list(requests)
    left = tuple(each for each in knowledge.outstanding if each not in given_up)
    return replace(knowledge, outstanding=left)


def is_settled(state: State, knowledge: Knowledge) -> bool:
    """Return whether all about the present state is answered, and nothing waits for rest."""
    maps = state.maps()
    answered = knowledge.answered.question if knowledge.answered is not None else None
    return answered == maps and knowledge.planned == subject(state) and not knowledge.outstanding


def _is_to_be_refined(knowledge: Knowledge, shown: Request) -> bool:
    """Whether only a preview of what is shown is known, and more is to be had."""
    answered = knowledge.answered
    return (
        knowledge.is_preview
        and answered is not None
        and answered.question == shown.question
        and answered.effort != shown.effort
    )


def _field_settings(state: State) -> tuple[Any, ...]:
    """Return what the losses that need the whole field depend on."""
    experiment = state.experiment
    losses = [s for s in experiment.losses if LOSSES[s.name].kind == "field"]
    return experiment.controls, [(setting.name, setting.parameters) for setting in losses]
