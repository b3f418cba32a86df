"""What to ask the engine next: pure functions of what is set and what is known.

While a slider is dragged, one question is asked again and again: the values and the maps of the
present state, for which a preview is enough (`now`). At rest come the questions that take longer
(`at_rest`): what the records need, such as the points of the response curves and the gradients'
norms, and the exact answer where there is only a preview. What answers change is in `after_answer`
and `after_explored`; the state is settled when nothing is open any more (`is_settled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lossexplorer.engine.messages import EXACT, PREVIEW, Answer, Effort, Request
from lossexplorer.engine.questions import Descended, Maps
from lossexplorer.session.records import RECORDS
from lossexplorer.session.state import Change, State

Requests = tuple[Request, ...]


@dataclass(frozen=True)
class Knowledge:
    """What is known about the present state, and what is still to come.

    Attributes
    ----------
    answered : Request or None
        What the newest answer was to.
    is_preview : bool
        Whether that answer was a preview.
    asked : mapping of str to tuple of Request
        By record, what was asked at rest.
    outstanding : mapping of str to tuple of Request
        By record, what of it is not answered yet.
    refinement : Request or None
        The exact request that was asked at rest in place of a preview, and is not answered yet.
    rested_at : tuple or None
        What the questions at rest were made for, see `subject`.
    is_withheld : bool
        Whether losses of the whole field are not computed, because the user has cancelled it.
    seen : frozenset of str
        The records of plots that are seen: of the others nothing is asked.
    stopped : frozenset of str
        Of these, those whose requests the user has stopped; until they are others.
    """

    answered: Request | None = None
    is_preview: bool = False
    asked: Mapping[str, Requests] = field(default_factory=dict)
    outstanding: Mapping[str, Requests] = field(default_factory=dict)
    refinement: Request | None = None
    rested_at: tuple[Any, ...] | None = None
    is_withheld: bool = False
    seen: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()

    @property
    def of_plots(self) -> Requests:
        """What to ask behind all else, for the plots that are seen."""
        return tuple(
            request
            for name, requests in self.outstanding.items()
            if RECORDS[name].of_plot and name in self.seen - self.stopped
            for request in requests
            if not (self.is_withheld and request.takes_long)
        )

    @property
    def wanted(self) -> Requests:
        """What to ask at rest, in this order.

        Points that are quick do not keep the hand waiting, so they come before a refinement; points
        that need the whole field come last.
        """
        always = _always(self.outstanding)
        every = [request for requests in always.values() for request in requests]
        points = [request for request in every if request.question.numbers_alone]
        lasting = [request for request in every if not request.question.numbers_alone]
        quick = _quick_points(always)
        slow = [point for point in points if point.takes_long and not self.is_withheld]
        if self.refinement is not None:
            return (*quick, self.refinement, *lasting, *slow)
        return (*lasting, *quick, *slow)


def _always(requests: Mapping[str, Requests]) -> Mapping[str, Requests]:
    """Return the requests that are asked whatever plot is seen."""
    return {name: each for name, each in requests.items() if not RECORDS[name].of_plot}


def _quick_points(requests: Mapping[str, Requests]) -> list[Request]:
    """Return the points of curves that need no whole field."""
    every = [request for of_record in requests.values() for request in of_record]
    return [each for each in every if each.question.numbers_alone and not each.takes_long]


def subject(state: State) -> tuple[Any, ...]:
    """Return all of a state that questions depend on."""
    return (state.maps(), state.view.against, state.view.axes)


def now(state: State) -> Request | None:
    """Return what to ask at once, while the hand may be moving; None while nothing is open."""
    maps = state.maps()
    if maps is None:
        return None
    # A step of a descent takes no preview.
    return Request(maps, EXACT if isinstance(maps, Descended) else PREVIEW)


def takes_its_time(state: State, knowledge: Knowledge) -> Requests:
    """Return what to ask now that may be interrupted: steps of a descent, unless they are known."""
    request = now(state)
    if request is None or not isinstance(request.question, Descended):
        return ()
    return () if knowledge.answered == request else (request,)


def after_change(knowledge: Knowledge, change: Change) -> Knowledge:
    """Return what is known after a change of the state."""
    if change.shows_another_volume:
        return _about_another_volume(knowledge, change)
    if _whole_field_basis(change.new) != _whole_field_basis(change.old):
        return replace(knowledge, is_withheld=False)
    return knowledge


def at_rest(
    state: State, knowledge: Knowledge, seen: frozenset[str] = frozenset()
) -> tuple[Knowledge, tuple[str, ...]]:
    """Return what is known and wanted once the hand rests.

    Parameters
    ----------
    state : State
        Something is open.
    knowledge : Knowledge
        What is known before.
    seen : frozenset of str
        The records that a plot shows which is seen.

    Returns
    -------
    Knowledge
        `wanted` is what to ask, and `of_plots` behind it.
    tuple of str
        The records that begin anew, because what they need asked is something else.
    """
    maps = state.maps()
    assert maps is not None
    effort = Effort(whole_field=not knowledge.is_withheld)
    asked: dict[str, Requests] = {}
    outstanding: dict[str, Requests] = {}
    begun: list[str] = []
    for name, record in RECORDS.items():
        if record.requests is None:
            continue
        if record.of_plot and name not in seen:  # what is known of it may still hold once it is
            if name in knowledge.asked:
                asked[name], outstanding[name] = knowledge.asked[name], knowledge.outstanding[name]
            continue
        asked[name] = record.requests(state, effort)
        if asked[name] == knowledge.asked.get(name):
            outstanding[name] = knowledge.outstanding[name]
        else:
            outstanding[name] = asked[name]
            begun.append(name)
    exact = Request(maps, effort)
    found = replace(
        knowledge,
        asked=asked,
        outstanding=outstanding,
        refinement=exact if _is_to_be_refined(knowledge, exact) else None,
        rested_at=subject(state),
        seen=seen,
        stopped=knowledge.stopped - set(begun),
    )
    return found, tuple(begun)


def after_answer(knowledge: Knowledge, answer: Answer) -> Knowledge:
    """Return what is known after an answer about the present state, or one it has overtaken."""
    return replace(knowledge, answered=answer.request, is_preview=bool(answer.preview))


def after_explored(
    knowledge: Knowledge, answers: Iterable[Answer]
) -> tuple[Knowledge, Mapping[str, tuple[Answer, ...]], Answer | None]:
    """Return what is known after answers to what was asked at rest.

    Parameters
    ----------
    knowledge : Knowledge
        What is known before.
    answers : iterable of Answer
        One to a question that is no longer wanted may still have been in flight; it is dropped.

    Returns
    -------
    Knowledge
        Without what is answered.
    mapping of str to tuple of Answer
        By record, its answers.
    Answer or None
        The exact answer about the present state.
    """
    by_record: dict[str, tuple[Answer, ...]] = {}
    refined = None
    for answer in answers:
        if answer.request == knowledge.refinement:
            knowledge, refined = replace(knowledge, refinement=None), answer
        for name, requests in knowledge.outstanding.items():
            if answer.request in requests:
                by_record[name] = (*by_record.get(name, ()), answer)
        knowledge = _without(knowledge, [answer.request])
    return knowledge, by_record, refined


def waited_for(knowledge: Knowledge) -> tuple[int, int] | None:
    """Return what comes before losses of the whole field: the points that are known, of all.

    None if no such loss is still to come.
    """
    if knowledge.refinement is None or not knowledge.refinement.takes_long:
        return None
    asked, left = (
        _quick_points(_always(each)) for each in (knowledge.asked, knowledge.outstanding)
    )
    return len(asked) - len(left), len(asked)


def is_awaited(knowledge: Knowledge, requests: Requests) -> bool:
    """Return whether requests in the engine are about what is to be shown, and unanswered."""
    answered = knowledge.answered.question if knowledge.answered is not None else None
    return any(isinstance(each.question, Maps) and each.question != answered for each in requests)


def after_abandoned(knowledge: Knowledge, requests: Iterable[Request]) -> Knowledge:
    """Return what is known where the engine could not take some requests."""
    abandoned = list(requests)
    if knowledge.refinement in abandoned:
        knowledge = replace(knowledge, refinement=None)
    return _without(knowledge, abandoned)


def is_settled(state: State, knowledge: Knowledge) -> bool:
    """Return whether all about the present state is answered, and nothing waits for rest."""
    answered = knowledge.answered.question if knowledge.answered is not None else None
    is_about_now = answered == state.maps() and knowledge.rested_at == subject(state)
    wanted = (*knowledge.wanted, *knowledge.of_plots)
    return is_about_now and not wanted and not _has_to_rest(state, knowledge)


def _has_to_rest(state: State, knowledge: Knowledge) -> bool:
    """Whether what is shown is a preview that is refined at rest."""
    maps = state.maps()
    effort = Effort(whole_field=not knowledge.is_withheld)
    return maps is not None and _is_to_be_refined(knowledge, Request(maps, effort))


def _about_another_volume(knowledge: Knowledge, change: Change) -> Knowledge:
    """Return what is known of another volume: of another sample, what is known of the batch."""
    found = Knowledge(knowledge.answered, knowledge.is_preview)
    old, new = change.old.experiment.case, change.new.experiment.case
    if old is None or new is None or old.key != new.key:
        return found
    return replace(found, asked=knowledge.asked, outstanding=knowledge.outstanding)


def _without(knowledge: Knowledge, requests: list[Request]) -> Knowledge:
    outstanding = {
        name: tuple(request for request in wanted if request not in requests)
        for name, wanted in knowledge.outstanding.items()
    }
    return replace(knowledge, outstanding=outstanding)


def _is_to_be_refined(knowledge: Knowledge, shown: Request) -> bool:
    """Whether only a preview of what is shown is known, and more is to be had."""
    answered = knowledge.answered
    return (
        knowledge.is_preview
        and answered is not None
        and answered.question == shown.question
        and answered.effort != shown.effort
    )


def _whole_field_basis(state: State) -> tuple[Any, ...]:
    """Return what the losses that need the whole field depend on."""
    experiment = state.experiment
    losses = [s for s in experiment.losses if s.described.kind == "field"]
    return experiment.controls, [(setting.loss, setting.parameters) for setting in losses]
